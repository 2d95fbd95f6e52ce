//! An answer is lost: the inquiry of each product finds what took effect, and what did not is proven by
//! time or not at all.

use serde_json::{Value, json};
use snap_core::{MoneyState, MovedProof, UnknownReason};
use snap_resolve::{Resolver, Review, Step};

use crate::{
    operation::Op,
    shop::{Sent, Shop, final_state},
};

const REF: &str = "REF-1";

/// Sends an operation that takes effect and whose answer is lost, and asks about it once.
async fn found(op: Op) -> Sent {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(op, REF, true).await;

    let step = shop.step(&mut resolver).await;

    let state = final_state(step);
    assert_eq!(
        state,
        MoneyState::Moved(MovedProof::StatusSuccess),
        "{op:?}"
    );
    assert_eq!(shop.effects(op, REF), 1);
    shop.assert_true(REF, &state);
    assert_eq!(shop.record(op, REF).await.state, Some(state));
    let asked = shop.wire.sent_to(op.inquiry_path());
    assert_eq!((asked.len(), resolver.inquiries()), (1, 1), "{op:?}");
    shop.wire.last_to(op.inquiry_path())
}

/// Sends an operation that takes no effect, and asks about it for as long as that makes sense.
async fn not_found(op: Op) -> (Shop, Resolver, Vec<u64>, Step) {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(op, REF, false).await;
    let (minutes, step) = shop.follow(&mut resolver).await;
    assert_eq!(
        resolver.state(),
        &MoneyState::Unknown(UnknownReason::ConnectionLost)
    );
    assert_eq!(shop.effects(op, REF), 0);
    assert_eq!(shop.arrivals(op, REF), 1, "it was not sent again");
    (shop, resolver, minutes, step)
}

#[track_caller]
fn assert_asked(sent: &Sent, expected: Value) {
    assert_eq!(sent.body, expected);
}

#[track_caller]
fn assert_proven(step: Step) {
    match step {
        Step::NotFound(proof) => {
            let reference = proof.pending().intent.reference.as_deref();
            assert_eq!(reference, Some(REF));
        }
        step => panic!("{step:?}"),
    }
}

#[track_caller]
fn assert_given_up(step: &Step) {
    let is_passed = matches!(step, Step::ManualReview(Review::HorizonPassed));
    assert!(is_passed, "{step:?}");
}

#[tokio::test(start_paused = true)]
async fn a_transfer_is_found_by_its_reference_and_its_session() {
    let asked = found(Op::Transfer).await;

    let expected = json!({
        "originalPartnerReferenceNo": REF, "originalReferenceNo": "S-REF-1", "serviceCode": "43",
    });
    assert_asked(&asked, expected);
}

#[tokio::test(start_paused = true)]
async fn the_inquiry_about_a_transfer_carries_the_channel_of_the_configuration() {
    assert_eq!(found(Op::Transfer).await.channel_id.as_deref(), Some("H2H"));
}

#[tokio::test(start_paused = true)]
async fn a_payment_is_found_by_its_reference_its_delivery_and_its_channel() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Payment, REF, true).await;
    let delivery = resolver.pending().external_ids[0].clone();

    shop.step(&mut resolver).await;

    let expected = json!({
        "originalPartnerReferenceNo": REF, "originalExternalId": delivery, "serviceCode": "55",
        "additionalInfo": {"channel": "EMONEY_OVO_SNAP"},
    });
    assert_asked(&shop.wire.last_to(Op::Payment.inquiry_path()), expected);
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_took_effect_moved() {
    found(Op::Payment).await;
}

#[tokio::test(start_paused = true)]
async fn a_payment_in_an_app_that_took_effect_moved() {
    let asked = found(Op::JumpApp).await;

    let channel = json!({"channel": "EMONEY_DANA_SNAP"});
    assert_eq!(asked.body["additionalInfo"], channel);
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_found_in_the_history_of_its_payment() {
    let asked = found(Op::Refund).await;

    let expected = json!({
        "originalPartnerReferenceNo": "O-REF-1", "originalExternalId": "20261126000001",
        "serviceCode": "55", "additionalInfo": {"channel": "EMONEY_DANA_SNAP"},
    });
    assert_asked(&asked, expected);
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_is_found_in_the_status_of_its_payment() {
    let asked = found(Op::Cancel).await;

    let expected = json!({
        "originalPartnerReferenceNo": REF, "originalReferenceNo": "DOKU-1",
        "originalExternalId": "20261126000001", "serviceCode": "55",
        "additionalInfo": {"channel": "EMONEY_DANA_SNAP"},
    });
    assert_asked(&asked, expected);
}

#[tokio::test(start_paused = true)]
async fn a_purchase_is_found_by_its_reference_and_its_day() {
    let asked = found(Op::Purchase).await;

    let expected = json!({
        "partnerReferenceNo": REF, "transactionDate": "2026-11-26T10:00:00+07:00",
        "serviceCode": "17",
    });
    assert_asked(&asked, expected);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_purchase_is_found_in_the_status_of_the_purchase() {
    let asked = found(Op::PurchaseCancel).await;

    let expected = json!({
        "partnerReferenceNo": REF, "transactionDate": "2026-11-26T10:00:00+07:00",
        "serviceCode": "17",
    });
    assert_asked(&asked, expected);
}

#[tokio::test(start_paused = true)]
async fn a_refund_of_a_whole_purchase_is_found_in_the_status_of_the_purchase() {
    let asked = found(Op::PurchaseRefund).await;

    assert_eq!(asked.body["partnerReferenceNo"], "O-REF-1");
}

#[tokio::test(start_paused = true)]
async fn a_refund_that_names_no_amount_is_one_of_the_whole_purchase() {
    found(Op::WholeRefund).await;
}

#[tokio::test(start_paused = true)]
async fn a_top_up_is_found_by_its_reference_and_its_delivery() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::TopUp, REF, true).await;
    let delivery = resolver.pending().external_ids[0].clone();

    let state = final_state(shop.step(&mut resolver).await);

    assert_eq!(state, MoneyState::Moved(MovedProof::StatusSuccess));
    let expected = json!({
        "originalPartnerReferenceNo": REF, "originalExternalId": delivery, "serviceCode": "38",
    });
    assert_asked(&shop.wire.last_to(Op::TopUp.inquiry_path()), expected);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_of_a_wallet_is_found_in_its_history() {
    let asked = found(Op::WalletTransfer).await;

    assert_asked(&asked, json!({"partnerReferenceNo": REF}));
}

#[tokio::test(start_paused = true)]
async fn the_reference_number_of_an_answer_is_named_in_the_inquiry() {
    let shop = Shop::of_slow_payers().await;
    let told = Op::TopUp.send(&shop, REF).await;
    let number = told.pending.as_ref().unwrap().reference_no.clone().unwrap();

    shop.step(&mut told.into_resolver()).await;

    let asked = shop.wire.last_to(Op::TopUp.inquiry_path());
    assert_eq!(asked.body["originalReferenceNo"], number);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_before_a_minute_is_over() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Transfer, REF, true).await;

    let step = shop.outcomes.step(&mut resolver).await;

    let Step::Wait(due) = step else {
        panic!("{step:?}");
    };
    let wait = due.duration_since(crate::shop::over(&resolver)).unwrap();
    assert_eq!(wait, crate::shop::MINUTE);
    assert_eq!(shop.wire.sent_to(Op::Transfer.inquiry_path()).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_never_arrived_is_proven_missing_after_half_an_hour() {
    for op in [Op::Payment, Op::JumpApp, Op::Purchase] {
        let (_shop, _, minutes, step) = not_found(op).await;

        assert_eq!(minutes, [1, 2, 4, 8, 15, 30], "{op:?}");
        assert_proven(step);
    }
}

#[tokio::test(start_paused = true)]
async fn a_payout_that_never_arrived_is_proven_missing_after_a_day_and_a_morning() {
    for op in [Op::Transfer, Op::TopUp] {
        let (shop, resolver, minutes, step) = not_found(op).await;

        let half_past_eight = 46 * 60 + 29; // 08:30, counted from half a minute past ten
        assert_eq!(
            (minutes.len(), minutes.last()),
            (31, Some(&half_past_eight))
        );
        assert_eq!(
            usize::try_from(resolver.inquiries()).unwrap(),
            minutes.len()
        );
        assert_proven(step);
        assert_eq!(
            shop.record(op, REF).await.state,
            Some(resolver.state().clone())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refund_that_never_arrived_is_proven_missing_by_two_histories_an_hour_apart() {
    let (_shop, _, minutes, step) = not_found(Op::Refund).await;

    // From the first minute to the 60th it is not an hour.
    assert_eq!(minutes, [1, 2, 4, 8, 15, 30, 60, 120]);
    assert_proven(step);
}

#[tokio::test(start_paused = true)]
async fn that_a_wallet_shows_nothing_proves_nothing() {
    for op in [
        Op::PurchaseCancel,
        Op::PurchaseRefund,
        Op::WholeRefund,
        Op::WalletTransfer,
        Op::Cancel,
    ] {
        let (_shop, mut resolver, minutes, step) = not_found(op).await;

        assert_eq!(minutes.len(), 31, "{op:?}");
        assert_given_up(&step);
        resolver.notified();
        assert!(resolver.not_found_proof().is_none(), "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_person_has_to_look_at_can_be_asked_about_again() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::PurchaseCancel, REF, false).await;
    let (_, step) = shop.follow(&mut resolver).await;
    assert_given_up(&step);
    Op::PurchaseCancel.send_plainly(&shop, REF).await;

    resolver.notified();
    let step = shop.step(&mut resolver).await;

    assert_eq!(
        final_state(step),
        MoneyState::Moved(MovedProof::StatusSuccess)
    );
}

#[tokio::test(start_paused = true)]
async fn a_whole_day_of_asking_is_one_call() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Transfer, REF, false).await;

    let step = shop.outcomes.resolve(&mut resolver).await;

    assert_proven(step);
    assert_eq!(resolver.inquiries(), 31);
}
