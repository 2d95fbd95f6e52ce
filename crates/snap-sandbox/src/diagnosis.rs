//! Why a request is refused: its signature taken apart, and the usual mistakes tried one by one.
//!
//! Everything here reads and nothing is remembered. No client secret, no whole token and no body is
//! part of a result.

mod advice;
mod body;
mod difference;
mod found;
mod guesses;
mod json;
mod other_keys;
mod raw;
mod received;
mod recipe;
mod refused;
mod style;
mod times;
mod token_request;
mod transaction;

use std::fmt;

pub(crate) use self::refused::Which;
pub use self::{
    raw::{ReadError, SignedRequest},
    token_request::SignedTokenRequest,
    transaction::SignedTransaction,
};

/// What is wrong with a request, as far as it can be told from outside.
///
/// It holds digests, lengths and the last four characters of tokens, and neither a client secret nor a
/// body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// `ok`, or the id of the check that failed, as in `X-Sandbox-Verdict`.
    pub verdict: String,
    /// What to do, in a sentence or two.
    pub advice: String,
    /// How the signature is made, part by part, as the sandbox sees it.
    pub steps: Vec<Step>,
    /// The mistakes that together give the signature that was received, in the order of the
    /// string-to-sign; none if the signature is right, or no usual mistake gives it.
    pub mistakes: Vec<Mistake>,
    /// The signature that would have been right, if it can be made without a private key.
    pub expected_signature: Option<String>,
}

/// One part of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What it is, such as `path` or `body digest`.
    pub name: String,
    /// Its value, shortened where it is a secret.
    pub value: String,
    /// What is remarkable about it.
    pub note: Option<String>,
}

/// One thing that a client did otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mistake {
    /// The part that differs: `method`, `path`, `access token`, `body`, `body digest`, `timestamp`,
    /// `order`, `client id`, `client secret`, `key`, `algorithm` or `signature`.
    pub part: String,
    /// How it differs.
    pub says: String,
}

impl Diagnosis {
    /// The first part, in the order of the string-to-sign, that the client signed otherwise.
    #[must_use]
    pub fn first_difference(&self) -> Option<&Mistake> {
        self.mistakes.first()
    }
}

impl Diagnosis {
    /// With another text in place of each: what a client put in the wrong place may be a secret.
    fn rewritten(mut self, rewrite: impl Fn(&str) -> String) -> Self {
        self.advice = rewrite(&self.advice);
        for step in &mut self.steps {
            step.value = rewrite(&step.value);
            step.note = step.note.as_deref().map(&rewrite);
        }
        for mistake in &mut self.mistakes {
            mistake.says = rewrite(&mistake.says);
        }
        self
    }
}

impl Step {
    fn new(name: &str, value: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            value: value.into(),
            note: None,
        }
    }

    fn with_note(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }
}

impl Mistake {
    fn new(part: &str, says: impl Into<String>) -> Self {
        Self {
            part: part.to_owned(),
            says: says.into(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.says)
    }
}

/// Several lines: the verdict, the steps, the mistakes, the advice.
impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<18}{}", "verdict", self.verdict)?;
        for step in &self.steps {
            write!(f, "{:<18}{}", step.name, step.value)?;
            match &step.note {
                Some(note) => writeln!(f, " ({note})")?,
                None => writeln!(f)?,
            }
        }
        for mistake in &self.mistakes {
            writeln!(f, "{:<18}{mistake}", "mistake")?;
        }
        write!(f, "{:<18}{}", "advice", self.advice)
    }
}

/// A token as it may be shown: its last four characters, if they give nothing away.
fn shortened(token: &str) -> String {
    let last = token.char_indices().rev().nth(3).map(|(at, _)| at);
    match last {
        Some(at) if token.len() >= 16 => format!("…{} ({} bytes)", &token[at..], token.len()),
        _ => format!("({} bytes)", token.len()),
    }
}

/// Text of a request as it may be shown: no control characters, and not endless.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST_SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.escape_debug().to_string()
}

/// In characters; no documented path is half as long.
const LONGEST_SHOWN: usize = 200;

#[cfg(test)]
mod tests;
