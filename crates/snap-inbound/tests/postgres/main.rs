//! The stores in PostgreSQL, on a server of its own in a directory of its own. Without a server program
//! the tests say that they were skipped.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    unreachable_pub,
    reason = "helpers of tests"
)]

macro_rules! server {
    () => {
        match crate::server::Server::start() {
            Some(server) => server,
            None => {
                println!("skipped: no PostgreSQL server binary");
                return;
            }
        }
    };
}
#[path = "../conformance/mod.rs"]
mod conformance;
mod processes;
#[allow(dead_code, reason = "shared with the tests of the journal")]
#[path = "../../../snap-resolve/tests/server/mod.rs"]
mod server;
#[path = "../support/mod.rs"]
mod support;
mod transaction;

use std::{sync::Arc, time::Duration};

use conformance::{LONG, claim, confirm, conforms, is_duplicate, keys, now, receiver};
use server::Server;
use snap_inbound::{
    AccessToken, Claimed, Delivery, DeliveryKeys, IssuedTokenStore, PgStore, Receiver, TokenHash,
    testing::{TestDoku, token_of},
};
use sqlx::{PgPool, postgres::PgPoolOptions};
use support::{Anything, NOW};
use tokio::task::JoinSet;

/// A pool on tables of its own.
async fn pool(server: &Server, schema: &str) -> PgPool {
    let pool = pool_at(server.options(), schema).await;
    let create = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
    sqlx::raw_sql(&create).execute(&pool).await.unwrap();
    PgStore::new(pool.clone()).migrate().await.unwrap();
    pool
}

async fn pool_at(options: sqlx::postgres::PgConnectOptions, schema: &str) -> PgPool {
    PgPoolOptions::new()
        .max_connections(10)
        .acquire_timeout(Duration::from_secs(120))
        .connect_with(options.options([("search_path", schema)]))
        .await
        .unwrap()
}

const BODY: &str = r#"{"originalPartnerReferenceNo":"INV-1","latestTransactionStatus":"00"}"#;

/// A token, as DOKU gets it.
async fn token(doku: &TestDoku, receiver: &Receiver) -> AccessToken {
    let request = doku.token_request("/token", now()).unwrap();
    token_of(&receiver.issue_token(&request, None).await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_store_keeps_its_promises_and_forgets_what_is_old() {
    let server = server!();
    let pool = pool(&server, "promises").await;
    let store = PgStore::new(pool.clone());

    conforms(&store).await;

    assert_eq!(store.forget_old(now()).await.unwrap(), 0);
    sqlx::raw_sql("UPDATE snap_inbound_claim SET keep_until = now() - interval '1 second'")
        .execute(&pool)
        .await
        .unwrap();
    let old = keys(r#"{"n":1}"#, "1", NOW).await;
    // What is old counts as unknown also while its row is there.
    assert_eq!(claim(&store, &old, 1, LONG).await, Claimed::New);
    let later = now() + Duration::from_secs(901);
    assert!(store.forget_old(later).await.unwrap() > 5);
    assert_eq!(claim(&store, &old, 2, LONG).await, Claimed::Pending);
}

#[tokio::test]
async fn a56_a_delivery_is_known_after_the_server_was_killed() {
    let mut server = server!();
    let store = PgStore::new(pool(&server, "killed").await);
    let keys = keys("{}", "1", NOW).await;
    assert_eq!(claim(&store, &keys, 1, LONG).await, Claimed::New);
    assert!(confirm(&store, &keys, 1).await);

    server.kill_while(Duration::ZERO, || {});

    let store = PgStore::new(pool_at(server.options(), "killed").await);
    assert!(is_duplicate(claim(&store, &keys, 2, LONG).await));
}

/// Verifies and acknowledges; gives up on nothing.
async fn deliver(
    receiver: &Receiver,
    doku: &TestDoku,
    token: &AccessToken,
) -> Result<Delivery, String> {
    let request = doku.message("/notify", token, BODY, "4711", now()).unwrap();
    let verified = receiver.verify::<Anything>(request).await;
    let verified = verified.map_err(|reject| reject.to_string())?;
    let delivery = verified.delivery();
    let acknowledged = verified.acknowledge().await;
    acknowledged.map_err(|reject| reject.to_string())?;
    Ok(delivery)
}

#[tokio::test(flavor = "multi_thread")]
async fn a55_a_thousand_identical_deliveries_at_once() {
    let server = server!();
    let pool = pool(&server, "thousand").await;
    let store = Arc::new(PgStore::new(pool.clone()));
    let (doku, receiver) = receiver(store, LONG);
    let token = token(&doku, &receiver).await;
    let all = Arc::new((doku, receiver, token));
    let mut tasks = JoinSet::new();
    for _ in 0..1000 {
        let all = Arc::clone(&all);
        tasks.spawn(async move {
            let (doku, receiver, token) = &*all;
            deliver(receiver, doku, token).await
        });
    }
    let deliveries = tasks.join_all().await;

    let new = deliveries.iter().filter(|it| **it == Ok(Delivery::New));
    assert_eq!(new.count(), 1);
    // The others know it, or were sent away: none was acknowledged before it was durable.
    let known = |it: &&Result<Delivery, String>| matches!(it, Ok(Delivery::DuplicateSame { .. }));
    let known = deliveries.iter().filter(known).count();
    let away = |it: &&Result<Delivery, String>| {
        it.as_ref()
            .is_err_and(|why| why.contains("DOKU comes back"))
    };
    let away = deliveries.iter().filter(away).count();
    assert_eq!(known + away, 999);
    assert!(known > 0);
    println!("{known} known, {away} sent away");
    assert_eq!(confirmed(&pool).await, 1);
}

/// How many claims are confirmed.
async fn confirmed(pool: &PgPool) -> i64 {
    let count = "SELECT count(*) FROM snap_inbound_claim WHERE confirmed_at IS NOT NULL";
    sqlx::query_scalar(count).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn without_tables_or_a_server_nothing_is_accepted() {
    let mut server = server!();
    let store = Arc::new(PgStore::new(pool_at(server.options(), "empty").await));
    let (doku, receiver) = receiver(store.clone(), LONG);
    let request = doku.token_request("/token", now()).unwrap();
    let reject = receiver.issue_token(&request, None).await.unwrap_err();
    assert!(reject.to_string().contains("PgStore::migrate"), "{reject}");
    assert_eq!(reject.status(), 500);

    let hash = TokenHash::of("https://x.example", &AccessToken::new("t"));
    server.kill_while(Duration::ZERO, || {});
    let error = store.owner(&hash).await.unwrap_err().to_string();
    assert!(error.contains("the database"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_that_share_one_key_cannot_wait_for_each_other() {
    let server = server!();
    let store = Arc::new(PgStore::new(pool(&server, "crossing").await));
    let mut all: Vec<DeliveryKeys> = Vec::new();
    for body in ["{}", r#"{"a":1}"#] {
        for external_id in ["1", "2", "3"] {
            for at in [NOW, NOW + 1] {
                all.push(keys(body, external_id, at).await);
            }
        }
    }
    let mut tasks = JoinSet::new();
    for round in 0..20_u8 {
        for keys in all.clone() {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                let claimed = claim(&*store, &keys, round, LONG).await;
                if !is_duplicate(claimed) && claimed != Claimed::Pending {
                    assert!(confirm(&*store, &keys, round).await);
                }
                claimed
            });
        }
    }
    let claimed = tasks.join_all().await;

    let count = |what: Claimed| claimed.iter().filter(|it| **it == what).count();
    let new = count(Claimed::New);
    let made = new + count(Claimed::ConflictDifferentBody);
    // Three external ids can be new, and two bodies at two moments can be claimed.
    assert!((1..=3).contains(&new), "{new}");
    assert!((new..=4).contains(&made), "{made}");
}
