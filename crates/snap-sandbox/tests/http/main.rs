//! The sandbox over real HTTP, called by a client that signs with `ring`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers as well"
)]

mod answers;
mod bindings;
mod cards;
mod channels;
mod claims;
mod command;
mod customers;
mod exchange;
mod faults;
mod inquiries;
mod money;
mod operations;
mod orders;
mod otp;
mod products;
mod refusals;
mod reversals;
mod signatures;
mod specs;
mod support;
mod token;
