use std::time::Duration;

use snap_sign::AccessToken;

use super::{
    Entry, Generation, LIFE_UNKNOWN,
    error::TokenError,
    jitter::Jitter,
    known::{Fetched, MARGIN},
};
use crate::CustomerError;

/// There is one for each customer, so what is rare is boxed.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) kept: Option<Kept>,
    /// The newest generation that DOKU refused.
    pub(super) refused: Option<Generation>,
    /// DOKU refused to renew this generation, and why it will not be asked again.
    pub(super) blocked: Option<Box<(Generation, TokenError)>>,
    pub(super) fetching: bool,
    pub(super) cooling: Option<Box<Cooling>>,
    /// When tokens were refused soon after they were issued, within the last minutes.
    pub(super) refused_while_fresh: Vec<Duration>,
    /// Grows whenever somebody puts tokens in or takes them out: a fetch that began before says
    /// nothing about them.
    pub(super) epoch: u64,
}

/// Tokens and moments on the monotonic clock.
#[derive(Debug)]
pub(super) struct Kept {
    /// As it was at `since`.
    pub(super) entry: Entry,
    pub(super) since: Duration,
    /// Whether the store does not have it.
    pub(super) unstored: bool,
    /// Whether the access token may be used as long as it is good.
    pub(super) usable: bool,
    pub(super) issued_at: Duration,
    pub(super) refresh_at: Duration,
    pub(super) hard_stop: Duration,
    /// The longest life a caller can reasonably ask for.
    pub(super) enough: Duration,
}

/// A token the cell believes in.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) access_token: AccessToken,
    pub(crate) stamp: Stamp,
}

/// Which token of its slot a token is, and when it was issued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(super) generation: Generation,
    pub(super) issued_at: Duration,
}

/// After a failed fetch: no other before `until`; callers get the recorded error.
#[derive(Debug)]
pub(super) struct Cooling {
    pub(super) until: Duration,
    pub(super) failures: u32,
    pub(super) error: TokenError,
}

impl State {
    pub(super) fn good(&self, now: Duration, min_life: Duration) -> Option<&Kept> {
        let kept = self.kept.as_ref().filter(|kept| kept.usable)?;
        let left = kept.hard_stop.checked_sub(now)?;
        (!left.is_zero() && left >= min_life.min(kept.enough)).then_some(kept)
    }

    pub(super) fn block(&mut self, generation: Generation, error: &TokenError) {
        self.blocked = Some(Box::new((generation, error.clone())));
        // A customer who has unlinked the merchant is not charged with a token that still works.
        if error.customer_error() == Some(&CustomerError::Unlinked)
            && let Some(kept) = &mut self.kept
        {
            kept.usable = false;
        }
    }
}

impl Kept {
    pub(super) fn new(fetched: Fetched, customers: bool, now: Duration, jitter: &Jitter) -> Self {
        let Fetched { entry, unstored } = fetched;
        let longest = if customers {
            LIFE_UNKNOWN
        } else {
            LONGEST_LIFE
        };
        // A store may hold anything; nobody's token lives longer.
        let life = entry.life.min(longest);
        let remaining = entry.remaining.min(life);
        let used = life - remaining;
        let refresh_after = jitter.spread(life * 9 / 10, 3);
        Self {
            entry,
            since: now,
            unstored,
            usable: true,
            issued_at: now.saturating_sub(used),
            refresh_at: now.saturating_add(refresh_after.saturating_sub(used)),
            hard_stop: now.saturating_add(remaining.saturating_sub(MARGIN)),
            enough: life.saturating_sub(MARGIN) * 9 / 10,
        }
    }

    pub(super) fn held(&self) -> Held {
        Held {
            access_token: self.entry.access_token.clone(),
            stamp: Stamp {
                generation: self.entry.generation,
                issued_at: self.issued_at,
            },
        }
    }
}

impl Cooling {
    pub(super) fn new(error: TokenError, failures: u32, now: Duration, jitter: &Jitter) -> Self {
        let pause = jitter.spread(error.backoff.pause(failures), 20);
        Self {
            until: now.saturating_add(pause),
            failures,
            error,
        }
    }
}

const LONGEST_LIFE: Duration = Duration::from_secs(3600);
