//! Rows about what an answer says.

use http::{HeaderValue, header};
use snap_core::{
    Clock as _, MoneyState, Presumption,
    Stage::{Refused, Unreadable},
};
use snap_sandbox::{Act, At, Fault, JsonForm, Quirks};

use crate::{
    row::{Row, shown},
    subject::{How, Subject},
    wire::not_snap,
    world::{Between, Setting, World, name},
};

#[tokio::test(start_paused = true)]
async fn another_content_type_is_no_matter() {
    Row::fault("24", At::AfterRequest, Act::WrongContentType)
        .with_effect()
        .money("accepted", None)
        .read("ok", 1)
        .session("ok")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn json_without_a_response_code_is_no_answer() {
    not_snap("25", json(200, r#"{"responseMessage":"Successful"}"#))
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_response_code_may_be_a_number() {
    let mut row = Row::new("26")
        .money("accepted", None)
        .read("ok", 1)
        .session("ok");
    row.setting = Setting::default().sandbox(|builder| {
        let mut quirks = Quirks::documented();
        quirks.response_code = JsonForm::Number;
        builder.quirks(quirks)
    });
    row.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_under_http_200_is_a_refusal() {
    Row::answer("27", 200, 403, "01")
        .money("not-moved:rejected", Refused)
        .read("error", 1)
        .session("error")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_success_under_http_500_is_none_where_money_is_concerned() {
    Row::answer("27", 500, 200, "00")
        .money("unknown:inconsistent", Unreadable)
        .read("ok", 1)
        .session("error")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_success_of_another_service_counts_with_our_reference() {
    Row::per_subject("28", At::AfterRequest, |_| answer(200, "2009900"))
        .with_effect()
        .money("accepted", None)
        .read("ok", 1)
        .session("ok")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_success_of_another_service_without_our_reference_does_not_count() {
    let body = r#"{"responseCode":"2009900","responseMessage":"Successful"}"#;
    Row::fault("28", At::AfterRequest, json(200, body))
        .money("unknown:foreign-answer", Unreadable)
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_another_service_proves_nothing_about_money() {
    Row::fault("28", At::AfterRequest, answer(403, "4039901"))
        .money("unknown:foreign-answer", Refused)
        .read("error", 1)
        .session("error")
        .check()
        .await;
}

/// Gateways refuse under services of their own.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_a_gateway_is_a_refusal() {
    for service in ["00", "73", "74"] {
        let code = format!("403{service}01");
        Row::fault("28", At::AfterRequest, answer(403, &code))
            .without_effect()
            .money("not-moved:rejected", Refused)
            .read("error", 1)
            .session("error")
            .check()
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn json_that_is_broken_is_no_answer() {
    let cut = br#"{"responseCode":"20"#.to_vec();
    let bad_utf_8 = b"{\"responseCode\":\"2004300\",\"responseMessage\":\"\xff\"}".to_vec();
    let marked = b"\xef\xbb\xbf{\"responseCode\":\"2004300\"}".to_vec();
    let zipped = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56".to_vec();
    for bytes in [cut, bad_utf_8, marked, zipped] {
        not_snap("29", body(200, bytes)).check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_code_that_is_there_twice_is_none() {
    let twice = r#"{"responseCode":"4030001","responseCode":"2000000"}"#;
    not_snap("29", json(200, twice)).check().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_names_another_member_twice_proves_nothing_about_money() {
    let act = |subject: Subject| {
        let (code, reference) = (subject.code(200, "00"), subject.reference().unwrap_or(""));
        let members = r#""partnerReferenceNo":"OURS","partnerRefundNo":"OURS""#;
        let ours = members.replace("OURS", reference);
        json(
            200,
            &format!(r#"{{"responseCode":"{code}",{ours},"referenceNo":"1","referenceNo":"2"}}"#),
        )
    };
    Row::per_subject("29", At::AfterRequest, act)
        .money("unknown:foreign-answer", Unreadable)
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_nested_ten_thousand_deep_is_not_believed() {
    Row::fault("29", At::AfterRequest, Act::DeepJson)
        .money("unknown:not-snap", Unreadable)
        .read("error", 2)
        .session("error")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_longer_than_the_limit_is_not_read() {
    Row::fault("29", At::AfterRequest, Act::Huge(100 * 1024 * 1024))
        .with_effect()
        .money("unknown:body-truncated", Unreadable)
        .read("error", 2)
        .session("error")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_is_being_processed_is_in_progress() {
    Row::answer("30", 202, 202, "00")
        .money("in-progress:settlement", None)
        .read("ok", 3)
        .session("error")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_inconsistent_request_needs_an_inquiry() {
    needs_inquiry("31", 404, "18").check().await;
}

#[tokio::test(start_paused = true)]
async fn what_an_inconsistent_request_usually_means_is_a_hint() {
    let hints = [
        (Subject::JumpApp, Some(Presumption::NotMoved)),
        (Subject::Refund, Some(Presumption::Moved)),
        (Subject::Transfer, None),
        (Subject::TopUp, None),
    ];
    for (subject, hint) in hints {
        let world = World::prepared(Setting::default(), subject).await;
        let fault = Fault::new(At::AfterRequest, answer(404, &subject.code(404, "18")));
        world.inject(fault.for_operation(subject.operation()));

        let result = world.call(subject, How::default()).await;

        assert_eq!(result.unwrap_err().presumption(), hint, "{subject:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_external_id_that_was_used_needs_an_inquiry_and_costs_a_read_a_new_one() {
    needs_inquiry("32", 409, "00")
        .read("error", 2)
        .check()
        .await;
    Row::answer("32", 409, 409, "00")
        .times(1)
        .read("ok", 2)
        .check()
        .await;
}

/// The sandbox's own refusal, of a request that is sent again under the same external id.
#[tokio::test(start_paused = true)]
async fn the_same_request_again_needs_an_inquiry() {
    for subject in Subject::ALL.into_iter().filter(|of| of.is_money()) {
        let world = World::prepared(Setting::default(), subject).await;
        let how = How {
            external_id: Some(world.client.new_external_id()),
            ..How::default()
        };
        let first = world.call(subject, how.clone()).await;
        assert!(first.is_ok(), "{subject:?}: {}", shown(&first));

        let again = world.call(subject, how).await;

        let error = again.unwrap_err();
        let state = error.money().map(name);
        assert_eq!(state, Some("unknown:needs-inquiry"), "{subject:?}: {error}");
        let ledger = world.sandbox.ledger();
        ledger.assert_no_double_effect();
    }
}

/// The sandbox's own refusal, under another external id.
#[tokio::test(start_paused = true)]
async fn a_reference_that_succeeded_is_unknown_until_an_inquiry() {
    for subject in Subject::ALL.into_iter().filter(|of| of.is_money()) {
        let world = World::prepared(Setting::default(), subject).await;
        world.call(subject, How::default()).await.unwrap();

        let again = world.call(subject, How::default()).await;

        let error = again.unwrap_err();
        let state = error.money().map(name);
        assert_eq!(
            state,
            Some("unknown:already-processed"),
            "{subject:?}: {error}"
        );
        world.sandbox.ledger().assert_no_double_effect();
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_processed_before_is_unknown_until_an_inquiry() {
    for case in ["01", "02"] {
        Row::answer("33", 409, 409, case)
            .money("unknown:already-processed", Refused)
            .read("error", 1)
            .session("error")
            .check()
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_again_is_an_answer() {
    Row::answer("34", 409, 200, "00")
        .with_effect()
        .money("accepted", None)
        .read("ok", 1)
        .session("ok")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_to_somebody_else_is_none() {
    let act = |subject: Subject| {
        let code = subject.code(200, "00");
        let members = r#""partnerReferenceNo":"THEIRS","partnerRefundNo":"THEIRS""#;
        json(409, &format!(r#"{{"responseCode":"{code}",{members}}}"#))
    };
    Row::per_subject("34", At::AfterRequest, act)
        .money("unknown:foreign-answer", Unreadable)
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_requests_moves_nothing_and_a_bare_429_proves_nothing() {
    Row::answer("35", 429, 429, "00")
        .money("not-moved:rate-limited", Refused)
        .read("error", 3)
        .session("error")
        .check()
        .await;
    not_snap("35", Act::Status(429)).check().await;
}

#[tokio::test(start_paused = true)]
async fn a_read_waits_as_long_as_it_is_asked_to() {
    let world = World::new().await;
    world.put_between(Between::editing(|_, mut answer| {
        let wait = HeaderValue::from_static("7");
        answer.headers_mut().insert(header::RETRY_AFTER, wait);
        answer
    }));
    let code = Subject::Balance.code(429, "00");
    world.inject(Fault::new(At::AfterRequest, answer(429, &code)));
    let started = world.clock.monotonic();

    let result = world.call(Subject::Balance, How::default()).await;

    let took = world.clock.monotonic() - started;
    assert!(result.is_ok(), "{}", shown(&result));
    assert!((7..8).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_doku_leaves_it_open() {
    for (http, case) in [(500, "00"), (500, "01"), (500, "02"), (504, "00")] {
        Row::answer("36", http, http, case)
            .money("unknown:server-error", Refused)
            .read("error", 3)
            .session("error")
            .check()
            .await;
    }
}

/// A refusal that is true is the one proof among codes; a lie is DOKU's.
#[tokio::test(start_paused = true)]
async fn a_refusal_for_good_moves_nothing() {
    for (http, case) in [(400, "01"), (403, "00"), (404, "02"), (405, "00")] {
        let row = Row::answer("§6", http, http, case).without_effect();
        row.money("not-moved:rejected", Refused)
            .read("error", 1)
            .session("error")
            .check()
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_payment_out_of_a_known_step_is_claimed_as_moved() {
    for subject in Subject::ALL.into_iter().filter(|of| of.is_money()) {
        let world = World::prepared(Setting::default(), subject).await;

        let told = world.call(subject, How::default()).await.unwrap();

        let moved = matches!(told.money, Some(MoneyState::Moved(_)));
        let documented = subject == Subject::Recurring || subject.column() == "reversal";
        assert_eq!(moved, documented, "{subject:?}: {:?}", told.money);
    }
}

fn needs_inquiry(number: &'static str, http: u16, case: &'static str) -> Row {
    Row::answer(number, http, http, case)
        .money("unknown:needs-inquiry", Refused)
        .read("error", 1)
        .session("error")
}

pub fn answer(http: u16, code: &str) -> Act {
    Act::Answer {
        http,
        code: code.to_owned(),
    }
}

fn json(http: u16, text: &str) -> Act {
    body(http, text.as_bytes().to_vec())
}

fn body(http: u16, bytes: Vec<u8>) -> Act {
    Act::Body {
        http,
        content_type: "application/json".into(),
        bytes,
    }
}
