//! Which requests a fault strikes.

use serde_json::Value;
use snap_sandbox::{Act, At, Fault, FaultError};

use crate::{
    faults::{Bench, send},
    support::{timestamp, token_call},
};

/// HTTP 503, which nothing else gives.
fn down() -> Fault {
    Fault::new(At::AfterRequest, Act::Status(503)).times(9)
}

/// The HTTP statuses that requests with these references get.
async fn statuses(bench: &Bench, references: &[&str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for reference in references {
        let external_id = (bench.sandbox.requests().len() + 1).to_string();
        let seen = bench.send(reference, &external_id).await;
        statuses.push(seen.whole().0);
    }
    statuses
}

#[tokio::test]
async fn a_star_in_a_reference_stands_for_any_text() {
    let bench = Bench::new().await;
    bench.inject(down().for_reference("ord-*"));

    let statuses = statuses(&bench, &["ord-1", "out-1", "ord-", "x-ord-1"]).await;

    assert_eq!(statuses, [503, 200, 503, 200]);
}

#[tokio::test]
async fn a_path_and_a_client_are_compared_as_sent() {
    let bench = Bench::new().await;
    bench.inject(down().for_path("/snap/v1.1/elsewhere"));
    bench.inject(down().for_client("BRN-LOCAL-other"));
    let unharmed = statuses(&bench, &["out-1"]).await;

    bench.inject(down().for_path(bench.spec.path.as_str()).times(1));
    bench.inject(down().for_client(&*bench.sandbox.merchant().client_id));
    let struck = statuses(&bench, &["out-2", "out-3"]).await;

    assert_eq!((unharmed, struck), (vec![200], vec![503, 503]));
}

/// A path names what is asked for, be it a token or nothing at all.
#[tokio::test]
async fn a_path_may_be_that_of_a_token_call_or_of_nothing() {
    let bench = Bench::new().await;
    let mut call = token_call(bench.sandbox.merchant(), &timestamp(&bench.sandbox, 0));
    bench.inject(down().for_path(call.path.as_str()).times(1));
    let token = send(bench.sandbox.base_url(), call).await.whole().0;
    call = bench.call("out-1", "1");
    call.path = "/nothing".to_owned();
    bench.inject(Fault::new(At::AfterHead, Act::Html).for_path("/nothing"));

    let nothing = send(bench.sandbox.base_url(), call).await.whole();

    assert_eq!((token, nothing.0), (503, 200));
}

/// Behaviour "fault.nth".
#[tokio::test]
async fn a_fault_waits_for_the_nth_request_that_fits() {
    let bench = Bench::new().await;
    bench.inject(down().for_reference("ord-*").from_nth(2).times(2));
    let references = ["ord-1", "out-1", "ord-2", "ord-3", "ord-4"];

    let statuses = statuses(&bench, &references).await;

    assert_eq!(statuses, [200, 200, 503, 503, 200]);
}

/// Behaviour "fault.chance".
#[tokio::test]
async fn without_any_chance_nothing_is_struck_and_with_all_everything() {
    let bench = Bench::new().await;
    bench.inject(down().with_probability(0.0));
    let never = statuses(&bench, &["out-1", "out-2"]).await;
    bench.inject(down().with_probability(1.0));
    let always = statuses(&bench, &["out-3", "out-4"]).await;

    assert_eq!((never, always), (vec![200, 200], vec![503, 503]));
}

#[tokio::test]
async fn faults_that_wait_are_listed_and_can_be_removed() {
    let bench = Bench::new().await;
    let first = bench.inject(down().for_reference("ord-*").from_nth(2));
    let second =
        bench.inject(Fault::new(At::AfterRequest, Act::Status(500)).for_reference("out-9"));
    statuses(&bench, &["ord-1", "ord-2"]).await;

    let waiting = bench.sandbox.faults();
    let removed = [first, first].map(|id| bench.sandbox.remove_fault(id));
    let after = statuses(&bench, &["ord-3", "out-9", "out-9"]).await;

    let ids: Vec<u64> = waiting.iter().map(|fault| fault.id).collect();
    assert_eq!(ids, [first, second]);
    assert_eq!((waiting[0].arrivals, waiting[0].times_left), (2, 8));
    assert_eq!((waiting[1].arrivals, waiting[1].times_left), (0, 1));
    let written: Value = serde_json::from_str(&waiting[0].fault).expect("JSON");
    assert_eq!(written["match"]["reference"], "ord-*");
    assert_eq!(written["do"], "status:503");
    assert_eq!(removed, [true, false]);
    assert_eq!(after, [200, 500, 200]);
    assert!(bench.sandbox.faults().is_empty());
}

/// Values that would become heads of answers or memory.
#[tokio::test]
async fn values_beyond_their_limits_are_refused() {
    let bench = Bench::new().await;
    let body = |content_type: &str| Act::Body {
        http: 200,
        content_type: content_type.to_owned().into(),
        bytes: Vec::new(),
    };
    let acts = [
        Act::Status(101),
        Act::Status(600),
        Act::Answer {
            http: 0,
            code: "0000000".to_owned(),
        },
        Act::Redirect("http://a/\r\nset-cookie: a=b".to_owned()),
        Act::Redirect(String::new()),
        body("text/plain\r\nx: y"),
        body(""),
        Act::Huge(usize::MAX),
    ];
    let faults = acts.map(|act| Fault::new(At::AfterRequest, act));
    let never = [down().times(0), down().from_nth(0)];

    for fault in faults.into_iter().chain(never) {
        let refused = bench.sandbox.inject(fault.clone()).expect_err("refused");

        assert!(matches!(refused, FaultError::Value(_)), "{fault:?}");
    }
    assert!(bench.sandbox.faults().is_empty());
}
