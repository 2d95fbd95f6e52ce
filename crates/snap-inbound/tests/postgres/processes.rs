//! Several processes on one database, and processes that are killed between claim and confirm.

use std::{
    any::Any,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use snap_inbound::{Claimed, Delivery, PgStore, Receiver};
use sqlx::PgPool;

use crate::{
    Anything, confirmed,
    conformance::{LONG, receiver},
    deliver, pool, pool_at,
    server::options,
    token,
};

/// Runs the test `child` of this program as a process.
fn start(socket: &str, schema: &str, what: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::child", "--ignored", "--nocapture"])
        .env("SNAP_SOCKET", socket)
        .env("SNAP_SCHEMA", schema)
        .env("SNAP_WHAT", what)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a55_two_processes_with_five_hundred_identical_deliveries_each() {
    let server = server!();
    let pool = pool(&server, "processes").await;
    let children = ["1", "2"].map(|_| start(server.socket(), "processes", "deliver"));

    let said = children.map(|mut child| {
        let mut said = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_to_string(&mut said).unwrap();
        assert!(child.wait().unwrap().success(), "{said}");
        said
    });

    let said = said.concat();
    let count = |what: &str| said.lines().filter(|line| line.ends_with(what)).count();
    assert_eq!(count("said new"), 1, "{said}");
    assert_eq!(
        count("said new") + count("said known") + count("said away"),
        1000
    );
    assert_eq!(confirmed(&pool).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_between_claim_and_confirm_loses_nothing() {
    let server = server!();
    let pool = pool(&server, "killing").await;
    for round in 1..=10_i64 {
        run_up_to(server.socket(), "killing", "claim");
        assert_eq!(confirmed(&pool).await, round - 1);

        // Its lease is one second; then exactly one has it, and DOKU sees a 2xx only from that one.
        let store = Arc::new(PgStore::new(pool.clone()));
        let (doku, receiver) = receiver(store, LONG);
        let token = token(&doku, &receiver).await;
        let mut new = 0;
        loop {
            match deliver(&receiver, &doku, &token).await {
                Ok(Delivery::New) => new += 1,
                Ok(_) => break,
                Err(why) => assert!(why.contains("DOKU comes back"), "{why}"),
            }
        }
        assert_eq!(new, 1);
        assert_eq!(confirmed(&pool).await, round);
        forget(&pool).await;
    }
}

/// The next round begins with the same delivery: only its claim is left, under other keys.
async fn forget(pool: &PgPool) {
    sqlx::raw_sql("DELETE FROM snap_inbound_key")
        .execute(pool)
        .await
        .unwrap();
}

/// Starts a process, waits until it says that it has come so far, and kills it with SIGKILL.
fn run_up_to(socket: &str, schema: &str, step: &str) {
    let mut child = start(socket, schema, step);
    let stdout = child.stdout.take().unwrap();
    let lines = BufReader::new(stdout).lines();
    let so_far = format!("said {step}");
    assert!(
        lines
            .map_while(Result::ok)
            .any(|line| line.ends_with(&so_far))
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_after_any_step_leaves_the_message_new_or_kept() {
    let server = server!();
    for (step, kept) in [
        ("claim", false),
        ("confirm", true),
        ("transaction", false),
        ("commit", true),
    ] {
        let pool = pool(&server, step).await;
        sqlx::raw_sql("CREATE TABLE inbox (body text)")
            .execute(&pool)
            .await
            .unwrap();
        run_up_to(server.socket(), step, step);

        let store = Arc::new(PgStore::new(pool.clone()));
        let (doku, receiver) = receiver(store, LONG);
        let token = token(&doku, &receiver).await;
        let delivery = loop {
            match deliver(&receiver, &doku, &token).await {
                Ok(delivery) => break delivery,
                Err(why) => assert!(why.contains("DOKU comes back"), "{why}"),
            }
        };

        let is_known = matches!(delivery, Delivery::DuplicateSame { .. });
        assert_eq!(is_known, kept, "{step}");
        let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM inbox")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(rows, i64::from(kept), "{step}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that is started and killed"]
async fn child() {
    let Ok(socket) = std::env::var("SNAP_SOCKET") else {
        return;
    };
    let schema = std::env::var("SNAP_SCHEMA").unwrap();
    let pool = pool_at(options(&socket), &schema).await;
    let store = Arc::new(PgStore::new(pool.clone()));
    let what = std::env::var("SNAP_WHAT").unwrap();
    let kills = what != "deliver";
    let lease = if kills { Duration::from_secs(1) } else { LONG };
    let (doku, receiver) = receiver(store, lease);
    let token = token(&doku, &receiver).await;
    if kills {
        let request = doku.message("/notify", &token, crate::BODY, "4711", crate::now());
        let step = take_step(&what, &receiver, request.unwrap(), pool).await;
        println!("\nsaid {what}");
        // Until it is killed, with all that it holds.
        std::future::pending::<()>().await;
        drop(step);
    }
    let all = Arc::new((doku, receiver, token));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let all = Arc::clone(&all);
        tasks.spawn(async move {
            let (doku, receiver, token) = &*all;
            match deliver(receiver, doku, token).await {
                Ok(Delivery::New) => "new",
                Ok(_) => "known",
                Err(_) => "away",
            }
        });
    }
    for said in tasks.join_all().await {
        println!("\nsaid {said}");
    }
}

/// Goes as far as the step says, and gives what the process then holds.
async fn take_step(
    step: &str,
    receiver: &Receiver,
    request: http::Request<bytes::Bytes>,
    pool: PgPool,
) -> Box<dyn Any> {
    let insert = sqlx::query("INSERT INTO inbox VALUES ('x')");
    match step {
        "claim" | "confirm" => {
            let verified = receiver.verify::<Anything>(request).await.unwrap();
            assert_eq!(verified.delivery(), Delivery::New);
            if step == "claim" {
                return Box::new(verified);
            }
            insert.execute(&pool).await.unwrap();
            verified.acknowledge().await.unwrap();
            Box::new(())
        }
        _ => {
            let authentic = receiver.authenticate::<Anything>(request).await.unwrap();
            let mut transaction = pool.begin().await.unwrap();
            let claimed = PgStore::claim_in(&mut transaction, authentic.keys()).await;
            assert_eq!(claimed.unwrap(), Claimed::New);
            insert.execute(&mut *transaction).await.unwrap();
            if step == "transaction" {
                return Box::new(transaction);
            }
            transaction.commit().await.unwrap();
            Box::new(())
        }
    }
}
