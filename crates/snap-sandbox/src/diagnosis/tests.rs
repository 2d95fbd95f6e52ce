//! Mistakes are made here by hand, and have to be named.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use ring::{
    digest::{SHA256, digest},
    hmac,
};

use super::*;
use crate::json::Json;

const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.canary-of-the-merchant.c2lnbmF0dXJl";
const CUSTOMER: &str = "eyJhbGciOiJSUzI1NiJ9.canary-of-the-customer.c2lnbmF0dXJl";
const SECRET: &str = "SK-LOCAL-canary0secret0canary0";
const TIMESTAMP: &str = "2026-11-20T17:30:00+07:00";

/// What a client joins and signs; each mistake changes some of it.
#[derive(Clone, Debug)]
struct Client {
    method: String,
    path: String,
    token: String,
    hashed: Vec<u8>,
    upper: bool,
    timestamp: String,
    separator: &'static str,
    secret: String,
    algorithm: hmac::Algorithm,
    hex: bool,
}

impl Client {
    fn new(path: &str, body: &[u8]) -> Self {
        Self {
            method: "POST".to_owned(),
            path: path.to_owned(),
            token: TOKEN.to_owned(),
            hashed: body.to_vec(),
            upper: false,
            timestamp: TIMESTAMP.to_owned(),
            separator: ":",
            secret: SECRET.to_owned(),
            algorithm: hmac::HMAC_SHA512,
            hex: false,
        }
    }

    fn signature(&self) -> String {
        let mut digest = hex(digest(&SHA256, &self.hashed).as_ref());
        if self.upper {
            digest = digest.to_uppercase();
        }
        let parts = [
            &*self.method,
            &self.path,
            &self.token,
            &digest,
            &self.timestamp,
        ];
        let key = hmac::Key::new(self.algorithm, self.secret.as_bytes());
        let tag = hmac::sign(&key, parts.join(self.separator).as_bytes());
        if self.hex {
            hex(tag.as_ref())
        } else {
            STANDARD.encode(tag)
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A part and a way to get it wrong.
type Slip = (&'static str, fn(&mut Client));

const SLIPS: &[Slip] = &[
    ("method", |client| client.method = "post".to_owned()),
    ("path", |client| {
        client.path = client.path.replace("?a=1", "")
    }),
    ("path", |client| {
        client.path = client.path.replacen("/snap", "snap", 1)
    }),
    ("path", |client| {
        client.path.insert_str(0, "https://api.example")
    }),
    ("path", |client| client.path.insert_str(0, "api.example")),
    ("path", |client| {
        client.path = client.path.replacen("/snap", "", 1)
    }),
    ("access token", |client| client.token = CUSTOMER.to_owned()),
    ("access token", |client| {
        client.token.insert_str(0, "Bearer ")
    }),
    ("access token", |client| client.token.clear()),
    ("body", |client| client.hashed.clear()),
    ("body", |client| client.hashed.push(b'\n')),
    ("body digest", |client| client.upper = true),
    ("timestamp", |client| {
        client.timestamp = "2026-11-20T10:30:00Z".to_owned()
    }),
    ("timestamp", |client| {
        client.timestamp = "2026-11-20T10:30:00.000Z".to_owned()
    }),
    ("timestamp", |client| {
        client.timestamp = "1795170600000".to_owned()
    }),
    ("order", |client| client.separator = "|"),
    ("client secret", |client| client.secret.push('\n')),
    ("client secret", |client| client.secret.push(' ')),
    ("algorithm", |client| client.algorithm = hmac::HMAC_SHA256),
    ("signature", |client| client.hex = true),
];

fn asked(path: &str, body: &[u8], signature: String) -> SignedTransaction {
    SignedTransaction::new("POST", path, TOKEN, body, TIMESTAMP)
        .with_signature(signature)
        .with_customer_token(CUSTOMER)
        .with_client_id("BRN-LOCAL-1")
        .with_host("api.example")
}

fn parts(diagnosis: &Diagnosis) -> Vec<&str> {
    diagnosis
        .mistakes
        .iter()
        .map(|mistake| mistake.part.as_str())
        .collect()
}

proptest! {
    #[test]
    fn one_and_two_random_mistakes_in_random_requests_are_named(
        name in "[a-z]{1,20}",
        value in "[ -~é]{1,40}",
        first in 0..SLIPS.len(),
        second in 0..SLIPS.len(),
    ) {
        let path = format!("/snap/v1.1/{name}?a=1");
        let body = Json::object([("value", Json::text(value))]).to_string().into_bytes();
        let mut client = Client::new(&path, &body);
        let (first, second) = (SLIPS[first], SLIPS[second]);
        first.1(&mut client);
        if first.0 != second.0 {
            second.1(&mut client);
        }

        let diagnosis = asked(&path, &body, client.signature()).explain(SECRET);

        let named = parts(&diagnosis);
        prop_assert!(named.contains(&first.0) && named.contains(&second.0), "{first:?} {second:?} {diagnosis}");
        prop_assert!(named.len() <= 2);
        let shown = format!("{diagnosis} {diagnosis:?} {}", diagnosis.to_json());
        prop_assert!(!shown.contains("canary"), "{}", shown);
    }

}

proptest! {
    // Each of them takes a whole search.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_signature_makes_it_panic(
        method in ".*", path in ".*", token in ".*", body in ".*", timestamp in ".*", signature in ".*",
    ) {
        let request = SignedTransaction::new(method, path, token, body, timestamp);
        let diagnosis = request.with_signature(signature).explain(SECRET);

        prop_assert_ne!(diagnosis.verdict, "ok");
    }
}

/// A body that is signed in this way instead of the right one.
#[track_caller]
fn body(sent: &str, hashed: &str, says: &str) {
    let client = Client::new("/a", hashed.as_bytes());

    let diagnosis = asked("/a", sent.as_bytes(), client.signature()).explain(SECRET);

    let mistake = diagnosis.first_difference().expect(says);
    assert_eq!(mistake.part, "body", "{diagnosis}");
    assert!(mistake.says.contains(says), "{diagnosis}");
}

#[test]
fn what_was_hashed_instead_of_the_minified_body_is_named() {
    let sent = r#"{"b":"é / <a> '=","a":[1, 2.50]}"#;

    body(
        sent,
        sent,
        "33 bytes hashed, 32 after minification: 1 space outside strings",
    );
    body(
        sent,
        r#"{"b":"\u00e9 / <a> '=","a":[1,2.50]}"#,
        "escapes for letters beyond ASCII",
    );
    body(
        sent,
        r#"{"b": "\u00e9 / <a> '=", "a": [1, 2.50]}"#,
        "space after `,` and `:`, and escapes",
    );
    body(sent, r#"{"b":"é \/ <a> '=","a":[1,2.50]}"#, "`\\/`");
    body(
        sent,
        r#"{"b":"é / \u003ca\u003e '=","a":[1,2.50]}"#,
        "escapes for `<`, `>` and `&`",
    );
    body(
        sent,
        r#"{"b":"é / \u003ca\u003e \u0027\u003d","a":[1,2.50]}"#,
        "`=` and `'`",
    );
    body(sent, r#"{"a":[1,2.50],"b":"é / <a> '="}"#, "sorted");
    body(
        sent,
        r#"{"b":"é / <a> '=","a":[1,2.5]}"#,
        "parsed and written again",
    );
    body(
        sent,
        r#"{"b":"é/<a>'=","a":[1,2.50]}"#,
        "inside strings too",
    );
    body(sent, "", "empty body");
    body("", "{}", "`{}`");
}

#[test]
fn a_timestamp_that_was_taken_twice_is_named() {
    for (signed, says) in [
        ("2026-11-20T17:30:01+07:00", "taken twice"),
        ("2026-11-20T17:29:58+07:00", "taken twice"),
        ("2026-11-20T10:30:00.123Z", "milliseconds"),
        ("2026-11-20T17:30:00.999+07:00", "milliseconds"),
        ("2026-11-20T17:30:00", "another form"),
        ("2026-11-20T17:30:00+0700", "another form"),
    ] {
        let mut client = Client::new("/a", b"{}");
        client.timestamp = signed.to_owned();

        let diagnosis = asked("/a", b"{}", client.signature()).explain(SECRET);

        let mistake = diagnosis.first_difference().expect(signed);
        assert_eq!(mistake.part, "timestamp");
        assert!(
            mistake.says.contains(says) && mistake.says.contains(signed),
            "{mistake}"
        );
    }
}

#[test]
fn a_right_signature_is_right_and_none_is_no_mistake() {
    let right = Client::new("/a", b"{}").signature();
    let explained = asked("/a", b"{ }", right.clone()).explain(SECRET);
    let mut alone = asked("/a", b"{ }", String::new());
    alone.signature = None;

    let unasked = alone.explain(SECRET);

    assert_eq!((&*explained.verdict, explained.mistakes.len()), ("ok", 0));
    assert_eq!(explained.expected_signature, Some(right.clone()));
    assert_eq!(unasked.expected_signature, Some(right));
    assert_eq!(unasked.verdict, "ok");
}

#[test]
fn another_secret_is_suspected_and_not_claimed() {
    let mut client = Client::new("/a", b"{}");
    client.secret = "SK-LOCAL-of-somebody-else".to_owned();

    let diagnosis = asked("/a", b"{}", client.signature()).explain(SECRET);

    assert_eq!(diagnosis.verdict, "signature.mismatch");
    assert!(diagnosis.mistakes.is_empty());
    assert!(
        diagnosis.advice.contains("another client secret"),
        "{diagnosis}"
    );
}

#[test]
fn a_signature_whose_letters_changed_case_is_seen_through() {
    let signature = Client::new("/a", b"{}").signature().to_lowercase();

    let diagnosis = asked("/a", b"{}", signature).explain(SECRET);

    assert_eq!(parts(&diagnosis), ["signature"], "{diagnosis}");
    assert!(diagnosis.mistakes[0].says.contains("case"));
}

#[test]
fn the_search_is_bounded() {
    let path = format!("/snap{}?a=1", "/a".repeat(100));
    let members = "\"é/<\":1.50, ".repeat(2000);
    let body = format!("{{{members}\"a\":1}}");
    let request = asked(&path, body.as_bytes(), String::new());
    let content = recipe::Content::new(request.body.clone());
    let right = recipe::Recipe {
        secret: SECRET.as_bytes(),
        client_id: "BRN-LOCAL-1",
        method: "POST",
        path: &request.target,
        token: TOKEN,
        body: &content,
        digest: recipe::DigestForm::LowerHex,
        timestamp: TIMESTAMP,
        layout: guesses::WITH_TOKEN,
    };
    let mut guesses = guesses::of_transaction(&request, &right);
    guesses.extend(guesses::secret(SECRET, Some("BRN-LOCAL-1")));
    let tried = std::cell::Cell::new(0);

    let found = right.search(&guesses, &|_| {
        tried.set(tried.get() + 1);
        false
    });

    assert!(found.is_none());
    assert!((5_000..10_000).contains(&tried.get()), "{}", tried.get());
}

#[test]
fn only_the_end_of_a_long_token_is_shown() {
    assert_eq!(shortened("0123456789abcdef"), "…cdef (16 bytes)");
    assert_eq!(shortened("short"), "(5 bytes)");
    assert_eq!(shortened(""), "(0 bytes)");
}
