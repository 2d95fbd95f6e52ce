//! Every signing vector, step by step: minified body, body digest, string-to-sign, signature, verdict.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod row;

use std::collections::BTreeMap;

use row::{Row, all_rows, rows};
use snap_sign::{
    BodyDigest, ClientId, SignatureError, TokenStringToSign, TransactionStringToSign, minify,
};

#[test]
fn symmetric_requests_are_signed_as_in_the_vectors() {
    for row in rows("symmetric", 27) {
        check_symmetric(&row);
    }
}

#[test]
fn notifications_are_judged_by_their_signature() {
    for row in rows("inbound_notification_symmetric", 9) {
        check_inbound_notification(&row);
    }
}

#[test]
fn a_published_body_has_the_digest_published_for_it() {
    for row in rows("body_digest", 1) {
        check_digest(&row);
    }
}

#[test]
fn a_published_string_to_sign_is_joined_from_its_fields() {
    for row in rows("string_to_sign", 1) {
        let (token, digest) = (row.access_token(), row.body_digest());

        assert_eq!(
            digest.as_str(),
            row.expected_body_sha256(),
            "{}: body digest",
            row.name
        );
        let joined = row.request(&token, &digest).join();
        assert_eq!(
            joined.expose(),
            row.expected_string_to_sign(),
            "{}: string-to-sign",
            row.name
        );
    }
}

#[test]
fn no_row_is_left_out() {
    let mut counts = BTreeMap::new();
    for row in all_rows() {
        *counts.entry(row.kind).or_insert(0) += 1;
    }

    let expected = [
        ("asymmetric_token", 3),
        ("asymmetric_transactional", 2),
        ("body_digest", 1),
        // Messages without fields: a unit test of `hmac_key` signs them.
        ("hmac_sha512_raw", 2),
        ("inbound_notification_symmetric", 9),
        ("inbound_token_request", 6),
        ("string_to_sign", 1),
        ("symmetric", 27),
    ];
    assert_eq!(
        counts,
        expected
            .map(|(kind, count)| (kind.to_owned(), count))
            .into()
    );
}

/// The same tests for each pair of key types.
macro_rules! asymmetric_tests {
    ($module:ident, $private:ty, $public:ty) => {
        mod $module {
            use super::*;

            #[test]
            fn token_requests_are_signed_as_in_the_vectors() {
                for row in rows("asymmetric_token", 3) {
                    check(&row, &token_request(&row));
                }
            }

            #[test]
            fn transactions_without_a_token_are_signed_as_in_the_vectors() {
                for row in rows("asymmetric_transactional", 2) {
                    check(&row, &transaction(&row));
                }
            }

            #[test]
            fn token_requests_from_doku_are_judged_by_their_signature() {
                for row in rows("inbound_token_request", 6) {
                    let key = <$public>::from_pem(&row.public_pem()).unwrap();
                    let verdict =
                        key.verify(token_request(&row).as_bytes(), row.expected_signature());

                    check_verdict(&row, verdict);
                }
            }

            fn check(row: &Row, joined: &str) {
                let Row { name, .. } = row;
                assert_eq!(
                    joined,
                    row.expected_string_to_sign(),
                    "{name}: string-to-sign"
                );
                if let Some(pem) = row.private_pem() {
                    let signature = <$private>::from_pem(&pem).unwrap().sign(joined.as_bytes());
                    assert_eq!(
                        signature.unwrap().as_str(),
                        row.expected_signature(),
                        "{name}: signature"
                    );
                }
                let key = <$public>::from_pem(&row.public_pem()).unwrap();
                check_verdict(row, key.verify(joined.as_bytes(), row.expected_signature()));
            }
        }
    };
}

asymmetric_tests!(aws_lc_keys, snap_sign::PrivateKey, snap_sign::PublicKey);
#[cfg(feature = "rsa")]
asymmetric_tests!(
    pure_rust_keys,
    snap_sign::rsa::PrivateKey,
    snap_sign::rsa::PublicKey
);

fn check_symmetric(row: &Row) {
    let Row { name, .. } = row;
    let (token, digest) = check_and_join(row);
    let request = row.request(&token, &digest);
    let key = row.hmac_key();

    assert_eq!(
        request.join().expose(),
        row.expected_string_to_sign(),
        "{name}: string-to-sign"
    );
    assert_eq!(
        key.sign(&request).as_str(),
        row.expected_signature(),
        "{name}: signature"
    );
    let prefix = key.prefix(row.method(), row.path(), &token);
    let signature = prefix.sign(&digest, row.timestamp());
    assert_eq!(
        signature.as_str(),
        row.expected_signature(),
        "{name}: signature by prefix"
    );
    check_verdict(row, key.verify(&request, row.expected_signature()));
}

fn check_and_join(row: &Row) -> (snap_sign::AccessToken, BodyDigest) {
    check_digest(row);
    (row.access_token(), row.body_digest())
}

fn check_digest(row: &Row) {
    let Row { name, .. } = row;
    let minified = minify(row.body().as_bytes()).unwrap();

    assert_eq!(
        String::from_utf8_lossy(&minified),
        row.minified(),
        "{name}: minified body"
    );
    let digest = row.body_digest();
    assert_eq!(
        digest.as_str(),
        row.expected_body_sha256(),
        "{name}: body digest"
    );
    assert_eq!(
        digest,
        BodyDigest::of_compact(&minified),
        "{name}: digest of the minified body"
    );
}

/// On refused rows the string-to-sign is what the sender signed, not what the request says.
fn check_inbound_notification(row: &Row) {
    let Row { name, .. } = row;
    let (token, digest) = (row.access_token(), row.body_digest());
    let request = row.request(&token, &digest);

    if row.signature_is_valid() {
        assert_eq!(
            digest.as_str(),
            row.expected_body_sha256(),
            "{name}: body digest"
        );
        assert_eq!(
            request.join().expose(),
            row.expected_string_to_sign(),
            "{name}: string-to-sign"
        );
    }
    check_verdict(
        row,
        row.hmac_key().verify(&request, row.expected_signature()),
    );
}

fn check_verdict(row: &Row, verdict: Result<(), SignatureError>) {
    assert_eq!(
        verdict.is_ok(),
        row.signature_is_valid(),
        "{}: {verdict:?}",
        row.name
    );
}

fn token_request(row: &Row) -> String {
    let client_id = ClientId::new(row.client_id()).unwrap();
    TokenStringToSign {
        client_id: &client_id,
        timestamp: row.timestamp(),
    }
    .join()
}

fn transaction(row: &Row) -> String {
    let body_digest = row.body_digest();
    assert_eq!(
        body_digest.as_str(),
        row.expected_body_sha256(),
        "{}: body digest",
        row.name
    );
    let (method, path, timestamp) = (row.method(), row.path(), row.timestamp());
    TransactionStringToSign {
        method,
        path,
        body_digest: &body_digest,
        timestamp,
    }
    .join()
}
