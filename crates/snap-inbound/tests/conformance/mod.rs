//! What every store for deliveries and tokens does.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use snap_inbound::{
    AccessToken, ClaimId, Claimed, ClientId, Clock, DeliveryKeys, Environment, Issued,
    IssuedTokenStore, Receiver, ReplayStore, Route, Secrets, Service, Terms, TokenHash,
    testing::TestDoku,
};

use crate::support::{Anything, ManualClock, NOW};

pub const KEEP: Duration = Duration::from_secs(35 * 24 * 3600);
pub const LONG: Duration = Duration::from_secs(3600);

/// A store of both kinds.
pub trait Store: ReplayStore + IssuedTokenStore {}

impl<S: ReplayStore + IssuedTokenStore> Store for S {}

/// Keys as the receiver makes them: from a delivery that was verified.
pub async fn keys(body: &str, external_id: &str, at: u64) -> DeliveryKeys {
    let doku = TestDoku::new("BRN-1", "SK-0123456789abcdef").unwrap();
    let clock = ManualClock::at(at);
    let receiver = doku.receiver().unwrap().clock(clock.clone());
    let receiver = receiver
        .token_route("/token")
        .route(Route::new(Service::DEBIT_NOTIFY, "/notify").signed_with_rsa())
        .build()
        .unwrap();
    let request = doku
        .message_signed_with_rsa("/notify", body.to_owned(), external_id, clock.now())
        .unwrap();
    let authentic = receiver.authenticate::<Anything>(request).await.unwrap();
    authentic.keys().clone()
}

pub fn holder(number: u8) -> ClaimId {
    ClaimId::new([number; 16])
}

pub fn terms(lease: Duration) -> Terms {
    Terms::new(now(), KEEP, lease)
}

pub fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

pub async fn claim<S: Store>(
    store: &S,
    keys: &DeliveryKeys,
    number: u8,
    lease: Duration,
) -> Claimed {
    let claim = store.claim(keys, &holder(number), &terms(lease)).await;
    claim.unwrap()
}

pub async fn confirm<S: Store>(store: &S, keys: &DeliveryKeys, number: u8) -> bool {
    store.confirm(keys, &holder(number)).await.unwrap()
}

pub fn is_duplicate(claimed: Claimed) -> bool {
    matches!(claimed, Claimed::DuplicateSame { .. })
}

/// Everything that `ReplayStore` and `IssuedTokenStore` promise.
pub async fn conforms<S: Store>(store: &S) {
    a_claim_is_made_once_and_confirmed(store).await;
    a_claim_passes_on_after_its_lease(store).await;
    keys_lead_to_one_claim(store).await;
    another_body_is_a_conflict(store).await;
    tokens_have_owners(store).await;
}

async fn a_claim_is_made_once_and_confirmed<S: Store>(store: &S) {
    let keys = keys(r#"{"n":1}"#, "1", NOW).await;

    assert_eq!(claim(store, &keys, 1, LONG).await, Claimed::New);
    assert_eq!(claim(store, &keys, 2, LONG).await, Claimed::Pending);
    assert!(!confirm(store, &keys, 2).await);
    assert!(confirm(store, &keys, 1).await);
    assert!(confirm(store, &keys, 1).await, "twice is fine");
    assert!(is_duplicate(claim(store, &keys, 3, LONG).await));
    assert!(!confirm(store, &keys, 3).await);
}

async fn a_claim_passes_on_after_its_lease<S: Store>(store: &S) {
    let keys = keys(r#"{"n":2}"#, "2", NOW).await;

    assert_eq!(claim(store, &keys, 1, Duration::ZERO).await, Claimed::New);
    assert_eq!(claim(store, &keys, 2, LONG).await, Claimed::New);
    assert!(!confirm(store, &keys, 1).await, "the lease is over");
    assert_eq!(claim(store, &keys, 3, LONG).await, Claimed::Pending);
    assert!(confirm(store, &keys, 2).await);
    assert!(is_duplicate(claim(store, &keys, 3, LONG).await));
}

async fn keys_lead_to_one_claim<S: Store>(store: &S) {
    let first = keys(r#"{"n":3}"#, "3", NOW).await;
    let retry = keys(r#"{"n":3}"#, "3", NOW + 60).await;
    let replayed_retry = keys(r#"{"n":3}"#, "999", NOW + 60).await;
    let replayed_first = keys(r#"{"n":3}"#, "998", NOW).await;

    assert_eq!(claim(store, &first, 1, LONG).await, Claimed::New);
    assert_eq!(claim(store, &retry, 2, LONG).await, Claimed::Pending);
    assert!(confirm(store, &first, 1).await);
    assert!(is_duplicate(claim(store, &retry, 2, LONG).await));
    assert!(is_duplicate(claim(store, &replayed_retry, 2, LONG).await));
    assert!(is_duplicate(claim(store, &replayed_first, 2, LONG).await));
    let next_day = keys(r#"{"n":3}"#, "3", NOW + 24 * 3600).await;
    assert_eq!(claim(store, &next_day, 4, LONG).await, Claimed::New);
}

async fn another_body_is_a_conflict<S: Store>(store: &S) {
    let first = keys(r#"{"n":4}"#, "4", NOW).await;
    let other = keys(r#"{"a":1}"#, "4", NOW).await;

    assert_eq!(claim(store, &first, 1, LONG).await, Claimed::New);
    let conflict = Claimed::ConflictDifferentBody;
    assert_eq!(claim(store, &other, 2, Duration::ZERO).await, conflict);
    assert_eq!(
        claim(store, &other, 3, LONG).await,
        conflict,
        "its lease is over"
    );
    assert_eq!(claim(store, &other, 4, LONG).await, Claimed::Pending);
    assert!(confirm(store, &other, 3).await);
    assert!(is_duplicate(claim(store, &other, 5, LONG).await));
    // The first is as it was.
    assert_eq!(claim(store, &first, 6, LONG).await, Claimed::Pending);
    assert!(confirm(store, &first, 1).await);
}

async fn tokens_have_owners<S: Store>(store: &S) {
    let environment = Environment::sandbox();
    let (owner, other) = (
        ClientId::new("BRN-1").unwrap(),
        ClientId::new("BRN-2").unwrap(),
    );
    let end = now() + Duration::from_secs(900);
    let put = async |text: &str, client_id: &ClientId| {
        let token = TokenHash::of(environment.base_url(), &AccessToken::new(text));
        let issued = Issued::new(environment.base_url(), client_id.clone(), now(), end);
        store.put(&token, &issued, end).await.unwrap();
        (token, issued)
    };
    let (first, issued) = put("one", &owner).await;
    let (second, _) = put("two", &owner).await;
    let (others, _) = put("three", &other).await;

    assert_eq!(store.owner(&first).await.unwrap(), Some(issued));
    assert!(store.owner(&second).await.unwrap().is_some());
    let unknown = TokenHash::of(environment.base_url(), &AccessToken::new("four"));
    assert_eq!(store.owner(&unknown).await.unwrap(), None);
    store
        .revoke_all("https://elsewhere.example", &owner)
        .await
        .unwrap();
    assert!(store.owner(&first).await.unwrap().is_some());
    store
        .revoke_all(environment.base_url(), &owner)
        .await
        .unwrap();
    assert_eq!(store.owner(&first).await.unwrap(), None);
    assert_eq!(store.owner(&second).await.unwrap(), None);
    assert!(store.owner(&others).await.unwrap().is_some());
}

/// A receiver on a store, for the client `BRN-1`.
pub fn receiver(store: Arc<impl Store + 'static>, lease: Duration) -> (TestDoku, Receiver) {
    let doku = TestDoku::new("BRN-1", "SK-0123456789abcdef").unwrap();
    let secrets = Secrets::current(snap_inbound::ClientSecret::new("SK-0123456789abcdef"));
    let receiver = Receiver::builder(Environment::sandbox())
        .client(ClientId::new("BRN-1").unwrap(), secrets)
        .doku_public_keys([doku.public_key()])
        .token_route("/token")
        .route(Route::new(Service::DEBIT_NOTIFY, "/notify"))
        .issued_tokens(store.clone())
        .replays(store)
        .clock(ManualClock::at(NOW))
        .claim_lease(lease)
        .build()
        .unwrap();
    (doku, receiver)
}
