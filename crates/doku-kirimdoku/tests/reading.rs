//! The shapes in which DOKU answers a balance inquiry, on the page and in reality.

use doku_kirimdoku::{BalanceInquiryRequest, BalanceInquiryResponse};
use serde_json::{Error, json};
use snap_core::Amount;

fn read(json: &str) -> Result<BalanceInquiryResponse, Error> {
    serde_json::from_str(json)
}

/// The first item's available balance in a body with these members in `accountInfos`.
fn available(members: &str) -> Result<Option<String>, Error> {
    let response = read(&format!(r#"{{"accountInfos": [{{{members}}}]}}"#))?;
    let balance = response.account_infos[0].available_balance.as_ref();
    Ok(balance.map(|amount| amount.value().to_owned()))
}

#[test]
fn account_infos_is_read_from_the_object_on_the_page() -> Result<(), Error> {
    let response =
        read(r#"{"accountInfos": {"holdAmount": {"value": "1.00", "currency": "IDR"}}}"#)?;

    let held: Vec<_> = response
        .account_infos
        .iter()
        .map(|info| info.hold_amount.clone())
        .collect();
    assert_eq!(held, [Some(Amount::idr(1))]);
    Ok(())
}

#[test]
fn account_infos_is_read_from_the_list_that_is_sent() -> Result<(), Error> {
    let response = read(r#"{"accountInfos": [{}, {"holdAmount": {"value": "2.00"}}]}"#)?;

    assert_eq!(response.account_infos.len(), 2);
    assert_eq!(response.account_infos[0].hold_amount, None);
    Ok(())
}

#[test]
fn account_infos_is_empty_when_it_is_null_or_an_empty_text() -> Result<(), Error> {
    for json in [r#"{"accountInfos": ""}"#, r#"{"accountInfos": null}"#] {
        assert!(read(json)?.account_infos.is_empty(), "{json}");
    }
    Ok(())
}

#[test]
fn both_spellings_of_the_available_balance_are_read() -> Result<(), Error> {
    let page = r#""avaliableBalance": {"value": "1.00", "currency": "IDR"}"#;
    let live = r#""availableBalance": {"value": "2.00", "currency": "IDR"}"#;

    assert_eq!(available(page)?.as_deref(), Some("1.00"));
    assert_eq!(available(live)?.as_deref(), Some("2.00"));
    Ok(())
}

#[test]
fn the_documented_spelling_wins_in_either_order() -> Result<(), Error> {
    let page = r#""avaliableBalance": {"value": "1.00", "currency": "IDR"}"#;
    let live = r#""availableBalance": {"value": "2.00", "currency": "IDR"}"#;

    assert_eq!(
        available(&format!("{page}, {live}"))?.as_deref(),
        Some("1.00")
    );
    assert_eq!(
        available(&format!("{live}, {page}"))?.as_deref(),
        Some("1.00")
    );
    Ok(())
}

#[test]
fn amounts_are_read_from_text_and_numbers_with_their_digits() -> Result<(), Error> {
    for value in [r#""9007199254740993.25""#, "9007199254740993.25"] {
        let member = format!(r#""avaliableBalance": {{"value": {value}, "currency": "IDR"}}"#);
        assert_eq!(
            available(&member)?.as_deref(),
            Some("9007199254740993.25"),
            "{value}"
        );
    }
    Ok(())
}

#[test]
fn text_is_read_from_a_number() -> Result<(), Error> {
    let response = read(r#"{"name": 4187900000000000000001}"#)?;

    assert_eq!(response.name.as_deref(), Some("4187900000000000000001"));
    Ok(())
}

#[test]
fn undocumented_members_of_additional_info_are_kept() -> Result<(), Error> {
    let response = read(r#"{"additionalInfo": {"new": [1], "creditAlertLimit": {"value": 5}}}"#)?;

    let info = response.additional_info.unwrap();
    assert_eq!(info.extra.get("new"), Some(&json!([1])));
    assert_eq!(info.extra.len(), 1);
    assert!(info.credit_alert_limit.is_some());
    Ok(())
}

#[test]
fn an_answer_without_any_member_is_readable() -> Result<(), Error> {
    let response = read(r#"{"responseCode": "2001100"}"#)?;

    assert_eq!(response, read("{}")?);
    assert_eq!(serde_json::to_value(&response)?, json!({}));
    Ok(())
}

#[test]
fn a_shape_that_is_not_modelled_is_an_error() {
    for json in [
        r#"{"name": {}}"#,
        r#"{"accountInfos": 5}"#,
        r#"{"additionalInfo": []}"#,
    ] {
        assert!(read(json).is_err(), "{json}");
    }
}

#[test]
fn a_request_holds_only_what_was_set() -> Result<(), Error> {
    let bare = BalanceInquiryRequest::builder()
        .account_no("A41879")
        .build();
    let full = BalanceInquiryRequest::builder()
        .account_no("A41879")
        .partner_reference_no("INQ-1")
        .build();

    assert_eq!(serde_json::to_value(&bare)?, json!({"accountNo": "A41879"}));
    let expected = json!({"accountNo": "A41879", "partnerReferenceNo": "INQ-1"});
    assert_eq!(serde_json::to_value(&full)?, expected);
    Ok(())
}
