//! Every act at every point, as the admin API takes them: played on a real connection, or refused in
//! words that can be written.

use reqwest::Method;
use serde_json::{Value, json};
use snap_sandbox::Sandbox;

use crate::{
    admin::ask,
    faults::{Bench, Seen},
    support::{frozen, token},
};

const POINTS: [&str; 9] = [
    "before_accept",
    "tls",
    "after_head",
    "mid_body",
    "after_request",
    "before_head",
    "mid_head",
    "mid_response",
    "after_response",
];
const ACTS: [&str; 21] = [
    "rst",
    "fin",
    "hang",
    "certificate:name",
    "old_tls",
    "drip:1000000",
    "garbage",
    "truncate",
    "no_length",
    "duplicate",
    "redirect:http://127.0.0.1:1/",
    "html",
    "status:503",
    "code:5002000@500",
    "body:200:text/plain:aGk=",
    "wrong_content_type",
    "deep_json",
    "huge:100000",
    "gzip_bomb",
    "swap_answer",
    "date:600",
];

async fn bench() -> Bench {
    let builder = frozen().sessions(false);
    let builder = builder.admin(([127, 0, 0, 1], 0).into());
    let sandbox = builder.start().await.expect("starts");
    let token = token(&sandbox).await;
    Bench::of(sandbox, token)
}

/// Injects; gives why it is refused.
async fn injected(sandbox: &Sandbox, fault: &Value) -> Result<(), String> {
    let answer = ask(
        sandbox,
        Method::POST,
        "/_sandbox/faults",
        &[],
        fault.to_string(),
    )
    .await;
    match answer.status {
        200 => Ok(()),
        400 => Err(answer.text),
        other => panic!("{other}: {}", answer.text),
    }
}

/// Waits until no fault waits any more: what hangs has struck, and gives nothing to wait for.
async fn struck(sandbox: &Sandbox) {
    while !sandbox.faults().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_taken_is_played_once_and_leaves_the_ledger_as_it_says() {
    let bench = bench().await;
    let mut played = 0;
    for (number, (at, act)) in POINTS
        .iter()
        .flat_map(|at| ACTS.iter().map(move |act| (*at, *act)))
        .enumerate()
    {
        for effect in [false, true] {
            let fault = json!({"at": at, "do": act, "apply_effect": effect});
            if let Err(says) = injected(&bench.sandbox, &fault).await {
                let is_written =
                    POINTS.iter().any(|point| says.contains(point)) || says.contains("TLS");
                assert!(is_written, "{fault}: {says}");
                continue;
            }
            let reference = format!("ord-{number}-{effect}");

            let hangs = act == "hang" && at != "after_response";

            let external_id = format!("{number}{}", u8::from(effect));
            let seen = tokio::select! {
                seen = bench.send(&reference, &external_id) => Some(seen),
                () = struck(&bench.sandbox), if hangs => None,
            };

            assert_eq!(seen.is_none(), hangs, "{fault}: {seen:?}");
            if at == "before_accept" && matches!(act, "rst" | "fin") {
                assert!(matches!(seen, Some(Seen::Nothing)), "{fault}: {seen:?}");
            }
            assert_eq!(bench.effects(&reference), usize::from(effect), "{fault}");
            assert_eq!(bench.sandbox.faults(), [], "{fault}: it strikes once");
            played += 1;
        }
    }
    assert!(played > 150, "{played}");
    let after = bench.send("ord-after", "99999").await;
    assert_eq!(after.whole().0, 200);
}

#[tokio::test]
async fn a_fault_that_is_misspelt_is_refused_with_what_there_is() {
    let bench = bench().await;
    let cases = [
        (json!({"do": "rst"}), "before_accept"),
        (json!({"at": "AfterRequest", "do": "rst"}), "after_request"),
        (json!({"at": "after_request"}), "drip:"),
        (json!({"at": "after_request", "do": "drip:x"}), "drip:"),
        (
            json!({"at": "after_request", "do": "status:99"}),
            "200 to 599",
        ),
        (
            json!({"at": "after_request", "do": "rst", "apply": true}),
            "apply_effect",
        ),
        (
            json!({"at": "after_request", "do": "rst", "apply_effect": "yes"}),
            "true, false",
        ),
        (
            json!({"at": "after_request", "do": "rst", "times": 0}),
            "at least 1",
        ),
        (
            json!({"at": "after_request", "do": "rst", "times": -1}),
            "not negative",
        ),
        (
            json!({"at": "after_request", "do": "rst", "match": {"ref": "x"}}),
            "reference",
        ),
        (
            json!({"at": "after_request", "do": "rst", "match": {"operation": "x.y"}}),
            "kirimdoku.transferBank",
        ),
        (
            json!({"at": "after_request", "do": "redirect:http://a\r\nb: c"}),
            "visible ASCII",
        ),
    ];
    for (fault, says) in cases {
        let refused = injected(&bench.sandbox, &fault).await.expect_err("refused");

        assert!(refused.contains(says), "{fault}: {refused}");
    }
    assert_eq!(bench.sandbox.faults(), []);
}
