//! A diagnosis as a part of a page.

use maud::{Markup, html};

use crate::diagnosis::Diagnosis;

/// The mistakes that were found, and how the signature is made, if it is the matter.
pub(super) fn mistakes(diagnosis: &Diagnosis) -> Markup {
    html! {
        @for mistake in &diagnosis.mistakes {
            p { strong { "Mistake in the " (mistake.part) ": " } (mistake.says) }
        }
        @if diagnosis.expected_signature.is_some() {
            details {
                summary { "How the signature is made" }
                dl {
                    @for step in &diagnosis.steps {
                        dt { (step.name) }
                        dd {
                            code { (step.value) }
                            @if let Some(note) = &step.note { " (" (note) ")" }
                        }
                    }
                }
            }
        }
    }
}

/// What to do, and the mistakes, on a card of its own.
pub(super) fn card(diagnosis: &Diagnosis) -> Markup {
    html! {
        section.card aria-labelledby="diagnosis" {
            h2 #diagnosis { "What to do" }
            p { (diagnosis.advice) }
            (mistakes(diagnosis))
        }
    }
}
