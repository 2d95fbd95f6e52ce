//! Tokens: how they are asked for, how long they live, and which one is honoured.

use std::time::Duration;

use snap_sandbox::{JsonForm, Quirks, Sandbox};

use crate::support::{Call, draft, frozen, rsa, send, send_to, timestamp, token, token_call};

#[tokio::test]
async fn a_signed_token_request_is_answered_as_documented() {
    let sandbox = frozen().start().await.expect("starts");

    let reply = send(
        &sandbox,
        token_call(sandbox.merchant(), &timestamp(&sandbox, 0)),
    )
    .await;

    reply.assert("ok", "2007300");
    assert_eq!(reply.body["responseMessage"], "Successful");
    assert_eq!(reply.body["tokenType"], "Bearer");
    assert_eq!(reply.body["expiresIn"], 900);
    assert_eq!(reply.body["additionalInfo"], "");
    assert!((600..2048).contains(&reply.body["accessToken"].as_str().expect("text").len()));
    assert_eq!(
        reply.headers["x-client-key"],
        sandbox.merchant().client_id.as_str()
    );
    assert_eq!(reply.headers["date"], "Fri, 20 Nov 2026 10:30:00 GMT");
}

/// Behaviour "token.expires-in".
#[tokio::test]
async fn the_life_of_a_token_may_be_text() {
    let quirks = Quirks::documented().with_expires_in(JsonForm::Text);
    let lifetime = Duration::from_secs(60);
    let sandbox = frozen()
        .quirks(quirks)
        .token_lifetime(lifetime)
        .start()
        .await
        .expect("starts");

    let reply = send(
        &sandbox,
        token_call(sandbox.merchant(), &timestamp(&sandbox, 0)),
    )
    .await;

    assert_eq!(reply.body["expiresIn"], "60");
}

#[tokio::test]
async fn a_wrong_token_request_is_refused_with_the_code_of_its_first_failure() {
    let cases: &[TokenCase] = &[
        ("header.missing", "4007302", |_, call| {
            drop(call.headers.remove("content-type"))
        }),
        ("header.missing", "4007302", |_, call| {
            drop(call.headers.remove("x-client-key"))
        }),
        ("header.missing", "4007302", |_, call| {
            drop(call.headers.remove("x-timestamp"))
        }),
        ("header.missing", "4007302", |_, call| {
            drop(call.headers.remove("x-signature"))
        }),
        ("header.duplicate", "4007301", |_, call| {
            call.append("x-signature", "again")
        }),
        ("content-type.not-json", "4007301", |_, call| {
            call.set("content-type", "text/plain")
        }),
        ("client.not-local", "4017300", |_, call| {
            call.set("x-client-key", "BRN-0211-0000000000000")
        }),
        ("client.unknown", "4017300", |_, call| {
            call.set("x-client-key", "BRN-LOCAL-1")
        }),
        ("timestamp.format", "4007301", |_, call| {
            call.set("x-timestamp", "yesterday")
        }),
        ("timestamp.fraction", "4007301", |_, call| {
            call.set("x-timestamp", "2026-11-20T10:30:00.000Z");
        }),
        ("timestamp.drift", "4017300", |sandbox, call| {
            *call = token_call(sandbox.merchant(), &timestamp(sandbox, 901));
        }),
        ("signature.mismatch", "4017300", |_, call| {
            // The same moment in another spelling is another text.
            call.set("x-timestamp", "2026-11-20T10:30:00Z");
        }),
        ("signature.mismatch", "4017300", |sandbox, call| {
            call.set("x-signature", &rsa(sandbox.merchant(), "something else"));
        }),
        ("signature.encoding", "4017300", |_, call| {
            call.set("x-signature", "AAAA")
        }),
        ("body.not-json", "4007300", |_, call| call.body.clear()),
        ("body.not-object", "4007300", |_, call| {
            call.body = b"[]".to_vec()
        }),
        ("field.missing", "4007302", |_, call| {
            call.body = b"{}".to_vec()
        }),
        ("field.format", "4007301", |_, call| {
            call.body = b"{\"grantType\":1}".to_vec()
        }),
        ("grant.type", "4007301", |_, call| {
            call.body = b"{\"grantType\":\"CLIENT_CREDENTIALS\"}".to_vec();
        }),
    ];
    let sandbox = frozen().start().await.expect("starts");
    for (verdict, code, tamper) in cases {
        let mut call = token_call(sandbox.merchant(), &timestamp(&sandbox, 0));
        tamper(&sandbox, &mut call);

        send(&sandbox, call).await.assert(verdict, code);
    }
    sandbox.assert_token_requests(cases.len() as u64);
}

/// Behaviour "token.latest-wins".
#[tokio::test]
async fn a_new_token_ends_the_older_one() {
    let sandbox = frozen().start().await.expect("starts");
    let older = token(&sandbox).await;
    let newer = token(&sandbox).await;

    check(&sandbox, &older, "1", "token.superseded", "4011101").await;
    check(&sandbox, &newer, "2", "ok", "2001100").await;
}

/// Behaviour "token.lifetime".
#[tokio::test]
async fn a_token_lives_for_900_seconds() {
    let sandbox = frozen().start().await.expect("starts");
    let token = token(&sandbox).await;

    sandbox.advance(Duration::from_secs(899));
    check(&sandbox, &token, "1", "ok", "2001100").await;
    sandbox.advance(Duration::from_secs(1));
    check(&sandbox, &token, "2", "token.expired", "4011101").await;
}

#[tokio::test]
async fn a_test_can_end_tokens_in_three_ways() {
    let cases: [EndCase; 3] = [
        (Sandbox::invalidate_tokens, "token.invalidated", "4011101"),
        (Sandbox::expire_tokens, "token.expired", "4011101"),
        (Sandbox::forget_tokens, "token.unknown", "4011103"),
    ];
    for (end, verdict, code) in cases {
        let sandbox = frozen().start().await.expect("starts");
        let old = token(&sandbox).await;

        end(&sandbox);

        check(&sandbox, &old, "1", verdict, code).await;
        check(&sandbox, &token(&sandbox).await, "2", "ok", "2001100").await;
    }
}

#[tokio::test]
async fn a_token_that_was_never_issued_is_not_found() {
    let sandbox = frozen().start().await.expect("starts");

    check(
        &sandbox,
        "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        "1",
        "token.unknown",
        "4011103",
    )
    .await;
}

#[tokio::test]
async fn a_held_back_token_answer_does_not_outlive_the_sandbox() {
    let hour = Duration::from_secs(3600);
    let sandbox = frozen().token_delay(hour).start().await.expect("starts");
    let call = token_call(sandbox.merchant(), &timestamp(&sandbox, 0));
    let base_url = sandbox.base_url().to_owned();
    let waiting = tokio::spawn(async move { send_to(&base_url, call).await });
    while sandbox.token_requests() == 0 {
        tokio::task::yield_now().await;
    }

    sandbox.stop().await.expect("stops");

    assert_eq!(waiting.await.expect("an answer").status, 200);
}

async fn check(sandbox: &Sandbox, token: &str, external_id: &str, verdict: &str, code: &str) {
    let call = draft(sandbox, token, external_id).sign(sandbox.merchant());

    send(sandbox, call).await.assert(verdict, code);
}

/// Expected verdict and code, and what is changed about the request.
type TokenCase = (&'static str, &'static str, fn(&Sandbox, &mut Call));

/// How tokens end, and the verdict and code of their next use.
type EndCase = (fn(&Sandbox), &'static str, &'static str);
