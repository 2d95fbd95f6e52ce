use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use rand::RngExt;
use serde_json::{Value, json};
use snap_core::{
    B2b, Client, Method, Operation, OperationInfo, OperationKind,
    token::{
        Bell, Changes, Entry, Generation, Lease, MemoryTokenStore, NewEntry, Slot, StoreFuture,
        TokenStore,
    },
    transport::{Sending, Transport, TransportFuture},
};
use snap_sandbox::Sandbox;
use snap_suite::{SetUpError, config_for};
use tokio::{task::JoinSet, time::Instant};

/// What became of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) replicas: u64,
    pub(crate) per_second: u64,
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    pub(crate) tokens: u64,
    /// Calls that DOKU refused for their token, and that were sent once more.
    pub(crate) refused: u64,
    /// Questions to the store until everybody had the first token.
    pub(crate) cold_questions: u64,
    /// And from then on.
    pub(crate) later_questions: u64,
    /// The longest that a call took beyond its own 50 ms, in the cold start and later.
    pub(crate) cold_wait: Duration,
    pub(crate) later_wait: Duration,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} replicas, {} calls/s", self.replicas, self.per_second)?;
        writeln!(f, "calls {}, failed {}", self.calls, self.failed)?;
        writeln!(f, "token requests {}", self.tokens)?;
        writeln!(f, "refused and sent once more {}", self.refused)?;
        writeln!(
            f,
            "questions to the store: cold start {}, one replacement {}",
            self.cold_questions, self.later_questions
        )?;
        write!(
            f,
            "longest wait: cold start {:?}, later {:?}",
            self.cold_wait, self.later_wait
        )
    }
}

/// Cold start, 15 minutes, and one replacement of the token.
pub(crate) async fn run(replicas: u64, per_second: u64) -> Result<Figures, SetUpError> {
    let sandbox = Sandbox::start().await?; // for its credentials
    let (doku, store) = (Arc::new(Doku::default()), Arc::new(Counting::default()));
    tokio::time::pause();
    let waits = Arc::new(Waits::default());
    let mut tasks = JoinSet::new();
    for _ in 0..replicas {
        let config = config_for(&sandbox)?.with_token_store(Arc::clone(&store));
        let client = Client::with_transport(config, Arc::clone(&doku))?;
        let each = Duration::from_secs(1) * u32::try_from(replicas)? / u32::try_from(per_second)?;
        tasks.spawn(replica(client, each, Arc::clone(&waits)));
    }
    tokio::time::sleep(COLD).await;
    let cold_questions = store.questions.load(Ordering::Relaxed);
    let cold_wait = waits.take();
    while tasks.join_next().await.is_some() {}
    Ok(Figures {
        replicas,
        per_second,
        calls: waits.calls.load(Ordering::Relaxed),
        failed: waits.failed.load(Ordering::Relaxed),
        tokens: doku.tokens.load(Ordering::Relaxed),
        refused: doku.refused.load(Ordering::Relaxed),
        cold_questions,
        later_questions: store.questions.load(Ordering::Relaxed) - cold_questions,
        cold_wait,
        later_wait: waits.take(),
    })
}

/// Begins a call in each span, whether or not the one before has ended.
async fn replica(client: Client, each: Duration, waits: Arc<Waits>) {
    let end = now() + WHOLE;
    let mut calls = JoinSet::new();
    while now() < end {
        let (client, waits) = (client.clone(), Arc::clone(&waits));
        calls.spawn(async move {
            let begun = now();
            let called = client.call::<Echo>(&json!({})).await;
            waits.note(now() - begun, called.is_err());
        });
        while calls.try_join_next().is_some() {}
        let pause = rand::rng().random_range(0..=200);
        tokio::time::sleep(each * pause / 100).await;
    }
    calls.join_all().await;
}

#[derive(Debug, Default)]
struct Waits {
    calls: AtomicU64,
    failed: AtomicU64,
    longest: Mutex<Duration>,
}

impl Waits {
    fn note(&self, took: Duration, failed: bool) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(failed), Ordering::Relaxed);
        let mut longest = self.longest.lock().unwrap_or_else(PoisonError::into_inner);
        *longest = took.saturating_sub(2 * ONE_WAY).max(*longest);
    }

    fn take(&self) -> Duration {
        let mut longest = self.longest.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut longest)
    }
}

/// Honours the latest token only.
#[derive(Debug, Default)]
struct Doku {
    tokens: AtomicU64,
    refused: AtomicU64,
}

impl Transport for Doku {
    fn send<'a>(&'a self, request: Request<Bytes>, _: &'a Sending) -> TransportFuture<'a> {
        Box::pin(async move {
            if request.uri().path() == TOKEN_PATH {
                tokio::time::sleep(Duration::from_millis(200)).await;
                let number = self.tokens.fetch_add(1, Ordering::Relaxed) + 1;
                let body = json!({
                    "responseCode": "2007300",
                    "responseMessage": "Successful",
                    "accessToken": format!("T-{number}"),
                    "expiresIn": "900",
                });
                return Ok(answer(200, &body));
            }
            tokio::time::sleep(ONE_WAY).await;
            let latest = format!("Bearer T-{}", self.tokens.load(Ordering::Relaxed));
            let given = request.headers().get(http::header::AUTHORIZATION);
            let body = if given.is_some_and(|given| given.as_bytes() == latest.as_bytes()) {
                json!({"responseCode": "2001100", "responseMessage": "Successful"})
            } else {
                self.refused.fetch_add(1, Ordering::Relaxed);
                json!({"responseCode": "4011101", "responseMessage": "Invalid Token (B2B)"})
            };
            tokio::time::sleep(ONE_WAY).await;
            let refused = body["responseCode"] == "4011101";
            Ok(answer(if refused { 401 } else { 200 }, &body))
        })
    }
}

fn answer(status: u16, body: &Value) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body.to_string()));
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    answer
}

/// A store in memory with the round trips and the bell of a real one.
#[derive(Debug, Default)]
struct Counting {
    memory: MemoryTokenStore,
    bell: Bell,
    questions: AtomicU64,
}

impl Counting {
    async fn round_trip(&self) {
        self.questions.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

impl TokenStore for Counting {
    fn load<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, Option<Entry>> {
        Box::pin(async move {
            self.round_trip().await;
            self.memory.load(slot).await
        })
    }

    fn compare_and_swap<'a>(
        &'a self,
        slot: &'a Slot,
        seen: Option<Generation>,
        new: NewEntry,
    ) -> StoreFuture<'a, Option<Generation>> {
        Box::pin(async move {
            self.round_trip().await;
            let written = self.memory.compare_and_swap(slot, seen, new).await;
            self.bell.ring();
            written
        })
    }

    fn lease<'a>(&'a self, slot: &'a Slot, ttl: Duration) -> StoreFuture<'a, Option<Lease>> {
        Box::pin(async move {
            self.round_trip().await;
            self.memory.lease(slot, ttl).await
        })
    }

    fn release<'a>(&'a self, slot: &'a Slot, lease: Lease) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.round_trip().await;
            self.memory.release(slot, lease).await
        })
    }

    fn forget<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, ()> {
        self.memory.forget(slot)
    }

    fn changes(&self, _: &Slot) -> Changes {
        self.bell.listen()
    }
}

/// A read.
struct Echo;

impl Operation for Echo {
    type Request = Value;
    type Response = Value;
    type Auth = B2b;
    const INFO: OperationInfo =
        OperationInfo::new("echo", Method::POST, "/echo", "11", OperationKind::Read);
}

fn now() -> Instant {
    tokio::time::sleep(Duration::ZERO).deadline()
}

const TOKEN_PATH: &str = "/authorization/v1/access-token/b2b";
const ONE_WAY: Duration = Duration::from_millis(25);
const COLD: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(950);
