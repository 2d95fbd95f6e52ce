//! Kirim DOKU's own notices.

use std::time::Duration;

use serde_json::json;
use snap_sandbox::{Decision, MerchantMistake, NotificationState, Sandbox, Variation, Vary};

use crate::{
    magic::{pay_out, payout},
    merchant::{MerchantServer, Say},
    notifying::{http_statuses, mistakes, only, states},
    orders::start,
    specs::Caller,
    support::frozen,
};

const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// A sandbox, and a merchant whom it tells of payouts.
async fn pair() -> (Sandbox, MerchantServer) {
    let sandbox = start(frozen()).await;
    let merchant = MerchantServer::start(&sandbox).await;
    let [unpaid, refund] = merchant.kirimdoku_addresses();
    sandbox
        .notify_kirimdoku(&unpaid, &refund)
        .expect("plain HTTP");
    (sandbox, merchant)
}

/// A transfer to an account that DOKU documents, and the time that makes it final.
async fn transfer(sandbox: &Sandbox, reference: &str, account: &str) {
    let caller = Caller::of(sandbox, "cust-1").await;
    pay_out(&caller, payout(reference, "014", account)).await;
    sandbox.advance(FIVE_MINUTES);
    sandbox.notifications_idle().await;
}

/// Behaviours "notice.when", "notice.members" and "notice.signature".
#[tokio::test]
async fn a_transfer_that_was_unpaid_is_told_when_it_is_paid() {
    let (sandbox, merchant) = pair().await;

    transfer(&sandbox, "out-1", "12345").await;

    assert_eq!(merchant.verdicts(), ["ok"]);
    let told = &merchant.notified()[0];
    let body = told.body();
    assert_eq!(
        body,
        json!({
            "sendTrxId": "out-1",
            "transactionId": body["transactionId"],
            "activityCode": "200",
            "message": "Transaction is Success",
            "processDate": "2026-11-20T17:35:00",
        })
    );
    assert!(body["transactionId"].is_string());
    assert_eq!(told.header("requestid").len(), 36);
    assert_eq!(merchant.token_requests().len(), 0);
    let notification = only(&sandbox);
    assert_eq!(notification.state, NotificationState::Delivered);
    assert_eq!(notification.status, "00");
    assert_eq!(notification.external_id, told.header("requestid"));
    assert_eq!(mistakes(&notification), []);
    sandbox.assert_absent_from(&told.raw);
}

#[tokio::test]
async fn what_was_paid_at_once_is_not_told_and_what_came_back_is() {
    let (sandbox, merchant) = pair().await;

    transfer(&sandbox, "plain", "8377388292").await;
    transfer(&sandbox, "back", "7746555134").await;

    assert_eq!(merchant.verdicts(), ["ok"]);
    let body = merchant.notified()[0].body();
    assert_eq!(body["message"], "Transaction is Refunded");
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(4));
    assert_eq!(only(&sandbox).status, "04");
}

#[tokio::test]
async fn a_transfer_that_is_decided_by_hand_is_told_as_well() {
    let (sandbox, merchant) = pair().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    pay_out(&caller, payout("out-1", "014", "12345")).await;

    assert!(sandbox.decide("out-1", Decision::Fail));
    sandbox.notifications_idle().await;

    assert_eq!(
        merchant.notified()[0].body()["message"],
        "Transaction is Failed"
    );
}

/// Behaviour "notice.attempts".
#[tokio::test]
async fn three_attempts_are_made_and_no_more() {
    let (sandbox, merchant) = pair().await;
    merchant.fail(3);

    transfer(&sandbox, "out-1", "12345").await;
    sandbox.run_until_idle().await;

    let notification = only(&sandbox);
    assert_eq!(notification.state, NotificationState::GivenUp);
    assert_eq!(http_statuses(&notification), [Some(503); 3]);
    let told = merchant.notified();
    assert!(told.iter().all(|one| *one == told[0]), "the same each time");
}

/// Behaviour "notice.answer".
#[tokio::test]
async fn a_refund_notice_wants_its_answer_and_an_unpaid_one_any_2xx() {
    for (account, attempts, expected) in [
        ("12345", 1, vec![]),
        ("7746555134", 2, vec![MerchantMistake::NotAcknowledged]),
    ] {
        let (sandbox, merchant) = pair().await;
        merchant.reply(Say::Http(
            200,
            r#"{"status":true,"responseCode":"99"}"#.to_owned(),
        ));

        transfer(&sandbox, "out-1", account).await;
        sandbox.run_until_idle().await;

        assert_eq!(merchant.notified().len(), attempts, "{account}");
        assert_eq!(mistakes(&only(&sandbox)), expected, "{account}");
        assert_eq!(states(&sandbox), [NotificationState::Delivered]);
    }
}

#[tokio::test]
async fn a_wrong_signature_is_wrong_once_and_what_is_of_snap_alone_does_nothing() {
    let (sandbox, merchant) = pair().await;
    for vary in [
        Vary::WrongSignature,
        Vary::StaleTimestamp,
        Vary::UnknownToken,
    ] {
        sandbox.vary_notifications(Variation::new(vary));
    }

    transfer(&sandbox, "out-1", "12345").await;
    sandbox.run_until_idle().await;

    assert_eq!(merchant.verdicts(), ["signature", "ok"]);
    assert_eq!(http_statuses(&only(&sandbox)), [Some(401), Some(200)]);
    assert_eq!(mistakes(&only(&sandbox)), []);
}

#[tokio::test]
async fn addresses_of_notices_are_plain_http_as_well() {
    let sandbox = start(frozen()).await;

    let error = sandbox.notify_kirimdoku("https://a/", "http://a/");
    let started = frozen().notify_kirimdoku("http://a/", "").start().await;

    assert!(error.is_err() && started.is_err());
}
