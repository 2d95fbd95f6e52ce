//! What a fault does, in a word.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::fault::{Act, CertificateFlaw};

/// Reads an act: a word, and what it needs after a `:`.
pub(super) fn read_act(text: &str) -> Option<Act> {
    let (word, value) = text.split_once(':').unwrap_or((text, ""));
    Some(match word {
        "redirect" => Act::Redirect(value.to_owned()),
        "drip" => Act::Drip {
            bytes_per_second: value.parse().ok()?,
        },
        "status" => Act::Status(value.parse().ok()?),
        "code" => read_answer(value)?,
        "body" => read_body(value)?,
        "huge" => Act::Huge(value.parse().ok()?),
        "date" => Act::Date(value.parse().ok()?),
        _ => {
            let mut plain = PLAIN.iter();
            plain.find(|(other, _)| *other == text)?.1.clone()
        }
    })
}

/// The response code, then `@` and the HTTP status if the code does not begin with it.
fn read_answer(value: &str) -> Option<Act> {
    let (code, http) = match value.rsplit_once('@') {
        Some((code, http)) => (code, http),
        None => (value, value.get(..3)?),
    };
    Some(Act::Answer {
        http: http.parse().ok()?,
        code: code.to_owned(),
    })
}

/// HTTP status, content type and base64 of the body, with `:` between.
fn read_body(value: &str) -> Option<Act> {
    let (http, rest) = value.split_once(':')?;
    let (content_type, base64) = rest.rsplit_once(':')?;
    Some(Act::Body {
        http: http.parse().ok()?,
        content_type: content_type.to_owned().into(),
        bytes: STANDARD.decode(base64).ok()?,
    })
}

/// Writes what [`read_act`] reads.
pub(super) fn write_act(act: &Act) -> String {
    match act {
        Act::Drip { bytes_per_second } => format!("drip:{bytes_per_second}"),
        Act::Redirect(address) => format!("redirect:{address}"),
        Act::Status(http) => format!("status:{http}"),
        Act::Answer { http, code } if is_in(*http, code) => format!("code:{code}"),
        Act::Answer { http, code } => format!("code:{code}@{http}"),
        Act::Body {
            http,
            content_type,
            bytes,
        } => format!("body:{http}:{content_type}:{}", STANDARD.encode(bytes)),
        Act::Huge(size) => format!("huge:{size}"),
        Act::Date(seconds) => format!("date:{seconds}"),
        plain => {
            let word = PLAIN.iter().find(|(_, other)| other == plain);
            word.map_or_else(String::new, |(word, _)| (*word).to_owned())
        }
    }
}

/// Does the code itself say the HTTP status?
fn is_in(http: u16, code: &str) -> bool {
    code.starts_with(&http.to_string()) && !code.contains('@')
}

/// Acts without a value.
pub(super) const PLAIN: &[(&str, Act)] = &[
    ("rst", Act::Reset),
    ("fin", Act::Close),
    ("hang", Act::Hang),
    ("certificate:name", Act::Certificate(CertificateFlaw::Name)),
    (
        "certificate:expired",
        Act::Certificate(CertificateFlaw::Expired),
    ),
    (
        "certificate:issuer",
        Act::Certificate(CertificateFlaw::Issuer),
    ),
    ("old_tls", Act::OldTls),
    ("garbage", Act::Garbage),
    ("truncate", Act::TruncateWithLength),
    ("no_length", Act::TruncateWithoutLength),
    ("duplicate", Act::Duplicate),
    ("html", Act::Html),
    ("wrong_content_type", Act::WrongContentType),
    ("deep_json", Act::DeepJson),
    ("gzip_bomb", Act::GzipBomb),
    ("swap_answer", Act::Swap),
];
/// All acts, as an error lists them.
pub(super) const ACTS: &[&str] = &[
    "rst",
    "fin",
    "hang",
    "certificate:<name, expired or issuer>",
    "old_tls",
    "drip:<bytes per second>",
    "garbage",
    "truncate",
    "no_length",
    "duplicate",
    "redirect:<address>",
    "html",
    "status:<http>",
    "code:<response code>",
    "code:<response code>@<http>",
    "body:<http>:<content type>:<base64>",
    "wrong_content_type",
    "deep_json",
    "huge:<bytes>",
    "gzip_bomb",
    "swap_answer",
    "date:<seconds off>",
];
