//! Requests and notifications of the vector study, judged whole: signature, age, and token.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{Request, request::Builder};
use serde_json::Value;
use snap_inbound::{
    AccessToken, ClientId, ClientSecret, Environment, Issued, IssuedTokenStore, MemoryStore,
    PublicKey, Receiver, ReceiverBuilder, Route, Secrets, Service, TokenHash,
};
use snap_sign::Timestamp;
use support::{Anything, ManualClock, vectors};

const CLIENT: &str = "BRN-0211-0000000000000";

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_default()
}

/// The moment to judge at, or else the one of the message.
fn moment(vector: &Value) -> u64 {
    let text = vector["evaluate_at"].as_str();
    let text = text.unwrap_or_else(|| vector["timestamp"].as_str().unwrap());
    let unix = Timestamp::parse(text).unwrap().unix_seconds();
    u64::try_from(unix).unwrap()
}

fn receiver(vector: &Value, store: &Arc<MemoryStore>, secret: &str) -> ReceiverBuilder {
    let name = vector["public_key"].as_str().unwrap_or("doku");
    let keys = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../snap-sign/testdata/vectors/keys"
    );
    let pem = std::fs::read(format!("{keys}/{name}.public.pem")).unwrap();
    let secrets = Secrets::current(ClientSecret::new(secret));
    Receiver::builder(Environment::sandbox())
        .client(ClientId::new(CLIENT).unwrap(), secrets)
        .doku_public_keys([PublicKey::from_pem(&pem).unwrap()])
        .issued_tokens(store.clone())
        .replays(store.clone())
        .clock(ManualClock::at(moment(vector)))
}

fn post(vector: &Value, signature: &str) -> Builder {
    Request::post(text(vector, "path"))
        .header("content-type", "application/json")
        .header("x-timestamp", text(vector, "timestamp"))
        .header("x-signature", signature)
}

#[tokio::test]
async fn token_requests_are_judged_as_the_study_says() {
    let rows = vectors("inbound_token_request");
    assert_eq!(rows.len(), 6);
    for vector in rows {
        let store = Arc::new(MemoryStore::new());
        let receiver = receiver(&vector, &store, "0123456789abcdef")
            .token_route(text(&vector, "path"))
            .build()
            .unwrap();
        let request = post(&vector, text(&vector, "expected_signature"))
            .header("x-client-key", text(&vector, "client_id"))
            .body(Bytes::from(text(&vector, "body").to_owned()))
            .unwrap();

        let answer = receiver.issue_token(&request, None).await;

        assert_eq!(
            answer.is_ok(),
            vector["expected_accept"] == true,
            "{vector:#}"
        );
    }
}

/// A notification with a token that the merchant has issued.
async fn accepted(vector: &Value) -> bool {
    let store = Arc::new(MemoryStore::new());
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(moment(vector));
    let (environment, end) = (Environment::sandbox(), now + Duration::from_secs(900));
    let token = AccessToken::new(text(vector, "token"));
    let owner = ClientId::new(CLIENT).unwrap();
    let issued = Issued::new(environment.base_url(), owner, now, end);
    let hash = TokenHash::of(environment.base_url(), &token);
    store.put(&hash, &issued, end).await.unwrap();
    let receiver = receiver(vector, &store, text(vector, "secret"))
        .token_route("/token")
        .route(Route::new(Service::DEBIT_NOTIFY, text(vector, "path")))
        .build()
        .unwrap();
    let request = post(vector, text(vector, "expected_signature"))
        .header("x-partner-id", CLIENT)
        .header("x-external-id", "1")
        .header("authorization", format!("Bearer {}", token.expose()))
        .body(Bytes::from(text(vector, "body").to_owned()))
        .unwrap();
    receiver.verify::<Anything>(request).await.is_ok()
}

#[tokio::test]
async fn notifications_are_judged_as_the_study_says() {
    let rows = vectors("inbound_notification_symmetric");
    assert_eq!(rows.len(), 9);
    for vector in rows {
        let expected = vector["expected_accept"] == true;
        assert_eq!(accepted(&vector).await, expected, "{vector:#}");
    }
}

#[tokio::test]
async fn notifications_without_a_token_are_judged_as_the_study_says() {
    let rows = vectors("asymmetric_transactional");
    assert_eq!(rows.len(), 2);
    for vector in rows {
        let store = Arc::new(MemoryStore::new());
        let receiver = receiver(&vector, &store, "0123456789abcdef")
            .route(Route::new(Service::DEBIT_NOTIFY, text(&vector, "path")).signed_with_rsa())
            .build()
            .unwrap();
        let request = post(&vector, text(&vector, "expected_signature"))
            .header("x-partner-id", CLIENT)
            .header("x-external-id", "1")
            .body(Bytes::from(text(&vector, "body").to_owned()))
            .unwrap();

        let verdict = receiver.verify::<Anything>(request).await;

        let expected = vector["expected_accept"] != false;
        assert_eq!(verdict.is_ok(), expected, "{vector:#} {:?}", verdict.err());
    }
}
