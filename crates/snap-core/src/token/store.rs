use std::{
    collections::HashMap,
    fmt,
    future::{Future, Ready, ready},
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use snap_sign::{AccessToken, ClientId};

use crate::{Clock, SystemClock};

/// Keeps tokens where every process of a merchant sees them.
///
/// The client caches what it reads, and asks the store only when it needs a token or DOKU refused
/// one. Entries are secrets: redact them, and require TLS and a password unless on loopback.
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// The newest entry of the slot, with its *remaining* life; nothing once that is over.
    fn load<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, Option<Entry>>;

    /// Writes `new` if the newest generation of the slot is still `seen`, and nothing otherwise.
    ///
    /// Gives the generation written, which is larger than every earlier one of the slot, or nothing
    /// if another process was faster. Atomic per slot.
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
}

/// What the methods of a [`TokenStore`] return.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Whose token it is: one client id in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Slot {
    /// Base URL of the environment; two environments never share a token.
    pub base_url: String,
    /// The client id.
    pub client_id: ClientId,
}

impl Slot {
    /// The slot of a client id in an environment.
    #[must_use]
    pub fn new(base_url: impl Into<String>, client_id: ClientId) -> Self {
        Self {
            base_url: base_url.into(),
            client_id,
        }
    }
}

/// Counts the tokens of a slot, upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "stores make and compare them")]
pub struct Generation(pub u64);

/// A token as stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The token.
    pub access_token: AccessToken,
    /// Which token of the slot it is.
    pub generation: Generation,
    /// How long it was valid when it was issued.
    pub life: Duration,
    /// How long it is valid from now on.
    pub remaining: Duration,
}

impl Entry {
    /// A token that was issued for `life` and has `remaining` of it left.
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
        }
    }
}

/// A token to store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewEntry {
    /// The token.
    pub access_token: AccessToken,
    /// How long it is valid from now on.
    pub life: Duration,
}

impl NewEntry {
    /// A token that is valid for `life` from now on.
    #[must_use]
    pub fn new(access_token: AccessToken, life: Duration) -> Self {
        Self { access_token, life }
    }

    pub(super) fn stored_as(self, generation: Generation) -> Entry {
        Entry::new(self.access_token, generation, self.life, self.life)
    }
}

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
    entry: Option<(NewEntry, Duration)>,
    lease: Option<(u128, Duration)>,
    leases: u128,
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
        let entry = self.slots().get(slot).and_then(|kept| {
            let (new, written) = kept.entry.as_ref()?;
            let remaining = written
                .saturating_add(new.life)
                .checked_sub(now)
                .filter(|left| !left.is_zero())?;
            Some(Entry {
                access_token: new.access_token.clone(),
                generation: kept.generation?,
                life: new.life,
                remaining,
            })
        });
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
        // An entry that ran out is not shown by `load`, so its generation cannot be asked for.
        let expired = kept
            .entry
            .as_ref()
            .is_none_or(|(entry, at)| at.saturating_add(entry.life) <= now);
        if kept.generation != seen && !(seen.is_none() && expired) {
            return done(None);
        }
        let generation = Generation(kept.generation.map_or(1, |Generation(last)| last + 1));
        kept.generation = Some(generation);
        kept.entry = Some((new, now));
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(900);

    fn slot() -> Slot {
        Slot::new("https://snap.example", ClientId::new("BRN-1").unwrap())
    }

    fn entry(token: &str) -> NewEntry {
        NewEntry {
            access_token: AccessToken::new(token),
            life: LIFE,
        }
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

    #[test]
    fn debug_of_an_entry_hides_the_token() {
        assert!(!format!("{:?}", entry("canary")).contains("canary"));
    }
}
