use serde_json::Value;

use super::*;

/// RFC 4231, test cases 1 and 2.
#[test]
fn hmac_sha512_is_that_of_rfc_4231() {
    let cases: [(&[u8], &str, &str); 2] = [
        (
            &[0x0b; 20],
            "Hi There",
            "h6p83qXvYZ1P8LQkGh1ssCN59OLOTsJ4etCzBUXhfN7aqDO31rinAgOLJ06uo/Tkvp2RTuth8XAuaWwgOhJoVA==",
        ),
        (
            b"Jefe",
            "what do ya want for nothing?",
            "Fkt6e/z4GeLjlfvnO1bgo4e9ZCIugx/WECcM1+olBVSXWL91wFqZSm0DT2X48Ob9yuqxo01Ka0tjbgcKOLznNw==",
        ),
    ];
    for (key, text, expected) in cases {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, key), text.as_bytes());

        assert_eq!(STANDARD.encode(tag), expected, "{text}");
    }
}

#[test]
fn every_symmetric_vector_verifies_step_by_step() {
    for row in rows("symmetric") {
        let name = field(&row, "name");
        let body = field(&row, "body");
        let parts = SignedParts {
            method: field(&row, "method"),
            target: field(&row, "path"),
            access_token: field(&row, "token"),
            timestamp: field(&row, "timestamp"),
        };
        let key = hmac::Key::new(hmac::HMAC_SHA512, field(&row, "secret").as_bytes());
        let digests = BodyDigests::of(body.as_bytes());
        let signature = field(&row, "expected_signature");
        let verify = |model, signature: &str| {
            verify_symmetric(&key, model, parts, body.as_bytes(), signature)
        };

        let string_to_sign = parts.string_to_sign(&digests.minified);

        assert_eq!(
            string_to_sign,
            field(&row, "expected_string_to_sign"),
            "{name}"
        );
        assert_eq!(verify(DigestModel::Minified, signature), Ok(()), "{name}");
        let agreed = if digests.agree() {
            Ok(())
        } else {
            Err(Check::DigestDisagreement)
        };
        assert_eq!(verify(DigestModel::Agree, signature), agreed, "{name}");
    }
}

#[test]
fn every_asymmetric_vector_verifies() {
    for row in rows("asymmetric_token") {
        let key = PublicKey::from_pem(field(&row, "public_key_pem")).expect("public key");
        let (client, time) = (field(&row, "client_id"), field(&row, "timestamp"));
        let signature = field(&row, "expected_signature");

        assert_eq!(verify_asymmetric(&key, client, time, signature), Ok(()));
        let other = verify_asymmetric(&key, "other", time, signature);
        assert_eq!(other, Err(Check::SignatureMismatch));
    }
}

#[test]
fn only_canonical_base64_of_the_right_length_is_a_signature() {
    let key = hmac::Key::new(hmac::HMAC_SHA512, b"secret");
    let parts = SignedParts {
        method: "POST",
        target: "/",
        access_token: "t",
        timestamp: "now",
    };
    let digest = BodyDigests::of(b"{}").raw;
    let right = STANDARD.encode(hmac::sign(&key, parts.string_to_sign(&digest).as_bytes()));
    let check =
        |signature: &str| verify_symmetric(&key, DigestModel::Agree, parts, b"{}", signature);
    let hex: String = STANDARD
        .decode(&right)
        .expect("base64")
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    // 64 bytes leave four unused bits before the padding: each other spelling is not canonical.
    let bits = |right: &str| {
        right
            .replace("A==", "B==")
            .replace("Q==", "R==")
            .replace("g==", "h==")
            .replace("w==", "x==")
    };

    assert_eq!(check(&right), Ok(()));
    for wrong in [
        "",
        "A",
        "====",
        right.trim_end_matches('='),
        &format!("{right}\n"),
        &format!(" {right}"),
        &right[4..],
        &hex,
        &bits(&right),
        &format!("HMACSHA512={right}"),
    ] {
        assert_eq!(check(wrong), Err(Check::SignatureEncoding), "{wrong}");
    }
}

/// Rows of `testdata/vectors.json`; each names its source.
fn rows(kind: &str) -> Vec<Value> {
    let file: Value =
        serde_json::from_str(include_str!("../../testdata/vectors.json")).expect("vectors");
    let rows = file["rows"].as_array().expect("rows").iter();
    let rows: Vec<Value> = rows.filter(|row| row["kind"] == kind).cloned().collect();
    assert!(!rows.is_empty(), "no rows of kind {kind}");
    rows
}

#[track_caller]
fn field<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}
