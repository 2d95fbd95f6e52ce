//! The pages of the sandbox: HTML that needs no script, and what all of them share.

pub(crate) mod origin;

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use ring::digest::{SHA256, digest};

use crate::{
    clock::{in_jakarta, jakarta},
    response::Response,
};

/// Whom a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// The developer, on the admin port.
    Developer,
    /// The customer, at the fake bank.
    Customer,
}

/// A text as a part of an address.
pub(crate) fn percent_encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ESCAPED)
}

/// All but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A whole document; `title` is its one heading of the first level.
pub(crate) fn document(audience: Audience, title: &str, main: Markup) -> Response {
    document_with(200, audience, title, html! { (title) }, main)
}

/// As [`document`], with an HTTP status and a heading of its own.
pub(crate) fn document_with(
    status: u16,
    audience: Audience,
    title: &str,
    heading: Markup,
    main: Markup,
) -> Response {
    let class = match audience {
        Audience::Developer => "desk",
        Audience::Customer => "bank",
    };
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – local sandbox" }
                // Without it browsers ask the port for one.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body class=(class) {
                a.skip href="#main" { "Skip to content" }
                (header(audience))
                main #main tabindex="-1" { h1 { (heading) } (main) }
                @if audience == Audience::Customer {
                    footer.bottom {
                        p { "A page of snap-sandbox, which plays a bank on the developer's computer." }
                    }
                }
            }
        }
    };
    Response {
        status,
        headers: vec![("content-type", "text/html; charset=utf-8".to_owned())],
        body: markup.into_string().into_bytes(),
    }
}

fn header(audience: Audience) -> Markup {
    match audience {
        Audience::Developer => html! {
            header.top {
                nav aria-label="Sandbox" {
                    a.brand href="/_sandbox/" { "Local sandbox" }
                    a href="/_sandbox/timeline" { "Timeline as JSON" }
                    a href="/_sandbox/ledger" { "Ledger as JSON" }
                    a href="/_sandbox/notifications" { "Notifications as JSON" }
                    a href="/_sandbox/behaviours" { "Behaviours as JSON" }
                }
            }
        },
        Audience::Customer => html! {
            header.fake { span { "Local sandbox – no real money" } }
        },
    }
}

/// Sends the browser on, by GET.
pub(crate) fn see_other(address: &str) -> Response {
    Response {
        status: 303,
        headers: vec![("location", address.to_owned())],
        body: Vec::new(),
    }
}

/// How something went: its words in its colour, never the colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Wait,
    Plain,
}

impl Tone {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Wait => "wait",
            Self::Plain => "plain",
        }
    }
}

pub(crate) fn badge(tone: Tone, text: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (text) } }
}

/// A moment as on a wall in Jakarta; the whole of it for machines.
pub(crate) fn time(moment: DateTime<Utc>) -> Markup {
    let shown = in_jakarta(moment).format("%d %b %H:%M:%S").to_string();
    html! { time datetime=(jakarta(moment)) { (shown) } }
}

/// `default-src 'none'` and only this style sheet, by its digest.
///
/// `form_action` is where forms may lead, redirects included: browsers hold the redirect that answers
/// a form to it as well.
pub(crate) fn policy(form_action: &str) -> String {
    static STYLE_DIGEST: LazyLock<String> =
        LazyLock::new(|| STANDARD.encode(digest(&SHA256, STYLE.as_bytes())));
    let style = &*STYLE_DIGEST;
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; form-action {form_action}; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}

const STYLE: &str = include_str!("web/style.css");
