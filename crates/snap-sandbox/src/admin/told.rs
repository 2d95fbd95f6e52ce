//! What the merchant was told, as a table of a page.

use maud::{Markup, html};

use super::{forms::button, lines::story_of, shown::word};
use crate::{
    clock::calendar,
    notify::{Notification, NotificationAttempt, NotificationState},
    web::{Tone, badge, time},
};

/// Notifications with what came of them; `back` is the page that the button for another attempt leads
/// back to. Nothing where there are none.
pub(super) fn notifications(found: &[Notification], back: &str) -> Markup {
    html! {
        @if !found.is_empty() {
            section.card aria-labelledby="told" {
                h2 #told { "What the merchant was told" }
                div.scroll tabindex="0" role="region" aria-labelledby="told" {
                    table {
                        caption { "Notifications and their attempts; the latest first" }
                        thead { tr {
                            th scope="col" { "Notification" } th scope="col" { "Reference" }
                            th scope="col" { "Status" } th scope="col" { "State" }
                            th scope="col" { "Attempts" } th scope="col" { "Again" }
                        } }
                        tbody { @for one in found { (notification(one, back)) } }
                    }
                }
            }
        }
    }
}

fn notification(one: &Notification, back: &str) -> Markup {
    let (id, about) = (one.id.to_string(), format!("notification {}", one.id));
    html! {
        tr {
            th scope="row" { (one.id) }
            td { a href=(story_of(&one.reference)) { code { (one.reference) } } }
            td { code { (one.status) } }
            td { (badge(tone(one.state), &word(one.state))) }
            td {
                @if one.attempts.is_empty() { span.quiet { "none yet" } } @else {
                    ol.attempts { @for attempt in &one.attempts { li { (attempted(attempt)) } } }
                }
                @if let Some(due) = one.due { p.quiet { "Next " (time(calendar(due))) } }
            }
            td { (button("Send again", &about, back, &[("action", "resend"), ("id", &id)])) }
        }
    }
}

fn attempted(attempt: &NotificationAttempt) -> Markup {
    html! { (time(calendar(attempt.sent))) " " (attempt) }
}

fn tone(state: NotificationState) -> Tone {
    match state {
        NotificationState::Waiting | NotificationState::Held => Tone::Wait,
        NotificationState::Delivered => Tone::Good,
        NotificationState::GivenUp => Tone::Bad,
        NotificationState::Dropped => Tone::Plain,
    }
}
