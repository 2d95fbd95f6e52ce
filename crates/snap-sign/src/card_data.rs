use std::fmt;

use aws_lc_rs::{
    cipher::{AES_128, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey},
    iv::{FixedLength, IV_LEN_128_BIT},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::ClientSecret;

/// Encrypts the card of a card binding as DOKU asks, under a new random IV: the value of
/// `cardData`, `base64(ciphertext)|base64(iv)`.
///
/// `card` is the card object as compact JSON. The algorithm is AES-128-CBC with PKCS#7 padding; the
/// key is the first 16 characters of the client secret, padded on the right with `-` when it has
/// fewer. (DOKU pages of BRI and Mandiri direct debit; all five official libraries.)
///
/// # This is weak
///
/// The scheme is DOKU's, and there is no other one for this call. It does not authenticate the
/// ciphertext, the key is a piece of the secret that also signs requests, without any derivation,
/// and whoever learns the secret reads every card that was ever sent. Use it for nothing else, and
/// rely on TLS.
///
/// ```
/// use snap_sign::{ClientSecret, encrypt_card_data};
///
/// let secret = ClientSecret::new("SK-example-secret-0001");
/// let card = br#"{"bankCardNo":"5221840000000001","bankCardType":"D","expiryDate":"1229"}"#;
/// let card_data = encrypt_card_data(&secret, card)?;
/// assert_eq!(card_data.split('|').count(), 2);
/// # Ok::<(), snap_sign::CardDataError>(())
/// ```
///
/// # Errors
///
/// When the first 16 characters of the secret are not ASCII, or the system gives no randomness.
pub fn encrypt_card_data(secret: &ClientSecret, card: &[u8]) -> Result<String, CardDataError> {
    let iv = FixedLength::new().map_err(|_| CardDataError::NoRandomness)?;
    encrypt(secret, card, iv)
}

/// As [`encrypt_card_data`], under an IV of the caller's choice.
///
/// For tests and vectors. The same IV twice shows which cards begin alike.
///
/// # Errors
///
/// As [`encrypt_card_data`].
pub fn danger_encrypt_card_data_with_iv(
    secret: &ClientSecret,
    card: &[u8],
    iv: [u8; IV_LEN_128_BIT],
) -> Result<String, CardDataError> {
    encrypt(secret, card, FixedLength::from(iv))
}

fn encrypt(
    secret: &ClientSecret,
    card: &[u8],
    iv: FixedLength<IV_LEN_128_BIT>,
) -> Result<String, CardDataError> {
    let iv_text = STANDARD.encode(iv.as_ref());
    let key = UnboundCipherKey::new(&AES_128, key_of(secret)?.as_ref())
        .and_then(PaddedBlockEncryptingKey::cbc_pkcs7)
        .map_err(|_| CardDataError::Cipher)?;
    // Encrypted where it stands; room for the padding, so that no copy of the card is left behind.
    let mut text = Vec::with_capacity(card.len() + KEY_LENGTH);
    text.extend_from_slice(card);
    key.less_safe_encrypt(&mut text, EncryptionContext::Iv128(iv))
        .map_err(|_| CardDataError::Cipher)?;
    Ok(format!("{}|{iv_text}", STANDARD.encode(&text)))
}

fn key_of(secret: &ClientSecret) -> Result<Zeroizing<[u8; KEY_LENGTH]>, CardDataError> {
    let mut key = Zeroizing::new([b'-'; KEY_LENGTH]);
    for (byte, character) in key.iter_mut().zip(secret.expose().chars()) {
        *byte = u8::try_from(character)
            .ok()
            .filter(u8::is_ascii)
            .ok_or(CardDataError::Secret)?;
    }
    Ok(key)
}

/// Card data cannot be encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CardDataError {
    /// The key is the first 16 characters of the client secret, and one of them is not ASCII.
    Secret,
    /// The operating system gave no random bytes.
    NoRandomness,
    /// The cipher failed.
    Cipher,
}

impl fmt::Display for CardDataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret => {
                "the first 16 characters of the client secret are the key of card data, and one of \
                 them is not ASCII; compare the secret with the dashboard's"
            }
            Self::NoRandomness => "the operating system gave no random bytes",
            Self::Cipher => "the cipher failed",
        })
    }
}

impl std::error::Error for CardDataError {}

const KEY_LENGTH: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &[u8] =
        br#"{"bankCardNo":"5221840000000001","bankCardType":"D","expiryDate":"1229"}"#;
    const IV: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    #[track_caller]
    fn check(secret: &str, card_data: &str) {
        let made = danger_encrypt_card_data_with_iv(&ClientSecret::new(secret), CARD, IV);
        assert_eq!(made.as_deref(), Ok(card_data), "{secret}");
    }

    /// Computed for this project with another implementation, 2026-11-20; not published by DOKU.
    #[test]
    fn a_long_a_short_and_a_fitting_secret_give_their_keys() {
        check(
            "SK-example-secret-0001",
            "sCR5il1q96eFdoDceZ6N1Bkp31SqKhvCkS7nZRtsXvRa0RIkmuk9dahzwCjE9Fr+AcmmvmvQ6trPFZaBt3mEHwFw3be1ysyFNadQnGnsTV0=|AAECAwQFBgcICQoLDA0ODw==",
        );
        check(
            "SK-short",
            "/MACwnEAyU712QQ/JzaoQm156gUBoaPjcL4oGnFUbRqp2/Ej/ytDt5X5ki/d8SVtAlD2cw2zXhpgYXtPp8X+E+/UpAOyrkYEnkxmtipxNi4=|AAECAwQFBgcICQoLDA0ODw==",
        );
        check(
            "0123456789abcdef",
            "63RG/E7NbCddO/5lLVC54BnLt5b7iMVDoGJAE2lPPjKzLDrmx/FvFl/uoyJxo+xieOw4CcK6QxAEc7GWmc+BSa9y/QXlkp5A5Ua747Slzb8=|AAECAwQFBgcICQoLDA0ODw==",
        );
    }

    #[test]
    fn a_secret_that_gives_no_sixteen_bytes_is_refused() {
        let refused = |secret| encrypt_card_data(&ClientSecret::new(secret), CARD);

        assert_eq!(refused("rahasia-é-0000000000"), Err(CardDataError::Secret));
        assert!(refused("sixteen-ascii-ch-é").is_ok());
    }

    #[test]
    fn no_two_ivs_are_equal() {
        let secret = ClientSecret::new("SK-short");

        let ivs: std::collections::HashSet<_> = (0..100)
            .map(|_| encrypt_card_data(&secret, CARD).unwrap())
            .map(|card_data| card_data.split_once('|').unwrap().1.to_owned())
            .collect();

        assert_eq!(ivs.len(), 100);
    }
}
