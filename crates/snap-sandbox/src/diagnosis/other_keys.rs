//! Other keys and algorithms that a token request may be signed with.

use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA512, RsaParameters,
    UnparsedPublicKey,
};

use crate::keys::{self, PublicKey};

/// Is it a signature by the key pair of any local sandbox?
pub(super) fn is_of_a_sandbox(text: &[u8], signature: &[u8]) -> bool {
    // Which of the two pairs a sandbox has depends on whether its seed is even.
    let mut pems = [0, 1].map(|seed| keys::pick(seed).public_pem).into_iter();
    pems.any(|pem| PublicKey::from_pem(pem).is_some_and(|key| key.verifies(text, signature)))
}

/// The name of the algorithm that a signature by this key is right under, if it is not the documented one.
pub(super) fn other_algorithm(
    key: &PublicKey,
    text: &[u8],
    signature: &[u8],
) -> Option<&'static str> {
    let verifies = |algorithm: &'static RsaParameters| {
        let key = UnparsedPublicKey::new(algorithm, key.bytes());
        key.verify(text, signature).is_ok()
    };
    let found = OTHERS.iter().find(|(_, algorithm)| verifies(algorithm));
    found.map(|(name, _)| *name)
}

const OTHERS: [(&str, &RsaParameters); 5] = [
    (
        "RSA with SHA-1",
        &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
    ),
    ("RSA with SHA-384", &RSA_PKCS1_2048_8192_SHA384),
    ("RSA with SHA-512", &RSA_PKCS1_2048_8192_SHA512),
    ("RSASSA-PSS with SHA-256", &RSA_PSS_2048_8192_SHA256),
    ("RSASSA-PSS with SHA-512", &RSA_PSS_2048_8192_SHA512),
];

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use ring::{
        rand::SystemRandom,
        signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair},
    };

    use super::*;

    fn signed(algorithm: &'static dyn RsaEncoding) -> Vec<u8> {
        let pem = keys::pick(0).private_pem.lines();
        let base64: String = pem.filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(base64).expect("PEM");
        let key = RsaKeyPair::from_pkcs8(&der).expect("PKCS#8");
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(algorithm, &SystemRandom::new(), b"text", &mut signature)
            .expect("signs");
        signature
    }

    #[test]
    fn another_algorithm_is_named() {
        let key = PublicKey::from_pem(keys::pick(0).public_pem).expect("a key");
        let named = |algorithm| other_algorithm(&key, b"text", &signed(algorithm));

        assert_eq!(named(&RSA_PKCS1_SHA512), Some("RSA with SHA-512"));
        assert_eq!(named(&RSA_PSS_SHA256), Some("RSASSA-PSS with SHA-256"));
        assert_eq!(named(&RSA_PKCS1_SHA256), None);
    }

    #[test]
    fn the_key_of_any_sandbox_is_known() {
        let signature = signed(&RSA_PKCS1_SHA256);

        assert!(is_of_a_sandbox(b"text", &signature));
        assert!(!is_of_a_sandbox(b"other", &signature));
    }
}
