//! Where DOKU's pages, the standard and other clients contradict each other about Kirim DOKU, and
//! which side the client takes. kd_01 to kd_13 number the contradictions; each has a test, or
//! several, of its name.
//!
//! Two of them belong to the receiving side and are tests of `snap-inbound`: kd_10 (the signature of
//! notices) and kd_11 (`status` in the answer to one).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::sync::Arc;

use doku_kirimdoku::*;
use serde_json::json;
use snap_core::{Amount, B2b, Method, Operation, OperationInfo, OperationKind, TransactionStatus};
use snap_sandbox::Sandbox;
use snap_suite::client_for;

use support::{
    Doku, TOKEN, assert_all_accepted, check, check_code_forms, is_required, outputs, read,
    specification, written,
};

fn kirim(doku: &Arc<Doku>) -> Kirimdoku {
    Kirimdoku::from(doku.client())
}

fn inquiry() -> BankAccountInquiryRequest {
    let info = BankAccountInquiryRequestAdditionalInfo::builder()
        .beneficiary_bank_code(BankCode::BCA)
        .beneficiary_account_name("FHILEA HERMANUS")
        .sender_country_code("ID")
        .build();
    BankAccountInquiryRequest::builder()
        .partner_reference_no("INQ-1")
        .customer_number("628115678890")
        .amount(Amount::idr(200_000))
        .beneficiary_account_number("8377388292")
        .additional_info(info)
        .build()
}

fn transfer(session_id: &str) -> TransferBankRequest {
    let info = TransferBankRequestAdditionalInfo::builder()
        .beneficiary_account_name("FHILEA HERMANUS")
        .beneficiary_first_name("FHILEA")
        .beneficiary_last_name("HERMANUS")
        .beneficiary_phone_number("628115678890")
        .sender_country_code("ID")
        .sender_first_name("BUDI")
        .sender_last_name("SANTOSO")
        .sender_personal_id("3171234567890001")
        .sender_personal_id_type("KTP")
        .build();
    TransferBankRequest::builder("TRF-1")
        .customer_number("628115678890")
        .beneficiary_account_number("8377388292")
        .beneficiary_bank_code(BankCode::BCA)
        .amount(Amount::idr(200_000))
        .session_id(session_id)
        .additional_info(info)
        .build()
}

fn status() -> CheckStatusRequest {
    CheckStatusRequest::builder()
        .original_partner_reference_no("TRF-1")
        .build()
}

fn balance(account_no: &str) -> BalanceInquiryRequest {
    BalanceInquiryRequest::builder()
        .account_no(account_no)
        .build()
}

/// One call of each operation.
async fn call_all(kirim: &Kirimdoku) {
    kirim.balance_inquiry(&balance("A41879")).await.unwrap();
    kirim.bank_account_inquiry(&inquiry()).await.unwrap();
    kirim
        .transfer_bank(&transfer("I0438729855304540"))
        .await
        .unwrap();
    kirim.check_status(&status()).await.unwrap();
}

/// The check status at another path.
#[derive(Debug)]
struct StatusElsewhere;

impl Operation for StatusElsewhere {
    type Request = CheckStatusRequest;
    type Response = CheckStatusResponse;
    type Auth = B2b;
    const INFO: OperationInfo = OperationInfo::new(
        "statusElsewhere",
        Method::POST,
        "/snap/v1.1/transfer/status",
        "53",
        OperationKind::Read,
    )
    .with_channel_id();
}

#[tokio::test]
async fn kd_01_the_status_is_asked_at_the_documented_path_or_at_one_of_the_callers_own() {
    let doku = Doku::saying(r#"{"responseCode":2005300,"latestTransactionStatus":"00"}"#);

    let documented = kirim(&doku).check_status(&status()).await.unwrap();
    let first = doku.last();
    let client = doku.client();
    let elsewhere = client.call::<StatusElsewhere>(&status()).await.unwrap();
    let second = doku.last();

    assert_eq!(first.path, "/snap/v1.1/qr/qr-mpm-status");
    assert_eq!(second.path, "/snap/v1.1/transfer/status");
    assert_eq!(first.body, second.body);
    for answer in [documented, elsewhere] {
        let status = answer.into_body().latest_transaction_status;
        assert_eq!(status, Some(TransactionStatus::SUCCESS));
    }
}

#[tokio::test]
async fn kd_02_the_service_code_of_a_status_is_43_unless_the_caller_sets_another() {
    let doku = Doku::content();
    let other = CheckStatusRequest::builder()
        .original_partner_reference_no("TRF-1")
        .service_code("53")
        .build();

    kirim(&doku).check_status(&status()).await.unwrap();

    let expected = json!({"originalPartnerReferenceNo": "TRF-1", "serviceCode": "43"});
    assert_eq!(doku.last().json(), expected);
    assert_eq!(written(&other)["serviceCode"], json!("53"));
    check::<CheckStatusResponse>(
        r#"{"serviceCode": @}"#,
        |answer| answer.service_code.as_deref(),
        &[
            ("43", Some("43")),
            (r#""43""#, Some("43")),
            ("7", Some("07")),
        ],
    );
}

#[test]
fn kd_03_the_balances_are_read_from_object_and_list_in_both_spellings() {
    for name in ["avaliableBalance", "availableBalance"] {
        for value in ["50000.00", r#""50000.00""#] {
            let info = format!(r#"{{"{name}": {{"value": {value}, "currency": "IDR"}}}}"#);
            for shape in [info.clone(), format!("[{info}]")] {
                let answer: BalanceInquiryResponse =
                    read(&format!(r#"{{"accountInfos": {shape}}}"#));

                assert_eq!(answer.account_infos.len(), 1, "{shape}");
                let balance = answer.account_infos[0].available_balance.as_ref();
                assert_eq!(balance.map(Amount::value), Some("50000.00"), "{shape}");
            }
        }
    }
}

#[tokio::test]
async fn kd_04_the_inquiry_always_has_bank_code_account_name_and_country() {
    let doku = Doku::content();

    kirim(&doku).bank_account_inquiry(&inquiry()).await.unwrap();

    let expected = json!({
        "beneficiaryBankCode": "014",
        "beneficiaryAccountName": "FHILEA HERMANUS",
        "senderCountryCode": "ID",
    });
    assert_eq!(doku.last().json()["additionalInfo"], expected);
    for member in [
        "beneficiaryBankCode",
        "beneficiaryAccountName",
        "senderCountryCode",
    ] {
        assert!(
            is_required(&inquiry(), &format!("/additionalInfo/{member}")),
            "{member}"
        );
    }
    assert!(is_required(&inquiry(), "/additionalInfo"));
    assert!(
        !is_required(&inquiry(), "/partnerReferenceNo"),
        "the page says so"
    );
}

#[test]
fn kd_05_the_amount_of_a_transfer_is_read_from_plain_text_and_from_an_object() {
    for (form, currency) in [
        (r#""50000.00""#, None),
        ("50000.00", None),
        (r#"{"value": "50000.00", "currency": "IDR"}"#, Some("IDR")),
        (r#"{"value": 50000.00, "currency": "IDR"}"#, Some("IDR")),
    ] {
        let json = format!(r#"{{"additionalInfo": {{"amount": {form}}}}}"#);
        let answer: TransferBankResponse = read(&json);
        let amount = answer.additional_info.unwrap().amount.unwrap();

        assert_eq!(
            (amount.value(), amount.currency()),
            ("50000.00", currency),
            "{json}"
        );
    }
}

#[test]
fn kd_06_the_bank_code_is_inside_additional_info_in_the_inquiry_and_at_the_top_in_the_transfer() {
    let (inquiry, transfer) = (written(&inquiry()), written(&transfer("I0438729855304540")));

    assert_eq!(
        inquiry["additionalInfo"]["beneficiaryBankCode"],
        json!("014")
    );
    assert!(inquiry.get("beneficiaryBankCode").is_none(), "{inquiry}");
    assert_eq!(transfer["beneficiaryBankCode"], json!("014"));
    let info = &transfer["additionalInfo"];
    assert!(info.get("beneficiaryBankCode").is_none(), "{transfer}");
}

#[tokio::test]
async fn kd_07_every_call_carries_the_channel_id_that_is_configured() {
    let doku = Doku::content();

    call_all(&kirim(&doku)).await;

    let channels: Vec<_> = doku
        .calls()
        .iter()
        .map(|it| it.header("CHANNEL-ID").to_owned())
        .collect();
    assert_eq!(channels, ["H2H"; 4]);
    for (path, text) in outputs("kirimdoku", "doku-kirimdoku") {
        assert!(!text.contains("`KD`"), "{}", path.display());
    }
}

#[tokio::test]
async fn kd_08_every_call_carries_the_token_that_the_parameter_lists_leave_out() {
    let doku = Doku::content();

    call_all(&kirim(&doku)).await;

    assert_eq!(doku.calls().len(), 4);
    for call in doku.calls() {
        assert_eq!(
            call.header("Authorization"),
            format!("Bearer {TOKEN}"),
            "{}",
            call.path
        );
        assert!(!call.has("Authorization-Customer"), "{}", call.path);
    }
}

#[tokio::test]
async fn kd_09_response_codes_are_read_from_number_and_text() {
    check_code_forms::<BankAccountInquiry>("2004200").await;
    check_code_forms::<BalanceInquiry>("2001100").await;
    check_code_forms::<TransferBank>("2004300").await;
    check_code_forms::<CheckStatus>("2005300").await;
    check::<CheckStatusResponse>(
        r#"{"originalResponseCode": @}"#,
        |answer| answer.original_response_code.as_deref(),
        &[
            ("0", Some("0")),
            (r#""0""#, Some("0")),
            (r#""2004300""#, Some("2004300")),
        ],
    );
}

#[test]
fn kd_12_the_channel_is_called_channel_code_and_sent_only_if_it_is_set() {
    let (mut inquiry, mut transfer) = (inquiry(), transfer("I0438729855304540"));
    for bare in [written(&inquiry), written(&transfer)] {
        assert!(
            bare["additionalInfo"].get("channelCode").is_none(),
            "{bare}"
        );
    }

    inquiry.additional_info.channel_code = Some("11".to_owned());
    transfer.additional_info.channel_code = Some("11".to_owned());

    for full in [written(&inquiry), written(&transfer)] {
        let info = &full["additionalInfo"];
        assert_eq!(info["channelCode"], json!("11"));
        assert!(
            info.get("channel").is_none() && info.get("channel.code").is_none(),
            "{full}"
        );
    }
}

#[test]
fn kd_13_no_address_of_the_documentation_is_a_path_of_the_api() {
    let specification = specification("kirimdoku");
    let paths: Vec<&String> = specification["paths"].as_object().unwrap().keys().collect();

    let mut called = [
        BalanceInquiry::INFO.path(),
        BankAccountInquiry::INFO.path(),
        TransferBank::INFO.path(),
        CheckStatus::INFO.path(),
    ];
    called.sort_unstable();

    assert!(
        called.iter().all(|path| path.starts_with("/snap/v1.1/")),
        "{called:?}"
    );
    let mut listed: Vec<&str> = paths.iter().map(|path| path.as_str()).collect();
    listed.sort_unstable();
    assert_eq!(listed, called);
}

#[test]
fn every_contradiction_has_a_test_but_those_of_the_receiving_side() {
    let here = include_str!("anomalies_kirimdoku.rs");

    for id in (1..=13).filter(|id| ![10, 11].contains(id)) {
        assert!(here.contains(&format!("fn kd_{id:02}_")), "kd_{id:02}");
    }
}

/// Not a contradiction, but what all of these tests rest on: the calls as they are written here are
/// accepted by an independent judge.
#[tokio::test]
async fn the_requests_of_these_tests_are_accepted_by_the_local_sandbox() {
    let sandbox = Sandbox::builder()
        .customers_approve(true)
        .start()
        .await
        .unwrap();
    let kirim = Kirimdoku::from(client_for(&sandbox).unwrap());

    let asked = kirim.bank_account_inquiry(&inquiry()).await.unwrap();
    let session_id = asked.into_body().session_id.unwrap();
    kirim.transfer_bank(&transfer(&session_id)).await.unwrap();
    kirim.check_status(&status()).await.unwrap();

    assert_all_accepted(&sandbox, 4);
}
