//! What became of one reference: first what is wrong and what to do, then everything in order.

mod outcome;

use maud::{Markup, html};

use self::outcome::outcome;
use super::{
    diagnosed::card,
    lines::{event, story_of, tone},
    shown::word,
    start::decisions,
    told,
};
use crate::{
    diagnosis::Which,
    judge::{Judge, State},
    ledger::{MoneyKind, Movement, OperationState, entry::Entry},
    response::Response,
    timeline::Event,
    web::{Audience, badge, document_with, time},
};

/// The timeline of a reference.
pub(super) fn page(judge: &Judge, reference: &str) -> Response {
    // It looks at the state for itself, so it comes first.
    let diagnosis = judge.explain(Which::Reference(reference));
    let (status, main) = judge.look(|state, _| {
        let events: Vec<&Event> = state.timeline.of(reference).collect();
        let entries = entries(state, reference);
        if events.is_empty() && entries.is_empty() {
            return (404, unknown());
        }
        let from = events.len().saturating_sub(AT_MOST);
        let main = html! {
            (outcome(judge, state, reference, &events, &entries, diagnosis.as_ref()))
            (operations(&entries, reference))
            (movements(state, reference))
            (told::notifications(&state.notifications.about(reference), &story_of(reference)))
            section.card aria-labelledby="events" {
                h2 #events { "What happened, oldest first" }
                @if from > 0 { p.quiet { "The first " (from) " events are left out; the JSON has them." } }
                ol.events { @for seen in &events[from..] { (event(seen, &state.secrets)) } }
            }
        };
        (200, main)
    });
    let title = format!("Timeline of {reference}");
    let heading = html! { "Timeline of " code { (reference) } };
    document_with(status, Audience::Developer, &title, heading, main)
}

/// One event alone: many requests name no reference.
pub(super) fn event_page(judge: &Judge, number: u64) -> Response {
    let diagnosis = judge.explain(Which::Event(number));
    let (status, main) = judge.look(|state, _| {
        let before = number.saturating_sub(1);
        let found = state.timeline.after(before).next();
        match found.filter(|event| event.number == number) {
            Some(found) => {
                let main = html! {
                    section.card { ol.events { (event(found, &state.secrets)) } }
                    @if let Some(diagnosis) = &diagnosis { (card(diagnosis)) }
                    @if let Some(reference) = &found.reference {
                        p { a href=(story_of(reference)) { "Timeline of " code { (reference) } } }
                    }
                };
                (200, main)
            }
            None => (404, unknown()),
        }
    });
    let title = format!("Event {number}");
    document_with(status, Audience::Developer, &title, html! { (title) }, main)
}

fn unknown() -> Markup {
    html! {
        div.card.notice {
            h2 { "Nothing is known of it" }
            p { "No request that was kept named it, and nothing was accepted under it." }
            p { a href="/_sandbox/" { "Back to the overview" } }
        }
    }
}

/// A debit, a credit and reversals may share a reference.
fn entries<'a>(state: &'a State, reference: &str) -> Vec<&'a Entry> {
    let kinds = [MoneyKind::Debit, MoneyKind::Credit, MoneyKind::Reversal];
    let entries = kinds.into_iter();
    entries
        .filter_map(|kind| state.book.get(kind, reference))
        .collect()
}

fn operations(entries: &[&Entry], reference: &str) -> Markup {
    let is_open = entries
        .iter()
        .any(|entry| entry.state == OperationState::Pending);
    html! {
        @if !entries.is_empty() {
            section.card aria-labelledby="accepted" {
                h2 #accepted { "What was accepted" }
                div.scroll tabindex="0" role="region" aria-labelledby="accepted" {
                    table {
                        caption { "By the ledger, whatever the answers said" }
                        thead { tr {
                            th scope="col" { "Operation" } th scope="col" { "State" }
                            th scope="col" { "Status" } th.figure scope="col" { "Amount" }
                            th.figure scope="col" { "Took effect" } th scope="col" { "Accepted" }
                            th scope="col" { "Settles" }
                        } }
                        tbody { @for entry in entries { (operation(entry)) } }
                    }
                }
                @if is_open {
                    h3 { "Decide it" }
                    (decisions(reference, &story_of(reference)))
                }
            }
        }
    }
}

fn operation(entry: &Entry) -> Markup {
    html! {
        tr {
            th scope="row" { code { (entry.order.operation) } }
            td { (badge(tone(entry.state), &word(entry.state))) }
            td { code { (entry.state.status(entry.order.kind)) } }
            td.figure { span.value { (entry.amount) } }
            td.figure { (entry.effects) " ×" }
            td.when { (time(entry.accepted)) }
            td.when { @match entry.due { Some((due, _)) => (time(due)), None => "–" } }
        }
    }
}

fn movements(state: &State, reference: &str) -> Markup {
    let movements = state.book.movements().iter();
    let found: Vec<&Movement> = movements
        .filter(|movement| &*movement.reference == reference)
        .collect();
    html! {
        @if !found.is_empty() {
            section.card aria-labelledby="movements" {
                h2 #movements { "Money that moved" }
                div.scroll tabindex="0" role="region" aria-labelledby="movements" {
                    table {
                        caption { "From one account to another, in order" }
                        thead { tr {
                            th scope="col" { "From" } th scope="col" { "To" }
                            th.figure scope="col" { "Amount" } th scope="col" { "Why" }
                            th scope="col" { "Operation" }
                        } }
                        tbody { @for movement in found {
                            tr {
                                td { (word(movement.from)) } td { (word(movement.to)) }
                                td.figure { span.value { (movement.amount) } }
                                td { (word(movement.cause)) } td { code { (movement.operation) } }
                            }
                        } }
                    }
                }
            }
        }
    }
}

/// So many events are shown.
const AT_MOST: usize = 500;
