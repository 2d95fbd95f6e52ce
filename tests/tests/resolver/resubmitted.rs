//! Sent again, or closed, on the proof that DOKU does not know it.

use std::time::Duration;

use snap_core::{
    Event, ExternalId, MoneyState, MovedProof, NotMovedProof, Recorder, UnknownReason,
};
use snap_resolve::{Journal, NotFoundProof, Resolver, ResubmitError, Step};
use snap_sandbox::{Act, Decision};

use crate::{
    operation::{How, Op, Told},
    shop::{MINUTE, Shop, assert_waits, final_state},
};

const REF: &str = "REF-1";
const MOVED: MoneyState = MoneyState::Moved(MovedProof::StatusSuccess);
const LOST: MoneyState = MoneyState::Unknown(UnknownReason::ConnectionLost);

async fn follow_to_proof(shop: &Shop, resolver: &mut Resolver) -> NotFoundProof {
    match shop.follow(resolver).await {
        (_, Step::NotFound(proof)) => proof,
        (_, step) => panic!("{step:?}"),
    }
}

/// A shop with an operation that never arrived, and the proof of it.
async fn missing(op: Op) -> (Shop, NotFoundProof) {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(op, REF, false).await;
    let proof = follow_to_proof(&shop, &mut resolver).await;
    (shop, proof)
}

async fn resubmit(shop: &Shop, op: Op, proof: NotFoundProof) -> Told {
    resubmit_so(shop, op, proof, &How::default()).await.unwrap()
}

async fn resubmit_so(
    shop: &Shop,
    op: Op,
    proof: NotFoundProof,
    how: &How,
) -> Result<Told, ResubmitError> {
    op.resubmit(&shop.outcomes, proof, shop, (REF, how)).await
}

/// The external ids under which an operation was sent, in this order.
fn deliveries(shop: &Shop, op: Op) -> Vec<String> {
    let path = op.intent(shop, REF).path;
    let sent = shop.wire.sent_to(&path);
    sent.into_iter().map(|sent| sent.external_id).collect()
}

#[tokio::test(start_paused = true)]
async fn it_takes_effect_once() {
    for op in [
        Op::Transfer,
        Op::Payment,
        Op::Purchase,
        Op::TopUp,
        Op::Refund,
    ] {
        let (shop, proof) = missing(op).await;

        let told = resubmit(&shop, op, proof).await;

        let state = match told.resolver {
            Some(mut resolver) => final_state(shop.step(&mut resolver).await),
            None => told.money,
        };
        assert!(matches!(state, MoneyState::Moved(_)), "{op:?}: {state:?}");
        assert_eq!(shop.effects(op, REF), 1, "{op:?}");
        assert_eq!(shop.arrivals(op, REF), 2, "{op:?}");
        shop.assert_true(REF, &state);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_arrives_late_after_all_collides() {
    for op in [Op::Transfer, Op::Payment, Op::TopUp] {
        let (shop, proof) = missing(op).await;
        op.send_plainly(&shop, REF).await;

        let told = resubmit(&shop, op, proof).await;

        assert!(!told.money.is_final(), "{op:?}: {told:?}");
        assert_eq!(shop.effects(op, REF), 1, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_arrives_late_under_the_first_external_id_is_found_by_it() {
    let (shop, proof) = missing(Op::TopUp).await;
    let first = proof.pending().external_ids[0].clone();
    let late = How {
        external_id: Some(first.clone()),
        ..How::default()
    };
    Op::TopUp.send_plainly_so(&shop, REF, &late).await;
    let told = resubmit(&shop, Op::TopUp, proof).await;
    assert_ne!(
        deliveries(&shop, Op::TopUp).last(),
        Some(&first.to_string())
    );

    let step = shop.step(&mut told.into_resolver()).await;

    let moved = MoneyState::Moved(MovedProof::DuplicateOfSuccess);
    assert_eq!(final_state(step), moved);
}

#[tokio::test(start_paused = true)]
async fn another_body_is_refused_before_anything_is_sent() {
    let (shop, proof) = missing(Op::Transfer).await;
    let sent = shop.wire.count();
    let other = How {
        amount: Some(1_000),
        ..How::default()
    };

    let refused = resubmit_so(&shop, Op::Transfer, proof, &other).await;

    assert!(matches!(refused, Err(ResubmitError::OtherBody)));
    assert_eq!(shop.wire.count(), sent);
}

#[tokio::test(start_paused = true)]
async fn another_operation_is_refused_before_anything_is_sent() {
    for (op, reference) in [
        (Op::Transfer, "REF-2"),
        (Op::TopUp, REF),
        (Op::Payment, REF),
    ] {
        let (shop, proof) = missing(Op::Transfer).await;
        let sent = shop.wire.count();

        let how = How::default();
        let refused = op.resubmit(&shop.outcomes, proof, &shop, (reference, &how));

        let refused = refused.await;
        assert!(
            matches!(refused, Err(ResubmitError::OtherOperation)),
            "{op:?}"
        );
        assert_eq!(shop.wire.count(), sent, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn on_the_same_day_it_has_the_same_external_id() {
    let (shop, proof) = missing(Op::Payment).await;

    resubmit(&shop, Op::Payment, proof).await;

    let deliveries = deliveries(&shop, Op::Payment);
    assert_eq!(deliveries.len(), 2);
    assert_eq!(deliveries[0], deliveries[1]);
    assert_eq!(shop.record(Op::Payment, REF).await.external_ids.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_midnight_in_jakarta_it_has_a_new_external_id() {
    let shop = Shop::open().await;
    let before_midnight = shop.midnight() - 10 * MINUTE;
    shop.sleep_until(before_midnight).await;
    let mut resolver = shop.lose(Op::Payment, REF, false).await;
    let proof = follow_to_proof(&shop, &mut resolver).await;

    resubmit(&shop, Op::Payment, proof).await;

    let deliveries = deliveries(&shop, Op::Payment);
    assert_ne!(deliveries[0], deliveries[1]);
    let kept = shop.record(Op::Payment, REF).await.external_ids;
    assert_eq!(
        kept.iter().map(ExternalId::as_str).collect::<Vec<_>>(),
        deliveries
    );
}

#[tokio::test(start_paused = true)]
async fn where_the_external_id_was_refused_as_used_it_has_a_new_one() {
    let shop = Shop::open().await;
    shop.answer_next(Op::Payment, (409, "00"), false);
    let mut resolver = Op::Payment.send(&shop, REF).await.into_resolver();
    let proof = follow_to_proof(&shop, &mut resolver).await;

    resubmit(&shop, Op::Payment, proof).await;

    let deliveries = deliveries(&shop, Op::Payment);
    assert_ne!(deliveries[0], deliveries[1]);
    assert_eq!(shop.effects(Op::Payment, REF), 1);
}

#[tokio::test(start_paused = true)]
async fn an_external_id_is_kept_on_the_day_it_was_last_used() {
    let shop = Shop::open().await;
    shop.sleep_until(shop.midnight() - 10 * MINUTE).await;
    let mut resolver = shop.lose(Op::Payment, REF, false).await;
    let proof = follow_to_proof(&shop, &mut resolver).await;
    shop.lose_next(Op::Payment, false);
    resubmit(&shop, Op::Payment, proof).await;
    let mut recovered = shop.outcomes.recover().await.unwrap().remove(0);
    let proof = follow_to_proof(&shop, &mut recovered).await;

    resubmit(&shop, Op::Payment, proof).await;

    let deliveries = deliveries(&shop, Op::Payment);
    assert_ne!(deliveries[0], deliveries[1]);
    assert_eq!(deliveries[1], deliveries[2]);
}

#[tokio::test(start_paused = true)]
async fn a_new_external_id_is_in_the_journal_before_it_is_sent() {
    let (shop, proof) = missing(Op::Transfer).await;
    let sent = shop.wire.count();
    let broken = shop.outcomes_with_broken_journal();

    let how = How::default();
    let refused = Op::Transfer.resubmit(&broken, proof, &shop, (REF, &how));

    let refused = refused.await;
    assert!(
        matches!(refused, Err(ResubmitError::Journal(_))),
        "{refused:?}"
    );
    assert_eq!(shop.wire.count(), sent, "nothing was sent");
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_another_process_saw_succeed_is_not_sent_again() {
    for op in [Op::Transfer, Op::Payment] {
        let (shop, proof) = missing(op).await;
        let done = Event::state(MOVED, shop.now(), None);
        let id = &proof.pending().intent.id;
        shop.journal.event(id, &done).await.unwrap();
        let sent = shop.wire.count();

        let refused = resubmit_so(&shop, op, proof, &How::default()).await;

        let known = match refused {
            Err(ResubmitError::Journal(error)) => error.earlier().cloned(),
            Ok(told) => Some(told.money),
            other => panic!("{other:?}"),
        };
        assert_eq!(known, Some(MOVED), "{op:?}");
        assert_eq!(shop.wire.count(), sent, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_resubmission_is_not_proven_missing_before_its_own_time_is_over() {
    let (shop, proof) = missing(Op::Payment).await;
    shop.lose_next(Op::Payment, false);
    let told = resubmit(&shop, Op::Payment, proof).await;
    assert_eq!(told.money, LOST);

    let (minutes, step) = shop.follow(&mut told.into_resolver()).await;

    assert_eq!(minutes, [1, 2, 4, 8, 15, 30]);
    assert!(matches!(step, Step::NotFound(_)));
}

#[tokio::test(start_paused = true)]
async fn a_recovered_resubmission_is_not_proven_missing_before_its_own_time_is_over() {
    let (shop, proof) = missing(Op::Payment).await;
    shop.lose_next(Op::Payment, false);
    resubmit(&shop, Op::Payment, proof).await;
    let sent_at = shop.now();
    let mut recovered = shop.outcomes.recover().await.unwrap().remove(0);

    let step = shop.outcomes.resolve(&mut recovered).await;

    assert!(matches!(step, Step::NotFound(_)), "{step:?}");
    let waited = shop.now().duration_since(sent_at).unwrap();
    assert!(waited >= 30 * MINUTE, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn evidence_from_before_a_resubmission_proves_nothing_about_it() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Payment, REF, false).await;
    let mut stale = resolver.clone();
    for _ in 0..5 {
        assert_waits(&shop.step(&mut stale).await);
    }
    let proof = follow_to_proof(&shop, &mut resolver).await;
    shop.lose_next(Op::Payment, true);
    shop.tell_nothing_found_once(Op::Payment);
    resubmit(&shop, Op::Payment, proof).await;

    let step = shop.outcomes.step(&mut stale).await;

    assert_waits(&step);
    assert!(stale.not_found_proof().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_became_of_the_first_delivery_does_not_close_the_second() {
    let shop = Shop::open().await;
    shop.answer_next(Op::Payment, (409, "00"), false);
    let mut resolver = Op::Payment.send(&shop, REF).await.into_resolver();
    let mut stale = resolver.clone();
    let proof = follow_to_proof(&shop, &mut resolver).await;
    shop.lose_next(Op::Payment, true);
    resubmit(&shop, Op::Payment, proof).await;
    shop.tell_failed_once(Op::Payment, REF);

    let step = shop.outcomes.step(&mut stale).await;

    assert_waits(&step);
    assert!(!shop.record(Op::Payment, REF).await.is_closed());
}

#[tokio::test(start_paused = true)]
async fn what_is_answered_while_a_second_delivery_leaves_does_not_close_it() {
    let shop = Shop::of_slow_payers().await;
    let mut resolver = shop.lose(Op::JumpApp, REF, true).await;
    assert!(shop.sandbox.decide(REF, Decision::Fail));
    shop.sleep_until(resolver.due().unwrap()).await;
    let slow = Act::Drip {
        bytes_per_second: 200,
    };
    shop.fail_inquiries(Op::JumpApp, slow, 1);
    let id = resolver.pending().intent.id.clone();
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let leaves = Event::sending(shop.client.new_external_id(), shop.now());
        shop.journal.event(&id, &leaves).await.unwrap();
    };

    let (step, ()) = tokio::join!(shop.outcomes.step(&mut resolver), meanwhile);

    assert!(!matches!(step, Step::Wait(_)), "it was answered: {step:?}");
    assert!(!shop.record(Op::JumpApp, REF).await.is_closed());
}

#[tokio::test(start_paused = true)]
async fn who_resolved_the_first_delivery_closes_the_second_too() {
    let shop = Shop::of_slow_payers().await;
    shop.answer_next(Op::Payment, (409, "00"), false);
    let mut resolver = Op::Payment.send(&shop, REF).await.into_resolver();
    let mut stale = resolver.clone();
    let proof = follow_to_proof(&shop, &mut resolver).await;
    shop.lose_next(Op::Payment, true);
    resubmit(&shop, Op::Payment, proof).await;
    shop.outcomes.step(&mut stale).await;
    shop.tell_failed_once(Op::Payment, REF);

    let state = final_state(shop.step(&mut stale).await);

    assert_eq!(shop.record(Op::Payment, REF).await.state, Some(state));
}

#[tokio::test(start_paused = true)]
async fn closed_it_did_not_move() {
    for op in [
        Op::Transfer,
        Op::Payment,
        Op::Purchase,
        Op::TopUp,
        Op::Refund,
    ] {
        let (shop, proof) = missing(op).await;

        shop.outcomes.close(proof).await.unwrap();

        let closed = MoneyState::NotMoved(NotMovedProof::NotFoundAfterHorizon);
        assert_eq!(shop.record(op, REF).await.state, Some(closed), "{op:?}");
        assert_eq!(shop.journal.open().await.unwrap(), [], "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_it_is_closed_another_attempt_can_be_made() {
    let (shop, proof) = missing(Op::Transfer).await;
    shop.outcomes.close(proof).await.unwrap();
    let other = How {
        amount: Some(1_000),
        ..How::default()
    };

    let told = Op::Transfer.send_so(&shop, REF, &other).await;

    assert!(matches!(told.money, MoneyState::InProgress(_)), "{told:?}");
    assert_eq!(shop.effects(Op::Transfer, REF), 1);
}

#[tokio::test(start_paused = true)]
async fn an_old_proof_does_not_close_a_later_delivery() {
    let shop = Shop::open().await;
    shop.answer_next(Op::Payment, (409, "00"), false);
    let mut resolver = Op::Payment.send(&shop, REF).await.into_resolver();
    let proof = follow_to_proof(&shop, &mut resolver).await;
    let old = resolver.not_found_proof().unwrap();
    shop.lose_next(Op::Payment, true);
    resubmit(&shop, Op::Payment, proof).await;

    shop.outcomes.close(old).await.unwrap();

    assert!(!shop.record(Op::Payment, REF).await.is_closed());
}
