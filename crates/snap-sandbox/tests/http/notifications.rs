//! What the merchant is told, when, and what is made of its answers.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use serde_json::{Value, json};
use snap_sandbox::{Clock, Decision, MerchantMistake, NotificationState, Variation, Vary};

use crate::{
    admin::{act, get, post},
    merchant::{MerchantServer, Say},
    notifying::{arrived, hours, http_statuses, mistakes, only, pair, pay, states},
    orders::{PAYMENT, PURCHASE, REFUND, TRANSFER, merge, reference, refund, rupiah, send, start},
    specs::{Caller, named},
    support::{frozen, moment, send as send_call},
};

/// Behaviours "notify.token", "notify.signature", "notify.body", "notify.additional-info" and
/// "notify.headers".
#[tokio::test]
async fn a_merchant_that_checks_everything_is_told_of_a_success() {
    let (sandbox, merchant) = pair(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let payment = named(PAYMENT);
    let mut body = payment.body(&sandbox, false);
    merge(&mut body, reference("ord-1"));
    body["additionalInfo"]["channel"] = json!("DIRECT_DEBIT_ALLO_SNAP");
    let mut call = caller.call(&payment, &body);
    call.set("x-device-id", "device1");

    let reply = send_call(&sandbox, call).await;
    assert!(sandbox.decide("ord-1", Decision::Succeed));
    sandbox.notifications_idle().await;

    assert_eq!(merchant.token_requests(), ["ok"]);
    assert_eq!(merchant.verdicts(), ["ok"]);
    let told = &merchant.notified()[0];
    let requests = sandbox.requests();
    let external_id = &requests.last().expect("a request").external_id;
    assert_eq!(
        told.body(),
        json!({
            "originalPartnerReferenceNo": "ord-1",
            "originalReferenceNo": reply.text("referenceNo"),
            "originalExternalId": external_id,
            "latestTransactionStatus": "00",
            "transactionStatusDesc": "Success",
            "amount": rupiah("15000.00"),
            "additionalInfo": {
                "channelId": "DIRECT_DEBIT_ALLO",
                "acquirerId": "ALLO",
                "custIdMerchant": "cust-1",
                "accountType": "DIRECT_DEBIT",
            },
        })
    );
    assert_eq!(told.header("x-timestamp"), "2026-11-20T17:30:00+07:00");
    assert_eq!(told.header("x-device-id"), "device1");
    assert!(!told.headers.contains_key("authorization-customer"));
    let notification = only(&sandbox);
    assert_eq!(notification.state, NotificationState::Delivered);
    assert_eq!(&*notification.reference, "ord-1");
    assert_eq!(notification.external_id, told.header("x-external-id"));
    assert_eq!(&*notification.body, told.raw);
    assert_eq!(http_statuses(&notification), [Some(200)]);
    assert_eq!(mistakes(&notification), []);
}

/// Behaviour "notify.states".
#[tokio::test]
async fn every_end_of_a_debit_is_told_and_nothing_else_is() {
    let (sandbox, merchant) = pair(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let ends = [
        ("paid", Decision::Succeed),
        ("failed", Decision::Fail),
        ("cancelled", Decision::Cancel),
    ];
    for (order, decision) in ends {
        send(&caller, PAYMENT, reference(order)).await;
        assert!(sandbox.decide(order, decision));
    }
    send(&caller, PAYMENT, reference("pending")).await;
    send(&caller, TRANSFER, reference("payout")).await;

    send(&caller, REFUND, refund("paid", "ref-1", "5000.00")).await;
    sandbox.notifications_idle().await;
    let before_the_rest = merchant.statuses();
    send(&caller, REFUND, refund("paid", "ref-2", "10000.00")).await;
    sandbox.notifications_idle().await;

    assert_eq!(before_the_rest, ["00", "06", "05"]);
    assert_eq!(merchant.statuses(), ["00", "06", "05", "04"]);
    assert_eq!(merchant.notified()[3].body()["amount"], rupiah("15000.00"));
    assert_eq!(
        merchant.notified()[3].body()["transactionStatusDesc"],
        "Refunded"
    );
    assert_eq!(merchant.verdicts(), ["ok"; 4]);
}

/// Behaviour "notify.wallet".
#[tokio::test]
async fn a_purchase_of_the_wallet_is_told_as_a_direct_debit_is() {
    let (sandbox, merchant) = pair(frozen().customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    send(&caller, PURCHASE, reference("ord-1")).await;
    sandbox.notifications_idle().await;

    assert_eq!(merchant.verdicts(), ["ok"]);
    let body = merchant.notified()[0].body();
    assert_eq!(body["originalPartnerReferenceNo"], "ord-1");
    assert_eq!(body["additionalInfo"]["custIdMerchant"], "cust-1");
}

#[tokio::test]
async fn without_an_address_nothing_is_queued_and_what_was_missed_is_not_told_later() {
    let sandbox = start(frozen()).await;
    pay(&sandbox, "ord-1").await;

    let merchant = MerchantServer::of(&sandbox).await;
    pay(&sandbox, "ord-2").await;
    sandbox.notifications_idle().await;

    assert_eq!(merchant.notified().len(), 1);
    assert_eq!(&*only(&sandbox).reference, "ord-2");
}

/// Behaviours "notify.retries", "notify.retry-timestamp" and "notify.retry-external-id".
#[tokio::test]
async fn a_merchant_that_is_down_is_asked_three_times_more_and_then_left_alone() {
    let (sandbox, merchant) = pair(frozen()).await;
    merchant.fail(4);
    let start = sandbox.clock().now();

    pay(&sandbox, "ord-1").await;
    sandbox.run_until_idle().await;

    let notification = only(&sandbox);
    assert_eq!(notification.state, NotificationState::GivenUp);
    let attempts = notification.attempts.iter();
    let after: Vec<Duration> = attempts
        .map(|attempt| attempt.sent.duration_since(start).expect("later"))
        .collect();
    let half_an_hour = Duration::from_secs(1800);
    assert_eq!(after, [Duration::ZERO, half_an_hour, hours(6), hours(12)]);
    assert_eq!(http_statuses(&notification), [Some(503); 4]);
    let told = merchant.notified();
    assert_eq!(
        merchant.verdicts(),
        ["ok"; 4],
        "each one is right by itself"
    );
    assert!(told.iter().all(|one| one.raw == told[0].raw));
    for kept in ["x-external-id", "x-timestamp"] {
        assert!(
            told.iter()
                .all(|one| one.header(kept) == told[0].header(kept))
        );
    }
    assert_eq!(merchant.token_requests(), ["ok"; 4], "tokens live 900 s");
    sandbox.advance(hours(100));
    sandbox.notifications_idle().await;
    assert_eq!(merchant.notified().len(), 4);
}

#[tokio::test]
async fn nothing_is_sent_a_second_before_it_is_due() {
    let (sandbox, merchant) = pair(frozen()).await;
    merchant.fail(1);
    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;

    sandbox.advance(Duration::from_secs(1799));
    sandbox.notifications_idle().await;
    let before = merchant.notified().len();
    sandbox.advance(Duration::from_secs(1));
    sandbox.notifications_idle().await;

    assert_eq!((before, merchant.notified().len()), (1, 2));
    assert_eq!(only(&sandbox).state, NotificationState::Delivered);
    sandbox.run_until_idle().await;
    assert_eq!(merchant.notified().len(), 2, "the first 2xx ends it");
}

#[tokio::test]
async fn a_jump_over_the_whole_schedule_sends_all_that_is_due() {
    let (sandbox, merchant) = pair(frozen()).await;
    merchant.fail(4);
    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;

    sandbox.advance(hours(13));
    sandbox.notifications_idle().await;

    assert_eq!(merchant.notified().len(), 4);
    assert_eq!(states(&sandbox), [NotificationState::GivenUp]);
}

#[tokio::test]
async fn a_retry_has_a_timestamp_of_its_own_if_that_is_chosen() {
    let (sandbox, merchant) = pair(frozen().renew_timestamps(true)).await;
    merchant.set_window(0);
    merchant.fail(1);

    pay(&sandbox, "ord-1").await;
    sandbox.run_until_idle().await;

    assert_eq!(merchant.verdicts(), ["ok", "ok"]);
    let told = merchant.notified();
    assert_eq!(told[1].header("x-timestamp"), "2026-11-20T18:00:00+07:00");
}

/// Behaviours "notify.success" and "notify.acknowledgement".
#[tokio::test]
async fn any_2xx_ends_the_schedule_and_a_body_that_is_not_documented_is_a_mistake() {
    let bodies = [
        "",
        "OK",
        "{}",
        "[1]",
        r#"{"responseCode":"2002500"}"#,
        r#"{"responseCode":2005600}"#,
    ];
    for (status, body) in [200, 201, 202, 204, 299, 200].into_iter().zip(bodies) {
        let (sandbox, merchant) = pair(frozen()).await;
        let body = if status == 204 { "" } else { body };
        merchant.reply(Say::Http(status, body.to_owned()));

        pay(&sandbox, "ord-1").await;
        sandbox.run_until_idle().await;

        let notification = only(&sandbox);
        assert_eq!(http_statuses(&notification), [Some(status)], "{body}");
        assert_eq!(notification.state, NotificationState::Delivered);
        assert_eq!(mistakes(&notification), [MerchantMistake::NotAcknowledged]);
    }
}

#[tokio::test]
async fn a_redirect_is_no_success_and_is_not_followed() {
    let (sandbox, merchant) = pair(frozen()).await;
    merchant.reply(Say::Http(302, String::new()));

    pay(&sandbox, "ord-1").await;
    sandbox.run_until_idle().await;

    assert_eq!(http_statuses(&only(&sandbox)), [Some(302), Some(200)]);
    assert_eq!(merchant.notified().len(), 2);
}

#[tokio::test]
async fn a_token_is_used_until_it_expires() {
    let (sandbox, merchant) = pair(frozen()).await;
    for (after, requests) in [(0, 1), (899, 1), (1, 2)] {
        sandbox.advance(Duration::from_secs(after));

        pay(&sandbox, &format!("ord-{after}")).await;
        sandbox.notifications_idle().await;

        assert_eq!(merchant.token_requests().len(), requests, "{after}");
    }
    assert_eq!(merchant.verdicts(), ["ok"; 3]);
    for token in merchant.issued() {
        let leak = catch_unwind(AssertUnwindSafe(|| sandbox.assert_absent_from(&token)));
        assert!(leak.is_err(), "the merchant's tokens are secrets");
    }
}

/// Behaviour "notify.token-renewed".
#[tokio::test]
async fn a_merchant_that_forgot_its_token_is_asked_for_another_within_the_attempt() {
    let (sandbox, merchant) = pair(frozen()).await;
    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;
    merchant.forget_tokens();

    pay(&sandbox, "ord-2").await;
    sandbox.notifications_idle().await;

    assert_eq!(merchant.verdicts(), ["ok", "token", "ok"]);
    assert_eq!(merchant.token_requests().len(), 2);
    assert_eq!(http_statuses(&sandbox.notifications()[1]), [Some(200)]);
}

#[tokio::test]
async fn a_merchant_that_refuses_every_token_is_asked_for_one_more_and_no_more() {
    let (sandbox, merchant) = pair(frozen()).await;
    for _ in 0..2 {
        merchant.reply(Say::Http(401, r#"{"responseCode":"4015601"}"#.to_owned()));
    }

    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;

    assert_eq!(merchant.token_requests().len(), 2);
    let notification = only(&sandbox);
    assert_eq!(http_statuses(&notification), [Some(401)]);
    assert_eq!(notification.state, NotificationState::Waiting);
    sandbox.run_until_idle().await;
    assert_eq!(states(&sandbox), [NotificationState::Delivered]);
}

#[tokio::test]
async fn a_token_that_lives_no_second_is_used_once() {
    let (sandbox, merchant) = pair(frozen()).await;
    let token = r#"{"accessToken":"short","expiresIn":0}"#;
    merchant.reply_to_token(Say::Http(200, token.to_owned()));
    merchant.reply(Say::Http(200, r#"{"responseCode":"2005600"}"#.to_owned()));

    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;

    assert_eq!(
        merchant.notified()[0].header("authorization"),
        "Bearer short"
    );
    assert_eq!(states(&sandbox), [NotificationState::Delivered]);
}

/// What a token endpoint answers instead of a token, and what is said about it.
#[tokio::test]
async fn without_a_token_there_is_no_notification_and_the_reason_is_told() {
    let unusable = "no token: the token endpoint's answer has no usable accessToken";
    let cases = [
        (500, "{}", "no token: the token endpoint answered HTTP 500"),
        (
            401,
            r#"{"accessToken":"t"}"#,
            "no token: the token endpoint answered HTTP 401",
        ),
        (200, "", unusable),
        (200, r#"{"accessToken":""}"#, unusable),
        (200, r#"{"accessToken":7}"#, unusable),
        (200, "{\"accessToken\":\"a\\r\\nb: c\"}", unusable),
    ];
    for (status, body, reason) in cases {
        let (sandbox, merchant) = pair(frozen()).await;
        merchant.reply_to_token(Say::Http(status, body.to_owned()));

        pay(&sandbox, "ord-1").await;
        sandbox.notifications_idle().await;

        let notification = only(&sandbox);
        let failure = notification.attempts[0].failure.as_deref();
        assert_eq!(failure, Some(reason), "{body}");
        assert_eq!(http_statuses(&notification), [None]);
        assert!(merchant.notified().is_empty());
        sandbox.run_until_idle().await;
        assert_eq!(states(&sandbox), [NotificationState::Delivered]);
    }
}

/// Behaviour "notify.timeout".
#[tokio::test]
async fn a_merchant_that_does_not_answer_in_time_is_too_slow() {
    let patience = Duration::from_millis(30);
    let (sandbox, merchant) = pair(frozen().notification_timeout(patience)).await;
    merchant.reply_to_token(Say::Nothing);
    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;
    merchant.reply(Say::Nothing);
    sandbox.advance(Duration::from_secs(1800));
    sandbox.notifications_idle().await;

    let notification = only(&sandbox);

    let failures = notification.attempts.iter();
    let failures: Vec<&str> = failures
        .filter_map(|attempt| attempt.failure.as_deref())
        .collect();
    assert_eq!(
        failures,
        [
            "no token: no whole answer within 30ms",
            "no whole answer within 30ms"
        ]
    );
    assert_eq!(mistakes(&notification), [MerchantMistake::TooSlow; 2]);
}

#[tokio::test]
async fn nobody_there_and_an_endless_answer_are_failures_in_words() {
    let (sandbox, merchant) = pair(frozen()).await;
    merchant.reply(Say::Http(200, "x".repeat(64 * 1024 + 1)));
    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;
    let [_, token] = merchant.addresses();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("listens");
    let nobody = format!("http://{}/", listener.local_addr().expect("address"));
    drop(listener);

    sandbox.notify(&nobody, &token).expect("plain HTTP");
    pay(&sandbox, "ord-2").await;
    sandbox.notifications_idle().await;

    let all = sandbox.notifications();
    let failures = all.iter().map(|one| one.attempts[0].failure.as_deref());
    assert_eq!(
        failures.collect::<Vec<_>>(),
        [Some("the answer is too long"), Some("nobody listens there")]
    );
}

/// Behaviour "notify.plain-http".
#[tokio::test]
async fn addresses_that_are_not_plain_http_are_refused() {
    let sandbox = start(frozen()).await;
    let right = "http://127.0.0.1:1/token";
    for wrong in [
        "https://127.0.0.1/notify",
        "127.0.0.1:3000/notify",
        "",
        "http://a:b@c/",
    ] {
        let error = sandbox.notify(wrong, right).expect_err("refused");
        let other = sandbox.notify(right, wrong).expect_err("refused");
        let started = frozen().notify(right, wrong).start().await;

        assert!(error.to_string().contains("plain http://"), "{error}");
        assert_eq!(error, other);
        let started = started.expect_err("refused");
        assert_eq!(started.kind(), std::io::ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn a_query_of_the_address_is_sent_and_not_signed() {
    let sandbox = start(frozen()).await;
    let merchant = MerchantServer::start(&sandbox).await;
    let [notification, token] = merchant.addresses();
    sandbox
        .notify(&format!("{notification}?shop=1"), &token)
        .expect("plain HTTP");

    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;

    assert_eq!(merchant.verdicts(), ["ok"]);
}

/// Behaviour "notify.resend".
#[tokio::test]
async fn a_notification_is_sent_again_by_hand_with_a_timestamp_of_its_own() {
    let (sandbox, merchant) = pair(frozen()).await;
    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;
    sandbox.advance(hours(24 * 30));
    let id = only(&sandbox).id;

    assert!(sandbox.resend(id) && !sandbox.resend(id + 1));
    sandbox.notifications_idle().await;

    assert_eq!(merchant.verdicts(), ["ok", "ok"]);
    let told = merchant.notified();
    assert_eq!(told[0].raw, told[1].raw);
    assert_eq!(
        told[0].header("x-external-id"),
        told[1].header("x-external-id")
    );
    assert_eq!(told[1].header("x-timestamp"), "2026-12-20T17:30:00+07:00");
    assert_eq!(states(&sandbox), [NotificationState::Delivered]);
}

#[tokio::test]
async fn sending_by_hand_leaves_the_schedule_as_it_is() {
    let (sandbox, merchant) = pair(frozen()).await;
    merchant.fail(3);
    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;
    let id = only(&sandbox).id;

    sandbox.resend(id);
    sandbox.notifications_idle().await;
    let by_hand = merchant.notified().len();
    sandbox.advance(Duration::from_secs(1800));
    sandbox.notifications_idle().await;
    let scheduled = merchant.notified().len();
    sandbox.resend(id);
    sandbox.run_until_idle().await;

    assert_eq!((by_hand, scheduled), (2, 3));
    assert_eq!(
        merchant.notified().len(),
        4,
        "a 2xx by hand ends the schedule"
    );
    assert_eq!(states(&sandbox), [NotificationState::Delivered]);
}

#[tokio::test]
async fn what_was_given_up_or_dropped_can_be_sent_by_hand() {
    let (sandbox, merchant) = pair(frozen()).await;
    merchant.fail(4);
    pay(&sandbox, "ord-1").await;
    sandbox.run_until_idle().await;
    sandbox.vary_notifications(Variation::new(Vary::Drop));
    pay(&sandbox, "ord-2").await;
    sandbox.run_until_idle().await;
    assert_eq!(
        states(&sandbox),
        [NotificationState::GivenUp, NotificationState::Dropped]
    );
    assert_eq!(merchant.notified().len(), 4);

    for notification in sandbox.notifications() {
        sandbox.resend(notification.id);
    }
    sandbox.notifications_idle().await;

    assert_eq!(states(&sandbox), [NotificationState::Delivered; 2]);
    assert_eq!(merchant.notified().len(), 6);
}

/// Behaviour "notify.order".
#[tokio::test]
async fn notifications_go_out_one_after_another_in_the_order_of_what_happened() {
    let (sandbox, merchant) = pair(frozen()).await;
    let orders: Vec<String> = (0..20).map(|number| format!("ord-{number}")).collect();

    for order in &orders {
        pay(&sandbox, order).await;
    }
    sandbox.notifications_idle().await;

    let told: Vec<String> = merchant
        .notified()
        .iter()
        .map(|one| {
            one.body()["originalPartnerReferenceNo"]
                .as_str()
                .expect("text")
                .to_owned()
        })
        .collect();
    assert_eq!(told, orders);
}

#[tokio::test]
async fn as_many_notifications_are_kept_as_requests() {
    let (sandbox, merchant) = pair(frozen().keep_last_requests(2)).await;

    for order in ["ord-1", "ord-2", "ord-3"] {
        pay(&sandbox, order).await;
        sandbox.notifications_idle().await;
        // External ids of the tests begin again, which they may on another day.
        sandbox.advance(hours(24));
    }

    assert_eq!(merchant.notified().len(), 3);
    let kept: Vec<u64> = sandbox.notifications().iter().map(|one| one.id).collect();
    assert_eq!(kept, [2, 3]);
    assert!(!sandbox.resend(1));
}

#[tokio::test]
async fn on_real_time_what_is_due_later_goes_out_by_itself() {
    let (sandbox, merchant) = pair(frozen().clock(Clock::system())).await;
    sandbox.vary_notifications(Variation::new(Vary::Delay(Duration::from_millis(80))));
    pay(&sandbox, "ord-1").await;

    arrived(&merchant).await;

    assert_eq!(merchant.verdicts(), ["ok"]);
}

#[tokio::test]
async fn a_sandbox_stops_while_a_merchant_keeps_it_waiting() {
    let (sandbox, merchant) = pair(frozen()).await;
    merchant.reply(Say::Nothing);
    pay(&sandbox, "ord-1").await;
    arrived(&merchant).await;

    sandbox.stop().await.expect("stops");

    assert_eq!(merchant.notified().len(), 1);
}

#[tokio::test]
async fn a_queue_outlives_its_sandbox_in_a_state_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = frozen_clock();
    let builder = || {
        let builder = frozen().clock(clock.clone()).seed(42);
        builder.state_folder(folder.path())
    };
    let (first, merchant) = pair(builder()).await;
    merchant.fail(1);
    for vary in [Vary::Duplicate, Vary::Delay(Duration::from_millis(1500))] {
        first.vary_notifications(Variation::new(vary).for_reference("ord-2"));
    }
    pay(&first, "ord-1").await;
    pay(&first, "ord-2").await;
    first.notifications_idle().await;
    let before = first.notifications();
    first.stop().await.expect("stops");

    let second = start(builder()).await;
    let after = second.notifications();
    second.run_until_idle().await;

    assert_eq!(after, before);
    assert_eq!(http_statuses(&after[0]), [Some(503)]);
    assert_eq!(states(&second), [NotificationState::Delivered; 2]);
    assert_eq!(merchant.notified().len(), 4);
    assert_eq!(merchant.verdicts(), ["ok"; 4]);
}

#[tokio::test]
async fn the_admin_api_says_where_to_what_and_when() {
    let sandbox = start(frozen().admin(([127, 0, 0, 1], 0).into())).await;
    let merchant = MerchantServer::start(&sandbox).await;
    merchant.fail(1);
    let [notification, token] = merchant.addresses();
    let to = json!({"action": "notify-to", "notificationUrl": notification, "tokenUrl": token});
    act(&sandbox, to).await;
    act(&sandbox, json!({"action": "vary", "vary": "duplicate"})).await;
    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;

    let waiting = get(&sandbox, "/_sandbox/notifications").await;
    act(&sandbox, json!({"action": "skip", "seconds": 1800})).await;
    sandbox.notifications_idle().await;
    act(&sandbox, json!({"action": "resend", "id": 1})).await;
    sandbox.notifications_idle().await;

    // The merchant's clock has not moved: a retry is as old as it would be in production.
    let told = merchant.notified();
    let timestamps: Vec<&str> = told
        .iter()
        .map(|one| &one.header("x-timestamp")[11..16])
        .collect();
    assert_eq!(timestamps, ["17:30", "17:00", "17:00", "17:30"]);
    assert_eq!(merchant.verdicts(), ["ok"; 4]);
    let due = &waiting["notifications"][0]["due"];
    assert_eq!(due, "2026-11-20T18:00:00+07:00");
    let shown = get(&sandbox, "/_sandbox/notifications").await;
    let shown = &shown["notifications"][0];
    assert_eq!(
        (&shown["state"], &shown["due"]),
        (&json!("delivered"), &Value::Null)
    );
    assert_eq!(shown["attempts"][0]["httpStatus"], 503);
    assert_eq!(shown["attempts"][1]["sent"], "2026-11-20T18:00:00+07:00");
    let timeline = get(&sandbox, "/_sandbox/timeline?reference=ord-1").await;
    let text = timeline.to_string();
    assert!(
        text.contains("notification 1 (status 00): attempt 1: HTTP 503"),
        "{text}"
    );
    for token in merchant.issued() {
        assert!(!text.contains(&token));
    }
}

#[tokio::test]
async fn what_the_merchant_answered_cannot_be_made_up_and_a_reset_keeps_its_addresses() {
    let sandbox = start(frozen().admin(([127, 0, 0, 1], 0).into())).await;
    let merchant = MerchantServer::of(&sandbox).await;
    merchant.fail(1);
    pay(&sandbox, "ord-1").await;
    sandbox.notifications_idle().await;
    let heard = json!({
        "action": "hear", "notification": 1, "attempt": 2, "sentMicros": 0, "status": 200,
    });

    let made_up = post(&sandbox, "/_sandbox/actions", heard).await;
    let plain =
        json!({"action": "notify-to", "notificationUrl": "https://a/", "tokenUrl": "http://a/"});
    let not_plain = post(&sandbox, "/_sandbox/actions", plain).await;
    act(&sandbox, json!({"action": "reset"})).await;
    let emptied = sandbox.notifications().len();
    pay(&sandbox, "ord-1").await;
    sandbox.run_until_idle().await;

    assert_eq!((made_up.status, not_plain.status), (400, 400));
    assert!(
        not_plain.text.contains("plain http://"),
        "{}",
        not_plain.text
    );
    assert_eq!(emptied, 0);
    assert_eq!(only(&sandbox).id, 2, "an id is never given twice");
    assert_eq!(merchant.verdicts(), ["ok", "ok"]);
}

fn frozen_clock() -> Clock {
    Clock::fixed(moment("2026-11-20T10:30:00Z"))
}
