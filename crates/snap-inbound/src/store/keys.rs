use std::fmt;

use sha2::{Digest, Sha256};
use snap_core::AccessToken;

use super::jakarta_day;

/// A SHA-256 that stands for what a store must remember without knowing it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreKey([u8; 32]);

impl StoreKey {
    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The same as 64 hexadecimal digits: the name of a row.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Hashes fields with their lengths, so that no two lists of fields run together.
    pub(crate) fn of(kind: &str, fields: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for field in [kind.as_bytes()].iter().chain(fields) {
            hash.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(field);
        }
        Self(hash.finalize().into())
    }
}

/// The first four bytes, enough to find a row by.
impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "StoreKey({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

/// What a token is remembered by. Belongs to one environment: a token of DOKU's sandbox is unknown in
/// production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(StoreKey);

impl TokenHash {
    /// Of a token in the environment with this base URL.
    #[must_use]
    pub fn of(environment: &str, token: &AccessToken) -> Self {
        Self(StoreKey::of(
            "token",
            &[environment.as_bytes(), token.expose().as_bytes()],
        ))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

/// What one delivery is remembered by.
///
/// The external id is not signed, and a retry may or may not renew the timestamp, so there are two
/// keys: one over everything that is signed, which an exact replay repeats under any external id, and
/// one over the external id and the Jakarta day of the timestamp, which DOKU's retry repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryKeys {
    replay: StoreKey,
    delivery: StoreKey,
    body: [u8; 64],
}

/// What the keys are made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeliveryFacts<'a> {
    pub(crate) environment: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) path: &'a str,
    /// 64 hexadecimal digits of the minified body, so that whitespace makes no other message.
    pub(crate) body_digest: &'a str,
    pub(crate) timestamp: &'a str,
    pub(crate) unix_seconds: i64,
    pub(crate) external_id: &'a str,
}

impl DeliveryKeys {
    pub(crate) fn of(facts: &DeliveryFacts<'_>) -> Self {
        let whose = [facts.environment, facts.client_id, facts.path].map(str::as_bytes);
        let [environment, client_id, path] = whose;
        let day = jakarta_day(facts.unix_seconds).to_be_bytes();
        let mut body = [0; 64];
        for (to, from) in body.iter_mut().zip(facts.body_digest.bytes()) {
            *to = from;
        }
        let (digest, timestamp) = (facts.body_digest.as_bytes(), facts.timestamp.as_bytes());
        Self {
            replay: StoreKey::of("replay", &[environment, client_id, path, digest, timestamp]),
            delivery: StoreKey::of(
                "delivery",
                &[
                    environment,
                    client_id,
                    path,
                    facts.external_id.as_bytes(),
                    &day,
                ],
            ),
            body,
        }
    }

    /// Over environment, client id, path, body digest and timestamp, all of them signed.
    #[must_use]
    pub fn replay(&self) -> &StoreKey {
        &self.replay
    }

    /// Over environment, client id, path, external id and the Jakarta day of the timestamp.
    #[must_use]
    pub fn delivery(&self) -> &StoreKey {
        &self.delivery
    }

    /// The body digest as 64 hexadecimal digits, to tell one body from another.
    #[must_use]
    pub fn body_digest(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }
}

/// Names the holder of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimId([u8; 16]);

impl ClaimId {
    /// Of random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}
