//! What a customer sees at the fake bank.

use maud::{Markup, html};

use super::web_address;
use crate::{
    admin::shown::shortened,
    judge::Judge,
    pages::{Choice, Page, Purpose},
    response::Response,
    secrets::Secrets,
    web::{Audience, document_with, time},
};

/// The page as it stands; `wrong` says why the last choice was not taken.
pub(super) fn page(judge: &Judge, id: &str, wrong: Option<&str>) -> Response {
    let found = judge.look(|state, _| {
        let page = state.pages.get(id)?;
        let otp = state.otp_at(page).map(ToOwned::to_owned);
        Some((shown_of(page, &state.secrets), state.is_open(page), otp))
    });
    match found {
        None => message(
            404,
            "No such page",
            "No answer of this sandbox sent a customer here. After a restart or a reset, earlier \
             pages are gone.",
        ),
        Some((page, is_open, otp)) => match page.chosen {
            Some(choice) => used(&page, choice),
            None if !is_open => over(),
            None => asks(id, &page, otp.as_deref(), wrong),
        },
    }
}

/// A page as the customer may see it: a merchant may have put a secret anywhere.
fn shown_of(page: &Page, secrets: &Secrets) -> Page {
    let hide = |text: &str| secrets.hide(text, shortened);
    Page {
        reference: page.reference.as_deref().map(|text| hide(text).into()),
        channel: page.channel.as_deref().map(hide),
        customer: page.customer.as_deref().map(hide),
        ..page.clone()
    }
}

fn asks(id: &str, page: &Page, otp: Option<&str>, wrong: Option<&str>) -> Response {
    let status = if wrong.is_some() { 400 } else { 200 };
    let approve = match page.purpose {
        Purpose::Pin => "Choose a PIN",
        _ => "Approve",
    };
    let main = html! {
        div.card {
            @if let Some(wrong) = wrong { p #wrong .alert role="alert" { strong { (wrong) } } }
            (facts(page))
            @if page.purpose == Purpose::Pin {
                p { "A PIN is typed here at DOKU. The local sandbox needs none: the button stands for it." }
            }
            form method="post" action={ "/bank/" (id) } {
                @if let Some(otp) = otp { (otp_field(otp, wrong.is_some())) }
                div.actions {
                    button.main name="choice" value="approve" { (approve) }
                    button name="choice" value="reject" { "Reject" }
                    button.leave name="choice" value="abandon" { "Leave without choosing" }
                }
            }
        }
    };
    shown(status, title(page), main)
}

/// What the customer types, and the phone that it was sent to.
fn otp_field(sent: &str, is_wrong: bool) -> Markup {
    html! {
        div.field {
            label for="otp" { "One-time password" }
            // After a wrong one the field has the focus, and says why.
            input #otp name="otp" inputmode="numeric" autocomplete="one-time-code"
                aria-describedby={ @if is_wrong { "wrong " } "phone" } autofocus[is_wrong]
                aria-invalid=[is_wrong.then_some("true")];
            p #phone.hint { "The customer's phone shows " code { (sent) } "." }
        }
    }
}

/// What the page was for has ended without it.
pub(super) fn over() -> Response {
    message(
        409,
        "It does not wait any more",
        "What this page was for has ended meanwhile, and nothing that is chosen here would change it.",
    )
}

/// After a choice that leads nowhere.
pub(super) fn left(judge: &Judge, id: &str, choice: Choice) -> Response {
    let (named, failed) = judge
        .look(|state, _| {
            let page = state.pages.get(id)?;
            let named = page.leads_to(choice);
            let named = named.map(|address| state.secrets.hide(address, shortened));
            Some((named, page.failed))
        })
        .unwrap_or_default();
    let title = match choice {
        Choice::Approve => "Approved",
        Choice::Reject => "Rejected",
        Choice::Abandon => "Left",
    };
    let main = html! {
        div.card {
            @if choice == Choice::Abandon {
                p { "You left, as a customer who closes the window. Nothing changed; the page stays open." }
                p { a href={ "/bank/" (id) } { "Come back" } }
            } @else if let Some(named) = &named {
                @if failed { (too_little()) }
                p { "The bank knows your choice. You would go back to the merchant at" }
                p { code { (named) } }
                p { "but that is no http:// or https:// address, so this is the end." }
            } @else {
                @if failed { (too_little()) }
                p { "The bank knows your choice." }
                p { "The merchant's request named no address to go back to, so this is the end." }
            }
        }
    };
    shown(200, title, main)
}

pub(super) fn message(status: u16, title: &str, says: &str) -> Response {
    shown(status, title, html! { div.card { p { (says) } } })
}

fn used(page: &Page, choice: Choice) -> Response {
    let title = match choice {
        Choice::Approve => "Approved before",
        Choice::Reject => "Rejected before",
        Choice::Abandon => "Left before",
    };
    let back = page.leads_to(choice).and_then(web_address);
    let main = html! {
        div.card {
            p { "This page was used. A customer chooses once; a new request gets a new page." }
            @if page.failed { (too_little()) }
            (facts(page))
            @if let Some(back) = back { p { a href=(back) rel="noreferrer" { "Go to the merchant's page" } } }
        }
    };
    shown(200, title, main)
}

fn too_little() -> Markup {
    html! { p.alert { strong { "The payment did not go through: the account holds too little." } } }
}

fn title(page: &Page) -> &'static str {
    match page.purpose {
        Purpose::Payment => "Approve this payment?",
        Purpose::Binding(_) => "Let the merchant use this account?",
        Purpose::Unbinding(_) => "End the use of this account?",
        Purpose::Pin => "Choose a PIN for the new account",
    }
}

fn facts(page: &Page) -> Markup {
    html! {
        @if let Some(amount) = page.amount { p.amount { (amount) } }
        dl {
            dt { "To" } dd { "The merchant of the local sandbox" }
            @if let Some(channel) = &page.channel { dt { "Channel" } dd { code { (channel) } } }
            @if let Some(customer) = &page.customer { dt { "Customer" } dd { code { (customer) } } }
            @if let Some(reference) = &page.reference { dt { "Reference" } dd { code { (reference) } } }
            dt { "Operation" } dd { code { (page.operation) } }
            dt { "Asked" } dd { (time(page.opened)) }
        }
    }
}

fn shown(status: u16, title: &str, main: Markup) -> Response {
    document_with(status, Audience::Customer, title, html! { (title) }, main)
}
