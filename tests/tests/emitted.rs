//! What the generator emits for its fixtures compiles against `snap-core`, and reads and writes the
//! wire as its rules say. `emitted/` is written by `UPDATE_EMITTED=1 cargo test -p xtask`, which also
//! fails when it is stale.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use snap_core::{Amount, Operation, OperationKind};

/// Includes a fixture's generated module as a product crate would.
macro_rules! fixture {
    ($name:ident, $path:literal) => {
        #[rustfmt::skip]
        #[allow(dead_code, unreachable_pub, unused_imports, reason = "a crate would export it")]
        #[path = $path]
        mod $name;
    };
}

fixture!(extra, "emitted/extra/mod.rs");
fixture!(money, "emitted/money/mod.rs");
fixture!(sensitive, "emitted/sensitive/mod.rs");
fixture!(shapes, "emitted/shapes/mod.rs");
fixture!(shared, "emitted/shared/mod.rs");
fixture!(twins, "emitted/twins/mod.rs");

#[track_caller]
fn read<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap()
}

#[track_caller]
fn written(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

fn payout() -> money::PayOutRequest {
    let info = money::PayOutRequestAdditionalInfo::builder()
        .sender_personal_id("3171234567890001")
        .build();
    money::PayOutRequest::builder("INV-0001")
        .additional_info(info)
        .amount(Amount::idr(50_000))
        .phone_no("628115678890")
        .pin("canary-pin")
        .build()
}

#[test]
fn a_money_request_starts_with_its_reference_and_sends_what_was_set() {
    let expected = json!({
        "partnerReferenceNo": "INV-0001",
        "additionalInfo": {"senderPersonalId": "3171234567890001"},
        "amount": {"value": "50000.00", "currency": "IDR"},
        "phoneNo": "628115678890",
        "pin": "canary-pin",
    });

    assert_eq!(written(&payout()), expected);
    let info = money::PayOut::INFO;
    assert_eq!(
        (info.kind(), info.reference()),
        (OperationKind::Credit, Some("partnerReferenceNo"))
    );
    assert!(info.sends_channel_id());
}

#[test]
fn a_request_prints_its_reference_and_no_person() {
    let printed = format!("{:?}", payout());

    assert!(printed.contains("INV-0001"), "{printed}");
    for canary in ["canary-pin", "628115678890", "3171234567890001"] {
        assert!(!printed.contains(canary), "{printed}");
    }
}

#[test]
fn the_documented_spelling_wins_and_the_other_one_is_read() {
    let both = r#"{"lines":{"avaliableAmount":{"value":"1"},"availableAmount":{"value":"2"}}}"#;
    let other = r#"{"lines":[{"availableAmount":{"value":2.50}}]}"#;

    let both: money::PayOutResponse = read(both);
    let other: money::PayOutResponse = read(other);

    let amount = |answer: &money::PayOutResponse| {
        answer.lines[0]
            .available_amount
            .as_ref()
            .map(|amount| amount.value().to_owned())
    };
    assert_eq!(
        (amount(&both).as_deref(), amount(&other).as_deref()),
        (Some("1"), Some("2.50"))
    );
}

#[test]
fn shapes_are_read_in_every_form_that_was_seen() {
    let answer: shapes::ListItemsResponse = read(
        r#"{"lots":{"lotNo":7},"lot":[{"lotNo":"8"}],"offers":"","price":"12500",
            "soldAt":"2024-09-17T14:41:52. 022+07:00","seenAt":1699520040340,
            "basket":[{"a":1}],"details":null}"#,
    );

    assert_eq!(answer.lots[0].lot_no.as_deref(), Some("7"));
    assert_eq!(answer.lot[0].lot_no.as_deref(), Some("8"));
    assert!(answer.offers.is_empty() && answer.details.is_none());
    assert_eq!(answer.price.unwrap().value(), "12500");
    assert_eq!(
        answer.sold_at.unwrap().as_str(),
        "2024-09-17T14:41:52. 022+07:00"
    );
    assert_eq!(answer.seen_at.unwrap().as_str(), "1699520040340");
    assert_eq!(answer.basket, Some(json!([{"a": 1}])));
}

#[test]
fn names_that_differ_in_case_are_one_member() {
    let capital: twins::ListItemsResponse = read(r#"{"ReferenceNo":"R","transactionDate":"T"}"#);
    let floating: twins::ListItemsResponse =
        read(r#"{"floatAmount":{"value":1,"currency":"IDR"}}"#);

    assert_eq!(capital.reference_no.as_deref(), Some("R"));
    assert_eq!(capital.transaction_date.as_deref(), Some("T"));
    assert_eq!(floating.flat_amount, Some(Amount::idr(1)));
}

#[test]
fn unknown_members_of_additional_info_are_kept_and_printed_by_name_only() {
    let answer: extra::ListItemsResponse =
        read(r#"{"additionalInfo":{"remark":1,"origin":"canary"}}"#);
    let info = answer.additional_info.unwrap();

    assert_eq!(
        (info.remark.as_deref(), &info.extra["origin"]),
        (Some("1"), &json!("canary"))
    );
    let printed = format!("{info:?}");
    assert!(
        printed.contains(r#"["origin"]"#) && !printed.contains("canary"),
        "{printed}"
    );
    assert_eq!(written(&info), json!({"remark": "1", "origin": "canary"}));
}

#[test]
fn a_secret_of_an_answer_is_read_and_hidden() {
    let answer: sensitive::ListItemsResponse =
        read(r#"{"additionalInfo":{"authCode":"canary"},"holders":{"firstName":"canary"}}"#);

    assert!(!format!("{answer:?}").contains("canary"));
    let code = answer.additional_info.unwrap().auth_code.unwrap();
    assert_eq!(
        (
            code.expose(),
            answer.holders[0].first_name.as_ref().unwrap().expose()
        ),
        ("canary", "canary")
    );
}

#[test]
fn two_operations_share_a_type() {
    let listed: shared::ListItemsResponse = read(r#"{"owner":{"ownerNo":1}}"#);
    let shown: shared::ShowItemResponse = read(r#"{"owner":"","soldBy":{"ownerNo":"1"}}"#);

    assert_eq!(listed.owner, shown.sold_by);
    assert_eq!(shown.owner, None);
}
