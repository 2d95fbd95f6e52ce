//! The fake bank's pages, without a browser.

use reqwest::{Method, Response, header::HeaderMap};
use serde_json::{Value, json};
use snap_sandbox::{Act, Amount, At, Decision, Fault, Sandbox};

use crate::{
    orders::{PAYMENT, latest, merge, reference, send, start},
    specs::Caller,
    support::frozen,
};

const PAID: &str = "http://127.0.0.1:3000/paid?order=1";
const FAILED: &str = "https://shop.example/failed";

/// A page's answer.
struct Page {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Page {
    fn location(&self) -> Option<&str> {
        let location = self.headers.get("location")?;
        Some(location.to_str().expect("text"))
    }

    async fn of(answer: Response) -> Self {
        Self {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer.text().await.expect("text"),
        }
    }
}

async fn ask(method: Method, url: &str, headers: &[(&str, &str)], body: &str) -> Page {
    let client = reqwest::Client::builder().no_proxy();
    let client = client.redirect(reqwest::redirect::Policy::none());
    let client = client.build().expect("client");
    let mut request = client.request(method, url).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Page::of(request.send().await.expect("an answer")).await
}

async fn get(url: &str) -> Page {
    ask(Method::GET, url, &[], "").await
}

async fn post(url: &str, body: &str) -> Page {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    ask(Method::POST, url, &form, body).await
}

/// Pays; gives the address that the customer is sent to.
async fn pay(caller: &Caller<'_>, order: &str, success: &str, failure: &str) -> String {
    let mut body = reference(order);
    let urls = json!({"successPaymentUrl": success, "failedPaymentUrl": failure});
    merge(&mut body, json!({"additionalInfo": urls}));
    let reply = send(caller, PAYMENT, body).await;
    reply.assert("ok", "2005400");
    reply.text("webRedirectUrl")
}

#[tokio::test]
async fn a_page_says_what_is_paid_and_that_it_is_a_fake() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let url = pay(&caller, "ord-1", PAID, FAILED).await;

    let page = get(&url).await;

    assert_eq!(page.status, 200);
    for part in [
        "no real money",
        "15000.00 IDR",
        "ord-1",
        "lang=\"en\"",
        "value=\"approve\"",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains("<script"), "{}", page.text);
    let value = |name: &str| page.headers[name].to_str().expect("text").to_owned();
    assert_eq!(value("content-type"), "text/html; charset=utf-8");
    let policy = value("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(value("referrer-policy"), "same-origin");
    assert_eq!(value("x-content-type-options"), "nosniff");
    assert_eq!(value("cache-control"), "no-store");
}

/// "bank.choice" and "bank.return": what each choice does, by a form and at once.
#[tokio::test]
async fn a_choice_decides_the_payment_and_leads_to_the_merchant() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let cases = [
        ("approve", Some(PAID), "00"),
        ("reject", Some(FAILED), "06"),
        ("abandon", None, "02"),
    ];
    for (number, (choice, leads_to, status)) in cases.into_iter().enumerate() {
        for by_form in [true, false] {
            let order = format!("ord-{number}-{by_form}");
            let url = pay(&caller, &order, PAID, FAILED).await;

            let page = if by_form {
                post(&url, &format!("choice={choice}")).await
            } else {
                get(&format!("{url}?auto={choice}")).await
            };

            assert_eq!(
                page.status,
                if leads_to.is_some() { 303 } else { 200 },
                "{choice}"
            );
            assert_eq!(page.location(), leads_to, "{choice}");
            assert_eq!(latest(&caller, &order).await, status, "{choice}");
        }
    }
    for (id, kind) in [("bank.choice", "rule of local"), ("bank.return", "http://")] {
        let row = snap_sandbox::behaviours().split("[[behaviour]]");
        let mut rows = row.filter(|row| row.contains(&format!("id = \"{id}\"")));
        assert!(rows.next().expect(id).contains(kind), "{id}");
    }
}

#[tokio::test]
async fn a_customer_who_left_can_come_back_and_one_who_chose_cannot() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let url = pay(&caller, "ord-1", PAID, FAILED).await;

    get(&format!("{url}?auto=abandon")).await;
    let approved = post(&url, "choice=approve").await;
    let again = post(&url, "choice=approve").await;
    let rejected = get(&format!("{url}?auto=reject")).await;

    assert_eq!(approved.status, 303);
    for page in [again, rejected] {
        assert_eq!((page.status, page.location()), (200, None));
        assert!(page.text.contains("Approved before"), "{}", page.text);
        assert!(page.text.contains(PAID), "a way on: {}", page.text);
    }
    let ledger = sandbox.ledger();
    assert_eq!(ledger.effects("ord-1"), 1);
    assert_eq!(latest(&caller, "ord-1").await, "00");
}

#[tokio::test]
async fn who_approves_with_too_little_money_is_led_to_the_page_for_failure_only() {
    // Enough for any of these, and for one only.
    let sandbox = start(frozen().customer_balance(Amount::rupiah(20_000))).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let first = pay(&caller, "ord-0", PAID, FAILED).await;
    let url = pay(&caller, "ord-1", PAID, FAILED).await;
    let nowhere = pay(&caller, "ord-2", PAID, "shop://failed").await;
    post(&first, "choice=approve").await;

    let approved = post(&url, "choice=approve").await;
    let used = get(&url).await;
    let told = post(&nowhere, "choice=approve").await;

    assert_eq!(approved.location(), Some(FAILED));
    assert!(used.text.contains(FAILED), "{}", used.text);
    assert!(told.text.contains("shop://failed"), "{}", told.text);
    for page in [used, told] {
        assert!(!page.text.contains(PAID), "{}", page.text);
        assert!(page.text.contains("did not go through"), "{}", page.text);
    }
    assert_eq!(latest(&caller, "ord-1").await, "06");
}

#[tokio::test]
async fn only_web_addresses_are_gone_to() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for (number, address) in [
        "javascript:alert(1)",
        "shop://paid",
        "www.merchant.com/success",
        "//evil.example",
    ]
    .into_iter()
    .enumerate()
    {
        let order = format!("ord-{number}");
        let url = pay(&caller, &order, address, FAILED).await;

        let page = post(&url, "choice=approve").await;
        let used = get(&url).await;

        assert_eq!((page.status, page.location()), (200, None), "{address}");
        assert!(
            page.text.contains(address) && page.text.contains("this is the end"),
            "{address}"
        );
        assert!(
            !used.text.contains(&format!("href=\"{address}")),
            "{}",
            used.text
        );
        assert_eq!(latest(&caller, &order).await, "00", "the choice counts");
    }
}

#[tokio::test]
async fn what_is_no_choice_changes_nothing() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let url = pay(&caller, "ord-1", PAID, FAILED).await;

    for page in [
        get(&format!("{url}?auto=yes")).await,
        get(&format!("{url}?auto=")).await,
        post(&url, "").await,
        post(&url, "choice=Approve").await,
        post(&url, "%ff%fe=&&&==").await,
    ] {
        assert_eq!(page.status, 400);
        assert!(
            page.text.contains("approve, reject or abandon"),
            "{}",
            page.text
        );
    }
    assert_eq!(get(&format!("{url}?other=approve")).await.status, 200);
    let head = ask(Method::HEAD, &format!("{url}?auto=approve"), &[], "").await;
    assert_eq!(head.status, 200);
    let put = ask(Method::PUT, &url, &[], "choice=approve").await;
    assert_eq!(
        (put.status, put.headers["allow"].as_bytes()),
        (405, &b"GET, HEAD, POST"[..])
    );
    let large = post(&url, &format!("choice=approve&x={}", "x".repeat(64 * 1024))).await;
    assert_eq!(large.status, 413);
    assert_eq!(latest(&caller, "ord-1").await, "02");
}

#[tokio::test]
async fn another_site_cannot_choose_for_the_customer() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let url = pay(&caller, "ord-1", PAID, FAILED).await;

    for header in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let page = ask(Method::POST, &url, &[header], "choice=approve").await;

        assert_eq!(page.status, 403, "{header:?}");
    }
    assert_eq!(latest(&caller, "ord-1").await, "02");
    let own = [
        ("origin", sandbox.base_url()),
        ("sec-fetch-site", "same-origin"),
    ];
    let page = ask(Method::POST, &url, &own, "choice=approve").await;
    assert_eq!(page.status, 303);
}

#[tokio::test]
async fn a_page_that_nobody_was_sent_to_is_404() {
    let sandbox = start(frozen()).await;
    for path in ["", "none", "a/b", "..%2f..", "%00", "%ff"] {
        let url = format!("{}/bank/{path}", sandbox.base_url());

        for page in [
            get(&url).await,
            get(&format!("{url}?auto=approve")).await,
            post(&url, "choice=approve").await,
        ] {
            assert_eq!(page.status, 404, "{path}");
            assert!(page.text.contains("No such page"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_payment_that_was_decided_meanwhile_is_not_decided_again() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let url = pay(&caller, "ord-1", PAID, FAILED).await;
    assert!(sandbox.decide("ord-1", Decision::Fail));

    let read = get(&url).await;
    let chosen = post(&url, "choice=approve").await;

    for page in [read, chosen] {
        assert_eq!((page.status, page.location()), (409, None));
        assert!(
            page.text.contains("does not wait any more"),
            "{}",
            page.text
        );
    }
    assert_eq!(latest(&caller, "ord-1").await, "06");
    assert_eq!(sandbox.ledger().effects("ord-1"), 0);
}

#[tokio::test]
async fn a_hostile_reference_is_text() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let url = pay(&caller, "<script>alert(1)</script>\"'&", PAID, FAILED).await;

    let page = get(&url).await;

    assert!(!page.text.contains("<script>"), "{}", page.text);
    assert!(
        page.text
            .contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn customers_are_no_requests_of_the_merchant_and_meet_no_fault() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let url = pay(&caller, "ord-1", PAID, FAILED).await;
    let before = sandbox.requests().len();
    sandbox
        .inject(Fault::new(At::AfterHead, Act::Status(503)))
        .expect("fits");
    sandbox
        .inject(Fault::new(At::AfterRequest, Act::Reset))
        .expect("fits");

    let page = get(&url).await;

    assert_eq!(page.status, 200);
    assert_eq!(sandbox.requests().len(), before);
    assert_eq!(arrivals(&sandbox, &url), 0);
}

fn arrivals(sandbox: &Sandbox, url: &str) -> u64 {
    sandbox.arrivals(url.trim_start_matches(sandbox.base_url()))
}

#[tokio::test]
async fn the_page_keeps_what_it_was_told_by_the_timeline() {
    let builder = frozen().admin(([127, 0, 0, 1], 0).into());
    let sandbox = start(builder).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let url = pay(&caller, "ord-1", PAID, FAILED).await;

    post(&url, "choice=approve").await;

    let admin = sandbox.admin_url().expect("an admin port");
    let timeline = get(&format!("{admin}/_sandbox/timeline?reference=ord-1")).await;
    let timeline: Value = serde_json::from_str(&timeline.text).expect("JSON");
    let says: Vec<&str> = timeline["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter_map(|event| event["says"].as_str())
        .collect();
    assert_eq!(says, ["The customer approved at the page."]);
}
