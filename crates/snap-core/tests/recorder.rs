//! What a journal is told around a payment, and what becomes of a payment whose journal fails.

mod support;

use std::{sync::Arc, time::Duration};

use snap_core::{
    Client, Event, MoneyState, MovedProof, NextStep, NotMovedProof, Stage, UnknownReason,
    transport::{TransportError, TransportStage},
};
use support::{
    Doku,
    journal::{Does, Journal},
    money::{Bind, Pay, Refund, Result, coded, is, not_moved, order, ready, unknown},
    virtual_now,
};

const SECOND: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_secs(5);

const IN_PROGRESS: MoneyState = MoneyState::InProgress(NextStep::Settlement);

/// A client with a token, and a journal that writes into the same diary as its DOKU.
async fn with(journal: &Journal) -> (Arc<Doku>, Client) {
    let doku = Doku::new();
    let client = ready(&doku).await;
    doku.keep_diary(&journal.diary);
    (doku, client)
}

async fn pay(client: &Client, journal: &Journal) -> Result {
    let call = client.call::<Pay>(&order()).with_timeout(LIMIT);
    call.with_recorder(journal.clone()).await
}

/// Lets tasks that nobody waits for go on.
async fn later() {
    tokio::time::sleep(60 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn the_intent_is_written_before_the_first_byte_and_the_outcome_before_the_caller_knows() {
    let journal = Journal {
        on_intent: Does::TakeAfter(SECOND),
        on_outcome: Does::TakeAfter(SECOND),
        ..Journal::default()
    };
    let (doku, client) = with(&journal).await;

    let result = pay(&client, &journal).await;

    assert_eq!(journal.diary.entries(), ["intent", "sent", "outcome"]);
    is(&result, &IN_PROGRESS);
    assert_eq!(journal.outcomes(), [IN_PROGRESS]);
    let intent = &journal.intents()[0];
    assert_eq!(doku.external_ids(), [intent.external_id.as_str()]);
    assert_eq!(journal.events()[0].0, intent.id);
    assert_eq!(intent.limit_ms, 5_000);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_refuses_the_intent_keeps_the_call_from_being_sent() {
    let journal = Journal {
        on_intent: Does::Fail,
        ..Journal::default()
    };
    let (doku, client) = with(&journal).await;

    let result = pay(&client, &journal).await;

    is(&result, &not_moved(NotMovedProof::JournalFailed));
    let error = result.unwrap_err();
    assert_eq!((error.stage(), error.attempts().len()), (Stage::NotSent, 0));
    assert!(
        error.to_string().contains("disk full at sector 7"),
        "{error}"
    );
    later().await;
    assert_eq!((doku.calls().len(), journal.events().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_hangs_on_the_intent_keeps_the_call_from_being_sent() {
    let journal = Journal {
        on_intent: Does::Hang,
        ..Journal::default()
    };
    let (doku, client) = with(&journal).await;
    let start = virtual_now();

    let result = pay(&client, &journal).await;

    assert_punctual(start.elapsed());
    is(&result, &not_moved(NotMovedProof::JournalFailed));
    assert!(result.unwrap_err().is_timeout());
    later().await;
    assert_eq!(doku.calls().len(), 0);
}

#[track_caller]
fn assert_punctual(elapsed: Duration) {
    let latest = LIMIT + Duration::from_millis(50);
    assert!((LIMIT..=latest).contains(&elapsed), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_journal_costs_the_call_its_time_and_not_the_deadline() {
    let journal = Journal {
        on_intent: Does::TakeAfter(4 * SECOND),
        ..Journal::default()
    };
    let (doku, client) = with(&journal).await;
    doku.answer_late(60 * SECOND);
    let start = virtual_now();

    let result = pay(&client, &journal).await;

    assert_punctual(start.elapsed());
    is(&result, &unknown(UnknownReason::Timeout));
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_is_open_already_is_not_sent_and_told_with_its_earlier_state() {
    for earlier in [
        unknown(UnknownReason::Timeout),
        IN_PROGRESS,
        MoneyState::Moved(MovedProof::StatusSuccess),
    ] {
        let journal = Journal {
            on_intent: Does::Hold(earlier.clone()),
            ..Journal::default()
        };
        let (doku, client) = with(&journal).await;

        let result = pay(&client, &journal).await;

        is(&result, &earlier);
        let error = result.unwrap_err();
        assert_eq!((error.stage(), error.attempts().len()), (Stage::NotSent, 0));
        assert_eq!(doku.calls().len(), 0);
    }
}

/// What proves that nothing came of this delivery says nothing about the one before it.
#[tokio::test(start_paused = true)]
async fn an_earlier_delivery_outlives_every_proof_about_a_later_one() {
    let earlier = unknown(UnknownReason::Timeout);
    let journal = Journal {
        earlier: Some(earlier.clone()),
        ..Journal::default()
    };
    let not_trusted = || Err(TransportError::new(TransportStage::NotTrusted, "it broke"));
    for said in [
        coded("4035414"),
        coded("4045401"),
        coded("4295400"),
        not_trusted(),
    ] {
        let (doku, client) = with(&journal).await;
        doku.say_to_call(said);

        let result = pay(&client, &journal).await;

        is(&result, &earlier);
        let error = result.unwrap_err();
        assert!(!error.pending().unwrap().refused_as_not_found, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_earlier_delivery_outlives_a_later_one_that_was_never_sent() {
    let earlier = unknown(UnknownReason::Timeout);
    let no_intent = Journal {
        earlier: Some(earlier.clone()),
        on_intent: Does::Fail,
        ..Journal::default()
    };
    let (_, client) = with(&no_intent).await;
    is(&pay(&client, &no_intent).await, &earlier);

    let journal = Journal {
        earlier: Some(earlier.clone()),
        ..Journal::default()
    };
    let doku = Doku::new();
    doku.say_to_token_request(coded("5007300"));
    let result = pay(&support::client(&doku), &journal).await;
    is(&result, &earlier);
}

#[tokio::test(start_paused = true)]
async fn a_success_after_an_earlier_delivery_is_a_success() {
    let journal = Journal {
        earlier: Some(unknown(UnknownReason::Timeout)),
        ..Journal::default()
    };
    let (_, client) = with(&journal).await;

    is(&pay(&client, &journal).await, &IN_PROGRESS);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_tell_of_earlier_deliveries_keeps_the_call_from_being_sent() {
    for on_earlier in [Does::Fail, Does::Hang] {
        let journal = Journal {
            on_earlier,
            ..Journal::default()
        };
        let doku = Doku::new();
        let start = virtual_now();

        let result = pay(&support::client(&doku), &journal).await;

        is(&result, &not_moved(NotMovedProof::JournalFailed));
        assert!(start.elapsed() <= LIMIT + Duration::from_millis(50));
        assert_eq!((doku.requests().len(), journal.intents().len()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_is_written_before_it_is_sent_under_the_id_it_is_sent_with() {
    let journal = Journal {
        on_sending: Does::TakeAfter(SECOND),
        ..Journal::default()
    };
    let (doku, client) = with(&journal).await;
    doku.kill_tokens();

    pay(&client, &journal).await.unwrap();

    assert_eq!(
        journal.diary.entries(),
        ["intent", "sent", "sending", "sent", "outcome"]
    );
    let Event::Sending { external_id, .. } = &journal.events()[0].1 else {
        panic!("{:?}", journal.events());
    };
    assert_eq!(external_id.as_str(), doku.external_ids()[1]);
}

#[tokio::test(start_paused = true)]
async fn a_replay_that_cannot_be_written_is_not_sent() {
    let journal = Journal {
        on_sending: Does::Fail,
        ..Journal::default()
    };
    let (doku, client) = with(&journal).await;
    doku.kill_tokens();

    let result = pay(&client, &journal).await;

    let state = not_moved(NotMovedProof::AuthRejected);
    is(&result, &state);
    let error = result.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the journal failed: disk full at"),
        "{error}"
    );
    assert_eq!(error.attempts().len(), 1);
    later().await;
    assert_eq!(doku.calls().len(), 1);
    assert_eq!(journal.outcomes(), [state]);
}

#[tokio::test(start_paused = true)]
async fn a_replay_that_the_journal_does_not_take_in_time_is_not_sent() {
    let journal = Journal {
        on_sending: Does::Hang,
        ..Journal::default()
    };
    let (doku, client) = with(&journal).await;
    doku.kill_tokens();
    let start = virtual_now();

    let result = pay(&client, &journal).await;

    assert_punctual(start.elapsed());
    let state = not_moved(NotMovedProof::AuthRejected);
    is(&result, &state);
    let error = result.unwrap_err();
    assert!(error.to_string().contains("journal"), "{error}");
    later().await;
    assert_eq!(doku.calls().len(), 1);
    assert_eq!(journal.outcomes(), [state]);
}

#[tokio::test(start_paused = true)]
async fn every_outcome_reaches_the_journal() {
    let no_answer = || Err(TransportError::new(TransportStage::NoAnswer, "it broke"));
    for (said, state) in [
        (coded("2005400"), IN_PROGRESS),
        (
            coded("4035414"),
            not_moved(NotMovedProof::Rejected("4035414".into())),
        ),
        (
            coded("5005400"),
            unknown(UnknownReason::ServerError("5005400".into())),
        ),
        (no_answer(), unknown(UnknownReason::ConnectionLost)),
    ] {
        let journal = Journal::default();
        let (doku, client) = with(&journal).await;
        doku.say_to_call(said);

        is(&pay(&client, &journal).await, &state);

        assert_eq!(journal.outcomes(), [state]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_reference_number_of_the_answer_reaches_the_journal() {
    let journal = Journal::default();
    let (doku, client) = with(&journal).await;
    let body = r#"{"responseCode":"2005800","refundNo":"R-7"}"#;
    doku.say_to_call(Ok((200, body.to_owned())));

    client
        .call::<Refund>(&order())
        .with_recorder(journal.clone())
        .await
        .unwrap();

    let Event::State { reference_no, .. } = &journal.events()[0].1 else {
        panic!("{:?}", journal.events());
    };
    assert_eq!(reference_no.as_deref(), Some("R-7"));
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_written_changes_nothing_for_the_caller() {
    let journal = Journal {
        on_outcome: Does::Fail,
        ..Journal::default()
    };
    let (doku, client) = with(&journal).await;
    doku.say_to_call(coded("5005400"));

    let result = pay(&client, &journal).await;

    is(
        &result,
        &unknown(UnknownReason::ServerError("5005400".into())),
    );
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_takes_for_ever_to_write_delays_the_caller_to_the_deadline_at_most() {
    let journal = Journal {
        on_outcome: Does::Hang,
        ..Journal::default()
    };
    let (_, client) = with(&journal).await;
    let start = virtual_now();

    let result = pay(&client, &journal).await;

    assert_punctual(start.elapsed());
    is(&result, &IN_PROGRESS);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_is_written_after_the_deadline_is_written_all_the_same() {
    let journal = Journal {
        on_outcome: Does::TakeAfter(20 * SECOND),
        ..Journal::default()
    };
    let (doku, client) = with(&journal).await;
    doku.answer_late(60 * SECOND);
    let start = virtual_now();

    let result = pay(&client, &journal).await;

    assert_punctual(start.elapsed());
    let state = unknown(UnknownReason::Timeout);
    is(&result, &state);
    later().await;
    assert_eq!(journal.outcomes(), [state]);
}

#[tokio::test(start_paused = true)]
async fn a_payment_without_a_token_leaves_no_trace_in_the_journal() {
    let journal = Journal::default();
    let doku = Doku::new();
    doku.say_to_token_request(coded("5007300"));

    let result = pay(&support::client(&doku), &journal).await;

    is(&result, &not_moved(NotMovedProof::NoToken));
    assert_eq!((journal.intents().len(), journal.events().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_moves_no_money_is_not_written_down() {
    let journal = Journal {
        on_intent: Does::Fail,
        ..Journal::default()
    };
    let (doku, client) = with(&journal).await;

    client
        .call::<Bind>(&order())
        .with_recorder(journal.clone())
        .await
        .unwrap();

    assert_eq!((doku.calls().len(), journal.events().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_intent_that_is_asked_for_first_is_the_one_that_is_sent() {
    let journal = Journal::default();
    let (doku, client) = with(&journal).await;
    let mut call = client.call::<Pay>(&order()).with_recorder(journal.clone());

    let asked = call.intent().unwrap().unwrap();
    call.await.unwrap();

    let sent = &journal.intents()[0];
    assert_eq!(
        (&asked.id, &asked.external_id),
        (&sent.id, &sent.external_id)
    );
    assert_eq!(asked.body_digest, sent.body_digest);
    assert_eq!(doku.external_ids(), [asked.external_id.as_str()]);
}
