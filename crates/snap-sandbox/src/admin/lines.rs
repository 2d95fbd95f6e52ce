//! Events as lines of a page.

use maud::{Markup, html};

use super::{
    shown::{Shown, word},
    why::{Why, why},
};
use crate::{
    ledger::OperationState,
    notify::NotificationEvent,
    record::RecordedRequest,
    secrets::Secrets,
    timeline::{Change, Event, SeenRequest, What},
    web::{Tone, badge, percent_encoded, time},
};

/// One event; what was refused can be opened.
pub(super) fn event(event: &Event, secrets: &Secrets) -> Markup {
    html! {
        li id={ "event-" (event.number) } {
            (time(event.at))
            div {
                @match &event.what {
                    What::Request(seen) => (request(seen, secrets)),
                    What::Change(change) => (changed(change)),
                    What::Notification(event) => p { (told(event)) "." },
                    What::Note(says) => p { (says) },
                }
            }
        }
    }
}

/// The same in a few words.
pub(super) fn brief(event: &Event) -> Markup {
    match &event.what {
        What::Request(seen) => html! {
            (verdict(&seen.recorded)) " " code { (name(&seen.recorded)) }
        },
        What::Change(change) => html! {
            (badge(tone(change.state), &word(change.state))) " " code { (change.operation) }
        },
        What::Notification(event) => told(event),
        What::Note(says) => html! { (says) },
    }
}

pub(super) fn verdict(recorded: &RecordedRequest) -> Markup {
    let tone = if recorded.verdict == "ok" {
        Tone::Good
    } else {
        Tone::Bad
    };
    badge(tone, &recorded.verdict)
}

/// What a request was taken for, else where it went.
pub(super) fn name(recorded: &RecordedRequest) -> &str {
    recorded.operation.as_deref().unwrap_or(&recorded.path)
}

pub(super) fn tone(state: OperationState) -> Tone {
    match state {
        OperationState::Pending => Tone::Wait,
        OperationState::Succeeded => Tone::Good,
        OperationState::Failed => Tone::Bad,
        OperationState::Cancelled | OperationState::Refunded => Tone::Plain,
    }
}

/// The address of a reference's timeline.
pub(super) fn story_of(reference: &str) -> String {
    let reference = percent_encoded(reference);
    format!("/_sandbox/timeline/{reference}")
}

fn changed(change: &Change) -> Markup {
    html! {
        p {
            (badge(tone(change.state), &word(change.state))) " "
            code { (change.operation) } " of " span.value { (change.amount) }
        }
    }
}

fn told(event: &NotificationEvent) -> Markup {
    let tone = match event.is_good() {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Plain,
    };
    html! {
        (badge(tone, &format!("notification {}", event.id)))
        " status " code { (event.status) } ": " (event.words())
    }
}

fn request(seen: &SeenRequest, secrets: &Secrets) -> Markup {
    let recorded = &seen.recorded;
    html! {
        p {
            (verdict(recorded)) " " code { (name(recorded)) }
            @if let Some(fault) = &recorded.fault { " " (badge(Tone::Wait, &format!("fault: {fault}"))) }
        }
        p.quiet { (facts(recorded)) }
        (refusal(seen, secrets))
    }
}

/// The parts of a request that were checked.
pub(super) fn parts(why: &Why) -> Markup {
    html! { dl { @for (name, value) in &why.parts { dt { (name) } dd { code { (value) } } } } }
}

/// What else is known of a request, in one line.
fn facts(recorded: &RecordedRequest) -> Markup {
    html! {
        "Request " (recorded.number) ": " code { (recorded.method) " " (recorded.path) }
        ", answered " code { (recorded.response_code.as_deref().unwrap_or("outside SNAP")) }
        " (HTTP " (recorded.http_status) ")"
        @if let Some(id) = &recorded.external_id { ", external id " code { (id) } }
        @if let Some(customer) = &recorded.customer { ", customer " code { (customer) } }
        "."
    }
}

/// Why a request was refused, and the request; nothing for one that was not.
fn refusal(seen: &SeenRequest, secrets: &Secrets) -> Markup {
    let (Some(why), Some(arrived)) = (why(seen, secrets), &seen.refused) else {
        return html! {};
    };
    let shown = Shown::of(arrived, secrets);
    html! {
        p { (why.says) }
        details {
            summary { "What was checked" }
            (parts(&why))
        }
        details {
            summary { "The request as it came, its tokens cut short" }
            div.raw {
                pre {
                    (arrived.method) " " (shown.target) "\n"
                    @for (name, value) in &shown.headers { (name) ": " (value) "\n" }
                    "\n"
                    @if let Some(body) = &shown.body { (body) } @else { "(a body larger than 64 KiB)" }
                }
            }
        }
    }
}
