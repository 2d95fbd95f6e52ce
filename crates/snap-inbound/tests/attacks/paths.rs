//! A45 to A48: where a message goes.

use http::{Method, Version};
use snap_inbound::{Route, Service};

use crate::mail::{Merchant, PATH};

async fn sent_to(merchant: &Merchant, target: &str) -> String {
    merchant.after(|mail| mail.target = target.to_owned()).await
}

#[tokio::test]
async fn a45_other_spellings_of_the_path() {
    let merchant = Merchant::new().await;
    for target in [
        "/doku/notify/",
        "//doku/notify",
        "/doku//notify",
        "/doku%2Fnotify",
        "/DOKU/notify",
        "/doku/x/../notify",
        "/doku/./notify",
        "/doku/notify?x=1",
        "/doku/notify?",
        "/doku/notify;x",
        "/%64oku/notify",
        "http://evil.example/doku/notify",
        "/",
    ] {
        let verdict = sent_to(&merchant, target).await;
        merchant.refused_as(&verdict, "4045600", target);
    }
}

#[tokio::test]
async fn http_2_carries_the_host_in_the_target() {
    let merchant = Merchant::new().await;
    let verdict = merchant.after(|mail| {
        mail.version = Version::HTTP_2;
        mail.target = format!("https://shop.example{PATH}");
    });

    assert_eq!(verdict.await, "accepted");
}

#[tokio::test]
async fn a46_a_valid_message_sent_to_another_route() {
    let merchant =
        Merchant::with(|builder| builder.route(Route::new(Service::DEBIT_NOTIFY, "/doku/second")))
            .await;

    let verdict = sent_to(&merchant, "/doku/second").await;
    merchant.refused_as(&verdict, "4015600", "another route of the kind");
    let verdict = sent_to(&merchant, "/doku/va").await;
    merchant.refused_as(&verdict, "4045600", "a route of another kind");
}

#[tokio::test]
async fn a_proxy_that_changes_the_path_is_configured() {
    let merchant = Merchant::with(|builder| {
        builder.route(Route::new(Service::DEBIT_NOTIFY, "/public/hook").seen_as("/hook"))
    })
    .await;
    let to = |target: &'static str, signed: &'static str| {
        merchant.after(move |mail| {
            mail.target = target.to_owned();
            mail.signed_path = signed.to_owned();
            mail.sign();
        })
    };

    assert_eq!(to("/public/hook", "/public/hook").await, "4045600");
    assert_eq!(to("/hook", "/hook").await, "4015600");
    assert_eq!(to("/hook", "/public/hook").await, "accepted");
}

#[tokio::test]
async fn a47_other_methods() {
    let merchant = Merchant::new().await;
    for method in [Method::GET, Method::PUT, Method::OPTIONS, Method::HEAD] {
        let verdict = merchant.after(|mail| {
            mail.method = method.clone();
            mail.add("X-HTTP-Method-Override", "POST");
        });
        merchant.refused_as(&verdict.await, "4055600", method.as_str());
    }
}

#[tokio::test]
async fn a48_headers_about_the_way_are_ignored() {
    let merchant = Merchant::new().await;
    let verdict = merchant.after(|mail| {
        mail.target = "/doku/va".to_owned();
        mail.add("X-Forwarded-Prefix", "/doku");
        mail.add("X-Original-URL", PATH);
        mail.add("Forwarded", "path=/doku/notify");
    });
    merchant.refused_as(&verdict.await, "4045600", "a header chose the route");

    let verdict = merchant.after(|mail| {
        mail.add("Host", "evil.example");
        mail.add("X-Forwarded-Prefix", "/evil");
        mail.add("X-HTTP-Method-Override", "DELETE");
    });
    assert_eq!(verdict.await, "accepted");
}
