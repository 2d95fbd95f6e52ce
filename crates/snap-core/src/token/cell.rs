use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use snap_sign::AccessToken;
use tokio::sync::watch;

use super::{
    Entry, Generation, Granter, NewEntry, Slot, StoreError,
    error::{Backoff, TokenError},
    jitter::Jitter,
};
use crate::Config;

/// Holds the token of one slot and lets one request at a time replace it.
#[derive(Clone, Debug)]
pub(crate) struct TokenCell(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    config: Arc<Config>,
    slot: Slot,
    granter: Granter,
    jitter: Jitter,
    state: Mutex<State>,
    /// Rung whenever a fetch ends, well or badly.
    ended: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    /// The newest generation that DOKU refused.
    refused: Option<Generation>,
    fetching: bool,
    cooling: Option<Cooling>,
    /// When tokens were refused soon after they were issued, within the last minutes.
    refused_while_fresh: Vec<Duration>,
}

/// A token the cell believes in, with moments on the monotonic clock.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) access_token: AccessToken,
    generation: Generation,
    issued_at: Duration,
    refresh_at: Duration,
    hard_stop: Duration,
}

/// After a failed fetch: no other before `until`; callers get the recorded error.
#[derive(Debug)]
struct Cooling {
    until: Duration,
    failures: u32,
    error: TokenError,
}

impl TokenCell {
    /// An empty cell. Nothing is fetched before the first caller asks.
    pub(crate) fn new(config: Arc<Config>, granter: Granter) -> Self {
        let slot = Slot::new(config.environment.base_url(), config.client_id.clone());
        Self(Arc::new(Shared {
            config,
            slot,
            granter,
            jitter: Jitter::new(),
            state: Mutex::default(),
            ended: watch::Sender::new(()),
        }))
    }

    /// A token that is good for `min_life`, or for as long as a token just fetched is.
    pub(crate) async fn token(&self, min_life: Duration) -> Result<Held, TokenError> {
        let mut first_seen = None;
        loop {
            let mut ended = {
                let mut state = self.0.lock();
                let now = self.0.config.clock.monotonic();
                let seen =
                    *first_seen.get_or_insert(state.held.as_ref().map(|held| held.generation));
                if let Some(held) = state.good(now, min_life, seen) {
                    if now >= held.refresh_at && !state.is_cooling(now) {
                        self.start_fetch(&mut state);
                    }
                    return Ok(held);
                }
                if let Some(error) = state.recorded_error(now) {
                    return Err(error);
                }
                self.start_fetch(&mut state);
                // Subscribed under the lock: the fetch cannot end between here and the wait.
                self.0.ended.subscribe()
            };
            // The sender lives in `self`, so this ends by a fetch that ended.
            let _ = ended.changed().await;
        }
    }

    /// Takes note that DOKU refused this very token. A newer one that is held already stays.
    pub(crate) fn refuse(&self, refused: &Held) {
        let mut state = self.0.lock();
        let held = state.held.as_ref().map(|held| held.generation);
        if held == Some(refused.generation) {
            state.held = None;
            self.0.note_refusal(&mut state, refused.issued_at);
        }
        state.refused = state.refused.max(Some(refused.generation));
    }

    /// The token request runs in a task of its own, so that it fills the cell whether or not the
    /// caller who started it still waits. Callers who arrive meanwhile wait for that one, each until
    /// its own deadline, instead of asking for their own.
    fn start_fetch(&self, state: &mut State) {
        if state.fetching {
            return;
        }
        state.fetching = true;
        let ending = Ending {
            shared: Arc::clone(&self.0),
            result: None,
        };
        tokio::spawn(async move {
            let result = ending.shared.fetch().await;
            ending.with(result);
        });
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adopts a newer token of the store, or gets the right to fetch one and does.
    async fn fetch(&self) -> Result<Entry, TokenError> {
        let known = self.known_generation();
        let mut pause = FIRST_POLL;
        for _ in 0..MAX_POLLS {
            match self.adopt_or_grant(known).await {
                Ok(Some(result)) => return result,
                Ok(None) => {}
                // A token that cannot be shared is better than none: the calls go on.
                Err(error) => {
                    tracing::error!(stage = "token store", "{error}; this process fetches alone");
                    return self.grant_alone(known).await;
                }
            }
            tokio::time::sleep(self.jitter.spread(pause, 20)).await;
            pause = (pause * 2).min(LONGEST_POLL);
        }
        let detail = "another process holds the right to fetch a token and does not finish";
        Err(TokenError::new(detail, Backoff::Next))
    }

    /// One round: nothing if another process is fetching.
    async fn adopt_or_grant(
        &self,
        known: Option<Generation>,
    ) -> Result<Option<Result<Entry, TokenError>>, StoreError> {
        let store = &self.config.token_store;
        if let Some(entry) = self.newer(known).await? {
            return Ok(Some(Ok(entry)));
        }
        let Some(lease) = store.lease(&self.slot, LEASE).await? else {
            return Ok(None);
        };
        // Whoever held the lease before may have just finished.
        let result = match self.newer(known).await {
            Ok(Some(entry)) => Ok(Ok(entry)),
            Ok(None) => self.grant_and_store().await,
            Err(error) => Err(error),
        };
        store.release(&self.slot, lease).await?;
        result.map(Some)
    }

    async fn newer(&self, known: Option<Generation>) -> Result<Option<Entry>, StoreError> {
        let entry = self.config.token_store.load(&self.slot).await?;
        Ok(entry.filter(|entry| Some(entry.generation) > known && entry.remaining > MARGIN))
    }

    async fn grant_and_store(&self) -> Result<Result<Entry, TokenError>, StoreError> {
        let store = &self.config.token_store;
        let seen = store.load(&self.slot).await?.map(|entry| entry.generation);
        let new = match self.granter.request().await {
            Ok(new) => new,
            Err(error) => return Ok(Err(error)),
        };
        let NewEntry { access_token, life } = new.clone();
        match store.compare_and_swap(&self.slot, seen, new).await? {
            Some(generation) => Ok(Ok(Entry {
                access_token,
                generation,
                life,
                remaining: life,
            })),
            // Somebody was faster. All processes agree on the stored one; if DOKU honours ours
            // instead, the first refusal settles it.
            None => match store.load(&self.slot).await? {
                Some(entry) => Ok(Ok(entry)),
                None => Ok(Err(TokenError::new(
                    "the token store changed its mind",
                    Backoff::Next,
                ))),
            },
        }
    }

    async fn grant_alone(&self, known: Option<Generation>) -> Result<Entry, TokenError> {
        let NewEntry { access_token, life } = self.granter.request().await?;
        let generation = Generation(known.map_or(1, |Generation(last)| last.saturating_add(1)));
        Ok(Entry {
            access_token,
            generation,
            life,
            remaining: life,
        })
    }

    /// A token that dies young once is bad luck. Three in a few minutes mean that somebody else
    /// fetches tokens for this client id: asking ever faster would only knock out theirs.
    fn note_refusal(&self, state: &mut State, issued_at: Duration) {
        let now = self.config.clock.monotonic();
        if now.saturating_sub(issued_at) >= FRESH {
            return;
        }
        let noted = &mut state.refused_while_fresh;
        noted.retain(|at| now.saturating_sub(*at) < FRESH_WINDOW);
        noted.push(now);
        let Some(failures @ 1..) = noted.len().checked_sub(2) else {
            return;
        };
        let failures = u32::try_from(failures).unwrap_or(u32::MAX);
        let error = TokenError::new(REFUSED_WHILE_FRESH, Backoff::Next);
        if failures == 1 {
            tracing::error!(stage = "refused token", "{error}");
        }
        state.cooling = Some(self.cooling(failures, error));
    }

    fn cooling(&self, failures: u32, error: TokenError) -> Cooling {
        let pause = self.jitter.spread(error.backoff.pause(failures), 20);
        let until = self.config.clock.monotonic() + pause;
        Cooling {
            until,
            failures,
            error,
        }
    }

    fn known_generation(&self) -> Option<Generation> {
        let state = self.lock();
        state
            .held
            .as_ref()
            .map(|held| held.generation)
            .max(state.refused)
    }

    fn end(&self, result: Result<Entry, TokenError>) {
        let mut state = self.lock();
        let now = self.config.clock.monotonic();
        state.fetching = false;
        match result {
            Ok(entry) => {
                state.cooling = None;
                state.held = Some(self.held(entry, now));
            }
            Err(error) => {
                let failures = state.cooling.as_ref().map_or(0, |cooling| cooling.failures) + 1;
                state.cooling = Some(self.cooling(failures, error));
            }
        }
        drop(state);
        self.ended.send_replace(());
    }

    fn held(&self, entry: Entry, now: Duration) -> Held {
        let used = entry.life.saturating_sub(entry.remaining);
        let refresh_after = self.jitter.spread(entry.life * 9 / 10, 3);
        Held {
            access_token: entry.access_token,
            generation: entry.generation,
            issued_at: now.saturating_sub(used),
            refresh_at: now + refresh_after.saturating_sub(used),
            hard_stop: now + entry.remaining.saturating_sub(MARGIN),
        }
    }
}

impl State {
    fn good(&self, now: Duration, min_life: Duration, seen: Option<Generation>) -> Option<Held> {
        let held = self.held.as_ref().filter(|held| now < held.hard_stop)?;
        let lasts = held.hard_stop - now >= min_life;
        (lasts || Some(held.generation) != seen).then(|| held.clone())
    }

    fn is_cooling(&self, now: Duration) -> bool {
        self.cooling
            .as_ref()
            .is_some_and(|cooling| now < cooling.until)
    }

    fn recorded_error(&self, now: Duration) -> Option<TokenError> {
        let cooling = self
            .cooling
            .as_ref()
            .filter(|cooling| now < cooling.until)?;
        (!self.fetching).then(|| cooling.error.clone())
    }
}

/// Ends a fetch also where its task panics or its runtime shuts down, so that no caller waits for
/// ever.
struct Ending {
    shared: Arc<Shared>,
    result: Option<Result<Entry, TokenError>>,
}

impl Ending {
    fn with(mut self, result: Result<Entry, TokenError>) {
        self.result = Some(result);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let result = self.result.take().unwrap_or_else(|| {
            Err(TokenError::new(
                "the token request was abandoned with its runtime",
                Backoff::Next,
            ))
        });
        self.shared.end(result);
    }
}

/// A token refused within this time of being issued was knocked out and did not expire.
const FRESH: Duration = Duration::from_secs(60);
const FRESH_WINDOW: Duration = Duration::from_secs(5 * 60);
const REFUSED_WHILE_FRESH: &str = "DOKU keeps refusing tokens it has just issued; another process \
    probably fetches tokens for the same client id, and DOKU honours only the latest one: share \
    them with `Config::with_token_store`";
/// A token is not used in the last seconds of its life: it could expire under way.
const MARGIN: Duration = Duration::from_secs(10);
/// Longer than a token request may take, so that two fetch as an exception and not as a rule.
const LEASE: Duration = Duration::from_secs(15);
const FIRST_POLL: Duration = Duration::from_millis(50);
const LONGEST_POLL: Duration = Duration::from_millis(500);
/// About 20 s: longer than a lease.
const MAX_POLLS: u32 = 45;
