//! What becomes of operations that stay open, judged by the local sandbox, under paused time.
//!
//! Each is sent as a merchant sends it, into trouble, and then asked about as the product documents it.
//! Whatever the resolver says, the ledger agrees; what is sent again takes effect once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
#![allow(unreachable_pub, reason = "shared between the modules of one test")]
#![allow(
    clippy::exhaustive_structs,
    clippy::exhaustive_enums,
    reason = "for tests"
)]

#[path = "resolver/ambiguous.rs"]
mod ambiguous;
#[path = "resolver/failing.rs"]
mod failing;
#[path = "resolver/found.rs"]
mod found;
#[path = "resolver/kept.rs"]
mod kept;
#[path = "resolver/lost.rs"]
mod lost;
#[path = "resolver/operation.rs"]
mod operation;
#[path = "resolver/pace.rs"]
mod pace;
#[path = "resolver/repeated.rs"]
mod repeated;
#[path = "resolver/resubmitted.rs"]
mod resubmitted;
#[path = "resolver/shop.rs"]
mod shop;
