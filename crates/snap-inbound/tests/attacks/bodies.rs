//! A35 to A44: bodies.

use snap_inbound::{DebitNotification, VaPaymentNotification};

use crate::mail::{BODY, Merchant, hex};
use sha2::{Digest, Sha256};

/// Another body under the signature of the first.
async fn swapped(merchant: &Merchant, body: impl AsRef<[u8]>) -> String {
    merchant
        .after(|mail| mail.body = body.as_ref().to_vec())
        .await
}

#[tokio::test]
async fn a35_one_bit_flipped_anywhere() {
    let merchant = Merchant::new().await;
    for place in 0..BODY.len() {
        for bit in 0..8 {
            let mut body = BODY.as_bytes().to_vec();
            body[place] ^= 1 << bit;
            // Whitespace that is turned into other whitespace, or that appears between tokens, would
            // minify away; here no flip does.
            let verdict = swapped(&merchant, &body).await;
            merchant.refused_as(&verdict, "4015600", &format!("{place}.{bit}"));
        }
    }
}

#[tokio::test]
async fn a36_whitespace_between_tokens_is_accepted_through_minification_only() {
    let merchant = Merchant::new().await;
    let spaced = BODY.replace(':', " :\t").replace(',', ",\r\n ");
    assert_eq!(swapped(&merchant, format!(" {spaced}\n")).await, "accepted");
    assert_eq!(merchant.receiver.counts().matched_raw_body, 0);

    // A sender that does not minify signs its whitespace; then it must not change.
    let merchant = Merchant::new().await;
    let verdict = merchant.after(|mail| {
        mail.body = spaced.clone().into_bytes();
        mail.sign();
    });
    assert_eq!(verdict.await, "accepted");
    assert_eq!(merchant.receiver.counts().matched_raw_body, 1);
    let merchant = Merchant::new().await;
    let verdict = merchant.after(|mail| {
        mail.body = spaced.clone().into_bytes();
        mail.sign();
        mail.body = BODY.as_bytes().to_vec();
    });
    merchant.refused_as(&verdict.await, "4015600", "whitespace taken away");
}

#[tokio::test]
async fn a37_the_same_json_in_other_bytes() {
    let merchant = Merchant::new().await;
    for (from, to) in [
        ("INV-1", "INV-1 "),
        ("\"INV-1\"", "\"\\u0049NV-1\""),
        ("13000.00", "13000.0"),
        ("13000.00", "13000"),
        ("\"13000.00\"", "1.3e4"),
        (
            r#""value":"13000.00","currency":"IDR""#,
            r#""currency":"IDR","value":"13000.00""#,
        ),
    ] {
        let body = BODY.replace(from, to);
        assert_ne!(body, BODY);
        merchant.refused_as(&swapped(&merchant, body).await, "4015600", to);
    }
    let verdict = merchant.after(|mail| {
        mail.body = br#"{"url":"a/b"}"#.to_vec();
        mail.sign();
        mail.body = br#"{"url":"a\/b"}"#.to_vec();
    });
    merchant.refused_as(&verdict.await, "4015600", "escaped slash");
}

/// Found by a fuzzer: whitespace inside a number is not between tokens, but taking it away gives the number
/// that was signed.
#[tokio::test]
async fn a37_whitespace_inside_a_number_or_a_name() {
    let merchant = Merchant::new().await;
    for (signed, split) in [
        (r#"{"n":13000}"#, r#"{"n":13 000}"#),
        (r#"{"b":true}"#, "{\"b\":tr\nue}"),
    ] {
        let verdict = merchant.after(|mail| {
            mail.body = signed.as_bytes().to_vec();
            mail.sign();
            mail.body = split.as_bytes().to_vec();
        });
        merchant.refused_as(&verdict.await, "4015600", split);
    }
}

/// Signs a body and reads it as a debit notification.
async fn parsed(body: &[u8]) -> Result<DebitNotification, String> {
    let merchant = Merchant::new().await;
    let mut mail = merchant.mail();
    mail.body = body.to_vec();
    let minified = snap_sign::minify(body).unwrap_or_else(|_| body.to_vec());
    mail.sign_digest(&hex(&Sha256::digest(minified)));
    let verified = merchant
        .receiver
        .verify::<DebitNotification>(mail.request().unwrap())
        .await
        .unwrap();
    assert_eq!(verified.raw(), body);
    verified.parse().map_err(|error| error.to_string())
}

#[tokio::test]
async fn a38_duplicate_members_verify_and_are_not_read() {
    let twice = r#"{"originalPartnerReferenceNo":"1","latestTransactionStatus":"00","amount":{"value":"1.00","currency":"IDR"},"amount":{"value":"9.00","currency":"IDR"}}"#;

    assert!(
        parsed(twice.as_bytes())
            .await
            .unwrap_err()
            .contains("twice")
    );
}

#[tokio::test]
async fn a39_nesting_is_refused_without_descending() {
    for depth in [129, 10_000, 30_000] {
        let body = format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let error = parsed(body.as_bytes()).await.unwrap_err();
        assert!(error.contains("too deeply"), "{error}");
    }
    let merchant = Merchant::new().await;
    let verdict = swapped(&merchant, "[".repeat(1_000_000)).await;
    merchant.refused_as(&verdict, "4135600", "a million");
}

#[tokio::test]
async fn a40_a_body_over_the_cap_costs_nothing() {
    let merchant = Merchant::new().await;
    let padded = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
    let verdict = merchant.after(|mail| {
        mail.body = padded(65_536).into_bytes();
        mail.sign();
    });
    assert_eq!(verdict.await, "accepted");

    let mut mail = merchant.mail();
    mail.body = padded(65_537).into_bytes();
    mail.sign();
    let request = mail.request().unwrap();
    let client = crate::mail::id(crate::mail::CLIENT);
    let check = || {
        let verdict = merchant
            .receiver
            .check_signature::<DebitNotification>(&request, &client);
        assert_eq!(crate::mail::code_of(&verdict.unwrap_err()), "4135600");
    };
    let spent = allocation_counter::measure(check);
    assert!(spent.bytes_max < 4096, "{spent:?}");
}

#[tokio::test]
async fn a41_encoded_bodies() {
    let merchant = Merchant::new().await;
    for encoding in ["gzip", "identity", "br", ""] {
        let verdict = merchant.after(|mail| mail.set("Content-Encoding", encoding));
        merchant.refused_as(&verdict.await, "4155600", encoding);
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        let verdict = merchant.after(|mail| mail.set("Content-Type", kind));
        merchant.refused_as(&verdict.await, "4155600", kind);
    }
    let merchant = Merchant::new().await;
    let kind = "Application/JSON; charset=utf-8";
    assert_eq!(
        merchant.after(|mail| mail.set("Content-Type", kind)).await,
        "accepted"
    );
}

#[tokio::test]
async fn a42_bytes_that_are_no_text() {
    for body in [
        &b"\xef\xbb\xbf{}"[..],
        b"{\"a\":\"\xff\"}",
        br#"{"a":"\ud800"}"#,
        b"{\"a\":\"\0\"}",
        b"\0",
    ] {
        assert!(parsed(body).await.is_err(), "{body:?}");
    }
}

#[tokio::test]
async fn a43_anything_but_one_object() {
    for body in [
        "{} x",
        "{}{}",
        "",
        "null",
        "[]",
        "\"text\"",
        "1",
        "{\"a\":1}\0",
    ] {
        assert!(parsed(body.as_bytes()).await.is_err(), "{body}");
    }
}

#[tokio::test]
async fn a44_amounts_that_are_none() {
    for value in [
        "1e999",
        r#""1e999""#,
        "-1",
        r#""-1""#,
        r#""NaN""#,
        r#""10,000.00""#,
        r#""1234567890123456789012345678901234567890""#,
        r#""1.234""#,
        r#""""#,
        r#"" 1""#,
        r#""0x10""#,
    ] {
        let body = format!(
            r#"{{"originalPartnerReferenceNo":"1","latestTransactionStatus":"00","amount":{{"value":{value},"currency":"IDR"}}}}"#
        );
        assert!(parsed(body.as_bytes()).await.is_err(), "{value}");
    }
    for currency in ["idr", "RUPIAH", ""] {
        let body = BODY.replace("IDR", currency);
        assert!(parsed(body.as_bytes()).await.is_err(), "{currency}");
    }
    assert!(parsed(BODY.as_bytes()).await.is_ok());
}

/// A member of the wrong shape is not repeated in the error.
#[tokio::test]
async fn what_cannot_be_read_is_not_repeated() {
    let body = r#"{"paymentRequestId":{"canary":"canary"}}"#;
    let error = serde_json::from_str::<VaPaymentNotification>(body).unwrap_err();
    assert!(!error.to_string().contains("canary"));

    let body =
        r#"{"originalPartnerReferenceNo":{"canary":"canary"},"latestTransactionStatus":"00"}"#;
    let error = parsed(body.as_bytes()).await.unwrap_err();
    assert!(!error.contains("canary"), "{error}");
}
