use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Seals the tokens in the store: 256 bits that every process of a client id has and the server has
/// not. AES-256-GCM, bound to the name under which a token lies.
///
/// `openssl rand -base64 32` makes one. Keep it where the client secret is kept.
pub struct TokenKey {
    key: RandomizedNonceKey,
    /// Tells which key sealed something.
    id: [u8; ID],
}

impl TokenKey {
    /// Of 32 random bytes.
    ///
    /// # Errors
    ///
    /// When all bytes are the same: a buffer that nobody filled.
    pub fn new(bytes: [u8; 32]) -> Result<Self, TokenKeyError> {
        let bytes = Zeroizing::new(bytes);
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(TokenKeyError("all its bytes are the same"));
        }
        let key = RandomizedNonceKey::new(&AES_256_GCM, &*bytes)
            .map_err(|_| TokenKeyError("the library refuses it"))?;
        let mut hash = Sha256::new();
        hash.update(b"snap-redis key id");
        hash.update(*bytes);
        let mut id = [0; ID];
        id.copy_from_slice(&hash.finalize()[..ID]);
        Ok(Self { key, id })
    }

    /// Of the base64 text of 32 random bytes, as a secret store or an environment variable holds it.
    ///
    /// # Errors
    ///
    /// When the text is not that.
    pub fn from_base64(text: &str) -> Result<Self, TokenKeyError> {
        let decoded = STANDARD.decode(text.trim());
        let decoded = Zeroizing::new(decoded.map_err(|_| TokenKeyError("it is not base64"))?);
        let bytes = decoded.as_slice().try_into();
        let bytes = bytes.map_err(|_| TokenKeyError("it is not 32 bytes long"))?;
        Self::new(bytes)
    }

    /// Version, key, nonce, and what is sealed; nothing where the library fails.
    pub(crate) fn seal(&self, name: &str, plain: &[u8]) -> Option<Vec<u8>> {
        // Room for the tag, so that the plain text does not stay behind in another place.
        let mut in_out = Zeroizing::new(Vec::with_capacity(plain.len() + TAG));
        in_out.extend_from_slice(plain);
        let nonce = self
            .key
            .seal_in_place_append_tag(aad(name), &mut *in_out)
            .ok()?;
        let mut text = vec![VERSION];
        text.extend(self.id);
        text.extend(nonce.as_ref());
        text.extend(in_out.iter());
        Some(text)
    }

    /// What was sealed with this key under this name.
    pub(crate) fn open(&self, name: &str, sealed: &[u8]) -> Opened {
        let Some((version, rest)) = sealed.split_first() else {
            return Opened::Broken;
        };
        if *version != VERSION || rest.len() < ID + NONCE_LEN {
            return Opened::Broken;
        }
        let (id, rest) = rest.split_at(ID);
        if id != self.id {
            return Opened::OtherKey;
        }
        let (nonce, rest) = rest.split_at(NONCE_LEN);
        let mut in_out = Zeroizing::new(rest.to_vec());
        let Ok(nonce) = Nonce::try_assume_unique_for_key(nonce) else {
            return Opened::Broken;
        };
        match self.key.open_in_place(nonce, aad(name), &mut in_out) {
            Ok(plain) => Opened::Plain(Zeroizing::new(plain.to_vec())),
            Err(_) => Opened::Broken,
        }
    }
}

/// What came of opening something.
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Opened {
    Plain(Zeroizing<Vec<u8>>),
    OtherKey,
    /// Not sealed here, moved from another name, or changed.
    Broken,
}

/// A token that is moved to another slot does not open there.
fn aad(name: &str) -> Aad<Vec<u8>> {
    Aad::from([b"snap-redis 1|", name.as_bytes()].concat())
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey([redacted])")
    }
}

/// The key cannot be used; `Display` says why and does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenKeyError(&'static str);

impl fmt::Display for TokenKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the key for tokens cannot be used: {}; make one with `openssl rand -base64 32`",
            self.0
        )
    }
}

impl std::error::Error for TokenKeyError {}

const VERSION: u8 = 1;
const ID: usize = 4;
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8) -> TokenKey {
        let mut bytes = [7; 32];
        bytes[0] = first;
        TokenKey::new(bytes).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_under_the_same_name() {
        let sealed = key(1).seal("a", b"canary").unwrap();

        assert!(!sealed.windows(6).any(|part| part == b"canary"));
        let Opened::Plain(plain) = key(1).open("a", &sealed) else {
            panic!("it does not open");
        };
        assert_eq!(*plain, b"canary");
    }

    #[test]
    fn another_key_another_name_and_any_changed_byte_do_not_open_it() {
        let sealed = key(1).seal("a", b"canary").unwrap();

        assert!(matches!(key(2).open("a", &sealed), Opened::OtherKey));
        assert!(matches!(key(1).open("b", &sealed), Opened::Broken));
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            let opened = key(1).open("a", &changed);
            assert!(!matches!(opened, Opened::Plain(_)), "byte {index}");
            let shorter = key(1).open("a", &sealed[..index]);
            assert!(!matches!(shorter, Opened::Plain(_)), "{index} bytes");
        }
    }

    #[test]
    fn the_same_text_is_sealed_differently_each_time() {
        assert_ne!(key(1).seal("a", b"x"), key(1).seal("a", b"x"));
    }

    #[test]
    fn a_key_that_nobody_filled_or_of_another_form_is_refused() {
        assert!(TokenKey::new([0; 32]).is_err());
        for text in ["", "c2hvcnQ=", "not base64!", &STANDARD.encode([0; 32])] {
            let error = TokenKey::from_base64(text).unwrap_err().to_string();
            assert!(error.contains("openssl rand -base64 32"), "{error}");
        }
        let text = STANDARD.encode((0..32).collect::<Vec<u8>>());
        assert!(TokenKey::from_base64(&format!(" {text}\n")).is_ok());
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(format!("{:?}", key(1)), "TokenKey([redacted])");
    }
}
