//! Forms of the pages, and what becomes of them: an action, and back to the page.

use form_urlencoded::parse;
use maud::{Markup, html};

use super::Refused;
use crate::{
    action::Action,
    arrived::Arrived,
    json::Json,
    judge::Judge,
    response::Response,
    web::{Audience, document_with, see_other},
};

/// A button that carries out an action. `about` completes its label for those who do not see where it
/// stands.
pub(super) fn button(label: &str, about: &str, back: &str, members: &[(&str, &str)]) -> Markup {
    let name = format!("{label} {about}");
    html! {
        form method="post" action=(FORM) {
            (hidden(back, members))
            @if about.is_empty() {
                button { (label) }
            } @else {
                button aria-label=(name.trim()) { (label) }
            }
        }
    }
}

/// The members of an action that the page knows, and where to go afterwards.
pub(super) fn hidden(back: &str, members: &[(&str, &str)]) -> Markup {
    html! {
        input type="hidden" name=(BACK) value=(back);
        @for (name, value) in members { input type="hidden" name=(name) value=(value); }
    }
}

/// Carries out what a form says.
pub(super) fn submit(judge: &Judge, request: &Arrived) -> Response {
    match carried_out(judge, request) {
        Ok(back) => see_other(&back),
        Err(refused) => {
            let main = html! {
                div.card.notice.bad {
                    h2 { "Nothing was changed" }
                    p { (refused.says) "." }
                    p { a href="/_sandbox/" { "Back to the overview" } }
                }
            };
            let title = "That was not done";
            document_with(
                refused.status,
                Audience::Developer,
                title,
                html! { (title) },
                main,
            )
        }
    }
}

fn carried_out(judge: &Judge, request: &Arrived) -> Result<String, Refused> {
    let body = request.body.as_deref().ok_or_else(Refused::too_large)?;
    let pairs: Vec<(String, String)> = parse(body).into_owned().collect();
    let back = pairs.iter().find(|(name, _)| name == BACK);
    let back = back.map_or("/_sandbox/", |(_, back)| back.as_str());
    judge.act(Action::read(&action(&pairs))?)?;
    Ok(own(back).to_owned())
}

/// An action from the fields of a form. Empty fields are left out.
fn action(pairs: &[(String, String)]) -> Json {
    let mut members = Vec::new();
    let mut matched = Vec::new();
    let is_fault = pairs
        .iter()
        .any(|(name, value)| name == "action" && value == "inject");
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        let text = Json::text(value.trim());
        match name.as_str() {
            BACK | "count" | "unit" => {}
            "apply_effect" => members.push((name.clone(), Json::Bool(value == "true"))),
            "operation" | "reference" if is_fault => matched.push((name.clone(), text)),
            _ => members.push((name.clone(), text)),
        }
    }
    let matched = Some(Json::Object(matched)).filter(|matched| !matched.members().is_empty());
    members.extend(matched.map(|matched| ("match".to_owned(), matched)));
    members.extend(seconds(pairs).map(|seconds| ("seconds".to_owned(), Json::number(seconds))));
    Json::Object(members)
}

/// A span that is given as `count` units of `unit` seconds.
fn seconds(pairs: &[(String, String)]) -> Option<i64> {
    let number = |name: &str| -> Option<i64> {
        let found = pairs.iter().find(|(other, _)| other == name);
        found.and_then(|(_, value)| value.trim().parse().ok())
    };
    number("count")?.checked_mul(number("unit")?)
}

/// A page of this port; anything else could lead away.
fn own(back: &str) -> &str {
    let is_plain = back
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if back.starts_with("/_sandbox/") && is_plain {
        back
    } else {
        "/_sandbox/"
    }
}

const BACK: &str = "back";
const FORM: &str = "/_sandbox/form";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_pages_of_this_port_only() {
        assert_eq!(own("/_sandbox/timeline/a%20b"), "/_sandbox/timeline/a%20b");
        for other in [
            "",
            "http://evil.example/",
            "//evil.example/_sandbox/",
            "/bank/x",
            "/_sandbox/\r\nset-cookie: a=b",
            "/_sandbox/\\evil",
        ] {
            assert_eq!(own(other), "/_sandbox/", "{other:?}");
        }
    }

    #[test]
    fn a_fault_is_written_as_the_admin_api_takes_it() {
        let pairs = parse(
            b"back=%2F_sandbox%2F&action=inject&do=rst&at=after_request&operation=&reference=ord-*\
              &times=2&apply_effect=true",
        );
        let pairs: Vec<_> = pairs.into_owned().collect();

        let written = action(&pairs).to_string();

        assert_eq!(
            written,
            concat!(
                r#"{"action":"inject","do":"rst","at":"after_request","times":"2","#,
                r#""apply_effect":true,"match":{"reference":"ord-*"}}"#
            )
        );
    }

    #[test]
    fn a_span_is_counted_in_its_unit() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let pairs = [
            pair("action", "skip"),
            pair("count", "13"),
            pair("unit", "3600"),
            pair("empty", ""),
            pair("back", "/_sandbox/"),
        ];

        assert_eq!(
            action(&pairs).to_string(),
            r#"{"action":"skip","seconds":46800}"#
        );
        let too_long = [pair("count", "9223372036854775807"), pair("unit", "60")];
        assert_eq!(action(&too_long).to_string(), "{}");
    }
}
