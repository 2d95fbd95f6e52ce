//! Faults: what goes wrong on the wire, where, for which request, and whether money moves.

mod play;
mod shelf;

use std::fmt;

pub(crate) use self::{
    play::{Broken, End, Played},
    shelf::{Asked, Shelf},
};

/// One thing that goes wrong; given to [`Sandbox::inject`](crate::Sandbox::inject).
///
/// It is played on the first request that it fits, once. Token calls are left alone unless it names
/// them.
///
/// ```
/// use snap_sandbox::{Act, At, Fault};
///
/// // The transfer is carried out, and the connection reset before the client hears of it.
/// let fault = Fault::new(At::AfterRequest, Act::Reset)
///     .for_operation("kirimdoku.transferBank")
///     .with_apply_effect(true);
/// # let _ = fault;
/// ```
#[derive(Clone, Debug)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    pub(crate) at: At,
    pub(crate) act: Act,
    pub(crate) apply_effect: bool,
    operation: Option<String>,
    reference: Option<String>,
    external_id: Option<String>,
    times: u32,
}

/// When a fault is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum At {
    /// When the client connects. Nothing was read, and no arrival is counted.
    BeforeAccept,
    /// When the head of the request was read.
    AfterHead,
    /// When some of the body was read.
    MidBody,
    /// When the whole request was read.
    AfterRequest,
    /// Before the first byte of the answer; to a client the same as [`AfterRequest`](Self::AfterRequest).
    BeforeHead,
    /// After half of the answer's head.
    MidHead,
    /// After the answer's head and half of its body.
    MidResponse,
    /// After the whole answer.
    AfterResponse,
}

/// What goes wrong.
///
/// From [`Redirect`](Self::Redirect) on, the client gets a whole HTTP answer; then [`At`] says no more
/// than whether the request was read and judged before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// The connection is reset (RST).
    Reset,
    /// The connection is closed (FIN).
    Close,
    /// Nothing more comes, until the sandbox stops or the client leaves.
    Hang,
    /// The real answer comes slowly: at [`At::MidResponse`] and later its body, else all of it.
    Drip {
        /// At least one is sent.
        bytes_per_second: u32,
    },
    /// Up to [`At::MidHead`] bytes that are no HTTP; later an HTTP answer whose body is no JSON.
    Garbage,
    /// The real answer, cut in half, under the `Content-Length` of the whole.
    TruncateWithLength,
    /// The real answer, cut in half, without `Content-Length`: only its JSON shows it.
    TruncateWithoutLength,
    /// HTTP 307 to this address.
    Redirect(String),
    /// HTTP 200 and a page, as of a firewall or a maintenance.
    Html,
    /// This HTTP status and no body.
    Status(u16),
    /// A SNAP answer with this HTTP status and response code. It has the members of the real answer if
    /// that was a success and the code begins with 2.
    Answer {
        /// HTTP status.
        http: u16,
        /// Response code, usually seven digits.
        code: String,
    },
    /// Any bytes.
    Body {
        /// HTTP status.
        http: u16,
        /// The header `Content-Type`.
        content_type: &'static str,
        /// The body.
        bytes: Vec<u8>,
    },
    /// The real answer as `text/plain`.
    WrongContentType,
    /// The real answer with a member that nests 10,000 deep.
    DeepJson,
    /// The real answer with a member of so many bytes.
    Huge(usize),
    /// The answer to somebody else's request: the real one with foreign references.
    Swap,
    /// The real answer with a `Date` header that is so many seconds off.
    Date(i64),
}

/// Why a fault cannot be injected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultError {
    /// Before the whole request has arrived, nothing can take effect.
    EffectBeforeArrival(At),
    /// Before the body has arrived, its reference is not known.
    ReferenceBeforeBody(At),
    /// Before the head has arrived, nothing of the request is known.
    MatchBeforeHead,
    /// This needs an answer or an HTTP exchange, which that point does not have.
    NotThere(At),
    /// Nothing of that name is served, such as `kirimdoku.transferBank` or `token.b2b`.
    UnknownOperation(String),
}

impl Fault {
    /// A fault that is played once, on any product operation, without effect.
    pub fn new(at: At, act: Act) -> Self {
        Self {
            at,
            act,
            apply_effect: false,
            operation: None,
            reference: None,
            external_id: None,
            times: 1,
        }
    }

    /// Whether the request is judged and takes effect as without the fault; if not, it takes none and
    /// uses nothing up, not even its external id. The client cannot tell one from the other.
    pub fn with_apply_effect(self, apply_effect: bool) -> Self {
        Self {
            apply_effect,
            ..self
        }
    }

    /// Only for this operation, as [`Sandbox::operations`](crate::Sandbox::operations) names it.
    pub fn for_operation(self, operation: impl Into<String>) -> Self {
        Self {
            operation: Some(operation.into()),
            ..self
        }
    }

    /// Only for requests with this reference, as
    /// [`RecordedRequest::reference`](crate::RecordedRequest::reference) has it.
    pub fn for_reference(self, reference: impl Into<String>) -> Self {
        Self {
            reference: Some(reference.into()),
            ..self
        }
    }

    /// Only for requests with this `X-EXTERNAL-ID`.
    pub fn for_external_id(self, external_id: impl Into<String>) -> Self {
        Self {
            external_id: Some(external_id.into()),
            ..self
        }
    }

    /// How often it is played; once if not set.
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// As the record of requests has it.
    pub(crate) fn label(&self) -> String {
        let act = format!("{:?}", self.act);
        let end = act.find(['(', '{', ' ']).unwrap_or(act.len());
        let effect = if self.apply_effect { "" } else { ", no effect" };
        format!("{:?} {}{effect}", self.at, &act[..end])
    }

    /// Can this be played?
    pub(crate) fn check(&self, is_served: impl Fn(&str) -> bool) -> Result<(), FaultError> {
        let is_early = self.at < At::AfterRequest;
        if is_early && self.apply_effect {
            return Err(FaultError::EffectBeforeArrival(self.at));
        }
        if is_early && self.reference.is_some() {
            return Err(FaultError::ReferenceBeforeBody(self.at));
        }
        if self.at == At::BeforeAccept && (self.operation.is_some() || self.external_id.is_some()) {
            return Err(FaultError::MatchBeforeHead);
        }
        if !self.act.is_possible(self.at) {
            return Err(FaultError::NotThere(self.at));
        }
        match &self.operation {
            Some(operation) if !is_served(operation) => {
                Err(FaultError::UnknownOperation(operation.clone()))
            }
            _ => Ok(()),
        }
    }
}

impl Act {
    fn is_possible(&self, at: At) -> bool {
        match self {
            Self::Reset | Self::Close | Self::Hang => true,
            Self::Garbage | Self::Html | Self::Status(_) | Self::Redirect(_) => {
                at > At::BeforeAccept
            }
            Self::Body { .. } | Self::Answer { .. } => at > At::BeforeAccept,
            _ => at >= At::AfterRequest,
        }
    }
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EffectBeforeArrival(at) => write!(f, "nothing can take effect at {at:?}"),
            Self::ReferenceBeforeBody(at) => write!(f, "no reference is known at {at:?}"),
            Self::MatchBeforeHead => f.write_str("nothing of a request is known at BeforeAccept"),
            Self::NotThere(at) => write!(f, "there is no answer to change at {at:?}"),
            Self::UnknownOperation(operation) => write!(f, "no operation is named {operation}"),
        }
    }
}

impl std::error::Error for FaultError {}
