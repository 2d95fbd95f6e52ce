//! Rows about clocks.

use std::time::Duration;

use http::{HeaderValue, header};
use snap_sandbox::{Act, At, Fault};
use tokio::time::advance;

use crate::{
    answers::answer,
    row::shown,
    subject::{How, Subject},
    world::{Between, Setting, World, money, name},
};

/// A world in which the operation is refused so often, as a wrong signature is.
async fn refused(subject: Subject, times: u32) -> World {
    let world = World::prepared(Setting::default(), subject).await;
    world.client.token(Duration::ZERO).await.unwrap();
    let code = subject.code(401, "00");
    let fault = Fault::new(At::AfterRequest, answer(401, &code)).times(times);
    world.inject(fault.for_operation(subject.operation()));
    world
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_minutes_off_is_corrected_once() {
    for subject in Subject::ALL {
        for off_by in [5 * MINUTE, -5 * MINUTE, 14 * MINUTE, -14 * MINUTE] {
            let world = refused(subject, 1).await;
            world.clock.set_off_by(off_by);
            let before = world.counts(subject.operation());

            let result = world.call(subject, How::default()).await;

            let label = format!("row 39, {subject:?}, {off_by} ms");
            assert!(result.is_ok(), "{label}: {}", shown(&result));
            let sends = world.counts(subject.operation()).since(before).connections;
            assert_eq!(sends, 2, "{label}");
            let offset = world.client.clock_offset().unwrap();
            assert!(
                (offset.millis + off_by).abs() <= 1000,
                "{label}: {offset:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_right_is_not_blamed() {
    for subject in Subject::ALL {
        let world = refused(subject, u32::MAX).await;
        assert_rejected(&world, subject, 1, "it is not the clock").await;
        assert_eq!(world.client.clock_offset(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_whose_correction_does_not_help_is_corrected_once() {
    for subject in Subject::ALL {
        let world = refused(subject, u32::MAX).await;
        world.clock.set_off_by(5 * MINUTE);
        assert_rejected(&world, subject, 2, "that did not help").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_hours_or_days_off_is_named_and_not_corrected() {
    for subject in Subject::ALL {
        for off_by in [
            60 * MINUTE,
            -60 * MINUTE,
            24 * 60 * MINUTE,
            -24 * 60 * MINUTE,
        ] {
            let world = World::prepared(Setting::default(), subject).await;
            world.client.token(Duration::ZERO).await.unwrap();
            world.clock.set_off_by(off_by);
            // The sandbox refuses by itself.
            assert_rejected(&world, subject, 1, "more than is corrected").await;
            assert_eq!(world.client.clock_offset(), None);
        }
    }
}

/// Without a token it is the token request that is refused.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_hours_off_gets_no_token() {
    for subject in Subject::ALL.into_iter().filter(|of| of.is_money()) {
        let world = World::prepared(Setting::default(), subject).await;
        world.clock.set_off_by(60 * MINUTE);

        let result = world.call(subject, How::default()).await;

        let state = money(&result).map(name);
        assert_eq!(state, Some("not-moved:no-token"), "{}", shown(&result));
        let error = result.unwrap_err();
        assert!(
            error.to_string().contains("more than is corrected"),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_minutes_off_gets_a_token_at_the_second_try() {
    let world = World::new().await;
    world.clock.set_off_by(5 * MINUTE);
    let fault = Fault::new(At::AfterRequest, answer(401, "4017300"));
    world.inject(fault.for_operation("token.b2b"));

    let result = world.call(Subject::Transfer, How::default()).await;

    assert!(result.is_ok(), "{}", shown(&result));
    world.sandbox.assert_token_requests(2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_ends_no_token_early_or_late() {
    let world = World::new().await;
    world.client.token(Duration::ZERO).await.unwrap();
    for off_by in [24 * 60 * MINUTE, -24 * 60 * MINUTE, 0] {
        world.clock.set_off_by(off_by);
        world.client.token(Duration::ZERO).await.unwrap();
    }
    world.sandbox.assert_token_requests(1);

    advance(Duration::from_secs(901)).await;
    world.client.token(Duration::ZERO).await.unwrap();

    world.sandbox.assert_token_requests(2);
}

#[tokio::test(start_paused = true)]
async fn a_date_that_is_minutes_off_costs_one_replay() {
    for subject in Subject::ALL {
        let world = refused(subject, u32::MAX).await;
        world.put_between(date("Fri, 15 Jan 2027 05:07:00 GMT"));
        assert_rejected(&world, subject, 2, "that did not help").await;
        let offset = world.client.clock_offset().unwrap();
        assert!(offset.millis.abs() <= 15 * MINUTE, "{offset:?}");
    }
}

/// After the correction by a wrong date the sandbox still accepts what the client signs, and the next
/// refusal sets it right.
#[tokio::test(start_paused = true)]
async fn a_wrong_correction_is_undone_by_the_next_refusal() {
    let world = refused(Subject::Transfer, u32::MAX).await;
    world.put_between(date("Fri, 15 Jan 2027 05:07:00 GMT"));
    world
        .call(Subject::Transfer, How::default())
        .await
        .unwrap_err();
    world.put_between(Between::default());

    world
        .call(Subject::Transfer, How::default())
        .await
        .unwrap_err();

    let offset = world.client.clock_offset().unwrap();
    assert!(offset.millis.abs() <= 1000, "{offset:?}");
}

#[tokio::test(start_paused = true)]
async fn a_date_that_is_an_hour_off_corrects_nothing() {
    for subject in Subject::ALL {
        let world = refused(subject, u32::MAX).await;
        world.put_between(date("Fri, 15 Jan 2027 06:07:00 GMT"));
        assert_rejected(&world, subject, 1, "more than is corrected").await;
        assert_eq!(world.client.clock_offset(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_date_from_a_cache_or_none_corrects_nothing() {
    let cached = Between::editing(|_, answer| {
        let mut answer = dated(answer, "Fri, 15 Jan 2027 05:07:00 GMT");
        let age = HeaderValue::from_static("300");
        answer.headers_mut().insert(header::AGE, age);
        answer
    });
    let absent = Between::editing(|_, mut answer| {
        answer.headers_mut().remove(header::DATE);
        answer
    });
    for subject in Subject::ALL {
        for between in [cached.clone(), absent.clone()] {
            let world = refused(subject, u32::MAX).await;
            world.clock.set_off_by(5 * MINUTE);
            world.put_between(between);
            assert_rejected(&world, subject, 1, "check that the clock is right").await;
            assert_eq!(world.client.clock_offset(), None);
        }
    }
}

/// Only a refusal is a reason to look at it.
#[tokio::test(start_paused = true)]
async fn a_date_of_a_good_answer_corrects_nothing() {
    let world = World::new().await;
    let fault = Fault::new(At::AfterRequest, Act::Date(600)).with_apply_effect(true);
    world.inject(fault);

    let result = world.call(Subject::Transfer, How::default()).await;

    assert!(result.is_ok(), "{}", shown(&result));
    assert_eq!(world.client.clock_offset(), None);
}

async fn assert_rejected(world: &World, subject: Subject, sends: u64, says: &str) {
    let before = world.counts(subject.operation());

    let result = world.call(subject, How::default()).await;

    let label = format!("{subject:?}: {}", shown(&result));
    let happened = world.counts(subject.operation()).since(before);
    assert_eq!(happened.connections, sends, "{label}");
    let expected = subject.is_money().then_some("not-moved:auth-rejected");
    assert_eq!(money(&result).map(name), expected, "{label}");
    let error = result.unwrap_err();
    assert!(error.to_string().contains(says), "{says}: {error}");
    if let Some(reference) = subject.reference() {
        assert_eq!(world.sandbox.ledger().effects(reference), 0, "{label}");
    }
}

/// The sandbox's time is five o'clock.
fn date(date: &'static str) -> Between {
    Between::editing(move |_, answer| dated(answer, date))
}

fn dated(
    mut answer: http::Response<bytes::Bytes>,
    date: &'static str,
) -> http::Response<bytes::Bytes> {
    let date = HeaderValue::from_static(date);
    answer.headers_mut().insert(header::DATE, date);
    answer
}

const MINUTE: i64 = 60 * 1000;
