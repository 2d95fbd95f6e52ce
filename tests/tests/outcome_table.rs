//! Every cell of the outcome table against the local sandbox, with the effect applied and not.
//!
//! Two things are kept apart. What breaks on the wire proves nothing by itself, so whatever is claimed
//! then has to agree with the ledger. What a response code says is DOKU's word: where the sandbox is
//! made to lie (a refusal of what took effect, a success of what did not) the claim follows the code,
//! and the ledger is asked only where the word is true.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the fault matrix, which uses another part"
)]
#![allow(
    clippy::exhaustive_structs,
    clippy::exhaustive_enums,
    reason = "for tests"
)]

#[path = "outcome_table/cells.rs"]
mod cells;
#[path = "outcome_table/claims.rs"]
mod claims;
#[path = "outcome_table/operation.rs"]
mod operation;
#[path = "outcome_table/script.rs"]
mod script;
#[path = "fault_matrix/subject.rs"]
mod subject;
#[path = "outcome_table/token.rs"]
mod token;
#[path = "fault_matrix/world.rs"]
mod world;

use self::cells::{CELLS, Cell};

#[tokio::test(start_paused = true)]
async fn a_read_does_what_its_column_says() {
    operation::check("read").await;
}

#[tokio::test(start_paused = true)]
async fn a_session_does_what_its_column_says() {
    operation::check("session").await;
}

#[tokio::test(start_paused = true)]
async fn a_debit_does_what_its_column_says() {
    operation::check("debit").await;
}

#[tokio::test(start_paused = true)]
async fn a_credit_does_what_its_column_says() {
    operation::check("credit").await;
}

#[tokio::test(start_paused = true)]
async fn a_reversal_does_what_its_column_says() {
    operation::check("reversal").await;
}

#[tokio::test(start_paused = true)]
async fn a_request_for_the_merchants_token_does_what_its_column_says() {
    token::check("token", token::Grant::Merchant).await;
}

#[tokio::test(start_paused = true)]
async fn the_exchange_of_an_auth_code_does_what_its_column_says() {
    token::check("customer_token", token::Grant::Code).await;
}

#[tokio::test(start_paused = true)]
async fn the_renewal_of_a_customers_token_does_what_its_column_says() {
    token::check("customer_token", token::Grant::Refresh).await;
}

#[test]
fn no_column_is_forgotten() {
    let mut columns: Vec<&str> = CELLS.iter().map(|cell| cell.column).collect();
    columns.sort_unstable();
    columns.dedup();

    let played = [
        "credit",
        "customer_token",
        "debit",
        "read",
        "reversal",
        "session",
        "token",
    ];
    assert_eq!(columns, played);
}

fn column(name: &str) -> impl Iterator<Item = Cell> {
    CELLS
        .iter()
        .copied()
        .filter(move |cell| cell.column == name)
}

/// Fails with everything that was complained about.
#[track_caller]
fn assert_no_complaints(complaints: &[String], played: usize) {
    let count = complaints.len();
    assert_eq!(
        count,
        0,
        "{count} of {played} cases:\n{}",
        complaints.join("\n")
    );
    assert_ne!(played, 0, "nothing was played");
}
