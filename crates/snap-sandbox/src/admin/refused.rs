//! Why the admin port does not do what it was asked. It says what to do instead.

use super::response;
use crate::{action::ActionError, json::Json, response::Response};

/// A refusal: HTTP status and words.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) says: String,
    allow: Option<&'static str>,
}

impl Refused {
    pub(super) fn new(status: u16, says: impl Into<String>) -> Self {
        Self {
            status,
            says: says.into(),
            allow: None,
        }
    }

    /// The request is wrong.
    pub(super) fn bad(says: impl Into<String>) -> Self {
        Self::new(400, says)
    }

    /// Nothing is served at that path.
    pub(super) fn unknown() -> Self {
        Self::new(
            404,
            "nothing is served here; the admin API begins at /_sandbox/state",
        )
    }

    pub(super) fn method(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(405, format!("this path takes {allow}"))
        }
    }

    pub(super) fn too_large() -> Self {
        Self::new(413, "the body is larger than 64 KiB")
    }

    pub(super) fn into_response(self) -> Response {
        let body = Json::object([("error", Json::text(self.says))]);
        let mut response = response(self.status, "application/json", body.to_string());
        let allow = self.allow.map(|allow| ("allow", allow.to_owned()));
        response.headers.extend(allow);
        response
    }
}

impl From<ActionError> for Refused {
    fn from(error: ActionError) -> Self {
        Self::bad(error.to_string())
    }
}
