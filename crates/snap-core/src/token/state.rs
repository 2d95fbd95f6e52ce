use std::{sync::Arc, time::Duration};

use snap_sign::AccessToken;

use super::{
    Changes, Entry, Generation, LIFE_UNKNOWN,
    error::{Backoff, TokenError},
    exchange::Exchange,
    jitter::Jitter,
    known::{Errand, Failed, Fetched, Found, Known, MARGIN, Standing},
};
use crate::CustomerError;

/// There is one for each customer, so what is rare is boxed.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) kept: Option<Kept>,
    /// The newest generation of the store that was held here or is blocked.
    pub(super) seen: Generation,
    /// DOKU refused to renew this generation, and why it will not be asked again.
    pub(super) blocked: Option<Box<(Generation, TokenError)>>,
    pub(super) fetching: bool,
    pub(super) cooling: Option<Box<Cooling>>,
    /// Nobody asks the store on the side before.
    pub(super) ask_store_at: Duration,
    /// Tells that another process wrote to the slot; for the merchant's own, which all its processes
    /// use at once.
    pub(super) heard: Option<Box<Changes>>,
    /// How often the store failed in a row.
    pub(super) store_failures: u32,
    /// When tokens were refused soon after they were issued, within the last minutes.
    pub(super) refused_while_fresh: Vec<Duration>,
    /// The latest exchange of a code, until a caller has been told how it ended.
    pub(super) exchange: Option<Arc<Exchange>>,
    /// Grows whenever somebody puts tokens in or takes them out: a fetch that began before says
    /// nothing about them.
    pub(super) epoch: u64,
}

/// A fetch that was begun, and has to be made by whoever began it.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) errand: Errand,
    pub(super) epoch: u64,
}

/// Tokens and moments on the monotonic clock.
#[derive(Debug)]
pub(super) struct Kept {
    /// As it was at `since`.
    pub(super) entry: Entry,
    pub(super) since: Duration,
    pub(super) standing: Standing,
    /// Whether the access token may be used as long as it is good.
    pub(super) usable: bool,
    pub(super) refresh_at: Duration,
    pub(super) hard_stop: Duration,
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
        (!left.is_zero() && left >= min_life.min(kept.enough())).then_some(kept)
    }

    /// What is known at the beginning of a fetch.
    pub(super) fn known(&self, now: Duration) -> Known {
        let kept = self.kept.as_ref();
        Known {
            seen: self.seen,
            held: kept.and_then(|kept| kept.entry.after(now.saturating_sub(kept.since))),
            standing: kept.map(|kept| kept.standing).unwrap_or_default(),
            spent: kept.is_some_and(|kept| !kept.usable),
            blocked: self.blocked.as_deref().cloned(),
        }
    }

    /// The recorded error, while DOKU is left alone.
    pub(super) fn cooling(&self, now: Duration) -> Option<&TokenError> {
        let cooling = self.cooling.as_ref().filter(|cooling| now < cooling.until);
        cooling.map(|cooling| &cooling.error)
    }

    /// Starts the one fetch there may be.
    pub(super) fn start(&mut self, errand: Errand) -> Option<Task> {
        let free = !std::mem::replace(&mut self.fetching, true);
        if free {
            self.hush();
        }
        let epoch = self.epoch;
        free.then_some(Task { errand, epoch })
    }

    /// Whether another process has written a newer token, so that the one held is probably dead.
    pub(super) fn is_told(&self, now: Duration) -> bool {
        let heard = self.heard.as_ref();
        let free = !self.fetching && now >= self.ask_store_at;
        free && heard.is_some_and(|heard| heard.is_rung())
    }

    /// The store is looked at after this, or was written to by this process.
    pub(super) fn hush(&mut self) {
        if let Some(heard) = &mut self.heard {
            heard.hush();
        }
    }

    /// What is to be done although the token is good.
    pub(super) fn chore(&self, kept: &Kept, now: Duration) -> Option<Errand> {
        if now < self.ask_store_at {
            return None;
        }
        if now >= kept.refresh_at && self.cooling(now).is_none() {
            return Some(Errand::Renew);
        }
        (kept.standing != Standing::Stored).then_some(Errand::Store)
    }

    /// Takes note of how the store did in a fetch that ends.
    pub(super) fn note_store(
        &mut self,
        result: &Result<Found, Failed>,
        now: Duration,
        jitter: &Jitter,
    ) {
        let failures = self.store_failures;
        self.store_failures = match result {
            Ok(Found::Token(fetched)) if fetched.standing != Standing::Stored => {
                failures.saturating_add(1)
            }
            Err(Failed::Store) => failures.saturating_add(1),
            Ok(_) => 0,
            Err(Failed::Token { .. }) => failures,
        };
        let pause = jitter.spread(Backoff::Next.pause(self.store_failures), 20);
        self.ask_store_at = now.saturating_add(pause);
    }

    /// A token that dies young once is bad luck. Three in a few minutes mean that somebody else
    /// fetches tokens for this slot: asking ever faster would only knock out theirs. Gives how often
    /// that has shown.
    pub(super) fn note_refusal(&mut self, age: Duration, now: Duration) -> u32 {
        if age >= FRESH {
            return 0;
        }
        let noted = &mut self.refused_while_fresh;
        noted.retain(|at| now.saturating_sub(*at) < FRESH_WINDOW);
        noted.push(now);
        u32::try_from(noted.len().saturating_sub(2)).unwrap_or(u32::MAX)
    }

    /// The store took the token held.
    pub(super) fn taken(&mut self, generation: Generation) {
        if let Some(kept) = &mut self.kept {
            kept.entry.generation = generation;
            kept.standing = Standing::Stored;
        }
        self.seen = self.seen.max(generation);
    }

    pub(super) fn keep(&mut self, kept: Kept) {
        self.seen = self.seen.max(kept.entry.generation);
        self.kept = Some(kept);
    }

    pub(super) fn block(&mut self, generation: Generation, error: &TokenError) {
        self.seen = self.seen.max(generation);
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
        let Fetched {
            mut entry,
            standing,
        } = fetched;
        let longest = if customers {
            LIFE_UNKNOWN
        } else {
            LONGEST_LIFE
        };
        // A store may hold anything; nobody's token lives longer.
        entry.life = entry.life.min(longest);
        entry.remaining = entry.remaining.min(entry.life);
        let used = entry.life - entry.remaining;
        let refresh_after = jitter.spread(entry.life * 9 / 10, 3);
        let hard_stop = now.saturating_add(entry.remaining.saturating_sub(MARGIN));
        Self {
            entry,
            since: now,
            standing,
            usable: true,
            refresh_at: now.saturating_add(refresh_after.saturating_sub(used)),
            hard_stop,
        }
    }

    pub(super) fn token(&self) -> AccessToken {
        self.entry.access_token.clone()
    }

    /// How long ago the token was issued.
    pub(super) fn age(&self, now: Duration) -> Duration {
        let age_then = self.entry.life - self.entry.remaining;
        age_then.saturating_add(now.saturating_sub(self.since))
    }

    /// The longest life a caller can reasonably ask for.
    fn enough(&self) -> Duration {
        self.entry.life.saturating_sub(MARGIN) * 9 / 10
    }
}

impl Cooling {
    /// After so many failures in a row of the kind that may pass.
    pub(super) fn new(error: TokenError, failures: u32, now: Duration, jitter: &Jitter) -> Self {
        let pause = jitter.spread(error.backoff.pause(failures), 20);
        Self {
            until: now.saturating_add(pause),
            failures,
            error,
        }
    }
}

/// A token refused within this time of being issued was knocked out and did not expire.
const FRESH: Duration = Duration::from_secs(60);
const FRESH_WINDOW: Duration = Duration::from_secs(5 * 60);
const LONGEST_LIFE: Duration = Duration::from_secs(3600);
