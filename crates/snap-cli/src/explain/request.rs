//! `snap explain request`: a request as a log shows it.

use std::path::PathBuf;

use clap::Args;
use snap_sandbox::SignedRequest;
use snap_sign::ClientSecret;

use super::{symmetric, token_request};
use crate::{
    Answer, Failure,
    input::{self, MaybeSecret, MaybeToken, one_standard_input},
    sign::Show,
};

#[derive(Args)]
pub(crate) struct Request {
    /// Request line, headers, an empty line and the body, or what `curl -v` prints; `-` for standard
    /// input.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Body, if it is not in the file.
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,
    #[command(flatten)]
    token: MaybeToken,
    #[command(flatten)]
    secret: MaybeSecret,
    /// RSA public key of the client, PEM; for a token request.
    #[arg(long, value_name = "FILE")]
    public_key_file: Option<PathBuf>,
    #[command(flatten)]
    show: Show,
}

impl Request {
    pub(super) fn run(&self) -> Result<Answer, Failure> {
        one_standard_input(&[
            ("--file", Some(&self.file)),
            ("--body-file", self.body_file.as_deref()),
            self.token.file(),
            self.secret.file(),
            ("--public-key-file", self.public_key_file.as_deref()),
        ])?;
        let text = input::bytes("--file", &self.file)?;
        let read = SignedRequest::read(&text);
        match read.map_err(|error| Failure::new(format_args!("--file: {error}")))? {
            SignedRequest::Transaction(mut request) => {
                if let Some(file) = &self.body_file {
                    request.body = input::bytes("--body-file", file)?;
                }
                if let Some(token) = self.token.read()? {
                    request.access_token = token;
                }
                let secret = self.secret.read()?.ok_or_else(|| {
                    Failure::new("this is a transaction; give --secret-env or --secret-file")
                })?;
                symmetric::explained(&request, &ClientSecret::new(secret), &self.show).answer()
            }
            SignedRequest::TokenRequest(request) => {
                let key = self.public_key_file.as_ref().ok_or_else(|| {
                    Failure::new("this is a token request; give --public-key-file")
                })?;
                let key = input::bytes("--public-key-file", key)?;
                token_request::explained(&request, &key)?.answer()
            }
            _ => Err(Failure::new(
                "--file: this kind of request cannot be explained",
            )),
        }
    }
}
