//! What is open outlives the process, and may be asked about by several.

use std::{path::PathBuf, sync::atomic::Ordering};

use snap_core::{MoneyState, MovedProof, NotMovedProof, UnknownReason};
use snap_resolve::{FileJournal, Resolver};
use snap_sandbox::{Act, At, Fault};

use crate::{
    operation::Op,
    shop::{CUSTOMER, Shop, assert_waits, client, final_state, outcomes},
};

const REF: &str = "REF-1";
const MOVED: MoneyState = MoneyState::Moved(MovedProof::StatusSuccess);
const LOST: MoneyState = MoneyState::Unknown(UnknownReason::ConnectionLost);
const RECOVERED: MoneyState = MoneyState::Unknown(UnknownReason::Recovered);

/// The file of a journal, which goes with the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("resolver-{name}-{}.journal", std::process::id());
        Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    fn open(&self) -> FileJournal {
        FileJournal::open(&self.0).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lock = self.0.clone().into_os_string();
        lock.push(".lock");
        let _ = (std::fs::remove_file(&self.0), std::fs::remove_file(lock));
    }
}

fn through_json(resolver: &Resolver) -> Resolver {
    let stored = serde_json::to_string(resolver).unwrap();
    serde_json::from_str(&stored).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_stored_resolver_is_the_same() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Transfer, REF, false).await;
    for _ in 0..3 {
        assert_eq!(through_json(&resolver), resolver);
        shop.step(&mut resolver).await;
    }
    resolver.notified();

    assert_eq!(through_json(&resolver), resolver);
}

#[tokio::test(start_paused = true)]
async fn a_stored_resolver_goes_on_with_another_client() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Transfer, REF, false).await;
    for _ in 0..4 {
        shop.step(&mut resolver).await;
    }
    let other = client(&shop.sandbox, &shop.clock, &shop.wire);
    let other = outcomes(&other, &shop.clock, shop.journal.clone());

    let mut stored = through_json(&resolver);
    let step = other.resolve(&mut stored).await;

    assert!(matches!(step, snap_resolve::Step::NotFound(_)), "{step:?}");
    assert_eq!(stored.inquiries(), 31, "what was known before counts");
}

#[tokio::test(start_paused = true)]
async fn a_customers_operation_goes_on_where_the_customers_tokens_are() {
    for op in [
        Op::Purchase,
        Op::TopUp,
        Op::PurchaseRefund,
        Op::WalletTransfer,
    ] {
        let shop = Shop::open().await;
        let resolver = shop.lose(op, REF, true).await;
        let other = client(&shop.sandbox, &shop.clock, &shop.wire);
        let tokens = shop.client.customer(CUSTOMER).tokens().await.unwrap();
        let session = other.customer(CUSTOMER);
        session.with_tokens(tokens.unwrap()).await.unwrap();
        let other = outcomes(&other, &shop.clock, shop.journal.clone());

        let mut stored = through_json(&resolver);
        shop.sleep_until(stored.due().unwrap()).await;
        let step = other.step(&mut stored).await;

        assert_eq!(final_state(step), MOVED, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_customers_operation_stays_open_where_the_customers_tokens_are_not() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Purchase, REF, true).await;
    let other = client(&shop.sandbox, &shop.clock, &shop.wire);
    let other = outcomes(&other, &shop.clock, shop.journal.clone());
    shop.sleep_until(resolver.due().unwrap()).await;

    let step = other.step(&mut resolver).await;

    assert_waits(&step);
    assert_eq!(resolver.state(), &LOST);
}

#[tokio::test(start_paused = true)]
async fn after_a_start_everything_without_a_final_state_is_listed() {
    let shop = Shop::of_slow_payers().await;
    shop.lose(Op::Transfer, "LOST", true).await;
    Op::JumpApp.send(&shop, "WAITS").await;
    Op::Payment.send(&shop, "DONE").await;
    shop.answer_next(Op::TopUp, (400, "01"), false);
    Op::TopUp.send(&shop, "REFUSED").await;
    let cut_off = Op::Purchase.intent(&shop, "CUT-OFF");
    snap_core::Recorder::intent(&shop.journal, &cut_off)
        .await
        .unwrap();

    let recovered = shop.outcomes.recover().await.unwrap();

    let listed: Vec<_> = recovered
        .iter()
        .map(|resolver| resolver.pending().intent.reference.clone().unwrap())
        .collect();
    assert_eq!(listed, ["LOST", "WAITS", "CUT-OFF"]);
    assert_eq!(recovered[0].state(), &LOST);
    assert_eq!(recovered[2].state(), &RECOVERED);
}

/// Sends an operation, and the process ends before its outcome is taken down.
async fn crash(shop: &mut Shop, place: &Place, op: Op, effect: bool) {
    let (journal, broken) = crate::shop::breaking(place.open());
    shop.prepare(op, REF).await;
    let hang = Fault::new(At::AfterRequest, Act::Hang).with_apply_effect(effect);
    shop.inject(hang.for_operation(op.name()));
    broken.store(true, Ordering::Relaxed);
    shop.outcomes = outcomes(&shop.client, &shop.clock, journal);
    op.send(shop, REF).await;
    shop.outcomes = outcomes(&shop.client, &shop.clock, shop.journal.clone());
}

#[tokio::test(start_paused = true)]
async fn what_took_effect_before_a_crash_is_found_after_it() {
    for op in [
        Op::Transfer,
        Op::Payment,
        Op::Refund,
        Op::Purchase,
        Op::TopUp,
    ] {
        let place = Place::new("crash");
        let mut shop = Shop::open().await;
        crash(&mut shop, &place, op, true).await;

        let outcomes = outcomes(&shop.client, &shop.clock, place.open());
        let mut recovered = outcomes.recover().await.unwrap();
        assert_eq!((recovered.len(), recovered[0].state()), (1, &RECOVERED));
        let step = outcomes.resolve(&mut recovered[0]).await;

        assert_eq!(final_state(step), MOVED, "{op:?}");
        assert_eq!(outcomes.recover().await.unwrap(), [], "{op:?}");
        assert_eq!(shop.effects(op, REF), 1, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_took_no_effect_before_a_crash_is_proven_missing_after_it() {
    let place = Place::new("missing");
    let mut shop = Shop::open().await;
    crash(&mut shop, &place, Op::Payment, false).await;

    let outcomes = outcomes(&shop.client, &shop.clock, place.open());
    let mut recovered = outcomes.recover().await.unwrap();
    let step = outcomes.resolve(&mut recovered[0]).await;

    let snap_resolve::Step::NotFound(proof) = step else {
        panic!("{step:?}");
    };
    outcomes.close(proof).await.unwrap();
    assert_eq!(outcomes.recover().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn what_was_open_before_a_crash_is_not_sent_again_after_it() {
    let place = Place::new("repeated");
    let mut shop = Shop::open().await;
    crash(&mut shop, &place, Op::Transfer, true).await;
    shop.outcomes = outcomes(&shop.client, &shop.clock, place.open());

    let told = Op::Transfer.send(&shop, REF).await;

    assert_eq!(told.money, RECOVERED);
    assert_eq!(shop.arrivals(Op::Transfer, REF), 1);
}

#[tokio::test(start_paused = true)]
async fn two_who_resolve_the_same_come_to_the_same() {
    let shop = Shop::open().await;
    let mut one = shop.lose(Op::Transfer, REF, true).await;
    let mut other = shop.outcomes.recover().await.unwrap().remove(0);
    let first = final_state(shop.step(&mut one).await);
    let record = shop.record(Op::Transfer, REF).await;

    let second = final_state(shop.step(&mut other).await);

    assert_eq!(first, second);
    let after = shop.record(Op::Transfer, REF).await;
    assert_eq!(after, record, "the second changed nothing");
}

#[tokio::test(start_paused = true)]
async fn two_who_resolve_the_same_at_the_same_time_come_to_the_same() {
    let shop = Shop::open().await;
    let mut one = shop.lose(Op::Transfer, REF, true).await;
    let mut other = one.clone();

    let (first, second) = tokio::join!(
        shop.outcomes.resolve(&mut one),
        shop.outcomes.resolve(&mut other)
    );

    assert_eq!(final_state(first), final_state(second));
    let record = shop.record(Op::Transfer, REF).await;
    assert_eq!((record.state, record.conflicts.len()), (Some(MOVED), 0));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_in_the_journal_is_asked_for_again() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Transfer, REF, true).await;
    let broken = shop.outcomes_with_broken_journal();
    shop.sleep_until(resolver.due().unwrap()).await;

    let step = broken.step(&mut resolver).await;

    assert_eq!(final_state(step), MOVED, "the caller is told all the same");
    let mut again = shop.outcomes.recover().await.unwrap().remove(0);
    assert_eq!(final_state(shop.step(&mut again).await), MOVED);
    assert_eq!(shop.outcomes.recover().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_in_the_journal_is_resolved_all_the_same() {
    let shop = Shop::open().await;
    shop.lose_next(Op::Transfer, true);
    let mut resolver = Op::Transfer.send_plainly(&shop, REF).await.into_resolver();

    let step = shop.step(&mut resolver).await;

    assert_eq!(final_state(step), MOVED);
}

#[tokio::test(start_paused = true)]
async fn a_claim_of_the_caller_that_an_inquiry_contradicts_is_kept_as_a_conflict() {
    let shop = Shop::open().await;
    let mut stale = shop.lose(Op::Payment, REF, false).await;
    let mut resolver = stale.clone();
    let (_, step) = shop.follow(&mut resolver).await;
    let snap_resolve::Step::NotFound(proof) = step else {
        panic!("{step:?}");
    };
    shop.outcomes.close(proof).await.unwrap();
    Op::Payment.send_plainly(&shop, REF).await;

    shop.step(&mut stale).await;

    let record = shop.record(Op::Payment, REF).await;
    let closed = MoneyState::NotMoved(NotMovedProof::NotFoundAfterHorizon);
    assert_eq!(record.state, Some(closed));
    assert_eq!(record.conflicts[0].state, MOVED);
}
