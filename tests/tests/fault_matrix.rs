//! The fault matrix: what goes wrong, and what a call of every kind makes of it, under paused time.
//!
//! Every row is played for every operation that it concerns, with the effect applied and not where the
//! request can have arrived. Whatever the row, the call returns within its limit, the error says how
//! far it got and under which names, nothing is sent that must not be, the ledger agrees with what is
//! claimed, no secret is shown, and no task is left.
//!
//! Rows that are elsewhere: 2 (an unusable key fails before there is a client: the tests of `snap-sign`
//! and of `Config`), 13 and 14 by real names and ports, 15 by real certificates, 16 by a real pool
//! (`transport_truth.rs`, `tls_and_proxy.rs`), 42 (kills: the journal's tests), 43 (inquiries:
//! `snap-resolve`), 44 (notifications: `snap-resolve`), 45 (name resolution happens in the HTTP library).
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the outcome table, which uses another part"
)]
#![allow(
    clippy::exhaustive_structs,
    clippy::exhaustive_enums,
    reason = "for tests"
)]

#[path = "fault_matrix/answers.rs"]
mod answers;
#[path = "fault_matrix/clocks.rs"]
mod clocks;
#[path = "fault_matrix/dropped.rs"]
mod dropped;
#[path = "fault_matrix/not_sent.rs"]
mod not_sent;
#[path = "fault_matrix/outage.rs"]
mod outage;
#[path = "fault_matrix/refused_tokens.rs"]
mod refused_tokens;
#[path = "fault_matrix/row.rs"]
mod row;
#[path = "fault_matrix/subject.rs"]
mod subject;
#[path = "fault_matrix/tokens.rs"]
mod tokens;
#[path = "fault_matrix/wire.rs"]
mod wire;
#[path = "fault_matrix/world.rs"]
mod world;
