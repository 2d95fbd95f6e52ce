//! `snap sign`: signatures of requests.

use clap::{Args, Subcommand};
use serde::Serialize;
use snap_sign::{HmacKey, PrivateKey};

use crate::{
    Answer, Failure,
    input::{KeySource, SecretSource, TokenSource, one_standard_input},
    request::{TokenRequest, Transaction},
};

#[derive(Subcommand)]
pub(crate) enum Sign {
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
    show: Show,
}

#[derive(Args)]
pub(crate) struct Asymmetric {
    #[command(flatten)]
    request: TokenRequest,
    #[command(flatten)]
    key: KeySource,
    #[command(flatten)]
    show: Show,
}

#[derive(Args)]
pub(crate) struct TransactionAsymmetric {
    #[command(flatten)]
    transaction: Transaction,
    #[command(flatten)]
    key: KeySource,
    #[command(flatten)]
    show: Show,
}

#[derive(Args)]
pub(crate) struct Show {
    /// Also prints the string-to-sign; that of a transaction holds the access token.
    #[arg(long)]
    pub(crate) show_string_to_sign: bool,
}

impl Sign {
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        match self {
            Self::Symmetric(command) => command.run(),
            Self::Asymmetric(command) => command.run(),
            Self::TransactionAsymmetric(command) => command.run(),
        }
    }
}

impl Symmetric {
    fn run(&self) -> Result<Answer, Failure> {
        let Self {
            transaction,
            token,
            secret,
            show,
        } = self;
        one_standard_input(&[transaction.file(), token.file(), secret.file()])?;
        let digest = transaction.digest()?;
        let token = token.read()?;
        let request = transaction.with_token(&token, &digest);
        let signature = HmacKey::new(&secret.read()?).sign(&request);
        Signed {
            body_digest: Some(digest.as_str()),
            timestamp: transaction.timestamp(),
            signature: signature.as_str(),
            string_to_sign: show
                .show_string_to_sign
                .then(|| request.join().expose().to_owned()),
        }
        .answer()
    }
}

impl Asymmetric {
    fn run(&self) -> Result<Answer, Failure> {
        let Self { request, key, show } = self;
        one_standard_input(&key.files())?;
        let joined = request.string_to_sign()?;
        Signed {
            body_digest: None,
            timestamp: request.timestamp(),
            signature: &sign(&key.read()?, &joined)?,
            string_to_sign: show.show_string_to_sign.then_some(joined),
        }
        .answer()
    }
}

impl TransactionAsymmetric {
    fn run(&self) -> Result<Answer, Failure> {
        let Self {
            transaction,
            key,
            show,
        } = self;
        let [key_file, passphrase_file] = key.files();
        one_standard_input(&[transaction.file(), key_file, passphrase_file])?;
        let digest = transaction.digest()?;
        let joined = transaction.without_token(&digest).join();
        Signed {
            body_digest: Some(digest.as_str()),
            timestamp: transaction.timestamp(),
            signature: &sign(&key.read()?, &joined)?,
            string_to_sign: show.show_string_to_sign.then_some(joined),
        }
        .answer()
    }
}

fn sign(key: &PrivateKey, message: &str) -> Result<String, Failure> {
    Ok(key
        .sign(message.as_bytes())
        .map_err(Failure::new)?
        .to_string())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    body_digest: Option<&'a str>,
    timestamp: &'a str,
    signature: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_to_sign: Option<String>,
}

impl Signed<'_> {
    fn answer(&self) -> Result<Answer, Failure> {
        let lines: Vec<String> = [
            ("body digest", self.body_digest),
            ("string-to-sign", self.string_to_sign.as_deref()),
            ("X-TIMESTAMP", Some(self.timestamp)),
            ("X-SIGNATURE", Some(self.signature)),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name}: {value}")))
        .collect();
        Answer::new(self, lines.join("\n"), true)
    }
}
