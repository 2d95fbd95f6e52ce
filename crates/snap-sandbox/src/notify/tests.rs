use std::time::{Duration, SystemTime};

use super::{
    errand::{Call, Errand},
    heard::Heard,
    *,
};
use crate::{
    action::{Action, ActionError},
    arrived::Arrived,
    clock::Clock,
    json::Json,
    judge::{Judge, Rules},
    ledger::{Decision, book::Course, order::Order},
    spec::Catalogue,
};

/// A judge on 2026-11-20 at 17:30 in Jakarta, with a payment `ord-1` that is pending, and a merchant.
fn judge() -> Judge {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_170_600);
    let judge = Judge::new(1, Clock::fixed(at), Rules::default()).expect("bundled files");
    let catalogue = Catalogue::embedded().expect("bundled files");
    let mut served = catalogue.served(false);
    let payment = served.find(|operation| operation.id == "direct-debit.payment");
    let request = br#"{"partnerReferenceNo":"ord-1","amount":{"value":"1.00","currency":"IDR"}}"#;
    let arrived = Arrived {
        method: "POST".to_owned(),
        target: "/".to_owned(),
        headers: Vec::new(),
        body: None,
    };
    let request = Json::read(request).expect("JSON");
    let order = Order::read(payment.expect("a payment"), &request, &arrived).expect("an order");
    let now = judge.clock.utc();
    judge.prepare(|state| state.book.accept(order, Some("D1"), Course::Pending, now));
    act(
        &judge,
        Action::NotifyTo {
            notification_url: "http://merchant/notify".to_owned(),
            token_url: "http://merchant/token".to_owned(),
        },
    );
    judge
}

/// Acts as a replay would: what is written is read again.
#[track_caller]
fn act(judge: &Judge, action: Action) {
    let written = action.to_json().to_string();
    let json = Json::read(written.as_bytes()).expect("JSON");
    let read = Action::read(&json).expect("an action");
    assert_eq!(read.to_json(), json);
    judge.act(read).expect("carried out");
}

fn decide(judge: &Judge) {
    act(
        judge,
        Action::Decide {
            reference: "ord-1".to_owned(),
            decision: Decision::Succeed,
        },
    );
}

fn errand(judge: &Judge) -> Option<Errand> {
    judge.look(|state, now| state.notifications.errand(now, &state.times, false))
}

/// Hears that of the errand that is due.
#[track_caller]
fn hear(judge: &Judge, heard: Heard) {
    let Errand {
        notification,
        attempt,
        sent,
        ..
    } = errand(judge).expect("something is due");
    act(
        judge,
        Action::Hear(Hearing {
            notification,
            attempt,
            sent,
            heard,
        }),
    );
}

fn token(text: &str) -> Heard {
    Heard::Token {
        token: text.to_owned(),
        seconds: 900,
    }
}

fn answer(status: u16) -> Heard {
    Heard::Answer {
        status,
        acknowledged: true,
    }
}

/// What is asked for, by which token, and the timestamp it has.
fn due(judge: &Judge) -> (Option<String>, String) {
    match errand(judge).expect("something is due").call {
        Call::Token { timestamp } => (None, timestamp),
        Call::Snap(snap) => (Some(snap.token), snap.timestamp),
        Call::Kirimdoku { .. } => panic!("a notice of Kirim DOKU"),
    }
}

#[test]
fn addresses_are_read_as_they_were_written() {
    let judge = judge();

    act(
        &judge,
        Action::NotifyKirimdokuTo {
            unpaid_url: "http://merchant/unpaid".to_owned(),
            refund_url: "http://merchant/refund".to_owned(),
        },
    );
}

/// The merchant runs on real time, and has to see the age that it would see in production.
#[test]
fn a_retry_after_a_skip_is_back_dated_by_the_time_skipped() {
    let judge = judge();
    decide(&judge);
    hear(&judge, token("first-token"));
    let first = due(&judge);
    hear(&judge, answer(503));
    assert!(errand(&judge).is_none());

    act(&judge, Action::Skip(Duration::from_secs(1800)));
    let asks = due(&judge);
    hear(&judge, token("second-token"));
    let retry = due(&judge);

    let some = |text: &str| Some(text.to_owned());
    let at = |text: &str| format!("2026-11-20T{text}:00+07:00");
    assert_eq!(first, (some("first-token"), at("17:30")));
    assert_eq!(asks, (None, at("17:30")));
    assert_eq!(retry, (some("second-token"), at("17:00")));
}

#[test]
fn the_same_inputs_make_the_same_queue() {
    let run = || {
        let judge = judge();
        for vary in [Vary::Duplicate, Vary::Contradiction, Vary::OtherExternalId] {
            act(&judge, Action::Vary(Variation::new(vary)));
        }
        decide(&judge);
        hear(&judge, token("token-of-the-merchant"));
        hear(&judge, answer(200));
        hear(&judge, answer(401));
        hear(&judge, token("another-token-of-the-merchant"));
        hear(
            &judge,
            Heard::Nothing {
                reason: "no whole answer within 10s".to_owned(),
                too_slow: true,
            },
        );
        act(&judge, Action::Skip(Duration::from_secs(6 * 3600)));
        act(&judge, Action::Resend(1));
        judge.look(|state, _| {
            let events = state
                .timeline
                .events()
                .map(|event| format!("{:?}", event.what));
            (state.notifications.reports(), events.collect::<Vec<_>>())
        })
    };

    let (reports, events) = run();

    assert_eq!(reports.len(), 2);
    assert_eq!(reports[1].attempts[0].mistakes, [MerchantMistake::TooSlow]);
    assert!(
        events
            .iter()
            .all(|event| !event.contains("token-of-the-merchant"))
    );
    assert_eq!((reports, events), run());
}

#[test]
fn the_timeline_tells_every_step_in_words() {
    let judge = judge();
    decide(&judge);
    hear(&judge, token("token-of-the-merchant"));
    hear(&judge, answer(401));
    hear(&judge, token("another-token"));
    hear(&judge, answer(500));

    let told = judge.look(|state, _| {
        let events = state.timeline.of("ord-1");
        let events = events.filter_map(|event| match &event.what {
            crate::timeline::What::Notification(event) => Some(event.to_string()),
            _ => None,
        });
        events.collect::<Vec<_>>()
    });

    let steps = [
        "queued",
        "the merchant issued a token",
        "the merchant refused the token, another is asked for",
        "the merchant issued a token",
        "attempt 1: HTTP 500",
    ];
    let steps = steps.map(|step| format!("notification 1 (status 00): {step}"));
    assert_eq!(told, steps);
}

#[test]
fn what_was_heard_of_nothing_that_is_due_changes_nothing() {
    let judge = judge();
    decide(&judge);
    hear(&judge, token("token-of-the-merchant"));
    let sent = judge.clock.utc();
    for (notification, attempt) in [(2, 1), (1, 0), (1, 2)] {
        let hearing = Hearing {
            notification,
            attempt,
            sent,
            heard: answer(200),
        };

        let refused = judge.act(Action::Hear(hearing));

        assert_eq!(refused, Err(ActionError::UnknownNotification));
    }
    let refused = judge.act(Action::Resend(2));
    assert_eq!(refused, Err(ActionError::UnknownNotification));
    let reports = judge.look(|state, _| state.notifications.reports());
    assert_eq!(reports[0].state, NotificationState::Waiting);
    assert!(reports[0].attempts.is_empty());
}

#[test]
fn what_is_no_hearing_or_variation_is_named() {
    let error = |text: &str| {
        let json = Json::read(text.as_bytes()).expect("JSON");
        Action::read(&json).expect_err("not an action").to_string()
    };

    assert!(error(r#"{"action":"vary","vary":"none"}"#).contains("\"vary\""));
    assert!(error(r#"{"action":"vary","vary":"delay"}"#).contains("\"millis\""));
    assert!(error(r#"{"action":"vary","vary":"drop","times":-1}"#).contains("\"times\""));
    assert!(error(r#"{"action":"resend"}"#).contains("\"id\""));
    assert!(error(r#"{"action":"hear","status":200}"#).contains("\"sentMicros\""));
    let far = format!(
        r#"{{"action":"hear","status":200,"sentMicros":{}}}"#,
        i64::MAX
    );
    assert!(error(&far).contains("\"sentMicros\""));
}

#[test]
fn debug_does_not_show_the_token() {
    let text = format!("{:?}", token("token-of-the-merchant"));

    assert!(!text.contains("token-of-the-merchant"), "{text}");
}

#[test]
fn every_variation_is_read_as_it_was_written() {
    let all = [
        Vary::Duplicate,
        Vary::Reorder,
        Vary::Delay(Duration::from_millis(60_001)),
        Vary::Drop,
        Vary::WrongSignature,
        Vary::StaleTimestamp,
        Vary::UnknownToken,
        Vary::Contradiction,
        Vary::OtherExternalId,
    ];
    for vary in all {
        let variation = Variation::new(vary).for_reference("ord-1").times(3);
        let json = Json::object(variation.members());

        assert_eq!(Variation::read(&json), Ok(variation), "{json}");
    }
}
