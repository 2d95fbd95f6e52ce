//! The outcome table as the client looks it up; its rows are in `generated/outcomes.rs`.

use super::NextStep;
use crate::{OperationKind, ResponseCode};

/// What one stage or one group of response codes means.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) met: Met,
    pub(crate) read: Cell,
    pub(crate) session: Cell,
    pub(crate) debit: Cell,
    pub(crate) credit: Cell,
    pub(crate) reversal: Cell,
}

/// What a rule is about.
#[derive(Debug)]
pub(crate) enum Met {
    Stage(Stages),
    Codes(Codes),
}

/// How far a call got that brought no response code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stages {
    Local,
    Journal,
    NoToken,
    NotConnected,
    NotTrusted,
    NoAnswer,
    Unreadable,
    Redirect,
    ProxyAuth,
}

/// Response codes; an empty list and `None` stand for any.
#[derive(Debug)]
pub(crate) struct Codes {
    pub(crate) http: &'static [u16],
    pub(crate) cases: &'static [u16],
    pub(crate) status: Option<Http>,
}

/// The HTTP status an answer came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Http {
    Success,
    Conflict,
    Other,
}

/// What one kind of operation does, and what it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) again: Again,
    pub(crate) then: Then,
}

/// What is tried first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Never,
    Reconnect,
    Retry,
    RetryOnce,
    Clock,
    Token,
    CustomerToken,
}

/// What it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Cannot happen.
    Impossible,
    Ok,
    Error,
    /// It is open whether the session changed.
    Query,
    Accepted,
    AcceptedLater,
    FirstAnswer,
    Confirm,
    InquireOnce,
    NotMoved(Proof),
    InProgress(NextStep),
    Unknown(Reason),
}

/// [`super::NotMovedProof`] without what only the answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    Local,
    JournalFailed,
    NoToken,
    NotSent,
    AuthRejected,
    CustomerTokenRefused,
    RateLimited,
    Rejected,
}

/// [`super::UnknownReason`] without what only the answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    NoAnswer,
    Unreadable,
    Redirected,
    Inconsistent,
    AlreadyProcessed,
    ServerError,
    UnlistedCode,
}

impl Rule {
    pub(crate) const fn cell(&self, kind: OperationKind) -> Cell {
        match kind {
            OperationKind::Read => self.read,
            OperationKind::Session => self.session,
            OperationKind::Debit => self.debit,
            OperationKind::Credit => self.credit,
            OperationKind::Reversal => self.reversal,
        }
    }

    pub(crate) fn is_about(&self, stage: Stages) -> bool {
        matches!(self.met, Met::Stage(about) if about == stage)
    }

    pub(crate) fn covers(&self, code: &ResponseCode, status: Http) -> bool {
        let Met::Codes(codes) = &self.met else {
            return false;
        };
        let (Some(http), Some(case)) = (code.http_part(), code.case()) else {
            return codes.http.is_empty();
        };
        (codes.http.is_empty() || codes.http.contains(&http))
            && (codes.cases.is_empty() || codes.cases.contains(&case))
            && codes.status.is_none_or(|about| about == status)
    }
}

impl From<u16> for Http {
    fn from(status: u16) -> Self {
        match status {
            200..300 => Self::Success,
            409 => Self::Conflict,
            _ => Self::Other,
        }
    }
}
