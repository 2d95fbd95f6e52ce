//! Servers that are set up wrongly, away, slow, full or replaced.

use std::{error::Error as _, process::Command, sync::Arc, time::Duration};

use snap_core::token::{StoreError, TokenStore};
use snap_inbound::{IssuedTokenStore, ReplayStore};
use snap_redis::{Redis, RedisError, RedisTokenStore};

use crate::{
    conformance::{LONG, holder, keys, receiver, terms},
    promises::{Inbound, entry, hears, key, slot},
    redis,
    server::{Server, free_port},
    support::{Anything, NOW},
};

fn tokens(redis: Redis) -> RedisTokenStore {
    RedisTokenStore::new(redis, key(1))
}

fn cause(error: &StoreError) -> String {
    let cause = error.source().unwrap();
    assert!(cause.is::<RedisError>());
    cause.to_string()
}

/// What every method of every store says.
async fn said(redis: Redis) -> Vec<String> {
    let tokens = tokens(redis.clone());
    let inbound = Inbound::on(redis.clone());
    let lease = tokens.lease(&slot(), LONG).await;
    let delivery = keys("{}", "1", NOW).await;
    let claim = inbound.claim(&delivery, &holder(1), &terms(LONG)).await;
    let client_id = slot().client_id;
    let revoked = inbound.revoke_all("https://snap.example", &client_id).await;
    vec![
        cause(&tokens.load(&slot()).await.unwrap_err()),
        cause(
            &tokens
                .compare_and_swap(&slot(), None, entry("canary"))
                .await
                .unwrap_err(),
        ),
        cause(&lease.unwrap_err()),
        cause(&tokens.forget(&slot()).await.unwrap_err()),
        claim.unwrap_err().to_string(),
        revoked.unwrap_err().to_string(),
        redis.check().await.unwrap_err().to_string(),
    ]
}

#[track_caller]
fn assert_all(said: &[String], because: &str) {
    for said in said {
        assert!(said.contains(because), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_wrong_or_missing_password_is_named_as_such() {
    let server = Server::with(&["--requirepass", "right"]);
    let path = server.path().join("socket");

    for url in [
        server.url(),
        format!("redis+unix://{}?pass=canary", path.display()),
        format!("redis+unix://{}?user=nobody&pass=canary", path.display()),
    ] {
        let said = said(Redis::open(&url).unwrap()).await;
        assert_all(&said, "refuses user or password: check them in the URL");
    }
    let url = format!("redis+unix://{}?pass=right", path.display());
    assert!(Redis::open(&url).unwrap().check().await.is_ok());
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_password_that_is_put_right_at_the_server_needs_no_restart_here() {
    let server = Server::with(&["--requirepass", "other"]);
    let url = format!(
        "redis+unix://{}?pass=right",
        server.path().join("socket").display()
    );
    let redis = Redis::open(&url).unwrap();
    assert!(redis.check().await.is_err());

    let set = server.say("AUTH other\r\nCONFIG SET requirepass right\r\n");

    assert!(set.starts_with("+OK"), "{set}");
    assert!(redis.check().await.is_ok());
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_read_only_replica_is_named_as_such() {
    let replica = Server::start();
    // It refuses writes whether or not it has ever reached its primary.
    let made = replica.say("REPLICAOF 127.0.0.1 1\r\n");
    assert!(made.starts_with("+OK"), "{made}");

    let said = said(redis(&replica)).await;

    assert_all(&said, "read-only replica: give the address of the primary");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_primary_that_becomes_a_replica_is_noticed_and_left_when_it_is_one_again() {
    let server = Server::start();
    let store = tokens(redis(&server));
    let first = store
        .compare_and_swap(&slot(), None, entry("t"))
        .await
        .unwrap();
    server.say("REPLICAOF 127.0.0.1 1\r\n");

    let error = store.compare_and_swap(&slot(), first, entry("new")).await;

    let said = cause(&error.unwrap_err());
    assert!(said.contains("read-only replica"), "{said}");
    server.say("REPLICAOF NO ONE\r\n");
    let second = store.compare_and_swap(&slot(), first, entry("new")).await;
    assert!(second.unwrap() > first);
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_key_of_another_type_is_named_with_the_cure_and_is_left_alone() {
    let server = Server::start();
    let name = "snap:{https://snap.example|BRN-1}";
    for what in ["token", "gen", "lease"] {
        server.say(&format!("LPUSH {name}:{what} canary\r\n"));
    }
    let store = tokens(redis(&server));

    let errors = [
        store.load(&slot()).await.unwrap_err(),
        store
            .compare_and_swap(&slot(), None, entry("t"))
            .await
            .unwrap_err(),
        store.lease(&slot(), LONG).await.unwrap_err(),
    ];

    let said = errors.map(|error| cause(&error));
    assert_all(&said, "of a type that snap-redis does not write");
    assert_all(&said, "Redis::with_prefix");
    assert_eq!(server.say(&format!("LLEN {name}:token\r\n")).trim(), ":1");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_value_that_is_not_ours_is_an_error_and_not_an_empty_slot() {
    let server = Server::start();
    let store = tokens(redis(&server));
    let key = "snap:{https://snap.example|BRN-1}:token";
    for value in ["canary", "12:canary", ":", "x:y", "99999999999999999999:x"] {
        server.say(&format!("SET {key} {value} PX 60000\r\n"));
        let said = cause(&store.load(&slot()).await.unwrap_err());
        assert!(
            said.contains("delete the key") && !said.contains("canary"),
            "{said}"
        );
    }
    server.say(&format!("SET {key} 12:x\r\n"));
    let said = cause(&store.load(&slot()).await.unwrap_err());
    assert!(said.contains("has no end"), "{said}");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_user_without_permissions_is_told_where_the_rules_are() {
    let server = Server::start();
    let set =
        server.say("ACL SETUSER default on nopass resetkeys ~other:* resetchannels +@all\r\n");
    assert!(set.starts_with("+OK"), "{set}");

    let said = said(redis(&server)).await;

    assert_all(&said, "access rules in the README of snap-redis");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn the_access_rules_of_the_readme_suffice() {
    let server = Server::start();
    let readme = include_str!("../../README.md");
    let rules = readme
        .lines()
        .find(|line| line.starts_with("ACL SETUSER snap "))
        .unwrap()
        .replace(">password", ">right");
    let set = server.say(&format!("{rules}\r\n"));
    assert!(set.starts_with("+OK"), "{set}");
    let socket = server.path().join("socket");
    let url = format!("redis+unix://{}?user=snap&pass=right", socket.display());
    let redis = Redis::open(&url).unwrap();

    snap_core::testing::token_store(&tokens(redis.clone())).await;
    crate::conformance::conforms(&Inbound::on(redis.clone())).await;

    let store = tokens(redis);
    let mut changes = store.changes(&slot());
    assert!(
        hears(&store, &mut changes).await,
        "no permission to subscribe"
    );
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_full_server_is_named_as_such() {
    let server = Server::with(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]);

    let store = tokens(redis(&server));
    let error = store.compare_and_swap(&slot(), None, entry("t")).await;

    let said = cause(&error.unwrap_err());
    assert!(said.contains("`maxmemory`"), "{said}");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn health_says_what_the_server_forgets_and_keeps() {
    let careful = Server::start();
    let careless = Server::with(&["--maxmemory-policy", "allkeys-lru"]);

    let good = redis(&careful).check().await.unwrap();
    let bad = redis(&careless).check().await.unwrap();

    assert_eq!((good.evicts, good.keeps), (None, true));
    assert!(
        good.version
            .starts_with(|first: char| first.is_ascii_digit())
    );
    let policy = Some("allkeys-lru".to_owned());
    assert_eq!((bad.evicts, bad.keeps), (policy, false));
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_claim_that_the_server_evicted_is_an_error_and_not_new() {
    let server = Server::start();
    let store = Inbound::on(redis(&server));
    let delivery = keys("{}", "1", NOW).await;
    store
        .claim(&delivery, &holder(1), &terms(LONG))
        .await
        .unwrap();
    store.confirm(&delivery, &holder(1)).await.unwrap();
    let claims = "EVAL \"return redis.call('DEL', unpack(redis.call('KEYS', '*:c:*')))\" 0\r\n";
    assert_eq!(server.say(claims).trim(), ":1");

    let again = store.claim(&delivery, &holder(2), &terms(LONG)).await;

    let said = again.unwrap_err().to_string();
    assert!(said.contains("maxmemory-policy to noeviction"), "{said}");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_server_that_is_down_at_the_start_is_used_when_it_is_there() {
    let mut server = Server::start();
    server.kill();
    let redis = redis(&server);

    let said = said(redis.clone()).await;
    assert_all(&said, "there is no connection to");
    assert_all(&said, "check host and port");

    server.launch();
    assert!(tokens(redis).load(&slot()).await.unwrap().is_none());
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_restart_in_the_middle_is_not_noticed_by_the_next_question() {
    let mut server = Server::start();
    let store = tokens(redis(&server));
    let written = store
        .compare_and_swap(&slot(), None, entry("t"))
        .await
        .unwrap();

    for _ in 0..3 {
        server.kill();
        server.launch();
        let found = store.load(&slot()).await.unwrap();
        assert_eq!(found.map(|entry| entry.generation), written);
    }
}

#[test]
#[ignore = "needs a Redis server"]
fn a_connection_whose_runtime_ended_is_made_anew_in_another() {
    let server = Server::start();
    let store = tokens(redis(&server));
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };

    for _ in 0..3 {
        let read = runtime().block_on(async {
            let _changes = store.changes(&slot());
            store.load(&slot()).await.unwrap().is_none()
        });
        assert!(read);
    }
    assert!(format!("{:?}", store.changes(&slot())).contains("Changes"));
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_server_that_hangs_fails_within_the_limit_and_is_used_again_afterwards() {
    let server = Server::start();
    let store = Arc::new(tokens(redis(&server)));
    store.load(&slot()).await.unwrap();
    server.signal("STOP");

    let slot = slot();
    let limit = tokio::time::timeout(Duration::from_secs(3), store.load(&slot));
    let said = cause(&limit.await.unwrap().unwrap_err());

    assert!(said.contains("did not answer in time"), "{said}");
    server.signal("CONT");
    store.load(&slot).await.unwrap();
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn the_merchants_side_accepts_nothing_while_the_server_is_away() {
    let mut server = Server::start();
    let store = Arc::new(Inbound::on(redis(&server)));
    let (doku, receiver) = receiver(store, LONG);
    let now = crate::conformance::now();
    let request = doku.token_request("/token", now).unwrap();
    let issued = receiver.issue_token(&request, None).await.unwrap();
    let token = snap_inbound::testing::token_of(&issued).unwrap();
    let message = || {
        doku.message("/notify", &token, r#"{"a":1}"#, "4711", now)
            .unwrap()
    };
    server.kill();

    let refused = receiver.verify::<Anything>(message()).await.unwrap_err();
    assert!(refused.to_string().contains("store"), "{refused}");
    assert!(receiver.issue_token(&request, None).await.is_err());

    server.launch();
    let verified = receiver.verify::<Anything>(message()).await.unwrap();
    assert_eq!(verified.delivery(), snap_inbound::Delivery::New);
    verified.acknowledge().await.unwrap();
}

/// A server with a certificate of its own for `localhost`, and the URL without its scheme.
fn with_tls() -> (Server, String, Vec<u8>) {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &path("key"), "-out", &path("cert")])
        .output()
        .expect("this test needs the openssl command");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let port = free_port();
    let server = Server::with(&[
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        &path("cert"),
        "--tls-key-file",
        &path("key"),
        "--tls-auth-clients",
        "no",
        "--requirepass",
        "right",
    ]);
    let root = std::fs::read(path("cert")).unwrap();
    (server, format!("localhost:{port}"), root)
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn tls_that_is_asked_for_or_not_there_or_not_trusted_is_named_as_such() {
    let (_server, address, root) = with_tls();

    let plain = Redis::open(&format!("redis://:right@{address}")).unwrap();
    assert_all(&said(plain).await, "begin the URL with `rediss://`");

    let untrusted = Redis::open(&format!("rediss://:right@{address}")).unwrap();
    let error = untrusted.check().await.unwrap_err().to_string();
    assert!(error.contains("Redis::open_with_root"), "{error}");

    let url = format!("rediss://:right@{address}");
    let trusted = Redis::open_with_root(&url, &root).unwrap();
    trusted.check().await.unwrap();
    snap_core::testing::token_store(&tokens(trusted)).await;

    let port = free_port();
    let _other = Server::with(&["--port", &port.to_string()]);
    let tls = Redis::open(&format!("rediss://localhost:{port}")).unwrap();
    let error = tls.check().await.unwrap_err().to_string();
    assert!(error.contains("no TLS handshake with"), "{error}");
}
