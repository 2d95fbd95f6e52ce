//! What the generator emits for its fixtures compiles against `snap-core`, and reads and writes the
//! wire as its rules say. `emitted/` is written by `UPDATE_EMITTED=1 cargo test -p xtask`, which also
//! fails when it is stale.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::Ipv4Addr;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use snap_core::{
    Amount, Call, DeviceId, LimitFinding, Operation, OperationKind, TransactionStatus,
};

/// Includes a fixture's generated module as a product crate would.
macro_rules! fixture {
    ($name:ident, $path:literal) => {
        #[rustfmt::skip]
        #[allow(dead_code, unreachable_pub, unused_imports, reason = "a crate would export it")]
        #[path = $path]
        mod $name;
    };
}

fixture!(customers, "emitted/customers/mod.rs");
fixture!(defaults, "emitted/defaults/mod.rs");
fixture!(enums, "emitted/enums/mod.rs");
fixture!(examples, "emitted/examples/mod.rs");
fixture!(extra, "emitted/extra/mod.rs");
fixture!(limits, "emitted/limits/mod.rs");
fixture!(money, "emitted/money/mod.rs");
fixture!(sensitive, "emitted/sensitive/mod.rs");
fixture!(shapes, "emitted/shapes/mod.rs");
fixture!(shared, "emitted/shared/mod.rs");
fixture!(twins, "emitted/twins/mod.rs");
fixture!(unverified, "emitted/unverified/mod.rs");

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

/// A call of a customer's operation takes the headers that it requires; a product has no such method.
type PayItem<'a> = fn(
    &'a customers::Customer,
    &customers::PayItemRequest,
    Ipv4Addr,
    DeviceId,
) -> Call<'a, customers::PayItem>;

/// An operation on which the documents disagree is there with and without a customer.
type RefundItem<'a, Caller> =
    fn(&'a Caller, &customers::RefundItemRequest, DeviceId) -> Call<'a, customers::RefundItem>;

#[test]
fn a_method_takes_what_its_operation_requires_and_no_more() {
    let _: PayItem<'_> = customers::Customer::pay_item;
    let _: RefundItem<'_, customers::Customer> = customers::Customer::refund_item;
    let _: RefundItem<'_, customers::Shop> = customers::Shop::refund_item;

    let headers = |info: &snap_core::OperationInfo| {
        (
            info.requires_channel_id(),
            info.sends_channel_id(),
            info.sends_ip_address(),
            info.sends_device_id(),
        )
    };
    assert_eq!(
        headers(&customers::BindAccount::INFO),
        (true, true, true, true)
    );
    assert_eq!(
        headers(&customers::ListItems::INFO),
        (false, true, false, true)
    );
    assert_eq!(
        headers(&customers::JumpAppPay::INFO),
        (false, false, false, false)
    );
}

#[test]
fn operations_that_differ_by_a_fragment_are_sent_to_one_path() {
    let (pay, jump) = (customers::PayItem::INFO, customers::JumpAppPay::INFO);

    assert_eq!((pay.path(), jump.path()), ("/shop/v1/pay", "/shop/v1/pay"));
    assert_ne!(pay.id(), jump.id());
}

#[test]
#[cfg(feature = "unverified")]
fn an_unverified_operation_is_there_for_those_who_ask() {
    let request = unverified::RequestOtpRequest::builder()
        .phone_no("62811")
        .sort(unverified::Sort::SMS)
        .build();

    assert_eq!(
        written(&request),
        json!({"phoneNo": "62811", "sort": "SMS"})
    );
    assert_eq!(unverified::RequestOtp::INFO.service_code(), "81");
}

#[test]
fn an_enum_keeps_a_value_that_no_page_documents() {
    let answer: enums::ListBanksResponse =
        read(r#"{"channel":"NEW_SNAP","banks":["014",8,"x"],"state":"sold"}"#);

    assert_eq!(answer.channel, Some(enums::Channel::from("NEW_SNAP")));
    assert_eq!(answer.state, Some(enums::ItemState::SOLD));
    assert_eq!(answer.banks[0], enums::Bank::BCA);
    assert_eq!(
        written(&answer),
        json!({"channel": "NEW_SNAP", "banks": ["014", "8", "x"], "state": "sold"})
    );
}

#[test]
fn an_enum_is_read_leniently() {
    let answer: enums::ListBanksResponse = read(r#"{"channel":null,"banks":"014","state":7}"#);

    assert_eq!(answer.channel, None);
    assert_eq!(
        answer.state.map(|state| state.to_string()),
        Some("7".to_owned())
    );
    assert_eq!(answer.banks, [enums::Bank::BCA]);
}

#[test]
fn a_request_takes_a_constant_of_an_enum_or_any_text() {
    let request = enums::ListBanksRequest::builder()
        .channel(enums::Channel::EMONEY_C)
        .banks(vec![enums::Bank::MANDIRI, "022".into()])
        .bank("451")
        .build();

    assert_eq!(
        written(&request),
        json!({"channel": "emoneyC", "banks": ["008", "022"], "bank": "451"})
    );
}

#[test]
fn a_documented_constant_is_sent_unless_another_text_is_set() {
    let more = || defaults::CheckStatusRequestMore::builder();
    let plain = defaults::CheckStatusRequest::builder()
        .item_no("A")
        .more(more().build())
        .build();
    let other = defaults::CheckStatusRequest::builder()
        .item_no("A")
        .service_code("55")
        .more(more().kind("CASH").build())
        .build();

    assert_eq!(
        written(&plain),
        json!({"itemNo": "A", "serviceCode": "54", "more": {"kind": "CARD"}})
    );
    assert_eq!(
        written(&other),
        json!({"itemNo": "A", "serviceCode": "55", "more": {"kind": "CASH"}})
    );
}

#[test]
fn codes_that_lost_their_zero_get_it_back() {
    let answer: defaults::CheckStatusResponse = read(
        r#"{"serviceCode":7,"latestTransactionStatus":0,"refundHistory":{"refundStatus":"6"}}"#,
    );

    assert_eq!(answer.service_code.as_deref(), Some("07"));
    let status = answer.latest_transaction_status;
    assert_eq!(status, Some(TransactionStatus::SUCCESS));
    let refund = answer.refund_history[0].refund_status.as_ref();
    assert_eq!(refund.unwrap().as_str(), "06");
}

/// A request that exceeds no limit of any channel.
fn modest() -> limits::PayItemRequest {
    limits::PayItemRequest::builder("REF-0001")
        .amount(Amount::idr(1))
        .pin("123456")
        .shop(limits::PayItemRequestShop::builder().name("shop").build())
        .build()
}

fn with_channel(channel: limits::Channel) -> limits::PayItemRequest {
    let mut request = modest();
    request.additional_info = Some(
        limits::PayItemRequestAdditionalInfo::builder()
            .channel(channel)
            .build(),
    );
    request
}

fn printed(request: &limits::PayItemRequest) -> Vec<String> {
    let findings: Vec<LimitFinding> = request.limits();
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_request_within_its_limits_gives_no_finding_and_absent_parents_are_silent() {
    assert_eq!(printed(&modest()), [""; 0]);
    assert_eq!(limits::PayItem::limits(&modest()), []);
}

#[test]
fn a_limit_of_every_sort_is_found_with_its_source_and_without_the_value() {
    let mut request = modest();
    request.device = Some("canary".into());
    request.note = Some("CANARY".into());
    request.otp = Some("canary".into());
    request.pin = "canary1".into();
    request.shop.name = "canary123".into();
    request.shop.town = Some("canary".into());
    request.valid_up_to = Some("canary-canary-canary-canary".into());

    let findings = printed(&request);

    assert_eq!(
        findings,
        [
            "device is none of ios, android (https://example.com/guide; a library (commit 1234567))",
            "note does not match ^[a-z ]*$ (https://example.com/guide)",
            "otp does not match ^[0-9]+$ (a standard)",
            "pin has 7 characters; at most 6 are documented (a standard)",
            "shop.name has 9 characters; at most 8 are documented (https://example.com/guide)",
            "shop.town has 6 characters; at most 4 are documented (https://example.com/guide)",
            "validUpTo has 27 characters; at most 25 are documented (https://example.com/guide)",
        ]
    );
    assert!(!findings.concat().to_lowercase().contains("canary"));
    assert!(
        !format!("{:?}", request.limits())
            .to_lowercase()
            .contains("canary")
    );
}

#[test]
fn a_limit_of_one_channel_holds_for_that_channel_only() {
    let mut other = with_channel(limits::Channel::from("CARD_X"));
    let mut refused = with_channel(limits::Channel::CARD_A);
    let mut warned = with_channel(limits::Channel::CARD_B);
    for request in [&mut other, &mut refused, &mut warned] {
        request.partner_reference_no = "REF-000000001".into();
    }

    assert_eq!(printed(&other), [""; 0]);
    assert_eq!(
        printed(&refused),
        [
            "additionalInfo.checks[] is missing; required for the channel CARD_A (a library (commit \
             1234567))",
            "partnerReferenceNo has 13 characters; at most 12 for the channel CARD_A, or no refund \
             is possible later (a library (commit 1234567))",
        ]
    );
    assert_eq!(
        printed(&warned),
        [
            "partnerReferenceNo has 13 characters; at least 32 for the channel CARD_B (a library \
             (commit 1234567))",
            "urgent is missing; required for the channel CARD_B (a standard)",
        ]
    );
    let is_refused = |request: &limits::PayItemRequest| {
        let findings = request.limits();
        findings
            .iter()
            .map(LimitFinding::is_refused)
            .collect::<Vec<_>>()
    };
    assert_eq!(is_refused(&refused), [false, true]);
    assert_eq!(is_refused(&warned), [false, false]);
}

#[test]
fn limits_are_looked_at_in_optional_objects_and_in_lists() {
    let mut request = with_channel(limits::Channel::from("CARD_LONG"));
    let info = request.additional_info.as_mut().unwrap();
    info.origin = Some(
        limits::PayItemRequestAdditionalInfoOrigin::builder()
            .country("IDN")
            .build(),
    );
    let part = |no: &str| {
        limits::PayItemRequestAdditionalInfoChecksItemPartsItem::builder()
            .part_no(no)
            .build()
    };
    let check = limits::PayItemRequestAdditionalInfoChecksItem::builder()
        .name("abcd")
        .price(Amount::idr(1))
        .parts(vec![part("1"), part("23")])
        .build();
    info.checks = vec![check.clone(), check];

    let members: Vec<&str> = request.limits().iter().map(LimitFinding::member).collect();

    let (name, part) = (
        "additionalInfo.checks[].name",
        "additionalInfo.checks[].parts[].partNo",
    );
    assert_eq!(
        members,
        [
            "additionalInfo.channel",
            name,
            part,
            name,
            part,
            "additionalInfo.origin.country",
        ]
    );
}

#[test]
fn the_examples_of_a_page_are_read() {
    let request: examples::BuyItemRequest =
        read(r#"{"partnerReferenceNo":"INV-1","phoneNo":81212340010,"lines":[{"lineNo":1}]}"#);
    let answer: examples::BuyItemResponse =
        read(r#"{"latestTransactionStatus":0,"detailData":{"no":7},"note":"","done":true}"#);

    assert_eq!(request.phone_no.as_deref(), Some("81212340010"));
    assert_eq!(request.lines[0].line_no.as_deref(), Some("1"));
    assert_eq!(answer.detail_data[0].no.as_deref(), Some("7"));
    assert_eq!(answer.done.as_deref(), Some("true"));
}
