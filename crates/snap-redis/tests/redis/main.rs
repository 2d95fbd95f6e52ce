//! The stores on a server of their own. `.ci/run` runs these where there is a server program.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    unreachable_pub,
    reason = "helpers of tests"
)]

#[path = "../../../snap-inbound/tests/conformance/mod.rs"]
mod conformance;
mod faults;
mod promises;
#[path = "../server/mod.rs"]
mod server;
#[path = "../../../snap-inbound/tests/support/mod.rs"]
mod support;

use server::Server;
use snap_redis::Redis;

fn redis(server: &Server) -> Redis {
    Redis::open(&server.url()).unwrap()
}
