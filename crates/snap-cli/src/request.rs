//! The parts of a request that are signed, given as arguments and checked.

use std::path::PathBuf;

use clap::Args;
use snap_sign::{
    AccessToken, BodyDigest, ClientId, StringToSign, Timestamp, TokenStringToSign,
    TransactionStringToSign,
};

use crate::{
    Failure,
    input::{self, NamedFile},
};

/// Method, path, body and timestamp of a transaction.
#[derive(Args)]
pub(crate) struct Transaction {
    /// HTTP method in upper case, such as `POST`.
    #[arg(long)]
    method: String,
    /// Path from the leading `/`, with the query string if there is one, without scheme and host.
    #[arg(long)]
    path: String,
    /// Value of X-TIMESTAMP, which is signed as it is, such as `2026-11-20T17:30:00+07:00`.
    #[arg(long)]
    timestamp: String,
    /// Body of the request, or `-` for standard input; without it the body is empty.
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,
}

impl Transaction {
    /// Reads the body, unless an argument is wrong.
    pub(crate) fn digest(&self) -> Result<BodyDigest, Failure> {
        check_method(&self.method)?;
        check_path(&self.path)?;
        check_timestamp(&self.timestamp)?;
        BodyDigest::of_json(&self.body()?).map_err(Failure::new)
    }

    /// The bytes of the body.
    pub(crate) fn body(&self) -> Result<Vec<u8>, Failure> {
        match &self.body_file {
            Some(file) => input::bytes("--body-file", file),
            None => Ok(Vec::new()),
        }
    }

    /// Method, path and timestamp, right or wrong.
    pub(crate) fn as_given(&self) -> (&str, &str, &str) {
        (&self.method, &self.path, &self.timestamp)
    }

    pub(crate) fn timestamp(&self) -> &str {
        &self.timestamp
    }

    pub(crate) fn file(&self) -> NamedFile<'_> {
        ("--body-file", self.body_file.as_deref())
    }

    pub(crate) fn with_token<'a>(
        &'a self,
        access_token: &'a AccessToken,
        body_digest: &'a BodyDigest,
    ) -> StringToSign<'a> {
        let Self {
            method,
            path,
            timestamp,
            ..
        } = self;
        StringToSign {
            method,
            path,
            access_token,
            body_digest,
            timestamp,
        }
    }

    pub(crate) fn without_token<'a>(
        &'a self,
        body_digest: &'a BodyDigest,
    ) -> TransactionStringToSign<'a> {
        let Self {
            method,
            path,
            timestamp,
            ..
        } = self;
        TransactionStringToSign {
            method,
            path,
            body_digest,
            timestamp,
        }
    }
}

/// Client id and timestamp of a token request.
#[derive(Args)]
pub(crate) struct TokenRequest {
    /// Value of X-CLIENT-KEY.
    #[arg(long)]
    client_id: String,
    /// Value of X-TIMESTAMP, which is signed as it is, such as `2026-11-20T17:30:00+07:00`.
    #[arg(long)]
    timestamp: String,
}

impl TokenRequest {
    /// Client id and timestamp, right or wrong.
    pub(crate) fn as_given(&self) -> (&str, &str) {
        (&self.client_id, &self.timestamp)
    }

    pub(crate) fn string_to_sign(&self) -> Result<String, Failure> {
        check_timestamp(&self.timestamp)?;
        let client_id = ClientId::new(&*self.client_id)
            .map_err(|error| Failure::new(format_args!("--client-id: {error}")))?;
        Ok(TokenStringToSign {
            client_id: &client_id,
            timestamp: &self.timestamp,
        }
        .join())
    }

    pub(crate) fn timestamp(&self) -> &str {
        &self.timestamp
    }
}

fn check_method(method: &str) -> Result<(), Failure> {
    if !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(Failure::new(
        "--method: the method is written in upper case, such as POST",
    ))
}

fn check_path(path: &str) -> Result<(), Failure> {
    let problem = if !path.starts_with('/') || path.starts_with("//") {
        "starts with a single `/`, without scheme and host, such as /snap/v1.1/balance-inquiry"
    } else if path.chars().any(|c| c.is_whitespace() || c.is_control()) {
        "holds no whitespace; write it as it stands in the request line"
    } else {
        return Ok(());
    };
    Err(Failure::new(format_args!("--path: the path {problem}")))
}

fn check_timestamp(timestamp: &str) -> Result<(), Failure> {
    match Timestamp::parse(timestamp) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::new(format_args!(
            "--timestamp: {error}; an example is 2026-11-20T17:30:00+07:00"
        ))),
    }
}
