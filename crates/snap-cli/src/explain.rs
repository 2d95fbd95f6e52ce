//! `snap explain`: a signature step by step, and why one is not right.

mod refused;
mod request;
mod symmetric;
mod token_request;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::value::RawValue;
use snap_sandbox::{Diagnosis, Mistake};

use crate::{Answer, Failure};

#[derive(Args)]
pub(crate) struct Explain {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    refused: refused::Refused,
}

#[derive(Subcommand)]
enum What {
    /// A transaction or notification: HMAC-SHA512 with the client secret.
    #[command(visible_aliases = ["transaction", "notification"])]
    Symmetric(Box<symmetric::Symmetric>),
    /// A token request: RSA.
    #[command(visible_alias = "token-request")]
    Asymmetric(token_request::Asymmetric),
    /// A transaction without an access token: RSA.
    TransactionAsymmetric(token_request::TransactionAsymmetric),
    /// A request of either kind, from a file as a log or `curl -v` shows it.
    Request(request::Request),
}

impl Explain {
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        if self.what.is_some() && self.refused.is_asked() {
            return Err(Failure::new(
                "a request of a running sandbox is explained without a command, and the others without \
                 --last, --number, --reference and --admin",
            ));
        }
        match &self.what {
            Some(What::Symmetric(command)) => command.run(),
            Some(What::Asymmetric(command)) => command.run(),
            Some(What::TransactionAsymmetric(command)) => command.run(),
            Some(What::Request(command)) => command.run(),
            None => self.refused.run(),
        }
    }
}

/// What is printed, in both forms.
#[derive(Default)]
struct Explained {
    /// Whether the signature is right; None without one.
    valid: Option<bool>,
    diagnosis: Option<Diagnosis>,
    /// How another request differs; None if none was given.
    difference: Option<Option<Mistake>>,
    /// Whole, on demand only.
    string_to_sign: Option<String>,
    /// The sandbox and the library do not say the same.
    bug: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    valid: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnosis: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<Option<Difference<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_to_sign: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bug: Option<&'a str>,
}

#[derive(Serialize)]
struct Difference<'a> {
    part: &'a str,
    says: &'a str,
}

impl Explained {
    /// Exit code 1 if the signature is not right, or the other request is signed otherwise.
    fn answer(&self) -> Result<Answer, Failure> {
        let differs = matches!(&self.difference, Some(Some(_)));
        let yes = self.valid != Some(false) && !differs && self.bug.is_none();
        Answer::new(&self.json()?, self.text(), yes)
    }

    fn json(&self) -> Result<Json<'_>, Failure> {
        let diagnosis = self.diagnosis.as_ref().map(Diagnosis::to_json);
        let diagnosis = diagnosis.map(RawValue::from_string).transpose();
        let difference = self.difference.as_ref().map(|found| {
            found.as_ref().map(|mistake| Difference {
                part: &mistake.part,
                says: &mistake.says,
            })
        });
        Ok(Json {
            valid: self.valid,
            diagnosis: diagnosis.map_err(Failure::new)?,
            difference,
            string_to_sign: self.string_to_sign.as_deref(),
            bug: self.bug.as_deref(),
        })
    }

    fn text(&self) -> String {
        let diagnosis = self.diagnosis.as_ref().map(Diagnosis::to_string);
        let difference = self.difference.as_ref().map(|found| match found {
            Some(mistake) => line("difference", &mistake.to_string()),
            None => line("difference", "none: both have the same string-to-sign"),
        });
        let whole = self
            .string_to_sign
            .as_deref()
            .map(|text| line("to sign", text));
        let bug = self.bug.as_deref().map(|bug| line("bug", bug));
        let lines: Vec<String> = [diagnosis, difference, whole, bug]
            .into_iter()
            .flatten()
            .collect();
        lines.join("\n")
    }
}

/// A line in the columns of a diagnosis.
fn line(name: &str, text: &str) -> String {
    format!("{name:<18}{text}")
}
