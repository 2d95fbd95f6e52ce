//! `snap explain symmetric`.

use std::path::PathBuf;

use clap::Args;
use snap_sandbox::SignedTransaction;
use snap_sign::{AccessToken, BodyDigest, ClientSecret, HmacKey, StringToSign};

use super::Explained;
use crate::{
    Answer, Failure,
    input::{
        self, CustomerToken, NamedFile, OtherToken, SecretSource, TokenSource, one_standard_input,
    },
    request::Transaction,
    sign::Show,
};

#[derive(Args)]
pub(crate) struct Symmetric {
    #[command(flatten)]
    transaction: Transaction,
    #[command(flatten)]
    token: TokenSource,
    #[command(flatten)]
    secret: SecretSource,
    #[command(flatten)]
    received: Received,
    #[command(flatten)]
    other: Other,
    #[command(flatten)]
    show: Show,
}

/// What is known of a request that was refused.
#[derive(Args)]
pub(super) struct Received {
    /// Value of X-SIGNATURE, if there is one that is not right.
    #[arg(long, value_name = "BASE64", allow_hyphen_values = true)]
    signature: Option<String>,
    #[command(flatten)]
    customer_token: CustomerToken,
    /// Value of X-PARTNER-ID, which is taken for the secret sometimes.
    #[arg(long)]
    client_id: Option<String>,
    /// Host and port, which are signed sometimes.
    #[arg(long)]
    host: Option<String>,
}

/// A second request, to compare the first one with: what is not given is the same.
#[derive(Args)]
struct Other {
    /// Method of a second request.
    #[arg(long)]
    other_method: Option<String>,
    /// Path of a second request.
    #[arg(long)]
    other_path: Option<String>,
    /// Timestamp of a second request.
    #[arg(long)]
    other_timestamp: Option<String>,
    /// Body of a second request, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    other_body_file: Option<PathBuf>,
    #[command(flatten)]
    other_token: OtherToken,
}

impl Symmetric {
    pub(super) fn run(&self) -> Result<Answer, Failure> {
        one_standard_input(&self.files())?;
        let (method, path, timestamp) = self.transaction.as_given();
        let token = self.token.read()?;
        let body = self.transaction.body()?;
        let secret = self.secret.read()?;
        let mut request = SignedTransaction::new(method, path, token.expose(), body, timestamp);
        self.received.fill(&mut request)?;
        let mut explained = explained(&request, &secret, &self.show);
        explained.difference = self
            .other
            .of(&request)?
            .map(|other| request.difference_from(&other));
        explained.answer()
    }

    fn files(&self) -> [NamedFile<'_>; 6] {
        [
            self.transaction.file(),
            self.token.file(),
            self.secret.file(),
            self.received.customer_token.file(),
            ("--other-body-file", self.other.other_body_file.as_deref()),
            self.other.other_token.file(),
        ]
    }
}

impl Received {
    fn fill(&self, request: &mut SignedTransaction) -> Result<(), Failure> {
        request.signature.clone_from(&self.signature);
        request.customer_token = self.customer_token.read()?;
        request.client_id.clone_from(&self.client_id);
        request.host.clone_from(&self.host);
        Ok(())
    }
}

impl Other {
    /// None if nothing of it is given.
    fn of(&self, request: &SignedTransaction) -> Result<Option<SignedTransaction>, Failure> {
        let body = match &self.other_body_file {
            Some(file) => Some(input::bytes("--other-body-file", file)?),
            None => None,
        };
        let token = self.other_token.read()?;
        let texts = [&self.other_method, &self.other_path, &self.other_timestamp];
        if body.is_none() && token.is_none() && texts.iter().all(|text| text.is_none()) {
            return Ok(None);
        }
        let given = |text: &Option<String>, same: &str| text.clone().unwrap_or(same.to_owned());
        Ok(Some(SignedTransaction::new(
            given(&self.other_method, &request.method),
            given(&self.other_path, &request.target),
            given(&token, &request.access_token),
            body.unwrap_or_else(|| request.body.clone()),
            given(&self.other_timestamp, &request.timestamp),
        )))
    }
}

/// What the sandbox says, held against what the library signs.
pub(super) fn explained(
    request: &SignedTransaction,
    secret: &ClientSecret,
    show: &Show,
) -> Explained {
    let diagnosis = request.explain(secret.expose());
    let token = AccessToken::new(&*request.access_token);
    let digest = BodyDigest::of_json(&request.body);
    let signed = digest.as_ref().ok().map(|body_digest| StringToSign {
        method: &request.method,
        path: &request.target,
        access_token: &token,
        body_digest,
        timestamp: &request.timestamp,
    });
    let ours = signed.map(|signed| HmacKey::new(secret).sign(&signed).to_string());
    let bug = match (&ours, &diagnosis.expected_signature) {
        (Some(ours), Some(theirs)) if ours != theirs => Some(format!(
            "snap-sign would sign {ours}; please report this with the request"
        )),
        _ => None,
    };
    let is_shown = show.show_string_to_sign;
    Explained {
        valid: request
            .signature
            .is_some()
            .then_some(diagnosis.verdict == "ok"),
        string_to_sign: signed
            .filter(|_| is_shown)
            .map(|signed| signed.join().expose().to_owned()),
        diagnosis: Some(diagnosis),
        bug,
        ..Explained::default()
    }
}
