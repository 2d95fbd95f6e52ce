//! What an inquiry says, and what it does not.

use serde_json::{Value, json};
use snap_core::{MoneyState, MovedProof, NextStep, NotMovedProof, UnknownReason};
use snap_resolve::{Review, Step};
use snap_sandbox::Decision;

use crate::{
    operation::Op,
    shop::{MINUTE, Shop, assert_waits, final_state},
};

const REF: &str = "REF-1";
const MOVED: MoneyState = MoneyState::Moved(MovedProof::StatusSuccess);

#[track_caller]
fn assert_review(step: &Step, expected: Review) {
    match step {
        Step::ManualReview(review) => assert_eq!(*review, expected),
        step => panic!("{step:?}"),
    }
}

/// What a decision about a pending operation comes to.
async fn decided(op: Op, decision: Decision) -> MoneyState {
    let shop = Shop::of_slow_payers().await;
    let mut resolver = shop.lose(op, REF, true).await;
    assert_waits(&shop.step(&mut resolver).await);
    assert!(shop.sandbox.decide(REF, decision));

    let state = final_state(shop.step(&mut resolver).await);

    shop.assert_true(REF, &state);
    assert_eq!(shop.record(op, REF).await.state.as_ref(), Some(&state));
    state
}

/// What comes of an inquiry that says this about an operation whose answer was lost.
async fn told(op: Op, answer: Value) -> (Shop, snap_resolve::Resolver, Step) {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(op, REF, true).await;
    shop.tell_inquiries(op, answer, 1);
    let step = shop.step(&mut resolver).await;
    (shop, resolver, step)
}

fn status(status: &str, value: &str, currency: &str) -> Value {
    let amount = json!({"value": value, "currency": currency});
    json!({
        "originalPartnerReferenceNo": REF, "latestTransactionStatus": status,
        "amount": amount, "transAmount": amount,
    })
}

#[tokio::test(start_paused = true)]
async fn what_succeeds_later_moved() {
    assert_eq!(decided(Op::JumpApp, Decision::Succeed).await, MOVED);
    assert_eq!(decided(Op::Transfer, Decision::Succeed).await, MOVED);
}

#[tokio::test(start_paused = true)]
async fn what_fails_did_not_move() {
    let failed = MoneyState::NotMoved(NotMovedProof::StatusFailed);

    for op in [Op::JumpApp, Op::Purchase, Op::Transfer, Op::TopUp] {
        assert_eq!(decided(op, Decision::Fail).await, failed, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_cancelled_did_not_move() {
    let cancelled = MoneyState::NotMoved(NotMovedProof::StatusCancelled);

    for op in [Op::JumpApp, Op::Purchase] {
        assert_eq!(decided(op, Decision::Cancel).await, cancelled, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_payout_that_came_back_did_not_move() {
    let (_shop, _, step) = told(Op::Transfer, status("04", "50000.00", "IDR")).await;

    let returned = MoneyState::NotMoved(NotMovedProof::Returned);
    assert_eq!(final_state(step), returned);
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_is_refunded_by_now_moved() {
    let shop = Shop::open().await;
    let payment = crate::operation::original("R-1");
    let mut resolver = shop.lose(Op::JumpApp, &payment, true).await;
    Op::Refund.send_plainly(&shop, "R-1").await;

    let step = shop.step(&mut resolver).await;

    assert_eq!(final_state(step), MOVED);
    assert_eq!(shop.effects(Op::JumpApp, &payment), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_pending_stays_so_and_ends_with_a_person() {
    let shop = Shop::of_slow_payers().await;
    let told = Op::JumpApp.send(&shop, REF).await;
    let mut resolver = told.into_resolver();

    let (minutes, step) = shop.follow(&mut resolver).await;

    assert_eq!(minutes, [1, 2, 4, 8, 15, 30, 60]);
    assert_review(&step, Review::HorizonPassed);
    let waiting = MoneyState::InProgress(NextStep::CustomerRedirect);
    assert_eq!(resolver.state(), &waiting);
}

#[tokio::test(start_paused = true)]
async fn a_payout_is_done_when_it_is_settled() {
    let shop = Shop::of_slow_payers().await;
    let told = Op::Transfer.send(&shop, REF).await;
    assert_eq!(told.money, MoneyState::InProgress(NextStep::Settlement));
    let mut resolver = told.into_resolver();

    let (minutes, step) = shop.follow(&mut resolver).await;

    assert_eq!(minutes.last(), Some(&120));
    assert_eq!(final_state(step), MOVED);
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_inquiries_see_late_moved_and_was_never_proven_missing() {
    for op in [Op::Transfer, Op::Payment, Op::Purchase, Op::TopUp] {
        let late = |sandbox: snap_sandbox::SandboxBuilder| {
            sandbox.customers_approve(true).status_delay(10 * MINUTE)
        };
        let shop = Shop::open_on(late).await;
        let mut resolver = shop.lose(op, REF, true).await;

        let (minutes, step) = shop.follow(&mut resolver).await;

        assert_eq!(minutes, [1, 2, 4, 8, 15], "{op:?}");
        assert_eq!(final_state(step), MOVED, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_there_once_is_not_missing_when_it_is_not_found_later() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Payment, REF, false).await;
    for answer in ["07", "07", "07", "07", "03"] {
        shop.tell_inquiries(Op::Payment, status(answer, "25000.00", "IDR"), 1);
        assert_waits(&shop.step(&mut resolver).await);
    }

    let step = shop.step(&mut resolver).await;

    assert_waits(&step);
    assert!(resolver.not_found_proof().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_success_of_another_amount_is_for_a_person() {
    for op in [Op::Transfer, Op::Payment, Op::Purchase, Op::TopUp] {
        let (shop, resolver, step) = told(op, status("00", "1.00", "IDR")).await;

        assert_review(&step, Review::AmountDiffers);
        let lost = MoneyState::Unknown(UnknownReason::ConnectionLost);
        assert_eq!(resolver.state(), &lost, "{op:?}");
        assert_eq!(shop.record(op, REF).await.state, Some(lost), "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_in_another_currency_is_for_a_person() {
    let (_shop, _, step) = told(Op::Payment, status("00", "25000.00", "USD")).await;

    assert_review(&step, Review::AmountDiffers);
}

#[tokio::test(start_paused = true)]
async fn a_refund_of_another_amount_is_for_a_person() {
    let history = json!([{
        "partnerRefundNo": REF, "refundStatus": "00",
        "refundAmount": {"value": "1.00", "currency": "IDR"},
    }]);
    let answer = json!({
        "originalPartnerReferenceNo": "O-REF-1", "latestTransactionStatus": "00",
        "refundHistory": history,
    });

    let (_shop, _, step) = told(Op::Refund, answer).await;

    assert_review(&step, Review::AmountDiffers);
}

#[tokio::test(start_paused = true)]
async fn the_same_amount_written_otherwise_is_the_same() {
    let (_shop, _, step) = told(Op::Payment, status("00", "25000", "IDR")).await;

    assert_eq!(final_state(step), MOVED);
}

#[tokio::test(start_paused = true)]
async fn a_status_of_one_digit_is_read() {
    let (_shop, _, step) = told(Op::Payment, status("0", "25000.00", "IDR")).await;

    assert_eq!(final_state(step), MOVED);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_payment_of_somebody_else_says_nothing_about_ours() {
    for op in [Op::Cancel, Op::PurchaseCancel] {
        let mut answer = status("05", "25000.00", "IDR");
        answer["originalPartnerReferenceNo"] = "SOMEBODY-ELSES".into();

        let (_shop, _, step) = told(op, answer).await;

        assert_waits(&step);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refunded_payment_of_somebody_else_says_nothing_about_ours() {
    for op in [Op::Refund, Op::PurchaseRefund] {
        let mut answer = status("04", "25000.00", "IDR");
        answer["originalPartnerReferenceNo"] = "SOMEBODY-ELSES".into();

        let (_shop, _, step) = told(op, answer).await;

        assert_waits(&step);
    }
}

#[tokio::test(start_paused = true)]
async fn the_history_of_somebody_elses_payment_proves_nothing_missing() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Refund, REF, false).await;
    let answer = json!({
        "originalPartnerReferenceNo": "SOMEBODY-ELSES", "latestTransactionStatus": "00",
        "refundHistory": [],
    });
    shop.tell_inquiries(Op::Refund, answer, u32::MAX);

    let (_, step) = shop.follow(&mut resolver).await;

    assert_review(&step, Review::HorizonPassed);
}

#[tokio::test(start_paused = true)]
async fn a_notification_makes_it_ask_at_once() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Transfer, REF, true).await;
    assert_waits(&shop.outcomes.step(&mut resolver).await);

    resolver.notified();
    let step = shop.outcomes.step(&mut resolver).await;

    assert_eq!(final_state(step), MOVED);
}

#[tokio::test(start_paused = true)]
async fn a_notification_is_no_verdict() {
    let shop = Shop::of_slow_payers().await;
    let mut resolver = Op::JumpApp.send(&shop, REF).await.into_resolver();

    resolver.notified();
    let step = shop.outcomes.step(&mut resolver).await;

    assert_waits(&step);
    let waiting = MoneyState::InProgress(NextStep::CustomerRedirect);
    assert_eq!((resolver.state(), resolver.inquiries()), (&waiting, 1));
}

#[tokio::test(start_paused = true)]
async fn an_inquiry_for_a_notification_leaves_the_schedule_as_it_is() {
    let shop = Shop::of_slow_payers().await;
    let mut resolver = Op::JumpApp.send(&shop, REF).await.into_resolver();
    let due = resolver.due();

    for _ in 0..2 {
        resolver.notified();
        shop.outcomes.step(&mut resolver).await;
    }

    assert_eq!(resolver.due(), due);
}

#[tokio::test(start_paused = true)]
async fn a_notification_that_comes_twice_closes_it_once() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Transfer, REF, true).await;

    for _ in 0..2 {
        resolver.notified();
        assert_eq!(final_state(shop.outcomes.step(&mut resolver).await), MOVED);
    }

    let record = shop.record(Op::Transfer, REF).await;
    assert_eq!((record.state, record.conflicts.len()), (Some(MOVED), 0));
}

/// A payment that moved, and an inquiry after it that says otherwise.
async fn contradicted() -> (Shop, snap_resolve::Resolver, Step) {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::JumpApp, REF, true).await;
    assert_eq!(final_state(shop.step(&mut resolver).await), MOVED);
    shop.tell_inquiries(Op::JumpApp, status("06", "25000.00", "IDR"), 1);
    resolver.notified();
    let step = shop.outcomes.step(&mut resolver).await;
    (shop, resolver, step)
}

#[tokio::test(start_paused = true)]
async fn what_contradicts_a_final_state_is_for_a_person_and_changes_nothing() {
    let (shop, resolver, step) = contradicted().await;

    assert_review(&step, Review::Contradicted);
    assert_eq!(resolver.state(), &MOVED);
    assert_eq!(shop.record(Op::JumpApp, REF).await.state, Some(MOVED));
}

#[tokio::test(start_paused = true)]
async fn what_contradicts_a_final_state_is_in_the_journal() {
    let (shop, _, _) = contradicted().await;

    let record = shop.record(Op::JumpApp, REF).await;
    let claims: Vec<_> = record.conflicts.iter().map(|it| &it.state).collect();
    assert_eq!(claims, [&MoneyState::NotMoved(NotMovedProof::StatusFailed)]);
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_moved_and_is_pending_by_a_later_answer_moved() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::JumpApp, REF, true).await;
    shop.step(&mut resolver).await;
    shop.tell_inquiries(Op::JumpApp, status("03", "25000.00", "IDR"), 1);

    resolver.notified();
    let step = shop.outcomes.step(&mut resolver).await;

    assert_eq!(final_state(step), MOVED);
}
