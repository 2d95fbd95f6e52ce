//! Signatures cross-checked with the `openssl` command, in both directions.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use snap_sign::{
    AccessToken, AsymmetricSignature, BodyDigest, ClientId, ClientSecret, HmacKey, PrivateKey,
    PublicKey, StringToSign, TokenStringToSign,
};

#[test]
#[ignore = "needs the openssl command; .ci/run runs it"]
fn openssl_verifies_what_a_private_key_signs() {
    let message = token_request();
    let signature = merchant().sign(message.as_bytes()).unwrap();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("signature.bin");
    std::fs::write(&file, STANDARD.decode(signature.as_str()).unwrap()).unwrap();

    let file = file.to_str().unwrap();
    let arguments = ["dgst", "-sha256", "-verify", PUBLIC, "-signature", file];
    let answer = openssl(&arguments, message.as_bytes());

    assert_eq!(answer, b"Verified OK\n");
}

#[test]
#[ignore = "needs the openssl command; .ci/run runs it"]
fn a_public_key_verifies_what_openssl_signs() {
    let message = token_request();

    let bytes = openssl(&["dgst", "-sha256", "-sign", PRIVATE], message.as_bytes());

    let signature = AsymmetricSignature::from_bytes(&bytes);
    let key = PublicKey::from_pem(&std::fs::read(PUBLIC).unwrap()).unwrap();
    assert_eq!(key.verify(message.as_bytes(), signature.as_str()), Ok(()));
    assert_eq!(merchant().sign(message.as_bytes()).unwrap(), signature);
}

#[test]
#[ignore = "needs the openssl command; .ci/run runs it"]
fn openssl_computes_the_same_symmetric_signature() {
    let body = br#"{"partnerReferenceNo":"ref-1","accountNo":"A41879"}"#;
    let request = StringToSign {
        method: "POST",
        path: "/snap/v1.1/balance-inquiry",
        access_token: &AccessToken::new("TOKEN-EXAMPLE"),
        body_digest: &BodyDigest::of_json(body).unwrap(),
        timestamp: TIMESTAMP,
    };

    let digest = openssl(&["dgst", "-sha256", "-r"], body);
    let mac_options = ["dgst", "-sha512", "-hmac", "SK-example-secret", "-binary"];
    let mac = openssl(&mac_options, request.join().expose().as_bytes());

    assert!(digest.starts_with(request.body_digest.as_str().as_bytes()));
    let key = HmacKey::new(&ClientSecret::new("SK-example-secret"));
    assert_eq!(key.sign(&request).as_str(), STANDARD.encode(mac));
}

#[track_caller]
fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the openssl command is installed");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {output:?}");
    output.stdout
}

fn token_request() -> String {
    let client_id = ClientId::new("BRN-0240-1657686175289").unwrap();
    TokenStringToSign {
        client_id: &client_id,
        timestamp: TIMESTAMP,
    }
    .join()
}

fn merchant() -> PrivateKey {
    PrivateKey::from_pem(&std::fs::read(PRIVATE).unwrap()).unwrap()
}

const TIMESTAMP: &str = "2024-03-26T16:01:41+07:00";
const PRIVATE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/testdata/keys/merchant.pkcs8.pem"
);
const PUBLIC: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/testdata/keys/merchant.public.pem"
);
