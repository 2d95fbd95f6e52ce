//! Several processes of one client id, with and without a shared store.

use std::time::Duration;

use doku_kirimdoku::{BalanceInquiryRequest, Kirimdoku};
use snap_core::{Client, Config};
use snap_redis::{Redis, RedisTokenStore, TokenKey};
use snap_sandbox::Sandbox;
use snap_suite::{SetUpError, config_for};

use crate::{Outcome, heading};

pub(crate) async fn tell(redis: Redis) -> Outcome {
    heading("Several processes, one client id");
    let health = redis.check().await?;
    println!("DOKU honours only the newest token of a client id. Two processes with a token each:");
    let sandbox = Sandbox::start().await?;
    let private = [config_for(&sandbox)?, config_for(&sandbox)?];
    take_turns(&sandbox, private).await?;

    println!("\nThe same with a store in Redis {}:", health.version);
    let sandbox = Sandbox::start().await?;
    // Keys name the environment, and this sandbox is a new one: nothing is there from before.
    let bytes: [u8; 32] = rand::random();
    let store = || -> Result<_, SetUpError> {
        Ok(RedisTokenStore::new(redis.clone(), TokenKey::new(bytes)?))
    };
    let shared = [
        config_for(&sandbox)?.with_token_store(store()?),
        config_for(&sandbox)?.with_token_store(store()?),
    ];
    take_turns(&sandbox, shared).await?;
    println!("The token lies there sealed, under a name with environment and client id, until it");
    println!("runs out. A call with a good token asks nothing. docs/scaling.md has the rest.");
    Ok(())
}

/// Ten calls, by two processes in turns, and what the sandbox saw.
async fn take_turns(sandbox: &Sandbox, configs: [Config; 2]) -> Outcome {
    let [one, other] = configs.map(Client::new);
    let processes = [Kirimdoku::from(one?), Kirimdoku::from(other?)];
    let request = BalanceInquiryRequest::builder()
        .account_no(&sandbox.merchant().agent_key)
        .build();
    for turn in 0..10 {
        // A call whose token was killed is sent once more, with another token.
        let called = processes[turn % 2].balance_inquiry(&request).await;
        if let Err(error) = called {
            println!("  call {turn}: {error}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let requests = sandbox.requests();
    let refused = requests
        .iter()
        .filter(|request| request.http_status == 401)
        .count();
    println!(
        "  10 calls: {} token requests, {refused} calls refused for their token",
        sandbox.token_requests()
    );
    Ok(())
}
