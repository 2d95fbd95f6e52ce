//! Files that hold no usable key: which error, and what it tells the reader to do.

use snap_sign::{KeyError, PrivateKey, PublicKey};

use crate::{PKCS1_PEM, PKCS8_PEM, PUBLIC_PEM, key_file, text};

#[test]
fn an_empty_file_is_not_pem() {
    private(b"", KeyError::NotPem, "check that the right file was given");
    public(b"", KeyError::NotPem, "check that the right file was given");
    private(
        b"SK-secret",
        KeyError::NotPem,
        "no `-----BEGIN …-----` line",
    );
    private(
        b"\xff\xfe-\0-\0",
        KeyError::NotPem,
        "no `-----BEGIN …-----` line",
    );
    assert_eq!(PrivateKey::from_der(b"").unwrap_err(), KeyError::Malformed);
    assert_eq!(PublicKey::from_der(b"").unwrap_err(), KeyError::Malformed);
}

#[test]
fn der_given_as_pem_is_named_with_the_command_that_converts_it() {
    for der in [
        key_file!("merchant.pkcs8.der"),
        key_file!("merchant.pkcs1.der"),
        key_file!("merchant.public.der"),
        key_file!("merchant.pbes2-aes256.der"),
    ] {
        private(der, KeyError::DerInsteadOfPem, "openssl pkey -inform DER");
        public(der, KeyError::DerInsteadOfPem, "openssl pkey -inform DER");
    }
}

#[test]
fn pem_given_as_der_is_malformed() {
    assert_eq!(
        PrivateKey::from_der(PKCS8_PEM).unwrap_err(),
        KeyError::Malformed
    );
    assert_eq!(
        PublicKey::from_der(PUBLIC_PEM).unwrap_err(),
        KeyError::Malformed
    );
}

#[test]
fn truncated_pem_is_damaged_wherever_it_was_cut() {
    for length in [40, PKCS8_PEM.len() / 2, PKCS8_PEM.len() - 20] {
        private(
            &PKCS8_PEM[..length],
            KeyError::DamagedPem,
            "copy the whole file again",
        );
    }
    public(
        &PUBLIC_PEM[..PUBLIC_PEM.len() / 2],
        KeyError::DamagedPem,
        "copy the whole file again",
    );
}

#[test]
fn pem_with_characters_missing_inside_is_refused() {
    let lines: Vec<&str> = text(PKCS8_PEM).lines().collect();
    let without_a_line = [&lines[..5], &lines[6..]].concat().join("\n");
    let without_a_character = text(PKCS8_PEM).replacen("MII", "MI", 1);

    private(
        without_a_line.as_bytes(),
        KeyError::Malformed,
        "openssl pkey -in key.pem -noout",
    );
    private(
        without_a_character.as_bytes(),
        KeyError::DamagedPem,
        "its base64 is cut",
    );
}

#[test]
fn a_key_whose_parts_do_not_fit_together_is_inconsistent() {
    let mut der = key_file!("merchant.pkcs1.der").to_vec();
    // Inside the private exponent, which starts behind the 256-byte modulus.
    der[400] ^= 1;

    let error = PrivateKey::from_der(&der).unwrap_err();

    assert_eq!(error, KeyError::Inconsistent);
    assert!(
        error.to_string().contains("openssl rsa -in key.pem -check"),
        "{error}"
    );
    #[cfg(feature = "rsa")]
    assert_eq!(
        snap_sign::rsa::PrivateKey::from_der(&der).unwrap_err(),
        KeyError::Inconsistent
    );
}

#[test]
fn a_small_or_even_exponent_is_refused() {
    let der = key_file!("merchant.public-pkcs1.der");
    // The exponent 65537 is the last value: `02 03 01 00 01`.
    let (rest, exponent) = der.split_at(der.len() - 5);
    assert_eq!(exponent, [2, 3, 1, 0, 1]);

    for (exponent, shorter) in [(&[2, 1, 3][..], 2), (&[2, 3, 1, 0, 0], 0)] {
        let mut der = [rest, exponent].concat();
        // `30 82 hh ll`: the length of the whole.
        der[3] -= shorter;
        assert_eq!(
            PublicKey::from_der(&der).unwrap_err(),
            KeyError::SmallExponent
        );
    }
}

#[test]
fn the_wrong_half_of_a_pair_is_named() {
    for pem in [PUBLIC_PEM, key_file!("merchant.public-pkcs1.pem")] {
        private(
            pem,
            KeyError::PublicInsteadOfPrivate,
            "signing needs the private key",
        );
    }
    for pem in [PKCS8_PEM, PKCS1_PEM, key_file!("merchant.pbes2-aes256.pem")] {
        public(
            pem,
            KeyError::PrivateInsteadOfPublic,
            "openssl pkey -in key.pem -pubout",
        );
    }
    for der in [
        key_file!("merchant.public.der"),
        key_file!("merchant.public-pkcs1.der"),
    ] {
        assert_eq!(
            PrivateKey::from_der(der).unwrap_err(),
            KeyError::PublicInsteadOfPrivate
        );
    }
    for der in [
        key_file!("merchant.pkcs8.der"),
        key_file!("merchant.pkcs1.der"),
    ] {
        assert_eq!(
            PublicKey::from_der(der).unwrap_err(),
            KeyError::PrivateInsteadOfPublic
        );
    }
}

#[test]
fn a_certificate_is_named_with_the_command_that_takes_its_key() {
    let certificate = key_file!("certificate.pem");

    private(
        certificate,
        KeyError::Certificate,
        "openssl x509 -in certificate.pem -pubkey",
    );
    public(
        certificate,
        KeyError::Certificate,
        "openssl x509 -in certificate.pem -pubkey",
    );
}

#[test]
fn an_openssh_key_is_named_with_the_command_that_converts_it() {
    private(
        key_file!("openssh.pem"),
        KeyError::OpenSsh,
        "ssh-keygen -p -m PKCS8",
    );
}

#[test]
fn keys_of_other_algorithms_are_named() {
    for (pem, algorithm) in [
        (key_file!("ec.pkcs8.pem"), "EC"),
        (key_file!("ec.sec1.pem"), "EC"),
        (key_file!("ed25519.pem"), "Ed25519"),
        (key_file!("rsa-pss.pem"), "RSASSA-PSS"),
    ] {
        let error = KeyError::NotRsa {
            algorithm: algorithm.to_owned(),
        };
        private(pem, error, "openssl genpkey -algorithm RSA");
    }
    for (pem, algorithm) in [
        (key_file!("ec.public.pem"), "EC"),
        (key_file!("ed25519.public.pem"), "Ed25519"),
    ] {
        let error = KeyError::NotRsa {
            algorithm: algorithm.to_owned(),
        };
        public(pem, error, &format!("a key for {algorithm};"));
    }
}

#[test]
fn a_key_under_2048_bits_is_refused_with_its_size() {
    let error = KeyError::TooSmall { bits: 1024 };

    private(
        key_file!("rsa-1024.pem"),
        error.clone(),
        "the RSA key has 1024 bits",
    );
    public(
        key_file!("rsa-1024.public.pem"),
        error,
        "rsa_keygen_bits:2048",
    );
}

#[test]
fn pem_with_another_content_is_named_by_its_label() {
    let request = text(PUBLIC_PEM).replace("PUBLIC KEY", "CERTIFICATE REQUEST");
    let error = KeyError::OtherContent {
        label: "CERTIFICATE REQUEST".to_owned(),
    };

    private(
        request.as_bytes(),
        error,
        "\"CERTIFICATE REQUEST\", not an RSA key",
    );
}

#[test]
fn the_old_pem_protection_is_named_with_the_command_that_converts_it() {
    let (pem, error) = (
        key_file!("merchant.dek-info.pem"),
        KeyError::TraditionalEncryption,
    );

    private(pem, error, "openssl pkcs8 -topk8 -in key.pem");
}

#[track_caller]
fn private(file: &[u8], expected: KeyError, cure: &str) {
    let error = PrivateKey::from_pem(file).unwrap_err();
    check(file, &error, &expected, cure);
    #[cfg(feature = "rsa")]
    assert_eq!(
        snap_sign::rsa::PrivateKey::from_pem(file).unwrap_err(),
        expected
    );
}

#[track_caller]
fn public(file: &[u8], expected: KeyError, cure: &str) {
    let error = PublicKey::from_pem(file).unwrap_err();
    check(file, &error, &expected, cure);
    #[cfg(feature = "rsa")]
    assert_eq!(
        snap_sign::rsa::PublicKey::from_pem(file).unwrap_err(),
        expected
    );
}

/// The right error, whose text says what to do and repeats nothing of the file.
#[track_caller]
pub(crate) fn check(file: &[u8], error: &KeyError, expected: &KeyError, cure: &str) {
    let printed = format!("{error} {error:?}");

    assert_eq!(error, expected);
    assert!(printed.contains(cure), "{printed}");
    for line in file
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.starts_with(b"-----"))
    {
        let start = line
            .get(..16)
            .and_then(|start| std::str::from_utf8(start).ok());
        assert!(
            start.is_none_or(|start| !printed.contains(start)),
            "{printed}"
        );
    }
}
