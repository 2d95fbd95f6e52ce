//! A transaction or notification: method, path, token, body digest, timestamp.

use std::fmt;

use super::{
    Diagnosis, Mistake, Step, body, difference,
    found::{self, Found},
    guesses::{self, WITH_TOKEN, WITHOUT_TOKEN},
    received,
    recipe::{Content, DigestForm, Layout, Recipe},
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
        let expected = found::expected(&right);
        let mut guesses = guesses::of_transaction(self, &right);
        let client_id = self.client_id.as_deref();
        guesses.extend(guesses::secret(client_secret, client_id));
        let found = self
            .signature
            .as_deref()
            .map(|received| found::symmetric(received, &expected, right, &guesses));
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
        let found = received.map(|received| found::asymmetric(received, &key, right, &guesses));
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

/// A body that a server which parses and writes again would digest otherwise.
fn rewriting(body: &[u8]) -> Option<String> {
    let digests = BodyDigests::of(body);
    let says = "parsed and written again it is another text: escapes, numbers or repeated members";
    (digests.minified != digests.rewritten).then(|| says.to_owned())
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
