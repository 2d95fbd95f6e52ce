//! The journal in PostgreSQL, on a server of its own in a directory of its own. Without a server
//! program the tests say that they were skipped.

#![cfg(all(unix, feature = "postgres"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

#[macro_use]
mod conformance;
mod killed;
mod server;
mod support;

use std::time::Duration;

use killed::{QUIET, Told, run_and_kill, seed, work};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use server::Server;
use snap_core::Recorder;
use snap_resolve::{Journal, PgJournal};
use sqlx::{PgPool, Row, postgres::PgPoolOptions};

use support::*;

macro_rules! server {
    () => {
        match Server::start() {
            Some(server) => server,
            None => {
                println!("skipped: no PostgreSQL server binary");
                return;
            }
        }
    };
}

mod outbox;

/// A journal with tables of its own.
async fn journal(server: &Server, schema: &str) -> (PgJournal, PgPool) {
    let options = server.options().options([("search_path", schema)]);
    let pool = PgPoolOptions::new()
        .max_connections(5)
        .connect_with(options)
        .await
        .unwrap();
    let create = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
    sqlx::raw_sql(&create).execute(&pool).await.unwrap();
    let journal = PgJournal::new(pool.clone());
    journal.migrate().await.unwrap();
    (journal, pool)
}

async fn references(journal: &PgJournal) -> Vec<String> {
    let open = journal.open().await.unwrap();
    open.into_iter()
        .map(|record| record.intent.reference.unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_every_journal_are_kept() {
    let server = server!();
    let number = std::sync::atomic::AtomicU32::new(0);

    conformance::all(async || {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        journal(&server, &format!("rule_{number}")).await.0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_can_be_made_twice_and_at_the_same_time() {
    let server = server!();
    let (one, pool) = journal(&server, "twice").await;
    let two = PgJournal::new(pool.clone());
    sqlx::raw_sql("DROP TABLE snap_journal_event, snap_journal; DROP SEQUENCE snap_journal_opened")
        .execute(&pool)
        .await
        .unwrap();
    let missing = one.intent(&intent("A", 1)).await.unwrap_err().to_string();
    assert!(missing.contains("PgJournal::migrate"), "{missing}");

    let (first, second) = tokio::join!(one.migrate(), two.migrate());

    first.unwrap();
    second.unwrap();
    one.migrate().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_begin_one_operation_one_is_refused() {
    let server = server!();
    let (one, _) = journal(&server, "race").await;
    let (two, pool) = journal(&server, "race").await;

    for round in 0..100 {
        let reference = format!("R-{round}");
        let tasks = [(one.clone(), 1), (two.clone(), 2)].map(|(journal, number)| {
            let intent = intent(&reference, number);
            tokio::spawn(async move { journal.intent(&intent).await })
        });
        let mut taken = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => taken += 1,
                Err(error) => assert!(error.earlier().is_some(), "{error}"),
            }
        }
        assert_eq!(taken, 1, "round {round}");
    }

    let count = sqlx::query("SELECT count(*) FROM snap_journal_event");
    let events: i64 = count.fetch_one(&pool).await.unwrap().get(0);
    assert_eq!(events, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_joins_the_transaction_of_its_caller() {
    let server = server!();
    let (journal, pool) = journal(&server, "outbox").await;
    let (gone, kept) = (intent("GONE", 1), intent("KEPT", 2));

    let mut transaction = pool.begin().await.unwrap();
    journal.intent_in(&mut transaction, &gone).await.unwrap();
    assert_eq!(
        references(&journal).await,
        [""; 0],
        "nobody else sees it yet"
    );
    transaction.rollback().await.unwrap();
    assert_eq!(journal.find(&gone.id).await.unwrap(), None);

    let mut transaction = pool.begin().await.unwrap();
    journal.intent_in(&mut transaction, &kept).await.unwrap();
    let refused = journal
        .intent_in(&mut transaction, &intent("KEPT", 3))
        .await;
    assert!(refused.unwrap_err().earlier().is_some());
    transaction.commit().await.unwrap();
    assert_eq!(
        references(&journal).await,
        ["KEPT"],
        "a refusal leaves the transaction usable"
    );
    journal.intent(&kept).await.unwrap();

    let mut transaction = pool.begin().await.unwrap();
    let done = state(moved());
    journal
        .event_in(&mut transaction, &kept.id, &done)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(references(&journal).await, [""; 0]);
    let row = sqlx::query("SELECT state, amount::numeric::text FROM snap_journal");
    let row = row.fetch_one(&pool).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), ("moved", "10000.00"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_database_does_not_repeat_the_row() {
    let server = server!();
    let (journal, pool) = journal(&server, "errors").await;
    sqlx::raw_sql("ALTER TABLE snap_journal ADD CHECK (amount <> '10000.00')")
        .execute(&pool)
        .await
        .unwrap();

    let error = journal.intent(&intent("A", 1)).await.unwrap_err();

    let printed = format!("{error} {error:?}");
    assert!(printed.contains("check constraint"), "{printed}");
    assert!(!printed.contains("62811000"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_kills_of_a_process_lose_nothing() {
    let server = server!();
    let (journal, _pool) = journal(&server, "kills").await;
    let mut rng = StdRng::seed_from_u64(seed());
    let mut told = Told::default();
    let mut operations = 0;

    for _ in 0..200 {
        let set = [("SNAP_SOCKET", server.socket())];
        let status = run_and_kill(&set, &mut rng, &mut told);
        assert_eq!(status.code(), None, "it ended by itself");
        operations = told.check(&journal).await;
    }

    println!("200 kills, {operations} operations, 0 lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing() {
    let mut server = server!();
    let (journal, pool) = journal(&server, "kills").await;
    let mut rng = StdRng::seed_from_u64(seed());
    let mut told = Told::default();
    let mut operations = 0;

    for _ in 0..8 {
        let socket = server.socket().to_owned();
        let set = [("SNAP_SOCKET", &*socket), QUIET];
        let after = Duration::from_millis(rng.random_range(50..300));
        // It ends by itself when its server is gone, or is killed before.
        server.kill_while(after, || {
            run_and_kill(&set, &mut rng, &mut told);
        });
        reconnect(&pool).await;
        operations = told.check(&journal).await;
    }

    println!("8 kills of the server, {operations} operations, 0 lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_outlive_a_server_that_is_killed_as_soon_as_they_are_made() {
    let mut server = server!();
    let (journal, pool) = journal(&server, "tables").await;

    server.kill_while(Duration::ZERO, || {});

    reconnect(&pool).await;
    assert_eq!(references(&journal).await, [""; 0]);
}

/// The connections of the pool are dead, and one of them may be noticed only when it is used.
async fn reconnect(pool: &PgPool) {
    for _ in 0..5 {
        if sqlx::raw_sql("SELECT 1").execute(pool).await.is_ok() {
            return;
        }
    }
    panic!("the server was started and does not answer");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that is killed"]
async fn child() {
    let Ok(socket) = std::env::var("SNAP_SOCKET") else {
        return;
    };
    let options = server::options(&socket).options([("search_path", "kills")]);
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(2))
        .connect_with(options)
        .await
        .unwrap();
    work(PgJournal::new(pool)).await;
}
