use std::{
    collections::HashMap,
    fmt,
    future::{Future, Ready, ready},
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use snap_sign::{AccessToken, ClientId};

use crate::{Clock, CustomerKey, RefreshToken, SystemClock};

/// Keeps tokens where every process of a merchant sees them.
///
/// The client caches what it reads, and asks the store only when it needs a token or DOKU refused
/// one. Entries are secrets: redact them, and require TLS and a password unless on loopback.
/// Encrypting them at rest is the store's job.
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// The newest entry of the slot, with what *remains* of its lives; nothing once they are over.
    ///
    /// An entry lives as long as its access token or its refresh token, whichever is longer: one
    /// whose access token ran out is given with nothing remaining, as long as it can be renewed.
    fn load<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, Option<Entry>>;

    /// Writes `new` if the newest generation of the slot is still `seen`, and nothing otherwise.
    ///
    /// Gives the generation written, which is larger than every earlier one of the slot, or nothing
    /// if another process was faster. Atomic per slot. `seen` is what [`Self::load`] gave: nothing
    /// where the slot is empty, its entry ran out, or it was forgotten.
    fn compare_and_swap<'a>(
        &'a self,
        slot: &'a Slot,
        seen: Option<Generation>,
        new: NewEntry,
    ) -> StoreFuture<'a, Option<Generation>>;

    /// Grants the right to fetch to one holder for `ttl`; nothing if somebody has it.
    fn lease<'a>(&'a self, slot: &'a Slot, ttl: Duration) -> StoreFuture<'a, Option<Lease>>;

    /// Gives a lease back early. A lease that ran out or changed hands is left alone.
    fn release<'a>(&'a self, slot: &'a Slot, lease: Lease) -> StoreFuture<'a, ()>;

    /// Empties the slot. Generations go on from where they were, so that a writer who saw the
    /// entry cannot bring it back.
    fn forget<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, ()>;
}

/// What the methods of a [`TokenStore`] return.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Whose token it is: a client id's in one environment, or that of one of its customers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Slot {
    /// Base URL of the environment; two environments never share a token.
    pub base_url: String,
    /// The client id.
    pub client_id: ClientId,
    /// The customer, for a customer's tokens. It may be a phone number: store a digest of it.
    pub customer: Option<CustomerKey>,
}

impl Slot {
    /// The slot of a client id in an environment.
    #[must_use]
    pub fn new(base_url: impl Into<String>, client_id: ClientId) -> Self {
        Self {
            base_url: base_url.into(),
            client_id,
            customer: None,
        }
    }

    /// The slot of one customer of the same client id.
    #[must_use]
    pub fn with_customer(mut self, customer: CustomerKey) -> Self {
        self.customer = Some(customer);
        self
    }
}

/// Counts the tokens of a slot, upwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "stores make and compare them")]
pub struct Generation(pub u64);

/// A token as stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The access token, of the kind the slot holds.
    pub access_token: AccessToken,
    /// Which token of the slot it is.
    pub generation: Generation,
    /// How long it was valid when it was issued; [`LIFE_UNKNOWN`] if DOKU did not say.
    pub life: Duration,
    /// How long it is valid from now on; zero if it ran out.
    pub remaining: Duration,
    /// What a customer's access token is renewed with; nothing once that ran out, or if there is
    /// none.
    pub refresh: Option<Refresh>,
}

impl Entry {
    /// A token that was issued for `life` and has `remaining` of it left, and cannot be renewed.
    #[must_use]
    pub fn new(
        access_token: AccessToken,
        generation: Generation,
        life: Duration,
        remaining: Duration,
    ) -> Self {
        Self {
            access_token,
            generation,
            life,
            remaining,
            refresh: None,
        }
    }

    /// The token is renewed with this.
    #[must_use]
    pub fn with_refresh(mut self, refresh: Option<Refresh>) -> Self {
        self.refresh = refresh;
        self
    }

    /// The entry as it is some time later; nothing once all of it ran out.
    #[must_use]
    pub fn after(&self, elapsed: Duration) -> Option<Self> {
        let remaining = self.remaining.saturating_sub(elapsed);
        let refresh = self.refresh.as_ref();
        let refresh = refresh.and_then(|refresh| refresh.after(elapsed));
        let alive = !remaining.is_zero() || refresh.is_some();
        alive.then(|| {
            let token = self.access_token.clone();
            Self::new(token, self.generation, self.life, remaining).with_refresh(refresh)
        })
    }
}

/// A token to store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewEntry {
    /// The access token, of the kind the slot holds.
    pub access_token: AccessToken,
    /// How long it is valid from now on; [`LIFE_UNKNOWN`] if DOKU did not say.
    pub life: Duration,
    /// What a customer's access token is renewed with.
    pub refresh: Option<Refresh>,
}

impl NewEntry {
    /// A token that is valid for `life` from now on and cannot be renewed.
    #[must_use]
    pub fn new(access_token: AccessToken, life: Duration) -> Self {
        Self {
            access_token,
            life,
            refresh: None,
        }
    }

    /// The token is renewed with this.
    #[must_use]
    pub fn with_refresh(mut self, refresh: Option<Refresh>) -> Self {
        self.refresh = refresh;
        self
    }

    /// How long the entry is worth keeping from now on.
    #[must_use]
    pub fn keep_for(&self) -> Duration {
        let refresh = self.refresh.as_ref().map(|refresh| refresh.remaining);
        self.life.max(refresh.unwrap_or_default())
    }

    /// The entry that is written.
    #[must_use]
    pub fn stored_as(self, generation: Generation) -> Entry {
        Entry::new(self.access_token, generation, self.life, self.life).with_refresh(self.refresh)
    }
}

/// A refresh token as stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refresh {
    /// The token.
    pub token: RefreshToken,
    /// How long it was valid when it was issued; [`LIFE_UNKNOWN`] if DOKU did not say.
    pub life: Duration,
    /// How long it is valid from now on.
    pub remaining: Duration,
}

impl Refresh {
    /// A refresh token that was issued for `life` and has `remaining` of it left.
    #[must_use]
    pub fn new(token: RefreshToken, life: Duration, remaining: Duration) -> Self {
        Self {
            token,
            life,
            remaining,
        }
    }

    fn after(&self, elapsed: Duration) -> Option<Self> {
        let remaining = self.remaining.saturating_sub(elapsed);
        (!remaining.is_zero()).then(|| Self {
            remaining,
            ..self.clone()
        })
    }
}

/// Stands for the life of a token whose end DOKU did not tell: ten years, so that a store may treat
/// it like any other.
pub const LIFE_UNKNOWN: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The right to fetch a token, until it is given back or runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// Tells this lease from any later one.
    pub owner: u128,
}

impl Lease {
    /// A lease told from others by its owner value.
    #[must_use]
    pub fn new(owner: u128) -> Self {
        Self { owner }
    }
}

/// The store could not be asked.
#[derive(Debug)]
pub struct StoreError(Box<dyn std::error::Error + Send + Sync>);

impl StoreError {
    /// Wraps the cause.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token store failed")
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

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

impl<S: TokenStore + ?Sized> TokenStore for std::sync::Arc<S> {
    fn load<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, Option<Entry>> {
        (**self).load(slot)
    }

    fn compare_and_swap<'a>(
        &'a self,
        slot: &'a Slot,
        seen: Option<Generation>,
        new: NewEntry,
    ) -> StoreFuture<'a, Option<Generation>> {
        (**self).compare_and_swap(slot, seen, new)
    }

    fn lease<'a>(&'a self, slot: &'a Slot, ttl: Duration) -> StoreFuture<'a, Option<Lease>> {
        (**self).lease(slot, ttl)
    }

    fn release<'a>(&'a self, slot: &'a Slot, lease: Lease) -> StoreFuture<'a, ()> {
        (**self).release(slot, lease)
    }

    fn forget<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, ()> {
        (**self).forget(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let first = store
            .compare_and_swap(&slot(), None, entry("one"))
            .await
            .unwrap();
        let second = store
            .compare_and_swap(&slot(), first, entry("two"))
            .await
            .unwrap();

        let late = store
            .compare_and_swap(&slot(), first, entry("late"))
            .await
            .unwrap();
        let blind = store
            .compare_and_swap(&slot(), None, entry("blind"))
            .await
            .unwrap();

        assert_eq!((late, blind), (None, None));
        assert_eq!(
            stored(&store).await,
            Some(("two".to_owned(), second.unwrap()))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn generations_grow_also_after_an_entry_expired() {
        let store = MemoryTokenStore::new();
        let first = store
            .compare_and_swap(&slot(), None, entry("one"))
            .await
            .unwrap();
        tokio::time::advance(LIFE).await;
        assert_eq!(stored(&store).await, None);

        let second = store
            .compare_and_swap(&slot(), None, entry("two"))
            .await
            .unwrap();

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
