//! What is sent again by itself, how often, when, and what an outage makes of it.

#![expect(clippy::unwrap_used, reason = "in helpers of tests")]

mod support;

use std::{sync::Arc, time::Duration};

use snap_core::transport::{TransportError, TransportStage};
use snap_core::{Client, Error, ExternalId, OperationKind, Stage};
use support::{
    Doku, Echo, Said,
    money::{Bind, Pay, coded, order, ready},
    refusal, request, virtual_now,
};

const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// How long the scripted DOKU takes for an answer.
const ANSWER: Duration = Duration::from_millis(5);

fn broken(stage: TransportStage) -> Said {
    Err(TransportError::new(stage, "it broke"))
}

/// A DOKU that says the same five times, which is more than anybody asks.
async fn saying(said: impl Fn() -> Said) -> (Arc<Doku>, Client) {
    let doku = Doku::new();
    let client = ready(&doku).await;
    for _ in 0..5 {
        doku.say_to_call(said());
    }
    (doku, client)
}

async fn read(client: &Client) -> Result<(), Error> {
    client.call::<Echo>(&request()).await.map(drop)
}

/// How often each kind of call is sent when it always gets the same.
#[track_caller]
fn sent(said: impl Fn() -> Said, expected: &[(OperationKind, usize)]) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        for (kind, times) in expected {
            let (doku, client) = saying(&said).await;
            match kind {
                OperationKind::Read => drop(read(&client).await),
                OperationKind::Session => drop(client.call::<Bind>(&order()).await),
                _ => drop(client.call::<Pay>(&order()).await),
            }
            assert_eq!(doku.calls().len(), *times, "{caller}: {kind:?}");
        }
    }
}

const fn kinds(read: usize, session: usize, debit: usize) -> [(OperationKind, usize); 3] {
    [
        (OperationKind::Read, read),
        (OperationKind::Session, session),
        (OperationKind::Debit, debit),
    ]
}

#[tokio::test(start_paused = true)]
async fn only_a_connection_that_was_not_made_is_tried_again_for_every_kind() {
    sent(|| broken(TransportStage::NotConnected), &kinds(3, 3, 3)).await;
    sent(|| broken(TransportStage::NotTrusted), &kinds(1, 1, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_only_a_read_is_sent_again() {
    sent(|| broken(TransportStage::NoAnswer), &kinds(3, 1, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_cut_or_not_snap_is_asked_for_once_more_by_a_read() {
    sent(
        || broken(TransportStage::Body { http_status: 200 }),
        &kinds(2, 1, 1),
    )
    .await;
    sent(|| Ok((200, "<html>".to_owned())), &kinds(2, 1, 1)).await;
    sent(|| Ok((429, String::new())), &kinds(2, 1, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_redirect_and_a_proxy_that_refuses_are_final() {
    sent(|| Ok((307, String::new())), &kinds(1, 1, 1)).await;
    sent(|| Ok((407, String::new())), &kinds(1, 1, 1)).await;
}

/// The code is that of the service which answers for the kind.
async fn sent_at_code(pattern: &str, times: [usize; 3]) {
    for (index, service) in ["11", "09", "54"].into_iter().enumerate() {
        let code = pattern.replace("__", service);
        sent(
            || coded(&code),
            &[kinds(times[0], times[1], times[2])[index]],
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_is_sent_again_where_doku_failed_was_busy_or_is_not_done() {
    for code in [
        "500__00", "500__01", "500__02", "504__00", "429__00", "202__00", "500__09", "502__00",
        "503__00", "504__01",
    ] {
        sent_at_code(code, [3, 1, 1]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_or_an_unlisted_code_is_final() {
    for code in [
        "400__00", "400__03", "403__14", "404__01", "404__18", "405__00", "409__01", "418__00",
    ] {
        sent_at_code(code, [1, 1, 1]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_external_id_is_replaced_once_by_a_read() {
    sent_at_code("409__00", [2, 1, 1]).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_for_every_kind() {
    sent_at_code("401__01", [2, 2, 2]).await;
}

#[tokio::test(start_paused = true)]
async fn every_retry_of_a_read_has_an_external_id_of_its_own_and_a_reconnect_has_not() {
    let (doku, client) = saying(|| coded("5001100")).await;
    read(&client).await.unwrap_err();
    let mut ids = doku.external_ids();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);

    let (doku, client) = saying(|| broken(TransportStage::NotConnected)).await;
    read(&client).await.unwrap_err();
    let mut ids = doku.external_ids();
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

/// The same id again would be refused for the same reason.
#[tokio::test(start_paused = true)]
async fn a_repeated_external_id_that_the_caller_chose_is_not_sent_again() {
    let (doku, client) = saying(|| coded("4091100")).await;
    let id = ExternalId::new("20240101120000").unwrap();

    let call = client.call::<Echo>(&request()).with_external_id(id);
    call.await.unwrap_err();

    assert_eq!(doku.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_succeeds_the_third_time_succeeds() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.say_to_call(coded("5001100"));
    doku.say_to_call(broken(TransportStage::NoAnswer));

    read(&client).await.unwrap();

    assert_eq!(doku.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_to_the_end_lists_its_deliveries() {
    let (doku, client) = saying(|| coded("5001100")).await;

    let error = read(&client).await.unwrap_err();

    let told: Vec<_> = error
        .attempts()
        .iter()
        .map(|one| one.external_id.as_str())
        .collect();
    assert_eq!(told, doku.external_ids());
    assert!(error.to_string().contains("3 attempts"), "{error}");
}

// ----------------------------------------------------------------------------------- the pauses

/// How long so many reads took, each by a client of its own, without the answers.
async fn paused(said: impl Fn() -> Said, answers: u32) -> Vec<Duration> {
    let mut pauses = Vec::new();
    for _ in 0..200 {
        let (_, client) = saying(&said).await;
        let start = virtual_now();
        read(&client).await.unwrap_err();
        pauses.push(start.elapsed() - ANSWER * answers);
    }
    pauses.sort_unstable();
    pauses
}

#[tokio::test(start_paused = true)]
async fn one_retry_waits_for_anything_up_to_half_a_second() {
    let pauses = paused(|| Ok((200, "<html>".to_owned())), 2).await;

    assert!(pauses[0] < 100 * MILLI, "{:?}", pauses[0]);
    assert!(
        pauses[199] > 400 * MILLI && pauses[199] <= 501 * MILLI,
        "{:?}",
        pauses[199]
    );
}

#[tokio::test(start_paused = true)]
async fn two_retries_wait_for_one_and_a_half_seconds_at_most() {
    let pauses = paused(|| coded("5001100"), 3).await;

    assert!(pauses[0] < 500 * MILLI, "{:?}", pauses[0]);
    assert!(
        pauses[199] > 1_000 * MILLI && pauses[199] <= 1_502 * MILLI,
        "{:?}",
        pauses[199]
    );
}

#[tokio::test(start_paused = true)]
async fn doku_is_left_alone_for_as_long_as_it_asks() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.say_with(coded("4291100"), &[("retry-after", "7")]);
    let start = virtual_now();

    read(&client).await.unwrap();

    assert!(
        (7 * SECOND..8 * SECOND).contains(&start.elapsed()),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_doku_asks_for_in_another_form_is_one_of_our_own() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.say_with(
        coded("4291100"),
        &[("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT")],
    );
    let start = virtual_now();

    read(&client).await.unwrap();

    assert!(start.elapsed() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_outlasts_the_call_is_not_begun_and_the_refusal_is_told_at_once() {
    for pause in ["30", "60", "18446744073709551615"] {
        let doku = Doku::new();
        let client = ready(&doku).await;
        doku.say_with(coded("4291100"), &[("retry-after", pause)]);
        let start = virtual_now();

        let error = read(&client).await.unwrap_err();

        assert_eq!(start.elapsed(), ANSWER, "{pause}");
        assert_eq!((error.stage(), error.is_timeout()), (Stage::Refused, false));
        assert_eq!(error.response_code().unwrap().as_str(), "4291100");
        assert_eq!(doku.calls().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_has_no_time_left_costs_no_budget() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    for _ in 0..20 {
        doku.say_with(coded("4291100"), &[("retry-after", "60")]);
        read(&client).await.unwrap_err();
    }
    doku.say_to_call(coded("5001100"));

    read(&client).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_short_call_ends_with_its_last_failure_and_not_with_the_deadline() {
    for _ in 0..50 {
        let (_, client) = saying(|| coded("5001100")).await;
        let start = virtual_now();

        let limit = 50 * MILLI;
        let error = client
            .call::<Echo>(&request())
            .with_timeout(limit)
            .await
            .unwrap_err();

        assert!(start.elapsed() <= limit + 50 * MILLI);
        let refused = error.stage() == Stage::Refused && !error.is_timeout();
        let under_way = error.stage() == Stage::NoAnswer && error.is_timeout();
        assert!(refused || under_way, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_payment_whose_next_connection_has_no_time_left_ends_at_once() {
    for _ in 0..50 {
        let (doku, client) = saying(|| broken(TransportStage::NotConnected)).await;
        let start = virtual_now();

        let limit = ANSWER + MILLI;
        let error = client
            .call::<Pay>(&order())
            .with_timeout(limit)
            .await
            .unwrap_err();

        assert!(start.elapsed() <= limit);
        assert!(doku.calls().len() <= 2, "{error}");
    }
}

// ----------------------------------------------------------------------------------- an outage

/// Requests that so many reads make of a DOKU that fails them all, one after the other.
async fn amplified(client: &Client, doku: &Doku, reads: usize) -> usize {
    let before = doku.calls().len();
    for _ in 0..reads {
        read(client).await.unwrap_err();
    }
    doku.calls().len() - before
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_made_worse_by_a_tenth_at_most_and_after_a_while_not_at_all() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.always_say(500, refusal("5001100", "General Error"));

    let first = amplified(&client, &doku, 100).await;
    let rest = amplified(&client, &doku, 900).await;

    assert_eq!((first, rest), (110, 900));
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_network_is_not_made_worse_either() {
    for stage in [
        TransportStage::NotConnected,
        TransportStage::NoAnswer,
        TransportStage::Body { http_status: 502 },
    ] {
        let doku = Doku::new();
        let client = ready(&doku).await;
        for _ in 0..1_100 {
            doku.say_to_call(broken(stage));
        }

        let sent = amplified(&client, &doku, 1_000).await;

        assert_eq!(sent, 1_010, "{stage:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_at_once_share_one_budget() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.always_say(500, refusal("5001100", "General Error"));

    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let client = client.clone();
        calls.spawn(async move { read(&client).await });
    }
    calls.join_all().await;

    assert_eq!(doku.calls().len(), 1_010);
}

#[tokio::test(start_paused = true)]
async fn ten_successes_give_one_retry_back() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.always_say(500, refusal("5001100", "General Error"));
    amplified(&client, &doku, 100).await;
    for _ in 0..10 {
        doku.say_to_call(Ok((200, r#"{"responseCode":"2001100"}"#.to_owned())));
        read(&client).await.unwrap();
    }

    assert_eq!(amplified(&client, &doku, 10).await, 11);
}

#[tokio::test(start_paused = true)]
async fn a_full_budget_does_not_grow() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    for _ in 0..1_000 {
        read(&client).await.unwrap();
    }
    doku.always_say(500, refusal("5001100", "General Error"));

    assert_eq!(amplified(&client, &doku, 100).await, 110);
}

/// Answers that say "not yet" are no successes that pay for asking again.
#[tokio::test(start_paused = true)]
async fn an_operation_that_is_never_done_is_not_asked_about_without_end() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.always_say(202, refusal("2021100", "In Progress"));

    for _ in 0..1_000 {
        read(&client).await.unwrap();
    }

    let sent = doku.calls().len();
    assert!(sent <= 1_100, "{sent}");
}

#[tokio::test(start_paused = true)]
async fn payments_are_not_sent_again_in_an_outage_and_take_no_budget_from_reads() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.always_say(500, refusal("5005400", "General Error"));

    for _ in 0..1_000 {
        client.call::<Pay>(&order()).await.unwrap_err();
    }

    assert_eq!(doku.calls().len(), 1_000);
    doku.say_to_call(coded("5001100"));
    doku.say_to_call(Ok((200, r#"{"responseCode":"2001100"}"#.to_owned())));
    read(&client).await.unwrap();
}

// ----------------------------------------------------------------------------------- sessions

#[tokio::test(start_paused = true)]
async fn a_change_of_a_session_that_may_have_arrived_is_not_repeated_and_says_to_ask() {
    for said in [
        || broken(TransportStage::NoAnswer),
        || broken(TransportStage::Body { http_status: 200 }),
        || Ok((200, "<html>".to_owned())),
        || coded("5000900"),
        || coded("5040900"),
        || coded("4090900"),
        || coded("4040918"),
    ] {
        let (doku, client) = saying(said).await;

        let error = client.call::<Bind>(&order()).await.unwrap_err();

        assert_eq!(doku.calls().len(), 1, "{error}");
        assert!(
            error
                .to_string()
                .contains("ask for its state before repeating it"),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_session_that_is_refused_for_good_does_not_say_to_ask() {
    for code in ["4000900", "4030905", "4040901", "4290900"] {
        let (_, client) = saying(|| coded(code)).await;

        let error = client.call::<Bind>(&order()).await.unwrap_err();

        assert!(!error.to_string().contains("ask for its state"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_session_that_is_not_done_yet_is_open_and_no_contradiction() {
    let (_, client) = saying(|| coded("2020900")).await;

    let error = client.call::<Bind>(&order()).await.unwrap_err();

    let text = error.to_string();
    assert!(
        text.contains("ask for its state before repeating it"),
        "{text}"
    );
    assert!(!text.contains("do not belong together"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_session_without_an_answer_ends_at_its_deadline() {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.answer_late(60 * SECOND);
    let start = virtual_now();

    let call = client.call::<Bind>(&order()).with_timeout(2 * SECOND);
    let error = call.await.unwrap_err();

    assert!(start.elapsed() <= 2 * SECOND + 50 * MILLI);
    assert_eq!((error.stage(), error.is_timeout()), (Stage::NoAnswer, true));
    assert!(error.to_string().contains("ask for its state"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_otp_that_a_change_of_a_session_waits_for_is_an_answer() {
    let (_, client) = saying(|| coded("4030913")).await;

    let answer = client.call::<Bind>(&order()).await.unwrap();

    assert_eq!(answer.code().as_str(), "4030913");
}
