//! Faults: what goes wrong on the wire, where, for which request, and whether money moves.

mod act;
mod filter;
mod json;
mod many;
mod play;
mod shelf;

use std::fmt;

use self::filter::{Filter, Probability};
pub(crate) use self::{
    act::Stage,
    json::Misread,
    play::{Broken, End, Played},
    shelf::{Asked, Shelf, Waits},
};
pub use self::{
    act::{Act, At, CertificateFlaw},
    many::Faults,
    shelf::WaitingFault,
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
    filter: Filter,
    times: u32,
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
    /// This needs an answer, an HTTP exchange or a handshake, which that point does not have.
    NotThere(At),
    /// The sandbox was not started with TLS.
    NoTls,
    /// Nothing of that name is served, such as `kirimdoku.transferBank` or `token.b2b`.
    UnknownOperation(String),
    /// A value is outside its limits; it says which.
    Value(&'static str),
    /// The state folder cannot be written, so nothing was injected.
    NotKept,
}

impl Fault {
    /// A fault that is played once, on any product operation, without effect.
    pub fn new(at: At, act: Act) -> Self {
        Self {
            at,
            act,
            apply_effect: false,
            filter: Filter::default(),
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
    pub fn for_operation(mut self, operation: impl Into<String>) -> Self {
        self.filter.operation = Some(operation.into());
        self
    }

    /// Only for requests to this path, without query; something need not be served there.
    pub fn for_path(mut self, path: impl Into<String>) -> Self {
        self.filter.path = Some(path.into());
        self
    }

    /// Only for requests of this client id, as they state it.
    pub fn for_client(mut self, client_id: impl Into<String>) -> Self {
        self.filter.client = Some(client_id.into());
        self
    }

    /// Only for requests with this reference, as
    /// [`RecordedRequest::reference`](crate::RecordedRequest::reference) has it. `*` stands for any
    /// text, as in `ord-*`.
    pub fn for_reference(mut self, reference: impl Into<String>) -> Self {
        self.filter.reference = Some(reference.into());
        self
    }

    /// Only for requests with this `X-EXTERNAL-ID`.
    pub fn for_external_id(mut self, external_id: impl Into<String>) -> Self {
        self.filter.external_id = Some(external_id.into());
        self
    }

    /// Only from the nth request on, counted from 1 since the fault was injected, of those that fit
    /// and come as far as the fault's [`At`]; at [`At::BeforeAccept`] and [`At::Tls`] from the nth
    /// connection on.
    pub fn from_nth(mut self, nth: u32) -> Self {
        self.filter.nth = nth;
        self
    }

    /// Only with this probability, between 0 and 1, drawn for each request that fits. The sandbox's
    /// seed decides: the same seed and the same requests give the same faults.
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.filter.probability = Probability::new(probability);
        self
    }

    /// How often it is played; once if not set.
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// As the record of requests has it.
    pub(crate) fn label(&self) -> String {
        let effect = if self.apply_effect { "" } else { ", no effect" };
        format!("{} {}{effect}", self.at.word(), self.act.short())
    }

    /// Can this be played by a sandbox that serves such operations, with TLS or without?
    pub(crate) fn check(
        &self,
        has_tls: bool,
        is_served: impl Fn(&str) -> bool,
    ) -> Result<(), FaultError> {
        let is_early = self.at < At::AfterRequest;
        if is_early && self.apply_effect {
            return Err(FaultError::EffectBeforeArrival(self.at));
        }
        if self.at < At::AfterHead && self.filter.names_a_request() {
            return Err(FaultError::MatchBeforeHead);
        }
        if is_early && self.filter.reference.is_some() {
            return Err(FaultError::ReferenceBeforeBody(self.at));
        }
        if !self.act.is_possible(self.at) {
            return Err(FaultError::NotThere(self.at));
        }
        if self.at == At::Tls && !has_tls {
            return Err(FaultError::NoTls);
        }
        if let Some(wrong) = self.act.wrong_value() {
            return Err(FaultError::Value(wrong));
        }
        self.filter.check(self.times, is_served)
    }
}

impl Filter {
    fn check(&self, times: u32, is_served: impl Fn(&str) -> bool) -> Result<(), FaultError> {
        if times == 0 || self.nth == 0 {
            return Err(FaultError::Value("times and nth are at least 1"));
        }
        if self.texts().into_iter().flatten().any(String::is_empty) {
            return Err(FaultError::Value("an empty text fits no request"));
        }
        match &self.operation {
            Some(operation) if !is_served(operation) => {
                Err(FaultError::UnknownOperation(operation.clone()))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EffectBeforeArrival(at) => write!(
                f,
                "nothing can take effect at {}: the request arrives whole from after_request on",
                at.word()
            ),
            Self::ReferenceBeforeBody(at) => write!(
                f,
                "no reference is known at {}: it is in the body, which is read from after_request on",
                at.word()
            ),
            Self::MatchBeforeHead => f.write_str("nothing of a request is known before its head"),
            Self::NotThere(at) => write!(
                f,
                "there is nothing at {} that this could happen to; most acts go with after_request",
                at.word()
            ),
            Self::NoTls => f.write_str("the sandbox was started without TLS"),
            Self::UnknownOperation(operation) => {
                write!(
                    f,
                    "no operation that is served is named {operation}; one is kirimdoku.transferBank"
                )
            }
            Self::Value(limit) => f.write_str(limit),
            Self::NotKept => f.write_str("the state folder cannot be written"),
        }
    }
}

impl std::error::Error for FaultError {}
