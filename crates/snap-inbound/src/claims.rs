//! Claims on deliveries: one has it, the others wait a little or are sent away.

use std::{fmt, sync::Arc, time::Duration};

use rand::TryRng;
use snap_core::{Clock, SystemClock};

use crate::{
    ClaimId, Claimed, Delivery, DeliveryKeys, Reason, ReplayStore, Terms,
    store::{KEEP, in_time},
};

/// Fills bytes that nobody can predict.
pub(crate) type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// Makes claims.
#[derive(Clone)]
pub(crate) struct Claims {
    pub(crate) replays: Arc<dyn ReplayStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
    pub(crate) lease: Duration,
}

impl Claims {
    /// By the clock and the random bytes of the system.
    pub(crate) fn new(replays: Arc<dyn ReplayStore>) -> Self {
        Self {
            replays,
            clock: Arc::new(SystemClock::new()),
            random: Arc::new(system_random),
            lease: LEASE,
        }
    }

    /// Claims a delivery. Waits up to two seconds for whoever has it to confirm.
    pub(crate) async fn claim(&self, keys: &DeliveryKeys) -> Result<Held, Reason> {
        let mut bytes = [0; 16];
        (self.random)(&mut bytes);
        let id = ClaimId::new(bytes);
        let mut waited = Duration::ZERO;
        loop {
            let terms = Terms::new(self.clock.now(), KEEP, self.lease);
            match in_time(self.replays.claim(keys, &id, &terms)).await {
                Ok(Claimed::Pending) if waited < PATIENCE => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                    waited += LOOK_AGAIN;
                }
                Ok(claimed) => return Held::of(claimed, Some((Arc::clone(&self.replays), id))),
                Err(error) => return Err(Reason::Store(error)),
            }
        }
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("replays", &self.replays)
            .finish_non_exhaustive()
    }
}

/// A delivery that was claimed, and by what it is confirmed.
pub(crate) struct Held {
    pub(crate) delivery: Delivery,
    claim: Option<(Arc<dyn ReplayStore>, ClaimId)>,
}

impl Held {
    /// A delivery that nobody has to confirm.
    pub(crate) fn confirmed(claimed: Claimed) -> Result<Self, Reason> {
        Self::of(claimed, None)
    }

    fn of(
        claimed: Claimed,
        claim: Option<(Arc<dyn ReplayStore>, ClaimId)>,
    ) -> Result<Self, Reason> {
        let delivery = match claimed {
            Claimed::New => Delivery::New,
            Claimed::ConflictDifferentBody => Delivery::ConflictDifferentBody,
            Claimed::DuplicateSame { first_seen } => Delivery::DuplicateSame { first_seen },
            Claimed::Pending => return Err(Reason::InProgress),
        };
        // A duplicate was confirmed by whoever had it.
        let claim = claim.filter(|_| !matches!(delivery, Delivery::DuplicateSame { .. }));
        Ok(Self { delivery, claim })
    }

    pub(crate) async fn confirm(&self, keys: &DeliveryKeys) -> Result<(), Reason> {
        let Some((store, claim)) = &self.claim else {
            return Ok(());
        };
        match in_time(store.confirm(keys, claim)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Reason::ClaimLost),
            Err(error) => Err(Reason::Store(error)),
        }
    }
}

/// Says that somebody has to look.
pub(crate) fn alarm(delivery: Delivery, keys: &DeliveryKeys) {
    if delivery == Delivery::ConflictDifferentBody {
        tracing::error!(
            delivery = ?keys.delivery(),
            "a known external id came with another body: ask DOKU for the status, and find out whether the \
             client secret is out"
        );
    }
}

#[expect(
    clippy::expect_used,
    reason = "without random bytes no token can be issued and no claim made"
)]
pub(crate) fn system_random(bytes: &mut [u8]) {
    rand::rngs::SysRng
        .try_fill_bytes(bytes)
        .expect("the operating system has random bytes");
}

/// How long a second delivery waits for the first.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How long an unconfirmed claim holds others off, unless told otherwise.
pub(crate) const LEASE: Duration = Duration::from_secs(60);
