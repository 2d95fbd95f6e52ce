//! What a receiver remembers: tokens it issued, and deliveries it has had.

mod keys;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;

use std::{error::Error, fmt, future::Future, pin::Pin, time::Duration, time::SystemTime};

use snap_core::ClientId;

pub(crate) use self::keys::DeliveryFacts;
#[cfg(feature = "postgres")]
pub use self::postgres::PgStore;
pub use self::{
    keys::{ClaimId, DeliveryKeys, StoreKey, TokenHash},
    memory::MemoryStore,
};

/// What a store answers, later.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Remembers which deliveries were claimed, so that each takes effect once.
///
/// A delivery is claimed before the merchant's handler runs, and confirmed when it is acknowledged. A
/// claim that is not confirmed within its lease counts as never made: the process that made it may be
/// gone. `claim` is atomic over both keys, and what it says is durable before it says so.
pub trait ReplayStore: fmt::Debug + Send + Sync {
    /// Claims a delivery for the holder of `claim`, or says why not:
    ///
    /// 1. The replay key is known: its claim decides, whatever the delivery key says.
    /// 2. Otherwise the delivery key is known with the same body digest: the replay key is remembered
    ///    for that claim as well, which decides.
    /// 3. Otherwise the delivery key is known with another body digest: a claim of its own under the
    ///    replay key, [`Claimed::ConflictDifferentBody`].
    /// 4. Otherwise both keys are remembered with a new claim, [`Claimed::New`].
    ///
    /// A claim decides so: confirmed, [`Claimed::DuplicateSame`]; not confirmed within its lease, it
    /// passes to the holder of `claim` and is what it was, `New` or `ConflictDifferentBody`;
    /// else [`Claimed::Pending`].
    fn claim<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
        terms: &'a Terms,
    ) -> StoreFuture<'a, Claimed>;

    /// Confirms a claim: the delivery has taken effect. `false` when the claim has passed to somebody
    /// else, or is not known; confirming twice is fine.
    fn confirm<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
    ) -> StoreFuture<'a, bool>;

    /// Whether it survives this process. Production refuses a store that does not.
    fn is_durable(&self) -> bool;
}

/// Remembers the tokens that were issued to DOKU, by their hash.
pub trait IssuedTokenStore: fmt::Debug + Send + Sync {
    /// Remembers a token, durably before it answers, at least until `keep_until`.
    fn put<'a>(
        &'a self,
        token: &'a TokenHash,
        issued: &'a Issued,
        keep_until: SystemTime,
    ) -> StoreFuture<'a, ()>;

    /// To whom a token was issued. Nothing when it is unknown, revoked or forgotten.
    fn owner<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<Issued>>;

    /// Forgets every token of a client id in an environment. DOKU then meets `401ss01` and asks for
    /// another.
    fn revoke_all<'a>(
        &'a self,
        environment: &'a str,
        client_id: &'a ClientId,
    ) -> StoreFuture<'a, ()>;

    /// Whether it survives this process. Production refuses a store that does not.
    fn is_durable(&self) -> bool;
}

/// How long a claim is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// The receiver's time. A store that several machines share goes by its own.
    pub now: SystemTime,
    /// How long a delivery is remembered.
    pub keep: Duration,
    /// How long an unconfirmed claim holds others off.
    pub lease: Duration,
}

impl Terms {
    /// A delivery that arrives `now`.
    #[must_use]
    pub fn new(now: SystemTime, keep: Duration, lease: Duration) -> Self {
        Self { now, keep, lease }
    }
}

/// What a store says about a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claimed {
    /// The caller has it.
    New,
    /// The caller has it. The delivery is known with another body.
    ConflictDifferentBody,
    /// It has taken effect.
    DuplicateSame {
        /// When it was first claimed.
        first_seen: SystemTime,
    },
    /// Somebody else has it and has not confirmed yet.
    Pending,
}

/// A token that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issued {
    /// Base URL of the environment it belongs to.
    pub environment: String,
    /// To whom.
    pub client_id: ClientId,
    /// When.
    pub issued_at: SystemTime,
    /// From when on it is refused.
    pub expires_at: SystemTime,
}

impl Issued {
    /// A token of a client id in the environment with this base URL.
    #[must_use]
    pub fn new(
        environment: impl Into<String>,
        client_id: ClientId,
        issued_at: SystemTime,
        expires_at: SystemTime,
    ) -> Self {
        Self {
            environment: environment.into(),
            client_id,
            issued_at,
            expires_at,
        }
    }
}

/// A store did not answer, or not in a way that can be understood. Nothing is accepted then.
#[derive(Debug)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Says why. Keep keys, tokens and row contents out of it: it reaches logs.
    #[must_use]
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store failed: {}", self.0)
    }
}

impl Error for StoreError {}

/// What a store answers, if it does in time: DOKU does not wait for ever, and comes back after an error.
pub(crate) async fn in_time<T>(answer: StoreFuture<'_, T>) -> Result<T, StoreError> {
    match tokio::time::timeout(STORE_LIMIT, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(StoreError::new("it did not answer within 5 s")),
    }
}

/// Whole days in Jakarta since 1970: an external id is unique within one.
pub(crate) fn jakarta_day(unix_seconds: i64) -> i64 {
    unix_seconds.saturating_add(JAKARTA_SECONDS).div_euclid(DAY)
}

/// How long a delivery is remembered.
pub(crate) const KEEP: Duration = Duration::from_secs(35 * 24 * 60 * 60);
const STORE_LIMIT: Duration = Duration::from_secs(5);
const JAKARTA_SECONDS: i64 = 7 * 60 * 60;
const DAY: i64 = 24 * 60 * 60;
