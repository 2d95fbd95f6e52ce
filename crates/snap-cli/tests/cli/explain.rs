//! `snap explain`: steps, mistakes, and the difference between two requests.

use serde_json::Value;

use crate::run::{
    Ran, SYMMETRIC, Snap, in_folder, sign_asymmetric, sign_symmetric, snap, testdata,
};

const TIMESTAMP: &str = "2026-11-20T17:30:00+07:00";

/// `snap explain symmetric` of the request that `sign_symmetric` signs.
fn explain(more: &[&str]) -> Snap {
    snap(&[&["explain", "symmetric"], SYMMETRIC.as_slice(), more].concat()).with_credentials()
}

fn signature(signed: &Ran) -> String {
    signed.json()["signature"].as_str().unwrap().to_owned()
}

/// Explains a signature that is wrong in one part, and shows no secret.
#[track_caller]
fn mistaken(ran: &Ran, part: &str, says: &str) -> Value {
    let json = ran.json();
    let mistake = &json["diagnosis"]["mistakes"][0];
    assert_eq!(
        (ran.code, &json["valid"]),
        (1, &Value::Bool(false)),
        "{json}"
    );
    assert_eq!(mistake["part"], part, "{json}");
    assert!(mistake["says"].as_str().unwrap().contains(says), "{json}");
    assert!(!ran.stdout.contains("canary"), "{}", ran.stdout);
    json
}

#[test]
fn a_signature_is_made_step_by_step() {
    let body = b"{\"accountNo\": \"A00001\"}";
    let ran = explain(&["--body-file", "-"]).stdin(body).run();
    let signed = sign_symmetric(&["--body-file", "-"]).stdin(body).run();

    let json = ran.json();

    assert_eq!(ran.code, 0);
    assert_eq!(json["diagnosis"]["expectedSignature"], signature(&signed));
    let steps = json["diagnosis"]["steps"].as_array().unwrap();
    let names: Vec<&str> = steps
        .iter()
        .map(|step| step["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "method",
            "path",
            "access token",
            "body",
            "minified",
            "body digest",
            "timestamp",
            "string-to-sign",
            "signature"
        ]
    );
    assert_eq!(steps[4]["note"], "without 1 space outside strings");
    assert_eq!(steps[5]["value"], signed.json()["bodyDigest"]);
    assert!(
        json.get("valid").is_none() && json.get("bug").is_none(),
        "{json}"
    );
    assert!(!ran.stdout.contains("canary"), "{}", ran.stdout);
}

#[test]
fn the_names_of_requests_stand_for_their_signatures() {
    for name in ["transaction", "notification"] {
        let call = [&["explain", name], SYMMETRIC.as_slice()].concat();
        let reordered = [&["explain", "--json", name], &SYMMETRIC[1..]].concat();

        let expected = explain(&[]).run().stdout;

        assert_eq!(snap(&call).with_credentials().run().stdout, expected);
        assert_eq!(snap(&reordered).with_credentials().run().stdout, expected);
    }
}

#[test]
fn the_string_to_sign_is_whole_only_when_asked_for() {
    let shown = explain(&["--show-string-to-sign"]).run();

    let whole = shown.json()["stringToSign"].as_str().unwrap().to_owned();
    assert!(whole.contains(":canary-token:"));
    assert_eq!(explain(&[]).run().json().get("stringToSign"), None);
}

#[test]
fn a_right_signature_is_yes() {
    let signature = signature(&sign_symmetric(&[]).run());

    let ran = explain(&["--signature", &signature]).run();

    let json = ran.json();
    assert_eq!((ran.code, &json["valid"]), (0, &Value::Bool(true)));
    assert_eq!(json["diagnosis"]["verdict"], "ok");
}

#[test]
fn a_wrong_signature_has_its_mistake_named() {
    let other_secret = sign_symmetric(&[]).env("SECRET", "canary-secret\n").run();
    let customer = sign_symmetric(&[])
        .env("TOKEN", "canary-of-the-customer")
        .run();
    let hashed_as_sent = sign_symmetric(&["--body-file", "-"]).stdin("{}").run();

    let secret = explain(&["--signature", &signature(&other_secret)]).run();
    let token = [
        "--signature",
        &signature(&customer),
        "--customer-token-env",
        "CUSTOMER",
    ];
    let token = explain(&token)
        .env("CUSTOMER", "canary-of-the-customer")
        .run();
    let body = explain(&["--signature", &signature(&hashed_as_sent)]).run();

    mistaken(&secret, "client secret", "line end");
    mistaken(&token, "access token", "the customer's token");
    mistaken(&body, "body", "`{}` although nothing is sent");
}

#[test]
fn a_method_a_path_and_a_timestamp_that_cannot_be_signed_are_explained_too() {
    let call = [
        "explain",
        "symmetric",
        "--json",
        "--method",
        "post",
        "--path",
        "https://api.example/a",
        "--timestamp",
        "2026-11-20T10:30:00.000Z",
        "--token-env",
        "TOKEN",
        "--secret-env",
        "SECRET",
    ];

    let ran = snap(&call).with_credentials().run();

    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    assert!(
        ran.stdout.contains("post:https://api.example/a:"),
        "{}",
        ran.stdout
    );
}

#[test]
fn two_requests_are_compared_up_to_their_first_difference() {
    let same = explain(&["--other-method", "POST"]).run();
    let path = explain(&[
        "--other-path",
        "/snap/v1.1/balance",
        "--other-timestamp",
        "x",
    ])
    .run();
    let body = explain(&["--other-body-file", "-"])
        .stdin("{\"pin\":\"canary\"}")
        .run();
    let token = explain(&["--other-token-env", "OTHER"])
        .env("OTHER", "canary-tokem")
        .run();

    assert_eq!((same.code, &same.json()["difference"]), (0, &Value::Null));
    for (ran, part, says) in [
        (path, "path", "from byte 18 on"),
        (body, "body", "0 and 16 bytes after minification"),
        (token, "access token", "from byte 11 on"),
    ] {
        let json = ran.json();
        assert_eq!(
            (ran.code, &json["difference"]["part"]),
            (1, &Value::from(part))
        );
        assert!(
            json["difference"]["says"].as_str().unwrap().contains(says),
            "{json}"
        );
        assert!(!ran.stdout.contains("canary"), "{}", ran.stdout);
    }
}

#[test]
fn a_token_request_is_explained_by_the_key_of_its_signer() {
    let (key, public) = (
        testdata("keys/merchant.pkcs8.pem"),
        testdata("keys/merchant.public.pem"),
    );
    let signature = signature(&sign_asymmetric(&key, &[]).run());
    let explain = |client_id: &str, timestamp: &str| {
        let call = [
            "explain",
            "asymmetric",
            "--json",
            "--client-id",
            client_id,
            "--timestamp",
            timestamp,
            "--public-key-file",
            &public,
            "--signature",
            &signature,
        ];
        snap(&call).run()
    };

    let right = explain("BRN-0211-0000000000000", TIMESTAMP);
    let zone = explain("BRN-0211-0000000000000", "2026-11-20T10:30:00Z");

    assert_eq!(
        (right.code, &right.json()["valid"]),
        (0, &Value::Bool(true))
    );
    mistaken(&zone, "timestamp", "signed as `2026-11-20T17:30:00+07:00`");
}

#[test]
fn a_transaction_without_a_token_is_explained_by_the_key_of_its_signer() {
    let (key, public) = (
        testdata("keys/merchant.pkcs8.pem"),
        testdata("keys/merchant.public.pem"),
    );
    let parts = |path| {
        [
            "--json",
            "--method",
            "POST",
            "--path",
            path,
            "--timestamp",
            TIMESTAMP,
        ]
    };
    let key_file = ["--key-file", key.as_str()];
    let sign = ["sign", "transaction-asymmetric"];
    let sign = [sign.as_slice(), &parts("/a"), &key_file].concat();
    let signature = signature(&snap(&sign).run());
    let rest = ["--public-key-file", &public, "--signature", &signature];
    let explain = |path| {
        let command = ["explain", "transaction-asymmetric"];
        snap(&[command.as_slice(), &parts(path), &rest].concat()).run()
    };

    assert_eq!(explain("/a").code, 0);
    mistaken(&explain("/a?b=1"), "path", "without its query");
}

#[test]
fn a_request_is_read_as_a_log_shows_it() {
    let signed = sign_symmetric(&["--body-file", "-"]).env("SECRET", "canary-secret ");
    let signature = signature(&signed.stdin("{\"a\":1}").run());
    let log = format!(
        "POST /snap/v1.1/balance-inquiry HTTP/1.1\r\nHost: api.example\r\n\
         Authorization: Bearer canary-token\r\nX-TIMESTAMP: {TIMESTAMP}\r\n\
         X-SIGNATURE: {signature}\r\nContent-Length: 7\r\n\r\n{{\"a\":1}}\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = in_folder(&folder, "request", log.as_bytes());
    let call = ["explain", "request", "--json", "--file", &file];
    let with_secret = [call.as_slice(), &["--secret-env", "SECRET"]].concat();

    let ran = snap(&with_secret).with_credentials().run();

    mistaken(&ran, "client secret", "a space after it");
    snap(&call)
        .run()
        .refused("this is a transaction; give --secret-env");
    let nothing = ["explain", "request", "--json", "--file", "-"];
    snap(&nothing)
        .stdin("canary")
        .run()
        .refused("--file: this is no signed request");
}

#[test]
fn a_token_request_is_read_from_a_log_as_well() {
    let (key, public) = (
        testdata("keys/merchant.pkcs8.pem"),
        testdata("keys/merchant.public.pem"),
    );
    let signature = signature(&sign_asymmetric(&key, &[]).run());
    let log = format!(
        "> POST /authorization/v1/access-token/b2b HTTP/1.1\n> X-CLIENT-KEY: BRN-0211-0000000000000\n\
         > X-TIMESTAMP: 2026-11-20T10:30:00Z\n> X-SIGNATURE: {signature}\n>\n< HTTP/1.1 401 Unauthorized\n"
    );
    let call = ["explain", "request", "--json", "--file", "-"];
    let with_key = [call.as_slice(), &["--public-key-file", &public]].concat();

    let ran = snap(&with_key).stdin(&log).run();

    mistaken(&ran, "timestamp", "signed as `2026-11-20T17:30:00+07:00`");
    snap(&call)
        .stdin(&log)
        .run()
        .refused("this is a token request; give --public-key-file");
}

#[test]
fn what_is_to_be_explained_has_to_be_said() {
    snap(&["explain", "--json"])
        .run()
        .refused("say what to explain");
    let both = [&["explain", "--last", "symmetric"], SYMMETRIC.as_slice()].concat();
    let both = snap(&both).with_credentials().run();
    both.refused("without a command");
    snap(&["explain", "--json", "--last", "--number", "1"])
        .run()
        .refused("cannot be used with");
}

#[test]
fn a_key_that_the_sandbox_does_not_read_is_named() {
    let key = testdata("keys/merchant.pkcs8.pem");
    let call = [
        "explain",
        "asymmetric",
        "--json",
        "--client-id",
        "BRN-1",
        "--timestamp",
        TIMESTAMP,
        "--signature",
        "x",
        "--public-key-file",
        &key,
    ];

    snap(&call)
        .run()
        .refused("--public-key-file: this is a private key");
}
