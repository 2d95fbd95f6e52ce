//! Many processes of one client id on one Redis server, with a client each. `.ci/run` runs these where
//! there is a server program; time goes three hundred times as fast.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

#[path = "fleet/deliveries.rs"]
mod deliveries;
#[path = "fleet/fast.rs"]
mod fast;
#[path = "fleet/fleet.rs"]
mod fleet;
#[path = "fleet/modes.rs"]
mod modes;
#[path = "fleet/proxy.rs"]
mod proxy;
#[allow(dead_code, reason = "shared with the tests of snap-redis")]
#[path = "../../crates/snap-redis/tests/server/mod.rs"]
mod server;
#[path = "../../crates/snap-inbound/tests/support/mod.rs"]
mod support;
#[path = "fleet/worker.rs"]
mod worker;

use fleet::{Fleet, Plan};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Redis server"]
async fn eight_processes_share_one_token_at_a_time_for_twenty_lives() {
    let fleet = Fleet::start(Plan::of(8, 200)).await;

    let report = fleet.run().await;

    report.assert_one_token_at_a_time();
    report.assert_no_call_failed();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Redis server"]
async fn so_they_do_while_processes_are_killed_and_the_server_restarts() {
    let fleet = Fleet::start(Plan::of(8, 200).with_kills().with_restarts(2)).await;

    let report = fleet.run().await;

    report.assert_one_token_at_a_time();
    report.assert_no_call_failed();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Redis server"]
async fn clocks_that_are_five_minutes_off_change_nothing() {
    let skews = [-300, 0, 300];
    let fleet = Fleet::start(Plan::of(3, 200).with_skews(&skews)).await;

    let report = fleet.run().await;

    report.assert_one_token_at_a_time();
    report.assert_no_call_failed();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Redis server"]
async fn without_a_shared_store_they_kill_each_others_tokens() {
    let fleet = Fleet::start(Plan::of(3, 20).without_store().for_lives(3)).await;

    let report = fleet.run().await;

    // What the store is for: this is the sandbox's rule, and not a mistake of the measurement.
    assert!(report.short_lives() > 3, "{report:?}");
}
