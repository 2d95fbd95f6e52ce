//! Processes that rely on a shared store, while it fails and while it works.

mod support;

use std::{sync::Arc, time::Duration};

use snap_core::{
    MoneyState, Stage,
    testing::token_store,
    token::{
        Bell, Changes, Entry, Generation, Lease, MemoryTokenStore, NewEntry, Slot, StoreFuture,
        TokenStore,
    },
};
use support::{
    Doku, Echo, client,
    customers::Log,
    money::{Pay, order},
    refusal, relying, request,
    store::Faulty,
    token, virtual_now,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn the_store_in_memory_keeps_its_promises() {
    token_store(&MemoryTokenStore::new()).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_a_store_that_comes_back() {
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let client = relying(&doku, &store);
    store.set_down(true);
    let caller = tokio::spawn(async move { client.call::<Echo>(&request()).await.map(drop) });

    tokio::time::sleep(8 * SECOND).await;
    assert!(!caller.is_finished());
    store.set_down(false);

    caller.await.unwrap().unwrap();
    assert_eq!(doku.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_the_store_nothing_is_asked_of_doku_and_no_money_moves() {
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let client = relying(&doku, &store);
    store.set_down(true);
    let started = virtual_now();

    let error = client.call::<Pay>(&order()).await.unwrap_err();

    let waited = virtual_now() - started;
    assert!(waited >= 10 * SECOND && waited < 12 * SECOND, "{waited:?}");
    assert_eq!(error.stage(), Stage::NotSent);
    assert!(matches!(error.money(), Some(MoneyState::NotMoved(_))));
    let said = error.to_string();
    assert!(said.contains("token store failed"), "{said}");
    assert!(said.contains("Config::with_store_outage"), "{said}");
    assert!(said.contains("connection refused"), "its cause: {said}");
    let again = virtual_now();
    client.call::<Pay>(&order()).await.unwrap_err();
    assert!(virtual_now() - again < SECOND, "at once, in the back-off");
    assert_eq!((doku.token_requests(), doku.calls().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_not_waited_for_longer_than_one_that_fails() {
    let store = Faulty {
        hangs: true,
        ..Faulty::default()
    };
    store.set_down(true);
    let client = relying(&Doku::new(), &Arc::new(store));
    let started = virtual_now();

    client.call::<Echo>(&request()).await.unwrap_err();

    assert!(virtual_now() - started < 13 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_good_token_outlives_an_outage_without_a_delay() {
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let client = relying(&doku, &store);
    token(&client).await;
    tokio::time::sleep(840 * SECOND).await;
    store.set_down(true);

    for _ in 0..49 {
        let asked = virtual_now();
        assert_eq!(token(&client).await, "TOKEN-1");
        assert_eq!(virtual_now(), asked);
        tokio::time::sleep(SECOND).await;
    }
    store.set_down(false);
    tokio::time::sleep(2 * SECOND).await;

    assert_eq!(token(&client).await, "TOKEN-2");
    assert_eq!(doku.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_store_could_not_take_reaches_the_others_before_they_fetch_one() {
    let doku = Doku::slow(SECOND);
    let store = Arc::new(Faulty::default());
    let (one, other) = (relying(&doku, &store), relying(&doku, &store));
    let fetching = tokio::spawn({
        let one = one.clone();
        async move { token(&one).await }
    });
    tokio::time::sleep(SECOND / 2).await;
    store.set_down(true);
    assert_eq!(fetching.await.unwrap(), "TOKEN-1");
    let waiting = tokio::spawn(async move { token(&other).await });
    tokio::time::sleep(3 * SECOND).await;
    store.set_down(false);

    for _ in 0..50 {
        token(&one).await;
        tokio::time::sleep(SECOND / 10).await;
    }

    assert_eq!(waiting.await.unwrap(), "TOKEN-1");
    assert_eq!(doku.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_processes_that_ping_pong_say_so_once_and_what_to_do() {
    let doku = Doku::new();
    let (one, other) = (client(&doku), client(&doku));
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());

    for _ in 0..1800 {
        // Either fetches a token, and so kills the one of the other.
        doku.kill_tokens();
        let _ = one.call::<Echo>(&request()).await;
        doku.kill_tokens();
        let _ = other.call::<Echo>(&request()).await;
        tokio::time::sleep(SECOND).await;
    }

    drop(guard);
    let said = log.text();
    let cure = "share them with `Config::with_token_store`";
    let times = said.matches(cure).count();
    assert_eq!(times, 2, "once in each process:\n{said}");
    let requests = doku.token_requests();
    assert!(requests < 200, "{requests} in half an hour");
}

/// A store that tells of changes.
#[derive(Debug, Default)]
struct Telling {
    memory: MemoryTokenStore,
    bell: Bell,
}

impl TokenStore for Telling {
    fn load<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, Option<Entry>> {
        self.memory.load(slot)
    }

    fn compare_and_swap<'a>(
        &'a self,
        slot: &'a Slot,
        seen: Option<Generation>,
        new: NewEntry,
    ) -> StoreFuture<'a, Option<Generation>> {
        let swapped = self.memory.compare_and_swap(slot, seen, new);
        self.bell.ring();
        swapped
    }

    fn lease<'a>(&'a self, slot: &'a Slot, ttl: Duration) -> StoreFuture<'a, Option<Lease>> {
        self.memory.lease(slot, ttl)
    }

    fn release<'a>(&'a self, slot: &'a Slot, lease: Lease) -> StoreFuture<'a, ()> {
        self.memory.release(slot, lease)
    }

    fn forget<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, ()> {
        self.memory.forget(slot)
    }

    fn changes(&self, _: &Slot) -> Changes {
        self.bell.listen()
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_waits_is_woken_by_the_store_and_does_not_sleep_on() {
    let doku = Doku::slow(7 * SECOND);
    let store = Arc::new(Telling::default());
    let (one, other) = (relying(&doku, &store), relying(&doku, &store));
    let started = virtual_now();

    let (first, second) = tokio::join!(token(&one), token(&other));

    assert_eq!(first, second);
    let late = virtual_now() - started - 7 * SECOND;
    assert!(late < Duration::from_millis(20), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_another_process_replaced_is_not_used_until_it_is_refused() {
    let doku = Doku::new();
    let store = Arc::new(Telling::default());
    let (one, other) = (relying(&doku, &store), relying(&doku, &store));
    token(&one).await;
    token(&other).await;
    tokio::time::sleep(60 * SECOND).await;
    doku.kill_tokens();
    one.call::<Echo>(&request()).await.unwrap();
    let refused = doku.calls().len() - 1;

    other.call::<Echo>(&request()).await.unwrap();

    assert_eq!((refused, doku.calls().len()), (1, 3));
    assert_eq!(doku.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_good_token_costs_no_question_to_the_store() {
    let store = Arc::new(Faulty::default());
    let client = relying(&Doku::new(), &store);
    token(&client).await;
    let asked = store.times_asked();

    for _ in 0..1_000 {
        client.call::<Echo>(&request()).await.unwrap();
    }

    assert_eq!(store.times_asked(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_good_token_is_used_while_doku_is_left_alone_although_the_store_tells_of_changes() {
    let doku = Doku::new();
    let store = Arc::new(Telling::default());
    let client = relying(&doku, &store);
    token(&client).await;
    tokio::time::sleep(840 * SECOND).await;
    doku.say_to_token_request(Ok((500, refusal("5007300", "General Error"))));
    token(&client).await;
    tokio::time::sleep(SECOND / 10).await;

    for _ in 0..20 {
        store.bell.ring();
        assert_eq!(token(&client).await, "TOKEN-1");
    }
}
