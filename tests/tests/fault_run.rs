//! 20,000 operations in trouble, judged by the ledger of the local sandbox. `cargo xtask soak` runs a
//! million.

use snap_suite::soak::{Plan, run};

const OPERATIONS: u64 = 20_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_operation_takes_effect_twice_and_no_claim_is_false() {
    let seed: u64 = rand::random();
    println!("seed {seed}: cargo xtask soak --operations {OPERATIONS} --seed {seed}");

    let report = run(Plan::new(OPERATIONS, seed)).await.expect("a run");

    println!("{report}");
    assert!(report.is_good(), "seed {seed}:\n{report}");
}
