//! What DOKU's wallet page shows and does not mean, and how it is read and sent. W-01 to W-45 number
//! the anomalies of the page (<https://developers.doku.com/accept-payment/direct-api/snap/integration-guide/e-wallet/doku-wallet>);
//! each has a test, or several, of its name.

mod support;

use std::{sync::Arc, time::Duration};

use doku_wallet::*;
use serde_json::{Value, json};
use snap_core::{
    Amount, AuthCode, B2b, Client, CustomerToken, Error, Method, Operation, OperationInfo,
    OperationKind, SecretText, Stage, StatusClass, TransactionStatus, WireTime,
};
use snap_sandbox::Sandbox;
use snap_sign::{
    AccessToken, BodyDigest, ClientId, ClientSecret, HmacKey, PublicKey, StringToSign,
    TokenStringToSign,
};
use snap_suite::config_for;

use support::{
    CLIENT_ID, CUSTOMER_TOKEN, Doku, HandClock, TOKEN, answered, assert_all_accepted, check,
    check_code_forms, check_number_and_text, config, customer_token, customer_token_answer,
    is_required, outputs, read, specification, token_answer, written,
};

const JAKARTA: i32 = 7 * 60;

/// The operations for one customer, against a scripted DOKU.
fn customer(doku: &Arc<Doku>) -> Customer {
    Wallet::from(doku.client()).customer(CustomerToken::new(CUSTOMER_TOKEN))
}

fn purchase() -> PurchaseRequest {
    let back = PurchaseRequestUrlParamItem::builder()
        .merchant_id(CLIENT_ID)
        .url("https://merchant.example/back")
        .build();
    PurchaseRequest::builder("INV-1")
        .amount(Amount::idr(10_000))
        .url_param(back)
        .build()
}

fn purchase_status() -> PurchaseStatusRequest {
    PurchaseStatusRequest::builder()
        .partner_reference_no("INV-1")
        .transaction_date("2022-11-16T15:13:00+07:00")
        .build()
}

fn refund() -> PurchaseRefundRequest {
    PurchaseRefundRequest::builder("123456")
        .original_partner_reference_no("INV-1")
        .reason("sold out")
        .build()
}

fn history() -> TransactionHistoryListRequest {
    TransactionHistoryListRequest::builder()
        .partner_reference_no("HIST-1")
        .from_date_time("2022-11-01T00:00:00+07:00")
        .to_date_time("2022-11-30T00:00:00+07:00")
        .page_size("10")
        .page_number("0")
        .build()
}

fn unbinding() -> AccountUnbindingRequest {
    let from = AccountUnbindingRequestAdditionalInfo::builder()
        .channel("mobile")
        .device_id("12345679237")
        .phone_no("628802100004")
        .build();
    AccountUnbindingRequest::builder()
        .partner_reference_no("UNB-1")
        .link_id("SnpFXl9hINuzcA9gxGwgcJk8")
        .merchant_id("3189")
        .additional_info(from)
        .build()
}

fn bank_account_inquiry() -> BankAccountInquiryRequest {
    let bank = BankAccountInquiryRequestAdditionalInfo::builder()
        .bank_code("014")
        .build();
    BankAccountInquiryRequest::builder()
        .partner_reference_no("INQ-1")
        .customer_number("628115678890")
        .amount(Amount::idr(10_000))
        .beneficiary_account_number("8377388292")
        .additional_info(bank)
        .build()
}

fn amount(amount: &Option<Amount>) -> Option<&str> {
    amount.as_ref().map(Amount::value)
}

fn time(time: &Option<WireTime>) -> Option<&str> {
    time.as_ref().map(WireTime::as_str)
}

fn status(status: &Option<TransactionStatus>) -> Option<&str> {
    status.as_ref().map(TransactionStatus::as_str)
}

fn secret(secret: &Option<SecretText>) -> Option<&str> {
    secret.as_ref().map(SecretText::expose)
}

#[tokio::test]
async fn w_01_the_timestamp_has_seconds_and_offset_and_is_signed_as_it_is_sent() {
    let clock = HandClock::at("2022-11-15T16:01:23+07:00");
    let doku = Doku::content();
    let client = doku.client_with(config().with_clock(Arc::clone(&clock)));

    let wallet = Wallet::from(client).customer(CustomerToken::new(CUSTOMER_TOKEN));
    wallet.purchase(&purchase()).await.unwrap();

    for request in doku.requests() {
        assert_eq!(request.header("X-TIMESTAMP"), "2022-11-15T16:01:23+07:00");
    }
    let sent = doku.last();
    let key = HmacKey::new(&ClientSecret::new(support::SECRET));
    let verify = |timestamp: &str| {
        let signed = StringToSign {
            method: "POST",
            path: "/snap-adapter/b2b2c/v1.0/debit/payment-host-to-host",
            access_token: &AccessToken::new(TOKEN),
            body_digest: &BodyDigest::of_json(&sent.body).unwrap(),
            timestamp,
        };
        key.verify(&signed, sent.header("X-SIGNATURE"))
    };
    assert_eq!(verify(sent.header("X-TIMESTAMP")), Ok(()));
    assert!(verify("2022-11-15T09:01:23Z").is_err(), "the same moment");
}

#[tokio::test]
async fn w_02_the_token_request_is_signed_with_rsa_and_not_symmetrically() {
    let sandbox = Sandbox::start().await.unwrap();
    let doku = Doku::in_front_of(&sandbox);
    let client = doku.client_with(config_for(&sandbox).unwrap());

    client.token(Duration::ZERO).await.unwrap();

    let sent = doku.requests().remove(0);
    let client_id = ClientId::new(&sandbox.merchant().client_id).unwrap();
    let text = TokenStringToSign {
        client_id: &client_id,
        timestamp: sent.header("X-TIMESTAMP"),
    };
    let key = PublicKey::from_pem(sandbox.merchant().public_key_pem.as_bytes()).unwrap();
    let signature = sent.header("X-SIGNATURE");
    assert_eq!(key.verify(text.join().as_bytes(), signature), Ok(()));
    assert_eq!(signature.len(), 344, "base64 of 256 bytes");
    assert_eq!(sandbox.requests()[0].verdict, "ok");
}

#[tokio::test]
async fn w_03_the_response_code_is_read_from_number_and_text() {
    check_code_forms::<AccountCreation>("2000600").await;
    check_code_forms::<OtpVerification>("2000400").await;
    check_code_forms::<AccountBinding>("2000700").await;
    check_code_forms::<AccountInquiry>("2000800").await;
    check_code_forms::<AccountUnbinding>("2000900").await;
    check_code_forms::<BalanceInquiry>("2001100").await;
    check_code_forms::<Purchase>("2005400").await;
    check_code_forms::<PurchaseStatus>("2005500").await;
    check_code_forms::<PurchaseCancel>("2005700").await;
    check_code_forms::<PurchaseRefund>("2005800").await;
    check_code_forms::<TransactionHistoryList>("2001200").await;
    check_code_forms::<TransactionHistoryDetail>("2001300").await;
}

#[tokio::test]
async fn w_03_a_wrong_otp_is_refused_with_its_code_in_both_forms() {
    for code in ["4040415", r#""4040415""#] {
        let answer = format!(r#"{{"responseCode":{code},"responseMessage":"Invalid OTP"}}"#);
        let error = answered::<OtpVerification>(answer).await.unwrap_err();

        assert_eq!(error.stage(), Stage::Refused, "{code}");
        assert_eq!(error.response_code().unwrap().as_str(), "4040415", "{code}");
    }
}

#[tokio::test]
async fn w_04_the_phone_number_is_sent_as_text_and_with_its_country_code() {
    let request = |phone_no: &str| {
        AccountCreationRequest::builder()
            .partner_reference_no("f1a69bce-41bc-4abd-8c5c-01910574e404")
            .name("SNAPaccount11230010")
            .phone_no(phone_no)
            .email("SNAPaccount11230010@doku.com")
            .redirect_url("https://doku.com")
            .build()
    };
    let doku = Doku::content();

    let wallet = Wallet::from(doku.client());
    wallet
        .account_creation(&request("6281212340010"))
        .await
        .unwrap();

    assert_eq!(doku.last().json()["phoneNo"], json!("6281212340010"));
    assert_eq!(request("6281212340010").limits(), []);
    let findings = request("81212340010").limits();
    let members: Vec<_> = findings.iter().map(|finding| finding.member()).collect();
    assert_eq!(members, ["phoneNo"], "as the page prints it");
    assert!(!findings[0].is_refused());
}

#[test]
fn w_05_the_phone_number_is_read_from_number_and_text_and_sent_as_text() {
    check_number_and_text::<OtpVerificationResponse>(
        r#"{"phoneNo": @}"#,
        |answer| answer.phone_no.as_deref(),
        "857100006",
    );
    check_number_and_text::<AccountUnbindingResponse>(
        r#"{"additionalInfo": {"phoneNo": @}}"#,
        |answer| answer.additional_info.as_ref()?.phone_no.as_deref(),
        "1802100004",
    );

    let sent = written(&unbinding());
    assert_eq!(sent["additionalInfo"]["phoneNo"], json!("628802100004"));
}

#[test]
fn w_06_the_device_id_is_read_from_number_and_text_and_sent_as_text() {
    check_number_and_text::<OtpVerificationResponse>(
        r#"{"additionalInfo": {"deviceId": @}}"#,
        |answer| answer.additional_info.as_ref()?.device_id.as_deref(),
        "12345679237",
    );
    check_number_and_text::<AccountUnbindingResponse>(
        r#"{"additionalInfo": {"deviceId": @}}"#,
        |answer| answer.additional_info.as_ref()?.device_id.as_deref(),
        "12345679237",
    );

    let sent = written(&unbinding());
    assert_eq!(sent["additionalInfo"]["deviceId"], json!("12345679237"));
}

#[test]
fn w_07_the_public_user_id_is_read_from_number_and_text() {
    check_number_and_text::<AccountBindingResponse>(
        r#"{"userInfo": {"publicUserId": @}}"#,
        |answer| answer.user_info.as_ref()?.public_user_id.as_deref(),
        "1120340010",
    );
}

#[test]
fn w_08_the_account_number_is_read_from_number_and_text() {
    check_number_and_text::<AccountInquiryResponse>(
        r#"{"accountNo": @}"#,
        |answer| answer.account_no.as_deref(),
        "1508091937",
    );
    check_number_and_text::<BalanceInquiryResponse>(
        r#"{"accountNo": @}"#,
        |answer| answer.account_no.as_deref(),
        "17139626343",
    );
    // A leading zero, where the text has one, stays.
    check::<AccountInquiryResponse>(
        r#"{"accountNo": @}"#,
        |answer| answer.account_no.as_deref(),
        &[(r#""0508091937""#, Some("0508091937"))],
    );
}

#[test]
fn w_09_remarks_and_merchant_id_are_read_from_any_scalar_and_not_swapped_back() {
    let forms = [
        ("3189", Some("3189")),
        (r#""3189""#, Some("3189")),
        (
            r#""Already bound with related merchant""#,
            Some("Already bound with related merchant"),
        ),
        ("true", Some("true")),
        ("null", None),
    ];
    check::<AccountInquiryResponse>(
        r#"{"additionalInfo": {"remarks": @}}"#,
        |answer| answer.additional_info.as_ref()?.remarks.as_deref(),
        &forms,
    );
    check::<AccountInquiryResponse>(
        r#"{"additionalInfo": {"merchantId": @}}"#,
        |answer| answer.additional_info.as_ref()?.merchant_id.as_deref(),
        &forms,
    );

    let page: AccountInquiryResponse = read(
        r#"{"additionalInfo": {"remarks": 3189, "merchantId": "Already bound with related merchant"}}"#,
    );
    let info = page.additional_info.unwrap();
    assert_eq!(info.remarks.as_deref(), Some("3189"));
    assert_eq!(
        info.merchant_id.as_deref(),
        Some("Already bound with related merchant")
    );
}

#[test]
fn w_10_the_merchant_id_is_read_from_number_and_text_and_sent_as_text() {
    check_number_and_text::<AccountUnbindingResponse>(
        r#"{"merchantId": @}"#,
        |answer| answer.merchant_id.as_deref(),
        "3189",
    );

    assert_eq!(written(&unbinding())["merchantId"], json!("3189"));
}

#[test]
fn w_11_the_doku_id_is_read_from_number_and_text() {
    check_number_and_text::<PurchaseResponse>(
        r#"{"additionalInfo": {"dokuId": @}}"#,
        |answer| answer.additional_info.as_ref()?.doku_id.as_deref(),
        "1455340004",
    );
}

#[test]
fn w_12_the_approval_code_is_read_from_number_and_text() {
    check_number_and_text::<PurchaseStatusResponse>(
        r#"{"approvalCode": @}"#,
        |answer| answer.approval_code.as_deref(),
        "319955",
    );
}

#[test]
fn w_13_the_service_code_is_read_from_text_and_number_and_padded() {
    check::<PurchaseStatusResponse>(
        r#"{"serviceCode": @}"#,
        |answer| answer.service_code.as_deref(),
        &[
            ("17", Some("17")),
            (r#""17""#, Some("17")),
            ("7", Some("07")),
            (r#""7""#, Some("07")),
            (r#""07""#, Some("07")),
            ("null", None),
        ],
    );

    assert_eq!(written(&purchase_status())["serviceCode"], json!("17"));
}

#[test]
fn w_14_the_status_is_read_from_text_and_number_and_padded() {
    check::<PurchaseStatusResponse>(
        r#"{"latestTransactionStatus": @}"#,
        |answer| status(&answer.latest_transaction_status),
        &[
            ("0", Some("00")),
            (r#""0""#, Some("00")),
            (r#""00""#, Some("00")),
            ("3", Some("03")),
            (r#""06""#, Some("06")),
            ("null", None),
        ],
    );

    let page: PurchaseStatusResponse = read(r#"{"latestTransactionStatus": 0}"#);
    let success = page.latest_transaction_status.unwrap();
    assert_eq!(success, TransactionStatus::SUCCESS);
    assert_eq!(success.class(), StatusClass::Final);
}

#[test]
fn w_15_the_original_response_code_is_read_from_number_and_text() {
    check_number_and_text::<PurchaseStatusResponse>(
        r#"{"originalResponseCode": @}"#,
        |answer| answer.original_response_code.as_deref(),
        "2005500",
    );
}

#[test]
fn w_16_the_refund_numbers_are_read_from_number_and_text_and_sent_as_text() {
    check_number_and_text::<PurchaseRefundResponse>(
        r#"{"refundNo": @}"#,
        |answer| answer.refund_no.as_deref(),
        "123456",
    );
    check_number_and_text::<PurchaseRefundResponse>(
        r#"{"partnerRefundNo": @}"#,
        |answer| answer.partner_refund_no.as_deref(),
        "123456",
    );

    assert_eq!(written(&refund())["partnerRefundNo"], json!("123456"));
}

#[test]
fn w_17_the_transaction_id_is_read_from_number_and_text() {
    check_number_and_text::<TransactionHistoryListResponse>(
        r#"{"additionalInfo": {"transactionId": @}}"#,
        |answer| answer.additional_info.as_ref()?.transaction_id.as_deref(),
        "678354996",
    );
    check_number_and_text::<TransactionHistoryListResponse>(
        r#"{"detailData": [{"additionalInfo": {"transactionId": @}}]}"#,
        |answer| {
            let info = answer.detail_data.first()?.additional_info.as_ref()?;
            info.transaction_id.as_deref()
        },
        "678354996",
    );
}

#[test]
fn w_18_amounts_are_read_from_number_and_text_with_their_digits() {
    for digits in [
        "1095086.98",
        "0",
        "1700.77",
        "10000",
        "12.5",
        "9007199254740993.25",
    ] {
        check_number_and_text::<BalanceInquiryResponse>(
            r#"{"accountInfo": {"amount": {"value": @, "currency": "IDR"}}}"#,
            |answer| amount(&answer.account_infos.first()?.amount),
            digits,
        );
        check_number_and_text::<PurchaseStatusResponse>(
            r#"{"transAmount": {"value": @, "currency": "IDR"}}"#,
            |answer| amount(&answer.trans_amount),
            digits,
        );
        check_number_and_text::<TransactionHistoryListResponse>(
            r#"{"detailData": {"amount": {"value": @, "currency": "IDR"}}}"#,
            |answer| amount(&answer.detail_data.first()?.amount),
            digits,
        );
        check_number_and_text::<TransactionHistoryDetailResponse>(
            r#"{"amount": {"value": @, "currency": "IDR"}}"#,
            |answer| amount(&answer.amount),
            digits,
        );
    }

    let page: TransactionHistoryDetailResponse =
        read(r#"{"amount": {"value": 10000, "currency": "IDR"}}"#);
    assert_eq!(page.amount, Some(Amount::idr(10_000)));
}

#[tokio::test]
async fn w_18_amounts_are_sent_as_text_with_two_decimals() {
    for (given, sent) in [
        ("10000", "10000.00"),
        ("10000.5", "10000.50"),
        ("10000.00", "10000.00"),
        ("9007199254740993.25", "9007199254740993.25"),
    ] {
        let doku = Doku::content();
        let mut request = purchase();
        request.amount = Amount::new(given, "IDR").unwrap();

        customer(&doku).purchase(&request).await.unwrap();

        let expected = json!({"value": sent, "currency": "IDR"});
        assert_eq!(doku.last().json()["amount"], expected, "{given}");
    }
}

#[test]
fn w_19_the_references_of_a_purchase_are_read_in_both_spellings() {
    for name in ["ReferenceNo", "referenceNo"] {
        check::<PurchaseResponse>(
            &format!(r#"{{"{name}": @}}"#),
            |answer| answer.reference_no.as_deref(),
            &[
                (r#""c8c7""#, Some("c8c7")),
                ("57", Some("57")),
                ("null", None),
            ],
        );
    }
    for name in ["PartnerReferenceNo", "partnerReferenceNo"] {
        check::<PurchaseResponse>(
            &format!(r#"{{"{name}": @}}"#),
            |answer| answer.partner_reference_no.as_deref(),
            &[
                (r#""c8c7""#, Some("c8c7")),
                ("57", Some("57")),
                ("null", None),
            ],
        );
    }
}

#[test]
fn w_20_the_original_references_are_read_in_both_spellings_and_sent_in_camel_case() {
    let forms = [(r#""4f00""#, Some("4f00")), ("57", Some("57"))];
    for name in ["OriginalReferenceNo", "originalReferenceNo"] {
        let body = format!(r#"{{"{name}": @}}"#);
        check::<PurchaseCancelResponse>(&body, |it| it.original_reference_no.as_deref(), &forms);
        check::<PurchaseRefundResponse>(&body, |it| it.original_reference_no.as_deref(), &forms);
    }
    for name in ["OriginalPartnerReferenceNo", "originalPartnerReferenceNo"] {
        let body = format!(r#"{{"{name}": @}}"#);
        check::<PurchaseCancelResponse>(
            &body,
            |it| it.original_partner_reference_no.as_deref(),
            &forms,
        );
        check::<PurchaseRefundResponse>(
            &body,
            |it| it.original_partner_reference_no.as_deref(),
            &forms,
        );
    }

    let cancel = PurchaseCancelRequest::builder("INV-1")
        .reason("late")
        .build();
    assert_eq!(
        written(&cancel),
        json!({"originalPartnerReferenceNo": "INV-1", "reason": "late"})
    );
    assert_eq!(
        written(&refund())["originalPartnerReferenceNo"],
        json!("INV-1")
    );
}

#[test]
fn w_21_the_amount_of_purchase_and_status_is_sent_as_an_object() {
    let mut status = purchase_status();
    status.amount = Some(Amount::idr(10_000));

    let object = json!({"value": "10000.00", "currency": "IDR"});
    assert_eq!(written(&purchase())["amount"], object);
    assert_eq!(written(&status)["amount"], object);
    assert!(is_required(&purchase(), "/amount"));
    assert!(!is_required(&status, "/amount"));
}

#[tokio::test]
async fn w_22_the_address_to_return_to_is_one_object_with_the_merchant() {
    let doku = Doku::content();

    customer(&doku).purchase(&purchase()).await.unwrap();

    let expected = json!({
        "url": "https://merchant.example/back",
        "type": "PAY_RETURN",
        "isDeepLink": "N",
        "merchantId": CLIENT_ID,
    });
    assert_eq!(doku.last().json()["urlParam"], expected);
    for member in ["url", "type", "isDeepLink", "merchantId"] {
        assert!(
            is_required(&purchase(), &format!("/urlParam/{member}")),
            "{member}"
        );
    }
}

#[tokio::test]
async fn w_22_the_caller_can_choose_the_list() {
    let doku = Doku::content();
    let back = PurchaseRequestUrlParamItem::builder()
        .url("https://merchant.example/back")
        .merchant_id(CLIENT_ID)
        .build();
    let request = PurchaseRequest::builder("INV-1")
        .amount(Amount::idr(10_000))
        .url_param(vec![back])
        .build();

    customer(&doku).purchase(&request).await.unwrap();

    let sent = &doku.last().json()["urlParam"];
    assert_eq!(sent[0]["type"], json!("PAY_RETURN"), "{sent}");
    assert_eq!(sent.as_array().map(Vec::len), Some(1));
}

#[test]
fn w_23_additional_info_is_omitted_unless_it_is_set_and_then_sent_as_an_object() {
    let info = json!({"deviceId": "12345679237"});
    let otp = || {
        OtpVerificationRequest::builder()
            .original_partner_reference_no("REG-1")
            .original_reference_no("d205")
            .otp("123456")
    };
    let cancel = || PurchaseCancelRequest::builder("INV-1").reason("late");
    let mut refund = refund();
    let mut history = history();
    let mut status = purchase_status();

    for bare in [
        written(&otp().build()),
        written(&cancel().build()),
        written(&refund),
        written(&history),
        written(&status),
    ] {
        assert!(bare.get("additionalInfo").is_none(), "{bare}");
    }

    refund.additional_info = Some(info.clone());
    history.additional_info = Some(info.clone());
    status.additional_info = Some(
        PurchaseStatusRequestAdditionalInfo::builder()
            .device_id("12345679237")
            .build(),
    );
    for full in [
        written(&otp().additional_info(info.clone()).build()),
        written(&cancel().additional_info(info.clone()).build()),
        written(&refund),
        written(&history),
        written(&status),
    ] {
        assert_eq!(full["additionalInfo"], info);
    }
}

#[test]
fn w_24_the_basket_is_any_json_of_the_caller_and_omitted_by_default() {
    let promoted = PurchaseRequestAdditionalInfo::builder()
        .promo_code("PROMO-1")
        .build();
    assert_eq!(written(&promoted), json!({"promoCode": "PROMO-1"}));

    for basket in [
        json!("List of basket basket"),
        json!("item,10000.00,1,10000.00;"),
        json!([{"name": "item", "quantity": 1}]),
        json!({"items": []}),
    ] {
        let mut request = purchase();
        request.additional_info = Some(
            PurchaseRequestAdditionalInfo::builder()
                .basket(basket.clone())
                .build(),
        );
        assert_eq!(written(&request)["additionalInfo"]["basket"], basket);
    }
}

#[test]
fn w_25_a_stray_quote_stays_part_of_the_reference_and_is_gone_from_the_example() {
    check::<AccountInquiryResponse>(
        r#"{"referenceNo": @}"#,
        |answer| answer.reference_no.as_deref(),
        &[
            (r#""0987dc7e\"""#, Some("0987dc7e\"")),
            (r#""0987dc7e""#, Some("0987dc7e")),
        ],
    );

    let path = "/snap-adapter/b2b/v1.0/registration-account-inquiry";
    let example = &specification("wallet")["paths"][path]["post"]["x-example-response"];
    assert_eq!(
        example["referenceNo"],
        json!("0987dc7e-a391-420a-887a-425595acaabd")
    );
}

#[test]
fn w_26_a_stray_quote_behind_a_time_is_kept_as_text_and_passed_over_as_time() {
    let page: PurchaseRefundResponse = read(r#"{"refundTime": "2022-11-11T10:02:46+07:00\""}"#);
    let time = page.refund_time.unwrap();

    assert_eq!(time.as_str(), "2022-11-11T10:02:46+07:00\"");
    let right = WireTime::from("2022-11-11T10:02:46+07:00").parse().unwrap();
    assert_eq!(time.parse().unwrap(), right);
    assert_eq!(right.offset_minutes(), Some(JAKARTA));
}

/// The bank account inquiry as DOKU's Android library calls it.
#[derive(Debug)]
struct BankAccountInquiryB2b;

impl Operation for BankAccountInquiryB2b {
    type Request = BankAccountInquiryRequest;
    type Response = BankAccountInquiryResponse;
    type Auth = B2b;
    const INFO: OperationInfo = OperationInfo::new(
        "bankAccountInquiryB2b",
        Method::POST,
        "/snap-adapter/b2b/v1.0/emoney/bank-account-inquiry",
        "42",
        OperationKind::Read,
    );
}

#[tokio::test]
async fn w_27_the_bank_account_inquiry_follows_the_page_and_can_be_called_for_the_merchant() {
    let sandbox = Sandbox::start().await.unwrap();
    let doku = Doku::in_front_of(&sandbox);
    let client = doku.client_with(config_for(&sandbox).unwrap());
    let token = customer_token(&sandbox, "cust-1").await;
    let bearer = format!("Bearer {}", token.expose());

    let wallet = Wallet::from(client.clone()).customer(token);
    wallet
        .bank_account_inquiry(&bank_account_inquiry())
        .await
        .unwrap();
    let page = doku.last();
    let answer = client
        .call::<BankAccountInquiryB2b>(&bank_account_inquiry())
        .await;
    let android = doku.last();

    assert_eq!(
        page.path,
        "/snap-adapter/b2b2c/v1.0/emoney/bank-account-inquiry"
    );
    assert_eq!(page.header("Authorization-Customer"), bearer);
    assert_eq!(answer.unwrap().code().as_str(), "2004200");
    assert_eq!(
        android.path,
        "/snap-adapter/b2b/v1.0/emoney/bank-account-inquiry"
    );
    assert!(!android.has("Authorization-Customer"));
    // Two tokens, two calls.
    assert_all_accepted(&sandbox, 4);
}

#[test]
fn w_28_the_balances_are_read_from_object_and_list_under_both_names() {
    let one = r#"{"balanceType": "Cash", "amount": {"value": 1095086.98, "currency": "IDR"}}"#;
    for name in ["accountInfo", "accountInfos"] {
        for (form, expected) in [
            (one.to_owned(), 1),
            (format!("[{one}]"), 1),
            (format!("[{one}, {one}]"), 2),
            ("[]".to_owned(), 0),
            ("null".to_owned(), 0),
            (r#""""#.to_owned(), 0),
        ] {
            let answer: BalanceInquiryResponse = read(&format!(r#"{{"{name}": {form}}}"#));
            assert_eq!(answer.account_infos.len(), expected, "{name} {form}");
            for info in &answer.account_infos {
                assert_eq!(info.balance_type.as_deref(), Some("Cash"));
                assert_eq!(amount(&info.amount), Some("1095086.98"));
            }
        }
    }
}

#[test]
fn w_29_the_transactions_are_read_from_object_and_list_with_their_ids_in_either_place() {
    let page: TransactionHistoryListResponse = read(
        r#"{
            "detailData": {"dateTime": "2022-11-11T10:51:42+07:00", "status": "SUCCESS", "type": "REFUND"},
            "additionalInfo": {"refId": "Zqxdxfbs_Bcl1lxCWFjbdA", "transactionId": 678354996}
        }"#,
    );
    assert_eq!(page.detail_data.len(), 1);
    assert_eq!(page.detail_data[0].type_.as_deref(), Some("REFUND"));
    let ids = page.additional_info.unwrap();
    assert_eq!(ids.ref_id.as_deref(), Some("Zqxdxfbs_Bcl1lxCWFjbdA"));
    assert_eq!(ids.transaction_id.as_deref(), Some("678354996"));

    let standard: TransactionHistoryListResponse = read(
        r#"{"detailData": [
            {"type": "REFUND", "additionalInfo": {"refId": "Z", "transactionId": 6}},
            {"type": "SEND_MONEY", "additionalInfo": ""}
        ]}"#,
    );
    let kinds: Vec<_> = standard
        .detail_data
        .iter()
        .map(|it| it.type_.as_deref())
        .collect();
    assert_eq!(kinds, [Some("REFUND"), Some("SEND_MONEY")]);
    let ids = standard.detail_data[0].additional_info.as_ref().unwrap();
    assert_eq!(
        (ids.ref_id.as_deref(), ids.transaction_id.as_deref()),
        (Some("Z"), Some("6"))
    );
    assert!(standard.detail_data[1].additional_info.is_none());
}

#[tokio::test]
async fn w_30_page_size_and_number_are_sent_as_text() {
    let doku = Doku::content();

    customer(&doku)
        .transaction_history_list(&history())
        .await
        .unwrap();

    let sent = doku.last().json();
    assert_eq!(
        (&sent["pageSize"], &sent["pageNumber"]),
        (&json!("10"), &json!("0"))
    );
    assert!(is_required(&history(), "/pageSize") && is_required(&history(), "/pageNumber"));
}

#[tokio::test]
async fn w_31_the_purchase_status_names_the_reference_as_the_page_does_and_once() {
    let doku = Doku::content();

    customer(&doku)
        .purchase_status(&purchase_status())
        .await
        .unwrap();

    let expected = json!({
        "partnerReferenceNo": "INV-1",
        "serviceCode": "17",
        "transactionDate": "2022-11-16T15:13:00+07:00",
    });
    assert_eq!(doku.last().json(), expected);
    let answer: PurchaseStatusResponse = read(r#"{"originalPartnerReferenceNo": "INV-1"}"#);
    assert_eq!(
        answer.original_partner_reference_no.as_deref(),
        Some("INV-1")
    );
}

#[test]
fn w_32_the_service_code_of_a_purchase_status_is_17_unless_the_caller_sets_another() {
    let other = PurchaseStatusRequest::builder()
        .partner_reference_no("INV-1")
        .transaction_date("2022-11-16T15:13:00+07:00")
        .service_code("54")
        .build();

    assert_eq!(written(&purchase_status())["serviceCode"], json!("17"));
    assert_eq!(written(&other)["serviceCode"], json!("54"));
}

#[test]
fn w_33_times_with_a_fraction_and_without_an_offset_are_read_and_kept() {
    let page: PurchaseCancelResponse = read(
        r#"{"cancelTime": "2022-10-18T11:15:07.376472", "transactionDate": "2022-10-18T11:11:00"}"#,
    );
    assert_eq!(time(&page.cancel_time), Some("2022-10-18T11:15:07.376472"));
    assert_eq!(time(&page.transaction_date), Some("2022-10-18T11:11:00"));

    let whole = WireTime::from("2022-10-18T11:15:07+07:00").parse().unwrap();
    for digits in 0..=9 {
        let fraction = ["", &format!(".{:0<digits$}", 3)][usize::from(digits > 0)].to_owned();
        for offset in ["", "+07:00"] {
            let json = format!(r#"{{"cancelTime": "2022-10-18T11:15:07{fraction}{offset}"}}"#);
            let answer: PurchaseCancelResponse = read(&json);
            let parsed = answer.cancel_time.unwrap().parse().unwrap();

            assert_eq!(parsed.has_offset(), !offset.is_empty(), "{json}");
            let expected =
                whole.to_system_time(0) + Duration::from_millis(300 * u64::from(digits > 0));
            assert_eq!(parsed.to_system_time(JAKARTA), expected, "{json}");
        }
    }
}

#[tokio::test]
async fn w_34_the_amount_of_a_refund_is_sent_only_if_it_is_set() {
    let doku = Doku::content();
    let mut partial = refund();
    partial.refund_amount = Some(Amount::idr(5_000));

    customer(&doku).purchase_refund(&refund()).await.unwrap();
    let full = doku.last().json();
    customer(&doku).purchase_refund(&partial).await.unwrap();

    assert!(full.get("refundAmount").is_none(), "{full}");
    let expected = json!({"value": "5000.00", "currency": "IDR"});
    assert_eq!(doku.last().json()["refundAmount"], expected);
}

/// Calls with the token of this answer.
async fn call_after(token_answer: impl ToString) -> (Arc<Doku>, Result<(), Error>) {
    let doku = Doku::content();
    doku.say_to_token_requests(token_answer);
    let result = customer(&doku).purchase(&purchase()).await;
    (doku, result.map(drop))
}

#[tokio::test]
async fn w_35_a_token_answer_is_read_with_every_additional_info_and_none_is_sent() {
    let mut answer: Value = read(&token_answer(TOKEN));
    for info in [
        Some(json!("")),
        Some(json!(null)),
        None,
        Some(json!({})),
        Some(json!({"a": [1]})),
    ] {
        let members = answer.as_object_mut().unwrap();
        match &info {
            Some(info) => drop(members.insert("additionalInfo".to_owned(), info.clone())),
            None => drop(members.remove("additionalInfo")),
        }

        let (doku, result) = call_after(&answer).await;

        result.unwrap_or_else(|error| panic!("{info:?}: {error}"));
        assert_eq!(
            doku.last().header("Authorization"),
            format!("Bearer {TOKEN}")
        );
        let asked = &doku.token_requests()[0];
        assert_eq!(asked.body, r#"{"grantType":"client_credentials"}"#);
    }
}

#[tokio::test]
async fn w_35_an_answer_for_a_customer_is_read_with_every_additional_info_and_none_is_sent() {
    let mut answer = customer_token_answer();
    for info in [
        Some(json!("")),
        Some(json!(null)),
        None,
        Some(json!({})),
        Some(json!({"a": [1]})),
    ] {
        let members = answer.as_object_mut().unwrap();
        match &info {
            Some(info) => drop(members.insert("additionalInfo".to_owned(), info.clone())),
            None => drop(members.remove("additionalInfo")),
        }
        let doku = Doku::content();
        doku.say_to_customer_token_requests(&answer);
        let session = doku.client().customer("cust-1");

        session.authorize(&AuthCode::new("CODE-1")).await.unwrap();

        let token = session.token(Duration::ZERO).await.unwrap();
        assert_eq!(token.expose(), CUSTOMER_TOKEN, "{info:?}");
        let asked = &doku.customer_token_requests()[0];
        let expected = json!({"grantType": "authorization_code", "authCode": "CODE-1"});
        assert_eq!(asked.json(), expected);
    }
}

#[tokio::test]
async fn w_36_the_life_of_a_token_is_read_from_text_and_number() {
    for life in [json!("900"), json!(900)] {
        let clock = HandClock::at("2022-11-15T16:01:23+07:00");
        let doku = Doku::content();
        let mut answer: Value = read(&token_answer(TOKEN));
        answer["expiresIn"] = life.clone();
        doku.say_to_token_requests(answer);
        let client = doku.client_with(config().with_clock(Arc::clone(&clock)));
        let requests_after = async |seconds| {
            clock.advance(Duration::from_secs(seconds));
            client.token(Duration::ZERO).await.unwrap();
            doku.token_requests().len()
        };

        assert_eq!(requests_after(0).await, 1, "{life}");
        assert_eq!(requests_after(600).await, 1, "{life}: still lives");
        assert_eq!(requests_after(300).await, 2, "{life}: 900 s are over");
    }
}

#[tokio::test]
async fn w_37_spaces_inside_a_merchant_token_are_not_stripped_but_refused() {
    let (doku, result) = call_after(token_answer("eyJhbGciOi JIUzUxMiJ9")).await;

    let error = result.unwrap_err();
    assert_eq!(error.stage(), Stage::NotSent);
    assert!(
        error.token_error().is_some() && doku.calls().is_empty(),
        "{error}"
    );
    assert!(!error.to_string().contains("eyJ"), "{error}");
}

#[tokio::test]
async fn w_37_spaces_inside_an_issued_customer_token_are_not_stripped_but_refused() {
    let mut answer = customer_token_answer();
    answer["accessToken"] = json!("eyJhbGciOi JIUzUxMiJ9");
    let doku = Doku::content();
    doku.say_to_customer_token_requests(answer);
    let session = doku.client().customer("cust-1");

    let error = session
        .authorize(&AuthCode::new("CODE-1"))
        .await
        .unwrap_err();

    assert!(!error.to_string().contains("eyJ"), "{error}");
    assert!(session.tokens().await.unwrap().is_none());
}

#[tokio::test]
async fn w_37_spaces_inside_a_given_customer_token_and_inside_answers_stay() {
    let doku = Doku::content();
    let wallet = Wallet::from(doku.client()).customer(CustomerToken::new("eyJhb GciOi"));

    wallet.purchase(&purchase()).await.unwrap();

    assert_eq!(
        doku.last().header("Authorization-Customer"),
        "Bearer eyJhb GciOi"
    );
    check::<OtpVerificationResponse>(
        r#"{"qparams": {"token": @}}"#,
        |answer| secret(&answer.qparams.as_ref()?.token),
        &[(r#""eyJhbGciOi JIUzUxMiJ9""#, Some("eyJhbGciOi JIUzUxMiJ9"))],
    );
    check::<PurchaseResponse>(
        r#"{"webRedirectUrl": @}"#,
        |answer| answer.web_redirect_url.as_deref(),
        &[(
            r#""https://x?token=eyJ xMiJ9""#,
            Some("https://x?token=eyJ xMiJ9"),
        )],
    );
}

#[test]
fn w_38_the_misspelt_address_of_a_note_reaches_no_output() {
    let page =
        std::fs::read_to_string(support::file("specs/wallet/pages/doku-wallet.txt")).unwrap();
    assert!(page.contains("htttp://"), "kept as received");

    let outputs = outputs("wallet", "doku-wallet");

    assert!(outputs.len() > 20, "{}", outputs.len());
    for (path, text) in outputs {
        assert!(!text.contains("htttp"), "{}", path.display());
        assert!(!text.contains("8c5c -"), "{}", path.display());
    }
}

#[test]
fn w_39_the_placeholders_are_read_and_the_members_have_their_real_types() {
    let inquiry: BankAccountInquiryResponse = read(
        r#"{"referenceNo": "text", "partnerReferenceNo": "text", "beneficiaryAccountNumber": "text",
            "beneficiaryAccountName": "text", "beneficiaryBankCode": "text",
            "amount": {"value": "text", "currency": "text"}}"#,
    );
    assert_eq!(amount(&inquiry.amount), Some("text"));
    assert!(inquiry.amount.unwrap().to_decimal().is_err());
    let transfer: TransferBankResponse =
        read(r#"{"referenceNo": "text", "transactionDate": "text", "referenceNumber": "text"}"#);
    assert_eq!(time(&transfer.transaction_date), Some("text"));
    assert!(transfer.transaction_date.unwrap().parse().is_err());
    let top_up: TopUpResponse = read(r#"{"sessionId": "text", "customerNumber": "text"}"#);
    assert_eq!(top_up.session_id.as_deref(), Some("text"));

    let status: TopUpStatusResponse = read(
        r#"{"serviceCode": 38, "latestTransactionStatus": 3,
            "amount": {"value": 10000, "currency": "IDR"},
            "additionalInfo": {"approvalCode": 319955, "channel": "mobile", "deviceId": 1}}"#,
    );
    assert_eq!(status.service_code.as_deref(), Some("38"));
    assert_eq!(
        status.latest_transaction_status,
        Some(TransactionStatus::PENDING)
    );
    assert_eq!(status.amount, Some(Amount::idr(10_000)));
    let info = status.additional_info.unwrap();
    assert_eq!(info.approval_code.as_deref(), Some("319955"));
}

#[test]
fn w_40_the_two_references_of_a_transfer_are_two_optional_members() {
    for (json, no, number) in [
        (
            r#"{"referenceNo": "A", "referenceNumber": "B"}"#,
            Some("A"),
            Some("B"),
        ),
        (r#"{"referenceNo": "A"}"#, Some("A"), None),
        (r#"{"referenceNumber": 7}"#, None, Some("7")),
        ("{}", None, None),
    ] {
        let answer: TransferBankResponse = read(json);
        assert_eq!(
            (
                answer.reference_no.as_deref(),
                answer.reference_number.as_deref()
            ),
            (no, number),
            "{json}"
        );
    }
}

#[test]
fn w_41_the_result_of_an_unbinding_is_any_text() {
    check::<AccountUnbindingResponse>(
        r#"{"unlinkResult": @}"#,
        |answer| answer.unlink_result.as_deref(),
        &[
            (r#""inProgress""#, Some("inProgress")),
            (r#""done, perhaps""#, Some("done, perhaps")),
            ("0", Some("0")),
        ],
    );
}

#[test]
fn w_42_the_next_action_is_the_address_as_received_and_not_one_of_a_list() {
    let address = "https://sandbox.doku.com/snap-adapter-webview/account-binding?token=eyJ&phoneNo=6281*****0010";
    let answer: AccountBindingResponse = read(&json!({"nextAction": address}).to_string());

    assert_eq!(answer.next_action.as_deref(), Some(address));
    assert!(!format!("{answer:?}").contains("eyJ"), "it embeds a token");
}

#[test]
fn w_43_the_address_and_parameters_of_the_pin_page_are_read_in_both_spellings() {
    for name in ["qparamsURL", "qParamsURL"] {
        check::<OtpVerificationResponse>(
            &format!(r#"{{"{name}": @}}"#),
            |answer| answer.qparams_url.as_deref(),
            &[(r#""https://x/create-pin""#, Some("https://x/create-pin"))],
        );
    }
    for name in ["qparams", "qParams"] {
        check::<OtpVerificationResponse>(
            &format!(r#"{{"{name}": {{"token": @}}}}"#),
            |answer| secret(&answer.qparams.as_ref()?.token),
            &[(r#""eyJ""#, Some("eyJ"))],
        );
    }
}

#[test]
fn w_44_the_auth_code_is_kept_as_received_and_secret() {
    let code = "Y/YkpGWMVp644b4C7GI2V2aPzqjg3RlzSB9euMhRkoXq1rD+hBhc8xy7rfGsWIxQ";
    let body = json!({"additionalInfo": {"authCode": code}}).to_string();
    let answer: AccountInquiryResponse = read(&body);

    assert!(!format!("{answer:?}").contains(code));
    let received = answer.additional_info.unwrap().auth_code.unwrap();
    assert_eq!(received.expose(), code, "not decoded and not decrypted");
    assert_eq!(AuthCode::from(&received).expose(), code);
    // What the caller's own decryption gives goes the same way.
    let decrypted = AuthCode::new("cfb5de1a-6a40-40e0-8549-0634bcaed8ed");
    assert_eq!(decrypted.expose().len(), 36);
}

#[tokio::test]
async fn w_45_the_message_of_a_success_is_anything() {
    for (message, expected) in [
        (json!("Successful"), "Successful"),
        (
            json!("Request has been processed successfully"),
            "Request has been processed successfully",
        ),
        (json!("Invalid Everything"), "Invalid Everything"),
        (json!(""), ""),
        (json!(null), ""),
        (json!(200), "200"),
    ] {
        let body =
            json!({"responseCode": "2000600", "responseMessage": message, "referenceNo": "d205"});

        let answer = answered::<AccountCreation>(body).await.unwrap();

        assert_eq!(answer.message(), expected);
        assert_eq!(answer.body().reference_no.as_deref(), Some("d205"));
    }
}

#[test]
fn every_anomaly_of_the_page_has_a_test() {
    let here = include_str!("anomalies_wallet.rs");

    for id in 1..=45 {
        assert!(here.contains(&format!("fn w_{id:02}_")), "W-{id:02}");
    }
}

/// Not an anomaly, but what all of these tests rest on: the calls as they are written here are
/// accepted by an independent judge.
#[tokio::test]
async fn the_requests_of_these_tests_are_accepted_by_the_local_sandbox() {
    let sandbox = Sandbox::builder()
        .customers_approve(true)
        .start()
        .await
        .unwrap();
    let client: Client = snap_suite::client_for(&sandbox).unwrap();
    let wallet = Wallet::from(client).customer(customer_token(&sandbox, "cust-1").await);

    wallet.purchase(&purchase()).await.unwrap();
    wallet.purchase_status(&purchase_status()).await.unwrap();
    wallet.purchase_refund(&refund()).await.unwrap();
    let mut history = history();
    let now = sandbox.clock().now();
    history.from_date_time = WireTime::jakarta(now - Duration::from_secs(86_400)).unwrap();
    history.to_date_time = WireTime::jakarta(now).unwrap();
    wallet.transaction_history_list(&history).await.unwrap();
    wallet
        .bank_account_inquiry(&bank_account_inquiry())
        .await
        .unwrap();

    // Two tokens, five calls.
    assert_all_accepted(&sandbox, 7);
}
