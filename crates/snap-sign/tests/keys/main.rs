//! Key files as people have them: what is read, what is refused, and what the refusal says.
//!
//! Where the files come from is written in `testdata/keys/README.md`.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod passphrase;
mod refused;

use snap_sign::{PrivateKey, PublicKey};

macro_rules! key_file {
    ($name:literal) => {
        include_bytes!(concat!("../../testdata/keys/", $name)).as_slice()
    };
}
use key_file;

#[test]
fn pkcs8_and_pkcs1_are_read_from_pem_and_der() {
    check_private(PrivateKey::from_pem(PKCS8_PEM));
    check_private(PrivateKey::from_pem(PKCS1_PEM));
    check_private(PrivateKey::from_der(key_file!("merchant.pkcs8.der")));
    check_private(PrivateKey::from_der(key_file!("merchant.pkcs1.der")));
}

#[test]
fn public_keys_are_read_from_pem_and_der() {
    check_public(PublicKey::from_pem(PUBLIC_PEM));
    check_public(PublicKey::from_pem(key_file!("merchant.public-pkcs1.pem")));
    check_public(PublicKey::from_der(key_file!("merchant.public.der")));
    check_public(PublicKey::from_der(key_file!("merchant.public-pkcs1.der")));
}

#[test]
fn pem_is_read_whatever_became_of_its_line_ends() {
    for (name, change) in CHANGED_LINE_ENDS {
        for pem in [PKCS8_PEM, PKCS1_PEM] {
            let key = PrivateKey::from_pem(change(text(pem)).as_bytes());
            assert!(key.is_ok(), "{name}: {key:?}");
            check_private(key);
        }
        check_public(PublicKey::from_pem(change(text(PUBLIC_PEM)).as_bytes()));
    }
}

#[test]
fn text_around_the_key_is_skipped() {
    let bundle = format!(
        "Bag Attributes\n    friendlyName: merchant\n{}\nthe key:\n{}",
        text(key_file!("certificate.pem")),
        text(PKCS8_PEM),
    );

    check_private(PrivateKey::from_pem(bundle.as_bytes()));
}

#[test]
fn the_private_key_is_picked_out_of_a_file_with_both_halves() {
    let both = [text(PUBLIC_PEM), text(PKCS8_PEM)].concat();

    check_private(PrivateKey::from_pem(both.as_bytes()));
    check_public(PublicKey::from_pem(both.as_bytes()));
}

#[cfg(feature = "rsa")]
#[test]
fn the_pure_rust_keys_read_the_same_files_and_make_the_same_signatures() {
    use snap_sign::rsa;

    let expected = PrivateKey::from_pem(PKCS8_PEM)
        .unwrap()
        .sign(b"message")
        .unwrap();
    let keys = [
        rsa::PrivateKey::from_pem(PKCS8_PEM),
        rsa::PrivateKey::from_pem(PKCS1_PEM),
        rsa::PrivateKey::from_der(key_file!("merchant.pkcs8.der")),
        rsa::PrivateKey::from_der(key_file!("merchant.pkcs1.der")),
    ];

    for key in keys {
        let key = key.unwrap();
        assert_eq!(key.sign(b"message").unwrap(), expected);
        assert_eq!(
            format!("{key:?}"),
            format!("rsa::PrivateKey([redacted], public key {FINGERPRINT})")
        );
    }
    let public = rsa::PublicKey::from_pem(PUBLIC_PEM).unwrap();
    assert_eq!(public.verify(b"message", expected.as_str()), Ok(()));
    assert_eq!(
        format!("{public:?}"),
        format!("rsa::PublicKey({FINGERPRINT})")
    );
}

#[test]
fn debug_of_a_key_shows_a_fingerprint_and_nothing_else() {
    let key = PrivateKey::from_pem(PKCS8_PEM).unwrap();

    assert_eq!(
        format!("{key:?}"),
        format!("PrivateKey([redacted], public key {FINGERPRINT})")
    );
    assert_eq!(format!("{key:#?}"), format!("{key:?}"));
    assert_eq!(
        format!("{:?}", key.public_key()),
        format!("PublicKey({FINGERPRINT})")
    );
}

/// It is the merchant key: it signs what the public half verifies.
#[track_caller]
fn check_private(key: Result<PrivateKey, snap_sign::KeyError>) {
    let key = key.unwrap();
    let signature = key.sign(b"message").unwrap();

    assert_eq!(key.public_key().fingerprint(), FINGERPRINT);
    let public = PublicKey::from_pem(PUBLIC_PEM).unwrap();
    assert_eq!(public.verify(b"message", signature.as_str()), Ok(()));
}

#[track_caller]
fn check_public(key: Result<PublicKey, snap_sign::KeyError>) {
    let key = key.unwrap();
    let signature = PrivateKey::from_pem(PKCS8_PEM)
        .unwrap()
        .sign(b"message")
        .unwrap();

    assert_eq!(key.fingerprint(), FINGERPRINT);
    assert_eq!(key.verify(b"message", signature.as_str()), Ok(()));
}

fn text(pem: &[u8]) -> &str {
    std::str::from_utf8(pem).unwrap()
}

/// What editors, forms and environment variables do to a PEM text.
type Change = fn(&str) -> String;

const CHANGED_LINE_ENDS: [(&str, Change); 9] = [
    ("CRLF", |pem| pem.replace('\n', "\r\n")),
    ("CR", |pem| pem.replace('\n', "\r")),
    ("one line", |pem| pem.replace('\n', "")),
    ("one line, spaces for line ends", |pem| {
        pem.replace('\n', " ")
    }),
    (r"spelled-out \n", |pem| pem.replace('\n', r"\n")),
    (r"spelled-out \r\n", |pem| pem.replace('\n', r"\r\n")),
    ("no line end at the end", |pem| pem.trim_end().to_owned()),
    ("indented", |pem| pem.replace('\n', "\n    ")),
    ("byte order mark and empty lines", |pem| {
        format!("\u{feff}\n\n{pem}\n\n")
    }),
];

/// `openssl rsa -pubin -in merchant.public.pem -RSAPublicKey_out -outform DER | sha256sum | cut -c -8`
const FINGERPRINT: &str = "c9439901";

const PKCS8_PEM: &[u8] = key_file!("merchant.pkcs8.pem");
const PKCS1_PEM: &[u8] = key_file!("merchant.pkcs1.pem");
const PUBLIC_PEM: &[u8] = key_file!("merchant.public.pem");
