//! The merchant that a local sandbox knows.

use std::fmt;

use ring::hmac;

use crate::{keys::KeyPair, seed::Stream};

/// Credentials of the merchant that a local sandbox knows, as plain data for any client.
///
/// They are marked: DOKU issues neither `BRN-LOCAL-…` nor `SK-LOCAL-…`, so a client can refuse them
/// for DOKU's environments, and the local sandbox refuses everything else. `Debug` shows neither
/// the secret nor the private key.
#[derive(Clone)]
#[non_exhaustive]
pub struct Merchant {
    /// Client id, `BRN-LOCAL-` and 13 digits: `X-CLIENT-KEY` and `X-PARTNER-ID`.
    pub client_id: String,
    /// Client secret, `SK-LOCAL-` and 24 letters and digits: the HMAC key.
    pub client_secret: String,
    /// RSA private key in PKCS#8 PEM: signs token requests. One of a few throw-away keys that are
    /// published with this crate; never use it for anything else.
    pub private_key_pem: String,
    /// The matching public key (SubjectPublicKeyInfo PEM): all the sandbox itself verifies with.
    pub public_key_pem: String,
    /// KirimDOKU agent key, the only `accountNo` whose balance can be asked for.
    pub agent_key: String,
    /// KirimDOKU encryption key, 16 letters: signs KirimDOKU's own notices.
    pub encryption_key: String,
}

impl Merchant {
    /// Draws credentials; equal streams give equal credentials.
    pub(crate) fn draw(stream: &mut Stream, key: &KeyPair) -> Self {
        let client_id = format!("{CLIENT_ID_MARK}{}", stream.digits(13));
        let client_secret = format!("SK-LOCAL-{}", stream.alphanumeric(24));
        Self {
            encryption_key: encryption_key(&client_secret),
            client_id,
            client_secret,
            private_key_pem: key.private_pem.to_owned(),
            public_key_pem: key.public_pem.to_owned(),
            agent_key: "A00001".to_owned(),
        }
    }
}

/// Made from the client secret: drawn from the stream, it would change whatever is drawn later.
fn encryption_key(client_secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, client_secret.as_bytes());
    let bytes = hmac::sign(&key, b"KirimDOKU encryption key");
    let bytes = bytes.as_ref().iter().take(8);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merchant")
            .field("client_id", &self.client_id)
            .field("client_secret", &"[redacted]")
            .field("private_key_pem", &"[redacted]")
            .field("public_key_pem", &self.public_key_pem)
            .field("agent_key", &self.agent_key)
            .field("encryption_key", &"[redacted]")
            .finish()
    }
}

/// Marks a client id as one of a local sandbox.
pub(crate) const CLIENT_ID_MARK: &str = "BRN-LOCAL-";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    #[test]
    fn debug_shows_neither_secret_nor_private_key() {
        let merchant = Merchant::draw(&mut Stream::new(1), keys::pick(1));

        let text = format!("{merchant:?}");

        assert!(!text.contains(&merchant.client_secret), "{text}");
        assert!(!text.contains(&merchant.encryption_key), "{text}");
        assert!(!text.contains("PRIVATE KEY"), "{text}");
    }

    #[test]
    fn a_seed_fixes_the_credentials() {
        let first = Merchant::draw(&mut Stream::new(7), keys::pick(7));
        let second = Merchant::draw(&mut Stream::new(7), keys::pick(7));

        assert_eq!(first.client_id, second.client_id);
        assert_eq!(first.client_secret, second.client_secret);
    }
}
