use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use snap_sign::AccessToken;
use tokio::sync::{Notify, futures::Notified};

use super::{
    Entry, Generation, NewEntry, StoreError,
    error::{Backoff, TokenError},
    exchange::Exchange,
    fetch::Fetcher,
    grant::Granter,
    known::{Errand, Failed, Fetched, Found, Known},
    state::{Cooling, Kept, State, Task},
};
use crate::{AuthCode, Config, CustomerKey, error::Failure};

/// Holds the token of one slot and lets one fetch at a time replace it.
#[derive(Clone, Debug)]
pub(crate) struct TokenCell(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    fetcher: Fetcher,
    state: Mutex<State>,
    /// Rung whenever a fetch ends, well or badly.
    ended: Notify,
}

impl TokenCell {
    /// An empty cell for the merchant's own token. Nothing is fetched before the first caller asks.
    pub(crate) fn new(config: Arc<Config>, granter: Granter) -> Self {
        Self::with(Fetcher::for_merchant(config, granter))
    }

    /// An empty cell for a customer of the merchant whose cell this is.
    pub(crate) fn customer(&self, customer: CustomerKey) -> Self {
        Self::with(self.0.fetcher.for_customer(self.clone(), customer))
    }

    fn with(fetcher: Fetcher) -> Self {
        Self(Arc::new(Shared {
            fetcher,
            state: Mutex::default(),
            ended: Notify::new(),
        }))
    }

    /// A token that is good for `min_life`, or nearly new.
    pub(crate) async fn token(&self, min_life: Duration) -> Result<AccessToken, TokenError> {
        loop {
            match self.0.look(min_life) {
                Look::Held(token, task) => {
                    self.spawn(task);
                    return Ok(token);
                }
                Look::Cooling(error) => return Err(error),
                Look::Wait(ended, task) => {
                    self.spawn(task);
                    ended.await;
                }
            }
        }
    }

    /// Takes note that DOKU refused this very token. Another one that is held already stays.
    pub(crate) fn refuse(&self, refused: &AccessToken) {
        let mut state = self.0.lock();
        let kept = state.kept.as_mut().filter(|kept| kept.usable);
        let kept = kept.filter(|kept| kept.entry.access_token.expose() == refused.expose());
        if let Some(kept) = kept {
            kept.usable = false;
            let age = kept.age(self.0.now());
            self.0.note_refusal(&mut state, age);
            // Another process may have stored the token that DOKU honours instead.
            state.ask_store_at = Duration::ZERO;
        }
    }

    /// Exchanges a code for a customer's tokens. A code that is being exchanged is waited for.
    pub(crate) async fn authorize(&self, code: &AuthCode) -> Result<(), TokenError> {
        let exchange = self.exchange(code);
        let result = exchange.result().await;
        let told = |latest: &mut Arc<Exchange>| Arc::ptr_eq(latest, &exchange);
        self.0.lock().exchange.take_if(told);
        result
    }

    /// The exchange of this code, in a task of its own: the code may be used up, so the tokens are
    /// kept whether or not the caller still waits.
    fn exchange(&self, code: &AuthCode) -> Arc<Exchange> {
        let mut state = self.0.lock();
        let latest = state.exchange.as_ref();
        if let Some(exchange) = latest.filter(|exchange| exchange.serves(code)) {
            return Arc::clone(exchange);
        }
        let (sender, exchange) = Exchange::new(code.clone());
        state.exchange = Some(Arc::clone(&exchange));
        drop(state);
        let (shared, code) = (Arc::clone(&self.0), code.clone());
        tokio::spawn(async move {
            let result = shared.authorize(&code).await;
            sender.send_replace(Some(result));
        });
        exchange
    }

    /// Puts a customer's tokens in; false if others were written at the same moment.
    pub(crate) async fn import(&self, new: NewEntry) -> Result<bool, StoreError> {
        let fetched = self.0.fetcher.import(new).await?;
        let imported = fetched.is_some();
        if imported {
            self.0.replace(fetched);
        }
        Ok(imported)
    }

    /// Empties the slot, here and in the store.
    pub(crate) async fn forget(&self) -> Result<(), StoreError> {
        let forgotten = self.0.fetcher.forget().await;
        self.0.replace(None);
        forgotten
    }

    /// The newest tokens of the slot, usable or not.
    pub(crate) async fn newest(&self) -> Result<Option<Entry>, StoreError> {
        let (known, _) = self.0.known();
        self.0.fetcher.newest(&known).await
    }

    /// The token request runs in a task of its own, so that it fills the cell whether or not the
    /// caller who started it still waits. Callers who arrive meanwhile wait for that one, each until
    /// its own deadline, instead of asking for their own.
    ///
    /// Not called under the lock: a runtime that is shutting down drops the task at once, and its
    /// end takes the lock.
    fn spawn(&self, task: Option<Task>) {
        let Some(Task { errand, epoch }) = task else {
            return;
        };
        let ending = Ending {
            shared: Arc::clone(&self.0),
            epoch,
            result: None,
        };
        tokio::spawn(async move {
            let (known, now) = ending.shared.known();
            // Tokens that were put in meanwhile need no renewal.
            if now == epoch {
                let result = ending.shared.fetcher.fetch(errand, &known).await;
                ending.with(result);
            }
        });
    }
}

/// What a caller finds in the cell, and the task to spawn.
enum Look<'a> {
    Held(AccessToken, Option<Task>),
    Cooling(TokenError),
    Wait(Notified<'a>, Option<Task>),
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.fetcher.common.config.clock.monotonic()
    }

    fn look(&self, min_life: Duration) -> Look<'_> {
        let mut state = self.lock();
        let now = self.now();
        let told = state.is_told(now);
        if let Some(kept) = state.good(now, min_life).filter(|_| !told) {
            let token = kept.token();
            let chore = state.chore(kept, now);
            let task = chore.and_then(|errand| state.start(errand));
            return Look::Held(token, task);
        }
        let errand = match state.cooling(now) {
            Some(error) if !state.fetching && now < state.ask_store_at => {
                return Look::Cooling(error.clone());
            }
            Some(_) => Errand::Store,
            // A question to the store costs less than a call that DOKU refuses.
            None if told && state.good(now, min_life).is_some() => Errand::Store,
            None => Errand::Need,
        };
        // Made under the lock: the fetch cannot end between here and the wait.
        Look::Wait(self.ended.notified(), state.start(errand))
    }

    async fn authorize(&self, code: &AuthCode) -> Result<(), TokenError> {
        let (known, _) = self.known();
        match self.fetcher.authorize(code, &known).await {
            Ok(fetched) => self.replace(Some(fetched)),
            Err((error, blocks)) => {
                if let Some(generation) = blocks {
                    let mut state = self.lock();
                    state.block(generation, &error);
                    state.cooling = Some(self.cooling(0, error.clone()));
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn note_refusal(&self, state: &mut State, age: Duration) {
        let failures = state.note_refusal(age, self.now());
        if failures == 0 {
            return;
        }
        let shared = self.fetcher.common.config.tokens_shared;
        let error = TokenError::refused_while_fresh(self.fetcher.is_customers(), shared);
        if failures == 1 {
            tracing::error!(stage = "refused token", "{error}");
        }
        state.cooling = Some(self.cooling(failures, error));
    }

    fn cooling(&self, failures: u32, error: TokenError) -> Box<Cooling> {
        let jitter = &self.fetcher.common.jitter;
        Box::new(Cooling::new(error, failures, self.now(), jitter))
    }

    /// What is known, and in which epoch.
    fn known(&self) -> (Known, u64) {
        let now = self.now();
        let state = self.lock();
        (state.known(now), state.epoch)
    }

    fn end(&self, epoch: u64, result: Result<Found, Failed>) {
        let mut state = self.lock();
        if state.epoch == epoch {
            state.fetching = false;
            state.note_store(&result, self.now(), &self.fetcher.common.jitter);
            match result {
                Ok(Found::Token(fetched)) => {
                    let listen = || Box::new(self.fetcher.changes());
                    state.heard.get_or_insert_with(listen);
                    state.hush();
                    state.cooling = None;
                    state.blocked = None;
                    state.keep(self.kept(fetched));
                }
                Ok(Found::Taken(generation)) => state.taken(generation),
                Ok(Found::Nothing) | Err(Failed::Store) => {}
                Err(Failed::Token { error, blocks }) => self.fail(&mut state, error, blocks),
            }
        }
        drop(state);
        self.ended.notify_waiters();
    }

    fn fail(&self, state: &mut State, mut error: TokenError, blocks: Option<Generation>) {
        if let Some(generation) = blocks {
            state.block(generation, &error);
        }
        // With a good token left there is no hurry to see whether somebody changed the slot.
        if error.backoff == Backoff::Brief && state.good(self.now(), Duration::ZERO).is_some() {
            error.backoff = Backoff::Longest;
        }
        let failures = state.cooling.as_ref().map_or(0, |cooling| cooling.failures);
        let passing = u32::from(error.backoff == Backoff::Next);
        state.cooling = Some(self.cooling(failures.saturating_add(passing), error));
    }

    /// Puts tokens in, or empties the cell. A fetch that is under way no longer counts; the exchange
    /// of a code goes on.
    fn replace(&self, fetched: Option<Fetched>) {
        let kept = fetched.map(|fetched| self.kept(fetched));
        let mut state = self.lock();
        let epoch = state.epoch.wrapping_add(1);
        let exchange = state.exchange.take();
        *state = State {
            epoch,
            exchange: exchange.filter(|exchange| exchange.is_running()),
            ..State::default()
        };
        if let Some(kept) = kept {
            state.keep(kept);
        }
        drop(state);
        self.ended.notify_waiters();
    }

    fn kept(&self, fetched: Fetched) -> Kept {
        let Fetcher { common, .. } = &self.fetcher;
        Kept::new(
            fetched,
            self.fetcher.is_customers(),
            self.now(),
            &common.jitter,
        )
    }
}

/// A token within the limit of a call.
pub(crate) async fn within(
    limit: Duration,
    token: impl Future<Output = Result<AccessToken, TokenError>>,
) -> Result<AccessToken, Failure> {
    match tokio::time::timeout(limit, token).await {
        Ok(token) => token.map_err(Failure::no_token),
        Err(_) => Err(Failure::late(limit)),
    }
}

/// Ends a fetch also where its task panics or its runtime shuts down, so that no caller waits for
/// ever.
struct Ending {
    shared: Arc<Shared>,
    epoch: u64,
    result: Option<Result<Found, Failed>>,
}

impl Ending {
    fn with(mut self, result: Result<Found, Failed>) {
        self.result = Some(result);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let result = self
            .result
            .take()
            .unwrap_or_else(|| Err(TokenError::abandoned().into()));
        self.shared.end(self.epoch, result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_without_its_tokens_is_small() {
        let bytes = size_of::<Shared>();
        assert!(bytes <= 400, "{bytes}");
    }
}
