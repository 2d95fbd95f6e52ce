//! Both signatures, verified from the sandbox's own reading of the documents.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;

use crate::{
    check::Check,
    digest::{BodyDigests, DigestModel},
    keys::PublicKey,
};

/// What the symmetric signature covers, apart from the body.
#[derive(Clone, Copy)]
pub(crate) struct SignedParts<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) access_token: &'a str,
    pub(crate) timestamp: &'a str,
}

impl SignedParts<'_> {
    /// `METHOD:path:token:digest:timestamp`, as on DOKU's symmetric-signature page
    /// (<https://developers.doku.com/get-started-with-doku-api/signature-component/snap/symmetric-signature>).
    pub(crate) fn string_to_sign(&self, body_digest: &str) -> String {
        let Self {
            method,
            target,
            access_token,
            timestamp,
        } = self;
        format!("{method}:{target}:{access_token}:{body_digest}:{timestamp}")
    }
}

/// Verifies the HMAC-SHA512 signature of a transaction request.
pub(crate) fn verify_symmetric(
    secret: &hmac::Key,
    model: DigestModel,
    parts: SignedParts<'_>,
    body: &[u8],
    signature: &str,
) -> Result<(), Check> {
    let signature = decode(signature, 64)?;
    let digests = BodyDigests::of(body);
    let verifies = |digest: &str| {
        hmac::verify(secret, parts.string_to_sign(digest).as_bytes(), &signature).is_ok()
    };
    let (valid, unanimous) = match model {
        DigestModel::Agree => (digests.all().into_iter().any(verifies), digests.agree()),
        DigestModel::Raw => (verifies(&digests.raw), true),
        DigestModel::Minified => (verifies(&digests.minified), true),
        DigestModel::Rewritten => (verifies(&digests.rewritten), true),
    };
    match (valid, unanimous) {
        (false, _) => Err(Check::SignatureMismatch),
        (true, false) => Err(Check::DigestDisagreement),
        (true, true) => Ok(()),
    }
}

/// Signs a notification as DOKU does, base64; one bit of it is wrong on request.
pub(crate) fn sign_symmetric(
    secret: &hmac::Key,
    parts: SignedParts<'_>,
    body: &[u8],
    wrongly: bool,
) -> String {
    let digest = BodyDigests::of(body).minified;
    let signature = hmac::sign(secret, parts.string_to_sign(&digest).as_bytes());
    let mut signature = signature.as_ref().to_vec();
    if let (true, Some(first)) = (wrongly, signature.first_mut()) {
        *first ^= 1;
    }
    STANDARD.encode(signature)
}

/// Verifies the RSA signature of a token request: `clientId|timestamp`, as on DOKU's
/// asymmetric-signature page
/// (<https://developers.doku.com/get-started-with-doku-api/signature-component/snap/asymmetric-signature>).
pub(crate) fn verify_asymmetric(
    key: &PublicKey,
    client_id: &str,
    timestamp: &str,
    signature: &str,
) -> Result<(), Check> {
    let signature = decode(signature, 256)?;
    let text = format!("{client_id}|{timestamp}");
    if key.verifies(text.as_bytes(), &signature) {
        Ok(())
    } else {
        Err(Check::SignatureMismatch)
    }
}

/// Standard base64 with canonical padding and trailing bits, of exactly the right length. Hex, as
/// some placeholders on DOKU's pages suggest, is not accepted.
fn decode(signature: &str, length: usize) -> Result<Vec<u8>, Check> {
    STANDARD
        .decode(signature)
        .ok()
        .filter(|bytes| bytes.len() == length)
        .ok_or(Check::SignatureEncoding)
}

#[cfg(test)]
mod tests;
