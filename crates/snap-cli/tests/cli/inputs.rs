//! Secrets and bodies from files, environment variables and standard input.

use crate::run::{in_folder, sign_asymmetric, sign_symmetric, snap, testdata};

const FIELDS: [&str; 9] = [
    "sign",
    "symmetric",
    "--json",
    "--method",
    "POST",
    "--path",
    "/x",
    "--timestamp",
    "2026-11-20T17:30:00+07:00",
];

/// The signature over `token`, `secret` and `body`, given through the environment and a pipe.
fn expected(token: &str, secret: &str, body: &str) -> String {
    let sources = ["--token-env", "T", "--secret-env", "S", "--body-file", "-"];
    let call = snap(&[FIELDS.as_slice(), &sources].concat())
        .env("T", token)
        .env("S", secret);
    call.stdin(body).run().stdout
}

#[test]
fn files_and_environment_give_the_same_signature() {
    let folder = tempfile::tempdir().unwrap();
    let token = in_folder(&folder, "token", b"TOK");
    let secret = in_folder(&folder, "secret", b"SK");
    let body = in_folder(&folder, "body", b"{ \"a\": 1 }\n");
    let sources = [
        "--token-file",
        &token,
        "--secret-file",
        &secret,
        "--body-file",
        &body,
    ];

    let signed = snap(&[FIELDS.as_slice(), &sources].concat()).run();

    assert_eq!(signed.stdout, expected("TOK", "SK", r#"{"a":1}"#));
}

#[test]
fn one_line_end_is_trimmed_from_files_and_standard_input_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&[u8], &str); 5] = [
        (b"SK\n", "SK"),
        (b"SK\r\n", "SK"),
        (b"SK\n\n", "SK\n"),
        (b" SK \n", " SK "),
        (b"SK\r", "SK\r"),
    ];
    for (bytes, secret) in cases {
        let file = in_folder(&folder, "secret", bytes);
        let expected = expected("TOK", secret, "");
        for source in [&*file, "-"] {
            let sources = ["--token-env", "T", "--secret-file", source];
            let call = snap(&[FIELDS.as_slice(), &sources].concat()).env("T", "TOK");
            assert_eq!(
                call.stdin(bytes).run().stdout,
                expected,
                "{bytes:?} {source}"
            );
        }
    }
}

#[test]
fn an_environment_variable_is_taken_as_it_is() {
    assert_ne!(expected("TOK", "SK\n", ""), expected("TOK", "SK", ""));
}

#[test]
fn a_token_may_be_empty_in_a_variable_and_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let empty = in_folder(&folder, "empty", b"\n");
    let sources = ["--token-file", &empty, "--secret-env", "S"];

    let signed = snap(&[FIELDS.as_slice(), &sources].concat())
        .env("S", "SK")
        .run();

    assert_eq!(signed.stdout, expected("", "SK", ""));
}

#[test]
fn without_a_body_file_the_body_is_empty() {
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    assert_eq!(sign_symmetric(&[]).run().json()["bodyDigest"], digest);
}

#[test]
fn a_body_is_read_as_bytes_and_minified() {
    let call = |body: &str| {
        sign_symmetric(&["--body-file", "-"])
            .stdin(body)
            .run()
            .stdout
    };

    assert_eq!(
        call("{\r\n\t\"a\": \"x  y\",\n \"b\": 1.00 }\n"),
        call(r#"{"a":"x  y","b":1.00}"#)
    );
    assert_ne!(call(r#"{"b":1.00}"#), call(r#"{"b":1.0}"#));
}

#[test]
fn keys_are_read_from_pem_der_and_standard_input() {
    let pem = testdata("keys/merchant.pkcs8.pem");
    let expected = sign_asymmetric(&pem, &[]).run();
    assert_eq!(expected.code, 0, "{}", expected.stderr);

    for file in [
        "keys/merchant.pkcs1.pem",
        "keys/merchant.pkcs8.der",
        "keys/merchant.pkcs1.der",
    ] {
        assert_eq!(
            sign_asymmetric(&testdata(file), &[]).run().stdout,
            expected.stdout,
            "{file}"
        );
    }
    let from_stdin = sign_asymmetric("-", &[])
        .stdin(std::fs::read(pem).unwrap())
        .run();
    assert_eq!(from_stdin.stdout, expected.stdout);
}

#[test]
fn protected_keys_are_opened_with_a_passphrase_from_a_variable_or_a_file() {
    let expected = sign_asymmetric(&testdata("keys/merchant.pkcs8.pem"), &[])
        .run()
        .stdout;
    for file in [
        "keys/merchant.pbe-sha1-3des.pem",
        "keys/merchant.pbes2-aes256.pem",
        "keys/merchant.pbes2-aes256.der",
    ] {
        let by_variable = sign_asymmetric(&testdata(file), &["--passphrase-env", "PASSPHRASE"]);
        let by_file = sign_asymmetric(&testdata(file), &["--passphrase-file", "-"]);

        assert_eq!(
            by_variable.env("PASSPHRASE", PASSPHRASE).run().stdout,
            expected,
            "{file}"
        );
        assert_eq!(
            by_file.stdin(format!("{PASSPHRASE}\n")).run().stdout,
            expected,
            "{file}"
        );
    }
}

#[test]
fn a_public_key_is_read_from_der_as_well() {
    let signed = sign_asymmetric(&testdata("keys/merchant.pkcs8.pem"), &[])
        .run()
        .json();
    let signature = signed["signature"].as_str().unwrap();
    for file in [
        "keys/merchant.public.pem",
        "keys/merchant.public.der",
        "keys/merchant.public-pkcs1.der",
    ] {
        let (file, client_id) = (testdata(file), "BRN-0211-0000000000000");
        let arguments = [
            "verify",
            "asymmetric",
            "--client-id",
            client_id,
            "--public-key-file",
            &file,
        ];
        let rest = [
            "--timestamp",
            "2026-11-20T17:30:00+07:00",
            "--signature",
            signature,
        ];

        let judged = snap(&[arguments.as_slice(), &rest].concat()).run();

        assert_eq!((judged.code, &*judged.stdout), (0, "valid\n"), "{file}");
    }
}

const PASSPHRASE: &str = "kata-sandi-é-日本";
