//! The client of the admin API, and what it says where there is none.

use std::net::TcpListener;

use serde_json::Value;
use snap_sandbox::{AdminClient, RefusedRequest, Sandbox};

use crate::{
    admin::start,
    support::{draft, send, token},
};

fn admin(sandbox: &Sandbox) -> AdminClient {
    AdminClient::new(sandbox.admin_url().expect("an admin port")).expect("an address")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test]
async fn an_action_changes_what_the_state_and_the_timeline_say() {
    let sandbox = start().await;
    let admin = admin(&sandbox);

    let made = admin.act(r#"{"action":"skip","seconds":46800}"#).await;

    assert_eq!(made.expect("done"), "{}");
    let state = json(&admin.state().await.expect("a state"));
    assert_eq!(state["skippedSeconds"], 46_800);
    let timeline = json(&admin.timeline(0, None).await.expect("a timeline"));
    assert_eq!(timeline["events"][0]["kind"], "note");
    let of_another = admin.timeline(0, Some("a b&c")).await;
    assert_eq!(
        json(&of_another.expect("a timeline"))["events"],
        Value::Array(Vec::new())
    );
    assert_eq!(
        json(&admin.faults().await.expect("faults"))["faults"],
        Value::Array(Vec::new())
    );
}

#[tokio::test]
async fn a_refused_request_is_explained_by_number_and_as_the_last_one() {
    let sandbox = start().await;
    let admin = admin(&sandbox);
    let token = token(&sandbox).await;
    let call = draft(&sandbox, &token, "1").sign_over(sandbox.merchant(), "{ }");
    let reply = send(&sandbox, call).await;

    let last = admin.explain(RefusedRequest::Last).await.expect("one");

    let by_number = admin.explain(RefusedRequest::Number(reply.number)).await;
    assert_eq!(by_number.expect("one"), last);
    let by_reference = admin.explain(RefusedRequest::Reference("ref-1")).await;
    assert_eq!(by_reference.expect("one"), last);
    assert_eq!(last.verdict, "signature.mismatch");
    assert_eq!(Some(&last), sandbox.explain_last().as_ref());
    let none = admin
        .explain(RefusedRequest::Number(99))
        .await
        .expect_err("none");
    assert!(
        none.is_refused() && none.to_string().contains("number 99 was refused"),
        "{none}"
    );
}

#[tokio::test]
async fn what_the_sandbox_refuses_is_told_in_its_words() {
    let sandbox = start().await;

    let error = admin(&sandbox).act("{}").await.expect_err("refused");

    assert!(error.is_refused() && !error.is_not_running());
    assert!(error.to_string().contains("\"action\""), "{error}");
}

#[tokio::test]
async fn an_address_where_no_admin_api_is_says_what_to_do() {
    let sandbox = start().await;
    let taken = TcpListener::bind("127.0.0.1:0").expect("listens");
    let nobody = format!("http://{}", taken.local_addr().expect("address"));
    drop(taken);

    let down = AdminClient::new(&nobody).expect("an address").state().await;
    let api_port = AdminClient::new(sandbox.base_url())
        .expect("an address")
        .state()
        .await;

    let down = down.expect_err("nobody there");
    assert!(down.is_not_running());
    assert_eq!(
        down.to_string(),
        format!(
            "no sandbox runs at {nobody}; start one, or give the address that it prints as admin"
        )
    );
    let api_port = api_port.expect_err("no admin API");
    assert!(
        api_port.to_string().contains("not its base URL"),
        "{api_port}"
    );
    for wrong in ["", "https://127.0.0.1:1", "127.0.0.1:1", "ftp://x"] {
        let error = AdminClient::new(wrong).expect_err("no address");
        assert!(error.to_string().contains("plain HTTP"), "{error}");
    }
}

#[tokio::test]
async fn the_address_of_the_page_will_do() {
    let sandbox = start().await;
    let page = format!("{}/_sandbox/", sandbox.admin_url().expect("an admin port"));

    let admin = AdminClient::new(&page).expect("an address");

    assert!(admin.state().await.is_ok());
}
