//! The history of a customer's transactions with DOKU Wallet.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    orders::{PAYMENT, PURCHASE, TRANSFER, merge, reference, rupiah, send, start},
    specs::Caller,
    support::{Reply, frozen},
};

const HOUR: Duration = Duration::from_secs(3600);

/// Asks for the history of November 2026, or for another part of it.
async fn list(caller: &Caller<'_>, changes: Value) -> Reply {
    let mut body = json!({
        "fromDateTime": "2026-11-01T00:00:00+07:00",
        "toDateTime": "2026-12-01T00:00:00+07:00",
        "pageSize": "10",
        "pageNumber": "0",
    });
    merge(&mut body, changes);
    send(caller, "wallet.transactionHistoryList", body).await
}

/// Amounts of a list, in short.
fn amounts(reply: &Reply) -> Vec<String> {
    reply.assert("ok", "2001200");
    let items = match &reply.body["detailData"] {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    let value = |item: &Value| item["amount"]["value"].as_str().expect("text").to_owned();
    items.iter().map(value).collect()
}

async fn buy(caller: &Caller<'_>, number: u32) {
    let mut body = reference(&format!("buy-{number}"));
    body["amount"] = rupiah(&format!("{number}.00"));
    send(caller, PURCHASE, body).await.assert("ok", "2005400");
}

/// Behaviour "history.list".
#[tokio::test]
async fn the_history_has_pages_from_zero_with_the_newest_first() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for number in 1..=12 {
        buy(&caller, number).await;
        sandbox.advance(Duration::from_secs(1));
    }

    let first = list(&caller, json!({"pageSize": "5"})).await;
    let last = list(&caller, json!({"pageSize": "5", "pageNumber": "2"})).await;
    let beyond = list(&caller, json!({"pageSize": "5", "pageNumber": "3"})).await;
    let usual = list(&caller, json!({})).await;

    assert_eq!(amounts(&first), ["12.00", "11.00", "10.00", "9.00", "8.00"]);
    assert_eq!(amounts(&last), ["2.00", "1.00"]);
    assert_eq!(beyond.body["detailData"], json!([]));
    assert_eq!(amounts(&usual).len(), 10);
}

#[tokio::test]
async fn each_transaction_says_what_it_was_and_what_became_of_it() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for operation in ["wallet.topUp", "wallet.transferBank", PURCHASE] {
        send(&caller, operation, reference(operation))
            .await
            .text("responseCode");
        sandbox.advance(Duration::from_secs(1));
    }
    assert!(sandbox.decide(PURCHASE, snap_sandbox::Decision::Succeed));
    let undo = json!({"originalPartnerReferenceNo": PURCHASE, "partnerRefundNo": "ref-1"});
    send(&caller, "wallet.purchaseRefund", undo)
        .await
        .assert("ok", "2005800");

    let reply = list(&caller, json!({})).await;

    let items = reply.body["detailData"].as_array().expect("a list");
    let words: Vec<_> = items
        .iter()
        .map(|item| (item["type"].clone(), item["status"].clone()))
        .collect();
    let expected = [
        ("REFUND", "SUCCESS"),
        ("PAYMENT", "REFUNDED"),
        ("SEND_MONEY", "SUCCESS"),
        ("TOP_UP", "SUCCESS"),
    ];
    assert_eq!(
        words,
        expected.map(|(kind, state)| (json!(kind), json!(state)))
    );
    assert_eq!(items[3]["dateTime"], "2026-11-20T17:30:00+07:00");
    assert_eq!(items[1]["additionalInfo"]["transactionId"], PURCHASE);
}

#[tokio::test]
async fn a_customer_sees_neither_other_customers_nor_other_products() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let other = caller.for_customer("cust-2").await;
    buy(&caller, 1).await;
    buy(&other, 2).await;
    send(&caller, PAYMENT, reference("ord-1")).await;
    send(&caller, TRANSFER, reference("out-1")).await;
    let detail = json!({"partnerReferenceNo": "buy-2"});

    let of_one = list(&caller, json!({})).await;
    let of_other = list(&other, json!({})).await;
    let foreign = send(&caller, "wallet.transactionHistoryDetail", detail.clone()).await;
    let own = send(&other, "wallet.transactionHistoryDetail", detail).await;

    assert!(
        of_one.body["detailData"].is_object(),
        "as the page prints it"
    );
    assert_eq!(amounts(&of_one), ["1.00"]);
    assert_eq!(amounts(&of_other), ["2.00"]);
    foreign.assert("transaction.unknown", "4041301");
    assert_eq!(own.text("type"), "PAYMENT");
}

#[tokio::test]
async fn a_range_holds_its_two_ends_and_nothing_beyond() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    buy(&caller, 1).await;
    let range = |from: &str, to: &str| json!({"fromDateTime": from, "toDateTime": to});

    let moment = "2026-11-20T17:30:00+07:00";
    let exact = list(&caller, range(moment, moment)).await;
    let before = list(
        &caller,
        range("2026-11-20T00:00:00+07:00", "2026-11-20T10:29:59Z"),
    )
    .await;

    assert_eq!(amounts(&exact), ["1.00"]);
    assert_eq!(before.body["detailData"], json!([]));
}

/// Behaviour "history.range".
#[tokio::test]
async fn a_range_is_at_most_a_month_and_not_older_than_a_year() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let at = |from: &str, to: &str| {
        let time = |day: &str| format!("{day}T17:30:00+07:00");
        json!({"fromDateTime": time(from), "toDateTime": time(to)})
    };
    let cases = [
        ("2026-10-20", "2026-11-20", None),
        ("2026-10-20", "2026-11-21", Some("toDateTime")),
        ("2026-11-20", "2026-11-19", Some("toDateTime")),
        ("2025-11-20", "2025-12-20", None),
        ("2025-11-19", "2025-12-19", Some("fromDateTime")),
    ];

    for (from, to, wrong) in cases {
        let reply = list(&caller, at(from, to)).await;

        match wrong {
            None => reply.assert("ok", "2001200"),
            Some(member) => {
                reply.assert("history.range", "4001201");
                let message = reply.text("responseMessage");
                assert!(message.ends_with(member), "{message}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_time_or_no_number_is_refused() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let cases = [
        json!({"fromDateTime": "yesterday"}),
        json!({"toDateTime": "2026-11-20"}),
        json!({"toDateTime": "9999-99-99T99:99:99Z"}),
        json!({"pageSize": "0"}),
        json!({"pageSize": "100"}),
        json!({"pageSize": "-1"}),
        json!({"pageNumber": "one"}),
    ];

    for changes in cases {
        let reply = list(&caller, changes.clone()).await;

        assert_eq!(reply.verdict, "field.format", "{changes}");
    }
}

#[tokio::test]
async fn the_history_is_as_blind_as_any_inquiry() {
    let builder = frozen().customers_approve(true).status_delay(HOUR / 6);
    let sandbox = start(builder).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    buy(&caller, 1).await;

    let early = list(&caller, json!({})).await;
    sandbox.advance(HOUR / 6);
    let late = list(&caller, json!({})).await;

    assert_eq!(early.body["detailData"], json!([]));
    assert_eq!(amounts(&late), ["1.00"]);
}
