use std::{error::Error as StdError, fmt, future::Future, pin::Pin, time::SystemTime};

use snap_sign::{BodyDigest, ClientId, Timestamp, TimestampForm};

use crate::{Config, ExternalId, clock::unix_seconds};

/// Sees to it that the processes of a client id use an external id once a day.
///
/// It is asked about ids that a caller brings ([`crate::Call::with_external_id`]) and never about
/// those that the client makes, which do not collide; see [`crate::Config::with_external_id_guard`].
pub trait ExternalIdGuard: fmt::Debug + Send + Sync {
    /// Takes the id for this delivery: `false` if the id was taken on the same day for another body.
    ///
    /// The same body again is the same delivery again, and may have it.
    fn take<'a>(&'a self, delivery: &'a NamedDelivery) -> GuardFuture<'a>;
}

/// What [`ExternalIdGuard::take`] returns.
pub type GuardFuture<'a> = Pin<Box<dyn Future<Output = Result<bool, GuardError>> + Send + 'a>>;

/// A delivery under an external id that its caller brought.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NamedDelivery {
    /// Base URL of the environment.
    pub base_url: String,
    /// The client id.
    pub client_id: ClientId,
    /// The day in Jakarta that is sent with it, such as `2026-11-26`.
    pub day: String,
    /// The external id.
    pub external_id: ExternalId,
    /// The digest of the body, 64 hexadecimal digits.
    pub body_digest: String,
}

impl NamedDelivery {
    /// A delivery of these bytes at a moment of the day.
    #[must_use]
    pub fn new(
        base_url: impl Into<String>,
        client_id: ClientId,
        external_id: ExternalId,
        body: &[u8],
        now: SystemTime,
    ) -> Self {
        // A moment that no calendar holds cannot be sent either.
        let day = Timestamp::from_unix(unix_seconds(now), TimestampForm::Jakarta)
            .map(|time| time.as_str().chars().take(DATE).collect());
        Self {
            base_url: base_url.into(),
            client_id,
            day: day.unwrap_or_default(),
            external_id,
            body_digest: BodyDigest::of_compact(body).as_str().to_owned(),
        }
    }

    pub(crate) fn of(config: &Config, id: &ExternalId, body: &[u8], now: SystemTime) -> Self {
        let base_url = config.environment.base_url();
        Self::new(base_url, config.client_id.clone(), id.clone(), body, now)
    }
}

/// The guard could not be asked. Nothing is sent then.
#[derive(Debug)]
pub struct GuardError(Box<dyn StdError + Send + Sync>);

impl GuardError {
    /// Says why. Keep passwords out of it: it reaches errors and logs.
    pub fn new(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the guard of external ids failed: {}", self.0)
    }
}

impl StdError for GuardError {}

/// Length of `2026-11-26`.
const DATE: usize = 10;
