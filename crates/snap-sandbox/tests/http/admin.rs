//! The admin API: what it shows, what it takes, and whom it keeps out.

use reqwest::Method;
use serde_json::{Value, json};
use snap_sandbox::{OperationState, Sandbox};

use crate::{
    orders::{self, PAYMENT, PURCHASE, reference, send},
    specs::Caller,
    support::{Call, client, draft, frozen, send as send_call, token},
};

/// A sandbox with an admin port, on a random one.
pub(crate) async fn start() -> Sandbox {
    orders::start(frozen().admin(([127, 0, 0, 1], 0).into())).await
}

/// An answer of the admin port.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }
}

pub(crate) async fn ask(
    sandbox: &Sandbox,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> Answer {
    let url = format!("{}{path}", sandbox.admin_url().expect("an admin port"));
    let mut request = client().request(method, url).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.expect("an answer");
    Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.text().await.expect("text"),
    }
}

pub(crate) async fn get(sandbox: &Sandbox, path: &str) -> Value {
    let answer = ask(sandbox, Method::GET, path, &[], "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

pub(crate) async fn post(sandbox: &Sandbox, path: &str, body: Value) -> Answer {
    ask(sandbox, Method::POST, path, &[], body.to_string()).await
}

pub(crate) async fn act(sandbox: &Sandbox, action: Value) -> Value {
    let answer = post(sandbox, "/_sandbox/actions", action).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// A request with a signature that fits another body.
async fn refused(sandbox: &Sandbox) -> String {
    let token = token(sandbox).await;
    let call = draft(sandbox, &token, "7").sign_over(sandbox.merchant(), "{}");
    let reply = send_call(sandbox, call).await;
    reply.assert("signature.mismatch", "4011100");
    token
}

#[tokio::test]
async fn there_is_no_admin_port_unless_it_is_asked_for() {
    let sandbox = Sandbox::start().await.expect("starts");

    assert_eq!(sandbox.admin_url(), None);
}

#[tokio::test]
async fn an_admin_port_beyond_loopback_is_refused_in_words_that_say_what_to_do() {
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let address = address.parse().expect("address");

        let error = Sandbox::builder()
            .admin(address)
            .start()
            .await
            .expect_err("refused");

        assert!(error.to_string().contains("use 127.0.0.1:0"), "{error}");
    }
}

#[tokio::test]
async fn the_admin_port_closes_with_the_sandbox() {
    let sandbox = start().await;
    let url = format!("{}/_sandbox/state", sandbox.admin_url().expect("admin"));

    sandbox.stop().await.expect("stops");

    let error = client().get(url).send().await.expect_err("nobody there");
    assert!(error.is_connect());
}

#[tokio::test]
async fn the_api_port_serves_no_admin_api() {
    let sandbox = start().await;
    let call = Call {
        method: Method::GET,
        path: "/_sandbox/state".to_owned(),
        headers: reqwest::header::HeaderMap::new(),
        body: Vec::new(),
    };

    let reply = send_call(&sandbox, call).await;

    assert_eq!(
        (reply.status, reply.verdict.as_str()),
        (404, "route.unknown")
    );
}

#[tokio::test]
async fn the_state_says_where_the_sandbox_stands() {
    let sandbox = start().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    act(&sandbox, json!({"action": "skip", "seconds": 46_800})).await;
    act(&sandbox, json!({"action": "door-offset", "seconds": -60})).await;

    let state = get(&sandbox, "/_sandbox/state").await;

    assert_eq!(state["baseUrl"], sandbox.base_url());
    assert_eq!(state["clientId"], sandbox.merchant().client_id);
    assert_eq!(state["schedule"], "2026-11-21T06:30:00+07:00");
    assert_eq!(state["door"], "2026-11-20T17:29:00+07:00");
    assert_eq!(state["skippedSeconds"], 46_800);
    assert_eq!(state["doorOffsetSeconds"], -60);
    assert_eq!(state["counts"]["requests"], 3);
    assert_eq!(state["counts"]["operations"], 1);
    assert_eq!(state["counts"]["pending"], 1);
    assert_eq!(state["faults"], json!([]));
    assert!(
        state["behaviours"]
            .as_str()
            .expect("text")
            .contains("assumed")
    );
}

#[tokio::test]
async fn the_timeline_tells_what_became_of_a_reference() {
    let sandbox = start().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    send(&caller, PURCHASE, reference("ord-2")).await;
    act(
        &sandbox,
        json!({"action": "decide", "reference": "ord-1", "decision": "succeed"}),
    )
    .await;

    let timeline = get(&sandbox, "/_sandbox/timeline?reference=ord-1").await;

    let events = timeline["events"].as_array().expect("events");
    let told = |name: &str| -> Vec<&Value> { events.iter().map(|event| &event[name]).collect() };
    assert_eq!(told("kind"), ["request", "change", "note", "change"]);
    assert_eq!(told("reference"), ["ord-1"; 4]);
    assert_eq!(events[0]["operation"], PAYMENT);
    assert_eq!(events[0]["verdict"], "ok");
    assert_eq!(events[0]["httpStatus"], 200);
    assert_eq!(events[1]["state"], "pending");
    assert_eq!(
        events[1]["amount"],
        json!({"value": "15000.00", "currency": "IDR"})
    );
    assert_eq!(events[3]["state"], "succeeded");
}

#[tokio::test]
async fn a_reader_of_the_timeline_goes_on_where_it_stopped() {
    let sandbox = start().await;
    token(&sandbox).await;
    let first = get(&sandbox, "/_sandbox/timeline").await;
    let last = first["last"].as_u64().expect("a number");
    token(&sandbox).await;

    let next = get(&sandbox, &format!("/_sandbox/timeline?after={last}")).await;

    assert_eq!(next["events"].as_array().expect("events").len(), 1);
    assert_eq!(next["events"][0]["number"], last + 1);
    let beyond = get(&sandbox, "/_sandbox/timeline?after=18446744073709551615").await;
    assert_eq!(beyond["events"], json!([]));
    let wrong = ask(&sandbox, Method::GET, "/_sandbox/timeline?after=x", &[], "").await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn a_long_timeline_comes_in_parts() {
    let sandbox = start().await;
    for _ in 0..1001 {
        sandbox.clear_faults(); // which the timeline notes
    }

    let first = get(&sandbox, "/_sandbox/timeline").await;
    let rest = get(&sandbox, "/_sandbox/timeline?after=1000").await;

    assert_eq!(first["last"], 1000);
    assert_eq!(rest["events"].as_array().expect("events").len(), 1);
    assert_eq!(rest["last"], 1001);
}

#[tokio::test]
async fn the_ledger_is_shown_as_it_is() {
    let sandbox = start().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    act(
        &sandbox,
        json!({"action": "decide", "reference": "ord-1", "decision": "succeed"}),
    )
    .await;

    let ledger = get(&sandbox, "/_sandbox/ledger").await;

    assert_eq!(ledger["operations"][0]["reference"], "ord-1");
    assert_eq!(ledger["operations"][0]["state"], "succeeded");
    assert_eq!(ledger["operations"][0]["effects"], 1);
    assert_eq!(ledger["movements"][0]["from"], "customer");
    assert_eq!(ledger["movements"][0]["cause"], "decided");
    let merchant = json!({"account": "merchant", "currency": "IDR", "value": "15000.00"});
    assert!(
        ledger["balances"]
            .as_array()
            .expect("balances")
            .contains(&merchant)
    );
    let rupiah = |value: &str| json!({"value": value, "currency": "IDR"});
    let deposit = json!({
        "account": "deposit",
        "available": rupiah("1000000000.00"),
        "held": rupiah("0.00"),
    });
    let customer = json!({
        "account": "cust-1",
        "available": rupiah("99985000.00"),
        "held": rupiah("0.00"),
    });
    assert_eq!(ledger["purses"], json!([deposit, customer]));
}

#[tokio::test]
async fn the_registry_is_served_whole() {
    let sandbox = start().await;

    let served = get(&sandbox, "/_sandbox/behaviours").await;

    let rows = snap_sandbox::behaviours().matches("[[behaviour]]").count();
    assert_eq!(served["behaviours"].as_array().expect("rows").len(), rows);
}

#[tokio::test]
async fn an_action_gives_what_it_made() {
    let sandbox = start().await;

    let made = act(
        &sandbox,
        json!({"action": "issue-code", "customer": "cust-1"}),
    )
    .await;

    assert_eq!(made["authCode"].as_str().expect("a code").len(), 40);
}

#[tokio::test]
async fn what_cannot_be_done_is_400_and_says_why() {
    let sandbox = start().await;
    let cases = [
        ("actions", json!({}), "\"action\""),
        ("actions", json!({"action": "fly"}), "\"action\""),
        (
            "actions",
            json!({"action": "skip", "seconds": -1}),
            "\"seconds\"",
        ),
        ("actions", json!([]), "no JSON object"),
        (
            "actions",
            json!({"action": "decide", "reference": "none", "decision": "fail"}),
            "nothing is pending",
        ),
        (
            "actions",
            json!({"action": "choose", "page": "x", "choice": "approve"}),
            "no answer sent",
        ),
        ("clock", json!({}), "\"advance\" or \"doorOffset\""),
        ("clock", json!({"advance": 1, "doorOffset": 1}), "not both"),
        ("trigger", json!({"event": "rain"}), "payment-succeeded"),
        ("trigger", json!({"event": "unlink"}), "\"customer\""),
    ];
    for (path, body, says) in cases {
        let answer = post(&sandbox, &format!("/_sandbox/{path}"), body).await;

        let error = answer.json()["error"].as_str().expect("text").to_owned();
        assert_eq!(answer.status, 400, "{error}");
        assert!(error.contains(says), "{error}");
    }
    let broken = ask(&sandbox, Method::POST, "/_sandbox/actions", &[], "{").await;
    assert_eq!(broken.status, 400);
}

#[tokio::test]
async fn short_forms_do_what_their_actions_do() {
    let sandbox = start().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    send(&caller, PAYMENT, reference("ord-2")).await;
    let cases = [
        ("clock", json!({"advance": 60})),
        ("clock", json!({"doorOffset": 5})),
        (
            "trigger",
            json!({"event": "payment-succeeded", "reference": "ord-1"}),
        ),
        (
            "trigger",
            json!({"event": "payment-failed", "reference": "ord-2"}),
        ),
        ("trigger", json!({"event": "unlink", "customer": "cust-1"})),
        ("trigger", json!({"event": "tokens-expired"})),
    ];
    for (path, body) in cases {
        let answer = post(&sandbox, &format!("/_sandbox/{path}"), body).await;

        assert_eq!((answer.status, answer.text.as_str()), (200, "{}"));
    }

    let ledger = sandbox.ledger();
    assert_eq!(ledger.state("ord-1"), Some(OperationState::Succeeded));
    assert_eq!(ledger.state("ord-2"), Some(OperationState::Failed));
    let state = get(&sandbox, "/_sandbox/state").await;
    assert_eq!(
        (&state["skippedSeconds"], &state["doorOffsetSeconds"]),
        (&json!(60), &json!(5))
    );
    let reply = send(&caller, PAYMENT, reference("ord-3")).await;
    assert_eq!(reply.verdict, "token.expired");
}

#[tokio::test]
async fn faults_without_end_say_of_no_number_how_often_they_strike() {
    let sandbox = start().await;
    let by_chance = json!({"action": "inject-any", "match": {"probability": 0.05}});
    act(&sandbox, by_chance).await;
    act(
        &sandbox,
        json!({"action": "inject", "at": "after_request", "do": "rst", "times": 2}),
    )
    .await;

    let faults = get(&sandbox, "/_sandbox/faults").await;
    let page = ask(&sandbox, Method::GET, "/_sandbox/", &[], "").await;

    assert_eq!(faults["faults"][0]["timesLeft"], Value::Null);
    assert_eq!(faults["faults"][0]["times"], Value::Null);
    assert_eq!(faults["faults"][1]["timesLeft"], 2);
    for says in [
        "anything, by chance, where",
        "after_request rst, no effect, 2 times",
    ] {
        assert!(page.text.contains(says), "{says}");
    }
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_keys() {
    let sandbox = start().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    act(&sandbox, json!({"action": "skip", "seconds": 60})).await;
    let before = get(&sandbox, "/_sandbox/timeline").await["last"].as_u64();

    let answer = post(&sandbox, "/_sandbox/reset", json!({})).await;

    assert_eq!(answer.status, 200);
    let state = get(&sandbox, "/_sandbox/state").await;
    assert_eq!(state["counts"]["requests"], 0);
    assert_eq!(state["counts"]["operations"], 0);
    assert_eq!(state["skippedSeconds"], 0);
    let timeline = get(&sandbox, "/_sandbox/timeline").await;
    assert_eq!(timeline["events"].as_array().expect("events").len(), 1);
    assert!(timeline["last"].as_u64() > before, "numbers go on");
    let old = caller.token.clone();
    let new = token(&sandbox).await;
    assert_ne!(new, old, "no token comes twice");
    let call = draft(&sandbox, &old, "1").sign(sandbox.merchant());
    assert_eq!(send_call(&sandbox, call).await.verdict, "token.unknown");
}

#[tokio::test]
async fn other_paths_are_404_and_other_methods_405() {
    let sandbox = start().await;
    for path in [
        "/_sandbox/other",
        "/other",
        "/_sandbox/state/x",
        "/_sandbox/%ff",
        "/_sandboxstate",
    ] {
        let answer = ask(&sandbox, Method::GET, path, &[], "").await;

        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.json()["error"].is_string());
    }
    let cases = [
        (Method::POST, "state", "GET, HEAD"),
        (Method::GET, "actions", "POST"),
        (Method::PUT, "faults", "GET, HEAD, POST, DELETE"),
        (Method::OPTIONS, "clock", "POST"),
        (Method::GET, "faults/1", "DELETE"),
    ];
    for (method, path, allow) in cases {
        let answer = ask(&sandbox, method, &format!("/_sandbox/{path}"), &[], "").await;

        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.headers["allow"], allow, "{path}");
    }
    let head = ask(&sandbox, Method::HEAD, "/_sandbox/state", &[], "").await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn a_body_over_64_kib_is_413() {
    let sandbox = start().await;
    let body = " ".repeat(64 * 1024 + 1);

    let answer = ask(&sandbox, Method::POST, "/_sandbox/actions", &[], body).await;

    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_page_of_another_site_can_neither_read_nor_act() {
    let sandbox = start().await;
    let action = r#"{"action":"skip","seconds":60}"#;
    let rebound = [("host", "evil.example")];
    let foreign = [("origin", "http://evil.example")];
    let beside = [
        ("sec-fetch-site", "same-site"),
        ("origin", "http://127.0.0.1:1"),
    ];

    let read = ask(&sandbox, Method::GET, "/_sandbox/state", &rebound, "").await;
    assert_eq!(read.status, 403);
    assert!(!read.text.contains("BRN-LOCAL-"), "{}", read.text);
    for headers in [&rebound[..], &foreign, &beside] {
        let answer = ask(&sandbox, Method::POST, "/_sandbox/actions", headers, action).await;

        assert_eq!(answer.status, 403, "{headers:?}");
    }
    let answer = ask(&sandbox, Method::DELETE, "/_sandbox/faults", &foreign, "").await;
    assert_eq!(answer.status, 403);
    let state = get(&sandbox, "/_sandbox/state").await;
    assert_eq!(state["skippedSeconds"], 0, "nothing was done");
}

#[tokio::test]
async fn every_answer_tells_browsers_to_keep_it_to_themselves() {
    let sandbox = start().await;
    for path in ["/_sandbox/state", "/_sandbox/none", "/_sandbox/actions"] {
        let answer = ask(&sandbox, Method::GET, path, &[], "").await;

        let value = |name: &str| answer.headers[name].to_str().expect("text").to_owned();
        let policy = value("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(value("x-content-type-options"), "nosniff");
        assert_eq!(value("referrer-policy"), "same-origin");
        assert_eq!(value("cross-origin-resource-policy"), "same-origin");
        assert_eq!(value("cache-control"), "no-store");
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn a_refused_request_is_served_with_its_token_cut_short() {
    let sandbox = start().await;
    let token = refused(&sandbox).await;

    let timeline = get(&sandbox, "/_sandbox/timeline").await;

    let event = timeline["events"]
        .as_array()
        .and_then(|events| events.last());
    let received = &event.expect("an event")["received"];
    assert_eq!(received["target"], "/snap/v1.1/balance-inquiry");
    assert!(received["body"].as_str().expect("text").contains("ref-1"));
    let text = received.to_string();
    assert!(
        text.contains(&format!("…{}", &token[token.len() - 4..])),
        "{text}"
    );
    sandbox.assert_absent_from(&text);
}

#[tokio::test]
async fn the_client_secret_is_not_served_wherever_a_client_puts_it() {
    let sandbox = start().await;
    let secret = sandbox.merchant().client_secret.clone();
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference(&secret)).await;
    let mut call = draft(&sandbox, &caller.token, "99").sign(sandbox.merchant());
    call.set("x-signature", &secret);
    call.path = format!("{}?secret={secret}", call.path);
    send_call(&sandbox, call).await;

    let story = format!("timeline/{secret}");
    let paths = [
        "",
        "state",
        "timeline",
        "ledger",
        "faults",
        "behaviours",
        &story,
    ];
    for path in paths {
        let answer = ask(&sandbox, Method::GET, &format!("/_sandbox/{path}"), &[], "").await;

        assert!(!answer.text.contains(&secret), "{path}");
        sandbox.assert_absent_from(&answer.text);
    }
}
