//! One-time passwords: who gets one, how often it may be wrong, and how long it lives.

use std::time::Duration;

use serde_json::{Value, json};
use snap_sandbox::{Act, At, Fault, Sandbox};

use crate::{
    orders::{PAYMENT, other_than, reference, send, start},
    specs::{Caller, status_of},
    support::{Reply, code_call, frozen},
};

const MANDIRI: &str = "DIRECT_DEBIT_MANDIRI_SNAP";
const BRI: &str = "DIRECT_DEBIT_BRI_SNAP";

/// Begins a wallet account, and gives DOKU's reference of it.
async fn create(caller: &Caller<'_>, reference: &str) -> String {
    let named = json!({
        "partnerReferenceNo": reference,
        "phoneNo": "6281212340010",
        "email": "budi@example.com",
        "redirectUrl": "https://merchant.example/opened?x=1",
    });
    let reply = send(caller, "wallet.accountCreation", named).await;
    reply.assert("ok", "2000600");
    reply.text("referenceNo")
}

async fn verify(caller: &Caller<'_>, reference: &str, given: &str, otp: &str) -> Reply {
    let named = json!({
        "originalPartnerReferenceNo": reference,
        "originalReferenceNo": given,
        "otp": otp,
    });
    send(caller, "wallet.otpVerification", named).await
}

async fn pay(caller: &Caller<'_>, number: &str, channel: &str) {
    let mut body = reference(number);
    body["additionalInfo"]["channel"] = json!(channel);
    send(caller, PAYMENT, body).await.assert("ok", "2005400");
}

/// Verifies a payment's OTP, naming DOKU's reference as well.
async fn verify_payment_as(caller: &Caller<'_>, number: &str, given: &str, otp: &str) -> Reply {
    let named = json!({
        "originalPartnerReferenceNo": number,
        "originalReferenceNo": given,
        "otp": otp,
    });
    send(caller, "direct-debit.paymentOtpVerification", named).await
}

async fn verify_payment(caller: &Caller<'_>, number: &str, otp: &str) -> Reply {
    let named = json!({"originalPartnerReferenceNo": number, "otp": otp});
    send(caller, "direct-debit.paymentOtpVerification", named).await
}

async fn bind_card(caller: &Caller<'_>, channel: &str) -> Reply {
    let info = json!({"channel": channel});
    let reply = send(
        caller,
        "direct-debit.cardBinding",
        json!({"custIdMerchant": "cust1", "additionalInfo": info}),
    )
    .await;
    reply.assert("ok", "2000100");
    reply
}

fn code_in(reply: &Reply) -> &str {
    let code = &reply.body["additionalInfo"]["authCode"];
    code.as_str().expect("an auth code")
}

async fn exchanges(sandbox: &Sandbox, binding: &Reply) -> String {
    let call = code_call(sandbox, code_in(binding));
    crate::support::send(sandbox, call).await.verdict
}

/// Behaviours "otp.account", "otp.wrong" and "otp.blocked".
#[tokio::test]
async fn a_wallet_account_is_opened_by_otp_and_pin() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let given = create(&caller, "acc 1").await;
    let otp = sandbox.otp("acc 1").expect("an OTP");

    let wrong = verify(&caller, "acc 1", &given, &other_than(&otp)).await;
    let right = verify(&caller, "acc 1", &given, &otp).await;
    let again = verify(&caller, "acc 1", &given, &otp).await;
    let go_to = sandbox.approve(&right.text("qparamsURL"));

    assert!(otp.len() == 6 && otp.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(sandbox.otp(&given).as_ref(), Some(&otp));
    wrong.assert("otp.wrong", "4040415");
    right.assert("ok", "2000400");
    assert_eq!(right.text("email"), "budi@example.com");
    assert_eq!(right.body["phoneNo"], "6281212340010");
    again.assert("transaction.status", "4040400");
    let address = go_to.expect("a page").expect("an address");
    let (start, rest) = address.split_once("accountId=").expect("an account");
    assert_eq!(start, "https://merchant.example/opened?x=1&");
    let (account, rest) = rest.split_once('&').expect("more");
    assert_eq!(account.len(), 10);
    assert_eq!(rest, "partnerReferenceNo=acc%201&status=SUCCESS");
}

#[tokio::test]
async fn the_third_wrong_otp_blocks_and_a_new_request_begins_anew() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let given = create(&caller, "acc-1").await;
    let otp = sandbox.otp("acc-1").expect("an OTP");
    let wrong = other_than(&otp);

    for typed in [&wrong, &wrong] {
        let reply = verify(&caller, "acc-1", &given, typed).await;
        reply.assert("otp.wrong", "4040415");
    }
    for typed in [&wrong, &otp] {
        let reply = verify(&caller, "acc-1", &given, typed).await;
        reply.assert("otp.blocked", "4030411");
    }
    let second = create(&caller, "acc-2").await;
    let new = sandbox.otp("acc-2").expect("an OTP");

    verify(&caller, "acc-2", &second, &new)
        .await
        .assert("ok", "2000400");
}

/// Behaviour "otp.expired".
#[tokio::test]
async fn an_otp_lives_for_300_seconds() {
    for (seconds, verdict, code) in [(299, "ok", "2000400"), (300, "otp.expired", "4030412")] {
        let sandbox = frozen().start().await.expect("starts");
        let caller = Caller::of(&sandbox, "cust-1").await;
        let given = create(&caller, "acc-1").await;
        let otp = sandbox.otp("acc-1").expect("an OTP");

        sandbox.advance(Duration::from_secs(seconds));

        verify(&caller, "acc-1", &given, &otp)
            .await
            .assert(verdict, code);
    }
}

#[tokio::test]
async fn an_otp_is_found_by_both_references_of_its_own_request() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let given = create(&caller, "acc-1").await;
    let other = create(&caller, "acc-2").await;
    let otp = sandbox.otp("acc-1").expect("an OTP");

    for (reference, given) in [("acc-1", &other), ("acc-2", &given), ("acc-3", &given)] {
        let reply = verify(&caller, reference, given, &otp).await;
        reply.assert("transaction.unknown", "4040401");
    }
    assert_eq!(sandbox.otp("acc-3"), None);
}

#[tokio::test]
async fn the_wallet_sends_another_otp_when_it_is_asked() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let given = create(&caller, "acc-1").await;
    let older = sandbox.otp("acc-1").expect("an OTP");
    sandbox.advance(Duration::from_secs(300));

    let named = json!({"journeyId": "any", "partnerReferenceNo": "acc-1"});
    let asked = send(&caller, "wallet.requestOtp", named).await;
    let newer = sandbox.otp("acc-1").expect("an OTP");

    asked.assert("ok", "2008100");
    verify(&caller, "acc-1", &given, &older)
        .await
        .assert("otp.wrong", "4040415");
    verify(&caller, "acc-1", &given, &newer)
        .await
        .assert("ok", "2000400");
}

/// Direct debit does not know what was begun in the wallet, although both may use one reference.
#[tokio::test]
async fn products_have_references_of_their_own() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    create(&caller, "ord-1").await;

    let named = json!({"journeyId": "any", "partnerReferenceNo": "ord-1"});
    let asked = send(&caller, "direct-debit.requestOtp", named).await;

    asked.assert("transaction.unknown", "4048101");
}

#[tokio::test]
async fn an_attempt_without_effect_is_not_counted() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let given = create(&caller, "acc-1").await;
    let otp = sandbox.otp("acc-1").expect("an OTP");
    let fault = Fault::new(At::AfterRequest, Act::Status(503));
    sandbox.inject(fault.times(3)).expect("a fault");

    let wrong = json!({
        "originalPartnerReferenceNo": "acc-1",
        "originalReferenceNo": given,
        "otp": other_than(&otp),
    });
    for _ in 0..3 {
        let status = status_of(&caller, "wallet.otpVerification", &wrong).await;
        assert_eq!(status, 503);
    }

    verify(&caller, "acc-1", &given, &otp)
        .await
        .assert("ok", "2000400");
}

/// Behaviours "otp.steps" and "otp.not-requested".
#[tokio::test]
async fn mandiri_sends_an_otp_when_it_is_asked_for() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    pay(&caller, "ord-1", MANDIRI).await;
    let ask = async |named: Value| send(&caller, "direct-debit.requestOtp", named).await;

    let early = verify_payment(&caller, "ord-1", "123456").await;
    let none = sandbox.otp("ord-1");
    let unknown = ask(json!({"journeyId": "another", "partnerReferenceNo": "ord-2"})).await;
    let asked = ask(json!({"journeyId": "any", "partnerReferenceNo": "ord-1"})).await;
    let first = sandbox.otp("ord-1").expect("an OTP");
    let renewed = ask(json!({"journeyId": "any", "partnerReferenceNo": "ord-1"})).await;
    let second = sandbox.otp("ord-1").expect("an OTP");
    let old = verify_payment(&caller, "ord-1", &first).await;
    let right = verify_payment(&caller, "ord-1", &second).await;
    let late = ask(json!({"journeyId": "any", "partnerReferenceNo": "ord-1"})).await;

    early.assert("otp.not-requested", "4040406");
    assert_eq!(none, None);
    unknown.assert("transaction.unknown", "4048101");
    asked.assert("ok", "2008100");
    renewed.assert("ok", "2008100");
    assert_ne!(first, second);
    old.assert("otp.wrong", "4040415");
    right.assert("ok", "2000400");
    late.assert("transaction.status", "4048100");
    assert_eq!(sandbox.ledger().effects("ord-1"), 1);
}

#[tokio::test]
async fn a_journey_is_named_by_the_external_id_that_began_it() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let binding = bind_card(&caller, MANDIRI).await;
    let journey = sandbox.requests().len() - 1;

    let asked = send(
        &caller,
        "direct-debit.requestOtp",
        json!({"journeyId": journey.to_string()}),
    )
    .await;
    let given = binding.text("referenceNo");
    let otp = sandbox.otp(&given).expect("an OTP");
    let verify = json!({"chargeToken": asked.text("chargeToken"), "otp": otp});
    let verified = send(&caller, "direct-debit.otpVerification", verify).await;

    asked.assert("ok", "2008100");
    verified.assert("ok", "2000400");
    assert_eq!(exchanges(&sandbox, &binding).await, "ok");
}

/// Behaviour "binding.card".
#[tokio::test]
async fn a_card_of_bri_is_bound_by_the_otp_that_the_merchant_passes_on() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let binding = bind_card(&caller, BRI).await;
    let given = binding.text("referenceNo");
    let otp = sandbox.otp(&given).expect("an OTP");
    let verify = async |otp: &str| {
        let named = json!({"originalReferenceNo": given, "otp": otp});
        send(&caller, "direct-debit.otpVerification", named).await
    };

    let wrong = verify(&other_than(&otp)).await;
    let early = exchanges(&sandbox, &binding).await;
    let right = verify(&otp).await;

    assert_eq!(binding.body["additionalInfo"]["status"], "PENDING");
    wrong.assert("otp.wrong", "4040415");
    assert_eq!(early, "auth-code.pending");
    right.assert("ok", "2000400");
    assert_eq!(exchanges(&sandbox, &binding).await, "ok");
    verify(&otp).await.assert("transaction.status", "4040400");
    assert!(sandbox.reject(code_in(&binding)).is_err());
}

#[tokio::test]
async fn a_card_is_bound_at_the_page_by_the_otp_that_is_typed_there() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let (one, other) = (bind_card(&caller, BRI).await, bind_card(&caller, BRI).await);
    let (page, blocked) = (one.text("redirectUrl"), other.text("redirectUrl"));
    let otp = sandbox.otp(&page).expect("an OTP");

    let mistyped = sandbox.approve_with_otp(&page, &other_than(&otp));
    let typed = sandbox.approve_with_otp(&page, &otp);
    for _ in 0..3 {
        assert!(sandbox.approve_with_otp(&blocked, "").is_err());
    }
    let too_often = sandbox.approve(&blocked).expect_err("blocked");

    let error = mistyped.expect_err("wrong").to_string();
    assert_eq!(error, "the OTP is wrong");
    assert!(typed.is_ok());
    assert!(too_often.to_string().contains("blocked"), "{too_often}");
    assert_eq!(exchanges(&sandbox, &one).await, "ok");
    assert_eq!(exchanges(&sandbox, &other).await, "auth-code.pending");
}

#[tokio::test]
async fn the_otp_of_a_payment_is_not_anothers() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    pay(&caller, "ord-1", BRI).await;
    let mut body = reference("ord-2");
    body["additionalInfo"]["channel"] = json!(BRI);
    let given = send(&caller, PAYMENT, body).await.text("referenceNo");
    let otp = sandbox.otp("ord-2").expect("an OTP");

    let nameless = json!({"originalReferenceNo": given, "otp": otp});
    let nameless = send(&caller, "direct-debit.otpVerification", nameless).await;
    let mixed = verify_payment_as(&caller, "ord-1", &given, &otp).await;
    let right = verify_payment_as(&caller, "ord-2", &given, &otp).await;

    nameless.assert("field.missing", "4000402");
    mixed.assert("transaction.unknown", "4040401");
    right.assert("ok", "2000400");
    assert_eq!(sandbox.ledger().effects("ord-1"), 0);
}

#[tokio::test]
async fn the_page_of_a_payment_asks_for_the_otp_where_one_was_sent() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let mut body = reference("ord-1");
    body["additionalInfo"]["channel"] = json!(BRI);
    let reply = send(&caller, PAYMENT, body).await;
    let page = reply.text("webRedirectUrl");
    let otp = sandbox.otp("ord-1").expect("an OTP");

    let mistyped = sandbox.approve_with_otp(&page, &other_than(&otp));
    let before = sandbox.ledger().effects("ord-1");
    let typed = sandbox.approve_with_otp(&page, &otp);

    assert!(mistyped.is_err() && typed.is_ok());
    assert_eq!((before, sandbox.ledger().effects("ord-1")), (0, 1));
}

#[tokio::test]
async fn an_otp_is_a_secret() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    create(&caller, "acc-1").await;
    let otp = sandbox.otp("acc-1").expect("an OTP");

    let check = std::panic::AssertUnwindSafe(|| sandbox.assert_absent_from(&otp));

    assert!(std::panic::catch_unwind(check).is_err());
    sandbox.assert_absent_from(&format!("{sandbox:?} {:?}", sandbox.requests()));
}
