//! The sandbox over real HTTP, called by a client that signs with `ring`.

#![expect(
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers as well"
)]

mod answers;
mod command;
mod customers;
mod operations;
mod products;
mod refusals;
mod signatures;
mod specs;
mod support;
mod token;
