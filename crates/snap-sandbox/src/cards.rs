//! Card data: decrypted as the merchant was told to encrypt it.
//!
//! <https://developers.doku.com/accept-payments/direct-api/snap/integration-guide/direct-debit/bri-direct-debit>
//! and the official DOKU libraries agree on the scheme. AES is RustCrypto's: `ring` has no CBC.

use aes::Aes128;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cbc::{
    Decryptor,
    cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7},
};

use crate::{
    check::{Check, Refusal},
    json::Json,
    secrets::Secrets,
    spec::Operation,
};

/// Card data that an operation asks for has to be readable; its number is a secret from then on.
pub(crate) fn check(
    operation: &Operation,
    request: &Json,
    client_secret: &str,
    secrets: &mut Secrets,
) -> Result<(), Refusal> {
    let given = request.text_at(CARD_DATA);
    let Some(given) = given.filter(|_| operation.request.mentions(CARD_DATA)) else {
        return Ok(());
    };
    let number = card_number(client_secret, given).ok_or(Check::CardData.of(CARD_DATA))?;
    secrets.remember("card number", &number);
    Ok(())
}

/// The number of a card that is encrypted and described as documented.
fn card_number(client_secret: &str, card_data: &str) -> Option<String> {
    let card = decrypt(client_secret, card_data)?;
    let text = |name| card.text_at(name);
    let number = text("bankCardNo")?;
    let is_number = (1..=20).contains(&number.len()) && is_digits(number);
    let is_type = ["D", "C", "UE"].contains(&text("bankCardType")?);
    (is_number && is_type && is_month_and_year(text("expiryDate")?)).then(|| number.to_owned())
}

/// `base64(ciphertext)|base64(iv)`, AES-128 in CBC with PKCS#7, of the card as JSON.
fn decrypt(client_secret: &str, card_data: &str) -> Option<Json> {
    let (cipher, iv) = card_data.split_once('|')?;
    let (cipher, iv) = (STANDARD.decode(cipher).ok()?, STANDARD.decode(iv).ok()?);
    let key = key(client_secret)?;
    let decryptor = Decryptor::<Aes128>::new_from_slices(&key, &iv).ok()?;
    Json::read(&decryptor.decrypt_padded_vec::<Pkcs7>(&cipher).ok()?)
}

/// The first 16 characters of the client secret, filled up with `-`; none if these are not 16 bytes.
fn key(client_secret: &str) -> Option<[u8; 16]> {
    let filled: String = client_secret
        .chars()
        .chain(std::iter::repeat('-'))
        .take(16)
        .collect();
    filled.into_bytes().try_into().ok()
}

/// `MMYY`.
fn is_month_and_year(text: &str) -> bool {
    let month = text.get(..2).and_then(|month| month.parse::<u8>().ok());
    text.len() == 4 && is_digits(text) && month.is_some_and(|month| (1..=12).contains(&month))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

const CARD_DATA: &str = "cardData";

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "5221840000000001";

    /// Made with OpenSSL 3 for secrets longer and shorter than a key, IV 00 to 0f:
    /// `printf %s "$json" | openssl enc -aes-128-cbc -K <hex of the key> -iv 000102…0f | base64 -w0`.
    #[test]
    fn card_data_that_openssl_encrypted_is_read() {
        for (secret, cipher) in OPENSSL {
            let given = format!("{cipher}|AAECAwQFBgcICQoLDA0ODw==");

            assert_eq!(card_number(secret, &given).as_deref(), Some(NUMBER));
            assert_eq!(card_number("SK-another", &given), None);
        }
    }

    #[test]
    fn what_is_not_the_documented_form_is_not_read() {
        let (secret, cipher) = OPENSSL[0];
        let iv = "AAECAwQFBgcICQoLDA0ODw==";
        for given in [
            String::new(),
            cipher.to_owned(),
            format!("{iv}|{cipher}"),
            format!("{cipher}|"),
            format!("|{iv}"),
            format!("{cipher}|{iv}|{iv}"),
            format!("{cipher}|AAEC"),
            format!("{}|{iv}", &cipher[..cipher.len() - 4]),
            format!("{}|{iv}", cipher.trim_end_matches('=')),
        ] {
            assert_eq!(card_number(secret, &given), None, "{given}");
        }
    }

    #[test]
    fn a_secret_whose_first_characters_are_not_16_bytes_gives_no_key() {
        assert_eq!(key("SK-short"), Some(*b"SK-short--------"));
        assert_eq!(key("SK-rahasia-é-rahasia"), None);
    }

    #[test]
    fn an_expiry_is_a_month_and_a_year() {
        assert!(is_month_and_year("0126") && is_month_and_year("1229"));
        for wrong in ["", "0026", "1326", "126", "12290", "12é", "é29", "+129"] {
            assert!(!is_month_and_year(wrong), "{wrong}");
        }
    }

    const OPENSSL: &[(&str, &str)] = &[
        (
            "SK-example-secret-0001",
            "sCR5il1q96eFdoDceZ6N1Bkp31SqKhvCkS7nZRtsXvRa0RIkmuk9dahzwCjE9Fr+AcmmvmvQ6trPFZaBt3mEHwFw3be1ysyFNadQnGnsTV0=",
        ),
        (
            "SK-short",
            "/MACwnEAyU712QQ/JzaoQm156gUBoaPjcL4oGnFUbRqp2/Ej/ytDt5X5ki/d8SVtAlD2cw2zXhpgYXtPp8X+E+/UpAOyrkYEnkxmtipxNi4=",
        ),
        (
            "SK-LOCAL-0123456789abcdef",
            "yKYRLbIHc3BCnr4eP5OJO4IBsw1nIYQcs5YmTi/2/ywGzQS9VeX4JfrZgpCIlKt7cDuJn8Bl9Cm1v6f4QuFGAH4czTHjckJI9UR5w+JEtnM=",
        ),
    ];
}
