//! Access tokens: how they are obtained, kept, shared and replaced.
//!
//! DOKU honours only the latest B2B token of a client id, for 900 s (DOKU Wallet page; unverified
//! whether an older one dies at once). So one [`crate::Client`] makes one token request however
//! many callers wait for it, and several processes need a shared [`TokenStore`].

mod cell;
mod error;
mod fetch;
mod grant;
mod jitter;
mod store;

pub use error::TokenError;
pub use store::{
    Entry, Generation, Lease, MemoryTokenStore, NewEntry, Slot, StoreError, StoreFuture, TokenStore,
};

pub(crate) use cell::{Held, Stamp, TokenCell};
pub(crate) use grant::Granter;
