//! What a transaction signature covers, and under which reading of the body.

use snap_sandbox::DigestModel;

use crate::support::{BALANCE_PATH, as_it_is, check_all, draft, frozen, send, token, untouched};

/// Behaviour "signature.literal-timestamp" is the case of the other spelling.
#[tokio::test]
async fn a_signature_covers_method_path_token_body_and_timestamp_and_has_one_spelling() {
    check_all(&[
        (
            "signature.mismatch",
            "4011100",
            |_, draft| draft.method = "PUT",
            |call| {
                call.method = reqwest::Method::POST;
            },
        ),
        (
            "signature.mismatch",
            "4011100",
            |_, draft| draft.path.push('/'),
            |call| {
                BALANCE_PATH.clone_into(&mut call.path);
            },
        ),
        ("signature.mismatch", "4011100", as_it_is, |call| {
            call.path.push_str("?a=1")
        }),
        (
            "ok",
            "2001100",
            |_, draft| draft.path.push_str("?a=1"),
            untouched,
        ),
        (
            "signature.mismatch",
            "4011100",
            |_, draft| draft.token.insert_str(0, "Bearer "),
            |call| {
                call.set(
                    "authorization",
                    &call.value("authorization").replacen("Bearer ", "", 1),
                );
            },
        ),
        ("signature.mismatch", "4011100", as_it_is, |call| {
            let last = call.body.len() - 3;
            call.body[last] ^= 1;
        }),
        ("signature.mismatch", "4011100", as_it_is, |call| {
            call.set("x-timestamp", "2026-11-20T10:30:00Z");
        }),
        ("signature.mismatch", "4011100", as_it_is, |call| {
            // The last letter stays: another one there would not be canonical.
            let signature = call.value("x-signature");
            let (most, rest) = signature.split_at(85);
            call.set("x-signature", &(most.to_ascii_uppercase() + rest));
        }),
        ("signature.mismatch", "4011100", as_it_is, |call| {
            let flipped = flip_one_letter(&call.value("x-signature"));
            call.set("x-signature", &flipped);
        }),
        ("signature.encoding", "4011100", as_it_is, |call| {
            call.set(
                "x-signature",
                "85be817c55b2c135157c7e89f52499bf0c25ad6eeebe04a986e8c862561b19a5",
            );
        }),
        ("signature.encoding", "4011100", as_it_is, |call| {
            call.set("x-signature", &"ab".repeat(64))
        }),
        ("signature.encoding", "4011100", as_it_is, |call| {
            call.set(
                "x-signature",
                call.value("x-signature").trim_end_matches('='),
            );
        }),
    ])
    .await;
}

/// Changes the case of the first letter.
fn flip_one_letter(signature: &str) -> String {
    let at = signature
        .find(|letter: char| letter.is_ascii_alphabetic())
        .expect("a letter");
    let mut bytes = signature.as_bytes().to_vec();
    bytes[at] ^= 0x20;
    String::from_utf8(bytes).expect("ASCII")
}

/// Behaviour "digest.three-models": each body has another digest under one of the readings.
#[tokio::test]
async fn a_body_that_is_not_compact_is_refused_unless_one_reading_is_chosen() {
    let pretty = "{\n  \"accountNo\": \"A00001\"\n}";
    let minified = "{\"accountNo\":\"A00001\"}";
    let escaped = "{\"accountNo\":\"A0000\\u0031\"}";
    let cases = [
        (DigestModel::Agree, minified, minified, "ok", "2001100"),
        (
            DigestModel::Agree,
            pretty,
            minified,
            "digest.disagreement",
            "4011100",
        ),
        (
            DigestModel::Agree,
            pretty,
            pretty,
            "digest.disagreement",
            "4011100",
        ),
        (
            DigestModel::Agree,
            escaped,
            escaped,
            "digest.disagreement",
            "4011100",
        ),
        (DigestModel::Minified, pretty, minified, "ok", "2001100"),
        (
            DigestModel::Minified,
            pretty,
            pretty,
            "signature.mismatch",
            "4011100",
        ),
        (DigestModel::Raw, pretty, pretty, "ok", "2001100"),
        (
            DigestModel::Raw,
            pretty,
            minified,
            "signature.mismatch",
            "4011100",
        ),
        (DigestModel::Rewritten, escaped, minified, "ok", "2001100"),
        (
            DigestModel::Rewritten,
            escaped,
            escaped,
            "signature.mismatch",
            "4011100",
        ),
    ];
    for (model, sent, signed, verdict, code) in cases {
        let sandbox = frozen().digest_model(model).start().await.expect("starts");
        let token = token(&sandbox).await;
        let mut draft = draft(&sandbox, &token, "1");
        draft.body = sent.to_owned();

        let call = draft.sign_over(sandbox.merchant(), signed);

        send(&sandbox, call).await.assert(verdict, code);
    }
}
