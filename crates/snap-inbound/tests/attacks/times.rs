//! A29 to A34: timestamps.

use std::time::Duration;

use crate::{
    mail::{CLIENT, Merchant, token_request},
    support::NOW,
};

/// What becomes of a message with this timestamp, signed literally.
async fn with_time(merchant: &Merchant, timestamp: &str) -> String {
    merchant
        .after(|mail| {
            mail.set("X-TIMESTAMP", timestamp);
            mail.sign();
        })
        .await
}

#[tokio::test]
async fn a29_missing_unreadable_without_zone_or_without_time() {
    let merchant = Merchant::new().await;
    let missing = merchant.after(|mail| mail.remove("X-TIMESTAMP")).await;
    merchant.refused_as(&missing, "4005602", "missing");
    for text in [
        "now",
        "2026-11-20T17:30:00",
        "2026-11-20",
        "1795170600",
        "2026-11-20 17:30:00+07:00",
        "20261120T173000Z",
        "2026-11-20T17:30+07:00",
        "Fri, 20 Nov 2026 10:30:00 GMT",
    ] {
        merchant.refused_as(&with_time(&merchant, text).await, "4005601", text);
    }
    let long = format!("2026-11-20T17:30:00.{}Z", "0".repeat(40));
    merchant.refused_as(&with_time(&merchant, &long).await, "4005602", "long");
}

#[tokio::test]
async fn a30_the_edges_of_the_token_window() {
    for (offset, accepted) in [
        (-301, false),
        (-300, true),
        (-299, true),
        (299, true),
        (300, true),
        (301, false),
    ] {
        let merchant = Merchant::new().await;
        let moment = i64::try_from(NOW).unwrap() + offset;
        let text = snap_sign::Timestamp::from_unix(moment, snap_sign::TimestampForm::Jakarta);
        let request = token_request(CLIENT, text.unwrap().as_str())
            .request()
            .unwrap();

        let answer = merchant.receiver.issue_token(&request, None).await;

        assert_eq!(answer.is_ok(), accepted, "{offset}");
        if let Err(reject) = answer {
            assert_eq!(crate::mail::code_of(&reject), "4017300");
        }
    }
}

#[tokio::test]
async fn a31_days_off_and_the_ends_of_time() {
    let merchant = Merchant::new().await;
    for (text, code) in [
        ("2026-11-19T17:30:00+07:00", "4015600"),
        ("2026-11-21T17:30:00+07:00", "4015600"),
        ("0000-01-01T00:00:00Z", "4015600"),
        ("9999-12-31T23:59:59Z", "4015600"),
        ("292277026596-12-04T15:30:07Z", "4005601"),
        ("-999-12-04T15:30:07Z", "4005601"),
    ] {
        merchant.refused_as(&with_time(&merchant, text).await, code, text);
    }
}

#[tokio::test]
async fn the_window_of_notifications_survives_the_last_retry() {
    for (text, code) in [
        ("2026-11-20T04:30:00+07:00", "accepted"), // 13 h
        ("2026-11-20T04:29:59+07:00", "4015600"),
        ("2026-11-20T17:35:00+07:00", "accepted"), // 5 min ahead
        ("2026-11-20T17:35:01+07:00", "4015600"),
    ] {
        let merchant = Merchant::new().await;
        assert_eq!(with_time(&merchant, text).await, code, "{text}");
    }
    for (text, code) in [
        ("2026-11-20T17:15:00+07:00", "accepted"),
        ("2026-11-20T17:14:59+07:00", "4015600"),
        ("2026-11-20T17:45:00+07:00", "accepted"),
        ("2026-11-20T17:45:01+07:00", "4015600"),
    ] {
        let merchant = Merchant::with(|builder| builder.timestamps_are_renewed()).await;
        assert_eq!(with_time(&merchant, text).await, code, "{text}");
    }
}

/// Contradiction 17 of the reference: the last retry is 12 hours after the first attempt, by the column
/// that adds up. The window is an hour wider than either reading.
#[tokio::test]
async fn snap_17_a_retry_after_twelve_hours_with_its_first_timestamp_is_taken() {
    let merchant = Merchant::new().await;
    let mail = merchant.mail();
    merchant.clock.advance(Duration::from_secs(12 * 3600));
    let token = {
        let text = snap_sign::Timestamp::from_unix(
            i64::try_from(NOW).unwrap() + 12 * 3600,
            snap_sign::TimestampForm::Utc,
        );
        let request = token_request(CLIENT, text.unwrap().as_str())
            .request()
            .unwrap();
        let answer = merchant.receiver.issue_token(&request, None).await.unwrap();
        snap_inbound::testing::token_of(&answer).unwrap()
    };
    let mut retry = crate::mail::Mail::signed(&token);
    retry.set("X-TIMESTAMP", mail.get("X-TIMESTAMP"));
    retry.sign();

    assert_eq!(merchant.verdict(&retry).await, "accepted");
}

#[tokio::test]
async fn a32_moments_the_calendar_does_not_have() {
    let merchant = Merchant::new().await;
    for text in [
        "2026-11-20T24:30:00Z",
        "2026-02-30T10:30:00Z",
        "2026-11-20T10:61:00Z",
        "2026-13-20T10:30:00Z",
        "2026-11-20T10:30:61Z",
        "2026-11-20T10:30:00+25:00",
    ] {
        merchant.refused_as(&with_time(&merchant, text).await, "4005601", text);
    }
    // A leap second is a second that exists.
    let verdict = with_time(&merchant, "2026-11-20T10:29:60Z").await;
    assert!(verdict == "accepted" || verdict == "4005601", "{verdict}");
}

#[tokio::test]
async fn a33_every_spelling_of_the_moment_is_read_and_verified_literally() {
    for text in [
        "2026-11-20T10:30:00Z",
        "2026-11-20T10:30:00+00:00",
        "2026-11-20T17:30:00+07:00",
        "2026-11-20T10:30:00-00:00",
        "2026-11-20t10:30:00z",
        "2026-11-20T10:30:00.1Z",
        "2026-11-20T10:30:00.123456789Z",
        "2026-11-20T17:30:00.000+07:00",
    ] {
        let merchant = Merchant::new().await;
        // Signed as another spelling of the same moment: refused.
        let verdict = merchant.after(|mail| mail.set("X-TIMESTAMP", text)).await;
        if text != "2026-11-20T17:30:00+07:00" {
            assert_eq!(verdict, "4015600", "{text}");
            assert_eq!(with_time(&merchant, text).await, "accepted", "{text}");
        }
    }
}

#[tokio::test]
async fn a34_the_offset_that_a_library_of_doku_writes_is_refused_with_a_reason() {
    let merchant = Merchant::new().await;
    let mut mail = merchant.mail();
    mail.set("X-TIMESTAMP", "2026-11-20T17:30:00+5.5:30");
    mail.sign();

    let reject = merchant.verify(&mail).await.unwrap_err();

    assert_eq!(crate::mail::code_of(&reject), "4005601");
    let hint = reject.explain().to_string();
    assert!(hint.contains("not of the form"), "{hint}");
}
