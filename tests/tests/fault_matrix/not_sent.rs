//! Rows in which nothing leaves.

use std::{sync::Arc, time::Duration};

use snap_core::{
    Clock, Event, Intent, LimitPolicy, OperationId, RecordError, RecordFuture, Recorder,
    Stage::NotSent, transport::TransportStage,
};
use snap_sandbox::{Act, At, Fault};

use crate::{
    row::{Row, SLACK, shown},
    subject::{How, Subject},
    world::{Between, Setting, Unreachable, World, is_token, money, name},
};

#[tokio::test(start_paused = true)]
async fn a_header_of_two_lines_is_found_before_a_token_is_asked_for() {
    let how = How {
        header: Some(("X-Note", "two\r\nlines")),
        ..How::default()
    };
    for subject in Subject::ALL {
        found_wrong(subject, Setting::default(), how.clone()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_reference_that_is_too_long_is_found_before_a_token_is_asked_for() {
    let how = How {
        reference: Some("R".repeat(65)),
        ..How::default()
    };
    let setting = Setting::default();
    let setting = setting.config(|config| config.with_limit_policy(LimitPolicy::Refuse));
    for subject in [Subject::JumpApp, Subject::TopUp, Subject::Refund] {
        found_wrong(subject, setting.clone(), how.clone()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_without_a_reference_is_not_sent() {
    let how = How {
        reference: Some(String::new()),
        ..How::default()
    };
    for subject in Subject::ALL.into_iter().filter(|of| of.is_money()) {
        found_wrong(subject, Setting::default(), how.clone()).await;
    }
}

async fn found_wrong(subject: Subject, setting: Setting, how: How) {
    let world = World::prepared(setting, subject).await;
    let before = world.counts(subject.operation());
    let own = how.reference.is_none();

    let result = world.call(subject, how).await;

    let happened = world.counts(subject.operation()).since(before);
    assert_eq!(
        (happened.tokens, happened.connections),
        (0, 0),
        "{subject:?}"
    );
    let state = money(&result).map(name);
    let expected = subject.is_money().then_some("not-moved:local");
    assert_eq!(state, expected, "{subject:?}: {}", shown(&result));
    let error = result.unwrap_err();
    assert_eq!(error.stage(), NotSent);
    if own {
        assert_eq!(
            error.reference(),
            subject.reference(),
            "row 1, {subject:?}: {error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_connection_nothing_moves() {
    Row::fault("13 and 14", At::BeforeAccept, Act::Reset)
        .money("not-moved:not-sent", NotSent)
        .read("error", 3)
        .session("error")
        .sends(3)
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_fails_once_is_made_again() {
    Row::fault("13 and 14", At::BeforeAccept, Act::Reset)
        .times(1)
        .money("accepted", None)
        .read("ok", 2)
        .session("ok")
        .sends(2)
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_is_left_after_three_tries_of_three_seconds() {
    unreachable(TransportStage::NotConnected, 3)
        .money("not-moved:not-sent", NotSent)
        .read("error", 3)
        .session("error")
        .sends(3)
        .check()
        .await;
}

/// The limit of the call ends it, and nothing had left.
#[tokio::test(start_paused = true)]
async fn a_name_that_is_never_resolved_moves_nothing() {
    Row::fault("13", At::BeforeAccept, Act::Hang)
        .money("not-moved:not-sent", NotSent)
        .read("error", 1)
        .session("error")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_nobody_can_trust_is_tried_once() {
    unreachable(TransportStage::NotTrusted, 0)
        .money("not-moved:not-sent", NotSent)
        .read("error", 1)
        .session("error")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_reason_for_distrust_is_named() {
    let world = World::new().await;
    world.put_between(unreachable(TransportStage::NotTrusted, 0).between);

    let error = world
        .call(Subject::Transfer, How::default())
        .await
        .unwrap_err();

    assert!(error.to_string().contains(EXPIRED), "{error}");
    assert!(error.is_connect(), "{error}");
}

fn unreachable(stage: TransportStage, seconds: u64) -> Row {
    let mut row = Row::new("14 and 15");
    row.between = Between::unreachable(Unreachable {
        path: |path| !is_token(path),
        stage,
        after: Duration::from_secs(seconds),
        detail: EXPIRED,
    });
    row
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_stops_the_call() {
    let mut row = Row::new("48")
        .money("not-moved:journal-failed", NotSent)
        .sends(0);
    row.how.recorder = Some(Arc::new(Full));
    row.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_hangs_stops_the_call_at_its_limit() {
    let mut row = Row::new("48")
        .money("not-moved:journal-failed", NotSent)
        .sends(0);
    row.how.recorder = Some(Arc::new(Stuck));
    row.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_after_the_answer_does_not_change_it() {
    for recorder in [Arc::new(Forgetful) as Arc<dyn Recorder>, Arc::new(Sluggish)] {
        let mut row = Row::new("48").money("accepted", None);
        row.how.recorder = Some(recorder);
        row.check().await;
    }
}

/// The replay is under another external id, which the journal has to know first.
#[tokio::test(start_paused = true)]
async fn a_journal_that_does_not_take_the_second_id_stops_the_replay() {
    for subject in Subject::ALL.into_iter().filter(|of| of.is_money()) {
        let world = World::prepared(Setting::default(), subject).await;
        let code = subject.code(401, "01");
        let refused = Act::Answer { http: 401, code };
        world.inject(Fault::new(At::AfterRequest, refused).for_operation(subject.operation()));
        let before = world.counts(subject.operation());
        let how = How {
            recorder: Some(Arc::new(Forgetful)),
            ..How::default()
        };
        let started = world.clock.monotonic();

        let result = world.call(subject, how).await;

        assert!(world.clock.monotonic() - started <= SLACK);
        let happened = world.counts(subject.operation()).since(before);
        assert_eq!(happened.connections, 1, "{subject:?}: {}", shown(&result));
        let state = money(&result).map(name);
        assert_eq!(state, Some("not-moved:auth-rejected"), "{}", shown(&result));
    }
}

/// The disk is full.
#[derive(Debug)]
struct Full;

impl Recorder for Full {
    fn intent<'a>(&'a self, _: &'a Intent) -> RecordFuture<'a, ()> {
        Box::pin(async { Err(RecordError::new("no space left on device")) })
    }

    fn event<'a>(&'a self, _: &'a OperationId, _: &'a Event) -> RecordFuture<'a, ()> {
        Box::pin(async { Err(RecordError::new("no space left on device")) })
    }
}

/// Takes intents and no events.
#[derive(Debug)]
struct Forgetful;

impl Recorder for Forgetful {
    fn intent<'a>(&'a self, _: &'a Intent) -> RecordFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn event<'a>(&'a self, id: &'a OperationId, event: &'a Event) -> RecordFuture<'a, ()> {
        Full.event(id, event)
    }
}

/// Never comes back from an intent.
#[derive(Debug)]
struct Stuck;

impl Recorder for Stuck {
    fn intent<'a>(&'a self, _: &'a Intent) -> RecordFuture<'a, ()> {
        Box::pin(std::future::pending())
    }

    fn event<'a>(&'a self, _: &'a OperationId, _: &'a Event) -> RecordFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// Takes nearly a second for an event, which the caller waits for.
#[derive(Debug)]
struct Sluggish;

impl Recorder for Sluggish {
    fn intent<'a>(&'a self, _: &'a Intent) -> RecordFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn event<'a>(&'a self, _: &'a OperationId, _: &'a Event) -> RecordFuture<'a, ()> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(900)).await;
            Ok(())
        })
    }
}

const EXPIRED: &str = "no connection: certificate expired";
