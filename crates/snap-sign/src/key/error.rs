use std::fmt;

/// A key file cannot be used. `Display` says what the file is and which command converts it.
///
/// No message repeats anything of the key but its size and its algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not PEM.
    NotPem,
    /// The bytes are DER where PEM was expected.
    DerInsteadOfPem,
    /// The text has a `BEGIN` line, but what follows is not whole.
    DamagedPem,
    /// The bytes are not a key in any form known here.
    Malformed,
    /// The parts of the key do not fit together.
    Inconsistent,
    /// A public key was given where a private key is needed.
    PublicInsteadOfPrivate,
    /// A private key was given where a public key is needed.
    PrivateInsteadOfPublic,
    /// A certificate was given.
    Certificate,
    /// A key in the format of OpenSSH was given.
    OpenSsh,
    /// PEM with another content.
    OtherContent {
        /// What the `BEGIN` line says.
        label: String,
    },
    /// A key for another algorithm.
    NotRsa {
        /// Name of the algorithm, or its object identifier.
        algorithm: String,
    },
    /// The modulus has fewer than 2048 bits.
    TooSmall {
        /// Size of the modulus in bits.
        bits: usize,
    },
    /// The modulus has more than 8192 bits.
    TooLarge {
        /// Size of the modulus in bits.
        bits: usize,
    },
    /// The public exponent is smaller than 65537, or even.
    SmallExponent,
    /// The key is protected and no passphrase was given.
    PassphraseNeeded,
    /// The passphrase does not open the key.
    WrongPassphrase,
    /// The key is protected, and the crate was built without the feature `encrypted-keys`.
    EncryptedKeysFeatureOff,
    /// The key is protected in the way of PEM files before PKCS#8 (`DEK-Info`).
    TraditionalEncryption,
    /// The key is protected by a scheme that is not supported.
    UnsupportedEncryption {
        /// Object identifier of the scheme.
        scheme: String,
    },
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPem => f.write_str(
                "this is not PEM: no `-----BEGIN …-----` line; check that the right file was given",
            ),
            Self::DerInsteadOfPem => f.write_str(
                "this is DER, not PEM; read it as DER, or convert it with \
                 `openssl pkey -inform DER -in key.der -out key.pem`",
            ),
            Self::DamagedPem => f.write_str(
                "the PEM text is damaged: its END line is missing or its base64 is cut; copy the \
                 whole file again",
            ),
            Self::Malformed => f.write_str(
                "the key is not PKCS#8 or PKCS#1; check the file with `openssl pkey -in key.pem -noout`",
            ),
            Self::Inconsistent => f.write_str(
                "the parts of the RSA key do not fit together; check it with \
                 `openssl rsa -in key.pem -check -noout`",
            ),
            Self::PublicInsteadOfPrivate => f.write_str(
                "this is a public key; signing needs the private key, the one that is not uploaded \
                 to the dashboard",
            ),
            Self::PrivateInsteadOfPublic => f.write_str(
                "this is a private key; take its public half with \
                 `openssl pkey -in key.pem -pubout -out public.pem`",
            ),
            Self::Certificate => f.write_str(
                "this is a certificate; take its public key with \
                 `openssl x509 -in certificate.pem -pubkey -noout`",
            ),
            Self::OpenSsh => f.write_str(
                "this is an OpenSSH key; convert a copy of it with `ssh-keygen -p -m PKCS8 -f copy-of-key`",
            ),
            Self::OtherContent { label } => {
                write!(f, "this PEM file holds {label:?}, not an RSA key")
            }
            Self::NotRsa { algorithm } => write!(
                f,
                "this is a key for {algorithm}; SNAP signs with RSA: make one with \
                 `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem`"
            ),
            Self::TooSmall { bits } => write!(
                f,
                "the RSA key has {bits} bits and at least 2048 are needed; make one with \
                 `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem`"
            ),
            Self::TooLarge { bits } => {
                write!(f, "the RSA key has {bits} bits and at most 8192 are supported")
            }
            Self::SmallExponent => f.write_str(
                "the public exponent of the RSA key is not an odd number of at least 65537; make a new \
                 key with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`",
            ),
            Self::PassphraseNeeded => f.write_str(
                "the key is protected by a passphrase; give it, or remove it with \
                 `openssl pkcs8 -in key.pem -out plain.pem`",
            ),
            Self::WrongPassphrase => f.write_str("the passphrase does not open the key"),
            Self::EncryptedKeysFeatureOff => f.write_str(
                "the key is protected by a passphrase; build snap-sign with the feature \
                 `encrypted-keys`, or remove it with `openssl pkcs8 -in key.pem -out plain.pem`",
            ),
            Self::TraditionalEncryption => f.write_str(
                "the key is protected in the old PEM way (DEK-Info); convert it with \
                 `openssl pkcs8 -topk8 -in key.pem -out pkcs8.pem`",
            ),
            Self::UnsupportedEncryption { scheme } => write!(
                f,
                "the key is protected by the scheme {scheme}, which is not supported; convert it \
                 with `openssl pkcs8 -in key.pem -topk8 -v2 aes-256-cbc -out pkcs8.pem`"
            ),
        }
    }
}

impl std::error::Error for KeyError {}
