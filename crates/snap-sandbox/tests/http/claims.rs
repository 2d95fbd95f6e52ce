//! The ledger against what a client claims, and a sandbox that only counts.

use std::{panic::AssertUnwindSafe, time::Duration};

use serde_json::json;
use snap_sandbox::{Amount, Claim, Decision, OperationState};

use crate::{
    orders::{PAYMENT, PURCHASE, REFUND, TRANSFER, merge, reference, refund, send, start, status},
    specs::{Caller, named},
    support::frozen,
};

/// What an assertion says when it fails.
#[track_caller]
fn message_of(check: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(AssertUnwindSafe(check)).expect_err("fails");
    panic.downcast_ref::<String>().expect("a message").clone()
}

#[track_caller]
fn assert_tells(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part}: {message}");
    }
}

/// Behaviour "state.off".
#[tokio::test]
async fn without_state_every_request_stands_alone_and_is_counted() {
    let sandbox = start(frozen().stateful(false).customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    status(&caller, "ord-0").await.assert("ok", "2005500");
    send(&caller, REFUND, refund("ord-0", "ref-0", "1.00"))
        .await
        .assert("ok", "2005800");
    for _ in 0..2 {
        send(&caller, PAYMENT, reference("ord-1"))
            .await
            .assert("ok", "2005400");
    }

    let ledger = sandbox.ledger();
    assert_eq!(ledger.double_effects(), ["ord-1"]);
    ledger.assert_balanced();
}

#[tokio::test]
#[should_panic(expected = "1 operations took effect more than once")]
async fn a_double_effect_fails_a_test() {
    let sandbox = start(frozen().accept_duplicates(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for _ in 0..2 {
        send(&caller, TRANSFER, reference("out-1")).await;
    }

    sandbox.ledger().assert_no_double_effect();
}

#[tokio::test]
async fn claims_are_compared_with_the_ledger() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, TRANSFER, reference("paid")).await;
    send(&caller, PAYMENT, reference("open")).await;
    let ledger = sandbox.ledger();
    let claim = |reference: &str, claim| (reference.to_owned(), claim);

    let right = [
        claim("paid", Claim::Moved),
        claim("none", Claim::NotMoved),
        claim("paid", Claim::Unknown),
        claim("none", Claim::Unknown),
        claim("none", Claim::InProgress),
        claim("open", Claim::InProgress),
    ];
    let wrong = [
        claim("paid", Claim::NotMoved),
        claim("none", Claim::Moved),
        claim("open", Claim::Moved),
        claim("open", Claim::NotMoved),
    ];

    ledger.assert_claims(&right);
    assert_eq!(ledger.false_claims(&right), []);
    assert_eq!(ledger.false_claims(&wrong), wrong);
}

#[tokio::test]
async fn a_false_claim_is_told_with_its_story() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, TRANSFER, reference("out-1")).await;
    send(&caller, TRANSFER, reference("out-1")).await;
    let ledger = sandbox.ledger();

    let claims = [("out-1".to_owned(), Claim::NotMoved)];
    let message = message_of(|| ledger.assert_claims(&claims));

    assert_tells(
        &message,
        &[
            "out-1: claimed NotMoved",
            "15000.00 IDR Succeeded, effects: 1",
            "kirimdoku.transferBank ok 2004300",
            "partner-reference.repeated 4094301",
        ],
    );
}

#[tokio::test]
async fn requests_are_counted_without_being_kept() {
    let sandbox = start(frozen().keep_requests(false)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let spec = named(TRANSFER);
    let mut body = spec.body(&sandbox, false);
    merge(&mut body, reference("out-1"));

    let mut numbers = Vec::new();
    for external_id in ["1", "2"] {
        let mut call = caller.call(&spec, &body);
        call.set("x-external-id", external_id);
        numbers.push(crate::support::send(&sandbox, call).await.number);
    }

    assert_eq!(numbers, [3, 4], "after two token calls");
    assert!(sandbox.requests().is_empty());
    assert_eq!(sandbox.arrivals(&spec.path), 2);
    assert_eq!(sandbox.arrivals_of("out-1"), 2);
    sandbox.assert_token_requests(1);
    assert_eq!(sandbox.ledger().effects("out-1"), 1);
}

#[tokio::test]
async fn a_ledger_stays_as_it_was_when_it_was_asked_for() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let before = sandbox.ledger();

    send(&caller, TRANSFER, reference("out-1")).await;

    assert_eq!(before.operations(), 0);
    assert_eq!(before.deposit().available, Amount::rupiah(1_000_000_000));
    assert_eq!(sandbox.ledger().operations(), 1);
}

#[tokio::test]
async fn the_ledger_is_compared_with_what_a_test_expects_of_every_operation() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, TRANSFER, reference("out-1")).await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    let ledger = sandbox.ledger();
    let amount = Amount::rupiah(15_000);
    let (paid, open) = (
        ("out-1", OperationState::Succeeded, amount),
        ("ord-1", OperationState::Pending, amount),
    );

    ledger.assert_matches(&[open, paid]);
    let state = message_of(|| {
        ledger.assert_matches(&[paid, ("ord-1", OperationState::Succeeded, amount)]);
    });
    let sum = message_of(|| ledger.assert_matches(&[open, (paid.0, paid.1, Amount::rupiah(1))]));
    let missing = message_of(|| ledger.assert_matches(&[open, paid, ("ord-2", open.1, amount)]));
    let unexpected = message_of(|| ledger.assert_matches(&[open]));

    assert_tells(
        &state,
        &[
            "1 operations are not as expected",
            "ord-1: expected 15000.00 IDR Succeeded",
            "15000.00 IDR Pending, effects: 0",
            "direct-debit.payment ok 2005400",
        ],
    );
    assert_tells(
        &sum,
        &["out-1: expected 1.00 IDR", "15000.00 IDR Succeeded"],
    );
    assert_tells(&missing, &["ord-2: expected", "ledger: nothing"]);
    assert_tells(&unexpected, &["out-1: expected nothing", "effects: 1"]);
}

#[tokio::test]
async fn an_external_id_with_two_bodies_fails_a_test_and_one_sent_again_does_not() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let spec = named(TRANSFER);
    let send = async |number: &str, external_id: &str| {
        let mut body = spec.body(&sandbox, false);
        merge(&mut body, reference(number));
        let mut call = caller.call(&spec, &body);
        call.set("x-external-id", external_id);
        crate::support::send(&sandbox, call).await
    };
    send("out-1", "77").await.assert("ok", "2004300");
    send("out-1", "77")
        .await
        .assert("external-id.repeated", "4094300");
    let good = sandbox.ledger();
    send("out-2", "77")
        .await
        .assert("external-id.repeated", "4094300");
    let bad = sandbox.ledger();

    good.assert_external_ids();
    assert_eq!(bad.misused_external_ids(), ["77"]);
    let message = message_of(|| bad.assert_external_ids());
    assert_tells(&message, &["1 external ids came with two bodies", "77"]);
}

#[tokio::test]
async fn the_token_of_another_customer_fails_a_test() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let owner = Caller::of(&sandbox, "cust-1").await;
    let other = owner.for_customer("cust-2").await;
    for order in ["buy-1", "buy-2", "buy-3"] {
        send(&owner, PURCHASE, reference(order)).await;
    }
    let undo =
        |of: &str| json!({"originalPartnerReferenceNo": of, "partnerRefundNo": format!("r-{of}")});
    send(&owner, "wallet.purchaseRefund", undo("buy-1")).await;
    let good = sandbox.ledger();
    send(&other, "wallet.purchaseRefund", undo("buy-2"))
        .await
        .assert("ok", "2005800");
    let named = json!({"partnerReferenceNo": "buy-3"});
    send(&other, "wallet.purchaseStatus", named).await;
    let bad = sandbox.ledger();

    good.assert_no_foreign_customer();
    assert_eq!(bad.foreign_customers(), ["buy-3", "r-buy-2"]);
    let message = message_of(|| bad.assert_no_foreign_customer());
    assert_tells(
        &message,
        &[
            "2 operations saw the token of another customer",
            "wallet.purchaseRefund",
        ],
    );
}

#[tokio::test]
async fn an_end_that_a_client_did_not_find_out_fails_a_test() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for order in ["ended", "open"] {
        send(&caller, PAYMENT, reference(order)).await;
    }
    assert!(sandbox.decide("ended", Decision::Succeed));
    let claim = |reference: &str, claim| (reference.to_owned(), claim);
    let claims = [
        claim("ended", Claim::Unknown),
        claim("open", Claim::InProgress),
        claim("none", Claim::Unknown),
    ];
    let hour = Duration::from_secs(3600);

    sandbox.advance(hour - Duration::from_secs(1));
    let in_time = sandbox.ledger();
    sandbox.advance(Duration::from_secs(1));
    let late = sandbox.ledger();

    in_time.assert_resolved(&claims, hour);
    late.assert_resolved(&[claim("ended", Claim::Moved)], hour);
    assert_eq!(late.unresolved(&claims, hour), ["ended"]);
    let message = message_of(|| late.assert_resolved(&claims, hour));
    assert_tells(&message, &["1 operations ended", "ended", "Succeeded"]);
}
