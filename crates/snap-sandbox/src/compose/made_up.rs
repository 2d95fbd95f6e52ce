//! Values for members that neither the request nor the page gives one.

use crate::{json::Json, seed::Stream, spec::Operation};

/// Is this a reference that DOKU gives out anew to each request?
pub(super) fn is_reference(name: &str) -> bool {
    REFERENCES.contains(&name)
}

/// Is the member an address that a customer is sent to?
pub(super) fn is_address(name: &str, example: Option<&Json>) -> bool {
    let name = name.to_ascii_lowercase();
    let shown = example.and_then(Json::as_text);
    name.ends_with("url") || name == "nextaction" || shown.is_some_and(|text| text.contains("://"))
}

/// A new value of something DOKU gives out; digits where the page prints a number.
pub(super) fn fresh(name: &str, example: Option<&Json>, stream: &mut Stream) -> Option<String> {
    let plain = lower_first(name);
    let plain = bare(&plain).unwrap_or(plain);
    if !is_reference(&plain) && !["linkId", "sessionId"].contains(&plain.as_str()) {
        return None;
    }
    if let Some(Json::Number(digits)) = example {
        let rest = digits.len().clamp(2, 18) - 1;
        return Some(format!("9{}", stream.digits(rest)));
    }
    Some(match plain.as_str() {
        "linkId" => stream.alphanumeric(24),
        "sessionId" => format!("I{}", stream.digits(16)),
        _ => stream.hex(32),
    })
}

/// Something plausible by name.
pub(super) fn value(name: &str, operation: &Operation, stream: &mut Stream) -> String {
    let lower = name.to_ascii_lowercase();
    let has = |word: &str| lower.contains(word);
    if has("responsecode") {
        format!("200{}00", operation.service)
    } else if lower == "servicecode" {
        operation.service.clone()
    } else if has("message") || has("desc") {
        "Successful".to_owned()
    } else if has("phone") {
        format!("628{}", stream.digits(10))
    } else if has("email") {
        "customer@local-sandbox.invalid".to_owned()
    } else if has("bankcode") {
        "014".to_owned()
    } else if has("bankname") || has("bankshortname") {
        "Local Sandbox Bank".to_owned()
    } else if has("name") {
        "Local Sandbox Customer".to_owned()
    } else if lower == "currency" {
        "IDR".to_owned()
    } else if has("account") || has("number") || lower.ends_with("no") {
        stream.digits(10)
    } else {
        stream.alphanumeric(16)
    }
}

/// `originalReferenceNo` without its `original`: `referenceNo`.
pub(super) fn bare(plain: &str) -> Option<String> {
    plain.strip_prefix("original").map(lower_first)
}

pub(super) fn lower_first(text: &str) -> String {
    with_first(text, |first| first.to_ascii_lowercase())
}

pub(super) fn upper_first(text: &str) -> String {
    with_first(text, |first| first.to_ascii_uppercase())
}

fn with_first(text: &str, change: fn(&char) -> char) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| change(&first));
    first.into_iter().chain(letters).collect()
}

const REFERENCES: &[&str] = &[
    "referenceNo",
    "referenceNumber",
    "refundNo",
    "captureNo",
    "voidNo",
];
