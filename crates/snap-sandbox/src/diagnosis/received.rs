//! A signature as it was received, under every encoding that a client may have chosen.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

use super::Mistake;

/// One way to read a signature.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) bytes: Vec<u8>,
    /// Why it is not the right way; None for base64 with padding.
    pub(super) mistake: Option<Mistake>,
}

/// Every reading of a header's text, the right one first.
pub(super) fn readings(text: &str) -> Vec<Reading> {
    let mut readings = Vec::new();
    add(&mut readings, STANDARD.decode(text).ok(), None);
    let (bare, dress) = undressed(text);
    for (bytes, form) in decoded(&bare) {
        let says = [dress, form].into_iter().flatten().collect::<Vec<_>>();
        add(&mut readings, Some(bytes), Some(says.join(", and ")));
    }
    readings
}

/// How a signature looks, in words.
pub(super) fn look(text: &str) -> String {
    let count = text.chars().count();
    let is_hex = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match STANDARD.decode(text) {
        _ if is_hex => format!("{count} hex digits"),
        Ok(bytes) => format!("{count} characters of base64, {} bytes", bytes.len()),
        Err(_) => format!("{count} characters, not base64 with padding"),
    }
}

fn add(readings: &mut Vec<Reading>, bytes: Option<Vec<u8>>, says: Option<String>) {
    let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else {
        return;
    };
    if readings.iter().any(|reading| reading.bytes == bytes) {
        return;
    }
    let mistake = says.map(|says| Mistake::new("signature", says));
    readings.push(Reading { bytes, mistake });
}

/// Without space, prefix and URL encoding around it, and what was around it.
fn undressed(text: &str) -> (String, Option<&'static str>) {
    let trimmed = text.trim();
    for prefix in ["HMACSHA512=", "HMACSHA256="] {
        if let Some(bare) = trimmed.strip_prefix(prefix) {
            return (
                bare.to_owned(),
                Some("sent with a prefix, which SNAP has not"),
            );
        }
    }
    if trimmed.contains('%') {
        return (without_url_encoding(trimmed), Some("sent URL-encoded"));
    }
    if trimmed.contains(' ') {
        let says = "sent with spaces where it has `+`";
        return (trimmed.replace(' ', "+"), Some(says));
    }
    let dress = (trimmed.len() < text.len()).then_some("sent with space around it");
    (trimmed.to_owned(), dress)
}

fn without_url_encoding(text: &str) -> String {
    let escapes = [
        ("%2B", "+"),
        ("%2b", "+"),
        ("%2F", "/"),
        ("%2f", "/"),
        ("%3D", "="),
        ("%3d", "="),
    ];
    let decode = |text: String, (escape, letter): (&str, &str)| text.replace(escape, letter);
    escapes.into_iter().fold(text.to_owned(), decode)
}

/// Every encoding that reads it, and its name unless it is the right one.
fn decoded(text: &str) -> Vec<(Vec<u8>, Option<&'static str>)> {
    let hex = hex(text);
    let inner = STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let hex_inside = inner.as_deref().and_then(self::hex);
    let all = [
        (STANDARD.decode(text).ok(), None),
        (hex, Some("sent as hex; it is sent as base64")),
        (
            hex_inside,
            Some("sent as base64 of its hex digits; base64 is of the bytes"),
        ),
        (
            STANDARD_NO_PAD.decode(text).ok(),
            Some("sent without the padding `=`"),
        ),
        (
            URL_SAFE.decode(text).ok(),
            Some("sent in the URL alphabet of base64, `-` and `_`; it is sent with `+` and `/`"),
        ),
        (
            URL_SAFE_NO_PAD.decode(text).ok(),
            Some("sent in the URL alphabet of base64 and without padding"),
        ),
    ];
    let all = all.into_iter();
    all.filter_map(|(bytes, form)| Some((bytes?, form)))
        .collect()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let byte = |pair: &[u8; 2]| {
        let digit = |letter: u8| char::from(letter).to_digit(16);
        let value = digit(pair[0])? * 16 + digit(pair[1])?;
        u8::try_from(value).ok()
    };
    pairs.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 5] = [0xfb, 0xff, 0x00, 0x3e, 0x01];

    #[track_caller]
    fn check(text: &str, says: Option<&str>) {
        let readings = readings(text);
        let found = readings.iter().find(|reading| reading.bytes == BYTES);
        let mistake = found.expect(text).mistake.as_ref();

        assert_eq!(mistake.is_some(), says.is_some(), "{text}");
        if let (Some(mistake), Some(says)) = (mistake, says) {
            assert!(mistake.says.contains(says), "{text}: {}", mistake.says);
        }
    }

    #[test]
    fn every_dress_of_a_signature_is_seen_through_and_named() {
        check("+/8APgE=", None);
        check("+/8APgE", Some("padding"));
        check("-_8APgE=", Some("URL alphabet"));
        check("-_8APgE", Some("without padding"));
        check("fbff003e01", Some("hex"));
        check("FBFF003E01", Some("hex"));
        check(&STANDARD.encode("fbff003e01"), Some("hex digits"));
        check("%2B%2f8APgE%3D", Some("URL-encoded"));
        check(" /8APgE=".replacen(' ', "+", 1).as_str(), None);
        check("HMACSHA512=+/8APgE=", Some("prefix"));
        check("+/8APgE= ", Some("space around"));
    }

    #[test]
    fn what_no_encoding_reads_has_no_reading() {
        for text in ["", "é", "-", "a b c!"] {
            assert!(readings(text).is_empty(), "{text}");
        }
    }
}
