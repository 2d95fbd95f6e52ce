//! The search for the mistakes behind a signature, and what to do about them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;

use super::{
    Mistake,
    guesses::WITH_TOKEN,
    received::{self, Reading},
    recipe::{Guess, Recipe},
    shown,
};
use crate::keys::PublicKey;

/// What the search for mistakes has found.
pub(super) struct Found {
    /// None if no usual mistake gives the signature.
    pub(super) mistakes: Option<Vec<Mistake>>,
    /// How many guesses there were.
    pub(super) guesses: usize,
}

impl Found {
    pub(super) fn of(mistakes: Option<Vec<Mistake>>, guesses: &[Guess]) -> Self {
        Self {
            mistakes,
            guesses: guesses.len(),
        }
    }

    /// Verdict and advice.
    pub(super) fn judge(&self, received: &str, right: &Recipe<'_>) -> (&'static str, String) {
        let cure = |mistake: &Mistake| cure(&mistake.part, right);
        match &self.mistakes {
            Some(none) if none.is_empty() => ("ok", "The signature is right.".to_owned()),
            Some(found) => {
                let cures: Vec<String> = found.iter().map(cure).collect();
                (verdict(found), cures.join(" "))
            }
            None => ("signature.mismatch", unknown(received, self.guesses, right)),
        }
    }
}

/// A signature that is nothing but written otherwise is refused for its encoding.
pub(super) fn verdict(mistakes: &[Mistake]) -> &'static str {
    let is_dress = |mistake: &Mistake| mistake.part == "signature";
    if mistakes.iter().any(is_dress) {
        "signature.encoding"
    } else {
        "signature.mismatch"
    }
}

/// The signature that is right: HMAC-SHA512, in base64.
pub(super) fn expected(right: &Recipe<'_>) -> String {
    STANDARD.encode(hmac_of(hmac::HMAC_SHA512, right))
}

/// Looks for the mistakes behind a symmetric signature.
///
/// Signatures are compared in any time: the right one is told anyway.
pub(super) fn symmetric(
    received: &str,
    expected: &str,
    right: Recipe<'_>,
    guesses: &[Guess],
) -> Found {
    let mut found = received::readings(received)
        .into_iter()
        .find_map(|reading| {
            let (algorithm, other) = hmac_by_length(reading.bytes.len())?;
            let is_it = |recipe: &Recipe<'_>| hmac_of(algorithm, recipe) == reading.bytes;
            let found = right.search(guesses, &is_it)?;
            Some(mistakes(&found, other, reading))
        });
    if found.is_none() && received != expected && received.eq_ignore_ascii_case(expected) {
        let says = "its letters were changed to another case; base64 tells them apart";
        found = Some(vec![Mistake::new("signature", says)]);
    }
    Found::of(found, guesses)
}

/// Looks for the mistakes behind an asymmetric signature of a transaction.
pub(super) fn asymmetric(
    received: &str,
    key: &PublicKey,
    right: Recipe<'_>,
    guesses: &[Guess],
) -> Found {
    let found = received::readings(received)
        .into_iter()
        .find_map(|reading| {
            let is_it = |recipe: &Recipe<'_>| key.verifies(&recipe.text(), &reading.bytes);
            let found = right.search(guesses, &is_it)?;
            Some(mistakes(&found, None, reading))
        });
    Found::of(found, guesses)
}

/// The guesses, the algorithm and the encoding that were wrong.
pub(super) fn mistakes(
    found: &[&Guess],
    algorithm: Option<&str>,
    reading: Reading,
) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = found.iter().map(|guess| guess.mistake()).collect();
    mistakes.extend(algorithm.map(|says| Mistake::new("algorithm", says)));
    mistakes.extend(reading.mistake);
    mistakes
}

/// The length of an HMAC tells its hash; the words are for those that are not right.
fn hmac_by_length(length: usize) -> Option<(hmac::Algorithm, Option<&'static str>)> {
    match length {
        64 => Some((hmac::HMAC_SHA512, None)),
        48 => Some((hmac::HMAC_SHA384, Some("HMAC-SHA384; it is HMAC-SHA512"))),
        32 => Some((hmac::HMAC_SHA256, Some("HMAC-SHA256; it is HMAC-SHA512"))),
        20 => Some((
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Some("HMAC-SHA1; it is HMAC-SHA512"),
        )),
        _ => None,
    }
}

fn hmac_of(algorithm: hmac::Algorithm, recipe: &Recipe<'_>) -> Vec<u8> {
    let key = hmac::Key::new(algorithm, recipe.secret);
    hmac::sign(&key, &recipe.text()).as_ref().to_vec()
}

/// What to do about a mistake in a part.
fn cure(part: &str, right: &Recipe<'_>) -> String {
    match part {
        "method" => "Sign the method in upper case, as it stands in the request line.".to_owned(),
        "path" => format!(
            "Sign path and query as they stand in the request line, without scheme and host: `{}`.",
            shown(right.path)
        ),
        "access token" => {
            "Sign the B2B token that is sent in Authorization, without `Bearer `; also \
            where a customer's token is sent as well."
                .to_owned()
        }
        "body" => "Write the body once, without space outside strings; hash those bytes, and send \
            those bytes."
            .to_owned(),
        "body digest" => "The digest of the body is SHA-256, in lower-case hex.".to_owned(),
        "timestamp" => {
            "Make the timestamp once; sign the text that is sent in X-TIMESTAMP.".to_owned()
        }
        "client secret" => {
            "The key is the client secret as it was issued: its text, nothing before or \
            after it."
                .to_owned()
        }
        "order" => format!("Sign {}.", right.layout.shown()),
        "algorithm" => "The algorithm is HMAC-SHA512.".to_owned(),
        _ => "Send the signature in base64 with padding, in the letters that base64 gives."
            .to_owned(),
    }
}

fn unknown(received: &str, guesses: usize, right: &Recipe<'_>) -> String {
    let lengths: Vec<usize> = received::readings(received)
        .iter()
        .map(|reading| reading.bytes.len())
        .collect();
    let what = if lengths.is_empty() {
        "This is no signature: no usual encoding reads it."
    } else if lengths.contains(&256) && right.layout == WITH_TOKEN {
        "This has the length of an RSA signature; a transaction is signed by HMAC-SHA512 with the client secret."
    } else {
        "No usual mistake gives this signature."
    };
    format!(
        "{what} {guesses} guesses were tried, the likely ones two at a time as well. Compare each part of it with what the \
         client joins; if all are the same, it uses another client secret or key."
    )
}
