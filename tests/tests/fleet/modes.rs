//! Every way in which the server can be less than well, seen by clients in one process.

use std::{path::Path, time::Duration};

use doku_kirimdoku::{BalanceInquiryRequest, Kirimdoku};
use doku_wallet::{BalanceInquiryRequest as WalletBalance, Wallet};
use snap_core::{AuthCode, Client, CustomerKey, Error, Stage, token::StoreOutage};
use snap_redis::{Redis, RedisTokenStore, TokenKey};
use snap_sandbox::Sandbox;
use snap_suite::config_for;

use crate::{
    proxy::Proxy,
    server::{Server, free_port},
    worker::KEY,
};

/// One process of the merchant.
struct Process {
    kirim: Kirimdoku,
    request: BalanceInquiryRequest,
}

impl Process {
    fn on(sandbox: &Sandbox, url: &str) -> Self {
        Self::with(sandbox, url, StoreOutage::FailClosed)
    }

    fn with(sandbox: &Sandbox, url: &str, outage: StoreOutage) -> Self {
        let redis = Redis::open(url).unwrap();
        let key = TokenKey::from_base64(KEY).unwrap();
        let config = config_for(sandbox)
            .unwrap()
            .with_token_timeout(Duration::from_secs(3))
            .with_token_store(RedisTokenStore::new(redis, key))
            .with_store_outage(outage);
        let request = BalanceInquiryRequest::builder()
            .account_no(&sandbox.merchant().agent_key)
            .build();
        Self {
            kirim: Kirimdoku::from(Client::new(config).unwrap()),
            request,
        }
    }

    async fn call(&self) -> Result<(), Error> {
        self.kirim.balance_inquiry(&self.request).await.map(drop)
    }

    /// Calls until one succeeds.
    async fn recovers(&self) {
        let calls = async {
            while self.call().await.is_err() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let recovered = tokio::time::timeout(Duration::from_secs(60), calls).await;
        recovered.expect("calls succeed again");
    }
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_customer_consents_once_for_all_processes_and_their_restarts() {
    let (mut server, sandbox) = (Server::start(), Sandbox::start().await.unwrap());
    let client = |url: &str| {
        let redis = Redis::open(url).unwrap();
        let key = TokenKey::from_base64(KEY).unwrap();
        let config = config_for(&sandbox).unwrap();
        Client::new(config.with_token_store(RedisTokenStore::new(redis, key))).unwrap()
    };
    let url = server.url();
    let balance = async |client: &Client, whose: &str| {
        let customer = Wallet::from(client.clone()).customer(CustomerKey::new(whose));
        let request = WalletBalance::builder().partner_reference_no("B-1").build();
        customer.balance_inquiry(&request).await.map(drop)
    };
    let (one, other) = (client(&url), client(&url));
    let code = AuthCode::new(sandbox.auth_code("anna"));
    one.customer("anna").authorize(&code).await.unwrap();

    balance(&one, "anna").await.unwrap();
    balance(&other, "anna").await.unwrap();
    assert!(
        balance(&other, "budi").await.is_err(),
        "nobody else's token"
    );
    sandbox.assert_customer_token_requests(1);

    sandbox.expire_customer_tokens();
    let (first, second) = tokio::join!(balance(&one, "anna"), balance(&other, "anna"));
    first.unwrap();
    second.unwrap();
    sandbox.assert_customer_token_requests(2);

    server.kill();
    server.launch();
    balance(&client(&url), "anna").await.unwrap();
    other.customer("anna").forget().await.unwrap();
    assert!(balance(&client(&url), "anna").await.is_err());
    sandbox.assert_customer_token_requests(2);
}

/// How many commands the server has done, but for this question.
fn commands(server: &Server) -> u64 {
    let info = server.say("INFO stats\r\n");
    let count = info
        .lines()
        .find_map(|line| line.strip_prefix("total_commands_processed:"));
    count.unwrap().trim().parse().unwrap()
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_thousand_calls_with_a_good_token_ask_the_server_nothing() {
    let (server, sandbox) = (Server::start(), Sandbox::start().await.unwrap());
    let process = Process::on(&sandbox, &server.url());
    process.call().await.unwrap();
    let listens = |said: &str| said.contains(":token");
    server.says("PUBSUB CHANNELS *\r\n", listens).await;
    let before = commands(&server);

    for _ in 0..1_000 {
        process.call().await.unwrap();
    }

    assert_eq!(commands(&server) - before, 1, "the question itself");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_server_that_forgot_everything_costs_one_token() {
    let (server, sandbox) = (Server::start(), Sandbox::start().await.unwrap());
    let old = [1, 2, 3].map(|_| Process::on(&sandbox, &server.url()));
    for process in &old {
        process.call().await.unwrap();
    }
    assert_eq!(server.say("FLUSHALL\r\n").trim(), "+OK");
    for process in &old {
        process.call().await.unwrap();
    }
    sandbox.assert_token_requests(1);

    Process::on(&sandbox, &server.url()).call().await.unwrap();
    for process in &old {
        process.call().await.unwrap();
    }

    sandbox.assert_token_requests(2);
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn while_the_server_is_away_nothing_is_sent_and_no_token_is_asked_for() {
    let (mut server, sandbox) = (Server::start(), Sandbox::start().await.unwrap());
    server.kill();
    let processes = [1, 2].map(|_| Process::on(&sandbox, &server.url()));

    for process in &processes {
        let error = process.call().await.unwrap_err();
        assert_eq!(error.stage(), Stage::NotSent);
        let said = error.to_string();
        assert!(said.contains("Config::with_store_outage"), "{said}");
    }
    assert_eq!(sandbox.requests().len(), 0);

    server.launch();
    for process in &processes {
        // The back-off of the failures is a second or two.
        process.recovers().await;
    }
    sandbox.assert_token_requests(1);
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_good_token_is_used_on_while_the_server_is_away() {
    let (mut server, sandbox) = (Server::start(), Sandbox::start().await.unwrap());
    let process = Process::on(&sandbox, &server.url());
    process.call().await.unwrap();
    server.kill();

    for _ in 0..100 {
        process.call().await.unwrap();
    }

    sandbox.assert_token_requests(1);
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn who_opted_in_to_tokens_of_its_own_goes_on_and_makes_no_storm_of_them() {
    let (mut server, sandbox) = (Server::start(), Sandbox::start().await.unwrap());
    server.kill();
    let alone = StoreOutage::FetchAlone;
    let processes = [1, 2].map(|_| Process::with(&sandbox, &server.url(), alone));
    let mut sent = 0;
    for _ in 0..20 {
        for process in &processes {
            sent += u32::from(process.call().await.is_ok());
        }
    }
    // Each kills the other's token with its own, notices after three, and leaves DOKU alone.
    let requests = sandbox.token_requests();
    assert!(
        sent >= 4 && (2..=8).contains(&requests),
        "{sent} {requests}"
    );

    server.launch();
    for process in &processes {
        process.recovers().await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    for process in &processes {
        let _ = process.call().await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let settled = sandbox.token_requests();
    for _ in 0..20 {
        for process in &processes {
            process.call().await.unwrap();
        }
    }
    assert_eq!(sandbox.token_requests(), settled, "they share one again");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_server_that_is_slow_by_200_ms_costs_time_and_no_token() {
    let (server, sandbox) = (Server::start(), Sandbox::start().await.unwrap());
    let proxy = Proxy::to(&server.path().join("socket"), Duration::from_millis(100));
    let processes = [1, 2, 3, 4].map(|_| Process::on(&sandbox, &proxy.url()));

    let [one, two, three, four] = &processes;
    let called = tokio::join!(one.call(), two.call(), three.call(), four.call());
    for called in <[_; 4]>::from(called) {
        called.unwrap();
    }
    sandbox.invalidate_tokens();
    let called = tokio::join!(one.call(), two.call(), three.call(), four.call());
    for called in <[_; 4]>::from(called) {
        called.unwrap();
    }

    sandbox.assert_token_requests(2);
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_failover_to_a_replica_costs_no_token() {
    let sandbox = Sandbox::start().await.unwrap();
    let port = free_port().to_string();
    let mut primary = Server::with(&["--port", &port, "--repl-diskless-sync-delay", "0"]);
    let replica = Server::with(&["--replicaof", &format!("127.0.0.1 {port}")]);
    let proxy = Proxy::to(&socket(&primary), Duration::ZERO);
    let one = Process::on(&sandbox, &proxy.url());
    one.call().await.unwrap();
    let copied = |said: &str| said.contains(":token");
    replica.says("KEYS *\r\n", copied).await;

    primary.kill();
    proxy.lead_to(&socket(&replica));
    one.call().await.unwrap();
    let other = Process::on(&sandbox, &proxy.url());
    let waiting = tokio::spawn(async move { other.call().await });
    // It is not one yet that takes writes.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(replica.say("REPLICAOF NO ONE\r\n").trim(), "+OK");
    waiting.await.unwrap().unwrap();

    sandbox.invalidate_tokens();
    one.call().await.unwrap();
    sandbox.assert_token_requests(2);
}

fn socket(server: &Server) -> std::path::PathBuf {
    Path::join(server.path(), "socket")
}
