//! Rows about token requests.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use snap_core::{Clock, Error, Stage::NotSent};
use snap_sandbox::{Act, At, Fault};
use tokio::time::{advance, sleep};

use crate::{
    answers::answer,
    row::{SLACK, shown},
    subject::{How, Subject},
    world::{Between, Setting, World, money, name},
};

/// Each kind without a token, under a fault of the token endpoint.
async fn without_token(number: &str, act: Act, within: Duration) {
    for subject in Subject::ALL {
        let world = World::prepared(Setting::default(), subject).await;
        world.inject(token_fault(act.clone()));
        let before = world.counts(subject.operation());
        let started = world.clock.monotonic();

        let result = world.call(subject, How::default()).await;

        let took = world.clock.monotonic() - started;
        let label = format!("row {number}, {subject:?}: {}", shown(&result));
        assert!(took <= within + SLACK, "{label}: {took:?}");
        let happened = world.counts(subject.operation()).since(before);
        assert_eq!((happened.tokens, happened.connections), (1, 0), "{label}");
        let expected = subject.is_money().then_some("not-moved:no-token");
        assert_eq!(money(&result).map(name), expected, "{label}");
        let error = result.unwrap_err();
        assert_eq!(
            (error.stage(), error.attempts().len()),
            (NotSent, 0),
            "{label}"
        );
        assert_eq!(error.reference(), subject.reference(), "{label}");
        assert!(error.token_error().is_some(), "{label}");
        world
            .sandbox
            .assert_absent_from(&format!("{error} {error:?}"));
    }
}

fn token_fault(act: Act) -> Fault {
    let fault = Fault::new(At::AfterRequest, act).times(u32::MAX);
    fault.for_operation("token.b2b")
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_fails_moves_nothing() {
    without_token("3", Act::Status(503), SLACK).await;
    without_token("3", answer(500, "5007300"), SLACK).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_hangs_is_left_after_ten_seconds() {
    without_token("4", Act::Hang, Duration::from_secs(10)).await;
}

#[tokio::test(start_paused = true)]
async fn a_page_instead_of_a_token_moves_nothing() {
    without_token("5", Act::Html, SLACK).await;
}

/// 1, 2, 4, 8 and 16 s, each a fifth more or less.
#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_fails_for_thirty_seconds_is_asked_once_per_step() {
    let world = World::new().await;
    world.inject(token_fault(answer(500, "5007300")));
    let mut calls = 0;

    while world.clock.monotonic() < Duration::from_secs(30) {
        for subject in [Subject::Balance, Subject::Transfer, Subject::Binding] {
            let result = world.call(subject, How::default()).await;
            assert!(result.is_err(), "{subject:?}");
            calls += 1;
        }
        sleep(Duration::from_millis(100)).await;
    }

    let requests = world.sandbox.token_requests();
    assert!(
        (5..=6).contains(&requests),
        "{requests} requests, {calls} calls"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_freed_at_its_limit_and_the_token_request_goes_on() {
    let setting = Setting::slow(Duration::from_secs(6));
    let world = World::with(setting).await;
    let how = How {
        timeout: Some(Duration::from_secs(2)),
        ..How::default()
    };
    let started = world.clock.monotonic();

    let result = world.call(Subject::Transfer, how).await;

    let took = world.clock.monotonic() - started;
    assert!(took <= Duration::from_secs(2) + SLACK, "{took:?}");
    let state = money(&result).map(name);
    assert_eq!(state, Some("not-moved:no-token"), "{}", shown(&result));
    sleep(Duration::from_secs(5)).await;
    world.client.token(Duration::ZERO).await.unwrap();
    world.sandbox.assert_token_requests(1);
}

#[tokio::test(start_paused = true)]
async fn a_page_instead_of_a_token_is_not_cached() {
    let world = World::new().await;
    world.inject(token_fault(Act::Html).times(1));
    world
        .call(Subject::Transfer, How::default())
        .await
        .unwrap_err();
    sleep(Duration::from_secs(2)).await;

    let result = world.call(Subject::Transfer, How::default()).await;

    assert!(result.is_ok(), "{}", shown(&result));
    world.sandbox.assert_token_requests(2);
}

/// `expiresIn` as DOKU may write it, and the life that is believed in.
#[tokio::test(start_paused = true)]
async fn the_life_of_a_token_is_held_within_bounds() {
    life(Some(json!("900")), 900).await;
    life(Some(json!(900)), 900).await;
    life(Some(json!(0)), 60).await;
    life(Some(json!(-1)), 60).await;
    life(Some(json!(1_000_000_000)), 3600).await;
    life(None, 60).await;
}

async fn life(expires_in: Option<Value>, seconds: u64) {
    let a_day = Duration::from_secs(86_400);
    let setting = Setting::default().sandbox(move |builder| builder.token_lifetime(a_day));
    let world = World::with(setting).await;
    world.put_between(Between::editing(move |path, answer| {
        match path.ends_with("/b2b") {
            true => with_expiry(answer, expires_in.clone()),
            false => answer,
        }
    }));
    for subject in [
        Subject::Balance,
        Subject::Binding,
        Subject::JumpApp,
        Subject::Transfer,
    ] {
        let result = world.call(subject, How::default()).await;
        assert!(
            result.is_ok(),
            "{subject:?}, {seconds} s: {}",
            shown(&result)
        );
    }
    world.sandbox.assert_token_requests(1);

    advance(Duration::from_secs(seconds * 8 / 10)).await;
    world.client.token(Duration::ZERO).await.unwrap();
    settle().await;
    let early = world.sandbox.token_requests();
    advance(Duration::from_secs(seconds * 2 / 10)).await;
    world.client.token(Duration::ZERO).await.unwrap();

    assert_eq!(early, 1, "within {seconds} s");
    world.sandbox.assert_token_requests(2);
}

fn with_expiry(answer: Response<Bytes>, expires_in: Option<Value>) -> Response<Bytes> {
    answer.map(|body| {
        let mut answer: Value = serde_json::from_slice(&body).unwrap();
        let members = answer.as_object_mut().unwrap();
        members.remove("expiresIn");
        members.extend(expires_in.map(|expiry| ("expiresIn".to_owned(), expiry)));
        serde_json::to_vec(&answer).unwrap().into()
    })
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_caller_who_leaves_serves_the_others() {
    let setting = Setting::slow(Duration::from_secs(1));
    let world = Arc::new(World::with(setting).await);
    let call = |subject: Subject| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.call(subject, How::default()).await })
    };
    let first = call(Subject::Balance);
    sleep(Duration::from_millis(100)).await;
    let others = [
        Subject::Balance,
        Subject::Binding,
        Subject::JumpApp,
        Subject::Transfer,
    ];
    let others = others.map(call);
    sleep(Duration::from_millis(100)).await;
    first.abort();

    for other in others {
        let result = other.await.unwrap();
        assert!(result.is_ok(), "{}", shown(&result));
    }
    world.sandbox.assert_token_requests(1);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_callers_at_the_expiry_make_one_token_request() {
    let setting = Setting::slow(Duration::from_millis(100));
    let world = Arc::new(World::with(setting).await);
    world.client.token(Duration::ZERO).await.unwrap();
    advance(Duration::from_secs(901)).await;
    let before = world.sandbox.token_requests();

    let callers: Vec<_> = (0..10_000)
        .map(|turn| caller(Arc::clone(&world), turn))
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }

    assert_eq!(world.sandbox.token_requests() - before, 1);
    assert_eq!(world.sandbox.ledger().operations(), 50);
    world.sandbox.ledger().assert_no_double_effect();
}

/// One in two hundred pays out; the others want a token.
fn caller(world: Arc<World>, turn: u32) -> tokio::task::JoinHandle<Result<(), Error>> {
    tokio::spawn(async move {
        if !turn.is_multiple_of(200) {
            return world.client.token(Duration::ZERO).await.map(drop);
        }
        let how = How {
            reference: Some(format!("PAYOUT-{turn}")),
            ..How::default()
        };
        world.call(Subject::Transfer, how).await.map(drop)
    })
}

#[tokio::test(start_paused = true)]
async fn a_signature_that_is_always_refused_is_asked_about_once_per_step() {
    let world = World::new().await;
    world.inject(token_fault(answer(401, "4017300")));

    while world.clock.monotonic() < Duration::from_secs(30) {
        let result = world.call(Subject::Transfer, How::default()).await;
        let state = money(&result).map(name);
        assert_eq!(state, Some("not-moved:no-token"), "{}", shown(&result));
        sleep(Duration::from_millis(100)).await;
    }

    let requests = world.sandbox.token_requests();
    assert!((5..=6).contains(&requests), "{requests} requests");
}

/// What was spawned gets its turn.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}
