//! The first page: where the sandbox stands, and what can be done.

mod controls;
mod lists;

use chrono::{DateTime, Utc};
use maud::{Markup, html};

pub(super) use self::lists::decisions;
use super::{
    lines::{brief, name, story_of, verdict},
    told,
};
use crate::{
    clock::span,
    judge::{Judge, State},
    registry,
    response::Response,
    timeline::{Event, What},
    web::{Audience, document, time},
};

/// Everything at a glance.
pub(super) fn page(judge: &Judge) -> Response {
    let main = judge.look(|state, now| {
        html! {
            div.columns {
                div.stack {
                    (troubles(state))
                    (lists::open(state))
                    (lists::references(state))
                    (told::notifications(&state.notifications.latest(TOLD), "/_sandbox/"))
                    (latest(state))
                }
                div.stack {
                    (standing(judge, state, now))
                    (controls::clock(state))
                    (controls::faults(judge, state))
                    (lists::balances(state))
                    (controls::reset())
                }
            }
        }
    });
    document(Audience::Developer, "Overview", main)
}

/// What was refused last: most people come here for it.
fn troubles(state: &State) -> Markup {
    let refused = state
        .timeline
        .events()
        .rev()
        .filter_map(|event| match &event.what {
            What::Request(seen) if seen.refused.is_some() => Some((event, &seen.recorded)),
            _ => None,
        });
    let refused: Vec<_> = refused.take(5).collect();
    let class = if refused.is_empty() { "good" } else { "bad" };
    html! {
        section class={ "card notice " (class) } aria-labelledby="troubles" {
            @if refused.is_empty() {
                h2 #troubles { "Nothing was refused" }
                p { "Every request so far passed every check." }
            } @else {
                h2 #troubles { "Refused last" }
                ul.lines {
                    @for (event, recorded) in refused {
                        li {
                            a href=(detail(event)) { "Request " (recorded.number) } " "
                            (verdict(recorded)) " " code { (name(recorded)) }
                            @if let Some(reference) = &recorded.reference { " of " code { (reference) } }
                        }
                    }
                }
            }
        }
    }
}

/// Where an event is shown whole: in its reference's timeline, or alone.
fn detail(event: &Event) -> String {
    match &event.reference {
        Some(reference) => format!("{}#event-{}", story_of(reference), event.number),
        None => format!("/_sandbox/event/{}", event.number),
    }
}

fn latest(state: &State) -> Markup {
    let events = state.timeline.events().rev().take(12);
    html! {
        section.card aria-labelledby="latest" {
            h2 #latest { "What happened last" }
            @if state.timeline.events().next().is_none() {
                p { "Nothing yet: send a request to the base URL." }
            }
            ol.events {
                @for event in events {
                    li {
                        (time(event.at))
                        div {
                            (brief(event))
                            @if let Some(reference) = &event.reference {
                                " " a href=(story_of(reference)) { code { (reference) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn standing(judge: &Judge, state: &State, now: DateTime<Utc>) -> Markup {
    let door = state.times.door(now);
    html! {
        section.card aria-labelledby="standing" {
            h2 #standing { "This sandbox" }
            dl {
                dt { "Base URL" } dd { code { (judge.public_url()) } }
                dt { "Client id" } dd { code { (judge.merchant.client_id) } }
                dt { "Schedule" } dd { (time(now)) @if !state.times.skipped().is_zero() {
                    " " span.quiet { "(" (span(state.times.skipped())) " skipped)" }
                } }
                dt { "Door" } dd { (time(door)) @if state.times.door_offset() != 0 {
                    " " span.quiet { "(" (state.times.door_offset()) " s off)" }
                } }
                dt { "Requests" } dd { span.value { (state.record.count()) } }
                dt { "Operations" } dd { span.value { (state.book.entries().len()) } }
            }
            p.quiet { "Times are Jakarta's. " (registry::summary()) "." }
        }
    }
}

/// So many notifications are shown.
const TOLD: usize = 12;
