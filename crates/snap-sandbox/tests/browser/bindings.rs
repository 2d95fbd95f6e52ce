//! The fake bank where a customer binds a card or opens an account.

use serde_json::json;

use crate::{
    checks::assert_sound,
    driver::{Browser, ENTER},
    looks::pictures,
    orders::other_than,
    shop::{Shop, bind, open_account, sandbox},
    specs::Caller,
};

#[tokio::test]
async fn a_wrong_otp_is_said_at_its_field_and_the_right_one_leads_to_the_shop() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let shop = Shop::open().await;
    let page = bind(&caller, &shop).await;
    let otp = sandbox.otp(&page).expect("an OTP");
    let browser = Browser::start().await;
    browser.open(&page).await;
    let asked = browser.text().await;
    assert_sound(&browser, "binding").await;

    browser.fill("#otp", &other_than(&otp)).await;
    browser.leave(browser.click("button[value=approve]")).await;
    let refused = browser.text().await;
    let field = browser.run(FIELD, json!([])).await;
    // The answer of 400 is a line in the browser's log.
    browser.complaints().await;
    assert_sound(&browser, "wrong OTP").await;
    pictures(&browser, "binding-wrong").await;
    browser.fill("#otp", &otp).await;
    browser.leave(browser.press(ENTER)).await;

    assert!(asked.contains("The customer's phone shows"), "{asked}");
    assert!(refused.contains("The OTP is wrong."), "{refused}");
    let expected = json!({
        "focus": "otp", "label": "One-time password", "invalid": "true",
        "said": "The OTP is wrong.", "typed": "",
    });
    assert_eq!(field, expected);
    assert_eq!(browser.url().await, shop.paid());
}

#[tokio::test]
async fn a_customer_who_rejects_a_binding_comes_back_and_cannot_change_it() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let shop = Shop::open().await;
    let page = bind(&caller, &shop).await;
    let browser = Browser::start().await;

    browser.open(&page).await;
    browser.leave(browser.click("button[value=reject]")).await;
    let url = browser.url().await;
    browser.open(&page).await;

    assert_eq!(url, shop.failed());
    assert!(browser.text().await.contains("Rejected before"));
    assert!(sandbox.approve(&page).is_err());
    assert_sound(&browser, "rejected binding").await;
}

#[tokio::test]
async fn after_three_wrong_otps_the_page_says_that_no_other_is_taken() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let page = bind(&caller, &Shop::open().await).await;
    let otp = sandbox.otp(&page).expect("an OTP");
    let browser = Browser::start().await;
    browser.open(&page).await;
    let mut said = Vec::new();

    for typed in [&other_than(&otp), "", "<b>", &otp] {
        browser.fill("#otp", typed).await;
        browser.leave(browser.click("button[value=approve]")).await;
        let alert = browser.run(
            "return document.querySelector('[role=alert]').innerText",
            json!([]),
        );
        said.push(alert.await.as_str().unwrap_or_default().to_owned());
    }

    assert_eq!(said[0], "The OTP is wrong.");
    assert_eq!(said[1], "The OTP is wrong.");
    assert!(said[3].contains("blocked"), "{said:?}");
    browser.complaints().await;
    assert_sound(&browser, "blocked OTP").await;
}

#[tokio::test]
async fn the_owner_of_a_new_account_chooses_a_pin_and_comes_back_with_its_number() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let shop = Shop::open().await;
    let page = open_account(&caller, &shop).await;
    let browser = Browser::start().await;

    browser.open(&page).await;
    let asked = browser.text().await;
    assert_sound(&browser, "PIN").await;
    pictures(&browser, "pin").await;
    browser.leave(browser.click("button[value=approve]")).await;

    assert!(asked.contains("The local sandbox needs none"), "{asked}");
    let url = browser.url().await;
    assert!(
        url.starts_with(&format!("{}?accountId=", shop.paid())),
        "{url}"
    );
    assert!(
        url.ends_with("&partnerReferenceNo=acc-1&status=SUCCESS"),
        "{url}"
    );
}

const FIELD: &str = "
    const field = document.getElementById('otp');
    const said = field.getAttribute('aria-describedby').split(' ')[0];
    return {
        focus: document.activeElement.id, label: field.labels[0].innerText, typed: field.value,
        invalid: field.getAttribute('aria-invalid'), said: document.getElementById(said).innerText,
    };
";
