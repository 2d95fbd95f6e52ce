//! What clients sign instead of the documented parts.

use super::{
    body,
    recipe::{
        Change, DigestForm, Field,
        Field::{ClientId, Digest, Method, Path, Timestamp, Token},
        Guess, Layout, Recipe,
    },
    shown, times,
    transaction::SignedTransaction,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Every guess about a transaction, in the order of the string-to-sign.
pub(super) fn of_transaction(request: &SignedTransaction, right: &Recipe<'_>) -> Vec<Guess> {
    let mut guesses = method(&request.method);
    guesses.extend(path(request));
    if right.layout == WITH_TOKEN {
        guesses.extend(token(request));
    }
    guesses.extend(body::guesses(&request.body));
    guesses.extend(digest());
    guesses.extend(times::guesses(&request.timestamp));
    guesses.extend(layout(right.layout, request.client_id.is_some()));
    guesses
}

/// Every guess about a token request.
pub(super) fn of_token_request(client_id: &str, timestamp: &str, right: Layout) -> Vec<Guess> {
    let mut guesses = Vec::new();
    let trimmed = client_id.trim();
    for (says, text) in [
        ("signed with a line end after it", format!("{client_id}\n")),
        ("signed without the space around it", trimmed.to_owned()),
        ("signed in lower case", client_id.to_ascii_lowercase()),
    ] {
        if text != client_id {
            guesses.push(Guess::new(says, Change::ClientId(text)));
        }
    }
    guesses.extend(times::guesses(timestamp));
    guesses.extend(layout(right, true));
    guesses
}

/// Ways to get the secret wrong. `client_id` is what is taken for it most often.
pub(super) fn secret(secret: &str, client_id: Option<&str>) -> Vec<Guess> {
    let mut guesses = Vec::new();
    let mut add = |says: &str, bytes: Vec<u8>| {
        if bytes != secret.as_bytes() {
            guesses.push(Guess::new(says, Change::Secret(bytes)));
        }
    };
    let with = |end: &str| format!("{secret}{end}").into_bytes();
    add("used with a line end after it", with("\n"));
    add("used with CR and LF after it", with("\r\n"));
    add("used with a space after it", with(" "));
    add(
        "used with a space before it",
        format!(" {secret}").into_bytes(),
    );
    add("used in quotes", format!("\"{secret}\"").into_bytes());
    add("used without the space around it", secret.trim().into());
    add("used in lower case", secret.to_ascii_lowercase().into());
    add("used as base64 of itself", STANDARD.encode(secret).into());
    if let Ok(bytes) = STANDARD.decode(secret) {
        add("decoded as if it were base64", bytes);
    }
    if let Some(client_id) = client_id {
        add("the client id was used instead", client_id.into());
    }
    add("empty", Vec::new());
    guesses
}

fn method(sent: &str) -> Vec<Guess> {
    let mut capital = sent.to_ascii_lowercase();
    if let Some(first) = capital.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let others = ["GET", "PUT", "DELETE"].map(ToOwned::to_owned);
    let forms = [
        sent.to_ascii_lowercase(),
        sent.to_ascii_uppercase(),
        capital,
    ];
    let forms = forms
        .into_iter()
        .chain([sent.trim().to_owned()])
        .chain(others);
    let forms = forms.filter(|form| form != sent);
    let says = |form: &str| format!("signed as `{form}`, sent as `{}`", shown(sent));
    forms
        .map(|form| Guess::new(says(&form), Change::Method(form)))
        .collect()
}

fn path(request: &SignedTransaction) -> Vec<Guess> {
    let sent = request.target.as_str();
    let path = sent.split('?').next().unwrap_or_default();
    let mut guesses = Vec::new();
    let mut add = |what: &str, form: String| {
        if form != sent {
            let says = format!(
                "signed {what}, as `{}`; sent as `{}`",
                shown(&form),
                shown(sent)
            );
            guesses.push(Guess::new(says, Change::Path(form)));
        }
    };
    add("without its query", path.to_owned());
    add(
        "without the leading `/`",
        sent.trim_start_matches('/').to_owned(),
    );
    add("with a `/` at its end", format!("{path}/"));
    add(
        "without the `/` at its end",
        path.trim_end_matches('/').to_owned(),
    );
    add("with two leading `/`", format!("/{sent}"));
    add("in lower case", sent.to_ascii_lowercase());
    if let Some(host) = &request.host {
        add("with the host", format!("{host}{sent}"));
        for scheme in ["http", "https"] {
            add("as a whole URL", format!("{scheme}://{host}{sent}"));
        }
    }
    let mut rest = sent;
    for _ in 0..3 {
        match rest.get(1..).and_then(|rest| Some((rest, rest.find('/')?))) {
            Some((after, at)) => rest = &after[at..],
            None => break,
        }
        add("without the first part of it", rest.to_owned());
    }
    add("empty", String::new());
    let others = request.other_paths.iter().filter(|other| *other != sent);
    guesses.extend(others.map(|other| {
        let says = format!("that of another operation was signed, `{}`", shown(other));
        Guess::new(says, Change::Path(other.clone())).alone()
    }));
    guesses
}

fn token(request: &SignedTransaction) -> Vec<Guess> {
    let sent = request.access_token.as_str();
    let mut guesses = Vec::new();
    let mut add = |says: &str, form: String| {
        if form != sent {
            guesses.push(Guess::new(says, Change::Token(form)));
        }
    };
    if let Some(customer) = &request.customer_token {
        let instead = "the customer's token was signed instead of the merchant's (B2B)";
        add(instead, customer.clone());
        let says = format!("{instead}, with `Bearer ` before it");
        add(&says, format!("Bearer {customer}"));
    }
    add("signed with `Bearer ` before it", format!("Bearer {sent}"));
    add("signed without it", String::new());
    add("signed with a line end after it", format!("{sent}\n"));
    add("signed without the space around it", sent.trim().to_owned());
    for other in &request.other_tokens {
        let says = format!("another token was signed, {}", super::shortened(other));
        add(&says, other.clone());
    }
    guesses
}

fn digest() -> Vec<Guess> {
    [
        (
            "in upper-case hex; it is lower-case hex",
            DigestForm::UpperHex,
        ),
        ("in base64; it is lower-case hex", DigestForm::Base64),
        ("in base64 of its hex digits", DigestForm::Base64OfHex),
        ("by SHA-512; it is SHA-256", DigestForm::Sha512),
        (
            "left out: the body itself was signed",
            DigestForm::Undigested,
        ),
    ]
    .map(|(says, form)| Guess::new(says, Change::Digest(form)))
    .into()
}

fn layout(right: Layout, with_client_id: bool) -> Vec<Guess> {
    let mut guesses = Vec::new();
    let mut add = |what: &str, layout: Layout| {
        let needs_client_id = layout.order.contains(&ClientId);
        if layout != right && (with_client_id || !needs_client_id) {
            let says = format!(
                "{what}: signed as {}, and it is {}",
                layout.shown(),
                right.shown()
            );
            guesses.push(Guess::new(says, Change::Layout(layout)));
        }
    };
    for separator in [":", "|", "", "\n", ",", "&", "."] {
        add("joined otherwise", Layout { separator, ..right });
    }
    for order in ORDERS {
        for separator in [":", "|"] {
            add("other parts, or another order", Layout { order, separator });
        }
    }
    guesses
}

impl Layout {
    pub(super) fn shown(self) -> String {
        let names = self.order.iter().map(|field| match field {
            Method => "method",
            Path => "path",
            Token => "token",
            Digest => "digest",
            Timestamp => "timestamp",
            ClientId => "client id",
        });
        let separator = self.separator.escape_debug().to_string();
        format!("`{}`", names.collect::<Vec<_>>().join(&separator))
    }
}

/// DOKU's symmetric-signature page.
pub(super) const WITH_TOKEN: Layout = Layout {
    order: &[Method, Path, Token, Digest, Timestamp],
    separator: ":",
};

/// DOKU's asymmetric-signature page, for a transaction without a token.
pub(super) const WITHOUT_TOKEN: Layout = Layout {
    order: &[Method, Path, Digest, Timestamp],
    separator: ":",
};

/// DOKU's asymmetric-signature page, for a token request.
pub(super) const TOKEN_REQUEST: Layout = Layout {
    order: &[ClientId, Timestamp],
    separator: "|",
};

/// The three documented ones, and some that mix them up.
const ORDERS: [&[Field]; 9] = [
    WITH_TOKEN.order,
    WITHOUT_TOKEN.order,
    TOKEN_REQUEST.order,
    &[Timestamp, ClientId],
    &[Method, Path, Token, Timestamp, Digest],
    &[Method, Path, Digest, Token, Timestamp],
    &[Method, Token, Path, Digest, Timestamp],
    &[Path, Method, Token, Digest, Timestamp],
    &[ClientId, Method, Path, Token, Digest, Timestamp],
];
