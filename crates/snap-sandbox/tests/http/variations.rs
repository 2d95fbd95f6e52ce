//! Notifications that are not as they should be, and merchants that take them.

use std::time::Duration;

use serde_json::json;
use snap_sandbox::{Decision, MerchantMistake, NotificationState, Sandbox, Variation, Vary};

use crate::{
    merchant::Say,
    notifying::{arrived, begin, hours, http_statuses, mistakes, only, pair, pay, states},
    orders::{PAYMENT, PURCHASE, REFUND, reference, refund, rupiah, send, start},
    specs::Caller,
    support::{Reply, frozen},
};

#[tokio::test]
async fn a_duplicate_is_the_same_to_the_last_byte() {
    let (sandbox, merchant) = pair(frozen()).await;
    sandbox.vary_notifications(Variation::new(Vary::Duplicate).for_reference("ord-1"));

    pay(&sandbox, "ord-0").await;
    pay(&sandbox, "ord-1").await;
    sandbox.run_until_idle().await;

    let told = merchant.notified();
    assert_eq!(told.len(), 3);
    assert_eq!(told[1], told[2]);
    assert_eq!(states(&sandbox), [NotificationState::Delivered; 2]);
}

#[tokio::test]
async fn a_merchant_that_refuses_what_it_acknowledged_makes_a_mistake() {
    let (sandbox, merchant) = pair(frozen()).await;
    sandbox.vary_notifications(Variation::new(Vary::Duplicate));
    merchant.reply(Say::Http(200, r#"{"responseCode":"2005600"}"#.to_owned()));
    merchant.reply(Say::Http(409, "{}".to_owned()));

    pay(&sandbox, "ord-1").await;
    sandbox.run_until_idle().await;

    let notification = only(&sandbox);
    assert_eq!(http_statuses(&notification), [Some(200), Some(409)]);
    assert_eq!(mistakes(&notification), [MerchantMistake::DuplicateRefused]);
    assert_eq!(notification.state, NotificationState::Delivered);
}

#[tokio::test]
async fn duplicates_can_have_two_external_ids() {
    let (sandbox, merchant) = pair(frozen()).await;
    for vary in [Vary::Duplicate, Vary::OtherExternalId] {
        sandbox.vary_notifications(Variation::new(vary));
    }

    pay(&sandbox, "ord-1").await;
    sandbox.run_until_idle().await;

    assert_eq!(merchant.verdicts(), ["ok", "ok"]);
    let told = merchant.notified();
    assert_eq!(told[0].raw, told[1].raw);
    assert_ne!(
        told[0].header("x-external-id"),
        told[1].header("x-external-id")
    );
}

#[tokio::test]
async fn what_is_held_back_comes_after_the_next_one() {
    let (sandbox, merchant) = pair(frozen()).await;
    sandbox.vary_notifications(Variation::new(Vary::Reorder));
    pay(&sandbox, "ord-1").await;
    sandbox.run_until_idle().await;
    let before = (merchant.notified().len(), states(&sandbox));
    let caller = Caller::of(&sandbox, "cust-1").await;

    send(&caller, REFUND, refund("ord-1", "ref-1", "15000.00")).await;
    sandbox.notifications_idle().await;

    assert_eq!(before, (0, vec![NotificationState::Held]));
    assert_eq!(merchant.statuses(), ["04", "00"], "refunded before paid");
    assert_eq!(merchant.verdicts(), ["ok", "ok"]);
}

#[tokio::test]
async fn a_delay_moves_the_first_attempt_and_the_schedule_behind_it() {
    let (sandbox, merchant) = pair(frozen()).await;
    sandbox.vary_notifications(Variation::new(Vary::Delay(hours(1))));
    merchant.fail(1);
    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;
    assert!(merchant.notified().is_empty());

    sandbox.run_until_idle().await;

    let told = merchant.notified();
    assert_eq!(told[0].header("x-timestamp"), "2026-11-20T18:30:00+07:00");
    let attempts = only(&sandbox).attempts;
    let between = attempts[1].sent.duration_since(attempts[0].sent);
    assert_eq!(between.expect("later"), Duration::from_secs(1800));
}

/// A merchant that checks refuses what is wrong, and takes the next attempt, which is right.
#[tokio::test]
async fn what_is_wrong_on_purpose_is_wrong_once() {
    let cases = [
        (
            Vary::WrongSignature,
            vec!["signature", "ok"],
            vec![401, 200],
        ),
        (
            Vary::StaleTimestamp,
            vec!["timestamp", "ok"],
            vec![400, 200],
        ),
        // Refused, and sent again with a token that the merchant issued, in one attempt.
        (Vary::UnknownToken, vec!["token", "ok"], vec![200]),
    ];
    for (vary, verdicts, statuses) in cases {
        let (sandbox, merchant) = pair(frozen()).await;
        sandbox.vary_notifications(Variation::new(vary));

        pay(&sandbox, "ord-1").await;
        sandbox.run_until_idle().await;

        assert_eq!(merchant.verdicts(), verdicts, "{vary:?}");
        let notification = only(&sandbox);
        let expected: Vec<_> = statuses.into_iter().map(Some).collect();
        assert_eq!(http_statuses(&notification), expected, "{vary:?}");
        assert_eq!(mistakes(&notification), [], "{vary:?}");
    }
}

#[tokio::test]
async fn a_merchant_that_takes_what_is_wrong_is_told_so() {
    let cases = [
        (
            Vary::WrongSignature,
            MerchantMistake::WrongSignatureAccepted,
        ),
        (
            Vary::StaleTimestamp,
            MerchantMistake::StaleTimestampAccepted,
        ),
        (Vary::UnknownToken, MerchantMistake::UnknownTokenAccepted),
    ];
    for (vary, mistake) in cases {
        let (sandbox, merchant) = pair(frozen()).await;
        sandbox.vary_notifications(Variation::new(vary));
        merchant.reply(Say::Http(200, r#"{"responseCode":"2005600"}"#.to_owned()));

        pay(&sandbox, "ord-1").await;
        sandbox.run_until_idle().await;

        assert_ne!(merchant.verdicts(), ["ok"], "{vary:?}");
        assert_eq!(mistakes(&only(&sandbox)), [mistake]);
    }
}

#[tokio::test]
async fn a_contradiction_goes_before_the_truth() {
    let (sandbox, merchant) = pair(frozen()).await;
    sandbox.vary_notifications(Variation::new(Vary::Contradiction).times(2));
    pay(&sandbox, "paid").await;
    begin(&sandbox, "failed").await;
    assert!(sandbox.decide("failed", Decision::Fail));

    sandbox.notifications_idle().await;

    assert_eq!(merchant.statuses(), ["06", "00", "00", "06"]);
    assert_eq!(merchant.verdicts(), ["ok"; 4]);
    let told = merchant.notified();
    assert_ne!(
        told[0].header("x-external-id"),
        told[1].header("x-external-id")
    );
}

#[tokio::test]
async fn a_variation_can_be_set_before_the_start_and_strikes_as_often_as_it_says() {
    let (sandbox, merchant) =
        pair(frozen().vary_notifications(Variation::new(Vary::Drop).times(2))).await;

    for order in ["ord-1", "ord-2", "ord-3"] {
        pay(&sandbox, order).await;
    }
    sandbox.notifications_idle().await;

    assert_eq!(merchant.notified().len(), 1);
    let dropped = NotificationState::Dropped;
    assert_eq!(
        states(&sandbox),
        [dropped, dropped, NotificationState::Delivered]
    );
}

/// Pays an amount whose cents ask for a scenario.
async fn pay_magic(sandbox: &Sandbox, order: &str, value: &str) -> Reply {
    let caller = Caller::of(sandbox, "cust-1").await;
    let mut body = reference(order);
    body["amount"] = rupiah(value);
    send(&caller, PAYMENT, body).await
}

/// Behaviour "magic.cents".
#[tokio::test]
async fn eleven_cents_are_notified_twice_and_thirteen_wrongly_first() {
    let (sandbox, merchant) = pair(frozen()).await;

    pay_magic(&sandbox, "ord-11", "15000.11").await;
    assert!(sandbox.decide("ord-11", Decision::Succeed));
    pay_magic(&sandbox, "ord-13", "15000.13").await;
    sandbox.run_until_idle().await;

    assert_eq!(merchant.statuses(), ["00", "00", "06", "00"]);
    let told = merchant.notified();
    assert_eq!(told[0], told[1]);
    assert_eq!(merchant.verdicts(), ["ok"; 4]);
}

#[tokio::test]
async fn twelve_cents_are_notified_before_the_answer() {
    let (sandbox, merchant) = pair(frozen()).await;

    let reply = pay_magic(&sandbox, "ord-12", "15000.12").await;

    reply.assert("ok", "2005400");
    assert_eq!(
        merchant.statuses(),
        ["00"],
        "told while the client still waited"
    );
    assert_eq!(states(&sandbox), [NotificationState::Delivered]);
}

/// A merchant may ask for the status before it acknowledges.
#[tokio::test]
async fn an_inquiry_is_answered_while_its_payment_waits_for_the_notification() {
    let cases = [
        (
            PAYMENT,
            "direct-debit.checkStatus",
            "originalPartnerReferenceNo",
        ),
        (PURCHASE, "wallet.purchaseStatus", "partnerReferenceNo"),
    ];
    for (payment, inquiry, name) in cases {
        let patience = Duration::from_millis(300);
        let (sandbox, merchant) = pair(frozen().notification_timeout(patience)).await;
        merchant.reply(Say::Nothing);
        let caller = Caller::of(&sandbox, "cust-1").await;
        let mut body = reference("ord-12");
        body["amount"] = rupiah("15000.12");
        let asked = async {
            arrived(&merchant).await;
            let status = send(&caller, inquiry, json!({name: "ord-12"})).await;
            (status, only(&sandbox).attempts.len())
        };

        let (reply, (status, attempts)) = tokio::join!(send(&caller, payment, body), asked);

        reply.assert("ok", "2005400");
        assert_eq!(status.text("latestTransactionStatus"), "00");
        assert_eq!(attempts, 0, "{inquiry} was answered before the payment");
        assert_eq!(mistakes(&only(&sandbox)), [MerchantMistake::TooSlow]);
    }
}

#[tokio::test]
async fn cents_that_ask_for_notifications_mean_nothing_without_a_merchant() {
    let sandbox = start(frozen()).await;
    for value in ["15000.11", "15000.12", "15000.13"] {
        let reply = pay_magic(&sandbox, value, value).await;

        reply.assert("ok", "2005400");
    }
    assert!(sandbox.notifications().is_empty());
}
