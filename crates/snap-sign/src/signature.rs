use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

/// An HMAC-SHA512 signature as it stands in `X-SIGNATURE`: 88 characters of base64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SymmetricSignature([u8; SYMMETRIC_TEXT]);

impl SymmetricSignature {
    pub(crate) fn from_mac(mac: &[u8; SYMMETRIC_BYTES]) -> Self {
        let mut text = [0; SYMMETRIC_TEXT];
        #[expect(clippy::expect_used, reason = "64 bytes are 88 characters of base64")]
        STANDARD
            .encode_slice(mac, &mut text)
            .expect("the text has room for 88 characters");
        Self(text)
    }

    /// The signature as header text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        #[expect(clippy::expect_used, reason = "only base64 is ever stored")]
        std::str::from_utf8(&self.0).expect("base64 is ASCII")
    }

    /// Reads 64 bytes from strict base64: no line breaks, no missing padding, one spelling only.
    pub(crate) fn decode(text: &str) -> Result<[u8; SYMMETRIC_BYTES], SignatureError> {
        // One spare group, because the decoder may ask for room in multiples of three.
        let mut bytes = [0; SYMMETRIC_BYTES + 2];
        if text.len() != SYMMETRIC_TEXT {
            return Err(SignatureError::from_text(text, SYMMETRIC_TEXT));
        }
        match STANDARD.decode_slice(text, &mut bytes) {
            Ok(SYMMETRIC_BYTES) => {
                let mut mac = [0; SYMMETRIC_BYTES];
                mac.copy_from_slice(&bytes[..SYMMETRIC_BYTES]);
                Ok(mac)
            }
            _ => Err(SignatureError::NotBase64),
        }
    }
}

impl fmt::Display for SymmetricSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A signature alone opens nothing, but it proves knowledge of the key for one request: it is
/// kept out of logs as well.
impl fmt::Debug for SymmetricSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SymmetricSignature([redacted])")
    }
}

/// An RSA signature as it stands in `X-SIGNATURE`: base64, 344 characters for a 2048-bit key.
#[derive(Clone, PartialEq, Eq)]
pub struct AsymmetricSignature(String);

impl AsymmetricSignature {
    /// Writes the bytes an RSA key made, PKCS#1 v1.5 with SHA-256, as header text.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(STANDARD.encode(bytes))
    }

    /// The signature as header text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads `length` bytes from strict base64.
    pub(crate) fn decode(text: &str, length: usize) -> Result<Vec<u8>, SignatureError> {
        if text.len() != length.div_ceil(3) * 4 {
            return Err(SignatureError::from_text(text, length.div_ceil(3) * 4));
        }
        match STANDARD.decode(text) {
            Ok(bytes) if bytes.len() == length => Ok(bytes),
            _ => Err(SignatureError::NotBase64),
        }
    }
}

impl fmt::Display for AsymmetricSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AsymmetricSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AsymmetricSignature([redacted])")
    }
}

/// Why a signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// The text is not base64 in its one canonical spelling.
    NotBase64,
    /// The text has a length that no signature of this kind has.
    WrongLength {
        /// Characters a signature of this kind has.
        expected: usize,
        /// Characters there are.
        found: usize,
    },
    /// The text has the right length for hexadecimal: DOKU uses base64.
    Hexadecimal,
    /// A well-formed signature over something else, or made with another key.
    Mismatch,
}

impl SignatureError {
    fn from_text(text: &str, expected: usize) -> Self {
        // 512 bits are 128 hexadecimal digits; an RSA signature of n bytes has 2n.
        let hexadecimal = text.len() >= 128 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hexadecimal {
            Self::Hexadecimal
        } else {
            Self::WrongLength {
                expected,
                found: text.len(),
            }
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBase64 => f.write_str("the signature is not canonical base64"),
            Self::WrongLength { expected, found } => {
                write!(
                    f,
                    "the signature has {found} characters instead of {expected}"
                )
            }
            Self::Hexadecimal => f.write_str("the signature is hexadecimal; DOKU uses base64"),
            Self::Mismatch => f.write_str("the signature does not match the request"),
        }
    }
}

impl std::error::Error for SignatureError {}

const SYMMETRIC_BYTES: usize = 64;
const SYMMETRIC_TEXT: usize = 88;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, error: SignatureError) {
        assert_eq!(SymmetricSignature::decode(text), Err(error), "{text}");
    }

    #[test]
    fn only_the_one_canonical_spelling_is_read() {
        let text = SymmetricSignature::from_mac(&[0; 64]);
        assert_eq!(SymmetricSignature::decode(text.as_str()), Ok([0; 64]));

        let zeros = "A".repeat(86);
        refused(
            &zeros,
            SignatureError::WrongLength {
                expected: 88,
                found: 86,
            },
        );
        refused(
            &format!("{}==", "A".repeat(85) + "B"),
            SignatureError::NotBase64,
        );
        refused(
            &format!("{}==\n", &zeros),
            SignatureError::WrongLength {
                expected: 88,
                found: 89,
            },
        );
        refused(&format!("{} ==", &zeros[1..]), SignatureError::NotBase64);
        refused(&"ab".repeat(64), SignatureError::Hexadecimal);
        refused(
            "",
            SignatureError::WrongLength {
                expected: 88,
                found: 0,
            },
        );
    }
}
