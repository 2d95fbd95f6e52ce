//! Several processes on one database, and processes that are killed between claim and confirm.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use snap_inbound::{Delivery, PgStore};

use crate::{
    confirmed,
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
        let mut child = start(server.socket(), "killing", "claim");
        let stdout = child.stdout.take().unwrap();
        let claimed = BufReader::new(stdout).lines();
        let claimed = claimed
            .map_while(Result::ok)
            .any(|line| line.ends_with("said claimed"));
        assert!(claimed);
        // SIGKILL, while it holds the claim.
        child.kill().unwrap();
        child.wait().unwrap();
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
async fn forget(pool: &sqlx::PgPool) {
    sqlx::raw_sql("DELETE FROM snap_inbound_key")
        .execute(pool)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that is started and killed"]
async fn child() {
    let Ok(socket) = std::env::var("SNAP_SOCKET") else {
        return;
    };
    let schema = std::env::var("SNAP_SCHEMA").unwrap();
    let pool = pool_at(options(&socket), &schema).await;
    let store = Arc::new(PgStore::new(pool));
    let kills = std::env::var("SNAP_WHAT").unwrap() == "claim";
    let lease = if kills { Duration::from_secs(1) } else { LONG };
    let (doku, receiver) = receiver(store, lease);
    let token = token(&doku, &receiver).await;
    if kills {
        let request = doku.message("/notify", &token, crate::BODY, "4711", crate::now());
        let verified = receiver
            .verify::<crate::Anything>(request.unwrap())
            .await
            .unwrap();
        assert_eq!(verified.delivery(), Delivery::New);
        println!("\nsaid claimed");
        // Until it is killed.
        std::future::pending::<()>().await;
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
