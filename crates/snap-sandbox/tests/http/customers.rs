//! Customer tokens: how they are asked for, how long they live, and which one is honoured.

use std::time::Duration;

use serde_json::{Value, json};
use snap_sandbox::Sandbox;

use crate::{
    specs::{Caller, named},
    support::{
        Call, client, code_call, customer_call, customer_tokens, frozen, refresh_call, rsa, send,
        token,
    },
};

/// Uses a customer token on an operation that needs one.
async fn check(sandbox: &Sandbox, customer_token: &str, verdict: &str, code: &str) {
    let caller = Caller {
        sandbox,
        token: token(sandbox).await,
        customer_token: customer_token.to_owned(),
        client: client(),
    };
    let spec = named("wallet.balanceInquiry");

    let reply = caller.send(&spec, &spec.body(sandbox, false)).await;

    reply.assert(verdict, code);
}

#[tokio::test]
async fn a_code_is_exchanged_for_tokens_as_documented() {
    let sandbox = frozen().start().await.expect("starts");
    let code = sandbox.auth_code("cust-1");

    let reply = send(&sandbox, code_call(&sandbox, &code)).await;

    reply.assert("ok", "2007400");
    assert_eq!(reply.text("tokenType"), "Bearer");
    assert_eq!(
        reply.text("accessTokenExpiryTime"),
        "2026-11-20T17:45:00+07:00"
    );
    assert_eq!(
        reply.text("refreshTokenExpiryTime"),
        "2026-12-05T17:30:00+07:00"
    );
    assert_eq!(reply.body["additionalInfo"], "");
    assert!(reply.body.get("expiresIn").is_none());
    check(&sandbox, &reply.text("accessToken"), "ok", "2001100").await;
    sandbox.assert_customer_token_requests(1);
}

#[tokio::test]
async fn a_wrong_request_for_a_customer_token_is_refused_by_its_first_failure() {
    let cases: &[GrantCase] = &[
        ("header.missing", "4007402", |_, call| {
            drop(call.headers.remove("x-client-key"))
        }),
        ("signature.mismatch", "4017400", |sandbox, call| {
            call.set("x-signature", &rsa(sandbox.merchant(), "something else"));
        }),
        ("body.not-json", "4007400", |_, call| call.body.clear()),
        ("field.missing", "4007402", |_, call| {
            set_body(call, &json!({}))
        }),
        ("grant.type", "4007401", |_, call| {
            set_body(
                call,
                &json!({"grantType": "AUTHORIZATION_CODE", "authCode": "1"}),
            );
        }),
        ("grant.type", "4007401", |_, call| {
            set_body(call, &json!({"grantType": "client_credentials"}));
        }),
        ("field.missing", "4007402", |_, call| {
            set_body(
                call,
                &json!({"grantType": "authorization_code", "refreshToken": "1"}),
            );
        }),
        ("field.missing", "4007402", |_, call| {
            set_body(
                call,
                &json!({"grantType": "refresh_token", "authCode": "1"}),
            );
        }),
        ("field.format", "4007401", |_, call| {
            set_body(
                call,
                &json!({"grantType": "authorization_code", "authCode": 1}),
            );
        }),
        ("auth-code.unknown", "4017400", |_, call| {
            set_body(
                call,
                &json!({"grantType": "authorization_code", "authCode": "1"}),
            );
        }),
        ("refresh-token.unknown", "4017400", |_, call| {
            set_body(
                call,
                &json!({"grantType": "refresh_token", "refreshToken": "1"}),
            );
        }),
    ];
    let sandbox = frozen().start().await.expect("starts");
    for (verdict, code, tamper) in cases {
        let body = json!({"grantType": "authorization_code", "authCode": "1"});
        let mut call = customer_call(&sandbox, &body);
        tamper(&sandbox, &mut call);

        send(&sandbox, call).await.assert(verdict, code);
    }
    sandbox.assert_customer_token_requests(cases.len() as u64);
    sandbox.assert_token_requests(0);
}

fn set_body(call: &mut Call, body: &Value) {
    call.body = body.to_string().into_bytes();
}

#[tokio::test]
async fn an_auth_code_works_once_unless_codes_are_reusable() {
    for (reusable, verdict, code) in [
        (false, "auth-code.used", "4017400"),
        (true, "ok", "2007400"),
    ] {
        let builder = frozen().reusable_auth_codes(reusable);
        let sandbox = builder.start().await.expect("starts");
        let auth_code = sandbox.auth_code("cust-1");
        send(&sandbox, code_call(&sandbox, &auth_code))
            .await
            .assert("ok", "2007400");

        let again = send(&sandbox, code_call(&sandbox, &auth_code)).await;

        again.assert(verdict, code);
    }
}

#[tokio::test]
async fn an_auth_code_lives_for_two_minutes() {
    for (seconds, verdict, code) in [
        (119, "ok", "2007400"),
        (120, "auth-code.expired", "4017400"),
    ] {
        let sandbox = frozen().start().await.expect("starts");
        let auth_code = sandbox.auth_code("cust-1");
        sandbox.advance(Duration::from_secs(seconds));

        let reply = send(&sandbox, code_call(&sandbox, &auth_code)).await;

        reply.assert(verdict, code);
    }
}

/// Behaviour "customer-token.lifetime".
#[tokio::test]
async fn a_customer_token_lives_for_900_seconds_and_its_refresh_token_for_15_days() {
    let sandbox = frozen().start().await.expect("starts");
    let (access, refresh) = customer_tokens(&sandbox, "cust-1").await;
    let (_, other) = customer_tokens(&sandbox, "cust-2").await;

    sandbox.advance(Duration::from_secs(899));
    check(&sandbox, &access, "ok", "2001100").await;
    sandbox.advance(Duration::from_secs(1));
    check(&sandbox, &access, "customer-token.expired", "4011102").await;
    sandbox.advance(Duration::from_secs(15 * 86_400 - 901));
    let last_second = send(&sandbox, refresh_call(&sandbox, &refresh)).await;
    last_second.assert("ok", "2007400");
    sandbox.advance(Duration::from_secs(1));
    let late = send(&sandbox, refresh_call(&sandbox, &other)).await;
    late.assert("refresh-token.expired", "4017400");
}

#[tokio::test]
async fn the_life_of_a_customer_token_is_an_option() {
    let builder = frozen().customer_token_lifetime(Duration::from_secs(60));
    let sandbox = builder.start().await.expect("starts");
    let (access, _) = customer_tokens(&sandbox, "cust-1").await;

    sandbox.advance(Duration::from_secs(60));

    check(&sandbox, &access, "customer-token.expired", "4011102").await;
}

#[tokio::test]
async fn a_refresh_token_is_replaced_by_its_use() {
    let sandbox = frozen().start().await.expect("starts");
    let (access, refresh) = customer_tokens(&sandbox, "cust-1").await;

    let renewed = send(&sandbox, refresh_call(&sandbox, &refresh)).await;
    let again = send(&sandbox, refresh_call(&sandbox, &refresh)).await;

    renewed.assert("ok", "2007400");
    again.assert("refresh-token.replaced", "4017400");
    check(&sandbox, &access, "customer-token.superseded", "4011102").await;
    check(&sandbox, &renewed.text("accessToken"), "ok", "2001100").await;
    let newest = send(
        &sandbox,
        refresh_call(&sandbox, &renewed.text("refreshToken")),
    )
    .await;
    newest.assert("ok", "2007400");
}

/// Behaviour "customer-token.latest-wins".
#[tokio::test]
async fn new_tokens_end_the_older_ones_of_the_same_customer_only() {
    let sandbox = frozen().start().await.expect("starts");
    let (older, _) = customer_tokens(&sandbox, "cust-1").await;
    let (other, _) = customer_tokens(&sandbox, "cust-2").await;
    let (newer, _) = customer_tokens(&sandbox, "cust-1").await;

    check(&sandbox, &older, "customer-token.superseded", "4011102").await;
    check(&sandbox, &other, "ok", "2001100").await;
    check(&sandbox, &newer, "ok", "2001100").await;
    let requests = sandbox.requests();
    let served = |request: &&snap_sandbox::RecordedRequest| {
        request.operation.as_deref() == Some("wallet.balanceInquiry")
    };
    let customers: Vec<_> = requests
        .iter()
        .filter(served)
        .map(|request| &request.customer)
        .collect();
    let expected = ["cust-1", "cust-2", "cust-1"].map(|label| Some(label.to_owned()));
    assert_eq!(customers, expected.iter().collect::<Vec<_>>());
}

/// Behaviour "customer.label".
#[tokio::test]
async fn one_token_of_a_customer_opens_every_product() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;

    for operation in ["wallet.balanceInquiry", "direct-debit.balanceInquiry"] {
        let spec = named(operation);
        let reply = caller.send(&spec, &spec.body(&sandbox, false)).await;

        reply.assert("ok", "2001100");
    }
}

#[tokio::test]
async fn a_test_can_end_customer_tokens_in_two_ways() {
    let cases: [EndCase; 2] = [
        (
            Sandbox::invalidate_customer_tokens,
            "customer-token.invalidated",
        ),
        (Sandbox::expire_customer_tokens, "customer-token.expired"),
    ];
    for (end, verdict) in cases {
        let sandbox = frozen().start().await.expect("starts");
        let (access, refresh) = customer_tokens(&sandbox, "cust-1").await;

        end(&sandbox);

        check(&sandbox, &access, verdict, "4011102").await;
        let renewed = send(&sandbox, refresh_call(&sandbox, &refresh)).await;
        check(&sandbox, &renewed.text("accessToken"), "ok", "2001100").await;
    }
}

#[tokio::test]
async fn an_unlinked_customer_has_to_consent_again() {
    let sandbox = frozen().start().await.expect("starts");
    let (access, refresh) = customer_tokens(&sandbox, "cust-1").await;
    let (other, _) = customer_tokens(&sandbox, "cust-2").await;
    let code = sandbox.auth_code("cust-1");

    sandbox.unlink_customer("cust-1");

    for call in [code_call(&sandbox, &code), refresh_call(&sandbox, &refresh)] {
        send(&sandbox, call)
            .await
            .assert("customer.unlinked", "4017400");
    }
    check(&sandbox, &access, "customer-token.invalidated", "4011102").await;
    check(&sandbox, &other, "ok", "2001100").await;
    let (again, _) = customer_tokens(&sandbox, "cust-1").await;
    check(&sandbox, &again, "ok", "2001100").await;
}

#[tokio::test]
async fn an_operation_for_a_customer_is_refused_by_the_form_of_the_header() {
    let cases: &[HeaderCase] = &[
        ("header.missing", "4001102", |call| {
            drop(call.headers.remove("authorization-customer"))
        }),
        ("authorization.scheme", "4001101", |call| {
            let value = call
                .value("authorization-customer")
                .replacen("Bearer ", "", 1);
            call.set("authorization-customer", &value);
        }),
        ("header.duplicate", "4001101", |call| {
            call.append("authorization-customer", "Bearer again");
        }),
        ("customer-token.unknown", "4011104", |call| {
            call.set(
                "authorization-customer",
                "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
            );
        }),
        ("customer-token.unknown", "4011104", |call| {
            call.set("authorization-customer", &call.value("authorization"));
        }),
    ];
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let spec = named("wallet.balanceInquiry");
    for (verdict, code, tamper) in cases {
        let mut call = caller.call(&spec, &spec.body(&sandbox, false));
        tamper(&mut call);

        send(&sandbox, call).await.assert(verdict, code);
    }
}

#[tokio::test]
async fn where_either_is_right_a_customer_token_is_checked_if_it_is_there() {
    let sandbox = frozen().stateful(false).start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let spec = named("direct-debit.refund");
    let call = || caller.call(&spec, &spec.body(&sandbox, false));

    send(&sandbox, call()).await.assert("ok", "2005800");
    let mut without = call();
    without.headers.remove("authorization-customer");
    send(&sandbox, without).await.assert("ok", "2005800");
    let mut wrong = call();
    wrong.set("authorization-customer", "Bearer stranger");
    send(&sandbox, wrong)
        .await
        .assert("customer-token.unknown", "4015804");
}

/// Expected verdict and code, and what is changed about the request for a token.
type GrantCase = (&'static str, &'static str, fn(&Sandbox, &mut Call));

/// Expected verdict and code, and what is changed about the request.
type HeaderCase = (&'static str, &'static str, fn(&mut Call));

/// How customer tokens end, and the verdict of their next use.
type EndCase = (fn(&Sandbox), &'static str);
