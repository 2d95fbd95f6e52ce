//! A request and its answer as plain data, without a socket.

use crate::{
    arrived::{Arrived, BODY_LIMIT},
    fault::{Act, At, Broken, Played},
    response::Response,
};

/// A request, as a test's own transport has it; see [`Sandbox::exchange`](crate::Sandbox::exchange).
///
/// `Debug` does not show values of headers or the body: they hold tokens.
#[derive(Clone)]
#[non_exhaustive]
pub struct RawRequest {
    /// Method, in capitals.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in any case, and values.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The bytes that were signed.
    pub body: Vec<u8>,
}

/// What a client would see of the answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RawReply {
    /// A whole HTTP answer.
    #[non_exhaustive]
    Answer {
        /// HTTP status.
        status: u16,
        /// Names in lower case, and values.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// Something else: the test's transport plays what `act` says.
    #[non_exhaustive]
    Broken {
        /// Where the fault struck.
        at: At,
        /// What it did.
        act: Act,
        /// HTTP status, if the whole head was sent.
        status: Option<u16>,
        /// The part of the body that was sent; garbage before a head included.
        sent_body: Vec<u8>,
    },
}

impl RawRequest {
    /// A request.
    #[must_use]
    pub fn new(
        method: impl Into<String>,
        target: impl Into<String>,
        headers: Vec<(String, Vec<u8>)>,
        body: Vec<u8>,
    ) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            headers,
            body,
        }
    }

    pub(crate) fn into_arrived(self) -> Arrived {
        let headers = self.headers.into_iter();
        Arrived {
            method: self.method,
            target: self.target,
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            body: Some(self.body).filter(|body| body.len() <= BODY_LIMIT),
        }
    }
}

impl std::fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawRequest")
            .field("method", &self.method)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

impl From<Response> for RawReply {
    fn from(response: Response) -> Self {
        let headers = response.headers.into_iter();
        Self::Answer {
            status: response.status,
            headers: headers
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            body: response.body,
        }
    }
}

impl From<Played> for RawReply {
    fn from(played: Played) -> Self {
        match played {
            Played::Whole(response) => response.into(),
            Played::Broken(broken) => broken.into(),
        }
    }
}

impl From<Broken> for RawReply {
    fn from(broken: Broken) -> Self {
        Self::Broken {
            sent_body: match broken.act {
                Act::Garbage => broken.head,
                _ => broken.body,
            },
            at: broken.at,
            act: broken.act,
            status: broken.status,
        }
    }
}
