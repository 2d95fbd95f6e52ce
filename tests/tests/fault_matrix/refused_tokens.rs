//! Rows about tokens that DOKU refuses.

use std::{sync::Arc, time::Duration};

use snap_core::{AuthCode, Client, Clock, Stage::Refused, token::MemoryTokenStore};
use snap_sandbox::{At, Fault};
use snap_suite::{InMemory, config_for};

use crate::{
    answers::answer,
    row::{LIMIT, Row, SLACK, shown},
    subject::{How, Subject},
    world::{Setting, WHOSE, World, money, name},
};

/// A client of the same merchant in another process, with the same store.
async fn two_processes(subject: Subject) -> (World, Client) {
    let store = Arc::new(MemoryTokenStore::new());
    let shared = Arc::clone(&store);
    let setting =
        Setting::default().config(move |config| config.with_token_store(Arc::clone(&shared)));
    let world = World::prepared(setting, subject).await;
    let config = config_for(&world.sandbox).unwrap();
    let config = config
        .with_clock(world.clock.clone())
        .with_token_store(store);
    let transport = InMemory::new(Arc::clone(&world.sandbox));
    let other = Client::with_transport(config, transport).unwrap();
    (world, other)
}

#[tokio::test(start_paused = true)]
async fn a_newer_token_of_another_process_is_adopted() {
    for subject in Subject::ALL {
        let (world, other) = two_processes(subject).await;
        world.client.token(Duration::ZERO).await.unwrap();
        other.token(Duration::ZERO).await.unwrap();
        world.sandbox.expire_tokens();
        Subject::Balance
            .call(&other, WHOSE, How::default())
            .await
            .unwrap();
        let before = world.counts(subject.operation());

        let result = world.call(subject, How::default()).await;

        assert!(result.is_ok(), "row 9, {subject:?}: {}", shown(&result));
        let happened = world.counts(subject.operation()).since(before);
        let counted = (happened.tokens, happened.arrived);
        assert_eq!(
            counted,
            (0, 2),
            "row 9, {subject:?}: token requests, arrivals"
        );
        assert_ids_differ(&world, subject);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_dies_is_replaced_by_one_request_and_one_replay() {
    for subject in Subject::ALL {
        let world = World::prepared(Setting::default(), subject).await;
        world.client.token(Duration::ZERO).await.unwrap();
        for end in ["invalid", "forgotten"] {
            match end {
                "invalid" => world.sandbox.invalidate_tokens(),
                _ => world.sandbox.forget_tokens(),
            }
            let before = world.counts(subject.operation());
            let how = How {
                reference: subject.reference().map(|_| format!("{LONG}-{end}")),
                ..How::default()
            };

            let result = world.call(subject, how).await;

            // The second refund finds nothing left to give back.
            let is_second_refund = subject.original().is_some() && end == "forgotten";
            assert!(
                result.is_ok() || is_second_refund,
                "{subject:?}: {}",
                shown(&result)
            );
            let happened = world.counts(subject.operation()).since(before);
            let counted = (happened.tokens, happened.arrived);
            assert_eq!(
                counted,
                (1, 2),
                "row 10, {subject:?}: token requests, arrivals"
            );
        }
        assert_ids_differ(&world, subject);
        world.sandbox.ledger().assert_no_double_effect();
    }
}

#[track_caller]
fn assert_ids_differ(world: &World, subject: Subject) {
    let requests = world.requests(subject.operation());
    let mut ids: Vec<_> = requests
        .into_iter()
        .map(|request| request.external_id)
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(
        ids.len(),
        count,
        "{subject:?}: an external id was sent twice"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_always_refused_is_replaced_once() {
    for case in ["01", "03"] {
        Row::answer("11", 401, 401, case)
            .without_effect()
            .money("not-moved:auth-rejected", Refused)
            .read("error", 2)
            .session("error")
            .sends(2)
            .check()
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_customers_token_that_is_always_refused_is_renewed_once() {
    for subject in Subject::ALL.into_iter().filter(|of| of.has_customer()) {
        for case in ["02", "04"] {
            customers_token(subject, case, u32::MAX).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_customers_token_that_is_refused_is_renewed_and_the_call_replayed() {
    for subject in Subject::ALL.into_iter().filter(|of| of.has_customer()) {
        for case in ["02", "04"] {
            customers_token(subject, case, 1).await;
        }
    }
}

/// Never another customer's token, although there is one.
async fn customers_token(subject: Subject, case: &str, times: u32) {
    let world = World::prepared(Setting::default(), subject).await;
    let code = AuthCode::new(world.sandbox.auth_code("another"));
    world
        .client
        .customer("another")
        .authorize(&code)
        .await
        .unwrap();
    let refused = Fault::new(At::AfterRequest, answer(401, &subject.code(401, case)));
    let refused = refused.for_operation(subject.operation()).times(times);
    world.inject(refused);
    let before = world.counts(subject.operation());

    let result = world.call(subject, How::default()).await;

    let label = format!("row 12, {subject:?}: {}", shown(&result));
    let happened = world.counts(subject.operation()).since(before);
    assert_eq!(
        (happened.customer_tokens, happened.arrived),
        (1, 2),
        "{label}"
    );
    for request in world.requests(subject.operation()) {
        assert_ne!(request.customer.as_deref(), Some("another"), "{label}");
    }
    let expected = match times {
        1 => subject.accepted(),
        _ => "not-moved:customer-token-refused",
    };
    let expected = subject.is_money().then_some(expected);
    assert_eq!(money(&result).map(name), expected, "{label}");
    assert_eq!(result.is_ok(), times == 1, "{label}");
}

#[tokio::test(start_paused = true)]
async fn a_customer_who_unlinked_is_asked_about_once() {
    for subject in Subject::ALL.into_iter().filter(|of| of.has_customer()) {
        let world = World::prepared(Setting::default(), subject).await;
        world.sandbox.unlink_customer(WHOSE);
        let before = world.counts(subject.operation());
        let started = world.clock.monotonic();

        let result = world.call(subject, How::default()).await;

        let label = format!("row 12, {subject:?}: {}", shown(&result));
        assert!(
            world.clock.monotonic() - started <= LIMIT + SLACK,
            "{label}"
        );
        let happened = world.counts(subject.operation()).since(before);
        assert_eq!(
            (happened.customer_tokens, happened.arrived),
            (1, 1),
            "{label}"
        );
        let expected = subject
            .is_money()
            .then_some("not-moved:customer-token-refused");
        assert_eq!(money(&result).map(name), expected, "{label}");
    }
}

/// Long enough for ALLO.
const LONG: &str = "ORDER-2026-0042-0000000000000001";
