//! Rows in which a part of the request arrived, or was left unread.

use bytes::Bytes;

use crate::{
    NO_ANSWER, SHORT,
    check::{Pool, Row, check},
    row,
    server::{
        Step::{AwaitCue, AwaitRequest, ReadHalfOfBody, ReadHalfOfHead, ReadRequest, Reset},
        answer, seen,
    },
};

#[tokio::test]
async fn a_reset_before_the_request_was_read_leaves_it_open() {
    check(row(
        [AwaitRequest, Reset],
        "request ConnectionReset",
        seen(1, 0),
        NO_ANSWER,
    ))
    .await;
}

#[tokio::test]
async fn a_reset_before_the_request_was_read_is_not_mended_on_a_reused_connection() {
    check(Row {
        pool: Pool::Idle,
        ..row(
            [ReadRequest, answer(), AwaitRequest, Reset],
            "request ConnectionReset",
            seen(1, 1),
            NO_ANSWER,
        )
    })
    .await;
}

#[tokio::test]
async fn a_reset_after_half_of_the_head_leaves_it_open() {
    check(row(
        [ReadHalfOfHead, Reset],
        "request ConnectionReset",
        seen(1, 0).and_a_part(),
        NO_ANSWER,
    ))
    .await;
}

#[tokio::test]
async fn a_reset_after_half_of_the_body_leaves_it_open() {
    check(row(
        [ReadHalfOfBody, Reset],
        "request ConnectionReset",
        seen(1, 0).and_a_part(),
        NO_ANSWER,
    ))
    .await;
}

#[tokio::test]
async fn a_reset_while_the_body_is_being_written_leaves_it_open() {
    check(Row {
        body: more_than_the_kernel_buffers(),
        ..row(
            [ReadHalfOfBody, Reset],
            "request ConnectionReset",
            seen(1, 0).and_a_part(),
            NO_ANSWER,
        )
    })
    .await;
}

#[tokio::test]
async fn a_deadline_while_the_body_is_being_written_leaves_it_open() {
    check(Row {
        body: more_than_the_kernel_buffers(),
        deadline: SHORT,
        ..row(
            [ReadHalfOfHead, AwaitCue],
            "request timeout",
            seen(1, 0).and_a_part(),
            NO_ANSWER,
        )
    })
    .await;
}

fn more_than_the_kernel_buffers() -> Bytes {
    Bytes::from(vec![b'x'; 32 * 1024 * 1024])
}
