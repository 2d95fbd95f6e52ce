//! What a real network does to a call, and what the error then says.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use doku_kirimdoku::{BalanceInquiryRequest, Kirimdoku};
use snap_core::{Client, ClientId, ClientSecret, Config, Environment, Error, PrivateKey, Stage};
use snap_sandbox::Sandbox;
use snap_suite::BrokenServer;
use tokio::net::TcpListener;

/// Any key will do: nobody here checks signatures.
async fn kirim(base_url: &str) -> Kirimdoku {
    let sandbox = Sandbox::start().await.unwrap();
    let key = PrivateKey::from_pem(sandbox.merchant().private_key_pem.as_bytes()).unwrap();
    let client_id = ClientId::new("BRN-LOCAL-1").unwrap();
    let environment = Environment::custom(base_url).unwrap();
    let config = Config::new(environment, client_id, ClientSecret::new("SK-LOCAL-1"), key)
        .with_channel_id("H2H")
        .with_timeout(Duration::from_secs(5));
    Kirimdoku::from(Client::new(config).unwrap())
}

fn request() -> BalanceInquiryRequest {
    BalanceInquiryRequest::builder()
        .account_no("A41879")
        .build()
}

async fn error_after(answer: impl Into<Vec<u8>>, close: bool) -> (Error, usize) {
    let server = BrokenServer::answering(answer, close).await.unwrap();
    let error = kirim(server.base_url())
        .await
        .balance_inquiry(&request())
        .await
        .unwrap_err();
    (error, server.calls())
}

/// A read whose answer is unreadable is asked for once more, and one without an answer twice. Calls that
/// move money are not: `transport_truth.rs` and `fault_matrix.rs`.
const ONCE_MORE: usize = 2;
const TWICE_MORE: usize = 3;

fn http(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn an_unreachable_host_is_not_sent() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let kirim = kirim(&format!("http://127.0.0.1:{port}")).await;

    let error = kirim.balance_inquiry(&request()).await.unwrap_err();

    assert_eq!((error.stage(), error.is_connect()), (Stage::NotSent, true));
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn html_under_a_good_status_is_unreadable() {
    let html = "<html><body>Scheduled maintenance</body></html>";

    let (error, calls) =
        error_after(http("200 OK", "Content-Type: text/html\r\n", html), false).await;

    assert_eq!(
        (error.stage(), error.http_status(), calls),
        (Stage::Unreadable, Some(200), ONCE_MORE)
    );
    assert_eq!(error.raw(), Some(html.as_bytes()));
    assert!(!error.to_string().contains("maintenance"), "{error}");
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_read_to_its_end() {
    let three_mebibytes = "x".repeat(3 * 1024 * 1024);
    let answer = http(
        "200 OK",
        "",
        &format!(r#"{{"responseCode":"2001100","x":"{three_mebibytes}"}}"#),
    );

    let (error, calls) = error_after(answer, false).await;

    assert_eq!((error.stage(), calls), (Stage::Unreadable, ONCE_MORE));
    assert!(
        error
            .to_string()
            .contains("longer than the limit of 1048576 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_refusal_code_under_a_good_status_is_a_refusal() {
    let body = r#"{"responseCode":"4041108","responseMessage":"Invalid Merchant"}"#;

    let (error, _) = error_after(http("200 OK", "", body), false).await;

    assert_eq!(
        (error.stage(), error.http_status()),
        (Stage::Refused, Some(200))
    );
    assert_eq!(error.response_code().unwrap().as_str(), "4041108");
}

#[tokio::test]
async fn a_redirect_is_reported_and_not_followed() {
    let elsewhere = BrokenServer::answering(http("200 OK", "", "{}"), false)
        .await
        .unwrap();
    let location = format!(
        "Location: {}/snap/v1.1/balance-inquiry\r\n",
        elsewhere.base_url()
    );

    let (error, calls) = error_after(http("307 Temporary Redirect", &location, ""), false).await;

    assert_eq!(
        (error.stage(), error.http_status(), calls),
        (Stage::Unreadable, Some(307), 1)
    );
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_the_outcome_open() {
    let (error, calls) = error_after("", true).await;

    assert_eq!(
        (error.stage(), calls),
        (Stage::NoAnswer, TWICE_MORE),
        "{error}"
    );
}

#[tokio::test]
async fn garbage_instead_of_http_leaves_the_outcome_open() {
    let (error, calls) = error_after("garbage\r\n\r\n", true).await;

    assert_eq!(
        (error.stage(), calls),
        (Stage::NoAnswer, TWICE_MORE),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_cut_short_is_unreadable() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"responseCode\":\"2001100\"";
    let (with_length, calls) = error_after(cut, true).await;
    assert_eq!(
        (with_length.stage(), calls),
        (Stage::Unreadable, ONCE_MORE),
        "{with_length}"
    );

    let cut = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"responseCode\":\"2001100\"";
    let (without, calls) = error_after(cut, true).await;
    assert_eq!(
        (without.stage(), calls),
        (Stage::Unreadable, ONCE_MORE),
        "{without}"
    );
    assert!(without.to_string().contains("ends early"), "{without}");
}

#[tokio::test]
async fn a_hundred_calls_in_a_row_open_one_connection() {
    let body = r#"{"responseCode":"2001100"}"#;
    let server = BrokenServer::answering(http("200 OK", "", body), false)
        .await
        .unwrap();
    let kirim = kirim(server.base_url()).await;

    for _ in 0..100 {
        kirim.balance_inquiry(&request()).await.unwrap();
    }

    assert_eq!((server.connections(), server.calls()), (1, 100));
}

#[tokio::test]
async fn an_answer_that_began_and_does_not_end_is_unreadable() {
    let began = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{";
    let server = BrokenServer::answering(began, false).await.unwrap();
    let kirim = kirim(server.base_url()).await;
    let limit = Duration::from_millis(1500);

    let request = request();
    let error = kirim
        .balance_inquiry(&request)
        .with_timeout(limit)
        .await
        .unwrap_err();

    assert_eq!(
        (error.stage(), error.is_timeout()),
        (Stage::Unreadable, true),
        "{error}"
    );
    assert_eq!((error.http_status(), server.calls()), (Some(200), 1));
}

#[tokio::test]
async fn silence_after_the_request_is_no_answer() {
    let server = BrokenServer::answering("", false).await.unwrap();
    let kirim = kirim(server.base_url()).await;
    let limit = Duration::from_millis(1500);

    let request = request();
    let error = kirim
        .balance_inquiry(&request)
        .with_timeout(limit)
        .await
        .unwrap_err();

    assert_eq!(
        (error.stage(), error.is_timeout()),
        (Stage::NoAnswer, true),
        "{error}"
    );
    assert_eq!((error.http_status(), server.calls()), (None, 1));
}
