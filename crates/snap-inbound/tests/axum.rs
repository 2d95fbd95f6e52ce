//! The extractors and handlers for axum, and the mistakes that are made around them.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::{
    Extension, Json, Router,
    body::{Body, to_bytes},
    extract::Request,
    middleware::from_fn,
    response::Response,
    routing::post,
};
use bytes::Bytes;
use snap_inbound::{
    AccessToken, Authentic, Claimed, Clock, DebitNotification, Receiver, Reject, Route, Service,
    Verified,
    axum::{IntoAnswer, SenderAddress, limit_body, token_endpoint},
    testing::TestDoku,
};
use support::{ManualClock, NOW};
use tower::ServiceExt;

const BODY: &str = r#"{"originalPartnerReferenceNo":"INV-1","latestTransactionStatus":"00"}"#;

fn doku() -> TestDoku {
    TestDoku::new("BRN-1", "SK-0123456789abcdef").unwrap()
}

fn receiver() -> Arc<Receiver> {
    let receiver = doku().receiver().unwrap();
    let receiver = receiver
        .token_route("/doku/token")
        .route(Route::new(Service::DEBIT_NOTIFY, "/doku/notify"))
        .clock(ManualClock::at(NOW));
    Arc::new(receiver.build().unwrap())
}

async fn on_notify(notification: Verified<DebitNotification>) -> Result<Response, Reject> {
    Ok(notification.acknowledge().await?.into_answer())
}

/// As a shop with a transaction of its own does it.
async fn on_authentic(message: Authentic<DebitNotification>) -> Result<Response, Reject> {
    let verified = message.claimed(Claimed::New)?;
    Ok(verified.acknowledge().await?.into_answer())
}

fn app(receiver: &Arc<Receiver>) -> Router {
    Router::new()
        .route("/doku/token", post(token_endpoint))
        .route("/doku/notify", post(on_notify))
        .layer(from_fn(limit_body))
        .with_state(Arc::clone(receiver))
}

async fn sent(app: &Router, request: http::Request<Bytes>) -> (u16, String) {
    let response = app.clone().oneshot(request.map(Body::from)).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 65_536).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn token(app: &Router) -> AccessToken {
    let now = ManualClock::at(NOW).now();
    let (status, body) = sent(app, doku().token_request("/doku/token", now).unwrap()).await;
    assert_eq!(status, 200, "{body}");
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    AccessToken::new(answer["accessToken"].as_str().unwrap())
}

async fn notification(app: &Router, body: impl Into<Bytes>) -> http::Request<Bytes> {
    let now = ManualClock::at(NOW).now();
    let token = token(app).await;
    doku()
        .message("/doku/notify", &token, body, "1", now)
        .unwrap()
}

const ACKNOWLEDGED: &str =
    r#"{"responseCode":"2005600","responseMessage":"Request has been processed successfully"}"#;

#[tokio::test]
async fn a_notification_is_verified_and_acknowledged() {
    let app = app(&receiver());
    let request = notification(&app, BODY).await;

    assert_eq!(sent(&app, request).await, (200, ACKNOWLEDGED.to_owned()));
}

#[tokio::test]
async fn a_message_can_be_claimed_by_the_application() {
    let receiver = receiver();
    let app = app(&receiver);
    let own = Router::new()
        .route("/doku/notify", post(on_authentic))
        .with_state(receiver);
    let request = notification(&app, BODY).await;

    assert_eq!(sent(&own, request).await, (200, ACKNOWLEDGED.to_owned()));
}

#[tokio::test]
async fn a_nested_router_sees_the_path_that_doku_called() {
    let receiver = receiver();
    let inner = Router::new()
        .route("/token", post(token_endpoint))
        .route("/notify", post(on_notify));
    let app = Router::new().nest("/doku", inner).with_state(receiver);
    let request = notification(&app, BODY).await;

    assert_eq!(sent(&app, request).await.0, 200);
}

#[tokio::test]
async fn a_body_over_the_cap_is_cut_off_with_and_without_the_layer() {
    let receiver = receiver();
    let with = app(&receiver);
    let without = Router::new()
        .route("/doku/notify", post(on_notify))
        .with_state(receiver);
    for app in [&with, &without] {
        let request = notification(&with, "x".repeat(65_537)).await;
        let (status, body) = sent(app, request).await;
        assert_eq!(status, 413, "{body}");
        assert!(body.contains("4135600"), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_is_given_up() {
    let app = app(&receiver());
    let (head, _) = notification(&app, BODY).await.into_parts();
    let (sender, body) = tokio::io::duplex(64);
    let endless = Body::from_stream(Chunks(body));

    let request = Request::from_parts(head, endless);
    let response = app.oneshot(request).await.unwrap();

    assert_eq!(response.status(), 408);
    drop(sender);
}

/// The bytes of a pipe, as they come.
struct Chunks(tokio::io::DuplexStream);

impl futures_util::Stream for Chunks {
    type Item = std::io::Result<Bytes>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let mut buffer = [0; 64];
        let mut buffer = tokio::io::ReadBuf::new(&mut buffer);
        let pipe = std::pin::Pin::new(&mut self.0);
        let read = tokio::io::AsyncRead::poll_read(pipe, context, &mut buffer);
        read.map_ok(|()| Bytes::copy_from_slice(buffer.filled()))
            .map(Some)
    }
}

#[tokio::test]
async fn an_encoded_body_is_refused_with_and_without_the_layer() {
    let receiver = receiver();
    let with = app(&receiver);
    let without = Router::new()
        .route("/doku/notify", post(on_notify))
        .with_state(receiver);
    for app in [&with, &without] {
        let mut request = notification(&with, BODY).await;
        let gzip = http::HeaderValue::from_static("gzip");
        request.headers_mut().insert("content-encoding", gzip);
        assert_eq!(sent(app, request).await.0, 415);
    }
}

#[tokio::test]
async fn a_layer_that_writes_the_body_again_makes_the_signature_wrong() {
    async fn rewritten(Json(body): Json<serde_json::Value>) -> String {
        body.to_string()
    }
    let escaped = r#"{"originalPartnerReferenceNo":"\u0049NV-1"}"#;
    let receiver = receiver();
    let app = app(&receiver);
    let request = notification(&app, escaped).await;
    let (head, body) = request.into_parts();
    let body = rewritten(Json(serde_json::from_slice(&body).unwrap())).await;
    assert_ne!(body, escaped, "it says the same in other bytes");

    let request = http::Request::from_parts(head, Bytes::from(body));
    let reject = receiver.verify::<DebitNotification>(request).await;

    let reason = reject.unwrap_err().explain().to_string();
    assert!(reason.contains("parsed and written again"), "{reason}");
}

#[tokio::test]
async fn the_address_that_the_application_vouches_for_limits_forged_requests() {
    let address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
    let app = app(&receiver()).layer(Extension(SenderAddress(address)));
    let now = ManualClock::at(NOW).now();
    let mut request = doku().token_request("/doku/token", now).unwrap();
    let signature = http::HeaderValue::from_static("AAAA");
    request.headers_mut().insert("x-signature", signature);

    let mut statuses = Vec::new();
    for _ in 0..11 {
        statuses.push(sent(&app, request.clone()).await.0);
    }

    assert_eq!(statuses[..10], [401; 10]);
    assert_eq!(statuses[10], 429);
}
