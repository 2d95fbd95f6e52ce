//! Files, environment variables and standard input.
//!
//! Errors name the option and not its value, which may be a secret or a key by mistake.

use std::{
    env, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use snap_sign::{AccessToken, ClientSecret, KeyError, Passphrase, PrivateKey, PublicKey};

use crate::Failure;

/// Where the B2B access token comes from.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct TokenSource {
    /// Environment variable that holds the B2B access token; it may be empty.
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
    /// File that holds the B2B access token, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl TokenSource {
    pub(crate) fn read(&self) -> Result<AccessToken, Failure> {
        let token = text(
            "token",
            self.token_env.as_deref(),
            self.token_file.as_deref(),
        )?;
        Ok(AccessToken::new(token.unwrap_or_default()))
    }

    pub(crate) fn file(&self) -> NamedFile<'_> {
        ("--token-file", self.token_file.as_deref())
    }
}

/// Where the client secret comes from.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SecretSource {
    /// Environment variable that holds the client secret.
    #[arg(long, value_name = "NAME")]
    secret_env: Option<String>,
    /// File that holds the client secret, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

impl SecretSource {
    pub(crate) fn read(&self) -> Result<ClientSecret, Failure> {
        match text(
            "secret",
            self.secret_env.as_deref(),
            self.secret_file.as_deref(),
        )? {
            Some(secret) if !secret.is_empty() => Ok(ClientSecret::new(secret)),
            _ => Err(Failure::new("the client secret is empty")),
        }
    }

    pub(crate) fn file(&self) -> NamedFile<'_> {
        ("--secret-file", self.secret_file.as_deref())
    }
}

/// Two options for a text that may be left out: an environment variable, or a file.
macro_rules! optional {
    ($(#[$doc:meta])* $name:ident, $env:ident, $file:ident, $option:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Args)]
        #[group(multiple = false)]
        pub(crate) struct $name {
            #[arg(long, value_name = "NAME", help = concat!("Environment variable that holds ", $what))]
            $env: Option<String>,
            #[arg(
                long,
                value_name = "FILE",
                help = concat!("File that holds ", $what, ", or `-` for standard input")
            )]
            $file: Option<PathBuf>,
        }

        impl $name {
            pub(crate) fn read(&self) -> Result<Option<String>, Failure> {
                text($option, self.$env.as_deref(), self.$file.as_deref())
            }

            pub(crate) fn file(&self) -> NamedFile<'_> {
                (concat!("--", $option, "-file"), self.$file.as_deref())
            }
        }
    };
}

optional!(
    /// Where the access token comes from, if it is not what a request says.
    MaybeToken,
    token_env,
    token_file,
    "token",
    "the B2B access token"
);
optional!(
    /// Where the client secret comes from, if there is need of one.
    MaybeSecret,
    secret_env,
    secret_file,
    "secret",
    "the client secret"
);
optional!(
    /// Where the token of Authorization-Customer comes from.
    CustomerToken,
    customer_token_env,
    customer_token_file,
    "customer-token",
    "the token of Authorization-Customer"
);
optional!(
    /// Where the access token of a second request comes from.
    OtherToken,
    other_token_env,
    other_token_file,
    "other-token",
    "the B2B access token of a second request"
);

/// Where the private key comes from, and its passphrase if it has one.
#[derive(Args)]
pub(crate) struct KeySource {
    /// RSA private key, PEM or DER, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// Environment variable that holds the passphrase of the key.
    #[arg(long, value_name = "NAME", conflicts_with = "passphrase_file")]
    passphrase_env: Option<String>,
    /// File that holds the passphrase of the key, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl KeySource {
    pub(crate) fn read(&self) -> Result<PrivateKey, Failure> {
        let (variable, file) = (
            self.passphrase_env.as_deref(),
            self.passphrase_file.as_deref(),
        );
        let passphrase = text("passphrase", variable, file)?.map(Passphrase::new);
        let key = bytes("--key-file", &self.key_file)?;
        let read = match &passphrase {
            Some(passphrase) => match PrivateKey::from_encrypted_pem(&key, passphrase) {
                Err(KeyError::DerInsteadOfPem) => PrivateKey::from_encrypted_der(&key, passphrase),
                read => read,
            },
            None => match PrivateKey::from_pem(&key) {
                Err(KeyError::DerInsteadOfPem) => PrivateKey::from_der(&key),
                read => read,
            },
        };
        read.map_err(|error| Failure::new(format_args!("--key-file: {error}")))
    }

    pub(crate) fn files(&self) -> [NamedFile<'_>; 2] {
        [
            ("--key-file", Some(&self.key_file)),
            ("--passphrase-file", self.passphrase_file.as_deref()),
        ]
    }
}

pub(crate) fn public_key(key: &[u8]) -> Result<PublicKey, Failure> {
    let read = match PublicKey::from_pem(key) {
        Err(KeyError::DerInsteadOfPem) => PublicKey::from_der(key),
        read => read,
    };
    read.map_err(|error| Failure::new(format_args!("--public-key-file: {error}")))
}

/// A file with the option that names it.
pub(crate) type NamedFile<'a> = (&'static str, Option<&'a Path>);

/// Standard input can be read once only.
pub(crate) fn one_standard_input(files: &[NamedFile<'_>]) -> Result<(), Failure> {
    let from_stdin: Vec<&str> = files
        .iter()
        .filter(|(_, file)| file.is_some_and(is_stdin))
        .map(|(option, _)| *option)
        .collect();
    match from_stdin.as_slice() {
        [] | [_] => Ok(()),
        several => Err(Failure::new(format_args!(
            "only one input can be `-` (standard input), not {}",
            several.join(" and ")
        ))),
    }
}

/// All bytes of a file or of standard input.
pub(crate) fn bytes(option: &str, file: &Path) -> Result<Vec<u8>, Failure> {
    let read = if is_stdin(file) {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(file)
    };
    read.map_err(|error| Failure::new(format_args!("the file of {option} cannot be read: {error}")))
}

/// The text of `--<name>-env` or `--<name>-file`, whichever is given.
fn text(
    name: &str,
    variable: Option<&str>,
    file: Option<&Path>,
) -> Result<Option<String>, Failure> {
    match (variable, file) {
        (Some(variable), _) => environment(&format!("--{name}-env"), variable).map(Some),
        (None, Some(file)) => one_line(&format!("--{name}-file"), file).map(Some),
        (None, None) => Ok(None),
    }
}

fn environment(option: &str, variable: &str) -> Result<String, Failure> {
    let problem = match env::var(variable) {
        Ok(value) => return Ok(value),
        Err(env::VarError::NotPresent) => "is not set",
        Err(env::VarError::NotUnicode(_)) => "is not UTF-8",
    };
    Err(Failure::new(if looks_like_a_name(variable) {
        format!("the environment variable {variable} ({option}) {problem}")
    } else {
        format!("the environment variable of {option} {problem}; give its name, not its value")
    }))
}

/// `SNAP_TOKEN` does. A secret, token or passphrase given by mistake does not, and is not repeated.
fn looks_like_a_name(variable: &str) -> bool {
    variable.len() <= 64
        && variable.starts_with(|first: char| first.is_ascii_uppercase())
        && variable
            .bytes()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
}

/// The text of a file without the one line end that editors put at its end.
fn one_line(option: &str, file: &Path) -> Result<String, Failure> {
    let mut text = String::from_utf8(bytes(option, file)?)
        .map_err(|_| Failure::new(format_args!("the file of {option} is not UTF-8")))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}
