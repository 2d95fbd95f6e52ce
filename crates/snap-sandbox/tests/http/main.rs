//! The sandbox over real HTTP, called by a client that signs with `ring`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers as well"
)]

mod answers;
mod balances;
mod claims;
mod command;
mod customers;
mod exchange;
mod faults;
mod history;
mod inquiries;
mod magic;
mod money;
mod operations;
mod orders;
mod products;
mod refusals;
mod reversals;
mod sessions;
mod signatures;
mod specs;
mod support;
mod token;
