//! A transaction or notification: method, path, token, body digest, timestamp.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;

use super::{
    Diagnosis, Mistake, Step, body, difference, guesses,
    guesses::{WITH_TOKEN, WITHOUT_TOKEN},
    received::{self, Reading},
    recipe::{Content, DigestForm, Guess, Layout, Recipe},
    shortened, shown,
};
use crate::{digest::BodyDigests, keys::PublicKey, minify::minify};

/// A transaction or notification: everything that its signature depends on, and the signature.
///
/// `Debug` shows neither tokens nor the body.
#[derive(Clone)]
#[non_exhaustive]
pub struct SignedTransaction {
    /// HTTP method as sent.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// The body as sent.
    pub body: Vec<u8>,
    /// The B2B token, without `Bearer `.
    pub access_token: String,
    /// `X-TIMESTAMP` as sent.
    pub timestamp: String,
    /// `X-SIGNATURE` as sent; without one there is nothing to compare.
    pub signature: Option<String>,
    /// The token of `Authorization-Customer`, without `Bearer `.
    pub customer_token: Option<String>,
    /// `X-PARTNER-ID`.
    pub client_id: Option<String>,
    /// Host and port, as in the `Host` header.
    pub host: Option<String>,
    /// Other tokens that the client may have signed.
    pub(super) other_tokens: Vec<String>,
    /// Paths of other operations.
    pub(super) other_paths: Vec<String>,
}

impl SignedTransaction {
    /// The parts that are signed, all as sent.
    #[must_use]
    pub fn new(
        method: impl Into<String>,
        target: impl Into<String>,
        access_token: impl Into<String>,
        body: impl Into<Vec<u8>>,
        timestamp: impl Into<String>,
    ) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            body: body.into(),
            access_token: access_token.into(),
            timestamp: timestamp.into(),
            signature: None,
            customer_token: None,
            client_id: None,
            host: None,
            other_tokens: Vec::new(),
            other_paths: Vec::new(),
        }
    }

    /// Sets the signature that was received: `X-SIGNATURE`.
    #[must_use]
    pub fn with_signature(mut self, signature: impl Into<String>) -> Self {
        self.signature = Some(signature.into());
        self
    }

    /// Sets the customer's token, which clients sign by mistake.
    #[must_use]
    pub fn with_customer_token(mut self, token: impl Into<String>) -> Self {
        self.customer_token = Some(token.into());
        self
    }

    /// Sets `X-PARTNER-ID`.
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// Sets host and port, which clients sign by mistake.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Explains the symmetric signature, HMAC-SHA512 with the client secret, over the minified body.
    ///
    /// If a signature was received that is not right, a few thousand usual mistakes are tried, one and
    /// two at a time.
    #[must_use]
    pub fn explain(&self, client_secret: &str) -> Diagnosis {
        let minified = Content::new(minify(&self.body));
        let right = self.recipe(&minified, client_secret, WITH_TOKEN);
        let expected = hmac_of(hmac::HMAC_SHA512, &right);
        let expected = STANDARD.encode(expected);
        let mut guesses = guesses::of_transaction(self, &right);
        let client_id = self.client_id.as_deref();
        guesses.extend(guesses::secret(client_secret, client_id));
        let found = self
            .signature
            .as_deref()
            .map(|received| symmetric(received, &expected, right, &guesses));
        self.diagnosis(&right, Some(expected), found)
    }

    /// Explains the asymmetric signature, RSA with SHA-256, of a transaction without a token.
    ///
    /// None if the key is not a 2048-bit RSA public key in PEM (SubjectPublicKeyInfo).
    #[must_use]
    pub fn explain_asymmetric(&self, public_key_pem: &str) -> Option<Diagnosis> {
        let key = PublicKey::from_pem(public_key_pem)?;
        let minified = Content::new(minify(&self.body));
        let right = self.recipe(&minified, "", WITHOUT_TOKEN);
        let guesses = guesses::of_transaction(self, &right);
        let received = self.signature.as_deref();
        let found = received.map(|received| asymmetric(received, &key, right, &guesses));
        Some(self.diagnosis(&right, None, found))
    }

    /// The first part, in the order of the string-to-sign, in which another request differs, and how;
    /// None if both have the same string-to-sign.
    #[must_use]
    pub fn difference_from(&self, other: &Self) -> Option<Mistake> {
        difference::first(self, other)
    }

    fn recipe<'a>(&'a self, body: &'a Content, secret: &'a str, layout: Layout) -> Recipe<'a> {
        Recipe {
            secret: secret.as_bytes(),
            client_id: self.client_id.as_deref().unwrap_or_default(),
            method: &self.method,
            path: &self.target,
            token: &self.access_token,
            body,
            digest: DigestForm::LowerHex,
            timestamp: &self.timestamp,
            layout,
        }
    }

    fn diagnosis(
        &self,
        right: &Recipe<'_>,
        expected_signature: Option<String>,
        found: Option<Found>,
    ) -> Diagnosis {
        let mut steps = self.steps(right);
        steps.extend(
            expected_signature
                .as_ref()
                .map(|text| Step::new("signature", text)),
        );
        let received = self.signature.as_deref();
        steps.extend(received.map(|text| Step::new("received", received::look(text))));
        let (verdict, advice) = match &found {
            None => ("ok", "This is what has to be signed.".to_owned()),
            Some(found) => found.judge(received.unwrap_or_default(), right),
        };
        Diagnosis {
            verdict: verdict.to_owned(),
            advice,
            steps,
            mistakes: found
                .map(|found| found.mistakes.unwrap_or_default())
                .unwrap_or_default(),
            expected_signature,
        }
    }

    fn steps(&self, right: &Recipe<'_>) -> Vec<Step> {
        let minified = right.body.bytes().len();
        let with_token = right.layout == WITH_TOKEN;
        let token = || Step::new("access token", shortened(&self.access_token));
        let body = Step::new("body", format!("{} bytes", self.body.len()));
        let mut steps = vec![
            Step::new("method", shown(&self.method)),
            Step::new("path", shown(&self.target)),
        ];
        steps.extend(with_token.then(token));
        steps.extend([
            body.with_note(rewriting(&self.body)),
            Step::new("minified", format!("{minified} bytes"))
                .with_note(body::whitespace(&self.body).map(|what| format!("without {what}"))),
            Step::new("body digest", right.body.sha256()),
            Step::new("timestamp", shown(&self.timestamp)),
            self.joined(right, with_token),
        ]);
        steps
    }

    /// The string-to-sign, its token shortened.
    fn joined(&self, right: &Recipe<'_>, with_token: bool) -> Step {
        let digest = right.body.sha256();
        let mut parts = vec![shown(&self.method), shown(&self.target)];
        parts.extend(with_token.then(|| shortened(&self.access_token)));
        parts.extend([digest.to_owned(), shown(&self.timestamp)]);
        let length = right.text().len();
        Step::new("string-to-sign", parts.join(":")).with_note(Some(format!("{length} bytes")))
    }
}

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
    fn judge(&self, received: &str, right: &Recipe<'_>) -> (&'static str, String) {
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

fn symmetric(received: &str, expected: &str, right: Recipe<'_>, guesses: &[Guess]) -> Found {
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

fn asymmetric(received: &str, key: &PublicKey, right: Recipe<'_>, guesses: &[Guess]) -> Found {
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

/// A body that a server which parses and writes again would digest otherwise.
fn rewriting(body: &[u8]) -> Option<String> {
    let digests = BodyDigests::of(body);
    let says = "parsed and written again it is another text: escapes, numbers or repeated members";
    (digests.minified != digests.rewritten).then(|| says.to_owned())
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
        "{what} {guesses} guesses were tried, the likely ones two at a time as well. Compare each part above with what the \
         client joins; if all are the same, it uses another client secret or key."
    )
}

impl fmt::Debug for SignedTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedTransaction")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}
