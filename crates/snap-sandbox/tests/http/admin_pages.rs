//! The pages of the admin port, without a browser.

use reqwest::{Method, header::HeaderMap};
use serde_json::json;
use snap_sandbox::{Act, At, Fault, Sandbox};

use crate::{
    admin::start,
    orders::{PAYMENT, TRANSFER, reference, send},
    specs::Caller,
    support::{draft, send as send_call, token},
};

struct Page {
    status: u16,
    headers: HeaderMap,
    text: String,
}

async fn ask(
    sandbox: &Sandbox,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Page {
    let client = reqwest::Client::builder().no_proxy();
    let client = client.redirect(reqwest::redirect::Policy::none());
    let client = client.build().expect("client");
    let url = format!("{}{path}", sandbox.admin_url().expect("an admin port"));
    let mut request = client.request(method, url).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.expect("an answer");
    Page {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.text().await.expect("text"),
    }
}

async fn get(sandbox: &Sandbox, path: &str) -> Page {
    ask(sandbox, Method::GET, path, &[], "").await
}

async fn submit(sandbox: &Sandbox, form: &str) -> Page {
    ask(sandbox, Method::POST, "/_sandbox/form", &[], form).await
}

#[tokio::test]
async fn the_root_leads_to_the_overview() {
    let sandbox = start().await;
    for path in ["/", "/_sandbox"] {
        let page = get(&sandbox, path).await;

        assert_eq!(
            (page.status, page.headers["location"].as_bytes()),
            (303, &b"/_sandbox/"[..])
        );
    }
    let overview = get(&sandbox, "/_sandbox/").await;
    assert_eq!(overview.status, 200);
    assert_eq!(overview.headers["content-type"], "text/html; charset=utf-8");
    let policy = overview.headers["content-security-policy"]
        .to_str()
        .expect("text");
    assert!(
        policy.contains("style-src 'sha256-") && policy.contains("form-action 'self';"),
        "{policy}"
    );
}

#[tokio::test]
async fn the_overview_shows_what_waits_and_what_was_refused() {
    let sandbox = start().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let before = get(&sandbox, "/_sandbox/").await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    send(
        &caller,
        TRANSFER,
        json!({"partnerReferenceNo": "out-1", "amount": {"value": "1"}}),
    )
    .await;
    sandbox
        .inject(Fault::new(At::AfterRequest, Act::Reset))
        .expect("fits");

    let page = get(&sandbox, "/_sandbox/").await;

    assert!(before.text.contains("Nothing was refused"));
    assert!(before.text.contains("Nothing waits"));
    for part in [
        "Refused last",
        "amount.format",
        "/_sandbox/timeline/ord-1",
        "after_request rst, no effect",
        sandbox.base_url(),
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    sandbox.assert_absent_from(&page.text);
}

#[tokio::test]
async fn a_timeline_begins_with_what_went_wrong() {
    let sandbox = start().await;
    let token = token(&sandbox).await;
    let call = draft(&sandbox, &token, "7").sign_over(sandbox.merchant(), "");
    send_call(&sandbox, call).await;

    let page = get(&sandbox, "/_sandbox/timeline/ref-1").await;

    let at = |part: &str| page.text.find(part).expect(part);
    assert!(
        at("The last request was refused: signature.mismatch") < at("What happened, oldest first")
    );
    assert!(at("What to do") < at("What happened, oldest first"));
    assert!(at("Mistake in the body") < at("What happened, oldest first"));
    assert!(
        page.text
            .contains(&format!("…{}", &token[token.len() - 4..]))
    );
    sandbox.assert_absent_from(&page.text);
}

#[tokio::test]
async fn an_event_without_a_reference_is_explained_on_its_own_page() {
    let sandbox = start().await;
    let token = token(&sandbox).await;
    let mut call = draft(&sandbox, &token, "7").sign(sandbox.merchant());
    call.path.push_str("/<b>");
    send_call(&sandbox, call).await;

    let page = get(&sandbox, "/_sandbox/event/2").await;

    assert!(page.text.contains("The nearest one is"), "{}", page.text);
    assert!(!page.text.contains("<b>"), "{}", page.text);
    sandbox.assert_absent_from(&page.text);
}

#[tokio::test]
async fn a_timeline_says_where_the_money_is_after_a_fault() {
    let sandbox = start().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let fault = Fault::new(At::AfterRequest, Act::WrongContentType).with_apply_effect(true);
    sandbox.inject(fault).expect("fits");
    send(&caller, TRANSFER, reference("out-1")).await;

    let page = get(&sandbox, "/_sandbox/timeline/out-1").await;

    for part in [
        "may not have heard",
        "It took effect",
        "Money that moved",
        "deposit",
        "beneficiary",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
}

#[tokio::test]
async fn the_overview_shows_what_can_still_be_spent() {
    let sandbox = start().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, TRANSFER, reference("out-1")).await;

    let page = get(&sandbox, "/_sandbox/").await;

    assert!(page.text.contains("Balances"));
    assert!(page.text.contains("999985000.00 IDR"), "{}", page.text);
}

#[tokio::test]
async fn what_is_not_known_is_404_and_says_so() {
    let sandbox = start().await;
    for path in [
        "/_sandbox/timeline/none",
        "/_sandbox/event/1",
        "/_sandbox/event/0",
    ] {
        let page = get(&sandbox, path).await;

        assert_eq!(page.status, 404, "{path}");
        assert!(page.text.contains("Nothing is known of it"), "{path}");
    }
    assert_eq!(get(&sandbox, "/_sandbox/event/x").await.status, 404);
}

#[tokio::test]
async fn a_request_without_a_reference_has_a_page_of_its_own() {
    let sandbox = start().await;
    token(&sandbox).await;

    let page = get(&sandbox, "/_sandbox/event/1").await;

    assert_eq!(page.status, 200);
    assert!(page.text.contains("token.b2b"), "{}", page.text);
    sandbox.assert_absent_from(&page.text);
}

#[tokio::test]
async fn a_hostile_reference_is_text_and_a_link() {
    let hostile = "<script>alert(1)</script>\"'/../?#&%";
    let sandbox = start().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference(hostile)).await;

    let overview = get(&sandbox, "/_sandbox/").await;
    let link = overview
        .text
        .split("href=\"")
        .find(|part| part.starts_with("/_sandbox/timeline/"));
    let link = link
        .and_then(|part| part.split('"').next())
        .expect("a link");
    let story = get(&sandbox, link).await;

    assert_eq!(story.status, 200);
    for page in [overview, story] {
        assert!(!page.text.contains("<script"), "{}", page.text);
        assert!(page.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    }
}

#[tokio::test]
async fn a_form_acts_and_leads_back() {
    let sandbox = start().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord 1&")).await;

    let page = submit(
        &sandbox,
        "action=decide&reference=ord+1%26&decision=succeed&back=%2F_sandbox%2Ftimeline%2Ford%25201",
    )
    .await;

    assert_eq!(
        (page.status, page.headers["location"].as_bytes()),
        (303, &b"/_sandbox/timeline/ord%201"[..])
    );
    assert_eq!(sandbox.ledger().effects("ord 1&"), 1);
    let moved = submit(
        &sandbox,
        "action=skip&count=13&unit=3600&back=https://evil.example/",
    )
    .await;
    assert_eq!(moved.headers["location"], "/_sandbox/");
    assert!(
        get(&sandbox, "/_sandbox/")
            .await
            .text
            .contains("13 h skipped")
    );
}

#[tokio::test]
async fn a_form_that_asks_for_nothing_possible_changes_nothing() {
    let sandbox = start().await;
    for form in [
        "",
        "action=skip",
        "action=skip&count=-1&unit=60",
        "action=decide&reference=none&decision=fail",
        "\u{ff}&=&%zz",
    ] {
        let page = submit(&sandbox, form).await;

        assert_eq!(page.status, 400, "{form}");
        assert!(page.text.contains("Nothing was changed"), "{form}");
    }
    let foreign = [("origin", "http://evil.example")];
    let page = ask(
        &sandbox,
        Method::POST,
        "/_sandbox/form",
        &foreign,
        "action=reset",
    )
    .await;
    assert_eq!(page.status, 403);
    let page = ask(&sandbox, Method::GET, "/_sandbox/form", &[], "").await;
    assert_eq!(page.status, 405);
}
