use std::{
    collections::HashMap,
    future::{Ready, ready},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Entry, Generation, Lease, NewEntry, Slot, StoreError, StoreFuture, TokenStore};
use crate::{Clock, SystemClock};

/// Keeps tokens in this process. The default.
#[derive(Debug)]
pub struct MemoryTokenStore {
    clock: Box<dyn Clock>,
    slots: Mutex<HashMap<Slot, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Outlives the entry, so that generations only grow.
    generation: Option<Generation>,
    entry: Option<(Entry, Duration)>,
    lease: Option<(u128, Duration)>,
    leases: u128,
}

impl Kept {
    fn entry(&self, now: Duration) -> Option<Entry> {
        let (entry, written) = self.entry.as_ref()?;
        entry.after(now.saturating_sub(*written))
    }

    fn next_generation(&mut self) -> Generation {
        let last = self.generation.map_or(0, |Generation(last)| last);
        *self.generation.insert(Generation(last.saturating_add(1)))
    }
}

impl MemoryTokenStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(SystemClock::new())
    }

    /// An empty store with another source of time.
    #[must_use]
    pub fn with_clock(clock: impl Clock + 'static) -> Self {
        Self {
            clock: Box::new(clock),
            slots: Mutex::default(),
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<Slot, Kept>> {
        // Nothing that holds the lock can leave a slot half written.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryTokenStore {
    fn default() -> Self {
        Self::new()
    }
}

impl TokenStore for MemoryTokenStore {
    fn load<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, Option<Entry>> {
        let now = self.clock.monotonic();
        let slots = self.slots();
        let entry = slots.get(slot).and_then(|kept| kept.entry(now));
        drop(slots);
        done(entry)
    }

    fn compare_and_swap<'a>(
        &'a self,
        slot: &'a Slot,
        seen: Option<Generation>,
        new: NewEntry,
    ) -> StoreFuture<'a, Option<Generation>> {
        let now = self.clock.monotonic();
        let mut slots = self.slots();
        let kept = slots.entry(slot.clone()).or_default();
        let unchanged = match seen {
            // The entry may have run out since it was seen.
            Some(_) => kept.generation == seen && kept.entry.is_some(),
            // An entry that ran out is not shown by `load`, so it cannot be asked for.
            None => kept.entry(now).is_none(),
        };
        if !unchanged {
            return done(None);
        }
        let generation = kept.next_generation();
        kept.entry = Some((new.stored_as(generation), now));
        done(Some(generation))
    }

    fn lease<'a>(&'a self, slot: &'a Slot, ttl: Duration) -> StoreFuture<'a, Option<Lease>> {
        let now = self.clock.monotonic();
        let mut slots = self.slots();
        let kept = slots.entry(slot.clone()).or_default();
        if kept.lease.is_some_and(|(_, until)| now < until) {
            return done(None);
        }
        kept.leases += 1;
        kept.lease = Some((kept.leases, now.saturating_add(ttl)));
        done(Some(Lease { owner: kept.leases }))
    }

    fn release<'a>(&'a self, slot: &'a Slot, lease: Lease) -> StoreFuture<'a, ()> {
        if let Some(kept) = self.slots().get_mut(slot) {
            kept.lease = kept.lease.filter(|(owner, _)| *owner != lease.owner);
        }
        done(())
    }

    fn forget<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, ()> {
        if let Some(kept) = self.slots().get_mut(slot) {
            kept.entry = None;
        }
        done(())
    }
}

fn done<'a, T: Send + 'a>(value: T) -> StoreFuture<'a, T> {
    let ready: Ready<Result<T, StoreError>> = ready(Ok(value));
    Box::pin(ready)
}

#[cfg(test)]
mod tests {
    use snap_sign::{AccessToken, ClientId};

    use super::*;
    use crate::{RefreshToken, token::Refresh};

    const LIFE: Duration = Duration::from_secs(900);

    fn slot() -> Slot {
        Slot::new("https://snap.example", ClientId::new("BRN-1").unwrap())
    }

    fn entry(token: &str) -> NewEntry {
        NewEntry::new(AccessToken::new(token), LIFE)
    }

    fn renewable(token: &str) -> NewEntry {
        let refresh = Refresh::new(RefreshToken::new("canary"), 10 * LIFE, 10 * LIFE);
        entry(token).with_refresh(Some(refresh))
    }

    fn of(customer: &str) -> Slot {
        slot().with_customer(customer.into())
    }

    async fn swap(
        store: &MemoryTokenStore,
        slot: &Slot,
        seen: Option<Generation>,
        new: NewEntry,
    ) -> Option<Generation> {
        store.compare_and_swap(slot, seen, new).await.unwrap()
    }

    async fn stored(store: &MemoryTokenStore) -> Option<(String, Generation)> {
        let entry = store.load(&slot()).await.unwrap();
        entry.map(|entry| (entry.access_token.expose().to_owned(), entry.generation))
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_writer_cannot_bring_back_an_older_token() {
        let store = MemoryTokenStore::new();
        let first = swap(&store, &slot(), None, entry("one")).await;
        let second = swap(&store, &slot(), first, entry("two")).await;

        let late = swap(&store, &slot(), first, entry("late")).await;
        let blind = swap(&store, &slot(), None, entry("blind")).await;

        assert_eq!((late, blind), (None, None));
        assert_eq!(
            stored(&store).await,
            Some(("two".to_owned(), second.unwrap()))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn generations_grow_also_after_an_entry_expired() {
        let store = MemoryTokenStore::new();
        let first = swap(&store, &slot(), None, entry("one")).await;
        tokio::time::advance(LIFE).await;
        assert_eq!(stored(&store).await, None);

        let second = swap(&store, &slot(), None, entry("two")).await;

        assert!(second > first);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_has_one_holder_until_it_is_released_or_runs_out() {
        let store = MemoryTokenStore::new();
        let ttl = Duration::from_secs(15);
        let first = store.lease(&slot(), ttl).await.unwrap().unwrap();
        assert_eq!(store.lease(&slot(), ttl).await.unwrap(), None);

        tokio::time::advance(ttl).await;
        let second = store.lease(&slot(), ttl).await.unwrap().unwrap();
        store.release(&slot(), first).await.unwrap();
        assert_eq!(
            store.lease(&slot(), ttl).await.unwrap(),
            None,
            "freed by its former holder"
        );

        store.release(&slot(), second).await.unwrap();
        assert!(store.lease(&slot(), ttl).await.unwrap().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn an_entry_that_can_be_renewed_outlives_its_access_token() {
        let store = MemoryTokenStore::new();
        let first = swap(&store, &of("anna"), None, renewable("one")).await;

        tokio::time::advance(LIFE).await;
        let run_out = store.load(&of("anna")).await.unwrap().unwrap();
        let refresh = run_out.refresh.unwrap();
        assert_eq!(
            (run_out.remaining, refresh.remaining),
            (Duration::ZERO, 9 * LIFE)
        );
        let blind = swap(&store, &of("anna"), None, entry("blind")).await;
        assert_eq!(blind, None);

        tokio::time::advance(9 * LIFE).await;
        assert!(store.load(&of("anna")).await.unwrap().is_none());
        let second = swap(&store, &of("anna"), None, entry("two")).await;
        assert!(second > first);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refresh_token_that_ran_out_is_not_shown_beside_a_living_access_token() {
        let store = MemoryTokenStore::new();
        let refresh = Refresh::new(RefreshToken::new("r"), LIFE / 2, LIFE / 2);
        let new = entry("one").with_refresh(Some(refresh));
        swap(&store, &of("anna"), None, new).await;

        tokio::time::advance(LIFE / 2).await;

        let entry = store.load(&of("anna")).await.unwrap().unwrap();
        assert_eq!((entry.remaining, entry.refresh.is_none()), (LIFE / 2, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_writer_who_saw_an_entry_that_ran_out_meanwhile_is_not_too_late() {
        let store = MemoryTokenStore::new();
        let first = swap(&store, &slot(), None, entry("one")).await;
        tokio::time::advance(LIFE).await;

        let second = swap(&store, &slot(), first, entry("two")).await;

        assert!(second > first);
    }

    #[tokio::test(start_paused = true)]
    async fn a_writer_who_saw_a_forgotten_entry_cannot_bring_it_back() {
        let store = MemoryTokenStore::new();
        let first = swap(&store, &of("anna"), None, renewable("one")).await;

        store.forget(&of("anna")).await.unwrap();
        assert!(store.load(&of("anna")).await.unwrap().is_none());
        let late = swap(&store, &of("anna"), first, renewable("late")).await;
        assert_eq!(late, None);

        let second = swap(&store, &of("anna"), None, renewable("two")).await;
        assert!(second > first, "generations go on");
    }

    #[tokio::test(start_paused = true)]
    async fn customers_and_the_merchant_share_neither_entries_nor_leases() {
        let store = MemoryTokenStore::new();
        let slots = [slot(), of("anna"), of("budi")];
        for (index, slot) in slots.iter().enumerate() {
            let new = entry(&format!("token-{index}"));
            assert!(swap(&store, slot, None, new).await.is_some());
            assert!(store.lease(slot, LIFE).await.unwrap().is_some());
        }

        store.forget(&of("anna")).await.unwrap();

        let budi = store.load(&of("budi")).await.unwrap().unwrap();
        assert_eq!(budi.access_token.expose(), "token-2");
        assert_eq!(stored(&store).await.unwrap().0, "token-0");
        assert!(store.load(&of("anna")).await.unwrap().is_none());
    }

    #[test]
    fn debug_of_an_entry_and_a_slot_hides_tokens_and_customer() {
        let printed = format!("{:?} {:?}", renewable("canary"), of("canary"));
        assert!(!printed.contains("canary"), "{printed}");
    }
}
