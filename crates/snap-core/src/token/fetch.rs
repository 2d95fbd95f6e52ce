use std::{sync::Arc, time::Duration};

use super::{
    Entry, Generation, Granter, Lease, NewEntry, Slot, StoreError, StoreFuture,
    error::{Backoff, TokenError},
    jitter::Jitter,
};
use crate::Config;

/// Gets a newer token for one slot: from the store, or from DOKU with the store's leave.
#[derive(Debug)]
pub(super) struct Fetcher {
    config: Arc<Config>,
    slot: Slot,
    granter: Granter,
    jitter: Jitter,
}

/// What the store says to a process that needs a token.
enum Turn {
    Adopt(Entry),
    Fetch(Lease),
}

impl Fetcher {
    pub(super) fn new(config: Arc<Config>, granter: Granter) -> Self {
        let slot = Slot::new(config.environment.base_url(), config.client_id.clone());
        let jitter = Jitter::new();
        Self {
            config,
            slot,
            granter,
            jitter,
        }
    }

    /// A token newer than the `known` one. At most one token request, whatever the store does: a
    /// second one would kill the token of the first.
    pub(super) async fn fetch(&self, known: Option<Generation>) -> Result<Entry, TokenError> {
        let patience = self.lease_time().saturating_add(Duration::from_secs(5));
        match tokio::time::timeout(patience, self.turn(known)).await {
            Ok(Ok(Turn::Adopt(entry))) => Ok(entry),
            Ok(Ok(Turn::Fetch(lease))) => {
                let result = self.grant(known).await;
                self.give_back(lease).await;
                result
            }
            // A token that cannot be shared is better than none: the calls go on.
            Ok(Err(error)) => {
                warn(&error);
                self.granter.request().await.map(|new| own(known, new))
            }
            Err(_) => {
                let detail = "another process holds the right to fetch a token and does not finish";
                Err(TokenError::new(detail, Backoff::Next))
            }
        }
    }

    /// Waits until there is a newer token in the store or the right to fetch one.
    async fn turn(&self, known: Option<Generation>) -> Result<Turn, StoreError> {
        let mut pause = FIRST_POLL;
        loop {
            if let Some(entry) = self.newer(known).await? {
                return Ok(Turn::Adopt(entry));
            }
            let lease = self.config.token_store.lease(&self.slot, self.lease_time());
            if let Some(lease) = self.asked(lease).await? {
                return self.turn_of_holder(known, lease).await;
            }
            tokio::time::sleep(self.jitter.spread(pause, 20)).await;
            pause = (pause * 2).min(LONGEST_POLL);
        }
    }

    /// Looks once more: whoever held the lease before may have just finished.
    async fn turn_of_holder(
        &self,
        known: Option<Generation>,
        lease: Lease,
    ) -> Result<Turn, StoreError> {
        let Some(entry) = self.newer(known).await? else {
            return Ok(Turn::Fetch(lease));
        };
        self.give_back(lease).await;
        Ok(Turn::Adopt(entry))
    }

    /// A lease that cannot be given back runs out; that is no reason to fetch.
    async fn give_back(&self, lease: Lease) {
        let release = self.config.token_store.release(&self.slot, lease);
        if let Err(error) = self.asked(release).await {
            warn(&error);
        }
    }

    async fn newer(&self, known: Option<Generation>) -> Result<Option<Entry>, StoreError> {
        let entry = self.load().await?;
        Ok(entry.filter(|entry| Some(entry.generation) > known && entry.remaining > MARGIN))
    }

    /// One token request, and its token into the store. What the store does afterwards no longer
    /// matters for having a token.
    async fn grant(&self, known: Option<Generation>) -> Result<Entry, TokenError> {
        let before = self.load().await;
        let new = self.granter.request().await?;
        let before = match before {
            Ok(before) => before,
            Err(error) => {
                warn(&error);
                return Ok(own(known, new));
            }
        };
        let seen = before.map(|entry| entry.generation);
        let store = &self.config.token_store;
        let swap = store.compare_and_swap(&self.slot, seen, new.clone());
        match self.asked(swap).await {
            Ok(Some(generation)) => Ok(new.stored_as(generation)),
            // Somebody was faster. All processes agree on the stored one; if DOKU honours ours
            // instead, the first refusal settles it.
            Ok(None) => Ok(self.load().await.ok().flatten().unwrap_or(own(known, new))),
            Err(error) => {
                warn(&error);
                Ok(own(known, new))
            }
        }
    }

    async fn load(&self) -> Result<Option<Entry>, StoreError> {
        self.asked(self.config.token_store.load(&self.slot)).await
    }

    /// A store that hangs must not stop the client for ever.
    async fn asked<T>(&self, question: StoreFuture<'_, T>) -> Result<T, StoreError> {
        let limit = tokio::time::timeout(STORE_LIMIT, question);
        limit
            .await
            .unwrap_or_else(|_| Err(StoreError::new("no answer within 2 s")))
    }

    /// Longer than a token request may take, so that two fetch as an exception and not as a rule.
    fn lease_time(&self) -> Duration {
        self.config
            .token_timeout
            .saturating_add(Duration::from_secs(5))
    }
}

/// A token that only this process knows.
fn own(known: Option<Generation>, new: NewEntry) -> Entry {
    let next = known.map_or(1, |Generation(last)| last.saturating_add(1));
    new.stored_as(Generation(next))
}

fn warn(error: &StoreError) {
    tracing::error!(stage = "token store", "{error}; this process goes on alone");
}

/// A token is not used in the last seconds of its life: it could expire under way.
pub(super) const MARGIN: Duration = Duration::from_secs(10);
const STORE_LIMIT: Duration = Duration::from_secs(2);
const FIRST_POLL: Duration = Duration::from_millis(50);
const LONGEST_POLL: Duration = Duration::from_millis(500);
