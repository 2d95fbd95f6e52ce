//! Row 47: everything fails for ten minutes.

use std::time::Duration;

use snap_core::Clock;
use snap_sandbox::{Act, At, Fault};
use tokio::time::sleep;

use crate::{
    answers::answer,
    row::shown,
    subject::{How, Subject},
    world::{Setting, World, money, name},
};

/// One call a second, for ten minutes; gives how many requests each made.
async fn amplification(subject: Subject, act: Act) -> (u64, u64) {
    let world = World::prepared(Setting::default(), subject).await;
    let fault = Fault::new(At::AfterRequest, act).times(u32::MAX);
    world.inject(fault.for_operation(subject.operation()));
    let before = world.counts(subject.operation());
    let mut calls = 0;

    while world.clock.monotonic() < TEN_MINUTES {
        let how = How {
            reference: subject.reference().map(|own| format!("{own}-{calls}")),
            ..How::default()
        };
        let result = world.call(subject, how).await;
        assert!(result.is_err(), "{subject:?}: {}", shown(&result));
        calls += 1;
        sleep(Duration::from_secs(1)).await;
    }

    (
        calls,
        world.counts(subject.operation()).since(before).connections,
    )
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_made_worse_by_money_and_sessions() {
    for subject in [
        Subject::Binding,
        Subject::Payment,
        Subject::Transfer,
        Subject::Refund,
    ] {
        for act in [
            Act::Status(503),
            answer(500, &subject.code(500, "00")),
            Act::Reset,
        ] {
            let (calls, requests) = amplification(subject, act.clone()).await;

            assert_eq!(requests, calls, "{subject:?}, {act:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_made_worse_by_reads_by_a_tenth_at_most() {
    for subject in [Subject::Balance, Subject::CustomersBalance] {
        for act in [
            Act::Status(503),
            answer(500, &subject.code(500, "00")),
            Act::Reset,
        ] {
            let (calls, requests) = amplification(subject, act.clone()).await;

            // The calls that were sent again take a little longer, so there are a few less of them.
            assert!(calls > 500, "{calls} calls");
            assert!(
                requests <= calls + 10,
                "{subject:?}, {act:?}: {requests} of {calls}"
            );
        }
    }
}

/// 1, 2, 4, 8, 16 and then 30 s, each a fifth more or less.
#[tokio::test(start_paused = true)]
async fn an_outage_of_the_token_endpoint_costs_one_request_per_step() {
    let world = World::new().await;
    let fault = Fault::new(At::AfterRequest, Act::Status(503)).times(u32::MAX);
    world.inject(fault.for_operation("token.b2b"));
    let mut calls = 0;

    while world.clock.monotonic() < TEN_MINUTES {
        for subject in [
            Subject::Balance,
            Subject::Binding,
            Subject::JumpApp,
            Subject::Transfer,
        ] {
            let result = world.call(subject, How::default()).await;
            let expected = subject.is_money().then_some("not-moved:no-token");
            assert_eq!(money(&result).map(name), expected, "{}", shown(&result));
            calls += 1;
        }
        sleep(Duration::from_secs(1)).await;
    }

    let requests = world.sandbox.token_requests();
    let steps = 5 + (600 - 31) / 24 + 2;
    assert!(requests <= steps, "{requests} requests of {calls} calls");
}

const TEN_MINUTES: Duration = Duration::from_secs(600);
