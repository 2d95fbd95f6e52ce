//! Row 41: the caller drops the call.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use snap_core::{Event, Intent, MoneyState, OperationId, RecordFuture, Recorder};
use snap_sandbox::{Act, At, Claim, Fault};
use tokio::time::{sleep, timeout};

use crate::{
    subject::{How, Subject},
    world::{Setting, World, claim},
};

/// At every tenth of a second of a call that takes three.
#[tokio::test(start_paused = true)]
async fn a_money_call_that_is_dropped_is_in_the_journal_to_its_end_or_was_never_sent() {
    let money = Subject::ALL.into_iter().filter(|of| of.is_money());
    for subject in money {
        for turn in 0..32 {
            dropped_after(subject, Duration::from_millis(turn * 100), None).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_money_call_that_is_dropped_and_lost_is_open_in_the_journal() {
    for subject in [Subject::JumpApp, Subject::Transfer, Subject::Refund] {
        for act in [Act::Reset, Act::Hang] {
            for turn in 0..32 {
                let after = Duration::from_millis(turn * 100);
                dropped_after(subject, after, Some(act.clone())).await;
            }
        }
    }
}

async fn dropped_after(subject: Subject, after: Duration, act: Option<Act>) {
    let world = World::prepared(slow(), subject).await;
    let is_lost = act.is_some();
    if let Some(act) = act {
        let fault = Fault::new(At::AfterRequest, act).with_apply_effect(true);
        world.inject(fault.for_operation(subject.operation()));
    }
    let journal = Arc::new(Memory::default());
    let how = How {
        recorder: Some(journal.clone()),
        ..How::default()
    };
    let before = world.counts(subject.operation());

    let result = timeout(after, world.call(subject, how)).await;
    sleep(Duration::from_secs(40)).await;

    let label = format!("{subject:?}, dropped after {after:?}, lost {is_lost}");
    let sends = world.counts(subject.operation()).since(before).connections;
    let entries = journal.entries.lock().unwrap().clone();
    let reference = subject.reference().unwrap().to_owned();
    let ledger = world.sandbox.ledger();
    ledger.assert_no_double_effect();
    let Some(intent) = entries.intents.first() else {
        assert_eq!(sends, 0, "{label}: sent without an intent");
        ledger.assert_claims(&[(reference, Claim::NotMoved)]);
        return;
    };
    assert_eq!((entries.intents.len(), sends), (1, 1), "{label}");
    assert_eq!(intent.reference.as_ref(), Some(&reference), "{label}");
    let [state] = &entries.states[..] else {
        panic!("{label}: {:?}", entries.states);
    };
    assert_eq!(
        matches!(state, MoneyState::Unknown(_)),
        is_lost,
        "{label}: {state:?}"
    );
    ledger.assert_claims(&[(reference, claim(state))]);
    let is_told = result.is_ok();
    assert!(!is_told || after >= Duration::from_secs(1), "{label}");
}

#[tokio::test(start_paused = true)]
async fn a_read_that_is_dropped_is_cancelled() {
    for subject in [Subject::Balance, Subject::CustomersBalance] {
        let world = World::prepared(slow(), subject).await;
        world.client.token(Duration::ZERO).await.unwrap();
        let before = world.counts(subject.operation());

        // The connection is made after half a second.
        let call = world.call(subject, How::default());
        let result = timeout(Duration::from_millis(400), call).await;
        sleep(Duration::from_secs(5)).await;

        assert!(result.is_err(), "{subject:?} came back");
        let happened = world.counts(subject.operation()).since(before);
        assert_eq!(
            (happened.connections, happened.arrived),
            (1, 0),
            "{subject:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_dropped_goes_on() {
    for subject in [Subject::Binding, Subject::CustomersOtp] {
        let world = World::prepared(slow(), subject).await;
        world.client.token(Duration::ZERO).await.unwrap();
        let before = world.counts(subject.operation());

        let call = world.call(subject, How::default());
        let result = timeout(Duration::from_millis(400), call).await;
        sleep(Duration::from_secs(5)).await;

        assert!(result.is_err(), "{subject:?} came back");
        assert_eq!(world.counts(subject.operation()).since(before).arrived, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_request_that_is_dropped_goes_on() {
    let world = World::with(slow()).await;

    let result = timeout(
        Duration::from_millis(400),
        world.client.token(Duration::ZERO),
    )
    .await;
    sleep(Duration::from_secs(1)).await;

    assert!(result.is_err(), "it came back");
    world.client.token(Duration::ZERO).await.unwrap();
    world.sandbox.assert_token_requests(1);
}

/// A request takes a second.
fn slow() -> Setting {
    Setting::slow(Duration::from_secs(1))
}

/// A journal that takes a tenth of a second for everything.
#[derive(Debug, Default)]
struct Memory {
    entries: Mutex<Entries>,
}

#[derive(Clone, Debug, Default)]
struct Entries {
    intents: Vec<Intent>,
    states: Vec<MoneyState>,
}

impl Recorder for Memory {
    fn intent<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, ()> {
        Box::pin(async {
            sleep(Duration::from_millis(100)).await;
            self.entries.lock().unwrap().intents.push(intent.clone());
            Ok(())
        })
    }

    fn event<'a>(&'a self, _: &'a OperationId, event: &'a Event) -> RecordFuture<'a, ()> {
        Box::pin(async move {
            sleep(Duration::from_millis(100)).await;
            if let Event::State { state, .. } = event {
                self.entries.lock().unwrap().states.push(state.clone());
            }
            Ok(())
        })
    }
}
