//! Throw-away RSA key pairs, and RSA verification with `ring`.
//!
//! Made once with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048` and
//! `openssl pkey -pubout`: making a key at start would take longer than the start may. They are
//! public, so whatever they sign proves nothing outside a local sandbox.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey},
};

/// A bundled key pair as PEM.
pub(crate) struct KeyPair {
    pub(crate) private_pem: &'static str,
    pub(crate) public_pem: &'static str,
}

/// The key pair that belongs to a seed.
pub(crate) fn pick(seed: u64) -> &'static KeyPair {
    if seed.is_multiple_of(2) {
        &KEY_PAIRS[0]
    } else {
        &KEY_PAIRS[1]
    }
}

/// The key pair that every local sandbox signs its own token requests with, as DOKU does with its own.
pub(crate) const DOKU: KeyPair = KeyPair {
    private_pem: include_str!("keys/doku.private.pem"),
    public_pem: include_str!("keys/doku.public.pem"),
};

/// DOKU's signature of a text: RSASSA-PKCS1-v1_5 with SHA-256, base64. None if the bundled key cannot
/// be read, which a test excludes.
pub(crate) fn sign_as_doku(text: &str) -> Option<String> {
    static KEY: LazyLock<Option<RsaKeyPair>> =
        LazyLock::new(|| RsaKeyPair::from_pkcs8(&der(DOKU.private_pem)?).ok());
    let key = KEY.as_ref()?;
    let mut signature = vec![0; key.public().modulus_len()];
    let random = SystemRandom::new();
    key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
        .ok()?;
    Some(STANDARD.encode(signature))
}

/// The bytes inside a PEM.
fn der(pem: &str) -> Option<Vec<u8>> {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    STANDARD.decode(lines.collect::<String>()).ok()
}

/// A public key as `ring` wants it: the bare `RSAPublicKey` structure of PKCS#1.
pub(crate) struct PublicKey(UnparsedPublicKey<Vec<u8>>);

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo PEM of a 2048-bit RSA key; None for anything else.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        let info = der(pem)?;
        let key = info.strip_prefix(RSA_2048_INFO)?;
        Some(Self(UnparsedPublicKey::new(
            &RSA_PKCS1_2048_8192_SHA256,
            key.to_vec(),
        )))
    }

    /// Is `signature` an RSASSA-PKCS1-v1_5 SHA-256 signature of `text`?
    pub(crate) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        self.0.verify(text, signature).is_ok()
    }

    /// The bare `RSAPublicKey`.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_ref()
    }
}

/// What precedes the key in the SubjectPublicKeyInfo of every 2048-bit RSA key with exponent 65537
/// (RFC 5280 and RFC 8017): two sequences, the identifier `rsaEncryption`, NULL, a bit string.
const RSA_2048_INFO: &[u8] = &[
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
];

const KEY_PAIRS: [KeyPair; 2] = [
    KeyPair {
        private_pem: include_str!("keys/merchant-1.private.pem"),
        public_pem: include_str!("keys/merchant-1.public.pem"),
    },
    KeyPair {
        private_pem: include_str!("keys/merchant-2.private.pem"),
        public_pem: include_str!("keys/merchant-2.public.pem"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_halves_of_each_pair_belong_together() {
        for pair in &KEY_PAIRS {
            let der = der(pair.private_pem).expect("PEM body");
            let private = RsaKeyPair::from_pkcs8(&der).expect("PKCS#8");
            let mut signed = vec![0; private.public().modulus_len()];
            private
                .sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    b"text",
                    &mut signed,
                )
                .expect("signs");

            let public = PublicKey::from_pem(pair.public_pem).expect("public key");

            assert!(public.verifies(b"text", &signed));
            assert!(!public.verifies(b"Text", &signed));
        }
    }

    #[test]
    fn what_doku_signs_its_public_key_verifies() {
        let signature = sign_as_doku("text").expect("a readable key");
        let signature = STANDARD.decode(signature).expect("base64");

        let public = PublicKey::from_pem(DOKU.public_pem).expect("public key");

        assert!(public.verifies(b"text", &signature));
        assert!(!public.verifies(b"Text", &signature));
    }

    #[test]
    fn text_that_is_no_public_key_is_refused() {
        for pem in [
            "",
            "-----BEGIN PUBLIC KEY-----",
            "AAAA",
            KEY_PAIRS[0].private_pem,
        ] {
            assert!(PublicKey::from_pem(pem).is_none());
        }
    }
}
