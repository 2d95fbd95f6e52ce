//! Commands for a running sandbox: against one, and the exact JSON that they send.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use serde_json::{Value, json};

use crate::{
    run::{Ran, Snap, snap},
    sandbox::started,
};

/// `snap` with the address of an admin API in its environment.
fn at(admin: &str, arguments: &[&str]) -> Snap {
    snap(arguments).env("SNAP_SANDBOX_ADMIN", admin)
}

/// Answers each request of an admin API as told, and gives what it was asked.
struct Fake {
    address: String,
    asked: thread::JoinHandle<Vec<(String, Value)>>,
}

impl Fake {
    fn new(answers: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = thread::spawn(move || {
            let answered = answers.into_iter().map(|answer| {
                let (mut stream, _) = listener.accept().unwrap();
                let asked = request(&mut stream);
                let body = answer.to_string();
                let length = body.len();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
                stream.write_all((head + &body).as_bytes()).unwrap();
                asked
            });
            answered.collect()
        });
        Self { address, asked }
    }
}

/// Request line without version, and the JSON of the body.
fn request(stream: &mut TcpStream) -> (String, Value) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).unwrap();
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let first = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    (first, serde_json::from_slice(&body).unwrap_or_default())
}

/// A command sends exactly this action, and is a yes.
#[track_caller]
fn sends(arguments: &[&str], action: Value) {
    let fake = Fake::new(vec![json!({})]);
    let admin = ["--admin", fake.address.as_str(), "--json"];

    let ran = snap(&[arguments, &admin].concat()).run();

    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{}", ran.stdout);
    let expected = ("POST /_sandbox/actions".to_owned(), action);
    assert_eq!(fake.asked.join().unwrap(), [expected]);
}

#[test]
fn faults_are_sent_as_agreed() {
    sends(
        &[
            "fault",
            "add",
            "--at",
            "after-request",
            "--do",
            "rst",
            "--operation",
            "kirimdoku.transferBank",
            "--reference",
            "ord-*",
            "--effect",
        ],
        json!({
            "action": "inject",
            "match": {"operation": "kirimdoku.transferBank", "reference": "ord-*"},
            "at": "after_request",
            "do": "rst",
            "apply_effect": true,
            "times": 1
        }),
    );
    sends(
        &[
            "fault",
            "add",
            "--at",
            "before_head",
            "--do",
            "no-length",
            "--times",
            "3",
            "--path",
            "/snap/*",
            "--external-id",
            "7",
            "--nth",
            "2",
        ],
        json!({
            "action": "inject",
            "match": {"path": "/snap/*", "external_id": "7", "nth": 2},
            "at": "before_head",
            "do": "no_length",
            "apply_effect": false,
            "times": 3
        }),
    );
    let redirect = [
        "fault",
        "add",
        "--at",
        "after-head",
        "--do",
        "redirect:http://a-b/",
    ];
    sends(
        &redirect,
        json!({
            "action": "inject", "match": {}, "at": "after_head", "do": "redirect:http://a-b/",
            "apply_effect": false, "times": 1
        }),
    );
    sends(
        &["fault", "any", "--probability", "0.05"],
        json!({"action": "inject-any", "match": {"probability": 0.05}}),
    );
    sends(
        &["fault", "any", "--probability", "1", "--times", "2"],
        json!({"action": "inject-any", "match": {"probability": 1.0}, "times": 2}),
    );
    sends(&["fault", "clear"], json!({"action": "clear-faults"}));
    sends(
        &["fault", "remove", "3"],
        json!({"action": "remove-fault", "id": 3}),
    );
}

#[test]
fn faults_that_wait_are_listed_one_per_line() {
    let fault = json!({
        "id": 3, "at": "after_request", "do": "rst", "apply_effect": true, "times": 5, "timesLeft": 2,
        "match": {"reference": "ord-*"}
    });
    let any = json!({"id": 4, "match": {"probability": 0.05}});
    let fake = Fake::new(vec![json!({"faults": [fault, any]}), json!({"faults": []})]);
    let list = || at(&fake.address, &["fault", "list"]).run().stdout;

    let (two, none) = (list(), list());

    assert_eq!(
        two,
        "3  after_request  rst  with effect  2 ×  {\"reference\":\"ord-*\"}\n\
         4  anything  anything  by chance  without end  {\"probability\":0.05}\n"
    );
    assert_eq!(none, "no fault waits\n");
}

#[test]
fn events_are_sent_as_the_actions_that_they_are() {
    let decide = |word: &str| json!({"action": "decide", "reference": "ord-1", "decision": word});
    let end = |whose: &str, how: &str| json!({"action": "end-tokens", "whose": whose, "how": how});

    sends(
        &["trigger", "payment-succeeded", "ord-1"],
        decide("succeed"),
    );
    sends(&["trigger", "payment-failed", "ord-1"], decide("fail"));
    sends(&["trigger", "payment-cancelled", "ord-1"], decide("cancel"));
    sends(
        &["trigger", "unlink", "c"],
        json!({"action": "unlink", "customer": "c"}),
    );
    sends(
        &["trigger", "consent", "c"],
        json!({"action": "issue-code", "customer": "c"}),
    );
    sends(&["trigger", "tokens-expired"], end("merchant", "expired"));
    sends(
        &["trigger", "tokens-invalidated"],
        end("merchant", "invalidated"),
    );
    sends(
        &["trigger", "tokens-forgotten"],
        end("merchant", "forgotten"),
    );
    sends(
        &["trigger", "customer-tokens-expired"],
        end("customers", "expired"),
    );
    sends(
        &["trigger", "customer-tokens-invalidated"],
        end("customers", "invalidated"),
    );
    sends(&["resend", "7"], json!({"action": "resend", "id": 7}));
}

/// A sandbox that has been notifying, as long as it answers.
fn notifying() -> Fake {
    let event = |number: u64, kind: &str| json!({"number": number, "kind": kind, "at": "now", "reference": "ord-1", "says": "delivered"});
    Fake::new(vec![
        json!({"counts": {"events": 4}}),
        json!({}),
        json!({"events": [event(5, "note"), event(6, "notification")], "last": 6}),
        json!({"events": [event(7, "notification")], "last": 7}),
    ])
}

const LISTEN: [&str; 5] = [
    "listen",
    "--forward",
    "http://127.0.0.1:1/n",
    "--token-url",
    "http://127.0.0.1:1/t",
];

#[test]
fn a_listener_directs_notifications_and_prints_each_attempt_once() {
    let fake = notifying();

    // It ends when nobody answers any longer.
    let ran = at(&fake.address, &LISTEN).run();

    assert_eq!(ran.stdout, "now  ord-1  delivered\nnow  ord-1  delivered\n");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no sandbox runs at"), "{}", ran.stderr);
    let notify_to = json!({
        "action": "notify-to",
        "notificationUrl": "http://127.0.0.1:1/n",
        "tokenUrl": "http://127.0.0.1:1/t"
    });
    let asked = fake.asked.join().unwrap();
    let lines: Vec<&str> = asked.iter().map(|(line, _)| line.as_str()).collect();
    assert_eq!(asked[1].1, notify_to);
    assert_eq!(
        lines,
        [
            "GET /_sandbox/state",
            "POST /_sandbox/actions",
            "GET /_sandbox/timeline?after=4",
            "GET /_sandbox/timeline?after=6",
        ]
    );
}

#[test]
fn with_json_a_listener_prints_one_object_per_event() {
    let fake = notifying();

    let ran = at(&fake.address, &[&LISTEN[..], &["--json"]].concat()).run();

    let numbers: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["number"].clone())
        .collect();
    assert_eq!(numbers, [json!(6), json!(7)]);
}

#[test]
fn a_listener_ends_when_its_reader_leaves() {
    let fake = notifying();
    let mut child = at(&fake.address, &LISTEN).spawn();
    drop(child.stdout.take());

    let status = child.wait().unwrap();

    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_running_sandbox_is_acted_on_and_explains() {
    let (_running, printed) = started(&["sandbox", "--json"]);
    let admin = printed["adminUrl"].as_str().unwrap();
    let json = |arguments: &[&str]| -> Value {
        let ran = at(admin, arguments).run();
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{}", ran.stdout);
        ran.json()
    };

    let clocks = json(&["clock", "--json"]);
    let schedule = json(&["clock", "--json", "+13h"]);
    let door = json(&["clock", "door", "-5m", "--json"]);

    assert_eq!(
        (&clocks["skippedSeconds"], &clocks["doorOffsetSeconds"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(schedule["skippedSeconds"], 46_800);
    assert_eq!(
        (&door["skippedSeconds"], &door["doorOffsetSeconds"]),
        (&json!(46_800), &json!(-300))
    );
    assert_eq!(json(&["fault", "list", "--json"])["faults"], json!([]));
    assert!(json(&["trigger", "consent", "cust-1", "--json"])["authCode"].is_string());
    at(admin, &["trigger", "payment-succeeded", "ord-1", "--json"])
        .run()
        .refused("nothing is pending under that reference");
    refused_request(&printed);
    let last = json(&["explain", "--last", "--json"]);
    assert_eq!(last["diagnosis"]["verdict"], "route.unknown");
    assert_eq!(json(&["explain", "--number", "1", "--json"]), last);
    at(admin, &["explain", "--reference", "ord-1", "--json"])
        .run()
        .refused("no request of reference");
}

/// Asks for what nothing is served at.
fn refused_request(printed: &Value) {
    let address = printed["baseUrl"]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    let head =
        format!("POST /snap/v1.1/balance HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\n");
    connection
        .write_all(format!("{head}connection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[test]
fn without_json_the_clocks_are_two_lines() {
    let (_running, printed) = started(&["sandbox", "--json"]);
    let admin = printed["adminUrl"].as_str().unwrap();

    let ran: Ran = at(admin, &["clock", "1h30m"]).run();

    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.stdout);
    assert!(lines[0].ends_with("skipped 1h 30m"), "{}", ran.stdout);
    assert!(
        lines[1].starts_with("door") && lines[1].ends_with("right"),
        "{}",
        ran.stdout
    );
}

#[test]
fn where_no_sandbox_is_one_line_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", taken.local_addr().unwrap());
    drop(taken);
    let (_running, printed) = started(&["sandbox", "--json"]);
    let api_port = printed["baseUrl"].as_str().unwrap();

    for command in [
        &["clock", "--json"][..],
        &["fault", "list", "--json"],
        &["trigger", "tokens-expired", "--json"],
        &["resend", "1", "--json"],
        &["explain", "--last", "--json"],
        &[
            "listen",
            "--forward",
            "http://h/",
            "--token-url",
            "http://h/",
            "--json",
        ],
    ] {
        at(&nobody, command)
            .run()
            .refused(&format!("no sandbox runs at {nobody}; start one"));
        at(api_port, command).run().refused("is no admin API");
        at("https://h", command).run().refused("plain HTTP");
        snap(command)
            .env("SNAP_SANDBOX_ADMIN", &nobody)
            .run()
            .refused(&format!("no sandbox runs at {nobody}; start one"));
    }
}

#[test]
fn a_span_that_is_none_is_refused_with_examples() {
    for span in ["13", "soon", "-", "+", "1h30", "99999999999999999999h"] {
        at("http://127.0.0.1:1", &["clock", "--json", span])
            .run()
            .refused("such as +13h, 30m");
    }
    at("http://127.0.0.1:1", &["clock", "--json", "-5m"])
        .run()
        .refused("moves on only");
    at(
        "http://127.0.0.1:1",
        &["clock", "--json", "+5m", "door", "0s"],
    )
    .run()
    .refused("one clock");
}
