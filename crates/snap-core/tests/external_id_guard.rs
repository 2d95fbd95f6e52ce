//! External ids that callers bring, and a guard over them.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use snap_core::{
    Client, ExternalId, ExternalIdGuard, GuardError, GuardFuture, MoneyState, NamedDelivery, Stage,
};
use support::{
    Doku, Echo, config,
    journal::Journal,
    money::{Order, Pay, order},
    request,
};

/// Keeps what was taken in memory, or fails.
#[derive(Clone, Debug, Default)]
struct Guard {
    taken: Arc<Mutex<HashMap<(String, String), String>>>,
    asked: Arc<Mutex<Vec<NamedDelivery>>>,
    fails: bool,
    hangs: bool,
}

impl ExternalIdGuard for Guard {
    fn take<'a>(&'a self, delivery: &'a NamedDelivery) -> GuardFuture<'a> {
        self.asked.lock().unwrap().push(delivery.clone());
        if self.hangs {
            return Box::pin(std::future::pending());
        }
        if self.fails {
            return Box::pin(async { Err(GuardError::new("connection refused")) });
        }
        let name = (delivery.day.clone(), delivery.external_id.to_string());
        let mut taken = self.taken.lock().unwrap();
        let digest = taken.entry(name).or_insert(delivery.body_digest.clone());
        let is_free = *digest == delivery.body_digest;
        Box::pin(async move { Ok(is_free) })
    }
}

fn guarded(doku: &Arc<Doku>, guard: &Guard) -> Client {
    let config = config().with_external_id_guard(guard.clone());
    Client::with_transport(config, Arc::clone(doku)).unwrap()
}

fn id() -> ExternalId {
    ExternalId::new("4711").unwrap()
}

fn other_order() -> Order {
    let mut order = order();
    order.partner_reference_no.push('2');
    order
}

#[tokio::test(start_paused = true)]
async fn an_id_that_was_used_today_for_another_body_moves_no_money() {
    let (doku, guard) = (Doku::new(), Guard::default());
    let (one, other) = (guarded(&doku, &guard), guarded(&doku, &guard));
    let call = one.call::<Pay>(&order()).with_external_id(id());
    call.await.unwrap();

    let call = other.call::<Pay>(&other_order()).with_external_id(id());
    let error = call.await.unwrap_err();

    assert_eq!(error.stage(), Stage::NotSent);
    assert!(matches!(error.money(), Some(MoneyState::NotMoved(_))));
    assert!(error.to_string().contains("used today"), "{error}");
    assert_eq!(doku.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_delivery_may_be_sent_again() {
    let (doku, guard) = (Doku::new(), Guard::default());
    let client = guarded(&doku, &guard);

    for _ in 0..2 {
        let call = client.call::<Pay>(&order()).with_external_id(id());
        call.await.unwrap();
    }

    assert_eq!(doku.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn ids_of_the_clients_own_cost_no_question() {
    let (doku, guard) = (Doku::new(), Guard::default());
    let client = guarded(&doku, &guard);

    client.call::<Echo>(&request()).await.unwrap();
    client.call::<Pay>(&order()).await.unwrap();
    let book = Arc::new(Journal::default());
    let call = client.call::<Pay>(&order()).with_recorder(book);
    call.await.unwrap();

    assert_eq!(guard.asked.lock().unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_fails_or_hangs_keeps_the_call_from_being_sent() {
    for (fails, hangs) in [(true, false), (false, true)] {
        let guard = Guard {
            fails,
            hangs,
            ..Guard::default()
        };
        let doku = Doku::new();
        let client = guarded(&doku, &guard);
        let started = support::virtual_now();

        let call = client.call::<Pay>(&order()).with_external_id(id());
        let error = call.await.unwrap_err();

        assert_eq!(error.stage(), Stage::NotSent);
        assert!(matches!(error.money(), Some(MoneyState::NotMoved(_))));
        assert!(error.to_string().contains("guard of external ids failed"));
        assert_eq!(doku.calls().len(), 0);
        assert!(support::virtual_now() - started < Duration::from_secs(3));
    }
}

#[tokio::test(start_paused = true)]
async fn the_guard_is_told_whose_id_it_is_and_of_which_day_in_jakarta() {
    let (doku, guard) = (Doku::new(), Guard::default());
    let client = guarded(&doku, &guard);

    let call = client.call::<Echo>(&request()).with_external_id(id());
    call.await.unwrap();

    let asked = guard.asked.lock().unwrap();
    let sent = &doku.calls()[0];
    assert_eq!(asked[0].day, sent.header("x-timestamp")[..10]);
    assert_eq!(asked[0].client_id.as_str(), support::CLIENT_ID);
    assert_eq!(asked[0].base_url, "https://api-sandbox.doku.com");
    assert_eq!(asked[0].body_digest.len(), 64);
}
