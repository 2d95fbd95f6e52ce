//! The fake bank, as a customer uses it.

use serde_json::json;

use crate::{
    checks::assert_sound,
    driver::{Browser, ENTER, TAB},
    shop::{Shop, overview, pay, sandbox, status},
    specs::Caller,
};

#[tokio::test]
async fn a_customer_who_approves_comes_back_to_the_shop_and_has_paid() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let shop = Shop::open().await;
    let page = pay(&caller, "ord-1", Some(&shop)).await;
    let browser = Browser::start().await;

    browser.open(&page).await;
    let asked = browser.text().await;
    assert_sound(&browser, "bank page").await;
    browser.leave(browser.click("button[value=approve]")).await;

    assert!(asked.contains("no real money"), "{asked}");
    assert!(
        asked.contains("15000.00 IDR") && asked.contains("ord-1"),
        "{asked}"
    );
    assert_eq!(browser.url().await, shop.paid());
    assert!(browser.text().await.contains("Thank you"));
    assert_eq!(status(&caller, "ord-1").await, "00");
    browser
        .open(&format!("{}timeline/ord-1", overview(&sandbox)))
        .await;
    let story = browser.text().await;
    assert!(story.contains("It succeeded"), "{story}");
    assert!(
        story.contains("The customer approved at the page."),
        "{story}"
    );
}

#[tokio::test]
async fn a_customer_who_rejects_comes_back_and_has_not_paid() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let shop = Shop::open().await;
    let page = pay(&caller, "ord-1", Some(&shop)).await;
    let browser = Browser::start().await;

    browser.open(&page).await;
    browser.leave(browser.click("button[value=reject]")).await;

    assert_eq!(browser.url().await, shop.failed());
    assert!(browser.text().await.contains("Sorry"));
    assert_eq!(status(&caller, "ord-1").await, "06");
    assert_eq!(sandbox.ledger().effects("ord-1"), 0);
    browser.open(&page).await;
    assert!(browser.text().await.contains("Rejected before"));
    assert_sound(&browser, "used page").await;
}

#[tokio::test]
async fn the_keyboard_alone_is_enough_and_the_focus_is_seen() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let shop = Shop::open().await;
    let page = pay(&caller, "ord-1", Some(&shop)).await;
    let browser = Browser::start().await;
    browser.open(&page).await;

    // The link to the content, then the buttons in their order.
    browser.press(TAB).await;
    browser.press(TAB).await;
    let focused = browser.run(FOCUSED, json!([])).await;
    browser.leave(browser.press(ENTER)).await;

    assert_eq!(focused, json!(["Approve", "solid"]));
    assert_eq!(browser.url().await, shop.paid());
    assert_eq!(status(&caller, "ord-1").await, "00");
}

#[tokio::test]
async fn a_customer_without_scripts_pays_all_the_same() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let shop = Shop::open().await;
    let page = pay(&caller, "ord-1", Some(&shop)).await;
    let browser = Browser::start().await;
    browser
        .emulate("setScriptExecutionDisabled", json!({"value": true}))
        .await;

    browser.open(&page).await;
    browser.leave(browser.click("button[value=approve]")).await;

    assert_eq!(browser.url().await, shop.paid());
    assert_eq!(status(&caller, "ord-1").await, "00");
}

#[tokio::test]
async fn an_address_that_is_a_script_is_not_gone_to() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let page = pay(&caller, "ord-1", None).await;
    let browser = Browser::start().await;

    browser.open(&page).await;
    browser.leave(browser.click("button[value=approve]")).await;

    assert_eq!(browser.url().await, page);
    let said = browser.text().await;
    assert!(
        said.contains("javascript:alert(1)") && said.contains("this is the end"),
        "{said}"
    );
    assert_sound(&browser, "page at the end").await;
    assert_eq!(status(&caller, "ord-1").await, "00");
    browser.open(&page).await;
    assert_sound(&browser, "page that was used").await;
}

const FOCUSED: &str = "
    const focused = document.activeElement;
    return [focused.innerText, getComputedStyle(focused).outlineStyle];
";
