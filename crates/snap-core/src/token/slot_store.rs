use std::time::Duration;

use super::{
    Changes, Entry, Generation, Lease, NewEntry, Slot, StoreError, StoreFuture, TokenStore,
};

/// The store as the cell of one slot sees it. A store that hangs must not stop the client for ever.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlotStore<'a> {
    pub(super) slot: &'a Slot,
    pub(super) store: &'a dyn TokenStore,
}

impl SlotStore<'_> {
    pub(super) async fn load(self) -> Result<Option<Entry>, StoreError> {
        limited(self.store.load(self.slot)).await
    }

    pub(super) async fn swap(
        self,
        seen: Option<Generation>,
        new: NewEntry,
    ) -> Result<Option<Generation>, StoreError> {
        limited(self.store.compare_and_swap(self.slot, seen, new)).await
    }

    /// Writes over what is there; nothing if others were written at the same moment.
    pub(super) async fn replace(self, new: NewEntry) -> Result<Option<Generation>, StoreError> {
        let seen = self.load().await?.map(|entry| entry.generation);
        self.swap(seen, new).await
    }

    /// Writes over whatever is there.
    pub(super) async fn overwrite(self, new: &NewEntry) -> Result<Generation, StoreError> {
        for _ in 0..OVERWRITES {
            if let Some(generation) = self.replace(new.clone()).await? {
                return Ok(generation);
            }
        }
        Err(StoreError::new("others write to the slot all the time"))
    }

    pub(super) async fn lease(self, ttl: Duration) -> Result<Option<Lease>, StoreError> {
        limited(self.store.lease(self.slot, ttl)).await
    }

    pub(super) async fn give_back(self, lease: Lease) {
        if let Err(error) = limited(self.store.release(self.slot, lease)).await {
            self.report(&error, "the right to fetch runs out by itself");
        }
    }

    pub(super) fn changes(self) -> Changes {
        self.store.changes(self.slot)
    }

    pub(super) async fn forget(self) -> Result<(), StoreError> {
        limited(self.store.forget(self.slot)).await
    }

    /// Logs that the store failed, and what comes of it.
    pub(super) fn report(self, error: &StoreError, outcome: &str) {
        let slot = match self.slot.customer {
            Some(_) => "customer",
            None => "merchant",
        };
        let cause = tracing::field::display(error.cause());
        tracing::error!(stage = "token store", slot, cause, "{error}; {outcome}");
    }
}

async fn limited<T>(question: StoreFuture<'_, T>) -> Result<T, StoreError> {
    let limit = tokio::time::timeout(STORE_LIMIT, question);
    limit
        .await
        .unwrap_or_else(|_| Err(StoreError::new("no answer within 2 s")))
}

/// More writers than this at the same moment are a fault of their own.
const OVERWRITES: usize = 5;
const STORE_LIMIT: Duration = Duration::from_secs(2);
