//! Rows in which the whole request arrived and no answer came.

use crate::{
    NO_ANSWER, SHORT,
    check::{Pool, Row, check},
    row,
    server::{
        Step::{AwaitCue, Drip, ReadRequest, Reset},
        answer, seen,
    },
    write,
};

#[tokio::test]
async fn a_reset_after_the_whole_request_leaves_it_open() {
    check(row(
        [ReadRequest, Reset],
        "request ConnectionReset",
        seen(1, 1),
        NO_ANSWER,
    ))
    .await;
}

#[tokio::test]
async fn a_close_after_the_whole_request_leaves_it_open() {
    check(row(
        [ReadRequest],
        "request incomplete",
        seen(1, 1),
        NO_ANSWER,
    ))
    .await;
}

#[tokio::test]
async fn a_reset_after_the_whole_request_is_not_mended_on_a_reused_connection() {
    check(Row {
        pool: Pool::Idle,
        ..row(
            [ReadRequest, answer(), ReadRequest, Reset],
            "request ConnectionReset",
            seen(1, 2),
            NO_ANSWER,
        )
    })
    .await;
}

#[tokio::test]
async fn a_close_after_the_whole_request_is_not_mended_on_a_reused_connection() {
    check(Row {
        pool: Pool::Idle,
        ..row(
            [ReadRequest, answer(), ReadRequest],
            "request incomplete",
            seen(1, 2),
            NO_ANSWER,
        )
    })
    .await;
}

#[tokio::test]
async fn silence_leaves_it_open() {
    check(Row {
        deadline: SHORT,
        ..row(
            [ReadRequest, AwaitCue],
            "request timeout",
            seen(1, 1),
            NO_ANSWER,
        )
    })
    .await;
}

#[tokio::test]
async fn a_status_line_that_is_garbage_leaves_it_open() {
    check(row(
        [ReadRequest, write("garbage\r\n\r\n")],
        "request parse",
        seen(1, 1),
        NO_ANSWER,
    ))
    .await;
}

#[tokio::test]
async fn a_head_that_stops_halfway_leaves_it_open() {
    check(row(
        [ReadRequest, write("HTTP/1.1 200 OK\r\nX-Half: ")],
        "request incomplete",
        seen(1, 1),
        NO_ANSWER,
    ))
    .await;
}

#[tokio::test]
async fn a_head_that_drips_past_the_deadline_leaves_it_open() {
    check(Row {
        deadline: SHORT,
        ..row(
            [
                ReadRequest,
                write("HTTP/1.1 200 OK\r\nX-Slow: "),
                Drip(b'x'),
            ],
            "request timeout",
            seen(1, 1),
            NO_ANSWER,
        )
    })
    .await;
}
