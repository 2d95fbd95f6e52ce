//! `cargo tour`: the main job of these crates, told against the local sandbox. With `--redis URL` also
//! what several processes share.
#![expect(clippy::print_stdout, reason = "the tour speaks to a person")]

mod allo;
mod failures;
mod open;
mod payout;
mod shared;
#[path = "../../../examples/merchant/story.rs"]
mod shop;
mod show;
mod wallet;

use std::time::Duration;

use show::Showing;
use snap_core::{Client, transport::HttpTransport};
use snap_redis::Redis;
use snap_sandbox::{Merchant, Sandbox};
use snap_suite::{SetUpError, config_as};

type Outcome = Result<(), SetUpError>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let redis = redis(std::env::args().skip(1)).await?;
    let sandbox = Sandbox::start().await?;
    println!(
        "A tour of SNAP, against a local sandbox at {}.",
        sandbox.base_url()
    );
    println!("No network, no account, no real money. `>` is sent, `<` comes back.");

    heading("A client and its first token");
    println!("A client knows a client id, a secret, an RSA key, and where to call. Building it");
    println!("contacts nobody. The first call fetches a token, signed with the RSA key over");
    println!("`clientId|timestamp`; one token serves all callers for 15 minutes.");
    let client = client(&sandbox, sandbox.merchant())?;
    client.token(Duration::ZERO).await?;

    payout::tell(&client, &sandbox).await?;
    wallet::tell(&client, &sandbox).await?;
    allo::tell(&client, &sandbox).await?;
    open::tell().await?;
    shop::tell_in_memory().await?;
    failures::tell(&client, &sandbox).await?;
    match redis {
        Some(redis) => shared::tell(redis).await?,
        None => {
            println!("\nSeveral machines: `cargo tour --redis redis://127.0.0.1` goes on there.")
        }
    }

    println!("\nThat was the tour. Next: README.md, or `cargo run -p snap-cli -- --help`.");
    Ok(())
}

/// The server whose part of the tour is asked for. Whether it is there is known before the tour begins.
async fn redis(mut arguments: impl Iterator<Item = String>) -> Result<Option<Redis>, SetUpError> {
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Ok(None),
        (Some("--redis"), Some(url)) => {
            let redis = Redis::open(&url)?;
            redis.check().await?;
            Ok(Some(redis))
        }
        _ => Err("usage: cargo tour [--redis redis://127.0.0.1]".into()),
    }
}

/// A client of the sandbox that shows what passes.
pub(crate) fn client(sandbox: &Sandbox, merchant: &Merchant) -> Result<Client, SetUpError> {
    let config = config_as(sandbox, merchant)?;
    let transport = Showing::new(HttpTransport::new(&config)?);
    Ok(Client::with_transport(config, transport)?)
}

pub(crate) fn heading(text: &str) {
    println!("\n{text}\n{}", "-".repeat(text.len()));
}
