//! Answers that may stand for either: an inquiry decides.

use snap_core::{MoneyState, MovedProof, NotMovedProof, ResponseCode, UnknownReason};
use snap_resolve::Step;

use crate::{
    operation::{Op, Told},
    shop::{Shop, assert_waits, final_state},
};

const REF: &str = "REF-1";

/// Sends an operation that is answered with this code, with or without effect.
async fn answered(shop: &Shop, op: Op, answer: (u16, &str), effect: bool) -> Told {
    shop.prepare(op, REF).await;
    shop.answer_next(op, answer, effect);
    op.send(shop, REF).await
}

/// What the first inquiry makes of it.
async fn decided(op: Op, answer: (u16, &str), effect: bool) -> MoneyState {
    let shop = Shop::open().await;
    let told = answered(&shop, op, answer, effect).await;
    assert!(!told.money.is_final(), "{op:?}: {told:?}");
    let mut resolver = told.into_resolver();

    let state = final_state(shop.step(&mut resolver).await);

    assert_eq!(resolver.inquiries(), 1);
    shop.assert_true(REF, &state);
    state
}

#[tokio::test(start_paused = true)]
async fn refused_as_not_found_and_not_found_did_not_move() {
    for op in [
        Op::Transfer,
        Op::Payment,
        Op::Purchase,
        Op::TopUp,
        Op::Refund,
    ] {
        let state = decided(op, (404, "01"), false).await;

        let code = ResponseCode::from(op.code(404, "01").as_str());
        let rejected = MoneyState::NotMoved(NotMovedProof::Rejected(code));
        assert_eq!(state, rejected, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_as_not_found_and_found_all_the_same_moved() {
    for op in [Op::Transfer, Op::Payment, Op::TopUp, Op::Refund] {
        let state = decided(op, (404, "01"), true).await;

        let moved = MoneyState::Moved(MovedProof::StatusSuccess);
        assert_eq!(state, moved, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_as_a_repetition_of_one_that_succeeded_moved() {
    for op in [Op::Transfer, Op::Payment, Op::Purchase, Op::TopUp] {
        for case in ["01", "02"] {
            let state = decided(op, (409, case), true).await;

            let moved = MoneyState::Moved(MovedProof::DuplicateOfSuccess);
            assert_eq!(state, moved, "{op:?}, 409 {case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_delivery_past_the_journal_is_a_repetition_and_takes_no_effect() {
    let shop = Shop::open().await;
    Op::Transfer.send_plainly(&shop, REF).await;

    let told = Op::Transfer.send(&shop, REF).await;

    let code = ResponseCode::from("4094301");
    let repeated = MoneyState::Unknown(UnknownReason::AlreadyProcessed(code));
    assert_eq!(told.money, repeated);
    let state = final_state(shop.step(&mut told.into_resolver()).await);
    assert_eq!(state, MoneyState::Moved(MovedProof::DuplicateOfSuccess));
    assert_eq!(shop.effects(Op::Transfer, REF), 1);
}

#[tokio::test(start_paused = true)]
async fn refused_as_a_repetition_of_another_amount_is_for_a_person() {
    let shop = Shop::open().await;
    let told = answered(&shop, Op::Payment, (409, "01"), true).await;
    let amount = serde_json::json!({"value": "1.00", "currency": "IDR"});
    let other = serde_json::json!({"latestTransactionStatus": "00", "transAmount": amount});
    shop.tell_inquiries(Op::Payment, other, 1);

    let step = shop.step(&mut told.into_resolver()).await;

    let differs = snap_resolve::Review::AmountDiffers;
    assert!(matches!(step, Step::ManualReview(review) if review == differs));
}

#[tokio::test(start_paused = true)]
async fn an_inconsistent_request_that_took_effect_moved() {
    for op in Op::ALL {
        let state = decided(op, (404, "18"), true).await;

        let moved = MoneyState::Moved(MovedProof::StatusSuccess);
        assert_eq!(state, moved, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_inconsistent_request_that_took_none_stays_open_until_it_is_proven_missing() {
    for op in [
        Op::Transfer,
        Op::Payment,
        Op::Purchase,
        Op::TopUp,
        Op::Refund,
    ] {
        let shop = Shop::open().await;
        let told = answered(&shop, op, (404, "18"), false).await;
        let mut resolver = told.into_resolver();

        assert_waits(&shop.step(&mut resolver).await);
        let (_, step) = shop.follow(&mut resolver).await;

        assert!(matches!(step, Step::NotFound(_)), "{op:?}: {step:?}");
        shop.assert_true(REF, resolver.state());
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_error_is_decided_by_the_inquiry() {
    for op in Op::ALL {
        let state = decided(op, (500, "01"), true).await;

        let moved = MoneyState::Moved(MovedProof::StatusSuccess);
        assert_eq!(state, moved, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_used_external_id_is_decided_by_the_inquiry() {
    for op in [Op::Transfer, Op::Payment, Op::Purchase, Op::TopUp] {
        let state = decided(op, (409, "00"), true).await;

        let moved = MoneyState::Moved(MovedProof::StatusSuccess);
        assert_eq!(state, moved, "{op:?}");
    }
}
