//! The pages of the admin port, as a developer uses them.

use serde_json::json;

use crate::{
    checks::assert_sound,
    driver::Browser,
    merchant::MerchantServer,
    orders::{PAYMENT, reference, send},
    shop::{overview, pay, sandbox},
    specs::Caller,
    support::{draft, send as send_call},
};

#[tokio::test]
async fn a_button_moves_the_schedule() {
    let sandbox = sandbox().await;
    let browser = Browser::start().await;
    browser.open(&overview(&sandbox)).await;
    assert!(browser.text().await.contains("20 Nov 17:30:00"));

    browser
        .leave(browser.click("form:has([value='21600']) button"))
        .await;
    browser.fill("#skip-count", "90").await;
    browser
        .leave(browser.click("form:has(#skip-count) button"))
        .await;

    let text = browser.text().await;
    assert!(text.contains("21 Nov 01:00:00"), "{text}");
    assert!(text.contains("7 h 30 min skipped"), "{text}");
    assert!(
        text.contains("The schedule was moved forward by 1 h 30 min."),
        "{text}"
    );
    assert_eq!(browser.url().await, overview(&sandbox));
}

#[tokio::test]
async fn an_open_operation_is_decided_with_a_button() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    pay(&caller, "ord-1", None).await;
    let browser = Browser::start().await;
    browser.open(&overview(&sandbox)).await;

    browser
        .leave(browser.click("[aria-label='Fail ord-1']"))
        .await;

    let text = browser.text().await;
    assert!(text.contains("Nothing waits for a customer"), "{text}");
    assert_eq!(crate::shop::status(&caller, "ord-1").await, "06");
}

#[tokio::test]
async fn what_cannot_be_done_is_said_and_leads_back() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    pay(&caller, "ord-1", None).await;
    let browser = Browser::start().await;
    browser.open(&overview(&sandbox)).await;
    // Meanwhile somebody else decided.
    assert!(sandbox.decide("ord-1", snap_sandbox::Decision::Succeed));

    browser
        .leave(browser.click("[aria-label='Fail ord-1']"))
        .await;

    let text = browser.text().await;
    assert!(
        text.contains("nothing is pending under that reference"),
        "{text}"
    );
    assert_eq!(sandbox.ledger().effects("ord-1"), 1);
    browser.leave(browser.click("main a")).await;
    assert_eq!(browser.url().await, overview(&sandbox));
}

#[tokio::test]
async fn a_timeline_shows_what_the_merchant_was_told_and_tells_it_again() {
    let sandbox = sandbox().await;
    let merchant = MerchantServer::of(&sandbox).await;
    merchant.fail(1);
    let caller = Caller::of(&sandbox, "cust-1").await;
    pay(&caller, "ord-1", None).await;
    assert!(sandbox.decide("ord-1", snap_sandbox::Decision::Succeed));
    let browser = Browser::start().await;
    let story = format!("{}timeline/ord-1", overview(&sandbox));
    sandbox.notifications_idle().await;
    browser.open(&story).await;
    let untold = browser.text().await;
    sandbox.run_until_idle().await;
    browser.open(&story).await;
    let before = browser.text().await;

    browser
        .leave(browser.click("[aria-label='Send again notification 1']"))
        .await;
    sandbox.notifications_idle().await;
    browser.leave(browser.refresh()).await;

    let says = "The merchant has not taken notification 1.";
    assert!(untold.contains(says) && !before.contains(says), "{untold}");
    assert!(untold.contains("Next 20 Nov 18:00:00"), "{untold}");
    for part in ["attempt 1: HTTP 503", "attempt 2: HTTP 200", "delivered"] {
        assert!(before.contains(part), "{part}: {before}");
    }
    let after = browser.text().await;
    for part in ["sent again by hand", "attempt 3: HTTP 200"] {
        assert!(after.contains(part), "{part}: {after}");
    }
    assert_eq!(merchant.notified().len(), 3);
    assert_sound(&browser, "told").await;
}

#[tokio::test]
async fn a_refused_signature_says_which_part_differs() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let unsigned = draft(&sandbox, &caller.token, "901");
    send_call(&sandbox, unsigned.sign_over(sandbox.merchant(), "")).await;
    let browser = Browser::start().await;
    browser.open(&overview(&sandbox)).await;

    browser.leave(browser.click(".notice a")).await;

    let text = browser.text().await;
    for part in [
        "The last request was refused: signature.mismatch",
        "What to do:",
        "Mistake in the body:",
        "How the signature is made",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let url = browser.url().await;
    assert!(url.contains("timeline/ref-1#event-"), "{url}");
    let shown = "return document.querySelector('li:target').innerText";
    let shown = browser.run(shown, json!([])).await;
    assert!(
        shown
            .as_str()
            .is_some_and(|text| text.contains("signature.mismatch")),
        "{shown}"
    );
    assert_sound(&browser, "refused signature").await;
}

#[tokio::test]
async fn a_hostile_reference_is_text_on_every_page() {
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;";
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let page = pay(&caller, &hostile[..60], None).await;
    send(&caller, PAYMENT, reference(&hostile[..60])).await;
    let browser = Browser::start().await;

    for address in [overview(&sandbox), page] {
        browser.open(&address).await;

        let text = browser.text().await;
        assert!(
            text.contains("<script>alert(1)</script>\"'><img src=x"),
            "{text}"
        );
        assert_sound(&browser, &address).await;
    }
    browser.open(&overview(&sandbox)).await;
    browser.leave(browser.click("th a")).await;
    let text = browser.text().await;
    assert!(
        text.contains("Timeline of <script>alert(1)</script>"),
        "{text}"
    );
    assert!(text.contains("partner-reference.inconsistent"), "{text}");
    assert_sound(&browser, "timeline").await;
    let images = browser
        .run("return document.images.length", json!([]))
        .await;
    assert_eq!(images, 0);
}
