//! What the sandbox answers, before it becomes HTTP.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    check::{Check, Refusal},
    json::Json,
    quirks::{JsonForm, Quirks},
};

/// An answer as plain data.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `ok`, or the id of the check that failed first.
    pub(crate) verdict: &'static str,
    /// None when the answer is not SNAP.
    pub(crate) response_code: Option<String>,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// What an operation that accepts a request says beyond code and message.
pub(crate) struct Accepted {
    pub(crate) members: Vec<(String, Json)>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// The header that says when DOKU answered.
pub(crate) fn timestamp(now: DateTime<Utc>) -> (&'static str, String) {
    let stamp = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    ("x-timestamp", stamp)
}

impl Answer {
    /// `200ss00 Successful` with the members of the operation.
    pub(crate) fn accepted(service: &str, accepted: Accepted, quirks: &Quirks) -> Self {
        let code = format!("200{service}00");
        let mut body = code_and_message(&code, "Successful", quirks);
        body.extend(accepted.members);
        if quirks.unknown_members {
            body.push((
                "localSandboxExtra".to_owned(),
                Json::object([("added", Json::text("later"))]),
            ));
        }
        Self {
            headers: accepted.headers,
            ..Self::snap(200, "ok", code, body)
        }
    }

    /// The refusal as SNAP words it: code and message, nothing else.
    pub(crate) fn refused(service: &str, refusal: &Refusal, quirks: &Quirks) -> Self {
        let check = refusal.check;
        let code = format!("{}{service}{}", check.http(), check.case());
        let body = code_and_message(&code, &refusal.message(), quirks);
        Self::snap(check.http(), check.id(), code, body)
    }

    /// A refusal from outside SNAP, as a gateway or framework gives it.
    ///
    /// Reported for unknown paths of DOKU's sandbox: HTTP 404 and `No static resource`. The members
    /// around that text follow the problem details of RFC 9457, which the framework with that text
    /// uses; assumed.
    pub(crate) fn foreign(check: Check, path: &str) -> Self {
        let (title, detail) = match check {
            Check::RouteUnknown => (
                "Not Found",
                format!("No static resource {}.", path.trim_start_matches('/')),
            ),
            Check::BodyTooLarge => ("Payload Too Large", Refusal::from(check).message()),
            _ => ("Service Unavailable", Refusal::from(check).message()),
        };
        let body = Json::object([
            ("type", Json::text("about:blank")),
            ("title", Json::text(title)),
            ("status", Json::number(check.http())),
            ("detail", Json::text(detail)),
            ("instance", Json::text(path)),
        ]);
        Self {
            status: check.http(),
            verdict: check.id(),
            response_code: None,
            content_type: "application/problem+json",
            headers: Vec::new(),
            body: body.to_string(),
        }
    }

    /// The message of a SNAP answer.
    pub(crate) fn message(&self) -> Option<String> {
        let body = Json::read(self.body.as_bytes())?;
        let message = body.member("responseMessage").and_then(Json::as_text);
        message.map(ToOwned::to_owned)
    }

    fn snap(status: u16, verdict: &'static str, code: String, body: Vec<(String, Json)>) -> Self {
        Self {
            status,
            verdict,
            response_code: Some(code),
            content_type: "application/json",
            headers: Vec::new(),
            body: Json::Object(body).to_string(),
        }
    }
}

fn code_and_message(code: &str, message: &str, quirks: &Quirks) -> Vec<(String, Json)> {
    let code = text_or_number(code, quirks.response_code);
    vec![
        ("responseCode".to_owned(), code),
        ("responseMessage".to_owned(), Json::text(message)),
    ]
}

/// Digits as JSON text or as a JSON number.
pub(crate) fn text_or_number(digits: &str, form: JsonForm) -> Json {
    match form {
        JsonForm::Text => Json::text(digits),
        JsonForm::Number => Json::number(digits),
    }
}
