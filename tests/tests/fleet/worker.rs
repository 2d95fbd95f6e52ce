//! One process of the fleet.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use doku_kirimdoku::{BalanceInquiryRequest, Kirimdoku};
use rand::RngExt;
use snap_core::{Client, ClientId, ClientSecret, Config, Environment, Error, PrivateKey};
use snap_redis::{Redis, RedisTokenStore, TokenKey};
use snap_sandbox::Sandbox;
use tokio::task::JoinSet;

use crate::fast::{Fast, FastClock};

/// What a process is told.
#[derive(Clone)]
pub(crate) struct Orders {
    pub(crate) base_url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) private_key_pem: String,
    pub(crate) agent_key: String,
    /// Nothing: a store of its own.
    pub(crate) redis_url: Option<String>,
    pub(crate) began: SystemTime,
    pub(crate) skew_s: i64,
    pub(crate) callers: usize,
}

impl Orders {
    pub(crate) fn of(sandbox: &Sandbox, redis_url: Option<String>, began: SystemTime) -> Self {
        let merchant = sandbox.merchant();
        Self {
            base_url: sandbox.base_url().to_owned(),
            client_id: merchant.client_id.clone(),
            client_secret: merchant.client_secret.clone(),
            private_key_pem: merchant.private_key_pem.clone(),
            agent_key: merchant.agent_key.clone(),
            redis_url,
            began,
            skew_s: 0,
            callers: 1,
        }
    }

    /// Runs the test `worker::child` of this program as a process. It ends when its input does.
    pub(crate) fn start(&self) -> Child {
        let began = self.began.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "worker::child", "--ignored", "--nocapture"])
            .env("FLEET_BASE_URL", &self.base_url)
            .env("FLEET_CLIENT_ID", &self.client_id)
            .env("FLEET_CLIENT_SECRET", &self.client_secret)
            .env("FLEET_PRIVATE_KEY", &self.private_key_pem)
            .env("FLEET_AGENT_KEY", &self.agent_key)
            .env("FLEET_REDIS", self.redis_url.as_deref().unwrap_or_default())
            .env("FLEET_BEGAN", began.as_millis().to_string())
            .env("FLEET_SKEW", self.skew_s.to_string())
            .env("FLEET_CALLERS", self.callers.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// What this process was told, if it is one of a fleet.
    fn received() -> Option<Self> {
        let told = |name: &str| std::env::var(format!("FLEET_{name}"));
        let began = told("BEGAN").ok()?.parse().unwrap();
        Some(Self {
            base_url: told("BASE_URL").unwrap(),
            client_id: told("CLIENT_ID").unwrap(),
            client_secret: told("CLIENT_SECRET").unwrap(),
            private_key_pem: told("PRIVATE_KEY").unwrap(),
            agent_key: told("AGENT_KEY").unwrap(),
            redis_url: told("REDIS").ok().filter(|url| !url.is_empty()),
            began: SystemTime::UNIX_EPOCH + Duration::from_millis(began),
            skew_s: told("SKEW").unwrap().parse().unwrap(),
            callers: told("CALLERS").unwrap().parse().unwrap(),
        })
    }

    fn client(&self) -> Client {
        let config = Config::new(
            Environment::custom(&self.base_url).unwrap(),
            ClientId::new(self.client_id.as_str()).unwrap(),
            ClientSecret::new(self.client_secret.as_str()),
            PrivateKey::from_pem(self.private_key_pem.as_bytes()).unwrap(),
        );
        let config = config
            .with_channel_id("H2H")
            .with_clock(FastClock::since(self.began, self.skew_s))
            // Of real time, as all timers are: a life of 900 s takes three.
            .with_token_timeout(Duration::from_secs(2));
        let config = match &self.redis_url {
            None => config,
            Some(url) => {
                let redis = Redis::open(url).unwrap();
                let key = TokenKey::from_base64(KEY).unwrap();
                config.with_token_store(Fast(RedisTokenStore::new(redis, key)))
            }
        };
        Client::new(config).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a process of a fleet"]
async fn child() {
    let Some(orders) = Orders::received() else {
        return;
    };
    let kirim = Kirimdoku::from(orders.client());
    let (ends, calls) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let mut callers = JoinSet::new();
    for _ in 0..orders.callers {
        let (kirim, ends, calls) = (kirim.clone(), Arc::clone(&ends), Arc::clone(&calls));
        let account_no = orders.agent_key.clone();
        callers.spawn(async move {
            let request = BalanceInquiryRequest::builder()
                .account_no(account_no)
                .build();
            while !ends.load(Ordering::Relaxed) {
                let called = kirim.balance_inquiry(&request).await;
                calls.fetch_add(1, Ordering::Relaxed);
                if let Err(error) = called {
                    println!("\nfailed {}", told(&error));
                }
                let think = rand::rng().random_range(2_000..4_000);
                tokio::time::sleep(Duration::from_millis(think)).await;
            }
        });
    }
    println!("\nstarted");
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()))
        .await
        .unwrap()
        .unwrap();
    ends.store(true, Ordering::Relaxed);
    callers.join_all().await;
    println!("\ncalls {}", calls.load(Ordering::Relaxed));
}

/// On one line, with its causes.
fn told(error: &Error) -> String {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        told = format!("{told}: {deeper}");
        cause = deeper.source();
    }
    told.replace('\n', " ")
}

/// 32 bytes for tests.
pub(crate) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
