//! Calls whose future is dropped, at every point where it waits, and whose runtime ends.

#![expect(clippy::unwrap_used, reason = "in helpers of tests")]

mod support;

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use snap_core::{Client, MoneyState, NextStep, NotMovedProof, Stage, UnknownReason};
use support::{
    Doku, Echo,
    journal::{Does, Journal},
    money::{Bind, Pay, coded, is, not_moved, order, ready, unknown},
    request, virtual_now,
};

const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Polls so many times, with time going on between, and then drops the future. Gives what it came
/// to, if it ended before.
async fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = Box::pin(future);
    for _ in 0..times {
        if let Poll::Ready(output) = once(future.as_mut()).await {
            return Some(output);
        }
        tokio::time::sleep(MILLI).await;
    }
    None
}

async fn once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// A payment that waits for its token, its journal, a refusal, the journal again, and its answer.
struct Story {
    doku: Arc<Doku>,
    client: Client,
    journal: Journal,
}

impl Story {
    fn new() -> Self {
        let doku = Doku::slow(7 * MILLI);
        let journal = Journal {
            on_earlier: Does::TakeAfter(5 * MILLI),
            on_intent: Does::TakeAfter(5 * MILLI),
            on_sending: Does::TakeAfter(5 * MILLI),
            on_outcome: Does::TakeAfter(5 * MILLI),
            ..Journal::default()
        };
        doku.keep_diary(&journal.diary);
        // Refused once, and then accepted.
        doku.say_to_call(coded("4015401"));
        Self {
            client: support::client(&doku),
            doku,
            journal,
        }
    }

    /// Whether the payment, dropped after so many polls, had ended before.
    async fn dropped_after(&self, polls: usize) -> bool {
        let call = self
            .client
            .call::<Pay>(&order())
            .with_recorder(self.journal.clone());
        let ended = polled(call.into_future(), polls).await;
        tokio::time::sleep(MINUTE).await;
        ended.is_some()
    }
}

/// Either nothing happened, or all of it, once and in order.
#[tokio::test(start_paused = true)]
async fn a_payment_dropped_anywhere_is_not_sent_or_is_sent_and_written_down_whole() {
    let whole = ["intent", "sent", "sending", "sent", "outcome"];
    let (mut nothing, mut all) = (0, 0);
    for polls in 0.. {
        let story = Story::new();

        let ended = story.dropped_after(polls).await;

        match story.journal.diary.entries().as_slice() {
            [] => {
                nothing += 1;
                assert_eq!(all, 0, "after {polls} polls");
            }
            entries => {
                all += 1;
                assert_eq!(entries, whole, "after {polls} polls");
                let outcome = MoneyState::InProgress(NextStep::Settlement);
                assert_eq!(story.journal.outcomes(), [outcome]);
                assert_eq!(story.doku.calls().len(), 2);
            }
        }
        if ended {
            break;
        }
    }
    // It did wait at both sides of the intent.
    assert!(nothing >= 5 && all >= 20, "{nothing} before, {all} after");
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_nobody_waits_for_ends_at_its_own_deadline() {
    let doku = Doku::new();
    let (client, journal) = (ready(&doku).await, Journal::default());
    doku.answer_late(MINUTE);
    let call = client.call::<Pay>(&order()).with_timeout(2 * SECOND);

    assert!(
        polled(call.with_recorder(journal.clone()).into_future(), 3)
            .await
            .is_none()
    );

    tokio::time::sleep(2 * SECOND - 3 * MILLI).await;
    assert_eq!(journal.outcomes(), []);
    tokio::time::sleep(2 * MILLI).await;
    assert_eq!(journal.outcomes(), [unknown(UnknownReason::Timeout)]);
}

#[tokio::test(start_paused = true)]
async fn a_payment_dropped_while_the_journal_takes_its_intent_is_sent() {
    let journal = Journal {
        on_intent: Does::TakeAfter(SECOND),
        ..Journal::default()
    };
    let doku = Doku::new();
    let client = ready(&doku).await;

    let call = client.call::<Pay>(&order()).with_recorder(journal.clone());
    assert!(polled(call.into_future(), 2).await.is_none());
    tokio::time::sleep(MINUTE).await;

    assert_eq!(doku.calls().len(), 1);
    assert_eq!(journal.outcomes().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_payment_whose_intent_is_refused_after_it_was_dropped_is_not_sent() {
    let journal = Journal {
        on_intent: Does::Hang,
        ..Journal::default()
    };
    let doku = Doku::new();
    let client = ready(&doku).await;

    let call = client.call::<Pay>(&order()).with_recorder(journal);
    assert!(polled(call.into_future(), 2).await.is_none());
    tokio::time::sleep(MINUTE).await;

    assert_eq!(doku.calls().len(), 0);
}

/// A token request goes on for other callers; the binding is sent at most once.
#[tokio::test(start_paused = true)]
async fn a_change_of_a_session_dropped_anywhere_is_not_sent_or_is_sent_once_and_answered() {
    let mut sent = Vec::new();
    for polls in 0.. {
        let doku = Doku::slow(7 * MILLI);
        let client = support::client(&doku);

        let ended = polled(client.call::<Bind>(&order()).into_future(), polls).await;
        tokio::time::sleep(MINUTE).await;

        sent.push(doku.calls().len());
        if let Some(result) = ended {
            result.unwrap();
            break;
        }
    }
    assert!(
        sent.is_sorted() && sent.contains(&0) && sent.ends_with(&[1, 1]),
        "{sent:?}"
    );
}

/// The second answer is never asked for: a read that nobody waits for is not sent again.
#[tokio::test(start_paused = true)]
async fn a_read_that_is_dropped_is_cancelled() {
    let mut sent = Vec::new();
    for polls in 0.. {
        let doku = Doku::new();
        let client = ready(&doku).await;
        doku.say_to_call(coded("5001100"));

        let ended = polled(client.call::<Echo>(&request()).into_future(), polls).await;
        let before = doku.calls().len();
        tokio::time::sleep(MINUTE).await;

        assert_eq!(doku.calls().len(), before, "after {polls} polls");
        sent.push(before);
        if let Some(result) = ended {
            result.unwrap();
            break;
        }
    }
    assert_eq!(
        (sent.first(), sent.last()),
        (Some(&0), Some(&2)),
        "{sent:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_a_payment_does_not_stop_it() {
    let doku = Doku::new();
    let (client, journal) = (ready(&doku).await, Journal::default());
    doku.answer_late(10 * SECOND);
    let start = virtual_now();

    let call = client.call::<Pay>(&order()).with_recorder(journal.clone());
    assert!(
        tokio::time::timeout(SECOND, call.into_future())
            .await
            .is_err()
    );
    assert_eq!(start.elapsed(), SECOND);
    tokio::time::sleep(MINUTE).await;

    assert_eq!(
        journal.outcomes(),
        [MoneyState::InProgress(NextStep::Settlement)]
    );
}

// ------------------------------------------------------------------------- runtimes that end

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap()
}

/// What a call comes to whose runtime ends after so many polls, for a caller on another one.
fn after_the_end_of_its_runtime<F: Future>(call: F, polls: usize) -> F::Output {
    let mut call = Box::pin(call);
    let first = runtime();
    first.block_on(async {
        for _ in 0..polls {
            assert!(once(call.as_mut()).await.is_pending());
            tokio::time::sleep(MILLI).await;
        }
    });
    drop(first);
    runtime().block_on(call)
}

#[test]
fn a_payment_whose_runtime_ended_under_way_may_have_moved_the_money() {
    let doku = Doku::new();
    let client = runtime().block_on(ready(&doku));
    doku.answer_late(MINUTE);

    let call = client.call::<Pay>(&order());
    let result = after_the_end_of_its_runtime(call.into_future(), 3);

    is(&result, &unknown(UnknownReason::Dropped));
    let error = result.unwrap_err();
    assert_eq!(error.stage(), Stage::NoAnswer);
    let id = error.external_id().map(ToString::to_string);
    assert_eq!(id.as_ref(), doku.external_ids().first());
}

#[test]
fn a_change_of_a_session_whose_runtime_ended_under_way_is_open() {
    let doku = Doku::new();
    let client = runtime().block_on(ready(&doku));
    doku.answer_late(MINUTE);

    let call = client.call::<Bind>(&order());
    let error = after_the_end_of_its_runtime(call.into_future(), 3).unwrap_err();

    assert_eq!((error.stage(), error.money()), (Stage::NoAnswer, None));
    assert!(
        error
            .to_string()
            .contains("ask for its state before repeating it"),
        "{error}"
    );
}

#[test]
fn a_payment_whose_runtime_ended_before_there_was_a_token_was_not_sent() {
    let doku = Doku::slow(MINUTE);
    let client = support::client(&doku);

    let call = client.call::<Pay>(&order());
    let result = after_the_end_of_its_runtime(call.into_future(), 3);

    is(&result, &not_moved(NotMovedProof::NoToken));
    assert_eq!(doku.calls().len(), 0);
}
