use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use snap_sign::AccessToken;
use tokio::sync::watch;

use super::{
    Entry, Generation, Granter,
    error::{Backoff, TokenError},
    fetch::{Fetcher, MARGIN},
    jitter::Jitter,
};
use crate::Config;

/// Holds the token of one slot and lets one fetch at a time replace it.
#[derive(Clone, Debug)]
pub(crate) struct TokenCell(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    config: Arc<Config>,
    fetcher: Fetcher,
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
    pub(crate) stamp: Stamp,
    refresh_at: Duration,
    hard_stop: Duration,
    /// The longest life a caller can reasonably ask for.
    enough: Duration,
}

/// Which token of its slot a token is, and when it was issued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    generation: Generation,
    issued_at: Duration,
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
        Self(Arc::new(Shared {
            fetcher: Fetcher::new(Arc::clone(&config), granter),
            config,
            jitter: Jitter::new(),
            state: Mutex::default(),
            ended: watch::Sender::new(()),
        }))
    }

    /// A token that is good for `min_life`, or nearly new.
    pub(crate) async fn token(&self, min_life: Duration) -> Result<Held, TokenError> {
        loop {
            match self.0.look(min_life) {
                Look::Held(held) => return Ok(held),
                Look::HeldButOld(held) => {
                    self.spawn_fetch();
                    return Ok(held);
                }
                Look::Cooling(error) => return Err(error),
                Look::Wait { mut ended, spawn } => {
                    if spawn {
                        self.spawn_fetch();
                    }
                    // The sender lives in `self`, so this ends by a fetch that ended.
                    let _ = ended.changed().await;
                }
            }
        }
    }

    /// Takes note that DOKU refused this very token. A newer one that is held already stays.
    pub(crate) fn refuse(&self, refused: Stamp) {
        let mut state = self.0.lock();
        let held = state.held.as_ref().map(|held| held.stamp.generation);
        if held == Some(refused.generation) {
            state.held = None;
            self.0.note_refusal(&mut state, refused.issued_at);
        }
        state.refused = state.refused.max(Some(refused.generation));
    }

    /// The token request runs in a task of its own, so that it fills the cell whether or not the
    /// caller who started it still waits. Callers who arrive meanwhile wait for that one, each until
    /// its own deadline, instead of asking for their own.
    ///
    /// Not called under the lock: a runtime that is shutting down drops the task at once, and its
    /// end takes the lock.
    fn spawn_fetch(&self) {
        let ending = Ending {
            shared: Arc::clone(&self.0),
            result: None,
        };
        tokio::spawn(async move {
            let known = ending.shared.known_generation();
            let result = ending.shared.fetcher.fetch(known).await;
            ending.with(result);
        });
    }
}

/// What a caller finds in the cell. Whoever finds `HeldButOld` or `spawn` starts the fetch.
enum Look {
    Held(Held),
    HeldButOld(Held),
    Cooling(TokenError),
    Wait {
        ended: watch::Receiver<()>,
        spawn: bool,
    },
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, min_life: Duration) -> Look {
        let mut state = self.lock();
        let now = self.config.clock.monotonic();
        let cooling = state.cooling.as_ref().filter(|cooling| now < cooling.until);
        let cooling = cooling.map(|cooling| cooling.error.clone());
        if let Some(held) = state.good(now, min_life) {
            if now < held.refresh_at || state.fetching || cooling.is_some() {
                return Look::Held(held);
            }
            state.fetching = true;
            return Look::HeldButOld(held);
        }
        match cooling {
            Some(error) if !state.fetching => Look::Cooling(error),
            _ => {
                let spawn = !std::mem::replace(&mut state.fetching, true);
                // Subscribed under the lock: the fetch cannot end between here and the wait.
                let ended = self.ended.subscribe();
                Look::Wait { ended, spawn }
            }
        }
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
        let until = self.config.clock.monotonic().saturating_add(pause);
        Cooling {
            until,
            failures,
            error,
        }
    }

    fn known_generation(&self) -> Option<Generation> {
        let state = self.lock();
        let held = state.held.as_ref().map(|held| held.stamp.generation);
        held.max(state.refused)
    }

    fn end(&self, result: Result<Entry, TokenError>) {
        let mut state = self.lock();
        state.fetching = false;
        match result {
            Ok(entry) => {
                state.cooling = None;
                state.held = Some(self.held(entry));
            }
            Err(error) => {
                let failures = state.cooling.as_ref().map_or(0, |cooling| cooling.failures);
                state.cooling = Some(self.cooling(failures.saturating_add(1), error));
            }
        }
        drop(state);
        self.ended.send_replace(());
    }

    fn held(&self, entry: Entry) -> Held {
        let now = self.config.clock.monotonic();
        // A store may hold anything; nobody's token lives longer.
        let life = entry.life.min(LONGEST_LIFE);
        let remaining = entry.remaining.min(life);
        let used = life - remaining;
        let refresh_after = self.jitter.spread(life * 9 / 10, 3);
        Held {
            access_token: entry.access_token,
            stamp: Stamp {
                generation: entry.generation,
                issued_at: now.saturating_sub(used),
            },
            refresh_at: now.saturating_add(refresh_after.saturating_sub(used)),
            hard_stop: now.saturating_add(remaining.saturating_sub(MARGIN)),
            enough: life.saturating_sub(MARGIN) * 9 / 10,
        }
    }
}

impl State {
    fn good(&self, now: Duration, min_life: Duration) -> Option<Held> {
        let held = self.held.as_ref().filter(|held| now < held.hard_stop)?;
        let lasts = held.hard_stop - now >= min_life.min(held.enough);
        lasts.then(|| held.clone())
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
            let detail = "the token request was abandoned with its runtime";
            Err(TokenError::new(detail, Backoff::Next))
        });
        self.shared.end(result);
    }
}

/// A token refused within this time of being issued was knocked out and did not expire.
const FRESH: Duration = Duration::from_secs(60);
const FRESH_WINDOW: Duration = Duration::from_secs(5 * 60);
const LONGEST_LIFE: Duration = Duration::from_secs(3600);
const REFUSED_WHILE_FRESH: &str = "DOKU keeps refusing tokens it has just issued; another process \
    probably fetches tokens for the same client id, and DOKU honours only the latest one: share \
    them with `Config::with_token_store`";
