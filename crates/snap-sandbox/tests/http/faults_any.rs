//! Any fault, by chance, and runs that repeat themselves.

use serde_json::Value;
use snap_sandbox::{Act, At, Fault, FaultError, Faults, RawReply, Sandbox};

use crate::{
    exchange::raw,
    faults::Bench,
    support::{frozen, refresh_call, timestamp, token_call},
};

/// A sandbox with a token, as exchanges give it.
fn bench(sandbox: Sandbox) -> (Bench, RawReply) {
    let call = token_call(sandbox.merchant(), &timestamp(&sandbox, 0));
    let reply = sandbox.exchange(raw(call));
    let token = json(&reply)["accessToken"]
        .as_str()
        .expect("token")
        .to_owned();
    (Bench::of(sandbox, token), reply)
}

/// The body of a whole answer; null if that is no JSON or no whole answer.
fn json(reply: &RawReply) -> Value {
    match reply {
        RawReply::Answer { body, .. } => serde_json::from_slice(body).unwrap_or_default(),
        _ => Value::Null,
    }
}

/// All that a reply says; a body as it is, since lists of a million numbers take seconds to write.
fn text(reply: &RawReply) -> String {
    match reply {
        RawReply::Answer {
            status,
            headers,
            body,
            ..
        } => format!("{status} {headers:?} {}", String::from_utf8_lossy(body)),
        other => format!("{other:?}"),
    }
}

/// Transfers, each sent twice, under faults.
fn transfers(bench: &Bench, count: u32) -> Vec<RawReply> {
    let mut replies = Vec::new();
    for number in 0..count {
        for external_id in [2 * number, 2 * number + 1] {
            let call = bench.call(&format!("out-{number}"), &external_id.to_string());
            replies.push(bench.sandbox.exchange(raw(call)));
        }
    }
    replies
}

/// Everything that a run gives away, tokens included.
async fn run(seed: u64) -> String {
    let sandbox = frozen()
        .sessions(false)
        .seed(seed)
        .start()
        .await
        .expect("starts");
    let (bench, token) = bench(sandbox);
    let sandbox = &bench.sandbox;
    sandbox.inject_any(Faults::all(0.3)).expect("possible");
    let replies: String = transfers(&bench, 200).iter().map(text).collect();
    let code = sandbox.auth_code("cust-1");
    let refresh = sandbox.exchange(raw(refresh_call(sandbox, "none")));
    let (requests, faults) = (sandbox.requests(), sandbox.faults());
    let ledger = sandbox.ledger();
    let movements = ledger.movements();
    let told = format!("{requests:?} {faults:?} {movements:?}");
    [text(&token), replies, code, text(&refresh), told].join("\n")
}

/// Behaviour "seed.repeats".
#[tokio::test]
async fn the_same_seed_and_the_same_requests_give_the_same_run() {
    let (first, again, other) = (run(7).await, run(7).await, run(8).await);

    assert!(first == again, "a run differs from its repetition");
    assert_ne!(first, other);
    assert!(first.contains("Broken") && first.contains("no effect"));
}

#[tokio::test]
async fn a_seed_that_nobody_gave_can_be_asked_for_and_used_again() {
    let first = frozen().start().await.expect("starts");

    let again = frozen().seed(first.seed()).start().await.expect("starts");

    assert_eq!(again.seed(), first.seed());
    assert_eq!(again.merchant().client_id, first.merchant().client_id);
    let same = |sandbox: &Sandbox| sandbox.auth_code("cust-1");
    assert_eq!(same(&again), same(&first));
}

/// Chance has a stream of its own: a fault that lets a request pass does not shift what is drawn later.
#[tokio::test]
async fn faults_change_no_token() {
    let code = async |probability| {
        let sandbox = frozen()
            .sessions(false)
            .seed(7)
            .start()
            .await
            .expect("starts");
        let (bench, _) = bench(sandbox);
        let page = Fault::new(At::AfterRequest, Act::Html)
            .with_apply_effect(true)
            .with_probability(probability)
            .times(u32::MAX);
        bench.inject(page);
        transfers(&bench, 50);
        bench.sandbox.auth_code("cust-1")
    };

    assert_eq!(code(0.1).await, code(0.9).await);
}

/// Behaviour "fault.any".
#[tokio::test]
async fn no_fault_by_chance_lies_about_money() {
    let sandbox = frozen()
        .sessions(false)
        .seed(1)
        .start()
        .await
        .expect("starts");
    let (bench, _) = bench(sandbox);
    bench
        .sandbox
        .inject_any(Faults::all(0.8))
        .expect("possible");
    let (mut believed, mut refused) = (0, 0);

    let replies = transfers(&bench, 500);

    let ledger = bench.sandbox.ledger();
    for (number, replies) in replies.chunks(2).enumerate() {
        let reference = format!("out-{number}");
        let effects = ledger.effects(&reference);
        assert!(effects <= 1, "{reference}");
        let first = json(&replies[0]);
        let RawReply::Answer { status, .. } = replies[0] else {
            continue;
        };
        let code = first["responseCode"].as_str().unwrap_or_default();
        // A careful client believes a code that agrees with the HTTP status, and its own reference.
        if code.starts_with("200") && status == 200 && first["partnerReferenceNo"] == *reference {
            believed += 1;
            assert_eq!(effects, 1, "{first}");
        }
        if code.starts_with('4') {
            refused += 1;
            let second = json(&replies[1]);
            assert_ne!(
                second["responseCode"], "4094301",
                "{first} and then {second}"
            );
        }
    }

    assert!(believed > 50 && refused > 2, "{believed} {refused}");
}

#[tokio::test]
async fn faults_by_chance_can_be_narrowed_and_end() {
    let (bench, _) = bench(frozen().sessions(false).start().await.expect("starts"));
    let narrow = Faults::all(1.0).for_reference("out-1*").times(3);
    bench.sandbox.inject_any(narrow).expect("possible");
    let unknown = bench
        .sandbox
        .inject_any(Faults::all(1.0).for_operation("kirimdoku.nothing"));

    transfers(&bench, 20);

    let struck = bench.sandbox.requests();
    let struck = struck.iter().filter(|request| request.fault.is_some());
    let struck: Vec<_> = struck
        .filter_map(|request| request.reference.as_deref())
        .collect();
    assert!(
        struck.iter().all(|name| name.starts_with("out-1")),
        "{struck:?}"
    );
    assert_eq!(struck.len(), 3);
    assert!(bench.sandbox.faults().is_empty());
    assert_eq!(
        unknown,
        Err(FaultError::UnknownOperation("kirimdoku.nothing".to_owned()))
    );
}
