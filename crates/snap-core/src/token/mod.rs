//! Access tokens: how they are obtained, kept, shared and replaced.
//!
//! DOKU honours only the latest B2B token of a client id, for 900 s (DOKU Wallet page; unverified
//! whether an older one dies at once). So one [`crate::Client`] makes one token request however
//! many callers wait for it, and several processes need a shared [`TokenStore`]. The same is
//! documented of customers' tokens, which have a slot each.

mod answer;
mod cell;
mod changes;
mod entry;
mod error;
mod exchange;
mod fetch;
mod grant;
pub(crate) mod jitter;
mod known;
mod memory;
mod outage;
mod slot_store;
mod state;
mod store;

pub use changes::{Bell, Changes};
pub use entry::{Entry, Generation, LIFE_UNKNOWN, NewEntry, Refresh};
pub use error::TokenError;
pub use memory::MemoryTokenStore;
pub use outage::StoreOutage;
pub use store::{Lease, Slot, StoreError, StoreFuture, TokenStore};

pub(crate) use answer::is_usable;
pub(crate) use cell::{TokenCell, within};
pub(crate) use grant::{CUSTOMER_TOKEN, Granter, MERCHANT_TOKEN};
