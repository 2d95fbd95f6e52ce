//! A process that is killed at any moment loses no operation that it could have sent.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

mod killed;
mod support;

use killed::{Told, run_and_kill, seed, work};
use rand::{SeedableRng, rngs::StdRng};
use snap_resolve::FileJournal;

#[tokio::test]
async fn two_hundred_kills_lose_nothing() {
    kills(200, &[]).await;
}

#[tokio::test]
async fn kills_during_compactions_lose_nothing() {
    kills(60, &[("SNAP_CHILD_COMPACTS", "1")]).await;
}

async fn kills(count: usize, set: &[(&str, &str)]) {
    let mut rng = StdRng::seed_from_u64(seed());
    let mut operations = 0;
    let mut done = 0;
    while done < count {
        // Ten processes after each other use one file.
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let set = [set, &[("SNAP_JOURNAL", path.to_str().unwrap())]].concat();
        let mut told = Told::default();
        for _ in 0..10 {
            let status = run_and_kill(&set, &mut rng, &mut told);
            assert_eq!(status.code(), None, "it ended by itself");
            done += 1;
            let journal = FileJournal::open(&path).unwrap();
            let found = told.check(&journal).await;
            operations += if done % 10 == 0 { found } else { 0 };
        }
    }
    println!("{done} kills, {operations} operations, 0 lost");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that is killed"]
async fn child() {
    let Ok(path) = std::env::var("SNAP_JOURNAL") else {
        return;
    };
    let journal = FileJournal::open(path).unwrap();
    if std::env::var("SNAP_CHILD_COMPACTS").is_ok() {
        let journal = journal.clone();
        tokio::spawn(async move {
            loop {
                journal.compact().await.unwrap();
            }
        });
    }
    work(journal).await;
}
