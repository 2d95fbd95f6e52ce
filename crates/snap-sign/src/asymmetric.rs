use std::{fmt, future::Future, pin::Pin};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{self, KeyPair as _, ParsedPublicKey},
};
use sha2::{Digest, Sha256};

use crate::{
    AsymmetricSignature, KeyError, Passphrase, SignatureError,
    key::{self, RsaPrivateDer, RsaPublicDer},
};

/// An RSA private key that signs with aws-lc-rs: PKCS#1 v1.5 with SHA-256, in constant time.
///
/// Parse it once and keep it: parsing costs as much as half a signature.
///
/// ```no_run
/// use snap_sign::{ClientId, PrivateKey, TokenStringToSign};
///
/// let key = PrivateKey::from_pem(&std::fs::read("merchant.pem")?)?;
/// let request = TokenStringToSign {
///     client_id: &ClientId::new("BRN-0240-1657686175289")?,
///     timestamp: "2024-03-26T16:01:41+07:00",
/// };
/// let signature = key.sign(request.join().as_bytes())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PrivateKey {
    pair: KeyPair,
    public: PublicKey,
}

impl PrivateKey {
    /// Reads a PEM file: PKCS#8 or PKCS#1, with any line ends, or on one line, also with `\n`
    /// spelled out as environment variables carry it.
    ///
    /// # Errors
    ///
    /// When the text holds no usable key. The error says what it holds and how to convert it.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::from_rsa(&key::private_from_pem(pem, None)?)
    }

    /// Reads a PEM file protected by a passphrase; an unprotected one is read as well.
    ///
    /// Understands PBES2, and PBE-SHA1-3DES, which DOKU's own recipe writes
    /// (`openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES`). Needs the feature `encrypted-keys`.
    ///
    /// # Errors
    ///
    /// As [`Self::from_pem`], and when the passphrase is wrong.
    pub fn from_encrypted_pem(pem: &[u8], passphrase: &Passphrase) -> Result<Self, KeyError> {
        Self::from_rsa(&key::private_from_pem(pem, Some(passphrase))?)
    }

    /// Reads DER: PKCS#8 or PKCS#1.
    ///
    /// # Errors
    ///
    /// As [`Self::from_pem`].
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_rsa(&key::private_from_der(der, None)?)
    }

    /// Reads DER protected by a passphrase. Needs the feature `encrypted-keys`.
    ///
    /// # Errors
    ///
    /// As [`Self::from_encrypted_pem`].
    pub fn from_encrypted_der(der: &[u8], passphrase: &Passphrase) -> Result<Self, KeyError> {
        Self::from_rsa(&key::private_from_der(der, Some(passphrase))?)
    }

    /// Signs a message, such as a joined [`crate::TokenStringToSign`].
    ///
    /// # Errors
    ///
    /// When the library refuses to sign, which a key that was read does not give cause for.
    pub fn sign(&self, message: &[u8]) -> Result<AsymmetricSignature, SignerError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &signature::RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(SignerError::new)?;
        Ok(AsymmetricSignature::from_bytes(&signature))
    }

    /// The public half, to upload to the dashboard or to verify with.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn from_rsa(der: &RsaPrivateDer) -> Result<Self, KeyError> {
        let pair = KeyPair::from_der(der.pkcs1()).map_err(|_| KeyError::Inconsistent)?;
        let public = PublicKey::from_rsa(&RsaPublicDer::from_pkcs1(pair.public_key().as_ref())?)?;
        Ok(Self { pair, public })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PrivateKey([redacted], public key {})",
            self.public.fingerprint()
        )
    }
}

/// An RSA public key that verifies with aws-lc-rs.
#[derive(Clone)]
pub struct PublicKey {
    key: ParsedPublicKey,
    modulus_length: usize,
    fingerprint: String,
}

impl PublicKey {
    /// Reads a PEM file: `BEGIN PUBLIC KEY` or `BEGIN RSA PUBLIC KEY`.
    ///
    /// # Errors
    ///
    /// When the text holds no usable key, or a private key or a certificate instead. The error
    /// says how to convert it.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::from_rsa(&key::public_from_pem(pem)?)
    }

    /// Reads DER: SubjectPublicKeyInfo or PKCS#1.
    ///
    /// # Errors
    ///
    /// As [`Self::from_pem`].
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_rsa(&key::public_from_der(der)?)
    }

    /// Checks a signature over a message, such as a joined [`crate::TokenStringToSign`].
    ///
    /// # Errors
    ///
    /// When the text is not canonical base64 of the length of the modulus, or signs something else.
    pub fn verify(&self, message: &[u8], text: &str) -> Result<(), SignatureError> {
        let signature = AsymmetricSignature::decode(text, self.modulus_length)?;
        self.key
            .verify_sig(message, &signature)
            .map_err(|_| SignatureError::Mismatch)
    }

    /// The first four bytes of the SHA-256 of the key, in hexadecimal: enough to tell two keys
    /// apart in a message.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn from_rsa(der: &RsaPublicDer) -> Result<Self, KeyError> {
        let key = ParsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, der.pkcs1())
            .map_err(|_| KeyError::Inconsistent)?;
        Ok(Self {
            key,
            modulus_length: der.modulus_length(),
            fingerprint: fingerprint(der.pkcs1()),
        })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint)
    }
}

pub(crate) fn fingerprint(pkcs1: &[u8]) -> String {
    Sha256::digest(pkcs1)
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Signs token requests, here or in an HSM or a key management service.
///
/// [`PrivateKey`] signs at once; another implementation may call out and take its time. The
/// signature is RSASSA-PKCS1-v1_5 with SHA-256 over the message, which is not hashed yet.
///
/// ```
/// use snap_sign::{AsymmetricSignature, AsymmetricSigner, SignFuture, SignerError};
///
/// #[derive(Debug)]
/// struct CloudKey;
///
/// impl CloudKey {
///     async fn ask_the_service(&self, message: &[u8]) -> Result<Vec<u8>, std::io::Error> {
///         # let _ = message;
///         Ok(vec![0; 256])
///     }
/// }
///
/// impl AsymmetricSigner for CloudKey {
///     fn sign<'a>(&'a self, message: &'a [u8]) -> SignFuture<'a> {
///         Box::pin(async move {
///             let bytes = self.ask_the_service(message).await.map_err(SignerError::new)?;
///             Ok(AsymmetricSignature::from_bytes(&bytes))
///         })
///     }
/// }
/// ```
pub trait AsymmetricSigner: fmt::Debug + Send + Sync {
    /// Signs a message.
    fn sign<'a>(&'a self, message: &'a [u8]) -> SignFuture<'a>;

    /// Tells the key apart from others in a message, where that is known.
    fn fingerprint(&self) -> Option<String> {
        None
    }
}

/// What [`AsymmetricSigner::sign`] returns.
pub type SignFuture<'a> =
    Pin<Box<dyn Future<Output = Result<AsymmetricSignature, SignerError>> + Send + 'a>>;

impl AsymmetricSigner for PrivateKey {
    fn sign<'a>(&'a self, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(std::future::ready(Self::sign(self, message)))
    }

    fn fingerprint(&self) -> Option<String> {
        Some(self.public.fingerprint().to_owned())
    }
}

/// An [`AsymmetricSigner`] could not sign; `source()` has the cause.
#[derive(Debug)]
pub struct SignerError(Box<dyn std::error::Error + Send + Sync>);

impl SignerError {
    /// Wraps the cause.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signer of token requests failed")
    }
}

impl std::error::Error for SignerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}
