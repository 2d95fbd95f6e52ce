//! `snap verify`: judges signatures.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use snap_sign::{HmacKey, SignatureError};

use crate::{
    Answer, Failure,
    input::{self, NamedFile, SecretSource, TokenSource, one_standard_input, public_key},
    request::{TokenRequest, Transaction},
};

#[derive(Subcommand)]
pub(crate) enum Verify {
    /// A transaction or notification: HMAC-SHA512 with the client secret.
    Symmetric(Symmetric),
    /// A token request: RSA.
    Asymmetric(Asymmetric),
    /// A transaction without an access token: RSA.
    TransactionAsymmetric(TransactionAsymmetric),
}

#[derive(Args)]
pub(crate) struct Symmetric {
    #[command(flatten)]
    transaction: Transaction,
    #[command(flatten)]
    token: TokenSource,
    #[command(flatten)]
    secret: SecretSource,
    #[command(flatten)]
    signature: Signature,
}

#[derive(Args)]
pub(crate) struct Asymmetric {
    #[command(flatten)]
    request: TokenRequest,
    #[command(flatten)]
    key: PublicKeyFile,
    #[command(flatten)]
    signature: Signature,
}

#[derive(Args)]
pub(crate) struct TransactionAsymmetric {
    #[command(flatten)]
    transaction: Transaction,
    #[command(flatten)]
    key: PublicKeyFile,
    #[command(flatten)]
    signature: Signature,
}

#[derive(Args)]
pub(crate) struct Signature {
    /// Value of X-SIGNATURE.
    #[arg(long = "signature", value_name = "BASE64", allow_hyphen_values = true)]
    pub(crate) text: String,
}

#[derive(Args)]
pub(crate) struct PublicKeyFile {
    /// RSA public key of the signer, PEM or DER, or `-` for standard input.
    #[arg(long = "public-key-file", value_name = "FILE")]
    file: PathBuf,
}

impl PublicKeyFile {
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        let (option, _) = self.file();
        input::bytes(option, &self.file)
    }

    pub(crate) fn file(&self) -> NamedFile<'_> {
        ("--public-key-file", Some(&self.file))
    }
}

impl Verify {
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        let verdict = match self {
            Self::Symmetric(command) => command.judge(),
            Self::Asymmetric(command) => command.judge(),
            Self::TransactionAsymmetric(command) => command.judge(),
        }?;
        let reason = verdict.err().map(|error| error.to_string());
        let text = match &reason {
            None => "valid".to_owned(),
            Some(reason) => format!("not valid: {reason}"),
        };
        let valid = reason.is_none();
        Answer::new(&Verdict { valid, reason }, text, valid)
    }
}

#[derive(Serialize)]
struct Verdict {
    valid: bool,
    reason: Option<String>,
}

type Judged = Result<Result<(), SignatureError>, Failure>;

impl Symmetric {
    fn judge(&self) -> Judged {
        let Self {
            transaction,
            token,
            secret,
            signature,
        } = self;
        one_standard_input(&[transaction.file(), token.file(), secret.file()])?;
        let digest = transaction.digest()?;
        let token = token.read()?;
        let key = HmacKey::new(&secret.read()?);
        Ok(key.verify(&transaction.with_token(&token, &digest), &signature.text))
    }
}

impl Asymmetric {
    fn judge(&self) -> Judged {
        let message = self.request.string_to_sign()?;
        Ok(public_key(&self.key.read()?)?.verify(message.as_bytes(), &self.signature.text))
    }
}

impl TransactionAsymmetric {
    fn judge(&self) -> Judged {
        let Self {
            transaction,
            key,
            signature,
        } = self;
        one_standard_input(&[transaction.file(), key.file()])?;
        let digest = transaction.digest()?;
        let message = transaction.without_token(&digest).join();
        Ok(public_key(&key.read()?)?.verify(message.as_bytes(), &signature.text))
    }
}
