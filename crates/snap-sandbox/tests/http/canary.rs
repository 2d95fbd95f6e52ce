//! Everything once, and then everything the admin port serves: no secret may be in it.

use reqwest::Method;
use serde_json::{Value, json};
use snap_sandbox::Sandbox;

use crate::{
    admin::{ask, start},
    merchant::MerchantServer,
    orders::{PAYMENT, merge, other_than, reference, send},
    specs::Caller,
    support::{
        card_data, client, code_call, customer_tokens, draft, refresh_call, send as send_call,
    },
};

const BRI: &str = "DIRECT_DEBIT_BRI_SNAP";
const PAN: &str = "5221840000000077";
const CVV: &str = "987654";

/// A customer binds a card and pays, and the merchant hears of it.
async fn live(sandbox: &Sandbox, caller: &Caller<'_>) -> Value {
    let channel = json!({"additionalInfo": {"channel": BRI}});
    let card = format!(r#"{{"bankCardNo":"{PAN}","bankCardType":"D","expiryDate":"1229"}}"#);
    let mut card = json!({"cardData": card_data(&sandbox.merchant().client_secret, &card)});
    merge(&mut card, channel.clone());
    let bound = send(caller, "direct-debit.cardBinding", card).await;
    bound.assert("ok", "2000100");
    let page = bound.text("redirectUrl");
    let otp = sandbox.otp(&page).expect("an OTP");
    assert!(sandbox.approve_with_otp(&page, &other_than(&otp)).is_err());
    assert!(sandbox.approve_with_otp(&page, &otp).is_ok());
    let code = bound.body["additionalInfo"]["authCode"].as_str();
    let call = code_call(sandbox, code.expect("a code"));
    send_call(sandbox, call).await.assert("ok", "2007400");
    let mut order = reference("ord-1");
    merge(&mut order, channel);
    send(caller, PAYMENT, order).await.assert("ok", "2005400");
    let otp = sandbox.otp("ord-1").expect("an OTP");
    let verify =
        |otp: &str| json!({"originalPartnerReferenceNo": "ord-1", "otp": otp, "chargeToken": otp});
    let id = "direct-debit.paymentOtpVerification";
    send(caller, id, verify(&other_than(&otp))).await;
    send(caller, id, verify(&otp)).await.assert("ok", "2000400");
    bound.body
}

/// Requests that are refused, and have a secret wherever one can be put.
async fn misplace(sandbox: &Sandbox, caller: &Caller<'_>, secrets: &[&str]) {
    for (index, secret) in secrets.iter().enumerate() {
        let number = |case: usize| format!("9{index}{case}");
        let line = secret.lines().nth(2).unwrap_or(secret);
        let draft = |case: usize| draft(sandbox, &caller.token, &number(case));
        let mut in_path = draft(0).sign(sandbox.merchant());
        in_path.path = format!("/v1/{line}/transfer?code={line}&x=1");
        let mut in_headers = draft(1).sign(sandbox.merchant());
        for name in [
            "x-timestamp",
            "x-external-id",
            "x-partner-id",
            "x-signature",
        ] {
            in_headers.set(name, line);
        }
        let mut in_scheme = draft(2).sign_over(sandbox.merchant(), "{}");
        in_scheme.set("authorization", &format!("{line} {line}"));
        let mut in_body = draft(3);
        let texts = json!({"partnerReferenceNo": line, "note": secret, "accountNo": line,
            "additionalInfo": {"channel": line, "custIdMerchant": line}});
        in_body.body = texts.to_string();
        let in_body = in_body.sign_over(sandbox.merchant(), "{}");
        for call in [in_path, in_headers, in_scheme, in_body] {
            let reply = send_call(sandbox, call).await;
            assert_ne!(reply.verdict, "ok");
        }
        send(caller, PAYMENT, reference(line)).await;
    }
    // Nobody but the client knows these.
    let mut bare = draft(sandbox, &caller.token, "800");
    bare.body = format!(
        "{{\"cardData\":{{\"bankCardNo\":\"{PAN}\",\"cvv\":{CVV}}},\"cardNo\":\"{PAN}\",\"pin\":[{CVV}]}}"
    );
    send_call(sandbox, bare.sign_over(sandbox.merchant(), "{}")).await;
}

/// Every page and every JSON document of the admin port.
async fn everything(sandbox: &Sandbox) -> Vec<(String, String)> {
    let mut paths: Vec<String> = [
        "",
        "state",
        "timeline",
        "explain",
        "ledger",
        "notifications",
    ]
    .into_iter()
    .chain(["faults", "behaviours", "timeline/ord-1", "form"])
    .map(ToOwned::to_owned)
    .collect();
    let events = ask(sandbox, Method::GET, "/_sandbox/timeline", &[], "").await;
    let events: Value = serde_json::from_str(&events.text).expect("JSON");
    for event in events["events"].as_array().expect("events") {
        paths.push(format!("event/{}", event["number"]));
        paths.push(format!("explain?request={}", event["request"]));
        let named = event["reference"].as_str();
        paths.extend(named.map(|reference| format!("timeline/{reference}")));
    }
    let mut served = Vec::new();
    for path in paths {
        let answer = ask(sandbox, Method::GET, &format!("/_sandbox/{path}"), &[], "").await;
        served.push((path, answer.text));
    }
    served
}

#[tokio::test]
async fn no_secret_is_served_wherever_a_client_puts_it() {
    let sandbox = start().await;
    let merchant = MerchantServer::of(&sandbox).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let bound = live(&sandbox, &caller).await;
    sandbox.notifications_idle().await;
    assert_eq!(merchant.verdicts(), ["ok"]);
    let debug = format!("{sandbox:?} {:?}", sandbox.requests());
    sandbox.assert_absent_from(&format!("{debug} {:?}", sandbox.notifications()));
    let (access, refresh) = customer_tokens(&sandbox, "cust-2").await;
    let code = bound["additionalInfo"]["authCode"].as_str();
    let credentials = sandbox.merchant();
    let secrets = [
        &*caller.token,
        &*access,
        &*refresh,
        code.expect("a code"),
        PAN,
        &*credentials.client_secret,
        &*credentials.private_key_pem,
        &*credentials.encryption_key,
    ];
    misplace(&sandbox, &caller, &secrets).await;
    send_call(&sandbox, refresh_call(&sandbox, &refresh)).await;
    send_call(&sandbox, refresh_call(&sandbox, &refresh)).await;

    let served = everything(&sandbox).await;

    assert!(served.len() > 100, "{}", served.len());
    for (path, text) in served {
        for secret in [PAN, CVV] {
            assert!(!text.contains(secret), "{path}: {secret} in {text}");
        }
        sandbox.assert_absent_from(&text);
    }
}

/// What a form cannot do is said on a page, in the words that were sent.
#[tokio::test]
async fn a_page_that_refuses_a_form_repeats_no_secret_and_no_markup() {
    let sandbox = start().await;
    let secret = &sandbox.merchant().client_secret;
    let hostile = "%3Cscript%3Ealert(1)%3C/script%3E";
    for form in [
        format!("action={secret}{hostile}"),
        format!("action=inject&do={secret}{hostile}&at=after_request"),
        format!("action=inject&do=rst&at={secret}{hostile}"),
        format!("action=inject&do=redirect:{secret}{hostile}&at=after_request"),
        format!("action=inject&do=rst&at=after_request&operation={secret}{hostile}"),
        format!("action=notify&notificationUrl={secret}{hostile}&tokenUrl=x"),
    ] {
        let content = [("content-type", "application/x-www-form-urlencoded")];
        // Refused, or accepted and then listed on the overview.
        let answer = ask(&sandbox, Method::POST, "/_sandbox/form", &content, form).await;

        assert!([200, 400].contains(&answer.status), "{}", answer.text);
        sandbox.assert_absent_from(&answer.text);
        assert!(!answer.text.contains("<script"), "{}", answer.text);
    }
}

/// The page of a binding ends in its auth code, as the libraries of DOKU show; its form leads there.
#[tokio::test]
async fn the_bank_tells_the_customer_no_secret_of_the_merchant() {
    let sandbox = start().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    live(&sandbox, &caller).await;
    let secret = sandbox.merchant().client_secret.clone();
    // As a reference of at most 64 characters.
    for secret in [&secret[..], PAN] {
        let mut order = reference(secret);
        let info = json!({"successPaymentUrl": format!("shop://{secret}/x"), "channel": secret});
        merge(&mut order, json!({ "additionalInfo": info }));
        let paid = send(&caller, PAYMENT, order).await;
        paid.assert("ok", "2005400");
        let page = paid.text("webRedirectUrl");
        for address in [page.clone(), format!("{page}?auto=approve"), page] {
            let answer = client().get(address).send().await.expect("an answer");
            let text = answer.text().await.expect("text");

            assert!(text.contains("local sandbox"), "{text}");
            assert!(!text.contains(secret), "{text}");
        }
    }
}
