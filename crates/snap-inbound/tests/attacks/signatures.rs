//! A11 to A20: signatures.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512_256};
use snap_inbound::{ClientSecret, Environment, Receiver, Route, Secrets, Service};

use crate::mail::{
    CLIENT, Mail, Merchant, PATH, SECRET, doku_public_key, hex, hmac_sha512, id, rsa,
};

/// Replaces the signature by something made of it.
async fn with_signature(merchant: &Merchant, make: impl FnOnce(&Mail) -> String) -> String {
    let made = make(&merchant.mail());
    merchant.after(|mail| mail.set("X-SIGNATURE", made)).await
}

fn bytes_of(mail: &Mail) -> Vec<u8> {
    STANDARD.decode(mail.signature()).unwrap()
}

#[tokio::test]
async fn a11_hexadecimal_is_refused_with_a_hint_inside_only() {
    let merchant = Merchant::new().await;
    let mut mail = merchant.mail();
    let whole = hex(&bytes_of(&mail));
    for text in [whole.clone(), whole[..64].to_owned(), whole.to_uppercase()] {
        mail.set("X-SIGNATURE", &text);
        let reject = merchant.verify(&mail).await.unwrap_err();
        assert_eq!(crate::mail::code_of(&reject), "4015600");
        let outside = String::from_utf8(reject.response().body().to_vec()).unwrap();
        assert!(!outside.contains("hexadecimal"), "{outside}");
        let hint = reject.explain().to_string();
        assert_eq!(hint.contains("hexadecimal"), text.len() == 128, "{hint}");
    }
}

#[tokio::test]
async fn a12_base64url_and_padding() {
    let merchant = Merchant::new().await;
    for make in [
        |mail: &Mail| {
            let text = URL_SAFE.encode(bytes_of(mail));
            // A signature in sixty has none of the characters that differ.
            if text.contains(['-', '_']) {
                text
            } else {
                format!("-{}", &text[1..])
            }
        },
        |mail: &Mail| mail.signature().trim_end_matches('=').to_owned(),
        |mail: &Mail| mail.signature() + "=",
        |mail: &Mail| mail.signature().replace("==", "="),
    ] {
        let verdict = with_signature(&merchant, make).await;
        merchant.refused_as(&verdict, "4015600", "padding");
    }
}

#[tokio::test]
async fn a13_trailing_bits_that_decode_to_the_same_bytes() {
    let merchant = Merchant::new().await;
    let verdict = with_signature(&merchant, |mail| {
        let text = mail.signature();
        let last = text.as_bytes()[85];
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let place = alphabet.iter().position(|byte| *byte == last).unwrap();
        // The last character carries two bits; the other four are zero in the one canonical spelling.
        let other = char::from(alphabet[place | 1]);
        format!("{}{other}==", &text[..85])
    });

    merchant.refused_as(&verdict.await, "4015600", "trailing bits");
}

#[tokio::test]
async fn a14_whitespace_inside() {
    let merchant = Merchant::new().await;
    for space in [" ", "\t"] {
        let verdict = with_signature(&merchant, |mail| {
            let text = mail.signature();
            format!("{}{space}{}", &text[..40], &text[40..])
        });
        let code = if space == " " { "4015600" } else { "4005602" };
        merchant.refused_as(&verdict.await, code, "inside");
    }
}

#[tokio::test]
async fn a15_letters_in_the_other_case() {
    let merchant = Merchant::new().await;
    for make in [
        |mail: &Mail| mail.signature().to_lowercase(),
        |mail: &Mail| mail.signature().to_uppercase(),
        |mail: &Mail| {
            let flip = |letter: char| match letter {
                'a'..='z' => letter.to_ascii_uppercase(),
                _ => letter.to_ascii_lowercase(),
            };
            mail.signature().chars().map(flip).collect()
        },
    ] {
        let verdict = with_signature(&merchant, make).await;
        merchant.refused_as(&verdict, "4015600", "case");
    }
}

#[tokio::test]
async fn a16_wrong_lengths() {
    let merchant = Merchant::new().await;
    for length in [1, 32, 63, 65, 128] {
        let verdict = with_signature(&merchant, |mail| {
            let mut bytes = bytes_of(mail);
            bytes.resize(length, 0);
            STANDARD.encode(bytes)
        });
        merchant.refused_as(&verdict.await, "4015600", "length");
    }
}

#[tokio::test]
async fn a17_all_zero_and_all_ones() {
    let merchant = Merchant::new().await;
    for byte in [0, 0xff] {
        let verdict = with_signature(&merchant, |_| STANDARD.encode([byte; 64]));
        merchant.refused_as(&verdict.await, "4015600", "constant");
    }
}

#[tokio::test]
async fn a18_other_digests() {
    let merchant = Merchant::new().await;
    let mail = merchant.mail();
    let message = mail.string_to_sign(&mail.digest());
    let mut sha256 = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    sha256.update(message.as_bytes());
    let short = sha256.finalize().into_bytes();
    let mut truncated = Hmac::<Sha512_256>::new_from_slice(SECRET.as_bytes()).unwrap();
    truncated.update(message.as_bytes());
    let truncated = truncated.finalize().into_bytes();

    for bytes in [
        short.to_vec(),
        truncated.to_vec(),
        [short, truncated].concat(),
    ] {
        let verdict = with_signature(&merchant, |_| STANDARD.encode(&bytes));
        merchant.refused_as(&verdict.await, "4015600", "digest");
    }
}

#[tokio::test]
async fn a19_keys_that_are_no_secret() {
    let merchant = Merchant::new().await;
    let public = include_str!("../../../snap-sign/testdata/vectors/keys/doku.public.pem");
    for key in [CLIENT, public, "", merchant.token.expose()] {
        let verdict = with_signature(&merchant, |mail| {
            hmac_sha512(key, &mail.string_to_sign(&mail.digest()))
        });
        merchant.refused_as(&verdict.await, "4015600", "key");
    }
    let short = Receiver::builder(Environment::sandbox())
        .client(
            id(CLIENT),
            Secrets::current(ClientSecret::new("fifteen-letters")),
        )
        .token_route("/token")
        .doku_public_keys([doku_public_key()])
        .build();
    assert!(short.unwrap_err().to_string().contains("16 characters"));
}

#[tokio::test]
async fn a20_rsa_where_hmac_is_asked_for_and_the_reverse() {
    let merchant = Merchant::with(|builder| {
        builder.route(Route::new(Service::DEBIT_NOTIFY, "/doku/old").signed_with_rsa())
    })
    .await;
    let mut mail = merchant.mail();
    let message = format!("POST:{PATH}:{}:{}", mail.digest(), mail.get("X-TIMESTAMP"));
    mail.set("X-SIGNATURE", rsa(message.as_bytes()));
    merchant.refused_as(&merchant.verdict(&mail).await, "4015600", "RSA for HMAC");

    let mut mail = merchant.mail();
    mail.target = "/doku/old".to_owned();
    mail.signed_path = "/doku/old".to_owned();
    mail.sign();
    merchant.refused_as(&merchant.verdict(&mail).await, "4015600", "HMAC for RSA");

    let message = format!(
        "POST:/doku/old:{}:{}",
        mail.digest(),
        mail.get("X-TIMESTAMP")
    );
    mail.set("X-SIGNATURE", rsa(message.as_bytes()));
    mail.remove("Authorization");
    assert_eq!(merchant.verdict(&mail).await, "accepted");
}

/// Contradiction 16 of the reference: which token is in the string-to-sign.
#[tokio::test]
async fn snap_16_the_token_of_the_header_signs_unless_a_second_one_is_configured() {
    let other = "token-that-doku-issued";
    let sign_with_other = |mail: &mut Mail| {
        mail.token = other.to_owned();
        mail.sign();
    };
    let strict = Merchant::new().await;
    strict.refused_as(
        &strict.after(sign_with_other).await,
        "4015600",
        "other token",
    );

    let tolerant = Merchant::with(|builder| {
        builder.second_token(|| Some(snap_inbound::AccessToken::new("token-that-doku-issued")))
    })
    .await;
    assert_eq!(tolerant.after(sign_with_other).await, "accepted");
    assert_eq!(tolerant.receiver.counts().matched_second_token, 1);
    let own = tolerant.after(|mail| mail.set("X-EXTERNAL-ID", "2")).await;
    assert_ne!(own, "4015600");
}

#[tokio::test]
async fn a_secret_of_before_is_taken_until_its_end() {
    use snap_inbound::Clock;
    let clock = crate::support::ManualClock::at(crate::support::NOW);
    let end = clock.now() + crate::mail::MINUTE;
    let secrets = Secrets::current(ClientSecret::new("SK-the-new-secret-0123456789"))
        .and_until(ClientSecret::new("SK-the-old-secret-0123456789"), end);
    let merchant = Merchant::with(|builder| {
        builder
            .client(id("BRN-rotating"), secrets)
            .clock(clock.clone())
    })
    .await;
    let token = merchant.issue("BRN-rotating").await;
    let signed = |secret: &str, external_id: &str| {
        let mut mail = Mail::signed(&token);
        mail.set("X-PARTNER-ID", "BRN-rotating");
        mail.set("X-EXTERNAL-ID", external_id);
        mail.body = format!(r#"{{"n":{external_id}}}"#).into_bytes();
        let message = mail.string_to_sign(&mail.digest());
        mail.set("X-SIGNATURE", hmac_sha512(secret, &message));
        mail
    };
    let (new, old) = (
        "SK-the-new-secret-0123456789",
        "SK-the-old-secret-0123456789",
    );

    assert_eq!(merchant.verdict(&signed(new, "1")).await, "accepted");
    assert_eq!(merchant.receiver.counts().matched_older_secret, 0);
    assert_eq!(merchant.verdict(&signed(old, "2")).await, "accepted");
    assert_eq!(merchant.receiver.counts().matched_older_secret, 1);
    clock.advance(crate::mail::MINUTE);
    assert_eq!(merchant.verdict(&signed(new, "3")).await, "accepted");
    assert_eq!(merchant.verdict(&signed(old, "4")).await, "4015600");
}
