//! What is wrong with a reference, and what to do: the first thing on its timeline.

use maud::{Markup, html};

use crate::{
    admin::{
        diagnosed::mistakes,
        lines::{name, parts},
        why::why,
    },
    diagnosis::Diagnosis,
    judge::{Judge, State},
    ledger::{OperationState, entry::Entry},
    notify::{Notification, NotificationState},
    record::RecordedRequest,
    timeline::{Event, SeenRequest, What},
    web::{Tone, time},
};

/// The outcome as the page shows it.
///
/// The worst that is true comes first: twice, refused, unheard, open; then how it ended.
pub(super) fn outcome(
    judge: &Judge,
    state: &State,
    reference: &str,
    events: &[&Event],
    entries: &[&Entry],
    diagnosis: Option<&Diagnosis>,
) -> Markup {
    let last = last_request(events);
    if let Some(entry) = entries.iter().find(|entry| entry.effects > 1) {
        return twice(entry);
    }
    if let Some(seen) = last.filter(|seen| seen.refused.is_some()) {
        return refused(state, seen, entries, diagnosis);
    }
    let unheard_by = last.and_then(|seen| Some((&seen.recorded, seen.recorded.fault.as_deref()?)));
    if let Some((recorded, fault)) = unheard_by {
        return unheard(recorded, fault, entries);
    }
    match entries.first() {
        Some(entry) if entry.state == OperationState::Pending => {
            open(judge, state, reference, entry)
        }
        Some(entry) => ended(entry, &state.notifications.about(reference)),
        None => notice(
            Tone::Plain,
            "Nothing was accepted under it",
            html! { p { "Requests named it, and none of them moved money." } },
        ),
    }
}

fn notice(tone: Tone, headline: &str, says: Markup) -> Markup {
    html! {
        section class={ "card notice " (tone.class()) } aria-labelledby="outcome" {
            h2 #outcome { (headline) }
            (says)
        }
    }
}

fn todo(says: Markup) -> Markup {
    html! { p { strong { "What to do: " } (says) } }
}

fn twice(entry: &Entry) -> Markup {
    let says = html! {
        p { "The sandbox was told to accept duplicates, and the client sent it more than once." }
        (todo(html! {
            "Find the accepted requests below. A call whose outcome is unknown is asked about, "
            "and not sent again."
        }))
    };
    let headline = format!("It took effect {} times", entry.effects);
    notice(Tone::Bad, &headline, says)
}

fn refused(
    state: &State,
    seen: &SeenRequest,
    entries: &[&Entry],
    diagnosis: Option<&Diagnosis>,
) -> Markup {
    let (recorded, why) = (&seen.recorded, why(seen, &state.secrets));
    let is_taken_apart = diagnosis.is_some_and(|found| found.expected_signature.is_some());
    let says = html! {
        @if let Some(why) = &why { p { (why.says) } }
        p {
            "It was request " (recorded.number) ", " code { (name(recorded)) }
            @if let Some(code) = &recorded.response_code { ", answered " code { (code) } }
            ". " (money(entries))
        }
        @if let Some(diagnosis) = diagnosis {
            (todo(html! { (diagnosis.advice) }))
            (mistakes(diagnosis))
        }
        // A diagnosis of a signature has these and more.
        @if let Some(why) = why.as_ref().filter(|_| !is_taken_apart) {
            h3 { "What was checked" } (parts(why))
        }
    };
    let headline = format!("The last request was refused: {}", recorded.verdict);
    notice(Tone::Bad, &headline, says)
}

fn unheard(recorded: &RecordedRequest, fault: &str, entries: &[&Entry]) -> Markup {
    let says = html! {
        p {
            "A fault was played on request " (recorded.number) ": " code { (fault) } ". "
            (money(entries))
        }
        (todo(html! { "See whether the client asks for the status now, and does not send it again." }))
    };
    notice(Tone::Wait, "The client may not have heard the answer", says)
}

fn open(judge: &Judge, state: &State, reference: &str, entry: &Entry) -> Markup {
    let page = state.pages.open_payment(reference);
    let page = page.map(|id| format!("{}/bank/{id}", judge.public_url()));
    let says = html! {
        p {
            "It was accepted " (time(entry.accepted))
            @if let Some((due, _)) = entry.due { " and goes on " (time(due)) }
            ". " (money(&[entry]))
        }
        (todo(html! {
            @match (&page, entry.due) {
                (Some(page), _) => { a href=(page) { "Open the bank page" } ", or decide it below." },
                (None, Some(_)) => { a href="/_sandbox/#clock" { "Move the time" } ", or decide it below." },
                (None, None) => "Decide it below.",
            }
        }))
    };
    let headline = match entry.due {
        Some(_) => "It waits for its time",
        None => "It waits for the customer",
    };
    notice(Tone::Wait, headline, says)
}

fn ended(entry: &Entry, told: &[Notification]) -> Markup {
    let (tone, headline) = match entry.state {
        OperationState::Pending => (Tone::Wait, "It is open"),
        OperationState::Succeeded => (Tone::Good, "It succeeded"),
        OperationState::Failed => (Tone::Bad, "It failed"),
        OperationState::Cancelled => (Tone::Plain, "It was cancelled"),
        OperationState::Refunded => (Tone::Plain, "It was refunded, all of it"),
    };
    let says = html! {
        p {
            @if let Some(done) = entry.done { "That was " (time(done)) ". " }
            (money(&[entry]))
        }
        (untold(told))
    };
    notice(tone, headline, says)
}

/// A merchant that was told in vain does not know how it ended.
fn untold(told: &[Notification]) -> Markup {
    let in_vain =
        |one: &&Notification| !one.attempts.is_empty() && one.state != NotificationState::Delivered;
    html! {
        @if let Some(one) = told.iter().find(in_vain) {
            (todo(html! {
                "The merchant has not taken notification " (one.id) ". "
                a href="#told" { "See what it answered" } ", and send it again."
            }))
        }
    }
}

/// Where the money is, whatever the answers said.
fn money(entries: &[&Entry]) -> Markup {
    let effects: usize = entries.iter().map(|entry| entry.effects).sum();
    html! {
        @match (entries.first(), effects) {
            (Some(entry), 0) if entry.reserved => "Its amount is reserved, and has not arrived.",
            (None, _) | (Some(_), 0) => "No money moved.",
            (Some(entry), _) => { "It took effect: " span.value { (entry.amount) } "." },
        }
    }
}

fn last_request<'a>(events: &[&'a Event]) -> Option<&'a SeenRequest> {
    events.iter().rev().find_map(|event| match &event.what {
        What::Request(seen) => Some(&**seen),
        _ => None,
    })
}
