use crate::{AccessToken, BodyDigest, ClientId, JoinedStringToSign};

/// What a transaction request signs: five fields joined by `:`.
///
/// `METHOD:path:accessToken:bodyDigest:timestamp`, keyed with the client secret by
/// [`crate::HmacKey`]. Notifications from DOKU follow the same formula. (DOKU symmetric-signature
/// page; ASPI security standard.)
#[expect(
    clippy::exhaustive_structs,
    reason = "the formula has exactly these fields"
)]
#[derive(Clone, Copy, Debug)]
pub struct StringToSign<'a> {
    /// HTTP method in upper case, such as `POST`.
    pub method: &'a str,
    /// Path of the request target, from the leading `/`, without scheme or host, with the query
    /// string if there is one, as sent.
    pub path: &'a str,
    /// B2B access token, without the `Bearer ` prefix, also on calls for a customer.
    pub access_token: &'a AccessToken,
    /// Digest of the body that is sent.
    pub body_digest: &'a BodyDigest,
    /// The value sent in `X-TIMESTAMP`, character for character.
    pub timestamp: &'a str,
}

impl StringToSign<'_> {
    /// The five fields joined, for a person who compares them with DOKU's. Signing does not need
    /// it. It holds the access token, hence a secret.
    #[must_use]
    pub fn join(&self) -> JoinedStringToSign {
        let Self {
            method,
            path,
            access_token,
            body_digest,
            timestamp,
        } = *self;
        let fields = [
            method,
            path,
            access_token.expose(),
            body_digest.as_str(),
            timestamp,
        ];
        JoinedStringToSign::new(fields.join(":"))
    }
}

/// What a token request signs: `clientId|timestamp`, with the merchant's RSA key.
///
/// DOKU's own token request to the merchant follows the same formula, signed with DOKU's key.
/// (DOKU B2B token page and asymmetric-signature page.)
#[expect(
    clippy::exhaustive_structs,
    reason = "the formula has exactly these fields"
)]
#[derive(Clone, Copy, Debug)]
pub struct TokenStringToSign<'a> {
    /// The value sent in `X-CLIENT-KEY`.
    pub client_id: &'a ClientId,
    /// The value sent in `X-TIMESTAMP`, character for character.
    pub timestamp: &'a str,
}

impl TokenStringToSign<'_> {
    /// The two fields joined. Nothing in it is secret.
    #[must_use]
    pub fn join(&self) -> String {
        format!("{}|{}", self.client_id.as_str(), self.timestamp)
    }
}

/// What a transaction signs where it carries no access token: four fields joined by `:`.
///
/// `METHOD:path:bodyDigest:timestamp`, with an RSA key. ASPI calls it signature type 2, and DOKU's
/// asymmetric-signature page shows it. No operation that DOKU documents asks for it; it fits
/// notifications without an `Authorization` header (`unverified`), so it is never a default.
#[expect(
    clippy::exhaustive_structs,
    reason = "the formula has exactly these fields"
)]
#[derive(Clone, Copy, Debug)]
pub struct TransactionStringToSign<'a> {
    /// HTTP method in upper case.
    pub method: &'a str,
    /// Path of the request target, as in [`StringToSign::path`].
    pub path: &'a str,
    /// Digest of the body that is sent.
    pub body_digest: &'a BodyDigest,
    /// The value sent in `X-TIMESTAMP`, character for character.
    pub timestamp: &'a str,
}

impl TransactionStringToSign<'_> {
    /// The four fields joined. Nothing in it is secret.
    #[must_use]
    pub fn join(&self) -> String {
        [
            self.method,
            self.path,
            self.body_digest.as_str(),
            self.timestamp,
        ]
        .join(":")
    }
}
