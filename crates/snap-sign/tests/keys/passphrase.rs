//! Key files protected by a passphrase, with and without the feature `encrypted-keys`.

use snap_sign::{KeyError, Passphrase, PrivateKey};

use crate::{PKCS8_PEM, check_private, key_file, refused::check};

#[cfg(feature = "encrypted-keys")]
#[test]
fn every_supported_protection_is_opened_with_a_passphrase_beyond_ascii() {
    for pem in PROTECTED {
        check_private(PrivateKey::from_encrypted_pem(pem, &passphrase()));
    }
    check_private(PrivateKey::from_encrypted_der(PROTECTED_DER, &passphrase()));
}

#[cfg(feature = "encrypted-keys")]
#[test]
fn protected_pem_on_one_line_is_opened() {
    for pem in PROTECTED {
        let one_line = crate::text(pem).replace('\n', " ");
        check_private(PrivateKey::from_encrypted_pem(
            one_line.as_bytes(),
            &passphrase(),
        ));
    }
}

#[cfg(all(feature = "encrypted-keys", feature = "rsa"))]
#[test]
fn the_pure_rust_key_opens_the_same_files() {
    let plain = snap_sign::rsa::PrivateKey::from_pem(PKCS8_PEM).unwrap();
    for pem in PROTECTED {
        let key = snap_sign::rsa::PrivateKey::from_encrypted_pem(pem, &passphrase()).unwrap();

        assert_eq!(format!("{key:?}"), format!("{plain:?}"));
        assert_eq!(
            key.sign(b"message").unwrap(),
            plain.sign(b"message").unwrap()
        );
    }
}

#[cfg(feature = "encrypted-keys")]
#[test]
fn a_wrong_passphrase_is_named_and_not_repeated() {
    for pem in PROTECTED {
        for wrong in [
            "wrong-canary",
            "",
            "kata-sandi-é-日本 ",
            "kata-sandi-e-日本",
        ] {
            let error = PrivateKey::from_encrypted_pem(pem, &Passphrase::new(wrong)).unwrap_err();
            check(
                pem,
                &error,
                &KeyError::WrongPassphrase,
                "the passphrase does not open the key",
            );
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}

#[cfg(feature = "encrypted-keys")]
#[test]
fn a_protected_file_without_a_passphrase_asks_for_one() {
    for pem in PROTECTED {
        let error = PrivateKey::from_pem(pem).unwrap_err();
        check(
            pem,
            &error,
            &KeyError::PassphraseNeeded,
            "openssl pkcs8 -in key.pem -out plain.pem",
        );
    }
    assert_eq!(
        PrivateKey::from_der(PROTECTED_DER).unwrap_err(),
        KeyError::PassphraseNeeded
    );
}

#[cfg(feature = "encrypted-keys")]
#[test]
fn an_unsupported_protection_is_named_with_the_command_that_converts_it() {
    // pbeWithMD5AndDES-CBC, and PBES2 with Camellia.
    for (pem, scheme) in [
        (
            key_file!("merchant.pbe-md5-des.pem"),
            "1.2.840.113549.1.5.3",
        ),
        (
            key_file!("merchant.pbes2-camellia.pem"),
            "1.2.840.113549.1.5.13",
        ),
    ] {
        let error = PrivateKey::from_encrypted_pem(pem, &passphrase()).unwrap_err();
        let expected = KeyError::UnsupportedEncryption {
            scheme: scheme.to_owned(),
        };
        check(pem, &error, &expected, "-topk8 -v2 aes-256-cbc");
    }
}

#[cfg(not(feature = "encrypted-keys"))]
#[test]
fn without_the_feature_a_protected_file_names_the_feature() {
    let expected = KeyError::EncryptedKeysFeatureOff;
    for pem in PROTECTED {
        for error in [
            PrivateKey::from_pem(pem).unwrap_err(),
            PrivateKey::from_encrypted_pem(pem, &passphrase()).unwrap_err(),
        ] {
            check(pem, &error, &expected, "the feature `encrypted-keys`");
        }
    }
    assert_eq!(PrivateKey::from_der(PROTECTED_DER).unwrap_err(), expected);
}

#[test]
fn a_passphrase_that_is_not_needed_does_no_harm() {
    check_private(PrivateKey::from_encrypted_pem(PKCS8_PEM, &passphrase()));
}

#[test]
fn the_old_pem_protection_is_not_opened_even_with_its_passphrase() {
    let pem = key_file!("merchant.dek-info.pem");

    let error = PrivateKey::from_encrypted_pem(pem, &passphrase()).unwrap_err();

    check(
        pem,
        &error,
        &KeyError::TraditionalEncryption,
        "openssl pkcs8 -topk8 -in key.pem",
    );
}

fn passphrase() -> Passphrase {
    Passphrase::new("kata-sandi-é-日本")
}

const PROTECTED: [&[u8]; 5] = [
    key_file!("merchant.pbes2-aes256.pem"),
    key_file!("merchant.pbes2-sha1.pem"),
    key_file!("merchant.pbes2-des3.pem"),
    key_file!("merchant.pbes2-scrypt.pem"),
    key_file!("merchant.pbe-sha1-3des.pem"),
];
const PROTECTED_DER: &[u8] = key_file!("merchant.pbes2-aes256.der");
