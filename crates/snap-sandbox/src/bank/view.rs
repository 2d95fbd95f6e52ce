//! What a customer sees at the fake bank.

use maud::{Markup, html};

use super::web_address;
use crate::{
    judge::{Judge, State},
    ledger::{MoneyKind, OperationState},
    pages::{Choice, Page, Purpose},
    response::Response,
    web::{Audience, document_with, time},
};

/// The page as it stands; `wrong` says why the last choice was not taken.
pub(super) fn page(judge: &Judge, id: &str, wrong: Option<&str>) -> Response {
    let found = judge.look(|state, _| {
        let page = state.pages.get(id)?;
        Some((page.clone(), has_ended(state, page)))
    });
    match found {
        None => message(
            404,
            "No such page",
            "No answer of this sandbox sent a customer here. After a restart or a reset, earlier \
             pages are gone.",
        ),
        Some((page, has_ended)) => match page.chosen {
            Some(choice) => used(&page, choice),
            None if has_ended => over(),
            None => asks(id, &page, wrong),
        },
    }
}

/// Was it decided elsewhere?
fn has_ended(state: &State, page: &Page) -> bool {
    let reference = page.reference.as_deref();
    match page.purpose {
        Purpose::Payment => reference
            .and_then(|reference| state.book.get(MoneyKind::Debit, reference))
            .is_some_and(|entry| entry.state != OperationState::Pending),
    }
}

fn asks(id: &str, page: &Page, wrong: Option<&str>) -> Response {
    let status = if wrong.is_some() { 400 } else { 200 };
    let main = html! {
        div.card {
            @if let Some(wrong) = wrong { p.bad role="alert" { strong { (wrong) } } }
            (facts(page))
            form method="post" action={ "/bank/" (id) } {
                div.actions {
                    button.main name="choice" value="approve" { "Approve" }
                    button name="choice" value="reject" { "Reject" }
                    button.leave name="choice" value="abandon" { "Leave without choosing" }
                }
            }
        }
    };
    shown(status, title(page), main)
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
    let page = judge.look(|state, _| state.pages.get(id).cloned());
    let returns = page.map(|page| page.returns).unwrap_or_default();
    let (title, named) = match choice {
        Choice::Approve => ("Approved", returns.success),
        Choice::Reject => ("Rejected", returns.failure),
        Choice::Abandon => ("Left", None),
    };
    let main = html! {
        div.card {
            @if choice == Choice::Abandon {
                p { "You left, as a customer who closes the window. Nothing changed; the page stays open." }
                p { a href={ "/bank/" (id) } { "Come back" } }
            } @else if let Some(named) = &named {
                p { "The bank knows your choice. You would go back to the merchant at" }
                p { code { (named) } }
                p { "but that is no http:// or https:// address, so this is the end." }
            } @else {
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
    let (title, back) = match choice {
        Choice::Approve => ("Approved before", &page.returns.success),
        Choice::Reject => ("Rejected before", &page.returns.failure),
        Choice::Abandon => ("Left before", &None),
    };
    let back = back.as_deref().and_then(web_address);
    let main = html! {
        div.card {
            p { "This page was used. A customer chooses once; a new payment gets a new page." }
            (facts(page))
            @if let Some(back) = back { p { a href=(back) rel="noreferrer" { "Go to the merchant's page" } } }
        }
    };
    shown(200, title, main)
}

fn title(page: &Page) -> &'static str {
    match page.purpose {
        Purpose::Payment => "Approve this payment?",
    }
}

fn facts(page: &Page) -> Markup {
    html! {
        @if let Some(amount) = page.amount { p.amount { (amount) } }
        dl {
            dt { "To" } dd { "The merchant of the local sandbox" }
            @if let Some(reference) = &page.reference { dt { "Reference" } dd { code { (reference) } } }
            dt { "Operation" } dd { code { (page.operation) } }
            dt { "Asked" } dd { (time(page.opened)) }
        }
    }
}

fn shown(status: u16, title: &str, main: Markup) -> Response {
    document_with(status, Audience::Customer, title, html! { (title) }, main)
}
