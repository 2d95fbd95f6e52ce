use std::fmt;

use aes::{
    Aes128,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What the headers of a notice say.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct NoticeHeaders<'a> {
    /// `requestId`, new for each notice.
    pub request_id: &'a str,
    /// `agentKey`, whose notice it is.
    pub agent_key: &'a str,
    /// `signature`.
    pub signature: &'a str,
}

impl fmt::Debug for NoticeHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoticeHeaders")
            .field("request_id", &self.request_id)
            .field("agent_key", &self.agent_key)
            .finish_non_exhaustive()
    }
}

/// Decides whether the headers of a notice are Kirim DOKU's. Open, because the scheme is not published.
pub trait NoticeCheck: fmt::Debug + Send + Sync {
    /// Whether the signature belongs to the other two. Compare in constant time.
    fn is_genuine(&self, headers: &NoticeHeaders<'_>) -> bool;
}

/// The signature of the older Kirim DOKU API: base64 of AES-128 in ECB mode, padded as in PKCS#7, over
/// `agentKey` and `requestId`. Assumed for the present one.
#[derive(Debug)]
pub struct AesNoticeCheck {
    agent_key: String,
    keys: Vec<EncryptionKey>,
}

impl AesNoticeCheck {
    /// Takes notices for this agent key.
    #[must_use]
    pub fn new(agent_key: impl Into<String>, key: EncryptionKey) -> Self {
        Self {
            agent_key: agent_key.into(),
            keys: vec![key],
        }
    }

    /// Also takes notices that are signed with another key, during a change of it.
    #[must_use]
    pub fn with_another_key(mut self, key: EncryptionKey) -> Self {
        self.keys.push(key);
        self
    }
}

impl NoticeCheck for AesNoticeCheck {
    fn is_genuine(&self, headers: &NoticeHeaders<'_>) -> bool {
        let Ok(given) = STANDARD.decode(headers.signature) else {
            return false;
        };
        let plain = [headers.agent_key, headers.request_id].concat();
        let mut genuine = false;
        for key in &self.keys {
            genuine |= bool::from(key.encrypt(plain.as_bytes()).ct_eq(&given));
        }
        genuine && headers.agent_key == self.agent_key
    }
}

/// The encryption key that Kirim DOKU issues: 16 characters.
#[derive(Clone)]
pub struct EncryptionKey(Zeroizing<[u8; BLOCK]>);

impl EncryptionKey {
    /// Takes the text as it was issued.
    ///
    /// # Errors
    ///
    /// When it does not have 16 bytes.
    pub fn new(text: &str) -> Result<Self, EncryptionKeyError> {
        let bytes = text.as_bytes().try_into().map_err(|_| EncryptionKeyError)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    fn encrypt(&self, plain: &[u8]) -> Vec<u8> {
        let cipher = Aes128::new(&(*self.0).into());
        let padding = BLOCK - plain.len() % BLOCK;
        let mut text = plain.to_vec();
        text.extend(std::iter::repeat_n(
            u8::try_from(padding).unwrap_or_default(),
            padding,
        ));
        for chunk in text.chunks_exact_mut(BLOCK) {
            let mut block = [0; BLOCK];
            block.copy_from_slice(chunk);
            let mut block = block.into();
            cipher.encrypt_block(&mut block);
            chunk.copy_from_slice(&block);
        }
        text
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKey([redacted])")
    }
}

/// The text cannot be an encryption key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncryptionKeyError;

impl fmt::Display for EncryptionKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the encryption key does not have 16 characters; copy it as Kirim DOKU issued it",
        )
    }
}

impl std::error::Error for EncryptionKeyError {}

const BLOCK: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference `kirimdoku.md` section 6, computed with the credentials printed in public legacy pages.
    #[test]
    fn the_check_value_of_the_reference_is_genuine() {
        let check = AesNoticeCheck::new("A47438", EncryptionKey::new("pl6jn16fvkb64fit").unwrap());
        let genuine = NoticeHeaders {
            request_id: "4201243b-c0a3-495f-8464-bad5f4a2e9d4",
            agent_key: "A47438",
            signature: "50GHcJL3auKN0AzMvr4Xi57t0xJja4TVTeuJ/ygf+zXnlxMMxoQwWUs6y7fekvLl",
        };

        assert!(check.is_genuine(&genuine));
        for forged in [
            NoticeHeaders {
                request_id: "4201243b-c0a3-495f-8464-bad5f4a2e9d5",
                ..genuine
            },
            NoticeHeaders {
                agent_key: "A47439",
                ..genuine
            },
            NoticeHeaders {
                signature: "",
                ..genuine
            },
            NoticeHeaders {
                signature: "50ghcjl3auKN0AzMvr4Xi57t0xJja4TVTeuJ/ygf+zXnlxMMxoQwWUs6y7fekvLl",
                ..genuine
            },
        ] {
            assert!(!check.is_genuine(&forged));
        }
    }

    #[test]
    fn a_key_is_taken_with_sixteen_characters_and_never_shown() {
        assert!(EncryptionKey::new("short").is_err());
        let key = EncryptionKey::new("canary-canary-16").unwrap();
        assert!(
            !format!("{key:?} {:?}", AesNoticeCheck::new("A1", key.clone())).contains("canary")
        );
    }
}
