//! Money under odd requests: references that are used again, members of other operations, dollars.

use std::time::Duration;

use serde_json::json;
use snap_sandbox::{Amount, Decision, MoneyKind, OperationState};

use crate::{
    orders::{PAYMENT, PURCHASE, REFUND, merge, reference, refund, rupiah, send, start},
    specs::{Caller, named, status_of},
    support::{self, frozen},
};

#[tokio::test]
async fn the_page_of_an_attempt_that_failed_does_not_pay_for_the_next_one() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let first = send(&caller, PAYMENT, reference("ord-1")).await;
    assert!(sandbox.decide("ord-1", Decision::Fail));
    let dearer = json!({"partnerReferenceNo": "ord-1", "amount": rupiah("90000.00")});
    let second = send(&caller, PAYMENT, dearer).await;

    let old = sandbox.approve(&first.text("webRedirectUrl"));
    let state = sandbox.ledger().state("ord-1");
    let new = sandbox.approve(&second.text("webRedirectUrl"));

    assert!(old.is_err(), "its customer was shown another amount");
    assert_eq!(state, Some(OperationState::Pending));
    assert!(new.is_ok());
    assert_eq!(sandbox.ledger().effects("ord-1"), 1);
}

/// Of one reference, whatever operation used it first.
#[tokio::test]
async fn the_otp_of_an_attempt_that_failed_does_not_confirm_the_next_one() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let mut body = reference("ord-1");
    body["additionalInfo"] = json!({"channel": "DIRECT_DEBIT_CIMB_SNAP"});
    send(&caller, PAYMENT, body).await.assert("ok", "2005400");
    let otp = sandbox.otp("ord-1").expect("an OTP");
    assert!(sandbox.decide("ord-1", Decision::Fail));
    let jump = named("direct-debit.jumpAppPayment");
    let mut body = jump.body(&sandbox, false);
    merge(&mut body, reference("ord-1"));
    let mut call = caller.call(&jump, &body);
    call.headers.remove("authorization-customer");
    support::send(&sandbox, call).await.assert("ok", "2005400");

    let typed = json!({"originalPartnerReferenceNo": "ord-1", "otp": otp});
    let reply = send(&caller, "direct-debit.paymentOtpVerification", typed).await;

    reply.assert("transaction.status", "4040400");
    let state = sandbox.ledger().state("ord-1");
    assert_eq!(state, Some(OperationState::Pending));
}

/// A sandbox that accepts duplicates shows what they cost, and still never gives back more than was paid.
#[tokio::test]
async fn refunds_that_are_repeated_never_come_to_more_than_the_payment() {
    let builder = frozen().customers_approve(true).accept_duplicates(true);
    let sandbox = start(builder).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;

    let mut codes = Vec::new();
    for (number, amount) in [
        ("r-1", "14000.00"),
        ("r-1", "1000.00"),
        ("r-2", "1000.00"),
        ("r-1", "0.01"),
    ] {
        let reply = send(&caller, REFUND, refund("ord-1", number, amount)).await;
        codes.push(reply.code());
    }

    assert_eq!(codes, ["2005800", "2005800", "4045813", "4045813"]);
    let ledger = sandbox.ledger();
    assert_eq!(ledger.state("ord-1"), Some(OperationState::Refunded));
    assert_eq!(ledger.effects_of(MoneyKind::Reversal, "r-1"), 2);
    assert_eq!(
        ledger.customer("cust-1").available,
        Amount::rupiah(100_000_000)
    );
    ledger.assert_balanced();
}

/// A member of another operation's body is not looked at.
#[tokio::test]
async fn a_refund_is_of_the_amount_that_its_page_names() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    let mut body = refund("ord-1", "r-1", "15000.00");
    body["amount"] = rupiah("1.00");

    let reply = send(&caller, REFUND, body).await;

    reply.assert("ok", "2005800");
    let ledger = sandbox.ledger();
    assert_eq!(ledger.state("ord-1"), Some(OperationState::Refunded));
    let last = ledger.movements().last().expect("a movement");
    assert_eq!(last.amount, Amount::rupiah(15_000));
}

/// Debits and credits have references of their own, and so have their scenarios.
#[tokio::test]
async fn magic_strikes_a_credit_although_it_struck_a_debit_of_that_reference() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let body = json!({"partnerReferenceNo": "ref-1", "amount": rupiah("15000.09")});

    let mut codes = Vec::new();
    for id in [PURCHASE, "wallet.topUp", PURCHASE, "wallet.topUp"] {
        let mut whole = named(id).body(&sandbox, false);
        merge(&mut whole, body.clone());
        codes.push(status_of(&caller, id, &whole).await);
    }

    assert_eq!(codes, [409, 409, 200, 200]);
}

/// Behaviour "otp.blocked": the cents `.14` block the OTP at the page as well.
#[tokio::test]
async fn a_payment_whose_otp_is_blocked_cannot_be_approved_at_its_page() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let body = json!({
        "partnerReferenceNo": "ord-1",
        "amount": rupiah("15000.14"),
        "additionalInfo": {"channel": "DIRECT_DEBIT_CIMB_SNAP"},
    });
    let reply = send(&caller, PAYMENT, body).await;

    let approved = sandbox.approve(&reply.text("webRedirectUrl"));

    let error = approved.expect_err("blocked").to_string();
    assert!(error.contains("blocked"), "{error}");
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(sandbox.ledger().effects("ord-1"), 0);
}

/// The amount of an answer is that of its request, not as many rupiah.
#[tokio::test]
async fn an_answer_has_the_currency_of_its_request() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let dollars = json!({"value": "10.00", "currency": "USD"});

    let reply = send(
        &caller,
        "kirimdoku.bankAccountInquiry",
        json!({"amount": dollars}),
    )
    .await;

    reply.assert("ok", "2004200");
    assert_eq!(reply.body["amount"]["currency"], "USD", "{}", reply.body);
}
