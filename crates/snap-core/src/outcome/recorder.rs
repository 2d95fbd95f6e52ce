use std::{error::Error as StdError, fmt, future::Future, pin::Pin, sync::Arc, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::{Intent, MoneyState, OperationId};
use crate::ExternalId;

/// Keeps what the client is about to do with money, and what became of it.
///
/// The client calls it around every money call that carries one ([`crate::Call::with_recorder`]).
/// Crate `snap-resolve` has journals that implement it.
pub trait Recorder: fmt::Debug + Send + Sync {
    /// Where the money of an earlier delivery of the same operation is, if one may have arrived and
    /// is still open. Asked before anything else of a call: what proves that this delivery moved
    /// nothing proves nothing about that one.
    fn earlier<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, Option<MoneyState>> {
        let _ = intent;
        Box::pin(async { Ok(None) })
    }

    /// Takes the intent down, durably, before it returns. If it fails, nothing is sent.
    ///
    /// Taking the same intent twice (same operation, body and external id) is one intent. Another
    /// intent for an operation that is still open, or took effect, is refused with
    /// [`RecordError::open`].
    fn intent<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, ()>;

    /// Adds what happened to an operation. After the request was sent the caller gets the outcome
    /// whether or not this fails.
    fn event<'a>(&'a self, id: &'a OperationId, event: &'a Event) -> RecordFuture<'a, ()>;
}

/// What the methods of a [`Recorder`] return.
pub type RecordFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, RecordError>> + Send + 'a>>;

/// What happened to an operation after its intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Event {
    /// It is sent again under another external id, after a definite refusal or a not-found proof.
    /// Durable before the first byte leaves.
    Sending {
        /// The external id of this delivery.
        external_id: ExternalId,
        /// When, by the client's clock.
        at: SystemTime,
    },
    /// Where the money is, as the answer to the call or an inquiry says.
    State {
        /// Where the money is.
        state: MoneyState,
        /// When it was found out.
        at: SystemTime,
        /// DOKU's reference number, if the answer names one: some inquiries ask for it.
        reference_no: Option<String>,
        /// The last delivery that is known to who says so. A later one is not meant.
        #[serde(default)]
        about: Option<ExternalId>,
    },
}

impl Event {
    /// An event that tells where the money is.
    #[must_use]
    pub fn state(state: MoneyState, at: SystemTime, reference_no: Option<String>) -> Self {
        Self::State {
            state,
            at,
            reference_no,
            about: None,
        }
    }

    /// The same event, about this delivery and those before it.
    #[must_use]
    pub fn up_to(mut self, id: Option<ExternalId>) -> Self {
        if let Self::State { about, .. } = &mut self {
            *about = id;
        }
        self
    }

    /// An event that tells of another delivery.
    #[must_use]
    pub fn sending(external_id: ExternalId, at: SystemTime) -> Self {
        Self::Sending { external_id, at }
    }
}

/// A journal did not take something.
#[derive(Clone, Debug)]
pub struct RecordError {
    cause: Arc<dyn StdError + Send + Sync>,
    open: Option<MoneyState>,
}

impl RecordError {
    /// Wraps the cause. Its `Display` is shown in errors and logs: no password, no address with one.
    pub fn new(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            cause: Arc::from(cause.into()),
            open: None,
        }
    }

    /// The operation is in the journal already and has not definitely failed.
    #[must_use]
    pub fn open(state: MoneyState) -> Self {
        Self {
            open: Some(state),
            ..Self::new(EARLIER)
        }
    }

    /// Where the money of an earlier call for the same operation is, if that is why the intent was
    /// refused.
    #[must_use]
    pub fn earlier(&self) -> Option<&MoneyState> {
        self.open.as_ref()
    }
}

const EARLIER: &str =
    "the journal holds an earlier call for it that has not failed; resolve that one";

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)
    }
}

impl StdError for RecordError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.source()
    }
}

impl<R: Recorder + ?Sized> Recorder for Arc<R> {
    fn earlier<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, Option<MoneyState>> {
        (**self).earlier(intent)
    }

    fn intent<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, ()> {
        (**self).intent(intent)
    }

    fn event<'a>(&'a self, id: &'a OperationId, event: &'a Event) -> RecordFuture<'a, ()> {
        (**self).event(id, event)
    }
}
