//! Key files protected by a passphrase.
//!
//! PBES2 is the pkcs8 crate's. The scheme of DOKU's own key recipe, PBE-SHA1-3DES of PKCS#12, is
//! in no maintained crate on these versions of the RustCrypto traits, so its key derivation
//! (RFC 7292, appendix B.2) stands here. It reads old files and writes none.

use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use der::{Decode, Reader, SliceReader, asn1::OctetStringRef, oid::ObjectIdentifier};
use pkcs8::{AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, pkcs5::pbes2::Kdf};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::KeyError;
use crate::Passphrase;

/// An `EncryptedPrivateKeyInfo`: how it is protected, and the protected bytes.
pub(super) struct EncryptedKey<'a> {
    der: &'a [u8],
    algorithm: AlgorithmIdentifierRef<'a>,
    protected: &'a OctetStringRef,
}

impl<'a> EncryptedKey<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, KeyError> {
        let parts = SliceReader::new(der).and_then(|mut reader| {
            reader.sequence(|inner| Ok((Decode::decode(inner)?, Decode::decode(inner)?)))
        });
        let (algorithm, protected) = parts.map_err(|_: der::Error| KeyError::Malformed)?;
        Ok(Self {
            der,
            algorithm,
            protected,
        })
    }

    pub(super) fn decrypt(&self, passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match self.algorithm.oid {
            PBES2 => self.decrypt_pbes2(passphrase),
            PBE_SHA1_3DES => self.decrypt_pbe_sha1_3des(passphrase),
            _ => Err(self.unsupported()),
        }
    }

    fn decrypt_pbes2(&self, passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let info =
            EncryptedPrivateKeyInfoRef::from_der(self.der).map_err(|_| self.unsupported())?;
        if !info
            .encryption_algorithm
            .pbes2()
            .is_some_and(|scheme| is_affordable(&scheme.kdf))
        {
            return Err(self.unsupported());
        }
        let decrypted = info
            .decrypt(passphrase.expose().as_bytes())
            .map_err(|_| KeyError::WrongPassphrase)?;
        Ok(Zeroizing::new(decrypted.as_bytes().to_vec()))
    }

    fn decrypt_pbe_sha1_3des(
        &self,
        passphrase: &Passphrase,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (salt, rounds) = self.pbe_parameters().ok_or(KeyError::Malformed)?;
        let mut key = Zeroizing::new([0; 24]);
        let mut iv = [0; 8];
        derive(passphrase, salt, rounds, Purpose::Key, &mut *key);
        derive(passphrase, salt, rounds, Purpose::Iv, &mut iv);
        cbc::Decryptor::<des::TdesEde3>::new((&*key).into(), (&iv).into())
            .decrypt_padded_vec::<Pkcs7>(self.protected.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| KeyError::WrongPassphrase)
    }

    /// `SEQUENCE { salt OCTET STRING, iterations INTEGER }`.
    fn pbe_parameters(&self) -> Option<(&'a [u8], u32)> {
        let parameters = self.algorithm.parameters?;
        let (salt, rounds): (&OctetStringRef, u32) = parameters
            .sequence(|inner| Ok::<_, der::Error>((Decode::decode(inner)?, Decode::decode(inner)?)))
            .ok()?;
        (1..=MAX_ROUNDS)
            .contains(&rounds)
            .then_some((salt.as_bytes(), rounds))
    }

    fn unsupported(&self) -> KeyError {
        KeyError::UnsupportedEncryption {
            scheme: self.algorithm.oid.to_string(),
        }
    }
}

/// Whether the key derivation ends in seconds and in bounded memory, whatever the file asks for.
fn is_affordable(kdf: &Kdf) -> bool {
    match kdf {
        Kdf::Pbkdf2(parameters) => parameters.iteration_count <= MAX_ROUNDS,
        Kdf::Scrypt(parameters) => {
            let blocks = u64::from(parameters.block_size) * u64::from(parameters.parallelization);
            parameters
                .cost_parameter
                .checked_mul(blocks * 128)
                .is_some_and(|bytes| {
                    // A cost of 0 makes the pkcs5 crate panic in debug builds.
                    (1..=MAX_SCRYPT_BYTES).contains(&bytes)
                })
        }
        _ => false,
    }
}

/// What derived bytes are for; the number is the diversifier of RFC 7292, appendix B.3.
#[derive(Clone, Copy)]
enum Purpose {
    Key = 1,
    Iv = 2,
}

/// Fills `out` by the key derivation of PKCS#12 with SHA-1.
fn derive(passphrase: &Passphrase, salt: &[u8], rounds: u32, purpose: Purpose, out: &mut [u8]) {
    let password: Zeroizing<Vec<u8>> = Zeroizing::new(
        passphrase
            .expose()
            .encode_utf16()
            .chain([0])
            .flat_map(u16::to_be_bytes)
            .collect(),
    );
    let mut input = Zeroizing::new(fill_blocks(salt));
    input.extend_from_slice(&Zeroizing::new(fill_blocks(&password)));
    for chunk in out.chunks_mut(HASH_LENGTH) {
        let mut hash = Sha1::new_with_prefix([purpose as u8; BLOCK_LENGTH])
            .chain_update(&*input)
            .finalize();
        for _ in 1..rounds {
            hash = Sha1::digest(hash);
        }
        chunk.copy_from_slice(&hash[..chunk.len()]);
        for block in input.chunks_mut(BLOCK_LENGTH) {
            add_with_one(block, &hash);
        }
    }
}

/// Repeats the bytes up to a multiple of the block length.
fn fill_blocks(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len().next_multiple_of(BLOCK_LENGTH);
    bytes.iter().copied().cycle().take(length).collect()
}

/// `block + repeated hash + 1`, as big-endian numbers of the block's length.
fn add_with_one(block: &mut [u8], hash: &[u8]) {
    let repeated: Vec<u8> = hash.iter().copied().cycle().take(block.len()).collect();
    let mut carry = 1;
    for (byte, add) in block.iter_mut().zip(repeated).rev() {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_be_bytes()[1];
        carry = sum >> 8;
    }
}

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
/// `pbeWithSHAAnd3-KeyTripleDES-CBC`.
const PBE_SHA1_3DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
const BLOCK_LENGTH: usize = 64;
const HASH_LENGTH: usize = 20;
/// openssl writes 2048. A file that asks for more than this would stall the program.
const MAX_ROUNDS: u32 = 10_000_000;
/// openssl writes 16 MiB and reads at most 32.
const MAX_SCRYPT_BYTES: u64 = 256 << 20;

#[cfg(test)]
mod tests {
    use pkcs8::pkcs5::pbes2::{Pbkdf2Params, Salt, ScryptParams};

    use super::*;

    fn scrypt(cost_parameter: u64) -> Kdf {
        let salt = Salt::new([0; 8]).unwrap();
        let (block_size, parallelization) = (8, 1);
        Kdf::Scrypt(ScryptParams {
            salt,
            cost_parameter,
            block_size,
            parallelization,
            key_length: None,
        })
    }

    #[test]
    fn a_file_that_asks_for_too_much_work_is_not_opened() {
        let pbkdf2 = |rounds| Kdf::Pbkdf2(Pbkdf2Params::hmac_sha256(rounds, &[0; 8]).unwrap());

        assert!(is_affordable(&pbkdf2(2048)));
        assert!(!is_affordable(&pbkdf2(MAX_ROUNDS + 1)));
        assert!(is_affordable(&scrypt(16_384)));
        for cost in [0, 1 << 30, 1 << 62, u64::MAX] {
            assert!(!is_affordable(&scrypt(cost)), "{cost}");
        }
    }
}
