//! RSA keys backed by the pure-Rust `rsa` crate (feature `rsa`).
//!
//! Use [`crate::PrivateKey`] unless a C library cannot be built: it is constant-time and several
//! times faster. This type exists beside it; both work in one program and make the same signatures.
//!
//! **RUSTSEC-2023-0071 (Marvin).** The `rsa` crate's private-key operation is not constant-time,
//! and no release fixes that. Someone who can time many signatures over the network might learn
//! the key. Signing here is *blinded*, which hides the message from the timing but is not a proof
//! against the attack. Do not sign with it where others can measure the time of each signature.
//! Verifying uses no private key and is not affected.

use std::fmt;

use der::Decode;
use rsa::{
    BigUint, RsaPrivateKey, RsaPublicKey,
    pkcs1::{DecodeRsaPrivateKey, EncodeRsaPublicKey},
    pkcs1v15::{Signature, SigningKey, VerifyingKey},
    rand_core::OsRng,
    sha2::Sha256,
    signature::{RandomizedSigner, SignatureEncoding, Verifier},
};

use crate::{
    AsymmetricSignature, AsymmetricSigner, KeyError, Passphrase, SignFuture, SignatureError,
    SignerError, asymmetric,
    key::{self, RsaPrivateDer, RsaPublicDer},
};

/// An RSA private key of the `rsa` crate; reads the same files as [`crate::PrivateKey`].
pub struct PrivateKey {
    key: SigningKey<Sha256>,
    fingerprint: String,
}

impl PrivateKey {
    /// Reads a PEM file; see [`crate::PrivateKey::from_pem`].
    ///
    /// # Errors
    ///
    /// When the text holds no usable key.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::from_rsa(&key::private_from_pem(pem, None)?)
    }

    /// Reads a PEM file protected by a passphrase; see [`crate::PrivateKey::from_encrypted_pem`].
    ///
    /// # Errors
    ///
    /// When the text holds no usable key, or the passphrase is wrong.
    pub fn from_encrypted_pem(pem: &[u8], passphrase: &Passphrase) -> Result<Self, KeyError> {
        Self::from_rsa(&key::private_from_pem(pem, Some(passphrase))?)
    }

    /// Reads DER: PKCS#8 or PKCS#1.
    ///
    /// # Errors
    ///
    /// When the bytes hold no usable key.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_rsa(&key::private_from_der(der, None)?)
    }

    /// Signs a message, blinded with randomness of the operating system. The signature does not
    /// depend on that randomness.
    ///
    /// # Errors
    ///
    /// When the operating system has no randomness to give.
    pub fn sign(&self, message: &[u8]) -> Result<AsymmetricSignature, SignerError> {
        let signature = self
            .key
            .try_sign_with_rng(&mut OsRng, message)
            .map_err(SignerError::new)?;
        Ok(AsymmetricSignature::from_bytes(&signature.to_bytes()))
    }

    fn from_rsa(der: &RsaPrivateDer) -> Result<Self, KeyError> {
        let key = RsaPrivateKey::from_pkcs1_der(der.pkcs1()).map_err(|_| KeyError::Inconsistent)?;
        let public = key
            .to_public_key()
            .to_pkcs1_der()
            .map_err(|_| KeyError::Inconsistent)?;
        let fingerprint = asymmetric::fingerprint(public.as_bytes());
        Ok(Self {
            key: SigningKey::new(key),
            fingerprint,
        })
    }
}

impl AsymmetricSigner for PrivateKey {
    fn sign<'a>(&'a self, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(std::future::ready(Self::sign(self, message)))
    }

    fn fingerprint(&self) -> Option<String> {
        Some(self.fingerprint.clone())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "rsa::PrivateKey([redacted], public key {})",
            self.fingerprint
        )
    }
}

/// An RSA public key of the `rsa` crate.
#[derive(Clone)]
pub struct PublicKey {
    key: VerifyingKey<Sha256>,
    modulus_length: usize,
    fingerprint: String,
}

impl PublicKey {
    /// Reads a PEM file; see [`crate::PublicKey::from_pem`].
    ///
    /// # Errors
    ///
    /// When the text holds no usable key.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::from_rsa(&key::public_from_pem(pem)?)
    }

    /// Reads DER: SubjectPublicKeyInfo or PKCS#1.
    ///
    /// # Errors
    ///
    /// When the bytes hold no usable key.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_rsa(&key::public_from_der(der)?)
    }

    /// Checks a signature over a message.
    ///
    /// # Errors
    ///
    /// As [`crate::PublicKey::verify`].
    pub fn verify(&self, message: &[u8], text: &str) -> Result<(), SignatureError> {
        let bytes = AsymmetricSignature::decode(text, self.modulus_length)?;
        let signature =
            Signature::try_from(bytes.as_slice()).map_err(|_| SignatureError::Mismatch)?;
        self.key
            .verify(message, &signature)
            .map_err(|_| SignatureError::Mismatch)
    }

    fn from_rsa(der: &RsaPublicDer) -> Result<Self, KeyError> {
        let parts =
            pkcs1::RsaPublicKeyRef::from_der(der.pkcs1()).map_err(|_| KeyError::Malformed)?;
        let modulus = BigUint::from_bytes_be(parts.modulus.as_bytes());
        let exponent = BigUint::from_bytes_be(parts.public_exponent.as_bytes());
        // The crate's own reader stops at 4096 bits.
        let key = RsaPublicKey::new_with_max_size(modulus, exponent, key::MAX_BITS)
            .map_err(|_| KeyError::Inconsistent)?;
        Ok(Self {
            key: VerifyingKey::new(key),
            modulus_length: der.modulus_length(),
            fingerprint: asymmetric::fingerprint(der.pkcs1()),
        })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rsa::PublicKey({})", self.fingerprint)
    }
}
