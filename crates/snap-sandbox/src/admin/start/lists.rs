//! Lists of the first page.

use std::collections::HashSet;

use maud::{Markup, html};

use crate::{
    admin::{
        forms::button,
        ledger::{decimal, purses},
        lines::{brief, story_of, tone},
        shown::word,
    },
    judge::State,
    ledger::{MoneyKind, Movement, OperationState, entry::Entry},
    timeline::Event,
    web::{badge, time},
};

/// Operations that wait for somebody, and what could be decided.
pub(super) fn open(state: &State) -> Markup {
    let waiting = state.book.entries().iter().rev();
    let waiting = waiting.filter(|entry| entry.state == OperationState::Pending);
    let waiting: Vec<&Entry> = waiting.take(AT_MOST).collect();
    html! {
        section.card aria-labelledby="open" {
            h2 #open { "Open operations" }
            @if waiting.is_empty() { p { "Nothing waits for a customer or a bank." } } @else {
                div.scroll tabindex="0" role="region" aria-labelledby="open" {
                    table {
                        caption { "Accepted, and not ended yet; the latest first" }
                        thead { tr {
                            th scope="col" { "Reference" } th scope="col" { "Operation" }
                            th.figure scope="col" { "Amount" } th scope="col" { "Settles" }
                            th scope="col" { "Decide" }
                        } }
                        tbody { @for entry in waiting { (waits(entry)) } }
                    }
                }
            }
        }
    }
}

fn waits(entry: &Entry) -> Markup {
    let reference = &*entry.order.reference;
    html! {
        tr {
            th scope="row" { a href=(story_of(reference)) { code { (reference) } } }
            td { code { (entry.order.operation) } }
            td.figure { span.value { (entry.amount) } }
            td.when { @match entry.due { Some((due, _)) => (time(due)), None => "when decided" } }
            td { (decisions(reference, "/_sandbox/")) }
        }
    }
}

/// Three ways in which what is pending can end.
pub(in crate::admin) fn decisions(reference: &str, back: &str) -> Markup {
    let choices = [
        ("Succeed", "succeed"),
        ("Fail", "fail"),
        ("Cancel", "cancel"),
    ];
    html! {
        div.actions {
            @for (label, decision) in choices {
                (button(label, reference, back, &[
                    ("action", "decide"), ("reference", reference), ("decision", decision),
                ]))
            }
        }
    }
}

/// References, the one with the latest event first.
pub(super) fn references(state: &State) -> Markup {
    let found = last_events(state);
    html! {
        section.card aria-labelledby="references" {
            h2 #references { "References" }
            @if found.is_empty() { p { "No request named one yet." } } @else {
                div.scroll tabindex="0" role="region" aria-labelledby="references" {
                    table {
                        caption { "The merchant's references; that of the latest event first" }
                        thead { tr {
                            th scope="col" { "Reference" } th scope="col" { "State" }
                            th.figure scope="col" { "Amount" } th scope="col" { "Last event" }
                            th scope="col" { "Time" }
                        } }
                        tbody { @for event in found { (reference(state, event)) } }
                    }
                }
            }
        }
    }
}

/// The last event of each reference.
fn last_events(state: &State) -> Vec<&Event> {
    let mut seen = HashSet::new();
    let events = state.timeline.events().rev().take(LOOKED_AT);
    let first = events.filter(|event| {
        let reference = event.reference.as_deref();
        reference.is_some_and(|reference| seen.insert(reference))
    });
    first.take(AT_MOST).collect()
}

fn reference(state: &State, event: &Event) -> Markup {
    let reference = event.reference.as_deref().unwrap_or_default();
    let kinds = [MoneyKind::Debit, MoneyKind::Credit, MoneyKind::Reversal];
    let mut entries = kinds
        .into_iter()
        .filter_map(|kind| state.book.get(kind, reference));
    let entry = entries.next();
    html! {
        tr {
            th scope="row" { a href=(story_of(reference)) { code { (reference) } } }
            td { @match entry {
                Some(entry) => (badge(tone(entry.state), &word(entry.state))),
                None => span.quiet { "not accepted" },
            } }
            td.figure { @if let Some(entry) = entry { span.value { (entry.amount) } } }
            td { (brief(event)) }
            td.when { (time(event.at)) }
        }
    }
}

/// What the accounts hold that can run out, and what each account has gained.
pub(super) fn balances(state: &State) -> Markup {
    let sums = Movement::balances(state.book.movements());
    html! {
        section.card aria-labelledby="purses" {
            h2 #purses { "Balances" }
            table {
                caption { "What can be spent, and what is held for payouts and authorizations" }
                thead { tr { th scope="col" { "Account" } th.figure scope="col" { "Available" } } }
                tbody {
                    @for (name, balance) in purses(state).iter().take(AT_MOST) {
                        tr {
                            th scope="row" { (name) }
                            td.figure {
                                span.value { (balance.available) }
                                @if balance.held.cents() > 0 {
                                    br;
                                    span.quiet { "held " } span.value { (balance.held) }
                                }
                            }
                        }
                    }
                }
            }
        }
        section.card aria-labelledby="balances" {
            h2 #balances { "Money moved" }
            @if sums.is_empty() { p { "None yet." } } @else {
                table {
                    caption { "What each account has gained" }
                    thead { tr { th scope="col" { "Account" } th.figure scope="col" { "Gained" } } }
                    tbody {
                        @for ((account, currency), cents) in &sums {
                            tr {
                                th scope="row" { (word(account)) }
                                td.figure { span.value { (decimal(*cents)) " " (currency) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// So many rows are shown.
const AT_MOST: usize = 100;
/// So many events are searched for references.
const LOOKED_AT: usize = 20_000;
