//! How requests reach DOKU. [`HttpTransport`] does it by HTTP; a test brings its own.

#[cfg(feature = "rustls")]
mod http;

use std::{
    error::Error as StdError,
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU16, Ordering},
    },
};

use ::http::{Request, Response};
use bytes::Bytes;

#[cfg(feature = "rustls")]
pub use self::http::HttpTransport;

/// Sends one request and brings back the whole answer.
///
/// The client gives no second try and keeps the time itself: an implementation sends each request
/// at most once, follows no redirect, and keeps no timer but those for connecting and for an answer that
/// stops coming. It must say
/// honestly how far it got, because whether a payment may be repeated depends on it.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends the request. An answer longer than [`Sending::response_limit`] is an error of stage
    /// [`TransportStage::Body`].
    fn send<'a>(&'a self, request: Request<Bytes>, sending: &'a Sending) -> TransportFuture<'a>;
}

/// What the client tells a transport about one request, and what it wants to hear on the way: the
/// client's timer may drop the future at any time, and then this is all that is known.
#[derive(Debug)]
pub struct Sending {
    response_limit: usize,
    /// Zero until an answer has begun.
    http_status: AtomicU16,
    departure: Departure,
}

/// Whether the first byte of a request may have left. Cheap to clone; clones are one.
#[derive(Clone, Debug, Default)]
pub struct Departure(Arc<AtomicU8>);

impl Departure {
    /// To be called before the request is handed to the network, if the transport is going to tell when
    /// it leaves. A transport that never calls it is taken to have sent it at once.
    pub fn watched(&self) {
        self.0.store(WATCHED, Ordering::Release);
    }

    /// To be called before the first byte leaves.
    pub fn begins(&self) {
        self.0.store(BEGUN, Ordering::Release);
    }

    /// Whether it is certain that no byte has left.
    #[must_use]
    pub fn is_certainly_ahead(&self) -> bool {
        self.0.load(Ordering::Acquire) == WATCHED
    }
}

const WATCHED: u8 = 1;
const BEGUN: u8 = 2;

impl Sending {
    /// For one request whose answer may have this many bytes.
    #[must_use]
    pub fn new(response_limit: usize) -> Self {
        Self {
            response_limit,
            http_status: AtomicU16::new(0),
            departure: Departure::default(),
        }
    }

    /// Whether the first byte may have left.
    #[must_use]
    pub fn departure(&self) -> &Departure {
        &self.departure
    }

    /// The longest answer to read, in bytes.
    #[must_use]
    pub fn response_limit(&self) -> usize {
        self.response_limit
    }

    /// To be called when the head of the answer is there.
    pub fn answer_began(&self, http_status: u16) {
        self.http_status.store(http_status, Ordering::Release);
    }

    /// The status of the answer, once it has begun.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        match self.http_status.load(Ordering::Acquire) {
            0 => None,
            status => Some(status),
        }
    }
}

/// What [`Transport::send`] returns.
pub type TransportFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + 'a>>;

/// How far a request got before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportStage {
    /// No byte of the request left: name resolution, connecting or TLS failed.
    NotConnected,
    /// As [`Self::NotConnected`], because of TLS: certificate, host name or protocol version.
    /// Another connection changes nothing.
    NotTrusted,
    /// The request may have left and no answer began.
    NoAnswer,
    /// An answer began and did not arrive whole, or is too long.
    Body {
        /// The HTTP status of that answer.
        http_status: u16,
    },
}

/// A request failed before there was a whole answer.
#[derive(Debug)]
pub struct TransportError {
    stage: TransportStage,
    detail: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// A failure in one lower-case clause; it must not quote headers or bodies.
    #[must_use]
    pub fn new(stage: TransportStage, detail: impl Into<String>) -> Self {
        Self {
            stage,
            detail: detail.into(),
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// How far the request got.
    #[must_use]
    pub fn stage(&self) -> TransportStage {
        self.stage
    }

    pub(crate) fn into_source(self) -> Option<Box<dyn StdError + Send + Sync>> {
        self.source
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send<'a>(&'a self, request: Request<Bytes>, sending: &'a Sending) -> TransportFuture<'a> {
        (**self).send(request, sending)
    }
}
