//! Text for people, verdicts, and readers who leave.

use std::io::{Read, Write};

use crate::run::{SYMMETRIC, Snap, sign_symmetric, snap};

#[test]
fn help_and_version_are_answers() {
    let (help, version) = (snap(&["--help"]).run(), snap(&["--version"]).run());

    assert_eq!((help.code, version.code), (0, 0));
    assert!(help.stdout.contains("Usage: snap"), "{}", help.stdout);
    assert!(version.stdout.starts_with("snap "), "{}", version.stdout);
}

#[test]
fn without_json_the_answer_is_text() {
    let arguments = [
        &["sign", "symmetric"],
        &SYMMETRIC[1..],
        &["--show-string-to-sign"],
    ]
    .concat();

    let ran = snap(&arguments).with_credentials().run();

    let names: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.split(": ").next())
        .collect();
    assert_eq!(
        names,
        [
            "body digest",
            "string-to-sign",
            "X-TIMESTAMP",
            "X-SIGNATURE"
        ]
    );
    assert_eq!(ran.code, 0);
}

#[test]
fn the_string_to_sign_appears_only_when_asked_for() {
    let (hidden, shown) = (
        sign_symmetric(&[]).run(),
        sign_symmetric(&["--show-string-to-sign"]).run(),
    );

    assert!(!hidden.stdout.contains("canary"), "{}", hidden.stdout);
    assert!(
        shown.json()["stringToSign"]
            .as_str()
            .unwrap()
            .contains(":canary-token:")
    );
}

#[test]
fn a_wrong_signature_is_no_with_its_reason() {
    for (signature, reason) in [
        ("", "the signature has 0 characters instead of 88"),
        ("-", "the signature has 1 characters instead of 88"),
        (
            &"ab".repeat(64),
            "the signature is hexadecimal; DOKU uses base64",
        ),
        (
            &format!("{}==", "A".repeat(86)),
            "the signature does not match the request",
        ),
    ] {
        let json = verify(signature).run();
        assert_eq!(
            json.json(),
            serde_json::json!({ "valid": false, "reason": reason })
        );
        assert_eq!((json.code, &*json.stderr), (1, ""));
    }
}

#[test]
fn a_verdict_is_text_without_json() {
    let arguments = [
        &["verify", "symmetric"],
        &SYMMETRIC[1..],
        &["--signature", "x"],
    ]
    .concat();

    let ran = snap(&arguments).with_credentials().run();

    assert_eq!(
        ran.stdout,
        "not valid: the signature has 1 characters instead of 88\n"
    );
    assert_eq!(ran.code, 1);
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    let mut child = sign_symmetric(&["--body-file", "-"]).spawn();
    // The answer cannot be written before the body is complete.
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(b"{}").unwrap();

    let status = child.wait().unwrap();

    let mut told = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert_eq!((status.code(), &*told), (Some(0), ""));
}

fn verify(signature: &str) -> Snap {
    let arguments = [
        &["verify", "symmetric"],
        SYMMETRIC.as_slice(),
        &["--signature", signature],
    ];
    snap(&arguments.concat()).with_credentials()
}
