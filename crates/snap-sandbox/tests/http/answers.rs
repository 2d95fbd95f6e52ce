//! What is answered when everything is right, and what the sandbox tells a test afterwards.

use std::time::Duration;

use serde_json::{Value, json};
use snap_sandbox::{AccountInfosShape, BalanceSpelling, Clock, JsonForm, Quirks, Sandbox};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{BALANCE_PATH, TOKEN_PATH, draft, frozen, moment, send, timestamp, token};

async fn balance_with(quirks: Quirks) -> Value {
    let sandbox = frozen().quirks(quirks).start().await.expect("starts");
    let token = token(&sandbox).await;
    let reply = send(
        &sandbox,
        draft(&sandbox, &token, "1").sign(sandbox.merchant()),
    )
    .await;
    reply.assert("ok", "2001100");
    reply.body
}

/// Behaviours "balance.figures" and "answer.http-status".
#[tokio::test]
async fn a_balance_looks_like_the_page_by_default() {
    let body = balance_with(Quirks::default()).await;

    let expected = json!({
        "responseCode": "2001100",
        "responseMessage": "Successful",
        "accountNo": "A00001",
        "name": "Local Sandbox Agent",
        "accountInfos": {
            "holdAmount": { "value": "0.00", "currency": "IDR" },
            "avaliableBalance": { "value": "1000000000.00", "currency": "IDR" },
        },
        "additionalInfo": { "creditAlertLimit": { "value": "10000.00", "currency": "IDR" } },
    });
    assert_eq!(body, expected);
}

/// Behaviours "balance.account-infos" and "balance.spelling".
#[tokio::test]
async fn a_balance_looks_like_dokus_environments_on_request() {
    let body = balance_with(Quirks::observed()).await;

    assert_eq!(
        body["accountInfos"][0]["availableBalance"]["value"],
        "1000000000.00"
    );
}

/// Behaviours "quirk.response-code" and "quirk.unknown-members".
#[tokio::test]
async fn codes_can_be_numbers_and_members_can_be_added() {
    let quirks = Quirks::documented()
        .with_response_code(JsonForm::Number)
        .with_unknown_members(true);

    let body = balance_with(quirks).await;

    assert_eq!(body["responseCode"], 2_001_100);
    assert_eq!(body["localSandboxExtra"]["added"], "later");
}

#[test]
fn seeds_reach_every_form_and_repeat_themselves() {
    let drawn: Vec<Quirks> = (0..64).map(Quirks::from_seed).collect();

    assert_eq!(Quirks::from_seed(5), drawn[5]);
    assert!(
        drawn
            .iter()
            .any(|quirks| quirks.account_infos == AccountInfosShape::Object)
    );
    assert!(
        drawn
            .iter()
            .any(|quirks| quirks.account_infos == AccountInfosShape::Array)
    );
    assert!(
        drawn
            .iter()
            .any(|quirks| quirks.balance_spelling == BalanceSpelling::Avaliable)
    );
    assert!(
        drawn
            .iter()
            .any(|quirks| quirks.balance_spelling == BalanceSpelling::Available)
    );
}

/// Behaviour "external-id.jakarta-day".
#[tokio::test]
async fn an_external_id_is_free_again_after_midnight_in_jakarta() {
    let clock = Clock::fixed(moment("2026-11-20T16:59:59Z"));
    let sandbox = Sandbox::builder()
        .clock(clock)
        .start()
        .await
        .expect("starts");
    let token = token(&sandbox).await;
    let send = async |body: &str| {
        let mut draft = draft(&sandbox, &token, "41807553358950093184162180797837");
        draft.body = body.to_owned();
        send(&sandbox, draft.sign(sandbox.merchant())).await
    };
    let body = "{\"accountNo\":\"A00001\"}";

    send(body).await.assert("ok", "2001100");
    send(body).await.assert("external-id.repeated", "4091100");
    send("{\"accountNo\":\"other\"}")
        .await
        .assert("external-id.repeated", "4091100");
    sandbox.advance(Duration::from_secs(1));
    send(body).await.assert("ok", "2001100");
}

#[tokio::test]
async fn a_refused_signature_does_not_use_the_external_id_up() {
    let sandbox = frozen().start().await.expect("starts");
    let token = token(&sandbox).await;
    let wrong = draft(&sandbox, &token, "1").sign_over(sandbox.merchant(), "other");
    let right = draft(&sandbox, &token, "1").sign(sandbox.merchant());

    send(&sandbox, wrong)
        .await
        .assert("signature.mismatch", "4011100");
    send(&sandbox, right).await.assert("ok", "2001100");
}

#[tokio::test]
async fn sandboxes_side_by_side_share_nothing() {
    let (one, other) = (frozen().start().await, frozen().start().await);
    let (one, other) = (one.expect("starts"), other.expect("starts"));
    let token = token(&one).await;
    let call = draft(&one, &token, "1");
    let stranger = draft(&other, &token, "1").sign(other.merchant());

    let own = send(&one, call.sign(one.merchant())).await;
    let foreign = send(&other, stranger).await;

    assert_ne!(one.base_url(), other.base_url());
    own.assert("ok", "2001100");
    foreign.assert("token.unknown", "4011103");
    assert_eq!((own.number, foreign.number), (2, 1));
    other.assert_token_requests(0);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_merchant_and_token() {
    let one = frozen().seed(42).start().await.expect("starts");
    let other = frozen().seed(42).start().await.expect("starts");

    assert_eq!(one.merchant().client_id, other.merchant().client_id);
    assert_eq!(one.merchant().client_secret, other.merchant().client_secret);
    assert_eq!(token(&one).await, token(&other).await);
}

#[tokio::test]
async fn requests_are_recorded_without_secrets() {
    let sandbox = Sandbox::start().await.expect("starts");
    let token = token(&sandbox).await;
    let mut call = draft(&sandbox, &token, "7").sign(sandbox.merchant());
    call.path.push_str("?token=1");
    send(&sandbox, call).await;
    send(
        &sandbox,
        draft(&sandbox, &token, "8").sign(sandbox.merchant()),
    )
    .await;

    let requests = sandbox.requests();

    let of = |index: usize| {
        let request = &requests[index];
        (
            request.number,
            request.path.as_str(),
            request.external_id.as_deref(),
            request.http_status,
        )
    };
    assert_eq!(of(0), (1, TOKEN_PATH, None, 200));
    assert_eq!(of(1), (2, BALANCE_PATH, Some("7"), 401));
    assert_eq!(of(2), (3, BALANCE_PATH, Some("8"), 200));
    assert_eq!(requests[1].verdict, "signature.mismatch");
    assert_eq!(requests[2].response_code.as_deref(), Some("2001100"));
    assert_eq!(
        (sandbox.arrivals(BALANCE_PATH), sandbox.arrivals("/other")),
        (2, 0)
    );
    sandbox.assert_absent_from(&format!(
        "{sandbox:?} {requests:?} {:?}",
        sandbox.merchant()
    ));
}

#[tokio::test]
#[should_panic(expected = "a secret of the local sandbox occurs in the text")]
async fn a_received_token_is_found_in_a_text() {
    let sandbox = frozen().start().await.expect("starts");
    let received = "stolen-token-of-somebody-else";
    send(
        &sandbox,
        draft(&sandbox, received, "1").sign(sandbox.merchant()),
    )
    .await;

    sandbox.assert_absent_from(&format!("log line with {received}"));
}

#[tokio::test]
async fn a_stopped_sandbox_does_not_answer() {
    let sandbox = Sandbox::start().await.expect("starts");
    let address = sandbox.address();

    sandbox.stop().await.expect("stops");

    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn open_and_half_sent_requests_do_not_keep_a_sandbox_alive() {
    let sandbox = Sandbox::start().await.expect("starts");
    let _open = TcpStream::connect(sandbox.address())
        .await
        .expect("connects");
    let mut half = TcpStream::connect(sandbox.address())
        .await
        .expect("connects");
    half.write_all(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
        .await
        .expect("writes");

    let stopped = tokio::time::timeout(Duration::from_secs(30), sandbox.stop()).await;

    stopped.expect("in time").expect("stops");
}

#[tokio::test]
async fn bytes_that_are_not_http_do_no_harm() {
    let sandbox = Sandbox::start().await.expect("starts");
    let mut stream = TcpStream::connect(sandbox.address())
        .await
        .expect("connects");
    stream
        .write_all(b"\x16\x03\x01 hello\r\n\r\n")
        .await
        .expect("writes");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("is closed");

    token(&sandbox).await;

    assert!(sandbox.requests().len() == 1);
}

#[tokio::test]
async fn the_real_clock_is_the_default_and_can_be_moved() {
    let sandbox = Sandbox::start().await.expect("starts");
    let before = timestamp(&sandbox, 0);

    sandbox.advance(Duration::from_secs(86_400));

    assert_ne!(before[..10], timestamp(&sandbox, 0)[..10]);
    token(&sandbox).await;
}
