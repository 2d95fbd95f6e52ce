//! What a client sees of a fault, and what the ledger says of it.

use std::error::Error as _;

use reqwest::redirect;
use serde_json::{Value, json};
use snap_sandbox::{Act, At, Fault, FaultError, Sandbox};

use crate::{
    specs::{Caller, Spec, named},
    support::{Call, frozen, timestamp, token, token_call},
};

const TRANSFER: &str = "kirimdoku.transferBank";

/// What a client saw.
#[derive(Debug)]
pub(crate) enum Seen {
    /// No head of an answer.
    Nothing,
    /// A head, and a body that ended too early.
    Half(u16),
    Whole(reqwest::StatusCode, reqwest::header::HeaderMap, Vec<u8>),
}

impl Seen {
    #[track_caller]
    pub(crate) fn whole(self) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
        match self {
            Self::Whole(status, headers, body) => (status.as_u16(), headers, body),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_slice(&self.whole().2).expect("JSON")
    }
}

/// Sends as a client that follows no redirect and repeats nothing.
pub(crate) async fn send(base_url: &str, call: Call) -> Seen {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never());
    let client = client.build().expect("client");
    let request = client.request(call.method, format!("{base_url}{}", call.path));
    let answer = request.headers(call.headers).body(call.body).send().await;
    let Ok(answer) = answer else {
        return Seen::Nothing;
    };
    let (status, headers) = (answer.status(), answer.headers().clone());
    match answer.bytes().await {
        Ok(body) => Seen::Whole(status, headers, body.to_vec()),
        Err(_) => Seen::Half(status.as_u16()),
    }
}

/// A sandbox and a client of it.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) token: String,
    pub(crate) spec: Spec,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let sandbox = frozen().sessions(false).start().await.expect("starts");
        let token = token(&sandbox).await;
        Self::of(sandbox, token)
    }

    pub(crate) fn of(sandbox: Sandbox, token: String) -> Self {
        Self {
            sandbox,
            token,
            spec: named(TRANSFER),
        }
    }

    pub(crate) fn call(&self, reference: &str, external_id: &str) -> Call {
        let caller = Caller {
            sandbox: &self.sandbox,
            token: self.token.clone(),
            customer_token: String::new(),
            client: reqwest::Client::new(),
        };
        let mut body = self.spec.body(&self.sandbox, false);
        body["partnerReferenceNo"] = json!(reference);
        let mut call = caller.call(&self.spec, &body);
        call.set("x-external-id", external_id);
        call
    }

    pub(crate) async fn send(&self, reference: &str, external_id: &str) -> Seen {
        send(self.sandbox.base_url(), self.call(reference, external_id)).await
    }

    #[track_caller]
    pub(crate) fn inject(&self, fault: Fault) -> u64 {
        self.sandbox.inject(fault).expect("possible")
    }

    pub(crate) fn effects(&self, reference: &str) -> usize {
        self.sandbox.ledger().effects(reference)
    }
}

/// Sends one transfer under a fault, with effect and without, and gives what was seen each time.
pub(crate) async fn both(at: At, act: Act) -> [Seen; 2] {
    let bench = Bench::new().await;
    bench.inject(Fault::new(at, act.clone()).with_apply_effect(true));
    let with = bench.send("with", "1").await;
    bench.inject(Fault::new(at, act));
    let without = bench.send("without", "2").await;

    assert_eq!(bench.effects("with"), 1, "with effect");
    assert_eq!(bench.effects("without"), 0, "without effect");
    assert_eq!(bench.sandbox.arrivals_of("without"), 1);
    [with, without]
}

/// Behaviour "fault.effect".
#[tokio::test]
async fn a_reset_after_the_request_has_an_effect_or_none_and_looks_the_same() {
    for act in [Act::Reset, Act::Close] {
        for at in [At::AfterRequest, At::BeforeHead, At::MidHead] {
            for seen in both(at, act.clone()).await {
                assert!(matches!(seen, Seen::Nothing), "{at:?} {act:?}: {seen:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_connection_can_end_inside_the_body_and_after_it() {
    for act in [Act::Reset, Act::Close] {
        for seen in both(At::MidResponse, act.clone()).await {
            assert!(matches!(seen, Seen::Half(200)), "{act:?}: {seen:?}");
        }
    }
    for seen in both(At::AfterResponse, Act::Close).await {
        assert_eq!(seen.json()["responseCode"], "2004300");
    }
}

#[tokio::test]
async fn a_reset_is_a_reset_and_a_close_is_a_close() {
    let bench = Bench::new().await;
    let kind = async |act| {
        bench.inject(Fault::new(At::AfterRequest, act));
        let call = bench.call("out-1", "1");
        let url = format!("{}{}", bench.sandbox.base_url(), call.path);
        let client = reqwest::Client::builder().no_proxy().build();
        let request = client.expect("client").post(url).headers(call.headers);
        let error = request.body(call.body).send().await.expect_err("broken");
        let mut source = error.source();
        let mut told = String::new();
        while let Some(error) = source {
            told.push_str(&error.to_string());
            source = error.source();
        }
        told
    };

    let (reset, close) = (kind(Act::Reset).await, kind(Act::Close).await);

    assert!(reset.contains("reset"), "{reset}");
    assert!(!close.contains("reset"), "{close}");
}

#[tokio::test]
async fn without_effect_neither_external_id_nor_reference_is_used_up() {
    let bench = Bench::new().await;
    bench.inject(Fault::new(At::AfterRequest, Act::Reset));
    bench.send("out-1", "1").await;

    let again = bench.send("out-1", "1").await;

    assert_eq!(again.json()["responseCode"], "2004300");
    assert_eq!(bench.effects("out-1"), 1);
    let faults: Vec<_> = bench
        .sandbox
        .requests()
        .into_iter()
        .filter_map(|request| request.fault)
        .collect();
    assert_eq!(faults, ["after_request rst, no effect"]);
}

#[tokio::test]
async fn with_effect_the_repeated_request_collides() {
    let bench = Bench::new().await;
    bench.inject(Fault::new(At::MidResponse, Act::Reset).with_apply_effect(true));
    bench.send("out-1", "1").await;

    let same = bench.send("out-1", "1").await.json();
    let renewed = bench.send("out-1", "2").await.json();

    assert_eq!(same["responseCode"], "4094300");
    assert_eq!(renewed["responseCode"], "4094301");
    assert_eq!(bench.effects("out-1"), 1);
}

#[tokio::test]
async fn a_refused_request_takes_no_effect_and_suffers_the_fault() {
    let bench = Bench::new().await;
    bench.inject(Fault::new(At::AfterRequest, Act::Reset).with_apply_effect(true));
    let mut call = bench.call("out-1", "1");
    call.body.push(b'x');

    let seen = send(bench.sandbox.base_url(), call).await;

    assert!(matches!(seen, Seen::Nothing), "{seen:?}");
    assert_eq!(bench.effects("out-1"), 0);
    let recorded = bench.sandbox.requests().pop().expect("recorded");
    assert_eq!(recorded.verdict, "signature.mismatch");
    assert_eq!(recorded.fault.as_deref(), Some("after_request rst"));
}

/// Behaviour "fault.half-arrival".
#[tokio::test]
async fn requests_that_arrive_in_part_are_counted_where_their_head_was_read() {
    for (at, arrivals) in [(At::BeforeAccept, 0), (At::AfterHead, 1), (At::MidBody, 1)] {
        for act in [Act::Reset, Act::Close] {
            let bench = Bench::new().await;
            bench.inject(Fault::new(at, act.clone()));

            let seen = bench.send("out-1", "1").await;

            assert!(matches!(seen, Seen::Nothing), "{at:?} {act:?}: {seen:?}");
            let counted = bench.sandbox.arrivals(&bench.spec.path);
            assert_eq!(counted, arrivals, "{at:?} {act:?}");
            assert_eq!(bench.sandbox.arrivals_of("out-1"), 0);
            assert_eq!(bench.effects("out-1"), 0);
            let next = bench.send("out-1", "1").await;
            assert_eq!(next.json()["responseCode"], "2004300");
        }
    }
}

#[tokio::test]
async fn a_gateway_can_answer_before_the_body() {
    let bench = Bench::new().await;
    bench.inject(Fault::new(At::AfterHead, Act::Status(503)).for_operation(TRANSFER));

    let (status, _, body) = bench.send("out-1", "1").await.whole();

    assert_eq!((status, body.len()), (503, 0));
    assert_eq!(bench.effects("out-1"), 0);
}

#[tokio::test]
async fn whole_answers_can_be_wrong_in_many_ways() {
    let after = |act| both(At::AfterRequest, act);
    for seen in after(Act::Status(429)).await {
        assert_eq!(seen.whole().0, 429);
    }
    for seen in after(Act::Html).await {
        let (status, headers, body) = seen.whole();
        assert_eq!(status, 200);
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert!(body.starts_with(b"<!doctype html>"));
    }
    for seen in after(Act::Redirect("http://169.254.169.254/".to_owned())).await {
        let (status, headers, _) = seen.whole();
        assert_eq!(status, 307);
        assert_eq!(headers["location"], "http://169.254.169.254/");
    }
    for seen in after(Act::WrongContentType).await {
        assert_eq!(seen.whole().1["content-type"], "text/plain");
    }
    for seen in after(Act::Date(-3600)).await {
        assert_eq!(seen.whole().1["date"], "Fri, 20 Nov 2026 09:30:00 GMT");
    }
    let body = Act::Body {
        http: 418,
        content_type: "image/png".into(),
        bytes: b"\x89PNG".to_vec(),
    };
    for seen in after(body).await {
        let (status, headers, body) = seen.whole();
        assert_eq!((status, &body[..]), (418, &b"\x89PNG"[..]));
        assert_eq!(headers["content-type"], "image/png");
    }
}

#[tokio::test]
async fn snap_answers_can_be_replaced_and_disfigured() {
    let after = |act| both(At::AfterRequest, act);
    let answer = |http, code: &str| Act::Answer {
        http,
        code: code.to_owned(),
    };
    for seen in after(answer(504, "5044300")).await {
        let body = seen.json();
        assert_eq!(body["responseCode"], "5044300");
        assert_eq!(body.get("partnerReferenceNo"), None);
    }
    for (seen, reference) in after(answer(409, "2004300"))
        .await
        .into_iter()
        .zip(["with", "without"])
    {
        let (status, _, body) = seen.whole();
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!((status, &body["responseCode"]), (409, &json!("2004300")));
        assert_eq!(body["partnerReferenceNo"], reference);
    }
    for seen in after(Act::Swap).await {
        let body = seen.json();
        let reference = body["partnerReferenceNo"].as_str().expect("text");
        assert!("somebody-elses-".starts_with(reference), "{reference}");
    }
    for seen in after(Act::Huge(1_000_000)).await {
        assert!(seen.whole().2.len() > 1_000_000);
    }
    for seen in after(Act::DeepJson).await {
        let body = seen.whole().2;
        let depth = body.iter().filter(|byte| **byte == b'[').count();
        assert!(depth >= 10_000 && body.ends_with(b"]}"));
    }
}

#[tokio::test]
async fn garbage_is_no_http_or_no_json() {
    for seen in both(At::BeforeHead, Act::Garbage).await {
        assert!(matches!(seen, Seen::Nothing), "{seen:?}");
    }
    for seen in both(At::MidResponse, Act::Garbage).await {
        let (status, _, body) = seen.whole();
        assert_eq!(status, 200);
        assert!(serde_json::from_slice::<Value>(&body).is_err());
    }
}

#[tokio::test]
async fn a_truncated_answer_shows_in_its_length_or_in_its_json_only() {
    for seen in both(At::MidResponse, Act::TruncateWithLength).await {
        assert!(matches!(seen, Seen::Half(200)), "{seen:?}");
    }
    for seen in both(At::MidResponse, Act::TruncateWithoutLength).await {
        let (status, headers, body) = seen.whole();
        assert_eq!(status, 200);
        assert!(!headers.contains_key("content-length"));
        assert!(serde_json::from_slice::<Value>(&body).is_err());
    }
}

#[tokio::test]
async fn a_slow_answer_is_the_real_one() {
    for at in [At::AfterRequest, At::MidResponse] {
        let drip = Act::Drip {
            bytes_per_second: 100_000,
        };
        for seen in both(at, drip).await {
            assert_eq!(seen.json()["responseCode"], "2004300");
        }
    }
}

#[tokio::test]
async fn a_hanging_request_ends_with_the_sandbox() {
    for at in [At::AfterHead, At::AfterRequest, At::MidResponse] {
        let bench = Bench::new().await;
        bench.inject(Fault::new(at, Act::Hang));
        let base_url = bench.sandbox.base_url().to_owned();
        let hanging = tokio::spawn({
            let call = bench.call("out-1", "1");
            async move { send(&base_url, call).await }
        });
        while bench.sandbox.arrivals(&bench.spec.path) == 0 {
            tokio::task::yield_now().await;
        }
        assert!(!hanging.is_finished());

        bench.sandbox.stop().await.expect("stops");

        let seen = hanging.await.expect("ends");
        assert!(!matches!(seen, Seen::Whole(..)), "{at:?}: {seen:?}");
    }
}

/// Behaviour "fault.scope".
#[tokio::test]
async fn token_calls_suffer_only_faults_that_name_them() {
    let bench = Bench::new().await;
    let ask = async || {
        let timestamp = timestamp(&bench.sandbox, 0);
        let call = token_call(bench.sandbox.merchant(), &timestamp);
        send(bench.sandbox.base_url(), call).await
    };
    bench.inject(Fault::new(At::AfterRequest, Act::Reset));
    bench.inject(Fault::new(At::AfterRequest, Act::Html).for_operation("token.b2b"));

    let page = ask().await.whole();
    let transfer = bench.send("out-1", "1").await;
    let old_token = bench.send("out-2", "2").await.json();
    let granted = ask().await.json();

    assert_eq!(page.1["content-type"], "text/html; charset=utf-8");
    assert!(matches!(transfer, Seen::Nothing), "{transfer:?}");
    assert_eq!(old_token["responseCode"], "2004300");
    assert_eq!(granted["responseCode"], "2007300");
    bench.sandbox.assert_token_requests(3);
}

#[tokio::test]
async fn a_fault_strikes_what_it_names_as_often_as_it_says() {
    let bench = Bench::new().await;
    let page = || Fault::new(At::AfterRequest, Act::Status(500));
    bench.inject(page().for_reference("out-2").times(2));
    bench.inject(page().for_external_id("7"));
    bench.inject(page().for_operation("kirimdoku.checkStatus"));
    let mut statuses = Vec::new();

    for (reference, external_id) in [
        ("out-1", "1"),
        ("out-2", "2"),
        ("out-2", "3"),
        ("out-2", "4"),
        ("out-3", "7"),
        ("out-3", "8"),
    ] {
        let seen = bench.send(reference, external_id).await;
        statuses.push(seen.whole().0);
    }
    bench.sandbox.clear_faults();

    assert_eq!(statuses, [200, 500, 500, 200, 500, 200]);
}

#[tokio::test]
async fn faults_that_contradict_themselves_are_refused() {
    let bench = Bench::new().await;
    let cases = [
        (
            Fault::new(At::MidBody, Act::Reset).with_apply_effect(true),
            FaultError::EffectBeforeArrival(At::MidBody),
        ),
        (
            Fault::new(At::AfterHead, Act::Reset).for_reference("out-1"),
            FaultError::ReferenceBeforeBody(At::AfterHead),
        ),
        (
            Fault::new(At::BeforeAccept, Act::Reset).for_operation(TRANSFER),
            FaultError::MatchBeforeHead,
        ),
        (
            Fault::new(At::BeforeAccept, Act::Html),
            FaultError::NotThere(At::BeforeAccept),
        ),
        (
            Fault::new(At::AfterHead, Act::Swap),
            FaultError::NotThere(At::AfterHead),
        ),
        (
            Fault::new(At::AfterHead, Act::OldTls),
            FaultError::NotThere(At::AfterHead),
        ),
        (Fault::new(At::Tls, Act::Reset), FaultError::NoTls),
        (
            Fault::new(At::Tls, Act::Reset).for_path("/"),
            FaultError::MatchBeforeHead,
        ),
        (
            Fault::new(At::AfterRequest, Act::Reset).for_operation("kirimdoku.transfer"),
            FaultError::UnknownOperation("kirimdoku.transfer".to_owned()),
        ),
    ];
    for (fault, error) in cases {
        let refused = bench.sandbox.inject(fault).expect_err("impossible");

        assert_eq!(refused, error);
        assert!(!refused.to_string().is_empty());
    }
    let unharmed = bench.send("out-1", "1").await;
    assert_eq!(unharmed.json()["responseCode"], "2004300");
}
