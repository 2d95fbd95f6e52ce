//! Three processes of one client id, against one local sandbox:
//!
//! ```sh
//! cargo run -p snap-suite --example fleet                              # a token each: they kill each other's
//! cargo run -p snap-suite --example fleet -- --redis redis://127.0.0.1 # one token for all
//! ```
#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "the example speaks to a person, and its test does not"
)]

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use doku_kirimdoku::{BalanceInquiryRequest, Kirimdoku};
use snap_core::{Client, Config};
use snap_redis::{Redis, RedisTokenStore, TokenKey};
use snap_sandbox::Sandbox;
use snap_suite::SetUpError;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), SetUpError> {
    if std::env::var_os(REDIS).is_some() {
        return work().await;
    }
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => tell(&run("").await?),
        (Some("--redis"), Some(url)) => tell(&run(&url).await?),
        _ => return Err("usage: fleet [--redis redis://127.0.0.1]".into()),
    }
    Ok(())
}

/// What the sandbox saw of three processes.
struct Seen {
    calls: usize,
    token_requests: u64,
    refused: usize,
}

fn tell(seen: &Seen) {
    println!(
        "three processes made {} calls: {} token requests, {} calls refused for their token",
        seen.calls, seen.token_requests, seen.refused
    );
}

/// Starts three processes, and waits for them. Without a URL each keeps its own token.
async fn run(redis_url: &str) -> Result<Seen, SetUpError> {
    let sandbox = Sandbox::start().await?;
    let key = rand::random::<[u8; 32]>().map(|byte| format!("{byte:02x}"));
    let mut processes = Vec::new();
    for _ in 0..3 {
        processes.push(start(&sandbox, redis_url, &key.concat())?);
    }
    // The sandbox answers meanwhile.
    let ended = tokio::task::spawn_blocking(move || processes.iter_mut().all(has_ended_well));
    if !ended.await? {
        return Err("a process failed; its message is above".into());
    }
    let requests = sandbox.requests();
    let calls = requests
        .iter()
        .filter(|it| it.operation.as_deref() != Some("token.b2b"));
    let refused = calls.clone().filter(|it| it.http_status == 401).count();
    Ok(Seen {
        calls: calls.count() - refused,
        token_requests: sandbox.token_requests(),
        refused,
    })
}

/// What a process of yours gets from its environment: `SNAP_…` for the client, and the address of the
/// store with the key that seals tokens there.
fn start(sandbox: &Sandbox, redis_url: &str, key: &str) -> Result<Child, SetUpError> {
    let merchant = sandbox.merchant();
    let process = Command::new(std::env::current_exe()?)
        .args(ARGUMENTS)
        .env("SNAP_ENVIRONMENT", sandbox.base_url())
        .env("SNAP_CLIENT_ID", &merchant.client_id)
        .env("SNAP_CLIENT_SECRET", &merchant.client_secret)
        .env("SNAP_PRIVATE_KEY", &merchant.private_key_pem)
        .env("SNAP_CHANNEL_ID", "H2H")
        .env("AGENT_KEY", &merchant.agent_key)
        .env(REDIS, redis_url)
        .env(KEY, key)
        .stdout(Stdio::null())
        .spawn()?;
    Ok(process)
}

fn has_ended_well(process: &mut Child) -> bool {
    process.wait().is_ok_and(|status| status.success())
}

/// One of the three: twenty balance inquiries.
async fn work() -> Result<(), SetUpError> {
    let config = Config::from_env()?;
    let config = match std::env::var(REDIS)?.as_str() {
        "" => config,
        url => {
            let key = TokenKey::new(bytes(&std::env::var(KEY)?)?)?;
            config.with_token_store(RedisTokenStore::new(Redis::open(url)?, key))
        }
    };
    let kirim = Kirimdoku::from(Client::new(config)?);
    let request = BalanceInquiryRequest::builder()
        .account_no(std::env::var("AGENT_KEY")?)
        .build();
    let mut told = false;
    for _ in 0..20 {
        // Without a shared store even the replay may find its token dead.
        if let Err(error) = kirim.balance_inquiry(&request).await
            && !std::mem::replace(&mut told, true)
        {
            eprintln!("{error}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

fn bytes(hex: &str) -> Result<[u8; 32], SetUpError> {
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let digits = hex.get(2 * index..2 * index + 2).ok_or("a short key")?;
        *byte = u8::from_str_radix(digits, 16)?;
    }
    Ok(bytes)
}

const REDIS: &str = "FLEET_REDIS";
const KEY: &str = "FLEET_KEY";
/// Under test this program is the test runner.
const ARGUMENTS: &[&str] = if cfg!(test) {
    &["--exact", "a_process", "--ignored"]
} else {
    &[]
};

#[cfg(test)]
#[cfg(unix)]
#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "shared with the tests of snap-redis"
)]
#[path = "../../crates/snap-redis/tests/server/mod.rs"]
mod server;

#[tokio::test]
async fn without_a_store_they_kill_each_others_tokens() {
    let seen = run("").await.unwrap();

    assert!(seen.token_requests > 3 && seen.refused > 3);
}

#[cfg(unix)]
#[tokio::test]
#[ignore = "needs a Redis server"]
async fn with_a_store_they_share_one() {
    let server = server::Server::start();

    let seen = run(&server.url()).await.unwrap();

    assert_eq!((seen.calls, seen.token_requests, seen.refused), (60, 1, 0));
}

#[tokio::test]
#[ignore = "one of the three processes"]
async fn a_process() {
    if std::env::var_os(REDIS).is_some() {
        work().await.unwrap();
    }
}
