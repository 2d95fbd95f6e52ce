//! Requests without a socket.

use snap_sandbox::{Act, At, Fault, RawReply, RawRequest};

use crate::{faults::Bench, support::Call};

/// The request as data.
pub(crate) fn raw(call: Call) -> RawRequest {
    let headers = call.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    RawRequest::new(
        call.method.to_string(),
        call.path,
        headers.collect(),
        call.body,
    )
}

#[tokio::test]
async fn an_exchange_without_a_socket_is_judged_alike() {
    let bench = Bench::new().await;

    let first = bench.sandbox.exchange(raw(bench.call("out-1", "1")));
    let again = bench.sandbox.exchange(raw(bench.call("out-1", "2")));
    let mut tampered = bench.call("out-2", "3");
    tampered.body.push(b'x');
    let tampered = bench.sandbox.exchange(raw(tampered));

    let verdict = |reply: &RawReply| match reply {
        RawReply::Answer {
            status, headers, ..
        } => {
            let verdict = headers.iter().find(|(name, _)| name == "x-sandbox-verdict");
            (*status, verdict.expect("a verdict").1.clone())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(verdict(&first), (200, "ok".to_owned()));
    assert_eq!(
        verdict(&again),
        (409, "partner-reference.repeated".to_owned())
    );
    assert_eq!(verdict(&tampered), (401, "signature.mismatch".to_owned()));
    assert_eq!(bench.effects("out-1"), 1);
}

#[tokio::test]
async fn faults_of_an_exchange_come_back_as_data() {
    let bench = Bench::new().await;
    let mut number = 0;
    let mut exchange = |at, act| {
        number += 1;
        bench.inject(Fault::new(at, act));
        let call = bench.call("out-1", &number.to_string());
        bench.sandbox.exchange(raw(call))
    };
    let broken = |reply: RawReply| match reply {
        RawReply::Broken {
            at,
            act,
            status,
            sent_body,
            ..
        } => (at, act, status, sent_body.len()),
        other => panic!("{other:?}"),
    };

    let before = exchange(At::BeforeAccept, Act::Reset);
    let half = exchange(At::MidBody, Act::Close);
    let silent = exchange(At::AfterRequest, Act::Hang);
    let cut = exchange(At::MidResponse, Act::Reset);
    let page = exchange(At::AfterRequest, Act::Html);

    assert_eq!(broken(before), (At::BeforeAccept, Act::Reset, None, 0));
    assert_eq!(broken(half), (At::MidBody, Act::Close, None, 0));
    assert_eq!(broken(silent), (At::AfterRequest, Act::Hang, None, 0));
    let (at, act, status, sent) = broken(cut);
    assert_eq!((at, act, status), (At::MidResponse, Act::Reset, Some(200)));
    assert!(sent > 0);
    assert!(matches!(page, RawReply::Answer { status: 200, .. }));
    assert_eq!(bench.effects("out-1"), 0);
    assert_eq!(bench.sandbox.arrivals_of("out-1"), 3);
}
