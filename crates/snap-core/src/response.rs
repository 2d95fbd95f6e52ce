use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{Error, ExternalId, ResponseCode, de, error::Failure, readable::readable};

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
}

/// The raw answer is left out: it holds what the types redact.
impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("code", &self.answer.code)
            .field("message", &readable(&self.answer.message))
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
}

impl Answer {
    pub(crate) fn read<T: DeserializeOwned>(
        self,
        operation: &'static str,
    ) -> Result<Response<T>, Error> {
        match serde_json::from_slice(&self.raw) {
            Ok(body) => Ok(Response { body, answer: self }),
            Err(error) => {
                let detail = format!(
                    "a member of the answer has another shape than modelled, line {} column {}",
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
