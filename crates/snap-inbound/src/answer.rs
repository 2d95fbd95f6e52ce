//! Answers to DOKU: a pure function of what is answered, so that a second delivery gets the same bytes.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;

use crate::Service;

/// HTTP status, service code and case code.
pub(crate) fn response_code(status: StatusCode, service: Service, case: &str) -> String {
    format!("{}{}{case}", status.as_u16(), service.code())
}

/// An answer with code and message only.
pub(crate) fn plain(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    with(status, code, message, &Nothing {})
}

/// An answer with further members behind code and message.
pub(crate) fn with(
    status: StatusCode,
    code: &str,
    message: &str,
    rest: &impl Serialize,
) -> Response<Bytes> {
    let envelope = Envelope {
        response_code: code,
        response_message: message,
        rest,
    };
    json(status, &envelope)
}

/// An answer with this body. Where it cannot be written there is none: the status says the same.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response<Bytes> {
    let Ok(body) = serde_json::to_vec(body) else {
        return bare(status);
    };
    let mut response = bare(status);
    *response.body_mut() = Bytes::from(body);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// An answer without a body.
pub(crate) fn bare(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

#[derive(Serialize)]
struct Envelope<'a, T: Serialize> {
    #[serde(rename = "responseCode")]
    response_code: &'a str,
    #[serde(rename = "responseMessage")]
    response_message: &'a str,
    #[serde(flatten)]
    rest: &'a T,
}

#[derive(Serialize)]
struct Nothing {}
