//! Bindings: what the customer's consent opens, and what the end of a binding closes.

use std::time::Duration;

use serde_json::{Value, json};
use snap_sandbox::{Act, At, Fault, Sandbox};

use crate::{
    orders::{other_than, send, start},
    specs::{Caller, named, status_of},
    support::{Reply, client, code_call, frozen, refresh_call, token},
};

const BINDING: &str = "direct-debit.accountBinding";
const OVO: &str = "EMONEY_OVO_SNAP";
const ALLO: &str = "DIRECT_DEBIT_ALLO_SNAP";
const CIMB: &str = "DIRECT_DEBIT_CIMB_SNAP";

async fn merchant(sandbox: &Sandbox) -> Caller<'_> {
    Caller {
        sandbox,
        token: token(sandbox).await,
        customer_token: "none".to_owned(),
        client: client(),
    }
}

async fn bind(caller: &Caller<'_>, channel: &str, customer: &str) -> Reply {
    let info = json!({
        "channel": channel,
        "custIdMerchant": customer,
        "successRegistrationUrl": "https://merchant.example/bound",
        "failedRegistrationUrl": "https://merchant.example/failed",
    });
    let reply = send(caller, BINDING, json!({ "additionalInfo": info })).await;
    reply.assert("ok", "2000700");
    reply
}

fn code_in(reply: &Reply) -> String {
    let code = &reply.body["additionalInfo"]["authCode"];
    code.as_str().expect("an auth code").to_owned()
}

async fn exchange(caller: &Caller<'_>, code: &str) -> Reply {
    crate::support::send(caller.sandbox, code_call(caller.sandbox, code)).await
}

/// The customer's access and refresh token, after consent.
async fn bound(caller: &Caller<'_>, channel: &str, customer: &str) -> (String, String) {
    let reply = bind(caller, channel, customer).await;
    let page = reply.text("redirectUrl");
    caller.sandbox.approve(&page).expect("consent");
    let tokens = exchange(caller, &code_in(&reply)).await;
    tokens.assert("ok", "2007400");
    (tokens.text("accessToken"), tokens.text("refreshToken"))
}

/// A balance inquiry at a channel with a customer's token.
async fn balance(caller: &Caller<'_>, channel: &str, customer_token: &str) -> Reply {
    let caller = Caller {
        sandbox: caller.sandbox,
        token: caller.token.clone(),
        customer_token: customer_token.to_owned(),
        client: client(),
    };
    let named = json!({"additionalInfo": {"channel": channel}});
    send(&caller, "direct-debit.balanceInquiry", named).await
}

async fn unbind(caller: &Caller<'_>, channel: &str, customer_token: &str) -> Reply {
    let named = json!({"tokenId": customer_token, "additionalInfo": {"channel": channel}});
    send(caller, "direct-debit.accountUnbinding", named).await
}

/// Behaviours "binding.consent", "auth-code.pending" and "auth-code.used".
#[tokio::test]
async fn an_auth_code_opens_nothing_before_its_customer_consents() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = merchant(&sandbox).await;
    let reply = bind(&caller, OVO, "cust-1").await;
    let code = code_in(&reply);

    let early = exchange(&caller, &code).await;
    let go_to = sandbox.approve(&reply.text("redirectUrl"));
    let after = exchange(&caller, &code).await;
    let again = exchange(&caller, &code).await;

    assert_eq!(reply.body["additionalInfo"]["accountStatus"], "PENDING");
    early.assert("auth-code.pending", "4017400");
    let success = "https://merchant.example/bound".to_owned();
    assert_eq!(go_to, Ok(Some(success)));
    after.assert("ok", "2007400");
    again.assert("auth-code.used", "4017400");
    balance(&caller, OVO, &after.text("accessToken"))
        .await
        .assert("ok", "2001100");
    let recorded = sandbox.requests().pop().expect("recorded");
    assert_eq!(recorded.customer.as_deref(), Some("cust-1"));
}

/// Behaviour "auth-code.rejected".
#[tokio::test]
async fn a_rejected_binding_leaves_a_code_that_opens_nothing() {
    let builder = frozen().reusable_auth_codes(true);
    let sandbox = builder.start().await.expect("starts");
    let caller = merchant(&sandbox).await;
    let reply = bind(&caller, OVO, "cust-1").await;
    let page = reply.text("redirectUrl");

    let go_to = sandbox.reject(&page);
    let changed_mind = sandbox.approve(&page);

    let failure = "https://merchant.example/failed".to_owned();
    assert_eq!(go_to, Ok(Some(failure)));
    let error = changed_mind.expect_err("chosen before").to_string();
    assert!(error.contains("before"), "{error}");
    exchange(&caller, &code_in(&reply))
        .await
        .assert("auth-code.rejected", "4017400");
}

/// Behaviour "binding.link-life".
#[tokio::test]
async fn a_customer_has_a_day_to_consent_and_the_code_two_minutes_from_then() {
    let cases = [
        (86_399, 119, "ok", "2007400"),
        (86_399, 120, "auth-code.expired", "4017400"),
        (86_400, 0, "auth-code.expired", "4017400"),
    ];
    for (until_consent, until_use, verdict, code) in cases {
        let sandbox = frozen().start().await.expect("starts");
        let caller = merchant(&sandbox).await;
        let reply = bind(&caller, OVO, "cust-1").await;

        sandbox.advance(Duration::from_secs(until_consent));
        let consent = sandbox.approve(&reply.text("redirectUrl"));
        sandbox.advance(Duration::from_secs(until_use));

        assert_eq!(consent.is_ok(), until_consent < 86_400);
        exchange(&caller, &code_in(&reply))
            .await
            .assert(verdict, code);
    }
}

#[tokio::test]
async fn customers_can_consent_at_once_and_unbind_at_once() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let caller = merchant(&sandbox).await;

    let account = bind(&caller, CIMB, "cust-1").await;
    let card = json!({"additionalInfo": {"channel": "DIRECT_DEBIT_BRI_SNAP"}});
    let card = send(&caller, "direct-debit.cardBinding", card).await;

    let tokens = exchange(&caller, &code_in(&account)).await;
    tokens.assert("ok", "2007400");
    exchange(&caller, &code_in(&card))
        .await
        .assert("ok", "2007400");
    let access = tokens.text("accessToken");
    let ended = unbind(&caller, CIMB, &access).await;
    ended.assert("ok", "2000900");
    assert_eq!(ended.body.get("redirectUrl"), None);
    balance(&caller, CIMB, &access)
        .await
        .assert("customer-token.invalidated", "4011102");
}

#[tokio::test]
async fn without_state_every_code_can_be_exchanged_and_nothing_ends() {
    let sandbox = frozen().stateful(false).start().await.expect("starts");
    let caller = merchant(&sandbox).await;

    let reply = bind(&caller, OVO, "cust-1").await;
    let tokens = exchange(&caller, &code_in(&reply)).await;
    let access = tokens.text("accessToken");
    let ended = unbind(&caller, OVO, &access).await;

    ended.assert("ok", "2000900");
    balance(&caller, OVO, &access).await.assert("ok", "2001100");
}

#[tokio::test]
async fn an_unbinding_without_effect_leaves_the_token_as_it_was() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = merchant(&sandbox).await;
    let (access, _) = bound(&caller, OVO, "cust-1").await;
    let fault = Fault::new(At::AfterRequest, Act::Status(503));
    sandbox.inject(fault).expect("a fault");

    let named = json!({"tokenId": access, "additionalInfo": {"channel": OVO}});
    let lost = status_of(&caller, "direct-debit.accountUnbinding", &named).await;
    let before = balance(&caller, OVO, &access).await;
    let again = unbind(&caller, OVO, &access).await;

    assert_eq!(lost, 503);
    before.assert("ok", "2001100");
    again.assert("ok", "2000900");
}

#[tokio::test]
async fn nobody_can_choose_at_a_page_that_no_answer_named() {
    let sandbox = frozen().start().await.expect("starts");
    for page in ["", "/", "https://elsewhere.example/bank/1", "?auto=approve"] {
        let error = sandbox.approve(page).expect_err("no page").to_string();

        assert!(error.contains("no answer"), "{error}");
    }
}

/// Behaviour "binding.none".
#[tokio::test]
async fn the_wallet_gives_codes_of_accounts_that_are_bound_only() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = merchant(&sandbox).await;
    let inquire = async || {
        let named = json!({"additionalInfo": {"accountId": "1120340010"}});
        send(&caller, "wallet.accountInquiry", named).await
    };
    let named = json!({
        "partnerReferenceNo": "bind-1",
        "redirectUrl": "https://merchant.example/back",
        "successParams": {"accountId": "1120340010"},
    });

    let unbound = inquire().await;
    let reply = send(&caller, "wallet.accountBinding", named).await;
    let pending = inquire().await;
    let go_to = sandbox.approve(&reply.text("nextAction"));
    let found = inquire().await;
    let tokens = exchange(&caller, &code_in(&found)).await;
    sandbox.unlink_customer("1120340010");
    let unlinked = inquire().await;

    unbound.assert("binding.none", "4040811");
    pending.assert("binding.none", "4040811");
    assert_eq!(go_to, Ok(Some("https://merchant.example/back".to_owned())));
    found.assert("ok", "2000800");
    let link = &found.body["additionalInfo"]["linkId"];
    assert_eq!(link, &reply.body["linkId"]);
    tokens.assert("ok", "2007400");
    unlinked.assert("binding.none", "4040811");
}

/// Behaviour "unbinding.token".
#[tokio::test]
async fn unbinding_ends_tokens_and_codes_of_that_customer_only() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = merchant(&sandbox).await;
    let (access, refresh) = bound(&caller, OVO, "cust-1").await;
    let (other, _) = bound(&caller, OVO, "cust-2").await;

    let reply = unbind(&caller, OVO, &access).await;

    reply.assert("ok", "2000900");
    assert!(!reply.body.to_string().contains("redirectUrl"));
    balance(&caller, OVO, &access)
        .await
        .assert("customer-token.invalidated", "4011102");
    balance(&caller, OVO, &other).await.assert("ok", "2001100");
    crate::support::send(&sandbox, refresh_call(&sandbox, &refresh))
        .await
        .assert("customer.unlinked", "4017400");
    let again = unbind(&caller, OVO, &access).await;
    again.assert("customer-token.invalidated", "4010902");
    let (anew, _) = bound(&caller, OVO, "cust-1").await;
    balance(&caller, OVO, &anew).await.assert("ok", "2001100");
}

#[tokio::test]
async fn a_binding_ends_by_a_token_that_is_honoured_only() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = merchant(&sandbox).await;
    let (access, _) = bound(&caller, OVO, "cust-1").await;
    let merchants = caller.token.clone();

    for wrong in ["1", &merchants] {
        let reply = unbind(&caller, OVO, wrong).await;
        reply.assert("customer-token.unknown", "4010904");
    }
    sandbox.expire_customer_tokens();
    let late = unbind(&caller, OVO, &access).await;

    late.assert("customer-token.expired", "4010902");
}

/// Behaviour "unbinding.otp".
#[tokio::test]
async fn an_account_of_cimb_is_unbound_once_its_customer_confirms() {
    let sandbox = start(frozen()).await;
    let caller = merchant(&sandbox).await;
    let (access, _) = bound(&caller, CIMB, "cust-1").await;
    let works = async |access: &str| balance(&caller, CIMB, access).await.verdict == "ok";
    let kept = unbind(&caller, CIMB, &access).await;
    let page = kept.text("redirectUrl");
    let otp = sandbox.otp(&page).expect("an OTP");
    let mistyped = sandbox.approve_with_otp(&page, &other_than(&otp));
    sandbox.reject(&page).expect("a page");
    let after_rejection = works(&access).await;
    let ended = unbind(&caller, CIMB, &access).await;
    let before_otp = works(&access).await;
    let given = ended.text("referenceNo");
    let otp = sandbox.otp(&given).expect("an OTP");
    let verify = json!({"originalReferenceNo": given, "otp": otp});
    let caller = Caller {
        customer_token: access.clone(),
        ..merchant(&sandbox).await
    };
    let verified = send(&caller, "direct-debit.otpVerification", verify).await;

    assert!(mistyped.is_err() && after_rejection && before_otp);
    verified.assert("ok", "2000400");
    assert!(!works(&access).await);
    let too_late = sandbox.approve(&ended.text("redirectUrl"));
    assert!(too_late.is_err());
}

#[tokio::test]
async fn the_page_of_an_unbinding_does_not_end_a_later_binding() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = merchant(&sandbox).await;
    let (access, _) = bound(&caller, CIMB, "cust-1").await;
    let first = unbind(&caller, CIMB, &access).await;
    let second = unbind(&caller, CIMB, &access).await;
    sandbox
        .approve(&second.text("redirectUrl"))
        .expect("a page");
    let (anew, _) = bound(&caller, CIMB, "cust-1").await;

    let late = sandbox.approve(&first.text("redirectUrl"));

    assert!(late.is_err());
    balance(&caller, CIMB, &anew).await.assert("ok", "2001100");
}

#[tokio::test]
async fn a_wallet_account_is_unbound_by_its_link_and_an_otp() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = merchant(&sandbox).await;
    let named = json!({"successParams": {"accountId": "1120340010"}});
    let begun = send(&caller, "wallet.accountBinding", named).await;
    let unlink = async |link: &Value| {
        let named = json!({"partnerReferenceNo": "unbind-1", "linkId": link});
        send(&caller, "wallet.accountUnbinding", named).await
    };
    let link = &begun.body["linkId"];

    let early = unlink(link).await;
    sandbox.approve(&begun.text("nextAction")).expect("consent");
    let unknown = unlink(&json!("a link of nobody")).await;
    let reply = unlink(link).await;
    let verify = json!({
        "originalPartnerReferenceNo": "unbind-1",
        "originalReferenceNo": reply.text("referenceNo"),
        "otp": sandbox.otp("unbind-1").expect("an OTP"),
    });
    let verified = send(&caller, "wallet.otpVerification", verify).await;

    early.assert("binding.none", "4040911");
    unknown.assert("binding.none", "4040911");
    reply.assert("ok", "2000900");
    assert_eq!(reply.text("unlinkResult"), "inProgress");
    verified.assert("ok", "2000400");
    assert_eq!(verified.body.get("qparamsURL"), None);
    unlink(link).await.assert("binding.none", "4040911");
}

/// Behaviours "customer.label" and "customer-token.elsewhere".
#[tokio::test]
async fn bindings_of_one_customer_at_two_channels_are_two() {
    let sandbox = Sandbox::start().await.expect("starts");
    let lenient = Sandbox::builder().channel_rules(false);
    let lenient = lenient.start().await.expect("starts");
    for (sandbox, verdict, code) in [
        (&sandbox, "customer-token.elsewhere", "4011102"),
        (&lenient, "ok", "2001100"),
    ] {
        let caller = merchant(sandbox).await;
        let (ovo, _) = bound(&caller, OVO, "cust-1").await;
        let (cimb, _) = bound(&caller, CIMB, "cust-1").await;

        let own = balance(&caller, OVO, &ovo).await;
        let foreign = balance(&caller, OVO, &cimb).await;
        unbind(&caller, OVO, &ovo).await.assert("ok", "2000900");
        let kept = unbind(&caller, CIMB, &cimb).await;

        own.assert("ok", "2001100");
        foreign.assert(verdict, code);
        kept.assert("ok", "2000900");
    }
}

/// With one seed, both sandboxes draw the same code for their first binding.
#[tokio::test]
async fn a_binding_without_effect_leaves_no_code_and_no_page() {
    let (told, silent) = (
        frozen().seed(7).start().await,
        frozen().seed(7).start().await,
    );
    let (told, silent) = (told.expect("starts"), silent.expect("starts"));
    let reply = bind(&merchant(&told).await, ALLO, "cust-1").await;
    let caller = merchant(&silent).await;
    silent
        .inject(Fault::new(At::AfterRequest, Act::Status(503)))
        .expect("a fault");

    let status = status_of(&caller, BINDING, &named(BINDING).body(&silent, false)).await;

    assert_eq!(status, 503);
    let code = code_in(&reply);
    assert!(told.approve(&code).is_ok(), "the last segment is enough");
    assert!(silent.approve(&code).is_err());
    exchange(&caller, &code)
        .await
        .assert("auth-code.unknown", "4017400");
}
