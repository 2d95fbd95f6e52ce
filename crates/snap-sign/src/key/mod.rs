//! Reads RSA keys out of the files people have, and names what they have instead.

#[cfg(feature = "encrypted-keys")]
mod encrypted;
mod error;
mod pem_file;

use der::{Decode, oid::ObjectIdentifier};
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfoRef, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

use crate::Passphrase;

pub use error::KeyError;
pub(crate) use pem_file::{private_from_pem, public_from_pem};

/// A PKCS#1 `RSAPrivateKey` whose modulus has an accepted size.
pub(crate) struct RsaPrivateDer(Zeroizing<Vec<u8>>);

impl RsaPrivateDer {
    pub(crate) fn pkcs1(&self) -> &[u8] {
        &self.0
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let key = pkcs1::RsaPrivateKeyRef::from_der(der).map_err(|_| KeyError::Malformed)?;
        check_size(key.modulus.as_bytes())?;
        Ok(Self(Zeroizing::new(der.to_vec())))
    }

    fn from_pkcs8(info: &PrivateKeyInfoRef<'_>) -> Result<Self, KeyError> {
        check_algorithm(&info.algorithm)?;
        Self::from_pkcs1(info.private_key.as_bytes())
    }
}

/// A PKCS#1 `RSAPublicKey` whose modulus has an accepted size.
pub(crate) struct RsaPublicDer {
    pkcs1: Vec<u8>,
    modulus_length: usize,
}

impl RsaPublicDer {
    pub(crate) fn pkcs1(&self) -> &[u8] {
        &self.pkcs1
    }

    /// Length of the modulus, and so of a signature, in bytes.
    pub(crate) fn modulus_length(&self) -> usize {
        self.modulus_length
    }

    pub(crate) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let key = pkcs1::RsaPublicKeyRef::from_der(der).map_err(|_| KeyError::Malformed)?;
        let modulus_length = check_size(key.modulus.as_bytes())?;
        check_exponent(key.public_exponent.as_bytes())?;
        Ok(Self {
            pkcs1: der.to_vec(),
            modulus_length,
        })
    }

    fn from_spki(info: &SubjectPublicKeyInfoRef<'_>) -> Result<Self, KeyError> {
        check_algorithm(&info.algorithm)?;
        Self::from_pkcs1(
            info.subject_public_key
                .as_bytes()
                .ok_or(KeyError::Malformed)?,
        )
    }
}

pub(crate) fn private_from_der(
    der: &[u8],
    passphrase: Option<&Passphrase>,
) -> Result<RsaPrivateDer, KeyError> {
    if let Ok(info) = PrivateKeyInfoRef::from_der(der) {
        return RsaPrivateDer::from_pkcs8(&info);
    }
    if pkcs1::RsaPrivateKeyRef::from_der(der).is_ok() {
        return RsaPrivateDer::from_pkcs1(der);
    }
    if SubjectPublicKeyInfoRef::from_der(der).is_ok()
        || pkcs1::RsaPublicKeyRef::from_der(der).is_ok()
    {
        return Err(KeyError::PublicInsteadOfPrivate);
    }
    private_from_encrypted(der, passphrase)
}

pub(crate) fn public_from_der(der: &[u8]) -> Result<RsaPublicDer, KeyError> {
    if let Ok(info) = SubjectPublicKeyInfoRef::from_der(der) {
        return RsaPublicDer::from_spki(&info);
    }
    if PrivateKeyInfoRef::from_der(der).is_ok() || pkcs1::RsaPrivateKeyRef::from_der(der).is_ok() {
        return Err(KeyError::PrivateInsteadOfPublic);
    }
    RsaPublicDer::from_pkcs1(der)
}

#[cfg(feature = "encrypted-keys")]
fn private_from_encrypted(
    der: &[u8],
    passphrase: Option<&Passphrase>,
) -> Result<RsaPrivateDer, KeyError> {
    let file = encrypted::EncryptedKey::read(der)?;
    let decrypted = file.decrypt(passphrase.ok_or(KeyError::PassphraseNeeded)?)?;
    // A wrong passphrase passes the padding check once in 256 times: what comes out is then noise.
    let info = PrivateKeyInfoRef::from_der(&decrypted).map_err(|_| KeyError::WrongPassphrase)?;
    RsaPrivateDer::from_pkcs8(&info)
}

#[cfg(not(feature = "encrypted-keys"))]
fn private_from_encrypted(
    der: &[u8],
    _passphrase: Option<&Passphrase>,
) -> Result<RsaPrivateDer, KeyError> {
    Err(if looks_encrypted(der) {
        KeyError::EncryptedKeysFeatureOff
    } else {
        KeyError::Malformed
    })
}

/// Whether this is an `EncryptedPrivateKeyInfo`: an algorithm, then an octet string.
#[cfg(not(feature = "encrypted-keys"))]
fn looks_encrypted(der: &[u8]) -> bool {
    use der::Reader;

    let parts = der::SliceReader::new(der).and_then(|mut reader| {
        reader.sequence(|inner| {
            AlgorithmIdentifierRef::decode(inner)?;
            <&der::asn1::OctetStringRef>::decode(inner)
        })
    });
    parts.is_ok()
}

fn check_algorithm(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<(), KeyError> {
    match algorithm.oid {
        RSA => Ok(()),
        EC => Err(KeyError::NotRsa {
            algorithm: "EC".to_owned(),
        }),
        ED25519 => Err(KeyError::NotRsa {
            algorithm: "Ed25519".to_owned(),
        }),
        RSA_PSS => Err(KeyError::NotRsa {
            algorithm: "RSASSA-PSS".to_owned(),
        }),
        other => Err(KeyError::NotRsa {
            algorithm: other.to_string(),
        }),
    }
}

/// The length of the modulus in bytes, if it has an accepted size.
/// With a small exponent, such as 3, a verifier that reads padding loosely takes forged signatures;
/// nobody who makes keys today chooses one.
fn check_exponent(exponent: &[u8]) -> Result<(), KeyError> {
    let digits = exponent.iter().skip_while(|byte| **byte == 0);
    if digits.clone().count() > 2 && digits.last().is_some_and(|byte| byte & 1 == 1) {
        Ok(())
    } else {
        Err(KeyError::SmallExponent)
    }
}

fn check_size(modulus: &[u8]) -> Result<usize, KeyError> {
    let leading_zeros = modulus
        .first()
        .map_or(0, |byte| byte.leading_zeros() as usize);
    match modulus.len() * 8 - leading_zeros {
        bits @ ..MIN_BITS => Err(KeyError::TooSmall { bits }),
        MIN_BITS..=MAX_BITS => Ok(modulus.len()),
        bits => Err(KeyError::TooLarge { bits }),
    }
}

const MIN_BITS: usize = 2048;
pub(crate) const MAX_BITS: usize = 8192;
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
