use std::{fmt, future::Future, pin::Pin, time::Duration};

use snap_sign::ClientId;

use super::{Changes, Entry, Generation, NewEntry};
use crate::CustomerKey;

/// Keeps tokens where every process of a merchant sees them.
///
/// The client caches what it reads, and asks the store only when it needs a token, DOKU refused one,
/// the store did not take one, or tells that another process wrote one. Entries are secrets: redact
/// them, and require TLS and a password unless on loopback. Encrypting them at rest is the store's job.
/// `testing::token_store` (feature `testing`) checks what is promised here; crate `snap-redis` has a
/// store.
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

    /// Tells of what is written to the slot from now on, in any process, to spare whoever waits for
    /// a token the next look. A store that cannot tell needs no such method.
    fn changes(&self, slot: &Slot) -> Changes {
        let _ = slot;
        Changes::never()
    }
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
    ///
    /// Its `Display` and those of its sources reach logs and errors, so they must not hold a token, a password
    /// or the name of a customer. An address with a password in it is one.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }

    /// The innermost cause, which says most.
    pub(super) fn cause(&self) -> &dyn std::error::Error {
        let mut cause: &dyn std::error::Error = &*self.0;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        cause
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

    fn changes(&self, slot: &Slot) -> Changes {
        (**self).changes(slot)
    }
}
