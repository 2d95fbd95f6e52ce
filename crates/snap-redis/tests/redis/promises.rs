//! What the traits promise, on a server.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use snap_core::{
    AccessToken, ClientId, Environment, ExternalId, ExternalIdGuard, NamedDelivery,
    testing::token_store,
    token::{Changes, NewEntry, Slot, TokenStore},
};
use snap_inbound::{
    ClaimId, Claimed, DeliveryKeys, Issued, IssuedTokenStore, MemoryStore, ReplayStore,
    StoreFuture, Terms, TokenHash,
};
use snap_redis::{
    RedisExternalIds, RedisIssuedTokenStore, RedisPace, RedisReplayStore, RedisTokenStore, TokenKey,
};
use snap_resolve::InquiryPace;

use crate::{conformance, redis, server::Server, support::NOW};

pub(crate) fn key(first: u8) -> TokenKey {
    let mut bytes = [7; 32];
    bytes[0] = first;
    TokenKey::new(bytes).unwrap()
}

pub(crate) fn slot() -> Slot {
    let client_id = ClientId::new("BRN-1").unwrap();
    Slot::new("https://snap.example", client_id)
}

pub(crate) fn entry(token: &str) -> NewEntry {
    NewEntry::new(AccessToken::new(token), Duration::from_secs(900))
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn the_store_for_tokens_keeps_its_promises() {
    let server = Server::start();

    token_store(&RedisTokenStore::new(redis(&server), key(1))).await;
}

/// Both stores of the merchant's side, as one.
#[derive(Debug)]
pub(crate) struct Inbound {
    replays: RedisReplayStore,
    tokens: RedisIssuedTokenStore,
}

impl Inbound {
    pub(crate) fn on(redis: snap_redis::Redis) -> Self {
        Self {
            replays: RedisReplayStore::new(redis.clone()),
            tokens: RedisIssuedTokenStore::new(redis),
        }
    }
}

impl ReplayStore for Inbound {
    fn claim<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
        terms: &'a Terms,
    ) -> StoreFuture<'a, Claimed> {
        self.replays.claim(delivery, claim, terms)
    }

    fn confirm<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
    ) -> StoreFuture<'a, bool> {
        self.replays.confirm(delivery, claim)
    }

    fn is_durable(&self) -> bool {
        ReplayStore::is_durable(&self.replays)
    }
}

impl IssuedTokenStore for Inbound {
    fn put<'a>(
        &'a self,
        token: &'a TokenHash,
        issued: &'a Issued,
        keep_until: SystemTime,
    ) -> StoreFuture<'a, ()> {
        self.tokens.put(token, issued, keep_until)
    }

    fn owner<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<Issued>> {
        self.tokens.owner(token)
    }

    fn revoke_all<'a>(
        &'a self,
        environment: &'a str,
        client_id: &'a ClientId,
    ) -> StoreFuture<'a, ()> {
        self.tokens.revoke_all(environment, client_id)
    }

    fn is_durable(&self) -> bool {
        IssuedTokenStore::is_durable(&self.tokens)
    }
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn the_stores_of_the_merchants_side_keep_their_promises() {
    let server = Server::start();

    conformance::conforms(&Inbound::on(redis(&server))).await;
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_tokens_text_and_a_customers_name_never_reach_the_server() {
    let server = Server::start();
    let store = RedisTokenStore::new(redis(&server), key(1));
    let anna = slot().with_customer("0812-canary".into());

    store
        .compare_and_swap(&slot(), None, entry("canary"))
        .await
        .unwrap();
    store
        .compare_and_swap(&anna, None, entry("canary"))
        .await
        .unwrap();

    let keys = server.say("KEYS *\r\n");
    assert!(
        keys.contains("snap:{https://snap.example|BRN-1}:token"),
        "{keys}"
    );
    let value = server.say("GET snap:{https://snap.example|BRN-1}:token\r\n");
    assert!(value.len() > 40, "{value}");
    for shown in [&keys, &value] {
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn tokens_are_gone_from_the_server_when_they_have_run_out() {
    let server = Server::start();
    let store = RedisTokenStore::new(redis(&server), key(1));
    store
        .compare_and_swap(&slot(), None, entry("t"))
        .await
        .unwrap();

    let left = server.say("PTTL snap:{https://snap.example|BRN-1}:token\r\n");

    let left: u64 = left.trim_start_matches(':').trim().parse().unwrap();
    assert!((890_000..=900_000).contains(&left), "{left} ms");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn lives_beyond_every_calendar_and_of_nothing_are_taken() {
    let server = Server::start();
    let store = RedisTokenStore::new(redis(&server), key(1));
    let lasting = |life| NewEntry::new(AccessToken::new("t"), life);

    let first = store
        .compare_and_swap(&slot(), None, lasting(Duration::MAX))
        .await;
    assert!(store.load(&slot()).await.unwrap().is_some());
    let second = store
        .compare_and_swap(&slot(), first.unwrap(), lasting(Duration::ZERO))
        .await;
    assert!(second.unwrap().is_some());
    assert!(store.lease(&slot(), Duration::MAX).await.unwrap().is_some());
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_token_is_written_also_where_nobody_may_hear_of_it() {
    let server = Server::start();
    let mute = "ACL SETUSER default on nopass allkeys resetchannels +@all\r\n";
    assert!(server.say(mute).starts_with("+OK"));
    let store = RedisTokenStore::new(redis(&server), key(1));

    let _changes = store.changes(&slot());
    let written = store.compare_and_swap(&slot(), None, entry("t")).await;

    assert!(written.unwrap().is_some());
    assert!(store.load(&slot()).await.unwrap().is_some());
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn two_prefixes_and_two_environments_share_nothing() {
    let server = Server::start();
    let one = RedisTokenStore::new(redis(&server), key(1));
    let other = redis(&server).with_prefix("other").unwrap();
    let other = RedisTokenStore::new(other, key(1));
    one.compare_and_swap(&slot(), None, entry("t"))
        .await
        .unwrap();
    let production = Slot::new("https://prod.example", slot().client_id);

    assert!(one.load(&slot()).await.unwrap().is_some());
    assert!(other.load(&slot()).await.unwrap().is_none());
    assert!(one.load(&production).await.unwrap().is_none());
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_second_key_opens_what_it_sealed_and_another_one_says_what_to_do() {
    let server = Server::start();
    let old = RedisTokenStore::new(redis(&server), key(1));
    old.compare_and_swap(&slot(), None, entry("t"))
        .await
        .unwrap();

    let rotated = RedisTokenStore::new(redis(&server), key(2)).with_second_key(key(1));
    let found = rotated.load(&slot()).await.unwrap().unwrap();
    assert_eq!(found.access_token.expose(), "t");
    let written = rotated
        .compare_and_swap(&slot(), Some(found.generation), entry("new"))
        .await;
    assert!(written.unwrap().is_some());

    let error = old.load(&slot()).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("with_second_key"), "{cause}");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_token_that_is_copied_to_another_slot_does_not_open_there() {
    let server = Server::start();
    let store = RedisTokenStore::new(redis(&server), key(1));
    let anna = slot().with_customer("anna".into());
    store
        .compare_and_swap(&anna, None, entry("annas"))
        .await
        .unwrap();
    let annas = "snap:{https://snap.example|BRN-1|";
    let keys = server.say("KEYS *\r\n");
    let annas = keys
        .lines()
        .find(|key| key.starts_with(annas) && key.ends_with(":token"))
        .unwrap();

    let copied = server.say(&format!(
        "COPY {annas} snap:{{https://snap.example|BRN-1}}:token\r\n"
    ));
    assert_eq!(copied.trim(), ":1");

    let error = store.load(&slot()).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("changed or moved"), "{cause}");
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn generations_grow_also_when_the_server_lost_everything() {
    let server = Server::start();
    let store = RedisTokenStore::new(redis(&server), key(1));
    let first = store
        .compare_and_swap(&slot(), None, entry("1"))
        .await
        .unwrap();
    let second = store
        .compare_and_swap(&slot(), first, entry("2"))
        .await
        .unwrap();
    assert_eq!(server.say("FLUSHALL\r\n").trim(), "+OK");
    tokio::time::sleep(Duration::from_millis(5)).await;

    let third = store
        .compare_and_swap(&slot(), None, entry("3"))
        .await
        .unwrap();

    assert!(third > second && second > first);
}

/// Whether what is written is heard. The first may be written before the server knows who listens.
pub(crate) async fn hears(writer: &RedisTokenStore, changes: &mut Changes) -> bool {
    let slot = slot();
    let mut seen = None;
    for _ in 0..100 {
        let written = writer.compare_and_swap(&slot, seen, entry("t")).await;
        seen = written.unwrap();
        let limit = Duration::from_millis(50);
        if tokio::time::timeout(limit, changes.next()).await.is_ok() {
            return true;
        }
    }
    false
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn a_process_hears_what_another_one_writes() {
    let server = Server::start();
    let one = RedisTokenStore::new(redis(&server), key(1));
    let other = RedisTokenStore::new(redis(&server), key(1));
    let mut changes = one.changes(&slot());

    assert!(hears(&other, &mut changes).await);

    // Nobody waits any more: the subscription is given back.
    drop(changes);
    let unheard = |said: &str| !said.contains("BRN-1");
    server.says("PUBSUB CHANNELS *\r\n", unheard).await;
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn whoever_waits_hears_also_after_the_server_came_back() {
    let mut server = Server::start();
    let one = RedisTokenStore::new(redis(&server), key(1));
    let other = RedisTokenStore::new(redis(&server), key(1));
    let mut changes = one.changes(&slot());
    one.load(&slot()).await.unwrap();
    server.kill();
    server.launch();
    one.load(&slot()).await.unwrap();

    assert!(hears(&other, &mut changes).await);
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn an_external_id_is_anybodys_once_a_day_and_the_same_deliverys_again() {
    let server = Server::start();
    let (one, other) = (
        RedisExternalIds::new(redis(&server)),
        RedisExternalIds::new(redis(&server)),
    );
    let delivery = |body: &str, day: u64| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_662_000 + day * 86_400);
        let id = ExternalId::new("4711").unwrap();
        NamedDelivery::new(
            "https://snap.example",
            slot().client_id,
            id,
            body.as_bytes(),
            now,
        )
    };

    assert!(one.take(&delivery("{}", 0)).await.unwrap());
    assert!(other.take(&delivery("{}", 0)).await.unwrap());
    assert!(!other.take(&delivery("[]", 0)).await.unwrap());
    assert!(other.take(&delivery("[]", 1)).await.unwrap());
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn moments_for_inquiries_are_reserved_one_after_another_over_all_processes() {
    let server = Server::start();
    let environment = Environment::sandbox();
    let paces = [1, 2, 3].map(|_| {
        Arc::new(RedisPace::new(
            redis(&server),
            &environment,
            &slot().client_id,
        ))
    });
    let interval = Duration::from_secs(10);
    let mut waits = Vec::new();
    for turn in 0..9 {
        waits.push(paces[turn % 3].reserve(interval).await.unwrap());
    }

    for (turn, wait) in waits.iter().enumerate() {
        let expected = interval * u32::try_from(turn).unwrap();
        assert!(*wait <= expected, "{turn}: {wait:?}");
        assert!(
            *wait + Duration::from_secs(2) > expected,
            "{turn}: {wait:?}"
        );
    }
}

/// Whether two stores say the same, but for the moment of a first delivery.
fn same(one: Claimed, other: Claimed) -> bool {
    let is_duplicate = conformance::is_duplicate;
    one == other || (is_duplicate(one) && is_duplicate(other))
}

#[tokio::test]
#[ignore = "needs a Redis server"]
async fn any_sequence_of_claims_goes_as_in_memory() {
    let server = Server::start();
    let mut deliveries = Vec::new();
    for body in ["{}", r#"{"a":1}"#] {
        for external_id in ["1", "2"] {
            for at in [NOW, NOW + 60, NOW + 24 * 3600] {
                deliveries.push(conformance::keys(body, external_id, at).await);
            }
        }
    }
    let mut random = StdRng::seed_from_u64(7);
    for round in 0..200 {
        let prefix = format!("round-{round}");
        let redis = redis(&server).with_prefix(&prefix).unwrap();
        let (shared, memory) = (RedisReplayStore::new(redis), MemoryStore::new());
        for step in 0..40 {
            let delivery = &deliveries[random.random_range(0..deliveries.len())];
            let holder = conformance::holder(random.random_range(0..4));
            let what = format!("round {round}, step {step}");
            if random.random_bool(0.3) {
                let confirmed = shared.confirm(delivery, &holder).await.unwrap();
                let expected = memory.confirm(delivery, &holder).await.unwrap();
                assert_eq!(confirmed, expected, "{what}");
            } else {
                let over = random.random_bool(0.5);
                let lease = if over {
                    Duration::ZERO
                } else {
                    conformance::LONG
                };
                let terms = conformance::terms(lease);
                let claimed = shared.claim(delivery, &holder, &terms).await.unwrap();
                let expected = memory.claim(delivery, &holder, &terms).await.unwrap();
                assert!(same(claimed, expected), "{what}: {claimed:?} {expected:?}");
            }
        }
    }
}
