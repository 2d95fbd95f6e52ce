//! A local sandbox, a client of it, and what lies between them, under paused time.

use std::{
    fmt,
    future::Future,
    panic::resume_unwind,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{Request, Response};
use snap_core::{
    AuthCode, Client, Config, Error, MoneyState, MovedProof, NextStep, NotMovedProof,
    UnknownReason,
    transport::{Sending, Transport, TransportError, TransportFuture, TransportStage},
};
use snap_sandbox::{Claim, Fault, RecordedRequest, Sandbox, SandboxBuilder};
use snap_suite::{InMemory, VirtualClock, config_for};

use crate::subject::{How, Subject, Told};

/// What a test sets up beyond the usual.
#[derive(Clone, Default)]
pub struct Setting {
    config: Option<Change<Config>>,
    sandbox: Option<Change<SandboxBuilder>>,
    latency: Duration,
}

type Change<T> = Arc<dyn Fn(T) -> T + Send + Sync>;

/// What happens between client and sandbox that a fault cannot do.
#[derive(Clone, Default)]
pub struct Between {
    /// Connections for some paths fail.
    pub unreachable: Option<Unreachable>,
    /// Answers are changed on the way.
    edit: Option<Edit>,
}

#[derive(Clone, Copy)]
pub struct Unreachable {
    pub path: fn(&str) -> bool,
    pub stage: TransportStage,
    pub after: Duration,
    pub detail: &'static str,
}

/// Changes an answer to a request to some path.
type Edit = Arc<dyn Fn(&str, Response<Bytes>) -> Response<Bytes> + Send + Sync>;

impl Setting {
    pub fn config(mut self, change: impl Fn(Config) -> Config + Send + Sync + 'static) -> Self {
        self.config = Some(Arc::new(change));
        self
    }

    pub fn sandbox(
        mut self,
        change: impl Fn(SandboxBuilder) -> SandboxBuilder + Send + Sync + 'static,
    ) -> Self {
        self.sandbox = Some(Arc::new(change));
        self
    }

    /// With customers who take their time.
    fn patient(mut self) -> Self {
        let change = self.sandbox.take();
        self.sandbox(move |builder| {
            let builder = builder.customers_approve(false);
            match &change {
                Some(change) => change(builder),
                None => builder,
            }
        })
    }

    pub fn has_sandbox(&self) -> bool {
        self.sandbox.is_some()
    }

    /// Every request takes that long.
    pub fn slow(latency: Duration) -> Self {
        Self {
            latency,
            ..Self::default()
        }
    }
}

impl Between {
    pub fn unreachable(down: Unreachable) -> Self {
        Self {
            unreachable: Some(down),
            edit: None,
        }
    }

    pub fn editing(
        edit: impl Fn(&str, Response<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        Self {
            unreachable: None,
            edit: Some(Arc::new(edit)),
        }
    }
}

pub struct World {
    pub sandbox: Arc<Sandbox>,
    /// The client's.
    pub clock: VirtualClock,
    pub client: Client,
    /// Requests of operations that were given to the transport.
    connections: Arc<AtomicU64>,
    between: Arc<Mutex<Between>>,
}

/// How much had arrived at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// At the operation in question.
    pub arrived: u64,
    pub tokens: u64,
    pub customer_tokens: u64,
    pub connections: u64,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Setting::default()).await
    }

    pub async fn with(setting: Setting) -> Self {
        let clock = VirtualClock::starting_at(noon());
        let builder = Sandbox::builder()
            .clock(clock.for_sandbox())
            .unverified(true)
            .sessions(false)
            .customers_approve(true);
        let builder = match &setting.sandbox {
            Some(change) => change(builder),
            None => builder,
        };
        let sandbox = Arc::new(builder.start().await.unwrap());
        let config = config_for(&sandbox).unwrap().with_clock(clock.clone());
        let config = match &setting.config {
            Some(change) => change(config),
            None => config,
        };
        let connections = Arc::new(AtomicU64::new(0));
        let between = Arc::new(Mutex::new(Between::default()));
        let wire = Wire {
            inner: InMemory::new(Arc::clone(&sandbox)).with_latency(setting.latency),
            between: Arc::clone(&between),
            connections: Arc::clone(&connections),
        };
        Self {
            client: Client::with_transport(config, wire).unwrap(),
            sandbox,
            clock,
            connections,
            between,
        }
    }

    /// With whatever the subject needs.
    pub async fn prepared(setting: Setting, subject: Subject) -> Self {
        let setting = match subject {
            // An OTP is for a payment that waits for its customer.
            Subject::CustomersOtp => setting.patient(),
            _ => setting,
        };
        let world = Self::with(setting).await;
        world.prepare(subject).await;
        world
    }

    /// From now on.
    pub fn put_between(&self, between: Between) {
        *self.between.lock().unwrap() = between;
    }

    /// The customer is bound, and the payment that is undone, or whose OTP is asked for, was made; by
    /// another client, so that this one has no token yet.
    pub async fn prepare(&self, subject: Subject) {
        let original = match subject {
            Subject::CustomersOtp => Some(Subject::Payment),
            _ => subject.original(),
        };
        if let Some(original) = original {
            let config = config_for(&self.sandbox).unwrap();
            let config = config.with_clock(self.clock.clone());
            let other = InMemory::new(Arc::clone(&self.sandbox));
            let other = Client::with_transport(config, other).unwrap();
            bind(&self.sandbox, &other, "somebody else").await;
            let how = How::default();
            original.call(&other, "somebody else", how).await.unwrap();
        }
        if subject.has_customer() {
            bind(&self.sandbox, &self.client, WHOSE).await;
        }
    }

    pub async fn call(&self, subject: Subject, how: How) -> Result<Told, Error> {
        subject.call(&self.client, WHOSE, how).await
    }

    #[track_caller]
    pub fn inject(&self, fault: Fault) {
        self.sandbox.inject(fault).unwrap();
    }

    pub fn counts(&self, operation: &str) -> Counts {
        Counts {
            arrived: self.requests(operation).len() as u64,
            tokens: self.sandbox.token_requests(),
            customer_tokens: self.sandbox.customer_token_requests(),
            connections: self.connections.load(Ordering::Relaxed),
        }
    }

    /// Whole requests only.
    pub fn requests(&self, operation: &str) -> Vec<RecordedRequest> {
        let mut requests = self.sandbox.requests();
        requests.retain(|request| request.operation.as_deref() == Some(operation));
        requests
    }
}

impl Counts {
    pub fn since(self, before: Self) -> Self {
        Self {
            arrived: self.arrived - before.arrived,
            tokens: self.tokens - before.tokens,
            customer_tokens: self.customer_tokens - before.customer_tokens,
            connections: self.connections - before.connections,
        }
    }
}

async fn bind(sandbox: &Sandbox, client: &Client, whose: &str) {
    let code = AuthCode::new(sandbox.auth_code(whose));
    client.customer(whose).authorize(&code).await.unwrap();
}

/// Noon in Jakarta of some day.
pub fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 - 3 * 3600)
}

struct Wire {
    inner: InMemory,
    between: Arc<Mutex<Between>>,
    connections: Arc<AtomicU64>,
}

impl Wire {
    async fn exchange(
        &self,
        request: Request<Bytes>,
        sending: &Sending,
    ) -> Result<Response<Bytes>, TransportError> {
        let path = request.uri().path().to_owned();
        if !is_token(&path) {
            self.connections.fetch_add(1, Ordering::Relaxed);
        }
        let Between { unreachable, edit } = self.between.lock().unwrap().clone();
        if let Some(down) = unreachable.filter(|down| (down.path)(&path)) {
            tokio::time::sleep(down.after).await;
            return Err(TransportError::new(down.stage, down.detail));
        }
        let answer = self.inner.send(request, sending).await?;
        Ok(match edit {
            Some(edit) => edit(&path, answer),
            None => answer,
        })
    }
}

pub fn is_token(path: &str) -> bool {
    path.contains("/access-token/")
}

impl Transport for Wire {
    fn send<'a>(&'a self, request: Request<Bytes>, sending: &'a Sending) -> TransportFuture<'a> {
        Box::pin(self.exchange(request, sending))
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({:?})", self.inner)
    }
}

/// Plays a case in a task of its own, and gives what it complained about.
pub async fn complaint(case: impl Future<Output = ()> + Send + 'static) -> Option<String> {
    let panicked = tokio::spawn(case).await.err()?;
    let message = panicked.into_panic();
    let text = message.downcast_ref::<String>().cloned();
    let text = text.or_else(|| {
        message
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
    });
    match text {
        Some(text) => Some(text),
        None => resume_unwind(message),
    }
}

/// A state as the outcome table writes it, with what the table leaves open filled in.
pub fn name(state: &MoneyState) -> &'static str {
    match state {
        MoneyState::NotMoved(proof) => match proof {
            NotMovedProof::Local => "not-moved:local",
            NotMovedProof::JournalFailed => "not-moved:journal-failed",
            NotMovedProof::NoToken => "not-moved:no-token",
            NotMovedProof::NotSent => "not-moved:not-sent",
            NotMovedProof::AuthRejected => "not-moved:auth-rejected",
            NotMovedProof::CustomerTokenRefused => "not-moved:customer-token-refused",
            NotMovedProof::RateLimited => "not-moved:rate-limited",
            NotMovedProof::Rejected(_) => "not-moved:rejected",
            _ => "not-moved",
        },
        MoneyState::Moved(MovedProof::Accepted(_)) => "moved:accepted",
        MoneyState::Moved(_) => "moved",
        MoneyState::InProgress(NextStep::CustomerRedirect) => "in-progress:customer-redirect",
        MoneyState::InProgress(NextStep::Otp) => "in-progress:otp",
        MoneyState::InProgress(_) => "in-progress:settlement",
        MoneyState::Unknown(reason) => match reason {
            UnknownReason::Timeout => "unknown:timeout",
            UnknownReason::ConnectionLost => "unknown:connection-lost",
            UnknownReason::BodyTruncated => "unknown:body-truncated",
            UnknownReason::NotSnap { .. } => "unknown:not-snap",
            UnknownReason::ServerError(_) => "unknown:server-error",
            UnknownReason::UnlistedCode(_) => "unknown:unlisted-code",
            UnknownReason::NeedsInquiry(_) => "unknown:needs-inquiry",
            UnknownReason::Inconsistent => "unknown:inconsistent",
            UnknownReason::ForeignAnswer => "unknown:foreign-answer",
            UnknownReason::AlreadyProcessed(_) => "unknown:already-processed",
            UnknownReason::Redirected => "unknown:redirected",
            _ => "unknown",
        },
        _ => "of no known kind",
    }
}

/// The money of a call, or nothing.
pub fn money(result: &Result<Told, Error>) -> Option<&MoneyState> {
    match result {
        Ok(told) => told.money.as_ref(),
        Err(error) => error.money(),
    }
}

/// As the ledger takes it.
pub fn claim(state: &MoneyState) -> Claim {
    match state {
        MoneyState::NotMoved(_) => Claim::NotMoved,
        MoneyState::Moved(_) => Claim::Moved,
        MoneyState::InProgress(_) => Claim::InProgress,
        _ => Claim::Unknown,
    }
}

/// The customer for whom calls are made; the name is personal.
pub const WHOSE: &str = "6281311223344";
