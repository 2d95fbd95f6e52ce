//! What inquiries find.

use std::time::Duration;

use serde_json::json;

use crate::{
    orders::{PAYMENT, PURCHASE, TRANSFER, latest, reference, rupiah, send, start, status},
    specs::Caller,
    support::frozen,
};

/// Behaviour "status.identity".
#[tokio::test]
async fn an_inquiry_finds_an_operation_by_either_reference_and_of_its_product_only() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let payment = send(&caller, PAYMENT, reference("ord-1")).await;
    let mut transfer = reference("out-1");
    transfer["sessionId"] = json!("I0438729855304540");
    send(&caller, TRANSFER, transfer).await;
    send(&caller, PURCHASE, reference("buy-1")).await;

    let given = json!({"originalReferenceNo": payment.text("referenceNo")});
    let by_given = send(&caller, "direct-debit.checkStatus", given).await;
    let session =
        json!({"originalPartnerReferenceNo": "out-1", "originalReferenceNo": "I0438729855304540"});
    let by_session = send(&caller, "kirimdoku.checkStatus", session).await;

    assert_eq!(by_given.text("originalPartnerReferenceNo"), "ord-1");
    assert_eq!(by_session.text("latestTransactionStatus"), "00");
    assert_eq!(by_session.text("sessionId"), "I0438729855304540");
    for other in ["ord-0", "buy-1", "out-1"] {
        status(&caller, other)
            .await
            .assert("transaction.unknown", "4045501");
    }
    send(&caller, "direct-debit.checkStatus", json!({}))
        .await
        .assert("transaction.unknown", "4045501");
}

/// Behaviour "status.external-id".
#[tokio::test]
async fn a_top_up_is_found_only_with_its_external_id() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, "wallet.topUp", reference("top-1")).await;
    let recorded = sandbox.requests().pop().expect("recorded");
    let inquire = async |external_id: &str| {
        let named =
            json!({"originalPartnerReferenceNo": "top-1", "originalExternalId": external_id});
        send(&caller, "wallet.topUpStatus", named).await
    };

    let right = inquire(&recorded.external_id.expect("an id")).await;
    let wrong = inquire("4711").await;

    assert_eq!(right.text("latestTransactionStatus"), "00");
    assert_eq!(right.body["amount"], rupiah("15000.00"));
    wrong.assert("transaction.unknown", "4043901");
}

/// Behaviour "status.history-detail".
#[tokio::test]
async fn the_history_knows_single_transactions() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, "wallet.transferBank", reference("out-1")).await;
    send(&caller, PURCHASE, reference("buy-1")).await;
    let detail = async |of: &str| {
        let named = json!({"partnerReferenceNo": of});
        send(&caller, "wallet.transactionHistoryDetail", named).await
    };

    let (transfer, purchase, unknown) = (
        detail("out-1").await,
        detail("buy-1").await,
        detail("none").await,
    );

    assert_eq!(transfer.text("status"), "SUCCESS");
    assert_eq!(transfer.body["amount"], rupiah("15000.00"));
    assert_eq!(purchase.text("status"), "PENDING");
    unknown.assert("transaction.unknown", "4041301");
}

/// Behaviour "status.delay".
#[tokio::test]
async fn an_inquiry_can_be_blind_for_a_while() {
    let sandbox = start(frozen().status_delay(Duration::from_secs(60))).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;

    sandbox.advance(Duration::from_secs(59));
    status(&caller, "ord-1")
        .await
        .assert("transaction.unknown", "4045501");
    sandbox.advance(Duration::from_secs(1));

    assert_eq!(latest(&caller, "ord-1").await, "02");
}

#[tokio::test]
async fn a_payment_is_found_by_its_external_id_alone() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    let recorded = sandbox.requests().pop().expect("recorded");
    let external_id = recorded.external_id.expect("an id");
    let inquire = async |external_id: &str| {
        let named = json!({"originalExternalId": external_id});
        send(&caller, "direct-debit.checkStatus", named).await
    };

    let right = inquire(&external_id).await;
    let wrong = inquire("4711").await;

    assert_eq!(right.text("originalPartnerReferenceNo"), "ord-1");
    wrong.assert("transaction.unknown", "4045501");
}
