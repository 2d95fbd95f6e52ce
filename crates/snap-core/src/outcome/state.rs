use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ResponseCode;

/// Where the money of a debit, a credit or a reversal is.
///
/// The first two are claims: they are made only on proof. `Unknown` is always an honest answer, and
/// comes with a [`Pending`](crate::Pending) to find out by.
///
/// It speaks about the call that returned it. When the same operation was sent before and is still
/// open, that earlier call may yet move the money: a journal (crate `snap-resolve`) knows, and
/// refuses the second call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum MoneyState {
    /// The money is where it was before the call, and the call will not move it. Mark it as failed;
    /// a new attempt is the caller's choice.
    NotMoved(NotMovedProof),
    /// It took effect once. Mark it as done.
    Moved(MovedProof),
    /// DOKU has it, and a step of the customer or a settlement is outstanding. Show it as pending.
    InProgress(NextStep),
    /// It may have taken effect. Do not send it again and do not report it as failed: find out.
    Unknown(UnknownReason),
}

impl MoneyState {
    /// Whether nothing more is to come: moved, or not moved.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::NotMoved(_) | Self::Moved(_))
    }
}

/// One clause, such as `the money did not move (the request was not sent)`.
impl fmt::Display for MoneyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMoved(proof) => write!(f, "the money did not move ({proof})"),
            Self::Moved(proof) => write!(f, "the money moved ({proof})"),
            Self::InProgress(step) => write!(f, "the money is in progress ({step})"),
            Self::Unknown(reason) => write!(f, "the money may have moved ({reason})"),
        }
    }
}

/// Why it is certain that nothing moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum NotMovedProof {
    /// The call was found wrong before anything was sent.
    Local,
    /// The journal did not take the intent, so nothing was sent.
    JournalFailed,
    /// There was no access token, so nothing was sent.
    NoToken,
    /// No connection was made, or a proxy forwarded nothing.
    NotSent,
    /// DOKU refused signature or token (HTTP part 401).
    AuthRejected,
    /// DOKU refused the customer's token.
    CustomerTokenRefused,
    /// DOKU refused to look at it for now (429).
    RateLimited,
    /// DOKU refused it with this response code.
    Rejected(ResponseCode),
    /// An inquiry says that it failed.
    StatusFailed,
    /// An inquiry says that it was cancelled.
    StatusCancelled,
    /// A payout came back.
    Returned,
    /// No inquiry found it, over the whole horizon of its product, and the caller closed it.
    NotFoundAfterHorizon,
}

/// Why it is certain that the money moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum MovedProof {
    /// DOKU accepted it, and nothing more is to come.
    Accepted(ResponseCode),
    /// An inquiry says that it succeeded, with the amount that was asked for.
    StatusSuccess,
    /// DOKU refused it as a repetition of one that an inquiry says succeeded.
    DuplicateOfSuccess,
}

/// What is outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum NextStep {
    /// The customer confirms on the page that the answer names.
    CustomerRedirect,
    /// The customer was sent an OTP.
    Otp,
    /// DOKU, or a bank behind it, settles.
    Settlement,
}

/// Why it is not known whether the money moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UnknownReason {
    /// The limit of the call ran out after the request may have left.
    Timeout,
    /// The connection broke after the request may have left.
    ConnectionLost,
    /// The answer broke off, or is longer than the limit.
    BodyTruncated,
    /// The answer is no SNAP answer.
    NotSnap {
        /// Its HTTP status.
        http: u16,
    },
    /// DOKU failed on the request (5xx).
    ServerError(ResponseCode),
    /// No document lists the code for a case like this.
    UnlistedCode(ResponseCode),
    /// The code may stand for either: only an inquiry tells.
    NeedsInquiry(ResponseCode),
    /// A success code under an HTTP error.
    Inconsistent,
    /// The answer is about another request, or another service.
    ForeignAnswer,
    /// DOKU says that it was processed before.
    AlreadyProcessed(ResponseCode),
    /// A redirect came back, which is not followed.
    Redirected,
    /// The runtime that sent it ended.
    Dropped,
    /// Found in a journal without an outcome.
    Recovered,
}

/// What an ambiguous code usually means. A hint for people, never a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Presumption {
    /// It probably took effect.
    Moved,
    /// It probably did not.
    NotMoved,
}

impl fmt::Display for NotMovedProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("nothing was sent"),
            Self::JournalFailed => f.write_str("the journal did not take the intent"),
            Self::NoToken => f.write_str("there was no access token"),
            Self::NotSent => f.write_str("the request was not sent"),
            Self::AuthRejected => f.write_str("DOKU refused signature or token"),
            Self::CustomerTokenRefused => f.write_str("DOKU refused the customer's token"),
            Self::RateLimited => f.write_str("DOKU is limiting requests"),
            Self::Rejected(code) => write!(f, "refused with {code}"),
            Self::StatusFailed => f.write_str("an inquiry says it failed"),
            Self::StatusCancelled => f.write_str("an inquiry says it was cancelled"),
            Self::Returned => f.write_str("the payout came back"),
            Self::NotFoundAfterHorizon => f.write_str("no inquiry found it"),
        }
    }
}

impl fmt::Display for MovedProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(code) => write!(f, "accepted with {code}"),
            Self::StatusSuccess => f.write_str("an inquiry says it succeeded"),
            Self::DuplicateOfSuccess => f.write_str("a repetition of one that succeeded"),
        }
    }
}

impl fmt::Display for NextStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CustomerRedirect => "the customer has to confirm",
            Self::Otp => "the customer was sent an OTP",
            Self::Settlement => "it is not settled yet",
        })
    }
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("time ran out"),
            Self::ConnectionLost => f.write_str("the connection was lost"),
            Self::BodyTruncated => f.write_str("the answer broke off"),
            Self::NotSnap { http } => write!(f, "HTTP {http} without a SNAP answer"),
            Self::ServerError(code) => write!(f, "DOKU failed with {code}"),
            Self::UnlistedCode(code) => write!(f, "{code} is not listed"),
            Self::NeedsInquiry(code) => write!(f, "{code} may mean either"),
            Self::Inconsistent => f.write_str("code and HTTP status contradict each other"),
            Self::ForeignAnswer => f.write_str("the answer is about something else"),
            Self::AlreadyProcessed(code) => write!(f, "processed before, says {code}"),
            Self::Redirected => f.write_str("a redirect was not followed"),
            Self::Dropped => f.write_str("the runtime ended"),
            Self::Recovered => f.write_str("found in the journal without an outcome"),
        }
    }
}
