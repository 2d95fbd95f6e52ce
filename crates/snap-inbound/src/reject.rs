use std::{error::Error, fmt};

use bytes::Bytes;
use http::{Response, StatusCode};
use snap_sign::{SignatureError, TimestampError};

use crate::{Service, StoreError, answer};

/// A message that was not accepted: one of a few uniform answers outside, the reason inside.
///
/// [`response`](Self::response) tells a sender nothing that helps to forge: all that is wrong with
/// partner id, signature and age has the same answer. [`explain`](Self::explain) tells the merchant,
/// without repeating a value of the message.
///
/// Any answer but 2xx makes DOKU come back, 30 minutes, 6 and 12 hours after the first attempt, and then
/// never again.
#[derive(Debug)]
pub struct Reject {
    service: Service,
    reason: Reason,
}

/// Why a message was not accepted.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reason {
    /// Its method is not POST.
    Method,
    /// It went to a path that is not configured for this kind of message. Compare the route with the
    /// address in DOKU's dashboard, and [`Route::seen_as`](crate::Route::seen_as) with the proxy.
    Path,
    /// Its `Content-Type` is not `application/json`.
    ContentType,
    /// It has a `Content-Encoding`: the signature is over plain bytes.
    ContentEncoding,
    /// Its body is larger than the limit.
    BodyTooLarge,
    /// It has more headers than the limit, or a larger one.
    HeadersTooLarge,
    /// Its body did not come to an end, in time or at all.
    BodyUnfinished,
    /// A header is not there.
    HeaderMissing(&'static str),
    /// A header is there more than once.
    HeaderRepeated(&'static str),
    /// A header holds something that it cannot: a space at its edge, a character that is not printable
    /// ASCII, or more of them than it may have.
    HeaderMalformed(&'static str),
    /// The timestamp cannot be read.
    Timestamp(TimestampError),
    /// The token is none that this merchant issued in this environment, or it was revoked.
    TokenUnknown,
    /// The token was issued by this merchant and has expired.
    TokenExpired,
    /// The client id is none of this receiver's.
    ClientUnknown,
    /// The client id is not the one that the token was issued to.
    ClientMismatch,
    /// The signature does not match. Usual causes: another client secret, a path that differs from the
    /// one DOKU calls, or a framework that parsed the body and wrote it again.
    Signature(SignatureError),
    /// The timestamp is outside the window.
    Stale {
        /// How far it is behind the receiver's clock; negative when it is ahead.
        seconds_behind: i64,
    },
    /// Too many token requests.
    RateLimited,
    /// The same delivery is being handled and has not been acknowledged.
    InProgress,
    /// A store did not answer.
    Store(StoreError),
    /// The claim has passed to another delivery of the same message, because it was not acknowledged
    /// within its lease.
    ClaimLost,
}

impl Reject {
    pub(crate) fn new(service: Service, reason: Reason) -> Self {
        Self { service, reason }
    }

    /// The answer to send.
    #[must_use]
    pub fn response(&self) -> Response<Bytes> {
        let (status, case, message) = self.outside();
        if self.service.code().is_empty() {
            return answer::bare(status);
        }
        let code = answer::response_code(status, self.service, case);
        answer::plain(status, &code, message)
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.outside().0
    }

    /// Why. Its `Display` can be logged, and is not for the sender.
    #[must_use]
    pub fn explain(&self) -> &Reason {
        &self.reason
    }

    /// What kind of message it was sent as.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// The message may be genuine: not it, but this side was the reason.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        matches!(
            self.reason,
            Reason::Store(_) | Reason::InProgress | Reason::ClaimLost
        )
    }

    /// Case codes as in SNAP's table where it has one. HTTP statuses without an entry there get case 00
    /// (assumed).
    fn outside(&self) -> (StatusCode, &'static str, &'static str) {
        match &self.reason {
            Reason::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "00",
                "Requested Function Is Not Supported",
            ),
            Reason::Path => (StatusCode::NOT_FOUND, "00", "Not Found"),
            Reason::ContentType | Reason::ContentEncoding => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "00",
                "Unsupported Media Type",
            ),
            Reason::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "00", "Payload Too Large"),
            Reason::BodyUnfinished => (StatusCode::REQUEST_TIMEOUT, "00", "Request Timeout"),
            Reason::HeadersTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "00",
                "Request Header Fields Too Large",
            ),
            Reason::HeaderMissing(_) | Reason::HeaderRepeated(_) | Reason::HeaderMalformed(_) => {
                (StatusCode::BAD_REQUEST, "02", "Invalid Mandatory Field")
            }
            Reason::Timestamp(_) => (StatusCode::BAD_REQUEST, "01", "Invalid Field Format"),
            Reason::TokenUnknown | Reason::TokenExpired => {
                (StatusCode::UNAUTHORIZED, "01", "Invalid Token (B2B)")
            }
            Reason::ClientUnknown
            | Reason::ClientMismatch
            | Reason::Signature(_)
            | Reason::Stale { .. } => (
                StatusCode::UNAUTHORIZED,
                "00",
                "Unauthorized. Invalid Signature",
            ),
            Reason::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "00", "Too Many Requests"),
            Reason::InProgress | Reason::ClaimLost => {
                (StatusCode::SERVICE_UNAVAILABLE, "00", "Service Unavailable")
            }
            Reason::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "00", "General Error"),
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refused: {}", self.service, self.reason)
    }
}

impl Error for Reject {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.reason {
            Reason::Store(error) => error.source(),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method => f.write_str("the method is not POST"),
            Self::Path => f.write_str(
                "the path is not configured for this kind of message; compare it with the route, and with \
                 what a proxy in front makes of it",
            ),
            Self::ContentType => f.write_str("the content type is not application/json"),
            Self::ContentEncoding => {
                f.write_str("the body is encoded; the signature is over plain bytes")
            }
            Self::BodyTooLarge => f.write_str("the body is larger than the limit"),
            Self::HeadersTooLarge => {
                f.write_str("there are more headers than the limit, or a larger one")
            }
            Self::BodyUnfinished => f.write_str("the body did not come to an end in time"),
            Self::HeaderMissing(name) => write!(f, "there is no {name}"),
            Self::HeaderRepeated(name) => write!(f, "{name} is there more than once"),
            Self::HeaderMalformed(name) => {
                write!(f, "{name} is empty, too long, or holds a character that it cannot")
            }
            Self::Timestamp(error) => write!(f, "{error}"),
            Self::TokenUnknown => f.write_str(
                "the token is none that was issued here for this environment, or it was revoked",
            ),
            Self::TokenExpired => f.write_str("the token has expired"),
            Self::ClientUnknown => f.write_str("the client id is none of this receiver's"),
            Self::ClientMismatch => {
                f.write_str("the client id is not the one that the token was issued to")
            }
            Self::Signature(SignatureError::Mismatch) => f.write_str(
                "the signature does not match: compare the client secret or DOKU's public key, the path \
                 that DOKU calls, and whether the body was parsed and written again on its way here",
            ),
            Self::Signature(error) => write!(f, "{error}"),
            Self::Stale { seconds_behind } if *seconds_behind < 0 => write!(
                f,
                "the timestamp is {} s ahead of this clock, more than the window allows",
                seconds_behind.unsigned_abs()
            ),
            Self::Stale { seconds_behind } => write!(
                f,
                "the timestamp is {seconds_behind} s behind this clock, more than the window allows"
            ),
            Self::RateLimited => f.write_str("there were too many token requests"),
            Self::InProgress => f.write_str(
                "the same delivery is being handled and has not been acknowledged yet; DOKU comes back",
            ),
            Self::Store(error) => write!(f, "{error}; DOKU comes back"),
            Self::ClaimLost => f.write_str(
                "it was not acknowledged within its lease, and another delivery of it took over",
            ),
        }
    }
}
