//! Every signing vector through the command line.

use std::fs;

use serde_json::{Value, json};

use crate::run::{Ran, Snap, snap, testdata};

#[test]
fn symmetric_vectors_are_signed_and_verified() {
    for row in rows("symmetric", 27) {
        let mut arguments = vec!["sign", "symmetric", "--json"];
        arguments.extend(transaction(&row));
        let signed = symmetric(&arguments, &row).run();

        let expected = json!({
            "bodyDigest": row["expected_body_sha256"],
            "timestamp": row["timestamp"],
            "signature": row["expected_signature"],
        });
        assert_eq!(signed.json(), expected, "{}", row["name"]);
        assert_eq!((signed.code, &*signed.stderr), (0, ""));
        check_string_to_sign(symmetric(&with_show(&arguments), &row), &row);
        check_verdict(&verify_symmetric(&row), &row);
    }
}

#[test]
fn inbound_notifications_are_judged_by_their_signature() {
    for row in rows("inbound_notification_symmetric", 9) {
        check_verdict(&verify_symmetric(&row), &row);
    }
}

#[test]
fn token_request_vectors_are_signed_and_verified() {
    for row in rows("asymmetric_token", 3) {
        let mut arguments = vec!["sign", "asymmetric", "--json"];
        arguments.extend(token_request(&row));
        check_signed(
            &arguments,
            &row,
            &json!({
                "timestamp": row["timestamp"],
                "signature": row["expected_signature"],
            }),
        );
        check_verdict(&verify_token_request(&row), &row);
    }
}

#[test]
fn inbound_token_requests_are_judged_by_their_signature() {
    for row in rows("inbound_token_request", 6) {
        check_verdict(&verify_token_request(&row), &row);
    }
}

#[test]
fn vectors_without_a_token_are_signed_and_verified() {
    for row in rows("asymmetric_transactional", 2) {
        let mut arguments = vec!["sign", "transaction-asymmetric", "--json"];
        arguments.extend(transaction(&row));
        check_signed(
            &arguments,
            &row,
            &json!({
                "bodyDigest": row["expected_body_sha256"],
                "timestamp": row["timestamp"],
                "signature": row["expected_signature"],
            }),
        );
        let public = key_file(&row, "public");
        let mut arguments = vec!["verify", "transaction-asymmetric", "--json"];
        arguments.extend(transaction(&row));
        arguments.extend([
            "--public-key-file",
            &public,
            "--signature",
            text(&row, "expected_signature"),
        ]);
        check_verdict(&snap(&arguments).stdin(text(&row, "body")).run(), &row);
    }
}

#[test]
fn published_digest_and_string_to_sign_are_reproduced() {
    let row = rows("body_digest", 1).remove(0);
    let fields = [
        "--method",
        "POST",
        "--path",
        "/",
        "--timestamp",
        "2026-11-20T17:30:00Z",
    ];
    let arguments = [
        ["sign", "symmetric", "--json", "--body-file", "-"].as_slice(),
        &fields,
    ]
    .concat();
    let signed = symmetric(
        &arguments,
        &json!({"token": "", "secret": "SK", "body": row["body"]}),
    );
    assert_eq!(
        signed.run().json()["bodyDigest"],
        row["expected_body_sha256"]
    );

    let mut row = rows("string_to_sign", 1).remove(0);
    row["secret"] = "SK".into();
    let mut arguments = vec!["sign", "symmetric", "--json"];
    arguments.extend(transaction(&row));
    check_string_to_sign(symmetric(&with_show(&arguments), &row), &row);
}

/// Only where the vectors hold the private half of the key.
fn check_signed(arguments: &[&str], row: &Value, expected: &Value) {
    if row["public_key"] == "midtrans_demo" {
        return;
    }
    let key = key_file(row, "private");
    let arguments = [arguments, &["--key-file", &key]].concat();
    let body = row["body"].as_str().unwrap_or_default();
    let signed = snap(&arguments).stdin(body).run();

    assert_eq!(signed.json(), *expected, "{}", row["name"]);
    assert_eq!((signed.code, &*signed.stderr), (0, ""));
    check_string_to_sign(snap(&with_show(&arguments)).stdin(body), row);
}

fn check_string_to_sign(call: Snap, row: &Value) {
    assert_eq!(
        call.run().json()["stringToSign"],
        row["expected_string_to_sign"],
        "{}",
        row["name"]
    );
}

#[track_caller]
fn check_verdict(judged: &Ran, row: &Value) {
    let valid = row["expected_signature_valid"].as_bool().unwrap_or(true);
    let verdict = judged.json();

    assert_eq!(verdict["valid"], valid, "{}: {verdict}", row["name"]);
    assert_eq!(verdict["reason"].is_null(), valid, "{verdict}");
    assert_eq!(verdict.as_object().unwrap().len(), 2, "{verdict}");
    assert_eq!((judged.code, &*judged.stderr), (i32::from(!valid), ""));
}

fn verify_symmetric(row: &Value) -> Ran {
    let mut arguments = vec!["verify", "symmetric", "--json"];
    arguments.extend(transaction(row));
    arguments.extend(["--signature", text(row, "expected_signature")]);
    symmetric(&arguments, row).run()
}

fn verify_token_request(row: &Value) -> Ran {
    let public = key_file(row, "public");
    let mut arguments = vec![
        "verify",
        "asymmetric",
        "--json",
        "--public-key-file",
        &public,
    ];
    arguments.extend(token_request(row));
    arguments.extend(["--signature", text(row, "expected_signature")]);
    snap(&arguments).run()
}

fn symmetric(arguments: &[&str], row: &Value) -> Snap {
    let sources = ["--token-env", "SNAP_TOKEN", "--secret-env", "SNAP_SECRET"];
    snap(&[arguments, &sources].concat())
        .env("SNAP_TOKEN", text(row, "token"))
        .env("SNAP_SECRET", text(row, "secret"))
        .stdin(text(row, "body"))
}

fn transaction(row: &Value) -> [&str; 8] {
    let (method, path) = (text(row, "method"), text(row, "path"));
    let timestamp = text(row, "timestamp");
    [
        "--method",
        method,
        "--path",
        path,
        "--timestamp",
        timestamp,
        "--body-file",
        "-",
    ]
}

fn token_request(row: &Value) -> [&str; 4] {
    [
        "--client-id",
        text(row, "client_id"),
        "--timestamp",
        text(row, "timestamp"),
    ]
}

fn with_show<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--show-string-to-sign"]].concat()
}

fn key_file(row: &Value, half: &str) -> String {
    let name = row["private_key"]
        .as_str()
        .or(row["public_key"].as_str())
        .unwrap();
    testdata(&format!("vectors/keys/{name}.{half}.pem"))
}

#[track_caller]
fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field]
        .as_str()
        .unwrap_or_else(|| panic!("{}: no {field}", row["name"]))
}

fn rows(kind: &str, count: usize) -> Vec<Value> {
    let rows: Vec<Value> = fs::read_dir(testdata("vectors"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
        .filter(|row: &Value| row["kind"] == kind)
        .collect();
    assert_eq!(rows.len(), count, "rows of kind {kind}");
    rows
}
