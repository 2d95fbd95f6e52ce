#![doc = include_str!("../README.md")]

mod asymmetric;
mod body_digest;
#[cfg(feature = "card-data")]
mod card_data;
mod client_id;
mod hmac_key;
mod key;
mod minify;
#[cfg(feature = "rsa")]
pub mod rsa;
mod secret;
mod signature;
mod string_to_sign;
mod timestamp;

pub use asymmetric::{AsymmetricSigner, PrivateKey, PublicKey, SignFuture, SignerError};
pub use body_digest::BodyDigest;
#[cfg(feature = "card-data")]
pub use card_data::{CardDataError, danger_encrypt_card_data_with_iv, encrypt_card_data};
pub use client_id::{ClientId, ClientIdError};
pub use hmac_key::{HmacKey, HmacPrefix};
pub use key::KeyError;
pub use minify::{MinifyError, is_compact, minify};
pub use secret::{AccessToken, ClientSecret, JoinedStringToSign, Passphrase};
pub use signature::{AsymmetricSignature, SignatureError, SymmetricSignature};
pub use string_to_sign::{StringToSign, TokenStringToSign, TransactionStringToSign};
pub use timestamp::{Timestamp, TimestampError, TimestampForm};
