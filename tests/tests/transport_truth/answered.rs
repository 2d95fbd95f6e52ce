//! Rows in which an answer came, or began to.

use snap_core::transport::TransportStage;

use crate::{
    SHORT,
    check::{Conclusion, Row, check},
    row,
    server::{
        ScriptedServer,
        Step::{Drip, ReadRequest},
        seen,
    },
    write,
};

#[tokio::test]
async fn a_body_shorter_than_announced_is_broken_off() {
    check(row(
        [ReadRequest, write(BEGINNING)],
        "decode UnexpectedEof",
        seen(1, 1),
        BROKEN_OFF,
    ))
    .await;
}

#[tokio::test]
async fn a_body_without_its_last_chunk_is_broken_off() {
    let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"res\r\n";

    check(row(
        [ReadRequest, write(chunk)],
        "decode UnexpectedEof",
        seen(1, 1),
        BROKEN_OFF,
    ))
    .await;
}

#[tokio::test]
async fn a_body_that_drips_past_the_deadline_is_broken_off() {
    check(Row {
        deadline: SHORT,
        ..row(
            [ReadRequest, write(BEGINNING), Drip(b' ')],
            "decode timeout",
            seen(1, 1),
            BROKEN_OFF,
        )
    })
    .await;
}

/// The end of the connection is the end of the body. That this one is half of a JSON document is
/// for the parser to find.
#[tokio::test]
async fn a_body_of_unknown_length_that_is_cut_looks_whole() {
    let cut = "HTTP/1.1 200 OK\r\n\r\n{\"responseCode\":\"20043";

    check(row([ReadRequest, write(cut)], "200", seen(1, 1), Ok(200))).await;
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let other = ScriptedServer::start(Vec::new()).await;
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{}/\r\nContent-Length: 0\r\n\r\n",
        other.address()
    );

    check(row(
        [ReadRequest, write(&redirect)],
        "307",
        seen(1, 1),
        Ok(307),
    ))
    .await;

    // Without a connection neither the body nor a header can have left.
    assert_eq!(other.seen(), seen(0, 0));
}

const BROKEN_OFF: Conclusion = Err(TransportStage::Body { http_status: 200 });
const BEGINNING: &str =
    "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"responseCode\":\"2004300\"";
