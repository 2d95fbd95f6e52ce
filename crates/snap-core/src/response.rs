use std::{fmt, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    Attempt, Error, ExternalId, MoneyState, Pending, ResponseCode, body, de, error::Failure,
    readable::readable, skew::Measured,
};

/// DOKU's answer to a successful call.
pub struct Response<T> {
    body: T,
    answer: Answer,
}

impl<T> Response<T> {
    /// The members beside response code and message.
    pub fn body(&self) -> &T {
        &self.body
    }

    /// The members beside response code and message.
    pub fn into_body(self) -> T {
        self.body
    }

    /// The response code, such as `2001100`.
    pub fn code(&self) -> &ResponseCode {
        &self.answer.code
    }

    /// The response message; empty if there was none.
    pub fn message(&self) -> &str {
        &self.answer.message
    }

    /// The answer as received, with every member that the types do not know.
    pub fn raw(&self) -> &[u8] {
        &self.answer.raw
    }

    /// The HTTP status. It normally equals the first part of [`Self::code`]; the code decides.
    pub fn http_status(&self) -> u16 {
        self.answer.http_status
    }

    /// The `X-EXTERNAL-ID` of the request that was answered.
    pub fn external_id(&self) -> &ExternalId {
        &self.answer.external_id
    }

    /// Where the money is, for a debit, a credit or a reversal; nothing for any other operation.
    ///
    /// A success of those is [`MoneyState::Moved`] or [`MoneyState::InProgress`]: acceptance alone
    /// moves nothing.
    pub fn money(&self) -> Option<&MoneyState> {
        self.answer.money.as_ref()
    }

    /// What to resolve the operation with, for one that moves money.
    pub fn pending(&self) -> Option<&Pending> {
        self.answer.pending.as_deref()
    }

    /// The deliveries of a call that moves money, in order.
    pub fn attempts(&self) -> &[Attempt] {
        &self.answer.attempts
    }
}

/// The raw answer is left out: it holds what the types redact.
impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("code", &self.answer.code)
            .field("message", &readable(&self.answer.shown))
            .field("http_status", &self.answer.http_status)
            .field("external_id", &self.answer.external_id)
            .field("body", &self.body)
            .finish()
    }
}

/// A complete SNAP answer whose typed body is not read yet.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) code: ResponseCode,
    pub(crate) message: String,
    pub(crate) http_status: u16,
    pub(crate) external_id: ExternalId,
    pub(crate) raw: Bytes,
    /// The message as it may be shown: without the tokens that were sent.
    pub(crate) shown: String,
    /// What the client found out about it.
    pub(crate) note: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) measured: Measured,
    pub(crate) money: Option<MoneyState>,
    pub(crate) pending: Option<Box<Pending>>,
    pub(crate) attempts: Vec<Attempt>,
}

impl Answer {
    pub(crate) fn new(
        code: ResponseCode,
        message: String,
        http_status: u16,
        external_id: ExternalId,
        raw: Bytes,
    ) -> Self {
        Self {
            code,
            shown: message.clone(),
            message,
            http_status,
            external_id,
            raw,
            note: None,
            retry_after: None,
            measured: None,
            money: None,
            pending: None,
            attempts: Vec::new(),
        }
    }

    /// DOKU may repeat what was sent, and a token may be short.
    pub(crate) fn hiding(mut self, secrets: &[&str]) -> Self {
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            if self.shown.contains(secret) {
                self.shown = self.shown.replace(secret, "[masked]");
            }
        }
        self
    }

    pub(crate) fn read<T: DeserializeOwned>(
        self,
        operation: &'static str,
    ) -> Result<Response<T>, Error> {
        match serde_json::from_slice(&self.raw) {
            Ok(body) => Ok(Response { body, answer: self }),
            Err(error) => {
                let detail = format!(
                    "{}, but a member of the answer has another shape than modelled, line {} column {}",
                    self.code,
                    error.line(),
                    error.column()
                );
                Err(Error::from(Failure::unreadable(detail).with_answer(self)).on(operation))
            }
        }
    }
}

/// The two members every SNAP answer has.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    #[serde(rename = "responseCode")]
    pub(crate) code: ResponseCode,
    /// Nothing too where it is no text: the code must not be lost for it.
    #[serde(
        rename = "responseMessage",
        default,
        deserialize_with = "de::text_if_any"
    )]
    pub(crate) message: Option<String>,
}

impl Envelope {
    /// Reads the envelope; the error says why the answer is not SNAP, without quoting it.
    pub(crate) fn read(http_status: u16, raw: &[u8]) -> Result<Self, String> {
        // serde would read the entries of a list as code and message, by position.
        let is_list = raw.trim_ascii_start().first() == Some(&b'[');
        let because = match serde_json::from_slice::<Self>(raw) {
            Ok(_) if is_list => "it is a JSON list",
            Ok(_) if body::is_deep(raw) => "it is nested deeper than 64 levels",
            Ok(envelope) if envelope.code.is_well_formed() => return Ok(envelope),
            Ok(_) => "its response code does not have seven digits",
            Err(error) if error.is_data() => "it is JSON without a readable response code",
            Err(error) if error.is_eof() => "it is JSON that ends early, or empty",
            Err(_) => "it is not JSON",
        };
        // What an answer without a response code usually means.
        let hint = match http_status {
            300..400 => "; redirects are not followed, so check the base URL",
            404 | 405 => "; check the base URL, and the path and method of the operation",
            _ => "",
        };
        Err(format!("HTTP {http_status}, {because}{hint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_no_text_does_not_hide_the_code() {
        for message in [r#"{"en":"No"}"#, r#"["No"]"#, r#""\ud800""#, "null"] {
            let raw = format!(r#"{{"responseMessage":{message},"responseCode":"4031114"}}"#);

            let envelope = Envelope::read(403, raw.as_bytes()).unwrap();

            assert_eq!(envelope.code.as_str(), "4031114");
            assert_eq!(envelope.message, None, "{message}");
        }
    }
}
