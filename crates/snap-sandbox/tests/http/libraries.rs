//! What DOKU's own libraries send and can read, which no client does better than the documents ask.

use serde_json::{Value, json};
use snap_sandbox::{Quirks, Sandbox, SandboxBuilder};

use crate::{
    orders::{self, PAYMENT, REFUND, reference, refund},
    specs::{Caller, named},
    support::{
        CUSTOMER_TOKEN_PATH, Reply, code_call, customer_tokens, draft, frozen, rsa, send, token,
    },
};

async fn start(builder: SandboxBuilder) -> Sandbox {
    builder.start().await.expect("starts")
}

/// Asks for a balance, with `Authorization-Customer` as it is given.
async fn ask(sandbox: &Sandbox, header: &str) -> Reply {
    let caller = Caller {
        sandbox,
        token: token(sandbox).await,
        customer_token: String::new(),
        client: crate::support::client(),
    };
    let spec = named("direct-debit.balanceInquiry");
    let mut call = caller.call(&spec, &spec.body(sandbox, false));
    call.set("authorization-customer", header);
    send(sandbox, call).await
}

#[tokio::test]
async fn a_customer_token_without_bearer_is_refused_by_default() {
    let sandbox = start(frozen()).await;
    let (customer_token, _) = customer_tokens(&sandbox, "cust-1").await;

    let reply = ask(&sandbox, &customer_token).await;

    reply.assert("authorization.scheme", "4001101");
    let diagnosis = sandbox.explain_last().expect("was refused");
    assert!(
        diagnosis.advice.contains("--danger-official-libraries"),
        "{diagnosis}"
    );
}

#[tokio::test]
async fn another_scheme_is_not_taken_for_a_library_of_doku() {
    let sandbox = start(frozen()).await;
    let (customer_token, _) = customer_tokens(&sandbox, "cust-1").await;

    let reply = ask(&sandbox, &format!("Basic {customer_token}")).await;

    reply.assert("authorization.scheme", "4001101");
    let diagnosis = sandbox.explain_last().expect("was refused");
    assert!(!diagnosis.advice.contains("danger"), "{diagnosis}");
}

/// Behaviour "authorization.bare".
#[tokio::test]
async fn a_customer_token_without_bearer_is_taken_on_request_and_looked_up_all_the_same() {
    let sandbox = start(frozen().danger_bare_customer_tokens(true)).await;
    let (customer_token, _) = customer_tokens(&sandbox, "cust-1").await;
    let cases = [
        (customer_token.clone(), "ok", "2001100"),
        (format!("Bearer {customer_token}"), "ok", "2001100"),
        (
            format!("{customer_token}x"),
            "customer-token.unknown",
            "4011104",
        ),
        ("Bearer".to_owned(), "customer-token.unknown", "4011104"),
        (
            format!("Basic {customer_token}"),
            "authorization.scheme",
            "4001101",
        ),
        (String::new(), "header.missing", "4001102"),
    ];
    for (header, verdict, code) in cases {
        ask(&sandbox, &header).await.assert(verdict, code);
    }
}

#[tokio::test]
async fn the_merchants_token_needs_bearer_whatever_is_taken() {
    let sandbox = start(frozen().danger_official_libraries()).await;
    let token = token(&sandbox).await;
    let mut call = draft(&sandbox, &token, "1").sign(sandbox.merchant());
    call.set("authorization", &token);

    let reply = send(&sandbox, call).await;

    reply.assert("authorization.scheme", "4001101");
}

#[tokio::test]
async fn a_body_with_spaces_is_taken_if_it_was_signed_without_them() {
    let sandbox = start(frozen().danger_official_libraries()).await;
    let token = token(&sandbox).await;
    let spaced = "{\"accountNo\": \"A00001\"}";
    let cases = [
        ("{\"accountNo\":\"A00001\"}", "ok", "2001100"),
        (spaced, "signature.mismatch", "4011100"),
        (
            "{\"accountNo\":\"A00002\"}",
            "signature.mismatch",
            "4011100",
        ),
    ];
    for (index, (signed, verdict, code)) in cases.into_iter().enumerate() {
        let mut draft = draft(&sandbox, &token, &index.to_string());
        draft.body = spaced.to_owned();

        let call = draft.sign_over(sandbox.merchant(), signed);

        send(&sandbox, call).await.assert(verdict, code);
    }
}

#[tokio::test]
async fn an_auth_code_is_exchanged_again_and_still_needs_a_signature() {
    let sandbox = start(frozen().danger_official_libraries()).await;
    let code = sandbox.auth_code("cust-1");
    for _ in 0..2 {
        let reply = send(&sandbox, code_call(&sandbox, &code)).await;
        reply.assert("ok", "2007400");
    }
    let mut forged = code_call(&sandbox, &code);
    assert_eq!(forged.path, CUSTOMER_TOKEN_PATH);
    forged.set("x-signature", &rsa(sandbox.merchant(), "something else"));

    let reply = send(&sandbox, forged).await;

    reply.assert("signature.mismatch", "4017400");
}

/// Behaviour "quirk.library-members": with and without what the Python library fails on.
#[tokio::test]
async fn answers_have_every_member_unless_they_are_for_dokus_own_libraries() {
    for (quirks, is_whole) in [
        (Quirks::documented(), true),
        (Quirks::official_libraries(), false),
    ] {
        let builder = frozen().customers_approve(true).quirks(quirks);
        let sandbox = orders::start(builder).await;
        let caller = Caller::of(&sandbox, "cust-1").await;
        let cases = [
            (PAYMENT, reference("ord-1"), "additionalInfo"),
            (
                REFUND,
                refund("ord-1", "ref-1", "15000.00"),
                "additionalInfo",
            ),
            ("direct-debit.cardBinding", json!({}), "bankCardToken"),
        ];
        for (operation, changes, member) in cases {
            let reply = orders::send(&caller, operation, changes).await;

            assert_eq!(reply.verdict, "ok", "{operation}: {}", reply.body);
            assert_eq!(has(&reply.body, member), is_whole, "{operation}: {member}");
        }

        let status = orders::status(&caller, "ord-1").await;

        assert_eq!(has(&status.body, "requestId"), is_whole);
        assert_eq!(has(&status.body, "requestID"), !is_whole);
    }
}

/// As above, for an unbinding that the customer has to confirm.
#[tokio::test]
async fn an_unbinding_without_a_page_is_for_dokus_own_libraries() {
    for (quirks, is_whole) in [
        (Quirks::documented(), true),
        (Quirks::official_libraries(), false),
    ] {
        let sandbox = orders::start(frozen().quirks(quirks)).await;
        let caller = Caller::of(&sandbox, "cust-1").await;
        let named = json!({
            "tokenId": caller.customer_token,
            "additionalInfo": {"channel": "DIRECT_DEBIT_CIMB_SNAP"},
        });

        let reply = orders::send(&caller, "direct-debit.accountUnbinding", named).await;

        reply.assert("ok", "2000900");
        assert_eq!(has(&reply.body, "redirectUrl"), is_whole);
    }
}

fn has(body: &Value, member: &str) -> bool {
    body.get(member).is_some()
}
