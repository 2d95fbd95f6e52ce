//! Debits, credits and reversals: every result says where the money is, and nothing is sent that
//! should not be.

#![expect(clippy::unwrap_used, reason = "in helpers of tests")]

mod support;

use std::{future::Future, time::Duration};

use serde_json::json;
use snap_core::{
    B2b, Client, ExternalId, MoneyState, MovedProof, NextStep, NotMovedProof, Operation,
    Presumption, ResponseCode, Stage, UnknownReason,
    transport::{TransportError, TransportStage},
};
use support::{
    Doku, Said, Silence, client, config,
    customers::Log,
    money::{
        Authorize, Cancel, Capture, Order, Pay, Purchase, REFERENCE, Receipt, Refund, Result,
        TopUp, Transfer, Void, answer, call_of, coded, is, money, not_moved, order, paying, ready,
        unknown,
    },
    refusal, token_answer, virtual_now,
};

const SECOND: Duration = Duration::from_secs(1);

const IN_PROGRESS: MoneyState = MoneyState::InProgress(NextStep::Settlement);

fn moved(code: &str) -> MoneyState {
    MoneyState::Moved(MovedProof::Accepted(code.into()))
}

fn broken(stage: TransportStage) -> Said {
    Err(TransportError::new(stage, "it broke"))
}

/// One call of each kind to a DOKU that says this; the code is given without its service.
#[track_caller]
fn on_each_kind(
    say: impl Fn(&str) -> Said,
    expect: impl Fn(&str) -> MoneyState,
) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let results = [
            ("54", call_of::<Pay>(say("54")).await),
            ("43", call_of::<Transfer>(say("43")).await),
            ("58", call_of::<Refund>(say("58")).await),
        ];
        for (service, (result, doku)) in results {
            let state = expect(service);
            assert_eq!(money(&result), state, "{caller}: {service} {result:?}");
            is(&result, &state);
            assert_eq!(doku.calls().len(), 1, "{caller}: {service}");
        }
    }
}

/// The same for an answer that is only a code, such as `403__13`.
#[track_caller]
fn code_on_each_kind(
    pattern: &str,
    expect: impl Fn(ResponseCode) -> MoneyState,
) -> impl Future<Output = ()> {
    let code = move |service: &str| pattern.replace("__", service);
    let (say, named) = (code, code);
    on_each_kind(
        move |service| coded(&say(service)),
        move |service| expect(named(service).as_str().into()),
    )
}

// ------------------------------------------------------------------------------- nothing was sent

/// Nothing was sent, not even for a token.
#[track_caller]
fn is_local(result: &Result, doku: &Doku, because: &str) {
    let error = result.as_ref().unwrap_err();
    assert_eq!(
        error.money(),
        Some(&not_moved(NotMovedProof::Local)),
        "{error}"
    );
    assert_eq!(
        (error.stage(), error.attempts()),
        (Stage::NotSent, [].as_slice())
    );
    assert!(error.to_string().contains(because), "{error}");
    assert!(error.pending().is_none());
    assert_eq!(doku.requests().len(), 0);
}

#[tokio::test]
async fn a_body_that_cannot_be_written_moves_nothing_and_asks_for_no_token() {
    let doku = Doku::new();
    let mut nested = json!(1);
    for _ in 0..200 {
        nested = json!([nested]);
    }
    let order = Order {
        additional_info: nested,
        ..order()
    };

    let result = client(&doku).call::<Pay>(&order).await;

    is_local(&result, &doku, "cannot be written");
}

#[tokio::test]
async fn a_call_without_a_reference_moves_nothing_and_asks_for_no_token() {
    let doku = Doku::new();
    let order = Order {
        partner_reference_no: String::new(),
        ..order()
    };

    let result = client(&doku).call::<Pay>(&order).await;

    is_local(&result, &doku, "reference");
}

#[tokio::test]
async fn an_unusable_header_moves_nothing_and_asks_for_no_token() {
    let doku = Doku::new();

    let result = client(&doku)
        .call::<Pay>(&order())
        .with_header("X-A", "a\r\nb: c")
        .await;

    is_local(&result, &doku, "line end");
}

#[tokio::test]
async fn a_limit_that_money_depends_on_moves_nothing_and_asks_for_no_token() {
    let doku = Doku::new();
    let order = Order {
        partner_reference_no: "9".repeat(65),
        ..order()
    };

    let result = client(&doku).call::<Pay>(&order).await;

    is_local(&result, &doku, "at most 64");
    assert_eq!(result.unwrap_err().limit_findings().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_refuses_or_cannot_be_reached_moves_nothing() {
    for said in [
        coded("5007300"),
        coded("4007300"),
        broken(TransportStage::NotConnected),
    ] {
        let doku = Doku::new();
        doku.say_to_token_request(said);

        let result = client(&doku).call::<Pay>(&order()).await;

        is(&result, &not_moved(NotMovedProof::NoToken));
        assert_eq!(doku.calls().len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_hangs_moves_nothing_and_is_told_at_the_deadline() {
    let doku = Doku::slow(60 * SECOND);
    let start = virtual_now();

    let result = client(&doku)
        .call::<Pay>(&order())
        .with_timeout(3 * SECOND)
        .await;

    is(&result, &not_moved(NotMovedProof::NoToken));
    assert!(result.unwrap_err().is_timeout());
    assert_punctual(start.elapsed(), 3 * SECOND);
    assert_eq!(doku.calls().len(), 0);
}

/// G4.
#[track_caller]
fn assert_punctual(elapsed: Duration, limit: Duration) {
    let latest = limit + Duration::from_millis(50);
    assert!(
        (limit..=latest).contains(&elapsed),
        "{elapsed:?} of {limit:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn three_failed_connections_moved_nothing_and_carried_one_external_id() {
    let doku = Doku::new();
    for _ in 0..3 {
        doku.say_to_call(broken(TransportStage::NotConnected));
    }

    let result = client(&doku).call::<Pay>(&order()).await;

    is(&result, &not_moved(NotMovedProof::NotSent));
    let ids = doku.external_ids();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let error = result.unwrap_err();
    let stages: Vec<_> = error
        .attempts()
        .iter()
        .map(|attempt| attempt.stage)
        .collect();
    assert_eq!(stages, [Some(Stage::NotSent); 3]);
    assert!(error.to_string().contains("3 attempts"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_succeeds_the_third_time_pays_once() {
    let doku = Doku::new();
    for _ in 0..2 {
        doku.say_to_call(broken(TransportStage::NotConnected));
    }

    let result = client(&doku).call::<Pay>(&order()).await;

    is(&result, &IN_PROGRESS);
    let answer = result.unwrap();
    assert_eq!(answer.attempts().len(), 3);
    assert_eq!(
        answer.pending().unwrap().external_ids,
        [answer.external_id().clone()]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_tls_is_not_tried_again() {
    on_each_kind(
        |_| broken(TransportStage::NotTrusted),
        |_| not_moved(NotMovedProof::NotSent),
    )
    .await;
}

#[tokio::test]
async fn a_proxy_that_wants_a_password_forwarded_nothing() {
    on_each_kind(
        |_| Ok((407, "<html>".to_owned())),
        |_| not_moved(NotMovedProof::NotSent),
    )
    .await;
}

// --------------------------------------------------------------------------- no answer to rely on

#[tokio::test(start_paused = true)]
async fn a_lost_connection_may_have_moved_the_money_and_is_sent_once() {
    on_each_kind(
        |_| broken(TransportStage::NoAnswer),
        |_| unknown(UnknownReason::ConnectionLost),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_ends_at_its_deadline_as_unknown() {
    let client = Client::with_transport(config(), Silence).unwrap();
    let start = virtual_now();

    let result = client.call::<Pay>(&order()).with_timeout(2 * SECOND).await;

    assert_punctual(start.elapsed(), 2 * SECOND);
    is(&result, &unknown(UnknownReason::Timeout));
    let error = result.unwrap_err();
    assert_eq!((error.stage(), error.is_timeout()), (Stage::NoAnswer, true));
    assert_eq!(error.attempts().len(), 1);
    assert_eq!(error.attempts()[0].elapsed, 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_begun_and_does_not_end_is_unknown_at_the_deadline() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.send_heads_first();
    doku.answer_late(60 * SECOND);
    let start = virtual_now();

    let result = client.call::<Pay>(&order()).with_timeout(2 * SECOND).await;

    assert_punctual(start.elapsed(), 2 * SECOND);
    is(&result, &unknown(UnknownReason::Timeout));
    let error = result.unwrap_err();
    assert_eq!(
        (error.stage(), error.http_status()),
        (Stage::Unreadable, Some(200))
    );
    assert_eq!(error.attempts()[0].http_status, Some(200));
}

#[tokio::test]
async fn a_body_that_breaks_off_may_have_moved_the_money() {
    on_each_kind(
        |_| broken(TransportStage::Body { http_status: 200 }),
        |_| unknown(UnknownReason::BodyTruncated),
    )
    .await;
}

#[tokio::test]
async fn an_answer_that_is_not_snap_may_have_moved_the_money() {
    for (http, body) in [
        (200, "<html>maintenance</html>"),
        (200, r#"{"responseCode":"0"}"#),
        (200, r#"{"responseCode":"2005400","#),
        (200, "{}"),
        (401, "<html>"),
        (404, "No static resource"),
        (429, ""),
        (502, "<html>Bad Gateway</html>"),
    ] {
        on_each_kind(
            |_| Ok((http, body.to_owned())),
            |_| unknown(UnknownReason::NotSnap { http }),
        )
        .await;
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_may_have_moved_the_money() {
    for status in [301, 302, 307, 308] {
        on_each_kind(
            |_| Ok((status, String::new())),
            |_| unknown(UnknownReason::Redirected),
        )
        .await;
    }
}

// ------------------------------------------------------------------------------------- the codes

#[tokio::test]
async fn a_definite_refusal_moves_nothing() {
    for code in [
        "400__00", "400__01", "400__02", "400__04", "403__00", "403__01", "403__02", "403__03",
        "403__05", "403__10", "403__11", "403__12", "403__14", "403__15", "403__18", "403__20",
        "404__02", "404__03", "404__05", "404__06", "404__08", "404__11", "404__12", "404__13",
        "404__15", "404__16", "404__17", "404__19", "405__00", "405__01",
    ] {
        code_on_each_kind(code, |code| not_moved(NotMovedProof::Rejected(code))).await;
    }
}

#[tokio::test]
async fn being_limited_moves_nothing_and_is_not_tried_again() {
    code_on_each_kind("429__00", |_| not_moved(NotMovedProof::RateLimited)).await;
}

#[tokio::test]
async fn a_server_error_may_have_moved_the_money_and_is_sent_once() {
    for code in ["500__00", "500__01", "500__02", "504__00"] {
        code_on_each_kind(code, |code| unknown(UnknownReason::ServerError(code))).await;
    }
}

#[tokio::test]
async fn a_code_that_may_mean_either_needs_an_inquiry() {
    for code in ["400__03", "404__00", "404__14", "404__18", "409__00"] {
        code_on_each_kind(code, |code| unknown(UnknownReason::NeedsInquiry(code))).await;
    }
}

#[tokio::test]
async fn a_repetition_of_what_was_processed_needs_an_inquiry() {
    for code in ["409__01", "409__02"] {
        code_on_each_kind(code, |code| unknown(UnknownReason::AlreadyProcessed(code))).await;
    }
}

#[tokio::test]
async fn a_code_that_no_document_lists_proves_nothing() {
    for code in [
        "400__07", "401__09", "409__03", "418__00", "429__01", "500__09", "503__00", "504__01",
        "200__01",
    ] {
        code_on_each_kind(code, |code| unknown(UnknownReason::UnlistedCode(code))).await;
    }
}

#[tokio::test]
async fn a_transaction_that_is_not_found_is_settled_by_one_inquiry() {
    code_on_each_kind("404__01", |code| unknown(UnknownReason::NeedsInquiry(code))).await;

    let not_found = |result: Result| result.unwrap_err().pending().unwrap().refused_as_not_found;
    assert!(not_found(call_of::<Pay>(coded("4045401")).await.0));
    assert!(!not_found(call_of::<Pay>(coded("4045418")).await.0));
}

#[tokio::test]
async fn an_otp_leaves_a_debit_in_progress_and_says_nothing_about_the_rest() {
    for code in ["403__13", "500__13"] {
        let (otp, also) = (
            MoneyState::InProgress(NextStep::Otp),
            code.replace("__", "54"),
        );
        let (result, _) = call_of::<Pay>(coded(&also)).await;
        is(&result, &otp);
        assert_eq!(result.unwrap_err().stage(), Stage::Refused);

        for (service, result) in [
            (
                "43",
                call_of::<Transfer>(coded(&code.replace("__", "43")))
                    .await
                    .0,
            ),
            (
                "58",
                call_of::<Refund>(coded(&code.replace("__", "58"))).await.0,
            ),
        ] {
            let code = code.replace("__", service);
            is(
                &result,
                &unknown(UnknownReason::NeedsInquiry(code.as_str().into())),
            );
        }
    }
}

#[tokio::test]
async fn a_cancelled_transaction_was_not_paid_and_may_be_what_a_reversal_did() {
    let rejected = |code: &str| not_moved(NotMovedProof::Rejected(code.into()));

    is(
        &call_of::<Pay>(coded("4045404")).await.0,
        &rejected("4045404"),
    );
    is(
        &call_of::<Transfer>(coded("4044304")).await.0,
        &rejected("4044304"),
    );
    let code = ResponseCode::from("4045804");
    is(
        &call_of::<Refund>(coded("4045804")).await.0,
        &unknown(UnknownReason::NeedsInquiry(code)),
    );
}

#[tokio::test]
async fn what_an_inconsistent_request_usually_means_depends_on_the_service() {
    async fn presumed<O>() -> Option<Presumption>
    where
        O: Operation<Request = Order, Response = Receipt, Auth = B2b>,
    {
        let code = format!("404{}18", O::INFO.service_code());
        let (result, _) = call_of::<O>(coded(&code)).await;
        is(
            &result,
            &unknown(UnknownReason::NeedsInquiry(code.as_str().into())),
        );
        result.unwrap_err().presumption()
    }

    assert_eq!(presumed::<Refund>().await, Some(Presumption::Moved));
    assert_eq!(presumed::<Void>().await, Some(Presumption::Moved));
    assert_eq!(presumed::<Pay>().await, Some(Presumption::NotMoved));
    assert_eq!(presumed::<Authorize>().await, Some(Presumption::NotMoved));
    assert_eq!(presumed::<Capture>().await, Some(Presumption::NotMoved));
    assert_eq!(presumed::<TopUp>().await, None);
    assert_eq!(presumed::<Transfer>().await, None);
    assert_eq!(presumed::<Cancel>().await, None);
}

#[tokio::test]
async fn only_an_inconsistent_request_is_presumed_to_be_anything() {
    for code in ["4045800", "4095801", "5005800"] {
        let (result, _) = call_of::<Refund>(coded(code)).await;
        assert_eq!(result.unwrap_err().presumption(), None, "{code}");
    }
}

#[tokio::test]
async fn a_refusal_under_http_200_is_a_refusal() {
    on_each_kind(
        |service| {
            Ok((
                200,
                refusal(&format!("403{service}14"), "Insufficient Funds"),
            ))
        },
        |service| {
            not_moved(NotMovedProof::Rejected(
                format!("403{service}14").as_str().into(),
            ))
        },
    )
    .await;
}

#[tokio::test]
async fn a_success_under_an_http_error_is_a_contradiction() {
    for http in [400, 404, 500, 502] {
        on_each_kind(
            |service| answer(http, json!({"responseCode": format!("200{service}00"), "partnerReferenceNo": REFERENCE})),
            |_| unknown(UnknownReason::Inconsistent),
        )
        .await;
    }
}

#[tokio::test]
async fn a_code_that_is_a_number_is_read_like_text() {
    on_each_kind(
        |service| {
            answer(
                403,
                json!({"responseCode": format!("403{service}14").parse::<u32>().unwrap()}),
            )
        },
        |service| {
            not_moved(NotMovedProof::Rejected(
                format!("403{service}14").as_str().into(),
            ))
        },
    )
    .await;
}

// --------------------------------------------------------------------------------- answers of others

#[tokio::test]
async fn the_first_answer_again_counts_if_it_names_our_reference() {
    let again = |service: &str, reference: Option<&str>| {
        answer(
            409,
            json!({"responseCode": format!("200{service}00"), "partnerReferenceNo": reference}),
        )
    };
    let needs_inquiry = |service: &str| {
        let code = format!("200{service}00");
        unknown(UnknownReason::NeedsInquiry(code.as_str().into()))
    };

    is(
        &call_of::<Refund>(again("58", Some(REFERENCE))).await.0,
        &moved("2005800"),
    );
    is(
        &call_of::<Pay>(again("54", Some(REFERENCE))).await.0,
        &IN_PROGRESS,
    );
    is(
        &call_of::<Transfer>(again("43", Some(REFERENCE))).await.0,
        &IN_PROGRESS,
    );
    on_each_kind(|service| again(service, None), needs_inquiry).await;
    on_each_kind(
        |service| again(service, Some("INV-OTHER")),
        |_| unknown(UnknownReason::ForeignAnswer),
    )
    .await;
}

#[tokio::test]
async fn an_answer_about_another_reference_proves_nothing_whatever_its_code() {
    for code in [
        "200__00", "202__00", "400__00", "403__14", "404__01", "429__00", "500__00",
    ] {
        on_each_kind(
            |service| {
                let code = code.replace("__", service);
                let http = code[..3].parse().unwrap();
                answer(
                    http,
                    json!({"responseCode": code, "partnerReferenceNo": "INV-OTHER"}),
                )
            },
            |_| unknown(UnknownReason::ForeignAnswer),
        )
        .await;
    }
}

#[tokio::test]
async fn an_answer_that_names_a_member_twice_proves_nothing() {
    for code in ["200__00", "403__14"] {
        on_each_kind(
            |service| {
                let code = code.replace("__", service);
                let twice = r#""partnerReferenceNo":"INV-2024-1""#;
                let body = format!(r#"{{"responseCode":"{code}",{twice},{twice}}}"#);
                Ok((code[..3].parse().unwrap(), body))
            },
            |_| unknown(UnknownReason::ForeignAnswer),
        )
        .await;
    }
}

/// An answer to another request, on a connection that is out of step, is no leave to send again.
#[tokio::test(start_paused = true)]
async fn a_refused_token_of_another_request_is_not_a_reason_to_send_again() {
    for case in ["00", "01", "02", "03", "04"] {
        on_each_kind(
            |service| {
                let code = format!("401{service}{case}");
                answer(
                    401,
                    json!({"responseCode": code, "partnerReferenceNo": "INV-OTHER"}),
                )
            },
            |_| unknown(UnknownReason::ForeignAnswer),
        )
        .await;
        on_each_kind(
            |service| {
                let body = format!(r#"{{"responseCode":"401{service}{case}","a":1,"a":2}}"#);
                Ok((401, body))
            },
            |_| unknown(UnknownReason::ForeignAnswer),
        )
        .await;
    }
}

#[tokio::test]
async fn a_refusal_of_another_service_proves_nothing() {
    for code in [
        "4031114", "4000000", "4045599", "4017700", "4011101", "4290000",
    ] {
        on_each_kind(|_| coded(code), |_| unknown(UnknownReason::ForeignAnswer)).await;
    }
}

#[tokio::test]
async fn a_success_of_another_service_counts_if_it_names_our_reference() {
    let foreign = |reference: &str| {
        answer(
            200,
            json!({"responseCode": "2001100", "partnerReferenceNo": reference}),
        )
    };

    is(&call_of::<Pay>(foreign(REFERENCE)).await.0, &IN_PROGRESS);
    is(
        &call_of::<Refund>(foreign(REFERENCE)).await.0,
        &moved("2001100"),
    );
    on_each_kind(|_| foreign(""), |_| unknown(UnknownReason::ForeignAnswer)).await;
}

#[tokio::test]
async fn services_that_are_known_to_answer_for_another_are_believed() {
    is(
        &call_of::<Refund>(coded("2000700")).await.0,
        &moved("2000700"),
    );
    is(&call_of::<Pay>(coded("2000500")).await.0, &IN_PROGRESS);
    let rejected = not_moved(NotMovedProof::Rejected("4030514".into()));
    is(&call_of::<Pay>(coded("4030514")).await.0, &rejected);
    is(
        &call_of::<Pay>(coded("2000700")).await.0,
        &unknown(UnknownReason::ForeignAnswer),
    );
}

#[tokio::test]
async fn a_gateway_that_refuses_under_its_own_service_is_believed() {
    for service in ["00", "73", "74"] {
        let code = format!("403{service}01");
        let rejected = not_moved(NotMovedProof::Rejected(code.as_str().into()));
        on_each_kind(|_| coded(&code), |_| rejected.clone()).await;
        let code = format!("401{service}00");
        on_each_kind(|_| coded(&code), |_| not_moved(NotMovedProof::AuthRejected)).await;
    }
}

// ----------------------------------------------------------------------------------- the successes

#[tokio::test]
async fn an_accepted_debit_is_in_progress_until_an_inquiry_says_more() {
    let (result, _) = call_of::<Pay>(coded("2005400")).await;

    is(&result, &IN_PROGRESS);
    assert!(result.is_ok());
}

#[tokio::test]
async fn a_debit_that_sends_the_customer_to_a_page_waits_for_the_customer() {
    for members in [
        json!({"webRedirectUrl": "https://pay.example/1"}),
        json!({"appRedirectUrl": "app://pay"}),
        json!({"additionalInfo": {"webRedirectUrl": "https://pay.example/1"}}),
        json!({"urlParam": [{"url": "https://pay.example"}]}),
    ] {
        let mut body = members;
        body["responseCode"] = "2005400".into();

        let (result, _) = call_of::<Pay>(answer(200, body)).await;

        is(&result, &MoneyState::InProgress(NextStep::CustomerRedirect));
    }
}

const OVO: &str = "EMONEY_OVO_SNAP";

async fn recurring(channel: &str, said: Said) -> Result {
    let doku = Doku::new();
    doku.say_to_call(said);
    let info = json!({"channel": channel, "paymentType": "RECURRING"});
    let order = Order {
        additional_info: info,
        ..order()
    };
    client(&doku).call::<Pay>(&order).await
}

#[tokio::test]
async fn a_recurring_debit_has_no_step_of_the_customer_and_is_moved() {
    is(&recurring(OVO, coded("2005400")).await, &moved("2005400"));
}

/// BRI takes the same member, and no page says that it settles at once.
#[tokio::test]
async fn a_recurring_debit_of_another_channel_is_not_claimed_as_moved() {
    let result = recurring("DIRECT_DEBIT_BRI_SNAP", coded("2005400")).await;

    is(&result, &IN_PROGRESS);
}

#[tokio::test]
async fn a_recurring_debit_that_does_send_the_customer_to_a_page_is_not_moved_yet() {
    let page = json!({"responseCode": "2005400", "webRedirectUrl": "https://pay.example"});

    is(
        &recurring(OVO, answer(200, page)).await,
        &MoneyState::InProgress(NextStep::CustomerRedirect),
    );
}

#[tokio::test]
async fn an_accepted_credit_is_in_progress_until_it_is_settled() {
    is(&call_of::<Transfer>(coded("2004300")).await.0, &IN_PROGRESS);
    let said = json!({"responseCode": "2004300", "latestTransactionStatus": "00"});
    is(
        &call_of::<Transfer>(answer(200, said)).await.0,
        &IN_PROGRESS,
    );
}

async fn refund_with(member: &str, status: serde_json::Value) -> Result {
    let body = json!({"responseCode": "2005800", "refundNo": "R-1", member: status});
    call_of::<Refund>(answer(200, body)).await.0
}

#[tokio::test]
async fn an_accepted_reversal_is_moved() {
    is(
        &call_of::<Refund>(coded("2005800")).await.0,
        &moved("2005800"),
    );
    is(
        &refund_with("refundStatus", "00".into()).await,
        &moved("2005800"),
    );
    is(
        &refund_with("refundStatus", 0.into()).await,
        &moved("2005800"),
    );
}

#[tokio::test]
async fn an_accepted_reversal_that_says_it_is_pending_is_in_progress() {
    for (member, status) in [
        ("refundStatus", json!("03")),
        ("latestTransactionStatus", json!("3")),
        ("transactionStatus", json!(3)),
    ] {
        is(&refund_with(member, status).await, &IN_PROGRESS);
    }
}

/// A wrong `Moved` tells a customer of money that never comes.
#[tokio::test]
async fn an_accepted_reversal_that_names_any_other_status_is_not_claimed_as_moved() {
    for status in ["01", "02", "06", "07", "FAILED"] {
        is(
            &refund_with("refundStatus", status.into()).await,
            &IN_PROGRESS,
        );
    }
}

#[tokio::test]
async fn what_is_still_being_processed_is_in_progress_and_not_sent_again() {
    code_on_each_kind("202__00", |_| IN_PROGRESS).await;
}

#[tokio::test]
async fn a_success_whose_body_has_another_shape_keeps_its_state_and_what_to_resolve_it_with() {
    for (state, code, members) in [
        (moved("2005800"), "2005800", json!({})),
        (IN_PROGRESS, "2005800", json!({"refundStatus": "03"})),
    ] {
        let mut body = members;
        body["responseCode"] = code.into();
        body["referenceNo"] = json!({"odd": true});

        let (result, _) = call_of::<Refund>(answer(200, body)).await;

        let error = result.as_ref().unwrap_err();
        assert_eq!(
            (error.stage(), error.attempts().len()),
            (Stage::Unreadable, 1)
        );
        is(&result, &state);
    }
}

#[tokio::test]
async fn the_reference_number_of_an_answer_is_kept_for_the_inquiry() {
    let body = json!({"responseCode": "2005400", "referenceNo": "DOKU-77", "partnerReferenceNo": REFERENCE});

    let (result, _) = call_of::<Pay>(answer(200, body)).await;

    let pending = result.unwrap().pending().unwrap().clone();
    assert_eq!(pending.reference_no.as_deref(), Some("DOKU-77"));
}

#[tokio::test]
async fn the_reference_number_of_an_answer_about_something_else_is_not_kept() {
    let body = json!({"responseCode": "2005400", "referenceNo": "DOKU-77", "partnerReferenceNo": "INV-OTHER"});

    let (result, _) = call_of::<Pay>(answer(200, body)).await;

    let pending = result.unwrap_err().pending().unwrap().clone();
    assert_eq!(pending.reference_no, None);
}

// ---------------------------------------------------------------------------- refused, and once more

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_and_the_call_sent_once_more_under_a_new_external_id() {
    for case in ["01", "03"] {
        let doku = Doku::new();
        let client = ready(&doku).await;
        doku.say_to_call(coded(&format!("40154{case}")));

        let result = client.call::<Pay>(&order()).await;

        is(&result, &IN_PROGRESS);
        let (calls, ids) = (doku.calls(), doku.external_ids());
        assert_eq!(calls.len(), 2);
        assert_ne!(ids[0], ids[1]);
        assert_eq!(calls[0].body, calls[1].body);
        assert_eq!(calls[1].header("authorization"), "Bearer TOKEN-2");
    }
}

#[tokio::test(start_paused = true)]
async fn an_external_id_that_the_caller_chose_is_kept_in_the_replay() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.kill_tokens();
    let id = ExternalId::new("20240101120000").unwrap();

    let call = client.call::<Pay>(&order());
    let answer = call.with_external_id(id.clone()).await.unwrap();

    assert_eq!(doku.external_ids(), [id.as_str(), id.as_str()]);
    assert_eq!(answer.pending().unwrap().external_ids, [id]);
}

#[tokio::test(start_paused = true)]
async fn a_token_refused_for_ever_moves_nothing_after_two_deliveries() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.kill_every_token();

    let result = client.call::<Pay>(&order()).await;

    is(&result, &not_moved(NotMovedProof::AuthRejected));
    assert_eq!(doku.calls().len(), 2);
}

/// Whatever is refused, there are two deliveries at most, and the result lists them.
#[tokio::test(start_paused = true)]
async fn there_are_never_more_than_two_deliveries() {
    for first in ["4016000", "4016001", "4016002", "4016003", "4016004"] {
        for second in [
            "4016000", "4016001", "4016002", "4016003", "4016004", "5006000", "4096000",
        ] {
            let doku = Doku::new();
            let client = ready(&doku).await;
            let customer = paying(&client, "anna").await;
            for code in [first, second, "2006000", "2006000"] {
                doku.say_to_call(coded(code));
            }

            let result = client.call_as::<Purchase>(&customer, &order()).await;

            let sent = doku.external_ids();
            assert!(sent.len() <= 2, "{first} {second}: {result:?}");
            let error = result.unwrap_err();
            let told: Vec<_> = error
                .attempts()
                .iter()
                .map(|one| one.external_id.as_str())
                .collect();
            assert_eq!(told, sent, "{first} {second}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_customer_token_is_renewed_once_and_then_moves_nothing() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    let customer = paying(&client, "anna").await;
    doku.say_to_call(coded("4016002"));
    doku.say_to_call(coded("4016004"));

    let result = client.call_as::<Purchase>(&customer, &order()).await;

    is(&result, &not_moved(NotMovedProof::CustomerTokenRefused));
    let carried = support::customers::carried(&doku);
    assert_eq!(
        carried,
        ["Bearer CUSTOMER-anna-1", "Bearer CUSTOMER-anna-2"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_replay_without_an_answer_may_have_moved_the_money_under_either_id() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.say_to_call(coded("4015401"));
    doku.say_to_call(broken(TransportStage::NoAnswer));

    let result = client.call::<Pay>(&order()).await;

    is(&result, &unknown(UnknownReason::ConnectionLost));
    let error = result.unwrap_err();
    let pending = error.pending().unwrap();
    let ids: Vec<_> = pending
        .external_ids
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(ids, doku.external_ids());
    assert_eq!(error.external_id(), pending.external_ids.last());
    assert_eq!(error.attempts().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_replay_until_the_deadline_moved_nothing() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.kill_tokens();
    doku.answer_late(SECOND); // the refusal
    doku.answer_late(60 * SECOND); // the token request
    let start = virtual_now();

    let result = client.call::<Pay>(&order()).with_timeout(5 * SECOND).await;

    is(&result, &not_moved(NotMovedProof::AuthRejected));
    assert_punctual(start.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_that_cannot_be_replaced_moved_nothing() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.kill_tokens();
    doku.say_to_token_request(coded("5007300"));

    let result = client.call::<Pay>(&order()).await;

    is(&result, &not_moved(NotMovedProof::AuthRejected));
    assert_eq!(
        result.unwrap_err().response_code().unwrap().as_str(),
        "4015401"
    );
}

// ------------------------------------------------------------------------------------- what is told

#[tokio::test(start_paused = true)]
async fn one_line_holds_operation_code_message_state_reference_and_external_id() {
    let (result, doku) =
        call_of::<Pay>(Ok((500, refusal("5005401", "Internal\r\nServer Error")))).await;

    let id = &doku.external_ids()[0];
    let line = format!(
        "Pay was refused: 5005401 Internal Server Error; the money may have moved (DOKU failed with \
         5005401) (reference INV-2024-1, external id {id})"
    );
    assert_eq!(result.unwrap_err().to_string(), line);
}

#[tokio::test(start_paused = true)]
async fn a_short_token_that_doku_repeats_is_masked() {
    let doku = Doku::new();
    doku.say_to_token_request(Ok((200, token_answer("T0K", "900"))));
    doku.say_to_call(Ok((403, refusal("4035414", "No funds for T0K, try later"))));

    let error = client(&doku).call::<Pay>(&order()).await.unwrap_err();

    let told = format!("{error} {error:?}");
    assert!(!told.contains("T0K") && told.contains("[masked]"), "{told}");
}

/// Secrets in every member that does not identify the payment.
fn with_canaries() -> Order {
    let info = json!({
        "channel": "EMONEY_OVO_SNAP", "otp": "CANARY-otp", "cardData": "CANARY-card",
        "phoneNo": "628115678890", "paymentType": "SALE", "authCode": "CANARY-code",
    });
    Order {
        additional_info: info,
        ..order()
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_pending_goes_through_json_and_holds_no_secret() {
    let doku = Doku::new();
    doku.say_to_token_request(Ok((200, token_answer("CANARY-token", "900"))));
    doku.say_to_call(Ok((500, refusal("5005400", "CANARY-message"))));

    let error = client(&doku)
        .call::<Pay>(&with_canaries())
        .await
        .unwrap_err();

    let pending = error.pending().unwrap();
    let json = serde_json::to_string(pending).unwrap();
    let back: snap_core::Pending = serde_json::from_str(&json).unwrap();
    assert_eq!(&back, pending);
    for text in [&json, &format!("{pending:?} {:?}", pending.intent)] {
        assert!(!text.contains("CANARY"), "{text}");
        assert!(!text.contains("628115678890"), "{text}");
        assert!(!text.contains(support::SECRET), "{text}");
    }
    assert_eq!(pending.intent.members["channel"], "EMONEY_OVO_SNAP");
    assert_eq!(pending.intent.members["paymentType"], "SALE");
    assert_eq!(pending.intent.amount.as_deref(), Some("10000.00"));
}

#[tokio::test(start_paused = true)]
async fn a_customer_whose_key_is_a_phone_number_is_named_in_one_member_of_the_json_and_nowhere_else()
 {
    const PHONE: &str = "628115678890";
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    let doku = Doku::new();
    let client = ready(&doku).await;
    let tokens = snap_core::CustomerTokenPair::new(snap_core::CustomerToken::new("CANARY-1"));
    let session = client.customer(PHONE);
    let session = session.with_tokens(tokens).await.unwrap();
    doku.say_to_call(coded("5006000"));

    let customer = (&session).into();
    let error = client
        .call_as::<Purchase>(&customer, &order())
        .await
        .unwrap_err();
    drop(guard);

    let pending = error.pending().unwrap();
    let mut json = serde_json::to_value(pending).unwrap();
    assert_eq!(json["intent"]["customer"], PHONE);
    json["intent"]["customer"] = json!(null);
    for text in [
        json.to_string(),
        format!("{pending:?} {:?} {error} {error:?}", pending.intent),
        log.text(),
    ] {
        assert!(!text.contains(PHONE) && !text.contains("CANARY"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_result_of_a_payment_shows_a_secret() {
    let doku = Doku::new();
    doku.say_to_token_request(Ok((200, token_answer("CANARY-token", "900"))));
    let (log, client) = (Log::default(), client(&doku));
    let guard = tracing::subscriber::set_default(log.clone());

    let mut told = String::new();
    for said in [
        coded("2005400"),
        coded("5005400"),
        Ok((200, "CANARY".to_owned())),
    ] {
        doku.say_to_call(said);
        told += &format!("{:?}", client.call::<Pay>(&with_canaries()).await);
    }
    drop(guard);

    for text in [told, log.text()] {
        assert!(!text.is_empty() && !text.contains("CANARY"), "{text}");
        assert!(!text.contains("628115678890"), "{text}");
    }
}

/// What the process that resolves it needs is the same for every kind.
#[tokio::test]
async fn an_intent_names_client_path_and_reference_whatever_the_answer() {
    let doku = Doku::new();
    let client = client(&doku);
    let first = client.call::<Pay>(&order()).await.unwrap();
    doku.say_to_call(coded("5005400"));
    let second = client.call::<Pay>(&order()).await.unwrap_err();

    let ids =
        [first.pending().unwrap(), second.pending().unwrap()].map(|one| one.intent.id.to_string());
    let expected = format!("{} /pay/54 {REFERENCE}", support::CLIENT_ID);
    assert_eq!(ids, [expected.clone(), expected]);
}

#[tokio::test]
async fn a_read_has_no_money_to_tell_of() {
    let doku = Doku::new();
    let client = client(&doku);

    let good = client
        .call::<support::Echo>(&support::request())
        .await
        .unwrap();
    doku.say_to_call(coded("4031114"));
    let bad = client
        .call::<support::Echo>(&support::request())
        .await
        .unwrap_err();

    assert!(good.money().is_none() && good.pending().is_none());
    assert!(bad.money().is_none() && bad.pending().is_none() && !bad.is_outcome_unknown());
}
