//! Every page, as different people see it.

use std::time::Duration;

use serde_json::json;
use snap_sandbox::{Act, At, Fault, Sandbox};

use crate::{
    checks::assert_sound,
    driver::Browser,
    merchant::{MerchantServer, Say},
    orders::{PAYMENT, TRANSFER, merge, reference, send},
    shop::{Shop, bind, overview, pay},
    specs::{Caller, named},
    support::{client, draft, frozen, send as send_call},
};

/// A sandbox with something of everything, and the addresses of its pages.
async fn busy() -> (Sandbox, Vec<(&'static str, String)>) {
    let builder = frozen().admin(([127, 0, 0, 1], 0).into()).unverified(true);
    let builder = builder.settle_after(Duration::from_secs(600));
    let sandbox = builder.start().await.expect("starts");
    let caller = Caller::of(&sandbox, "cust-1").await;
    let shop = Shop::open().await;
    let used = pay(&caller, "INV-2026-0041", Some(&shop)).await;
    let approved = client().get(format!("{used}?auto=approve")).send().await;
    approved.expect("the shop's page");
    let over = pay(&caller, "INV-2026-0040", Some(&shop)).await;
    assert!(sandbox.decide("INV-2026-0040", snap_sandbox::Decision::Cancel));
    let merchant = MerchantServer::of(&sandbox).await;
    merchant.fail(2);
    merchant.reply(Say::Http(200, "OK".to_owned()));
    pay(&caller, "INV-2026-0039", None).await;
    assert!(sandbox.decide("INV-2026-0039", snap_sandbox::Decision::Succeed));
    sandbox.notifications_idle().await;
    sandbox.advance(Duration::from_secs(1800));
    sandbox.notifications_idle().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let open = pay(&caller, "INV-2026-0042", Some(&shop)).await;
    let binding = bind(&caller, &shop).await;
    let mut spaced = draft(&sandbox, &caller.token, "901");
    spaced.body = spaced.body.replace("ref-1", "INV-2026-0038");
    let signed = spaced.body.replace(',', ", ").replace(':', ": ");
    send_call(&sandbox, spaced.sign_over(sandbox.merchant(), &signed)).await;
    send(&caller, TRANSFER, reference("PAYOUT-7")).await;
    let refused = draft(&sandbox, &caller.token, "900");
    let mut refused = refused.sign_over(sandbox.merchant(), "{ }");
    refused.set(
        "x-device-id",
        "a-rather-long-identifier-of-a-device-0123456789-0123456789",
    );
    send_call(&sandbox, refused).await;
    send(
        &caller,
        PAYMENT,
        json!({"partnerReferenceNo": "INV-2026-0043", "amount": {"value": "1"}}),
    )
    .await;
    let lost = Fault::new(At::BeforeHead, Act::Reset).with_apply_effect(true);
    sandbox.inject(lost).expect("fits");
    let mut body = named(PAYMENT).body(&sandbox, false);
    merge(&mut body, reference("INV-2026-0044"));
    let call = caller.call(&named(PAYMENT), &body);
    let request = client().post(format!("{}{}", sandbox.base_url(), call.path));
    let heard = request.headers(call.headers).body(call.body).send().await;
    heard.expect_err("the connection is reset");
    sandbox
        .inject(Fault::new(At::AfterRequest, Act::Hang))
        .expect("fits");
    let desk = overview(&sandbox);
    let pages = vec![
        ("overview", desk.clone()),
        ("succeeded", format!("{desk}timeline/INV-2026-0041")),
        ("open", format!("{desk}timeline/INV-2026-0042")),
        ("payout", format!("{desk}timeline/PAYOUT-7")),
        ("refused", format!("{desk}timeline/ref-1")),
        ("mistake", format!("{desk}timeline/INV-2026-0038")),
        ("told", format!("{desk}timeline/INV-2026-0039")),
        ("binding", binding),
        ("lost", format!("{desk}timeline/INV-2026-0044")),
        ("event", format!("{desk}event/1")),
        ("missing", format!("{desk}timeline/none")),
        ("bank", open),
        ("bank-used", used),
        ("bank-over-missing", over),
        ("bank-missing", format!("{}/bank/none", sandbox.base_url())),
    ];
    (sandbox, pages)
}

#[tokio::test]
async fn every_page_is_sound_in_every_look() {
    let (_sandbox, pages) = busy().await;
    let browser = Browser::start().await;
    // The last one is what 200 % of 1280 pixels leaves.
    let looks = [
        ("light", 1280),
        ("dark", 1280),
        ("light", 320),
        ("dark", 320),
        ("light", 640),
    ];
    for (scheme, width) in looks {
        browser.prefer(scheme).await;
        for (name, address) in &pages {
            browser.resize(width, 900).await;
            browser.open(address).await;
            browser
                .run(
                    "document.querySelectorAll('details').forEach(one => one.open = true)",
                    json!([]),
                )
                .await;

            let what = format!("{name}, {scheme}, {width}");
            if name.ends_with("missing") {
                // An answer of 404 or 409 is a line in the browser's log.
                browser.complaints().await;
            }
            assert_sound(&browser, &what).await;
            picture(&browser, &format!("{name}-{scheme}-{width}"), width).await;
        }
    }
}

#[tokio::test]
async fn dark_is_dark_and_light_is_light() {
    let (_sandbox, pages) = busy().await;
    let browser = Browser::start().await;
    for (name, address) in &pages {
        let mut grounds = Vec::new();
        for scheme in ["light", "dark"] {
            browser.prefer(scheme).await;
            browser.open(address).await;
            grounds.push(browser.run(GROUND, json!([])).await);
        }

        assert!(grounds[0].as_u64() > Some(200), "{name}: {grounds:?}");
        assert!(grounds[1].as_u64() < Some(60), "{name}: {grounds:?}");
    }
}

/// Pictures of a page that cannot be opened again, wide and narrow.
pub(crate) async fn pictures(browser: &Browser, name: &str) {
    for (scheme, width) in [("light", 1280), ("dark", 320)] {
        browser.prefer(scheme).await;
        browser.resize(width, 900).await;
        assert_sound(browser, &format!("{name}, {scheme}, {width}")).await;
        picture(browser, &format!("{name}-{scheme}-{width}"), width).await;
    }
}

/// Leaves a picture of the whole page where somebody wants to look at it.
async fn picture(browser: &Browser, name: &str, width: u32) {
    let Ok(folder) = std::env::var("SANDBOX_SCREENSHOTS") else {
        return;
    };
    let height = browser
        .run("return document.documentElement.scrollHeight", json!([]))
        .await;
    let height = height
        .as_u64()
        .and_then(|height| u32::try_from(height).ok());
    browser.resize(width, height.unwrap_or(900)).await;
    let path = std::path::Path::new(&folder).join(format!("{name}.png"));
    std::fs::write(path, browser.picture().await).expect("a folder that exists");
}

/// How light the page's ground is, from 0 to 255.
const GROUND: &str = "
    const ground = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
    return Math.round((ground[0] + ground[1] + ground[2]) / 3);
";
