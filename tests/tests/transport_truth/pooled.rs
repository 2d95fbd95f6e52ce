//! Rows in which the server ends an idle connection before it is used again.

use crate::{
    NO_ANSWER,
    check::{Pool, Row, check},
    outcome, row,
    server::{
        Step::{AwaitCue, CloseAndSeeItNoticed, ReadRequest, Reset},
        answer, seen,
    },
};

#[tokio::test]
async fn a_pooled_connection_known_to_be_closed_is_replaced() {
    check(Row {
        pool: Pool::Ended,
        ..row(
            [ReadRequest, answer(), AwaitCue, CloseAndSeeItNoticed],
            "200",
            seen(2, 2),
            Ok(200),
        )
    })
    .await;
}

/// The connection is chosen, and found closed before the request is written. That is so on one
/// thread; on several, the request was now and then written into the closed connection. Then it is
/// not sent again, and nobody can tell that it was not read.
#[tokio::test]
async fn a_pooled_connection_closed_this_moment_is_replaced_or_leaves_it_open() {
    check(Row {
        pool: Pool::Ended,
        outcomes: vec![
            outcome("200", seen(2, 2), Ok(200)),
            outcome("request incomplete", seen(1, 1), NO_ANSWER),
            outcome("request ConnectionReset", seen(1, 1), NO_ANSWER),
        ],
        ..row([ReadRequest, answer(), AwaitCue], "", seen(0, 0), NO_ANSWER)
    })
    .await;
}

#[tokio::test]
async fn a_pooled_connection_reset_this_moment_is_replaced_or_leaves_it_open() {
    check(Row {
        pool: Pool::Ended,
        outcomes: vec![
            outcome("200", seen(2, 2), Ok(200)),
            outcome("request ConnectionReset", seen(1, 1), NO_ANSWER),
        ],
        ..row(
            [ReadRequest, answer(), AwaitCue, Reset],
            "",
            seen(0, 0),
            NO_ANSWER,
        )
    })
    .await;
}
