//! The fake bank: the page that an answer sends a customer to, on the port of the API.
//!
//! Its address is the only thing that a customer has to show, and nobody guesses it.

mod view;

use form_urlencoded::parse;

use crate::{
    action::{Action, ActionError},
    arrived::Arrived,
    json::Json,
    judge::Judge,
    pages::Choice,
    response::Response,
    web::{origin::is_own, policy, see_other},
};

/// Is this a page for a customer, and no request of the merchant?
pub(crate) fn is_here(head: &Arrived) -> bool {
    head.path().starts_with(HERE)
}

/// Shows a page, or carries out what the customer chose there.
///
/// `?auto=approve`, `reject` or `abandon` chooses at once, for tests without a browser.
pub(crate) fn answer(judge: &Judge, request: &Arrived) -> Response {
    let id = request.path().strip_prefix(HERE).unwrap_or_default();
    let response = match request.method.as_str() {
        "HEAD" => view::page(judge, id, None),
        "GET" => match Fields::of_query(request) {
            Some(fields) => chosen(judge, id, fields),
            None => view::page(judge, id, None),
        },
        "POST" => posted(judge, id, request),
        _ => view::message(
            405,
            "Not like this",
            "This page is read and chosen at, nothing else.",
        )
        .with_header("allow", "GET, HEAD, POST".to_owned()),
    };
    secured(response)
}

/// What a customer chose.
struct Fields {
    choice: Option<Choice>,
    otp: Option<String>,
}

impl Fields {
    fn read(text: &[u8], name: &str) -> Self {
        let value = |name: &str| {
            let mut pairs = parse(text);
            pairs
                .find(|(other, _)| other == name)
                .map(|(_, value)| value.trim().to_owned())
        };
        let chosen = value(name);
        let mut choices = CHOICES.iter();
        let choice = choices.find(|(word, _)| Some(*word) == chosen.as_deref());
        Self {
            choice: choice.map(|(_, choice)| *choice),
            otp: value("otp"),
        }
    }

    /// None if nothing is to be chosen at once.
    fn of_query(request: &Arrived) -> Option<Self> {
        let (_, query) = request.target.split_once('?')?;
        let is_auto = parse(query.as_bytes()).any(|(name, _)| name == "auto");
        is_auto.then(|| Self::read(query.as_bytes(), "auto"))
    }
}

fn posted(judge: &Judge, id: &str, request: &Arrived) -> Response {
    match &request.body {
        _ if !is_own(request) => {
            view::message(403, "Not from here", "A page of another site sent this.")
        }
        Some(body) => chosen(judge, id, Fields::read(body, "choice")),
        None => view::message(413, "Too much", "The form is larger than 64 KiB."),
    }
}

fn chosen(judge: &Judge, id: &str, fields: Fields) -> Response {
    let Some(choice) = fields.choice else {
        return view::page(judge, id, Some("Choose approve, reject or abandon."));
    };
    let action = Action::Choose {
        page: id.to_owned(),
        choice,
        otp: fields.otp,
    };
    match judge.act(action) {
        Ok(made) => match made
            .member("goTo")
            .and_then(Json::as_text)
            .and_then(web_address)
        {
            Some(address) => see_other(address),
            None => view::left(judge, id, choice),
        },
        // Both are told by the page itself.
        Err(ActionError::UnknownPage | ActionError::PageUsed) => view::page(judge, id, None),
        Err(ActionError::NothingPending) => view::over(),
        Err(error) => view::page(judge, id, Some(&sentence(&error.to_string()))),
    }
}

/// An error, as a person reads it.
fn sentence(error: &str) -> String {
    let mut letters = error.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

/// The merchant's address, if a browser may be sent there: `javascript:` and the like stay here.
fn web_address(address: &str) -> Option<&str> {
    let is_web = ["http://", "https://"].iter().any(|scheme| {
        let start = address.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic());
    (is_web && is_plain).then_some(address)
}

fn secured(mut response: Response) -> Response {
    response.headers.extend([
        ("content-security-policy", policy("'self' http: https:")),
        ("x-content-type-options", "nosniff".to_owned()),
        // The address of the page is a secret to the merchant's site.
        ("referrer-policy", "same-origin".to_owned()),
        ("cache-control", "no-store".to_owned()),
    ]);
    response
}

const HERE: &str = "/bank/";
const CHOICES: &[(&str, Choice)] = &[
    ("approve", Choice::Approve),
    ("reject", Choice::Reject),
    ("abandon", Choice::Abandon),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_gone_to() {
        for good in [
            "http://127.0.0.1:3000/back?x=1#y",
            "https://shop.example",
            "HTTPS://shop.example/",
        ] {
            assert_eq!(web_address(good), Some(good));
        }
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " http://shop.example",
            "http://shop.example/\r\nset-cookie: a=b",
            "data:text/html,x",
            "//shop.example",
            "/bank/x",
            "shop://paid",
            "",
            "é",
        ] {
            assert_eq!(web_address(bad), None, "{bad:?}");
        }
    }
}
