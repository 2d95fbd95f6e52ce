//! What the operations of the products answer, which headers they ask for, and where they are served.

use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use snap_sandbox::{JsonForm, ListShape, MemberSpelling, Quirks};

use crate::{
    specs::{Caller, Spec, all, named},
    support::{Reply, client, customer_tokens, frozen, send, token},
};

async fn answer_of(id: &str, quirks: Quirks, change: fn(&mut Value)) -> Reply {
    let builder = frozen().quirks(quirks).unverified(true).stateful(false);
    let sandbox = builder.start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let spec = named(id);
    let mut body = spec.body(&sandbox, true);
    change(&mut body);
    let reply = caller.send(&spec, &body).await;
    reply.assert("ok", &format!("200{}00", spec.service));
    reply
}

/// Behaviour "answer.members".
#[tokio::test]
async fn an_answer_repeats_the_request_then_the_page_and_makes_up_the_rest() {
    let change = |body: &mut Value| body["partnerReferenceNo"] = json!("ord-1");

    let status = answer_of("wallet.purchaseStatus", Quirks::default(), change).await;
    let inquiry = answer_of("wallet.bankAccountInquiry", Quirks::default(), change).await;

    assert_eq!(status.text("originalPartnerReferenceNo"), "ord-1");
    assert_eq!(status.text("serviceCode"), "17");
    assert_eq!(status.text("approvalCode"), "319955");
    assert_eq!(inquiry.text("partnerReferenceNo"), "ord-1");
    assert_eq!(inquiry.text("referenceNo").len(), 32);
    assert_ne!(inquiry.text("beneficiaryAccountName"), "text");
}

/// Behaviour "body.one-or-many".
#[tokio::test]
async fn the_address_of_a_purchase_is_taken_as_one_object_and_as_a_list() {
    answer_of("wallet.purchase", Quirks::default(), |body| {
        let given = body["urlParam"].take();
        let one = given.get(0).cloned().unwrap_or(given);
        assert!(one.is_object(), "{one}");
        body["urlParam"] = one;
    })
    .await;
    answer_of("wallet.purchase", Quirks::default(), |body| {
        let given = body["urlParam"].take();
        body["urlParam"] = if given.is_array() {
            given
        } else {
            json!([given])
        };
    })
    .await;
}

#[tokio::test]
async fn references_that_doku_gives_out_are_new_each_time() {
    let answer = async || {
        let id = "wallet.balanceInquiry";
        let reply = answer_of(id, Quirks::default(), |_| {}).await;
        reply.text("referenceNo")
    };

    assert_ne!(answer().await, answer().await);
}

/// Behaviours "answer.amount", "answer.time" and "answer.status".
#[tokio::test]
async fn amounts_times_and_states_follow_the_request_the_clock_and_success() {
    let reply = answer_of("wallet.purchaseStatus", Quirks::default(), |body| {
        body["amount"]["value"] = json!("54321.00");
    })
    .await;
    let balance = answer_of("wallet.balanceInquiry", Quirks::default(), |_| {}).await;

    assert_eq!(
        reply.body["transAmount"],
        json!({"value": "54321.00", "currency": "IDR"})
    );
    assert_eq!(reply.text("paidTime"), "2026-11-20T17:30:00+07:00");
    assert_eq!(reply.text("latestTransactionStatus"), "00");
    assert_eq!(balance.body["accountInfo"]["amount"]["value"], "1095086.98");
}

/// Behaviours "answer.address" and "answer.auth-code".
#[tokio::test]
async fn a_binding_gives_an_auth_code_and_an_address_that_ends_in_it() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "other").await;
    let spec = named("direct-debit.accountBinding");
    let mut body = spec.body(&sandbox, false);
    body["additionalInfo"]["custIdMerchant"] = json!("cust-7");

    let reply = caller.send(&spec, &body).await;

    let code = reply.body["additionalInfo"]["authCode"]
        .as_str()
        .expect("a code");
    let address = reply.text("redirectUrl");
    assert!(
        address.starts_with(&format!("{}/bank/", sandbox.base_url())),
        "{address}"
    );
    assert!(address.ends_with(&format!("/{code}")), "{address}");
    sandbox.approve(&address).expect("a page");
    let grant = send(&sandbox, crate::support::code_call(&sandbox, code)).await;
    grant.assert("ok", "2007400");
    let caller = Caller {
        customer_token: grant.text("accessToken"),
        ..caller
    };
    let balance = named("direct-debit.balanceInquiry");
    caller
        .send(&balance, &balance.body(&sandbox, false))
        .await
        .assert("ok", "2001100");
    let recorded = sandbox.requests().pop().expect("recorded");
    assert_eq!(recorded.customer.as_deref(), Some("cust-7"));
}

/// Behaviour "quirk.numbers".
#[tokio::test]
async fn text_that_the_page_prints_as_a_number_can_be_one() {
    let quirks = Quirks::documented().with_numbers(JsonForm::Number);

    let status = answer_of("wallet.purchaseStatus", quirks, |_| {}).await;
    let balance = answer_of("wallet.balanceInquiry", quirks, |_| {}).await;

    assert_eq!(status.body["latestTransactionStatus"], 0);
    assert_eq!(status.body["serviceCode"], 17);
    assert_eq!(status.body["approvalCode"], 319_955);
    assert_eq!(status.text("transactionStatusDesc"), "SUCCESS");
    assert_eq!(balance.body["accountInfo"]["amount"]["value"], 1_095_086.98);
}

/// Behaviour "quirk.spelling".
#[tokio::test]
async fn members_can_take_another_spelling_than_their_pages() {
    let quirks = Quirks::documented().with_member_spelling(MemberSpelling::Alias);
    let change = |body: &mut Value| body["originalPartnerReferenceNo"] = json!("ord-1");

    let page = answer_of("wallet.purchaseCancel", Quirks::documented(), change).await;
    let alias = answer_of("wallet.purchaseCancel", quirks, change).await;

    assert_eq!(page.text("OriginalPartnerReferenceNo"), "ord-1");
    assert_eq!(alias.text("originalPartnerReferenceNo"), "ord-1");
    assert!(alias.body.get("OriginalPartnerReferenceNo").is_none());
}

/// Behaviour "quirk.lists".
#[tokio::test]
async fn a_list_of_one_can_be_an_object_or_an_array() {
    let cases = [
        (ListShape::Page, false),
        (ListShape::Object, false),
        (ListShape::Array, true),
    ];
    for (shape, is_array) in cases {
        let quirks = Quirks::documented().with_lists(shape);

        let reply = answer_of("wallet.balanceInquiry", quirks, |_| {}).await;

        assert_eq!(reply.body["accountInfo"].is_array(), is_array, "{shape:?}");
    }
}

#[tokio::test]
async fn every_quirk_leaves_every_answer_with_its_code() {
    for seed in 0..12 {
        let quirks = Quirks::from_seed(seed);
        let builder = frozen().quirks(quirks).unverified(true).stateful(false);
        let sandbox = builder.start().await.expect("starts");
        let caller = Caller::of(&sandbox, "cust-1").await;
        for spec in all() {
            let reply = caller.send(spec, &spec.body(&sandbox, true)).await;

            reply.assert("ok", &format!("200{}00", spec.service));
        }
    }
}

/// Behaviour "header.matrix".
#[tokio::test]
async fn headers_are_required_where_the_operation_lists_them_so() {
    let sandbox = frozen().stateful(false).start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let balance = named("direct-debit.balanceInquiry");
    let binding = named("direct-debit.accountBinding");
    let inquiry = named("wallet.accountInquiry");
    let send_with = async |spec: &Spec, name: &'static str, value: Option<&str>| {
        let mut call = caller.call(spec, &spec.body(&sandbox, false));
        call.headers.remove(name);
        if let Some(value) = value {
            call.set(name, value);
        }
        send(&sandbox, call).await
    };
    let long_device = "d".repeat(65);

    let missing = send_with(&balance, "x-ip-address", None).await;
    missing.assert("header.missing", "4001102");
    assert_eq!(
        missing.text("responseMessage"),
        "Invalid Mandatory Field X-IP-ADDRESS"
    );
    send_with(&balance, "x-ip-address", Some("255.255.255.2555"))
        .await
        .assert("header.too-long", "4001101");
    send_with(&binding, "x-device-id", None)
        .await
        .assert("ok", "2000700");
    send_with(&binding, "x-device-id", Some(&long_device))
        .await
        .assert("header.too-long", "4000701");
    send_with(&inquiry, "x-device-id", Some(&long_device))
        .await
        .assert("ok", "2000800");
    send_with(&inquiry, "channel-id", None)
        .await
        .assert("ok", "2000800");
}

/// Behaviour "field.not-enforced".
#[tokio::test]
async fn values_beyond_the_documented_ones_are_let_through() {
    let reply = answer_of("direct-debit.accountBinding", Quirks::default(), |body| {
        body["additionalInfo"]["channel"] = json!("A_CHANNEL_OF_TOMORROW");
        body["additionalInfo"]["osType"] = json!("an operating system");
    })
    .await;

    assert_eq!(reply.text("responseMessage"), "Successful");
}

/// Behaviour "route.shared-path".
#[tokio::test]
async fn a_customer_token_decides_between_the_operations_of_a_path() {
    let sandbox = frozen().stateful(false).start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let last = || sandbox.requests().pop().expect("recorded").operation;

    for id in ["direct-debit.payment", "direct-debit.jumpAppPayment"] {
        let spec = named(id);
        let reply = caller.send(&spec, &spec.body(&sandbox, false)).await;

        reply.assert("ok", "2005400");
        assert_eq!(last().as_deref(), Some(id));
    }

    let spec = named("direct-debit.payment");
    let mut call = caller.call(&spec, &spec.body(&sandbox, false));
    let unreadable = HeaderValue::from_bytes(b"Bearer \xff").expect("value");
    call.headers.insert("authorization-customer", unreadable);
    let reply = send(&sandbox, call).await;

    reply.assert("header.unreadable", "4005401");
    assert_eq!(last().as_deref(), Some("direct-debit.payment"));
}

/// Behaviour "route.unverified".
#[tokio::test]
async fn operations_that_doku_has_not_confirmed_are_served_on_request_only() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let is_hidden = |spec: &&Spec| {
        let mut here = all().iter().filter(|other| other.path == spec.path);
        here.all(|other| other.unverified)
    };
    let spec = all()
        .iter()
        .find(is_hidden)
        .expect("an unverified operation");

    let reply = caller.send(spec, &spec.body(&sandbox, true)).await;

    assert_eq!(
        (reply.status, reply.verdict.as_str()),
        (404, "route.unknown")
    );
    assert!(
        !sandbox
            .operations()
            .iter()
            .any(|line| line.starts_with(&spec.id))
    );
}

/// Behaviour "route.mobile-bank-inquiry".
#[tokio::test]
async fn the_bank_account_inquiry_of_the_wallet_is_also_served_without_a_customer() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let documented = named("wallet.bankAccountInquiry");
    let mut mobile = named("wallet.bankAccountInquiry");
    "/snap-adapter/b2b/v1.0/emoney/bank-account-inquiry".clone_into(&mut mobile.path);
    "b2b".clone_into(&mut mobile.token);
    let body = documented.body(&sandbox, false);

    caller
        .send(&documented, &body)
        .await
        .assert("ok", "2004200");
    caller.send(&mobile, &body).await.assert("ok", "2004200");
    let mut without = caller.call(&documented, &body);
    without.headers.remove("authorization-customer");
    send(&sandbox, without)
        .await
        .assert("header.missing", "4004202");
}

/// Behaviour "header.customer-ignored".
#[tokio::test]
async fn a_customer_token_where_none_is_asked_for_is_not_looked_at() {
    let sandbox = frozen().start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let spec = named("wallet.accountInquiry");
    let mut body = spec.body(&sandbox, false);
    body["additionalInfo"]["accountId"] = json!("cust-1");
    let mut call = caller.call(&spec, &body);
    call.set("authorization-customer", "nonsense");

    send(&sandbox, call).await.assert("ok", "2000800");
}

#[tokio::test]
async fn secrets_of_bodies_and_answers_must_not_occur_in_a_text() {
    let sandbox = frozen().unverified(true).start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let spec = named("direct-debit.otpVerification");
    let mut body = spec.body(&sandbox, false);
    body["otp"] = json!("918273");
    caller.send(&spec, &body).await;
    let inquiry = named("wallet.accountInquiry");
    let mut body = inquiry.body(&sandbox, false);
    body["additionalInfo"]["accountId"] = json!("cust-1");
    let reply = caller.send(&inquiry, &body).await;
    let code = reply.body["additionalInfo"]["authCode"]
        .as_str()
        .expect("a code");

    let is_found = |text: &str| {
        let check = std::panic::AssertUnwindSafe(|| sandbox.assert_absent_from(text));
        std::panic::catch_unwind(check).is_err()
    };

    assert!(is_found("otp=918273"));
    assert!(is_found(&format!("code {code}")));
    assert!(is_found(&format!("Bearer {}", caller.customer_token)));
    assert!(!is_found("order 9182730"));
    assert!(!is_found(&format!("{sandbox:?} {:?}", sandbox.requests())));
}

/// A token of one sandbox is another's stranger.
#[tokio::test]
async fn sandboxes_do_not_share_customers() {
    let (one, other) = (frozen().start().await, frozen().start().await);
    let (one, other) = (one.expect("starts"), other.expect("starts"));
    let caller = Caller {
        sandbox: &other,
        token: token(&other).await,
        customer_token: customer_tokens(&one, "cust-1").await.0,
        client: client(),
    };
    let spec = named("wallet.balanceInquiry");

    let reply = caller.send(&spec, &spec.body(&other, false)).await;

    reply.assert("customer-token.unknown", "4011104");
    let recorded = other.requests().pop().and_then(|last| last.customer);
    assert_eq!(recorded, None);
}
