//! What becomes of money that was paid: refunds, cancellations, voids.

use serde_json::json;
use snap_sandbox::{Account, Amount, Decision, MoneyKind, OperationState};

use crate::{
    orders::{PAYMENT, PURCHASE, REFUND, latest, reference, refund, rupiah, send, start, status},
    specs::Caller,
    support::frozen,
};

/// Behaviours "money.reversal", "status.refund-history" and "refund.too-much".
#[tokio::test]
async fn refunds_take_what_is_left_and_no_more() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    let none = status(&caller, "ord-1").await;

    let part = send(&caller, REFUND, refund("ord-1", "ref-1", "5000.00")).await;
    let after_part = status(&caller, "ord-1").await;
    let again = send(&caller, REFUND, refund("ord-1", "ref-1", "5000.00")).await;
    let changed = send(&caller, REFUND, refund("ord-1", "ref-1", "4000.00")).await;
    let too_much = send(&caller, REFUND, refund("ord-1", "ref-2", "10000.01")).await;
    let rest = send(&caller, REFUND, refund("ord-1", "ref-3", "10000.00")).await;
    let after_rest = status(&caller, "ord-1").await;

    assert_eq!(none.body["refundHistory"], json!([]));
    part.assert("ok", "2005800");
    assert_eq!(part.body["refundAmount"], rupiah("5000.00"));
    assert_eq!(after_part.text("latestTransactionStatus"), "00");
    let entry = &after_part.body["refundHistory"][0];
    assert_eq!(entry["partnerRefundNo"], "ref-1");
    assert_eq!(entry["refundNo"], part.body["refundNo"]);
    assert_eq!(entry["refundAmount"], rupiah("5000.00"));
    assert_eq!(entry["refundStatus"], "00");
    again.assert("partner-reference.repeated", "4095801");
    changed.assert("partner-reference.inconsistent", "4045818");
    too_much.assert("refund.too-much", "4045813");
    rest.assert("ok", "2005800");
    assert_eq!(after_rest.text("latestTransactionStatus"), "04");
    let history = after_rest.body["refundHistory"].as_array();
    assert_eq!(history.map(Vec::len), Some(2));
    let ledger = sandbox.ledger();
    assert_eq!(ledger.state("ord-1"), Some(OperationState::Refunded));
    let counts = ["ord-1", "ref-1", "ref-2", "ref-3"].map(|of| ledger.effects(of));
    assert_eq!(counts, [1, 1, 0, 1]);
    assert_eq!(ledger.balance(Account::Merchant, "IDR"), 0);
    ledger.assert_balanced();
}

/// Behaviours "transaction.unknown", "transaction.status" and "transaction.cancelled".
#[tokio::test]
async fn a_reversal_needs_a_payment_in_the_right_state() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let refund_of =
        async |of: &str, number: &str| send(&caller, REFUND, refund(of, number, "15000.00")).await;
    let cancel = async |of: &str| {
        let named = json!({"originalPartnerReferenceNo": of});
        send(&caller, "direct-debit.cancel", named).await
    };
    for order in ["ord-1", "ord-2"] {
        send(&caller, PAYMENT, reference(order)).await;
    }
    send(&caller, PURCHASE, reference("buy-1")).await;

    refund_of("ord-0", "r-0")
        .await
        .assert("transaction.unknown", "4045801");
    refund_of("buy-1", "r-1")
        .await
        .assert("transaction.unknown", "4045801");
    refund_of("ord-1", "r-2")
        .await
        .assert("transaction.status", "4045800");
    cancel("ord-0")
        .await
        .assert("transaction.unknown", "4045701");
    cancel("ord-1").await.assert("ok", "2005700");
    refund_of("ord-1", "r-3")
        .await
        .assert("transaction.cancelled", "4045804");
    sandbox.decide("ord-2", Decision::Fail);
    cancel("ord-2")
        .await
        .assert("transaction.status", "4045700");

    assert_eq!(latest(&caller, "ord-1").await, "05");
    assert_eq!(sandbox.arrivals_of("ord-1"), 1);
    let cancels = sandbox.arrivals_of_kind(MoneyKind::Reversal, "ord-1");
    assert_eq!(cancels, 1);
    let ledger = sandbox.ledger();
    assert_eq!(ledger.effects_of(MoneyKind::Reversal, "ord-1"), 1);
    assert_eq!(ledger.effects_of(MoneyKind::Debit, "ord-1"), 0);
    assert!(ledger.movements().is_empty());
}

#[tokio::test]
async fn a_paid_purchase_is_cancelled_or_refunded_whole() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for order in ["ord-1", "ord-2"] {
        send(&caller, PURCHASE, reference(order)).await;
    }
    let inquire = async |order: &str| {
        let named = json!({"partnerReferenceNo": order});
        let reply = send(&caller, "wallet.purchaseStatus", named).await;
        reply.text("latestTransactionStatus")
    };

    let cancelled = json!({"originalPartnerReferenceNo": "ord-1"});
    send(&caller, "wallet.purchaseCancel", cancelled)
        .await
        .assert("ok", "2005700");
    let refunded = json!({"originalPartnerReferenceNo": "ord-2", "partnerRefundNo": "ref-2"});
    let refund = send(&caller, "wallet.purchaseRefund", refunded).await;

    refund.assert("ok", "2005800");
    assert_eq!(refund.body["refundAmount"], rupiah("15000.00"));
    assert_eq!(inquire("ord-1").await, "05");
    assert_eq!(inquire("ord-2").await, "04");
    let ledger = sandbox.ledger();
    assert_eq!(ledger.balance(Account::Customer, "IDR"), 0);
    assert_eq!(ledger.movements().len(), 4);
    ledger.assert_balanced();
}

fn capture(of: &str, number: &str, amount: &str) -> serde_json::Value {
    json!({
        "originalPartnerReferenceNo": of,
        "partnerCaptureNo": number,
        "captureAmount": rupiah(amount),
    })
}

/// Behaviour "authorization.holds".
#[tokio::test]
async fn an_authorization_is_captured_once_and_the_rest_of_it_voided() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, "wallet.authPayment", reference("auth-1")).await;
    let held = sandbox.ledger().customer("cust-1").held;

    let mut codes = Vec::new();
    for (number, amount) in [("cap-1", "10000.00"), ("cap-2", "5000.01")] {
        let reply = send(
            &caller,
            "wallet.authCapture",
            capture("auth-1", number, amount),
        )
        .await;
        codes.push(reply.code());
    }
    let void = json!({"originalPartnerReferenceNo": "auth-1", "partnerVoidNo": "void-1"});
    let void = send(&caller, "wallet.authVoid", void).await;

    void.assert("ok", "2006700");
    assert_eq!(codes, ["2006500", "4046513"]);
    let ledger = sandbox.ledger();
    let counts = ["auth-1", "cap-1", "cap-2", "void-1"].map(|of| ledger.effects(of));
    assert_eq!(counts, [1, 1, 0, 1]);
    assert_eq!(ledger.state("auth-1"), Some(OperationState::Cancelled));
    assert_eq!(held, Amount::rupiah(15_000));
    let customer = ledger.customer("cust-1");
    assert_eq!(customer.held, Amount::rupiah(0));
    assert_eq!(customer.available, Amount::rupiah(100_000_000 - 10_000));
    assert_eq!(ledger.balance(Account::Merchant, "IDR"), 1_000_000);
    ledger.assert_balanced();
}

#[tokio::test]
async fn only_an_authorization_can_be_captured() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PURCHASE, reference("ord-1")).await;

    let body = capture("ord-1", "cap-1", "1.00");
    let reply = send(&caller, "wallet.authCapture", body).await;

    reply.assert("transaction.status", "4046500");
    assert_eq!(sandbox.ledger().movements().len(), 1);
}
