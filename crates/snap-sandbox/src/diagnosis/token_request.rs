//! A token request: client id and timestamp, signed by RSA.

use super::{
    Diagnosis, Mistake, Step,
    found::{Found, mistakes, verdict},
    guesses::{self, TOKEN_REQUEST},
    other_keys::{is_of_a_sandbox, other_algorithm},
    received,
    recipe::{Content, DigestForm, Recipe},
    shown,
};
use crate::{keys::PublicKey, minify::minify};

/// A token request: what its signature depends on, and the signature.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignedTokenRequest {
    /// `X-CLIENT-KEY` as sent.
    pub client_id: String,
    /// `X-TIMESTAMP` as sent.
    pub timestamp: String,
    /// `X-SIGNATURE` as sent; without one there is nothing to compare.
    pub signature: Option<String>,
    /// Method, path and body, for clients that sign them by mistake.
    pub(super) request: (String, String, Vec<u8>),
}

impl SignedTokenRequest {
    /// The parts that are signed, both as sent.
    #[must_use]
    pub fn new(client_id: impl Into<String>, timestamp: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            timestamp: timestamp.into(),
            signature: None,
            request: ("POST".to_owned(), String::new(), Vec::new()),
        }
    }

    /// Sets the signature that was received: `X-SIGNATURE`.
    #[must_use]
    pub fn with_signature(mut self, signature: impl Into<String>) -> Self {
        self.signature = Some(signature.into());
        self
    }

    /// Explains the signature, RSA with SHA-256. If one was received that is not right, usual mistakes
    /// are tried, one and two at a time.
    ///
    /// None if the key is not a 2048-bit RSA public key in PEM (SubjectPublicKeyInfo).
    #[must_use]
    pub fn explain(&self, public_key_pem: &str) -> Option<Diagnosis> {
        let key = PublicKey::from_pem(public_key_pem)?;
        let (method, path, body) = &self.request;
        let body = Content::new(minify(body));
        let right = Recipe {
            secret: b"",
            client_id: &self.client_id,
            method,
            path,
            token: "",
            body: &body,
            digest: DigestForm::LowerHex,
            timestamp: &self.timestamp,
            layout: TOKEN_REQUEST,
        };
        Some(self.diagnosis(&key, right))
    }

    fn diagnosis(&self, key: &PublicKey, right: Recipe<'_>) -> Diagnosis {
        let found = self
            .signature
            .as_deref()
            .map(|received| search(received, key, right));
        let (verdict, advice) = match &found {
            None => ("ok", "This is what has to be signed.".to_owned()),
            Some(found) => judge(found, self.signature.as_deref().unwrap_or_default()),
        };
        Diagnosis {
            verdict: verdict.to_owned(),
            advice,
            steps: self.steps(),
            mistakes: found.and_then(|found| found.mistakes).unwrap_or_default(),
            expected_signature: None,
        }
    }

    fn steps(&self) -> Vec<Step> {
        let joined = format!("{}|{}", shown(&self.client_id), shown(&self.timestamp));
        let length = self.client_id.len() + 1 + self.timestamp.len();
        let mut steps = vec![
            Step::new("client id", shown(&self.client_id)),
            Step::new("timestamp", shown(&self.timestamp)),
            Step::new("string-to-sign", joined).with_note(Some(format!("{length} bytes"))),
        ];
        let received = self.signature.as_deref();
        steps.extend(received.map(|text| Step::new("received", received::look(text))));
        steps
    }
}

fn search(received: &str, key: &PublicKey, right: Recipe<'_>) -> Found {
    let guesses = guesses::of_token_request(right.client_id, right.timestamp, right.layout);
    let found = received::readings(received)
        .into_iter()
        .find_map(|reading| {
            let text = right.text();
            if let Some(says) = other_algorithm(key, &text, &reading.bytes) {
                return Some(mistakes(&[], Some(says), reading));
            }
            let is_it = |recipe: &Recipe<'_>| key.verifies(&recipe.text(), &reading.bytes);
            if let Some(found) = right.search(&guesses, &is_it) {
                return Some(mistakes(&found, None, reading));
            }
            let says = "signed with the bundled key of another local sandbox";
            is_of_a_sandbox(&text, &reading.bytes).then(|| vec![Mistake::new("key", says)])
        });
    Found::of(found, &guesses)
}

fn judge(found: &Found, received: &str) -> (&'static str, String) {
    match &found.mistakes {
        Some(none) if none.is_empty() => ("ok", "The signature is right.".to_owned()),
        Some(some) => {
            let cures: Vec<&str> = some.iter().map(|mistake| cure(&mistake.part)).collect();
            (verdict(some), cures.join(" "))
        }
        None => ("signature.mismatch", unknown(found, received)),
    }
}

fn unknown(found: &Found, received: &str) -> String {
    let mut readings = received::readings(received).into_iter();
    let what = if readings.any(|reading| reading.bytes.len() == 64) {
        "This has the length of an HMAC-SHA512; a token request is signed by RSA with the private key."
    } else {
        "No usual mistake gives this signature."
    };
    format!(
        "{what} {} guesses were tried. If the client joins the same string-to-sign, it signs with another \
         private key.",
        found.guesses
    )
}

fn cure(part: &str) -> &'static str {
    match part {
        "client id" => "Sign the client id as it is sent in X-CLIENT-KEY.",
        "timestamp" => "Make the timestamp once; sign the text that is sent in X-TIMESTAMP.",
        "order" => "Sign client id, `|` and timestamp, and nothing else.",
        "algorithm" => "The algorithm is RSASSA-PKCS1-v1_5 with SHA-256 (SHA256withRSA).",
        "key" => "Sign with the private key that belongs to this client id.",
        _ => "Send the signature in base64 with padding, in the letters that base64 gives.",
    }
}
