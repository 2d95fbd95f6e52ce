//! Identical deliveries to many processes of a merchant.

use std::{
    collections::BTreeMap,
    io::{BufReader, Read},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, SystemTime},
};

use snap_core::{ClientId, ClientSecret, Environment};
use snap_inbound::{Delivery, Receiver, Route, Secrets, Service, testing::TestDoku};
use snap_redis::{Redis, RedisIssuedTokenStore, RedisReplayStore};
use tokio::task::JoinSet;

use crate::{
    server::Server,
    support::{Anything, ManualClock, NOW},
};

/// Runs the test `deliveries::child` of this program as a process.
fn start(server: &Server) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "deliveries::child", "--ignored", "--nocapture"])
        .env("DELIVERIES_REDIS", server.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// How often the processes said what about 1,000 deliveries of one message.
async fn said(server: &mut Server, restart: bool) -> BTreeMap<String, u32> {
    let mut children: Vec<_> = (0..PROCESSES).map(|_| start(server)).collect();
    if restart {
        // Once some deliveries were taken, and long before the last.
        let taken = |said: &str| said.contains("snap:");
        server.says("KEYS *:c:*\r\n", taken).await;
        server.kill();
        std::thread::sleep(Duration::from_millis(200));
        server.launch();
        let work = |child: &mut Child| child.try_wait().unwrap().is_none();
        assert!(children.iter_mut().any(work), "the restart came too late");
    }
    let mut counts = BTreeMap::new();
    for mut child in children {
        let mut said = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_to_string(&mut said).unwrap();
        assert!(child.wait().unwrap().success(), "{said}");
        for line in said.lines().filter_map(|line| line.strip_prefix("said ")) {
            *counts.entry(line.to_owned()).or_default() += 1;
        }
    }
    counts
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn of_a_thousand_identical_deliveries_to_four_processes_one_is_new() {
    let mut server = Server::start();

    let said = said(&mut server, false).await;

    assert_eq!(said.get("new"), Some(&1), "{said:?}");
    assert_eq!(said.values().sum::<u32>(), 1_000, "{said:?}");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn so_it_is_when_the_server_is_killed_among_them() {
    let mut server = Server::start();

    let said = said(&mut server, true).await;

    assert_eq!(said.get("new"), Some(&1), "{said:?}");
    assert_eq!(said.get("known"), Some(&999), "{said:?}");
    assert_eq!(said.get("not acknowledged"), None, "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a process of a merchant"]
async fn child() {
    let Ok(url) = std::env::var("DELIVERIES_REDIS") else {
        return;
    };
    let (doku, receiver) = merchant(&Redis::open(&url).unwrap());
    let shared = Arc::new((doku, receiver));
    let mut tasks = JoinSet::new();
    for turn in 0..1_000 / PROCESSES {
        let shared = Arc::clone(&shared);
        tasks.spawn(async move {
            // Spread over two and a half seconds, so that a restart falls among them.
            tokio::time::sleep(Duration::from_millis(10) * turn).await;
            deliver(&shared.0, &shared.1).await
        });
    }
    for said in tasks.join_all().await {
        for said in said {
            println!("\nsaid {said}");
        }
    }
}

/// Delivers until there is an answer that DOKU takes for one, as DOKU does.
async fn deliver(doku: &TestDoku, receiver: &Receiver) -> Vec<&'static str> {
    let mut said = Vec::new();
    loop {
        let body = r#"{"a":1}"#.to_owned();
        let request = doku
            .message_signed_with_rsa("/notify", body, "4711", moment())
            .unwrap();
        match receiver.verify::<Anything>(request).await {
            Ok(verified) => {
                let is_new = verified.delivery() == Delivery::New;
                let acknowledged = verified.acknowledge().await.is_ok();
                said.push(match (is_new, acknowledged) {
                    (true, true) => "new",
                    (false, true) => "known",
                    (_, false) => "not acknowledged",
                });
                if acknowledged {
                    return said;
                }
            }
            Err(_) => said.push("away"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn merchant(redis: &Redis) -> (TestDoku, Receiver) {
    let doku = TestDoku::new("BRN-1", "SK-0123456789abcdef").unwrap();
    let secret = ClientSecret::new("SK-0123456789abcdef");
    let receiver = Receiver::builder(Environment::sandbox())
        .client(ClientId::new("BRN-1").unwrap(), Secrets::current(secret))
        .doku_public_keys([doku.public_key()])
        .token_route("/token")
        .route(Route::new(Service::DEBIT_NOTIFY, "/notify").signed_with_rsa())
        .issued_tokens(Arc::new(RedisIssuedTokenStore::new(redis.clone())))
        .replays(Arc::new(RedisReplayStore::new(redis.clone())))
        .clock(ManualClock::at(NOW))
        .build()
        .unwrap();
    (doku, receiver)
}

fn moment() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

const PROCESSES: u32 = 4;
