//! For tests of code that extends this crate.
#![expect(
    clippy::unwrap_used,
    reason = "a promise that is not kept fails the test that called"
)]

use std::time::Duration;

use snap_sign::{AccessToken, ClientId};

use crate::{
    RefreshToken,
    token::{Entry, Generation, LIFE_UNKNOWN, NewEntry, Refresh, Slot, TokenStore},
};

/// Checks everything that [`TokenStore`] promises. The store has to be empty.
///
/// Takes about half a second: lives have to run out.
///
/// # Panics
///
/// When the store does not keep a promise.
pub async fn token_store(store: &impl TokenStore) {
    writing_needs_what_was_seen(store).await;
    one_of_many_writers_is_first(store).await;
    generations_grow_beyond_the_end_of_an_entry(store).await;
    a_forgotten_entry_is_not_brought_back(store).await;
    lives_are_told_as_what_remains(store).await;
    a_renewable_entry_outlives_its_access_token(store).await;
    a_lease_has_one_holder(store).await;
    slots_are_separate(store).await;
}

async fn writing_needs_what_was_seen(store: &impl TokenStore) {
    let slot = slot("writing");
    assert!(load(store, &slot).await.is_none());
    let first = swap(store, &slot, None, token("one")).await;
    let second = swap(store, &slot, first, token("two")).await;
    assert!(first.is_some() && second > first, "generations grow");

    assert_eq!(swap(store, &slot, first, token("late")).await, None);
    assert_eq!(swap(store, &slot, None, token("blind")).await, None);

    let entry = load(store, &slot).await.unwrap();
    assert_eq!(entry.access_token.expose(), "two");
    assert_eq!(Some(entry.generation), second);
}

async fn one_of_many_writers_is_first(store: &impl TokenStore) {
    let slot = slot("racing");
    let seen = swap(store, &slot, None, token("seen")).await;
    let swap = async |new: &str| swap(store, &slot, seen, token(new)).await;

    let written: [Option<Generation>; 5] =
        tokio::join!(swap("1"), swap("2"), swap("3"), swap("4"), swap("5")).into();

    let first: Vec<_> = written.iter().flatten().collect();
    assert_eq!(first.len(), 1, "one writer of five is first");
    let entry = load(store, &slot).await.unwrap();
    assert_eq!(entry.generation, *first[0]);
}

async fn generations_grow_beyond_the_end_of_an_entry(store: &impl TokenStore) {
    let slot = slot("ending");
    let first = swap(store, &slot, None, short("one")).await;
    tokio::time::sleep(2 * SHORT).await;
    assert!(load(store, &slot).await.is_none(), "it ran out");

    let second = swap(store, &slot, None, short("two")).await;
    assert!(second > first);
    tokio::time::sleep(2 * SHORT).await;
    let third = swap(store, &slot, second, token("three")).await;

    assert!(
        third > second,
        "who saw an entry that ran out is not too late"
    );
}

async fn a_forgotten_entry_is_not_brought_back(store: &impl TokenStore) {
    let slot = slot("forgetting");
    let first = swap(store, &slot, None, token("one")).await;
    store.forget(&slot).await.unwrap();
    assert!(load(store, &slot).await.is_none());

    assert_eq!(swap(store, &slot, first, token("late")).await, None);
    assert!(load(store, &slot).await.is_none());

    let second = swap(store, &slot, None, token("two")).await;
    assert!(second > first, "generations go on");
    store.forget(&slot).await.unwrap();
    store.forget(&slot).await.unwrap();
}

async fn lives_are_told_as_what_remains(store: &impl TokenStore) {
    let slot = slot("remaining");
    swap(store, &slot, None, token("one")).await;
    tokio::time::sleep(SHORT).await;
    let entry = load(store, &slot).await.unwrap();
    assert_eq!(entry.life, LIFE);
    assert!(entry.remaining <= LIFE - SHORT && entry.remaining > LIFE / 2);

    let new = NewEntry::new(AccessToken::new("for ever"), LIFE_UNKNOWN);
    swap(store, &slot, Some(entry.generation), new).await;
    let entry = load(store, &slot).await.unwrap();
    assert_eq!(entry.life, LIFE_UNKNOWN, "an unknown life stays so");
}

async fn a_renewable_entry_outlives_its_access_token(store: &impl TokenStore) {
    let slot = slot("renewing").with_customer("anna".into());
    let refresh = Refresh::new(RefreshToken::new("again"), LIFE, LIFE);
    let first = swap(store, &slot, None, short("one").with_refresh(Some(refresh))).await;
    tokio::time::sleep(2 * SHORT).await;

    let entry = load(store, &slot).await.unwrap();
    assert_eq!(Some(entry.generation), first);
    assert_eq!(entry.remaining, Duration::ZERO);
    let kept = entry.refresh.unwrap();
    assert_eq!((kept.token.expose(), kept.life), ("again", LIFE));
    assert!(kept.remaining <= LIFE - 2 * SHORT);
    assert_eq!(swap(store, &slot, None, token("blind")).await, None);

    let refresh = Refresh::new(RefreshToken::new("no more"), SHORT, SHORT);
    let new = token("two").with_refresh(Some(refresh));
    swap(store, &slot, first, new).await;
    tokio::time::sleep(2 * SHORT).await;
    let entry = load(store, &slot).await.unwrap();
    assert_eq!(entry.access_token.expose(), "two");
    assert!(
        entry.refresh.is_none(),
        "a refresh token that ran out is not shown"
    );
}

async fn a_lease_has_one_holder(store: &impl TokenStore) {
    let slot = slot("leasing");
    let first = store.lease(&slot, SHORT).await.unwrap().unwrap();
    assert_eq!(store.lease(&slot, LIFE).await.unwrap(), None);
    tokio::time::sleep(2 * SHORT).await;
    let second = store.lease(&slot, LIFE).await.unwrap().unwrap();

    store.release(&slot, first).await.unwrap();
    let taken = store.lease(&slot, LIFE).await.unwrap();
    assert_eq!(taken, None, "freed by its former holder");

    store.release(&slot, second.clone()).await.unwrap();
    store.release(&slot, second).await.unwrap();
    let lease = || store.lease(&slot, LIFE);
    let (one, other, third) = tokio::join!(lease(), lease(), lease());
    let granted = [one, other, third].map(|lease| lease.unwrap().is_some());
    assert_eq!(granted.iter().filter(|granted| **granted).count(), 1);
}

async fn slots_are_separate(store: &impl TokenStore) {
    let elsewhere = Slot::new("https://elsewhere.example", client_id("separate"));
    let merchant = slot("separate");
    let anna = merchant.clone().with_customer("anna".into());
    let budi = merchant.clone().with_customer("budi".into());
    let slots = [&elsewhere, &merchant, &anna, &budi];
    for (number, slot) in slots.iter().enumerate() {
        let new = token(&number.to_string());
        assert!(swap(store, slot, None, new).await.is_some());
        assert!(store.lease(slot, LIFE).await.unwrap().is_some());
    }

    store.forget(&anna).await.unwrap();

    for (number, slot) in slots.iter().enumerate() {
        let entry = load(store, slot).await;
        let found = entry.map(|entry| entry.access_token.expose().to_owned());
        assert_eq!(found, (**slot != anna).then(|| number.to_string()));
    }
}

async fn load(store: &impl TokenStore, slot: &Slot) -> Option<Entry> {
    store.load(slot).await.unwrap()
}

async fn swap(
    store: &impl TokenStore,
    slot: &Slot,
    seen: Option<Generation>,
    new: NewEntry,
) -> Option<Generation> {
    store.compare_and_swap(slot, seen, new).await.unwrap()
}

fn slot(name: &str) -> Slot {
    Slot::new("https://conformance.example", client_id(name))
}

fn client_id(name: &str) -> ClientId {
    ClientId::new(format!("BRN-{name}")).unwrap()
}

fn token(text: &str) -> NewEntry {
    NewEntry::new(AccessToken::new(text), LIFE)
}

fn short(text: &str) -> NewEntry {
    NewEntry::new(AccessToken::new(text), SHORT)
}

const LIFE: Duration = Duration::from_secs(900);
const SHORT: Duration = Duration::from_millis(40);
