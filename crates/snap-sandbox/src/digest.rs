//! Which bytes of the body the signature covers, under every reading of "minify".

use ring::digest::{SHA256, digest};

use crate::{json::Json, minify::minify};

/// Which reading of "minify" the body digest follows.
///
/// DOKU documents the formula, not how its servers minify. A client that sends compact JSON in the
/// plainest spelling is right under every reading, and the default asks for that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DigestModel {
    /// All three must give the same digest.
    #[default]
    Agree,
    /// The bytes as received.
    Raw,
    /// The bytes without whitespace outside strings.
    Minified,
    /// The JSON read into values and written again, in the same order: escapes and numbers take
    /// their shortest form and of repeated members the last one stays.
    Rewritten,
}

/// Lower-case hex digests of a body under the three readings.
///
/// A body that is not JSON has no minified and no rewritten form; then the raw digest stands for
/// them, and the check of the body refuses it after the signature.
#[derive(Debug, PartialEq)]
pub(crate) struct BodyDigests {
    pub(crate) raw: String,
    pub(crate) minified: String,
    pub(crate) rewritten: String,
}

impl BodyDigests {
    pub(crate) fn of(body: &[u8]) -> Self {
        let raw = lower_hex_sha256(body);
        // Most bodies are compact already, and need one digest only.
        let digest = |text: &[u8]| match text == body {
            true => raw.clone(),
            false => lower_hex_sha256(text),
        };
        match Json::read(body) {
            Some(json) => Self {
                minified: digest(&minify(body)),
                rewritten: digest(rewrite(json).to_string().as_bytes()),
                raw,
            },
            None => Self {
                minified: raw.clone(),
                rewritten: raw.clone(),
                raw,
            },
        }
    }

    pub(crate) fn agree(&self) -> bool {
        self.raw == self.minified && self.raw == self.rewritten
    }

    pub(crate) fn all(&self) -> [&str; 3] {
        [&self.raw, &self.minified, &self.rewritten]
    }
}

/// The value as a program that parses and writes it again would have it.
fn rewrite(json: Json) -> Json {
    match json {
        Json::Number(text) => Json::Number(rewrite_number(text)),
        Json::Array(items) => Json::Array(items.into_iter().map(rewrite).collect()),
        Json::Object(members) => {
            let mut kept: Vec<(String, Json)> = Vec::with_capacity(members.len());
            for (name, value) in members {
                let value = rewrite(value);
                match kept.iter_mut().find(|(other, _)| *other == name) {
                    Some((_, old)) => *old = value,
                    None => kept.push((name, value)),
                }
            }
            Json::Object(kept)
        }
        other => other,
    }
}

/// Whole numbers keep their text; fractions and exponents pass through a double, as in JavaScript.
///
/// This loses digits on purpose, since that is what such a server would do; no amount of the
/// sandbox is computed from it.
fn rewrite_number(text: String) -> String {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 15;
    match text.parse::<f64>() {
        Ok(_) if plain => text,
        Ok(value) if value.is_finite() => value.to_string(),
        _ => "null".to_owned(),
    }
}

fn lower_hex_sha256(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    let digest = digest(&SHA256, bytes);
    let bytes = digest.as_ref().iter();
    bytes
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Body and digest published on
    /// <https://developers.doku.com/get-started-with-doku-api/signature-component/snap/symmetric-signature>.
    #[test]
    fn the_body_that_doku_publishes_has_the_digest_that_doku_publishes() {
        let body = include_bytes!("../testdata/doku-published-body.json");

        let digests = BodyDigests::of(body);

        let published = "3274fab8dac896837b106a16da2a974e7e65142dcecb4b768ef0294102838977";
        assert_eq!(digests.all(), [published; 3]);
    }

    #[test]
    fn no_body_has_the_digest_of_nothing() {
        let digests = BodyDigests::of(b"");

        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digests.all(), [nothing; 3]);
    }

    #[test]
    fn the_readings_agree_exactly_on_compact_plain_json() {
        let agree = [
            "{\"a\":\" x \",\"b\":[1,-2,0.5,\"é\"]}",
            "not json",
            "{\"v\":\"10000.00\"}",
        ];
        let differ = [
            "{ }",
            "{\"v\":1.0}",
            "{\"v\":\"\\/\"}",
            "{\"a\":1,\"a\":2}",
            "{\"v\":1e2}",
        ];
        for body in agree {
            assert!(BodyDigests::of(body.as_bytes()).agree(), "{body}");
        }
        for body in differ {
            assert!(!BodyDigests::of(body.as_bytes()).agree(), "{body}");
        }
    }

    #[test]
    fn space_around_json_changes_the_raw_digest_only() {
        let plain = BodyDigests::of(b"{\"a\":1}");

        let spaced = BodyDigests::of(b"{ \"a\" : 1 }\n");

        assert_ne!(spaced.raw, plain.raw);
        assert_eq!(spaced.minified, plain.minified);
        assert_eq!(spaced.rewritten, plain.rewritten);
    }
}
