//! The local sandbox without sockets, and a clock that stands while a test's time is paused.
//!
//! Under paused time the runtime jumps from one timer to the next as soon as nothing else is to be
//! done, so that a call that waits 30 s takes none. A socket would break that: its bytes travel in
//! real time. Here a request is handed over as data, and whatever goes wrong with it is played as an
//! HTTP client would see it.

use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use snap_core::{
    Clock,
    transport::{Sending, Transport, TransportError, TransportFuture, TransportStage},
};
use snap_sandbox::{Act, At, RawReply, RawRequest, Sandbox};
use tokio::time::{Instant, sleep};

/// A transport to a local sandbox in the same process. It never takes real time.
///
/// A fault looks as it does through TLS (the measured table of stages): what happens before the
/// connection is accepted is [`TransportStage::NotConnected`], after that and before the answer's head
/// [`TransportStage::NoAnswer`], after the head [`TransportStage::Body`]. An answer that is cut where
/// nothing tells its length is whole, as far as HTTP knows. An answer that drips or is cut has no
/// headers here.
///
/// Clones share the sandbox and the counts.
#[derive(Clone, Debug)]
pub struct InMemory {
    sandbox: Arc<Sandbox>,
    latency: Duration,
    sent: Arc<Mutex<HashMap<String, u64>>>,
}

impl InMemory {
    /// A transport without any latency.
    #[must_use]
    pub fn new(sandbox: Arc<Sandbox>) -> Self {
        Self {
            sandbox,
            latency: Duration::ZERO,
            sent: Arc::default(),
        }
    }

    /// Every request takes this long: half of it until there is a connection and the request arrives,
    /// half of it until the answer does.
    #[must_use]
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// How often a request to this path was given to the transport, whether or not it arrived.
    #[must_use]
    pub fn sent(&self, path: &str) -> u64 {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.get(path).copied().unwrap_or_default()
    }

    fn count(&self, path: &str) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        *sent.entry(path.to_owned()).or_default() += 1;
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        sending: &Sending,
    ) -> Result<Response<Bytes>, TransportError> {
        self.count(request.uri().path());
        sending.departure().watched();
        self.travel().await;
        let reply = self.sandbox.exchange(raw(&request));
        if !is_before_connection(&reply) {
            sending.departure().begins();
        }
        self.travel().await;
        match reply {
            RawReply::Answer {
                status,
                headers,
                body,
                ..
            } => whole(status, &headers, body, sending),
            RawReply::Broken {
                at,
                act,
                status,
                sent_body,
                ..
            } => broken(at, act, status, sent_body, sending).await,
            _ => Err(no_answer("the sandbox did something unknown")),
        }
    }

    async fn travel(&self) {
        // A sleep of nothing would still let others run.
        if !self.latency.is_zero() {
            sleep(self.latency / 2).await;
        }
    }
}

impl Transport for InMemory {
    fn send<'a>(&'a self, request: Request<Bytes>, sending: &'a Sending) -> TransportFuture<'a> {
        Box::pin(self.exchange(request, sending))
    }
}

fn is_before_connection(reply: &RawReply) -> bool {
    matches!(
        reply,
        RawReply::Broken {
            at: At::BeforeAccept,
            ..
        }
    )
}

fn raw(request: &Request<Bytes>) -> RawRequest {
    let target = request.uri().path_and_query();
    let headers = request.headers().iter();
    RawRequest::new(
        request.method().as_str(),
        target.map_or("/", |target| target.as_str()),
        headers
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        request.body().to_vec(),
    )
}

fn whole(
    status: u16,
    headers: &[(String, String)],
    body: Vec<u8>,
    sending: &Sending,
) -> Result<Response<Bytes>, TransportError> {
    sending.answer_began(status);
    if body.len() > sending.response_limit() {
        return Err(cut(status, "the answer is longer than the limit"));
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).map_err(|_| no_answer("the status is no HTTP status"))?;
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}

/// What an HTTP client makes of an answer that breaks, or of none.
async fn broken(
    at: At,
    act: Act,
    status: Option<u16>,
    body: Vec<u8>,
    sending: &Sending,
) -> Result<Response<Bytes>, TransportError> {
    let is_complete = at == At::AfterResponse || act == Act::TruncateWithoutLength;
    match (act, status) {
        (Act::Drip { bytes_per_second }, Some(status)) => {
            dripped(at, bytes_per_second, status, body, sending).await
        }
        (_, Some(status)) if is_complete => whole(status, &[], body, sending),
        (Act::Hang, status) => {
            if let Some(status) = status {
                sending.answer_began(status);
            }
            pending().await
        }
        (_, Some(status)) => {
            sending.answer_began(status);
            Err(cut(status, "the answer broke off"))
        }
        (_, None) if at == At::BeforeAccept => Err(TransportError::new(
            TransportStage::NotConnected,
            "no connection: it was reset",
        )),
        (_, None) => Err(no_answer("the connection failed")),
    }
}

/// Nobody sees the single bytes, so one pause stands for all of them.
async fn dripped(
    at: At,
    bytes_per_second: u32,
    status: u16,
    body: Vec<u8>,
    sending: &Sending,
) -> Result<Response<Bytes>, TransportError> {
    let second = Duration::from_secs(1);
    let takes = |bytes: usize| {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        second.saturating_mul(bytes) / bytes_per_second.max(1)
    };
    if at < At::MidResponse {
        sleep(takes(HEAD)).await;
    }
    sending.answer_began(status);
    sleep(takes(body.len())).await;
    whole(status, &[], body, sending)
}

fn no_answer(detail: &str) -> TransportError {
    TransportError::new(TransportStage::NoAnswer, detail)
}

fn cut(http_status: u16, detail: &str) -> TransportError {
    TransportError::new(TransportStage::Body { http_status }, detail)
}

/// About the length of the head of an answer, which is not told where it drips.
const HEAD: usize = 200;

/// A clock that goes by tokio's time, for a client and for the sandbox it talks to.
///
/// ```
/// # use std::{sync::Arc, time::{Duration, SystemTime}};
/// # use snap_sandbox::Sandbox;
/// # use snap_suite::{InMemory, VirtualClock, config_for};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// let clock = VirtualClock::starting_at(start);
/// let sandbox = Arc::new(Sandbox::builder().clock(clock.for_sandbox()).start().await?);
/// let config = config_for(&sandbox)?.with_clock(clock);
/// let client = snap_core::Client::with_transport(config, InMemory::new(sandbox))?;
///
/// client.token(Duration::ZERO).await?;
/// # Ok(())
/// # }
/// ```
///
/// Clones share what [`Self::set_off_by`] sets.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    start: SystemTime,
    origin: Instant,
    /// In milliseconds.
    off_by: Arc<AtomicI64>,
}

impl VirtualClock {
    /// A clock that shows this moment now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is a clock")]
    pub fn starting_at(start: SystemTime) -> Self {
        Self {
            start,
            origin: Instant::now(),
            off_by: Arc::default(),
        }
    }

    /// Sets the wall clock off by that much; its monotonic time goes on as before. The sandbox's clock
    /// stays right.
    pub fn set_off_by(&self, millis: i64) {
        self.off_by.store(millis, Ordering::Relaxed);
    }

    /// The same time for a sandbox.
    #[must_use]
    pub fn for_sandbox(&self) -> snap_sandbox::Clock {
        let (start, origin) = (self.start, self.origin);
        snap_sandbox::Clock::from_fn(move || start + origin.elapsed())
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> SystemTime {
        let right = self.start + self.origin.elapsed();
        let millis = self.off_by.load(Ordering::Relaxed);
        let by = Duration::from_millis(millis.unsigned_abs());
        if millis < 0 { right - by } else { right + by }
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}
