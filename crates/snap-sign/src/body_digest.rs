use std::fmt;

use sha2::{Digest, Sha256};

use crate::minify::{MinifyError, for_each_run};

/// Lower-case hexadecimal SHA-256 of the minified body, the fourth field of the string-to-sign.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BodyDigest([u8; HEX_LENGTH]);

impl BodyDigest {
    /// Minifies the body into the hash, without a copy of it. This is the one to verify with.
    ///
    /// # Errors
    ///
    /// When the body is not UTF-8 or ends inside a string; see [`crate::minify`].
    pub fn of_json(body: &[u8]) -> Result<Self, MinifyError> {
        let mut hash = Sha256::new();
        for_each_run(body, |run| hash.update(run))?;
        Ok(Self::from_hash(hash))
    }

    /// Hashes bytes that hold no whitespace between tokens, such as the output of
    /// `serde_json::to_vec`. Empty bytes stand for a request without a body.
    ///
    /// # Panics
    ///
    /// In builds with debug assertions, when [`crate::minify`] would change the bytes: the other
    /// side would then compute another digest. [`Self::of_json`] takes any body.
    #[must_use]
    pub fn of_compact(body: &[u8]) -> Self {
        debug_assert_ne!(
            crate::is_compact(body),
            Ok(false),
            "the body is not minified"
        );
        Self::of_bytes(body)
    }

    /// Hashes received bytes as they are, whatever they hold: for a sender that does not minify.
    #[must_use]
    pub fn of_bytes(body: &[u8]) -> Self {
        Self::from_hash(Sha256::new_with_prefix(body))
    }

    /// The 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        #[expect(
            clippy::expect_used,
            reason = "only hexadecimal digits are ever stored"
        )]
        std::str::from_utf8(&self.0).expect("hexadecimal digits are ASCII")
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn from_hash(hash: Sha256) -> Self {
        let mut hex = [0; HEX_LENGTH];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(hash.finalize()) {
            pair[0] = HEX_DIGITS[usize::from(byte >> 4)];
            pair[1] = HEX_DIGITS[usize::from(byte & 15)];
        }
        Self(hex)
    }
}

impl fmt::Debug for BodyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyDigest({})", self.as_str())
    }
}

const HEX_LENGTH: usize = 64;
const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_body_has_the_digest_of_the_empty_string() {
        // Check-status page of DOKU and ASPI print this value for a request without a body.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

        assert_eq!(BodyDigest::of_compact(b"").as_str(), empty);
        assert_eq!(BodyDigest::of_json(b"").unwrap().as_str(), empty);
    }

    #[test]
    fn a_body_and_its_minified_form_have_one_digest() {
        let pretty = BodyDigest::of_json(b"{ \"a\": [1, 2] }").unwrap();

        assert_eq!(pretty, BodyDigest::of_compact(br#"{"a":[1,2]}"#));
    }
}
