//! Where DOKU's pages and libraries contradict each other about direct debit and e-wallets, and which
//! side the client takes. DD-01 to DD-16 number the contradictions; each has a test, or several, of
//! its name.
//!
//! Of DD-11 `channel`/`channelId` and `lineItems`/`LineItems` are members of notifications, which
//! belong to the receiving side. It is not built yet.
//!
//! Of DD-16 the headers that ALLO requires are required only where all calls of an operation need
//! them (balance inquiry). Elsewhere a header that one channel needs is the caller's affair.

mod support;

use std::{net::Ipv4Addr, sync::Arc};

use doku_direct_debit::*;
use serde_json::{Value, json};
use snap_core::{
    Amount, CustomerToken, DeviceId, LimitFinding, Operation, Stage, StatusClass, TransactionStatus,
};
use snap_sandbox::Sandbox;
use snap_suite::client_for;

use support::{
    CUSTOMER_TOKEN, Doku, HandClock, TOKEN, answered, assert_all_accepted, check,
    check_number_and_text, config, customer_token, outputs, read,
};

const CHANNELS: [Channel; 7] = [
    Channel::DIRECT_DEBIT_ALLO_SNAP,
    Channel::DIRECT_DEBIT_BRI_SNAP,
    Channel::DIRECT_DEBIT_CIMB_SNAP,
    Channel::DIRECT_DEBIT_MANDIRI_SNAP,
    Channel::EMONEY_OVO_SNAP,
    Channel::EMONEY_DANA_SNAP,
    Channel::EMONEY_SHOPEE_PAY_SNAP,
];

const ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 117);

fn direct_debit(doku: &Arc<Doku>) -> DirectDebit {
    DirectDebit::from(doku.client())
}

/// The operations for one customer, against a scripted DOKU.
fn customer(doku: &Arc<Doku>) -> Customer {
    direct_debit(doku).customer(CustomerToken::new(CUSTOMER_TOKEN))
}

fn balance(channel: impl Into<Channel>) -> BalanceInquiryRequest {
    let info = BalanceInquiryRequestAdditionalInfo::builder()
        .channel(channel)
        .build();
    BalanceInquiryRequest::builder()
        .additional_info(info)
        .build()
}

fn payment(channel: impl Into<Channel>, reference: &str) -> PaymentRequest {
    let item = LineItem::builder()
        .name("book")
        .price("5000.00")
        .quantity("2")
        .build();
    let way = PayOption::builder()
        .pay_method("CASH")
        .trans_amount(Amount::idr(10_000))
        .fee_amount(Amount::idr(0))
        .build();
    let info = PaymentRequestAdditionalInfo::builder()
        .channel(channel)
        .success_payment_url("https://merchant.example/success")
        .failed_payment_url("https://merchant.example/failed")
        .line_items(vec![item])
        .remarks("a book")
        .payment_type("SALE")
        .build();
    PaymentRequest::builder(reference)
        .amount(Amount::idr(10_000))
        .charge_token("TOKEN-1")
        .pay_option_details(vec![way])
        .additional_info(info)
        .build()
}

fn jump_app(channel: impl Into<Channel>) -> JumpAppPaymentRequest {
    let back = UrlParam::builder()
        .url("https://merchant.example/back")
        .is_deep_link("N")
        .build();
    let info = JumpAppPaymentRequestAdditionalInfo::builder()
        .channel(channel)
        .build();
    JumpAppPaymentRequest::builder("INV-1")
        .amount(Amount::idr(10_000))
        .url_param(vec![back])
        .valid_up_to("2024-07-10T11:57:58+07:00")
        .additional_info(info)
        .build()
}

fn refund(channel: impl Into<Channel>, original: &str, refund: &str) -> RefundRequest {
    let info = RefundRequestAdditionalInfo::builder()
        .channel(channel)
        .build();
    RefundRequest::builder(refund)
        .original_partner_reference_no(original)
        .refund_amount(Amount::idr(10_000))
        .additional_info(info)
        .build()
}

fn check_status() -> CheckStatusRequest {
    CheckStatusRequest::builder()
        .original_partner_reference_no("INV-1")
        .build()
}

fn account_binding(channel: impl Into<Channel>, email: &str) -> AccountBindingRequest {
    let info = AccountBindingRequestAdditionalInfo::builder()
        .channel(channel)
        .cust_id_merchant("cust-1")
        .email(email)
        .success_registration_url("https://merchant.example/success")
        .failed_registration_url("https://merchant.example/failed")
        .build();
    AccountBindingRequest::builder()
        .phone_no("628238748728423")
        .additional_info(info)
        .build()
}

fn card_binding(email: &str) -> CardBindingRequest {
    let info = CardBindingRequestAdditionalInfo::builder()
        .channel(Channel::DIRECT_DEBIT_BRI_SNAP)
        .email(email)
        .success_registration_url("https://merchant.example/success")
        .failed_registration_url("https://merchant.example/failed")
        .build();
    CardBindingRequest::builder()
        .phone_no("628238748728423")
        .cust_id_merchant("cust1")
        .card_data("c2VjcmV0|aXY=")
        .additional_info(info)
        .build()
}

fn found(findings: &[LimitFinding]) -> Vec<(&'static str, Option<&'static str>, bool)> {
    findings
        .iter()
        .map(|it| (it.member(), it.channel(), it.is_refused()))
        .collect()
}

fn digits(length: usize) -> String {
    "1".repeat(length)
}

#[tokio::test]
async fn dd_01_the_channel_of_a_balance_inquiry_is_the_callers() {
    let doku = Doku::content();
    let customer = customer(&doku);

    for channel in CHANNELS.into_iter().chain(["DIRECT_DEBIT_NEW_SNAP".into()]) {
        customer
            .balance_inquiry(&balance(channel.clone()), ADDRESS)
            .await
            .unwrap();

        let expected = json!({"additionalInfo": {"channel": channel.as_str()}});
        assert_eq!(doku.last().json(), expected);
    }
}

#[test]
fn dd_01_no_output_says_that_the_channel_of_allo_is_ovos() {
    for (path, text) in outputs("direct-debit", "doku-direct-debit") {
        assert!(
            !text.contains("should be always EMONEY_OVO_SNAP"),
            "{}",
            path.display()
        );
    }
}

#[tokio::test]
async fn dd_02_the_response_code_is_read_from_number_and_text() {
    for code in ["2001100", r#""2001100""#] {
        let body =
            format!(r#"{{"responseCode":{code},"accountInfos":[{{"balanceType":"CASH"}}]}}"#);

        let answer = answered::<BalanceInquiry>(body).await.unwrap();

        assert_eq!(answer.code().as_str(), "2001100");
        assert_eq!(
            answer.body().account_infos[0].balance_type.as_deref(),
            Some("CASH")
        );
    }
}

#[test]
fn dd_03_the_floating_amount_is_one_member_under_both_names() {
    for name in ["flatAmount", "floatAmount"] {
        check_number_and_text::<BalanceInquiryResponse>(
            &format!(r#"{{"accountInfos": [{{"{name}": {{"value": @, "currency": "IDR"}}}}]}}"#),
            |answer| Some(answer.account_infos.first()?.flat_amount.as_ref()?.value()),
            "10000.00",
        );
    }
}

#[tokio::test]
async fn dd_04_a_refund_succeeds_with_either_service_code() {
    for code in ["2000700", "2005800"] {
        let doku = Doku::saying(json!({"responseCode": code, "refundNo": "R-1"}));
        let request = refund(Channel::EMONEY_OVO_SNAP, "INV-1", "REF-1");

        let answer = direct_debit(&doku).refund(&request).await.unwrap();

        assert_eq!(answer.code().as_str(), code);
        assert_eq!(answer.body().refund_no.as_deref(), Some("R-1"));
    }
}

#[tokio::test]
async fn dd_05_a_payment_succeeds_with_another_service_code() {
    for code in ["2005400", "2000500"] {
        let doku = Doku::saying(json!({"responseCode": code, "webRedirectUrl": "https://x"}));
        let request = jump_app(Channel::EMONEY_DANA_SNAP);

        let answer = direct_debit(&doku)
            .jump_app_payment(&request)
            .await
            .unwrap();

        assert_eq!(answer.code().as_str(), code);
        assert_eq!(answer.body().web_redirect_url.as_deref(), Some("https://x"));
    }
}

#[tokio::test]
async fn dd_05_a_refusal_with_another_service_code_stays_a_refusal() {
    let doku = Doku::saying(json!({"responseCode": "4030514", "responseMessage": "Insufficient"}));

    let request = jump_app(Channel::EMONEY_DANA_SNAP);
    let error = direct_debit(&doku)
        .jump_app_payment(&request)
        .await
        .unwrap_err();

    assert_eq!(error.stage(), Stage::Refused);
    assert_eq!(error.response_code().unwrap().case(), Some(14));
}

#[tokio::test]
async fn dd_06_a_reference_that_bri_or_cimb_could_not_refund_is_not_sent() {
    for channel in [
        Channel::DIRECT_DEBIT_BRI_SNAP,
        Channel::DIRECT_DEBIT_CIMB_SNAP,
    ] {
        let doku = Doku::content();
        let customer = customer(&doku);
        let name = channel.to_string();

        customer
            .payment(&payment(channel.clone(), &digits(12)))
            .await
            .unwrap();
        customer
            .refund(&refund(channel.clone(), &digits(12), &digits(12)))
            .await
            .unwrap();
        assert_eq!(doku.calls().len(), 2, "{name}");

        let too_long = [
            customer
                .payment(&payment(channel.clone(), &digits(13)))
                .await
                .map(drop),
            customer
                .refund(&refund(channel.clone(), "INV-1", &digits(13)))
                .await
                .map(drop),
        ];
        let members = ["partnerReferenceNo", "partnerRefundNo"];
        for (result, member) in too_long.into_iter().zip(members) {
            let error = result.unwrap_err();
            assert_eq!(error.stage(), Stage::NotSent, "{name}");
            let findings = found(error.limit_findings());
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert_eq!((findings[0].0, findings[0].2), (member, true), "{name}");
        }
        assert_eq!(doku.calls().len(), 2, "{name}");

        // A payment that has a longer reference already can only be tried: DOKU decides.
        let request = refund(channel, &digits(13), "R-1");
        customer.refund(&request).await.unwrap();
        assert_eq!(found(&request.limits())[0].0, "originalPartnerReferenceNo");
    }
}

#[tokio::test]
async fn dd_06_other_limits_of_references_are_warnings() {
    let doku = Doku::content();
    let customer = customer(&doku);
    let short_for_allo = payment(Channel::DIRECT_DEBIT_ALLO_SNAP, &digits(31));
    let long_for_ovo = payment(Channel::EMONEY_OVO_SNAP, &digits(33));
    let fits = payment(Channel::EMONEY_OVO_SNAP, &digits(32));

    for request in [&short_for_allo, &long_for_ovo, &fits] {
        customer.payment(request).await.unwrap();
    }

    assert_eq!(doku.calls().len(), 3);
    let allo = Some("DIRECT_DEBIT_ALLO_SNAP");
    assert_eq!(
        found(&short_for_allo.limits()),
        [("partnerReferenceNo", allo, false)]
    );
    assert_eq!(
        found(&long_for_ovo.limits()),
        [("partnerReferenceNo", Some("EMONEY_OVO_SNAP"), false)]
    );
    assert_eq!(found(&fits.limits()), []);
}

#[tokio::test]
async fn dd_07_the_end_of_validity_is_sent_in_the_schemas_spelling() {
    let doku = Doku::content();

    let request = jump_app(Channel::EMONEY_SHOPEE_PAY_SNAP);
    direct_debit(&doku)
        .jump_app_payment(&request)
        .await
        .unwrap();

    let sent = doku.last().json();
    assert_eq!(sent["validUpTo"], json!("2024-07-10T11:57:58+07:00"));
    assert!(sent.get("validUpto").is_none(), "{sent}");
}

#[tokio::test]
async fn dd_08_the_addresses_to_return_to_are_a_list() {
    let doku = Doku::content();

    let request = jump_app(Channel::EMONEY_DANA_SNAP);
    direct_debit(&doku)
        .jump_app_payment(&request)
        .await
        .unwrap();

    let sent = doku.last().json();
    let expected = json!([{
        "url": "https://merchant.example/back",
        "type": "PAY_RETURN",
        "isDeepLink": "N",
    }]);
    assert_eq!(sent["urlParam"], expected);
    assert!(sent.get("urlParams").is_none(), "{sent}");
}

#[tokio::test]
async fn dd_09_a_refund_carries_the_customers_token_only_if_it_is_made_for_one() {
    let doku = Doku::content();
    let request = refund(Channel::EMONEY_OVO_SNAP, "INV-1", "REF-1");

    direct_debit(&doku).refund(&request).await.unwrap();
    let without = doku.last();
    customer(&doku).refund(&request).await.unwrap();
    let with = doku.last();

    assert!(!without.has("Authorization-Customer"));
    let bearer = format!("Bearer {CUSTOMER_TOKEN}");
    assert_eq!(with.header("Authorization-Customer"), bearer);
    for sent in [without, with] {
        assert_eq!(sent.path, "/direct-debit/core/v1/debit/refund");
        assert_eq!(sent.header("Authorization"), format!("Bearer {TOKEN}"));
    }
}

#[tokio::test]
async fn dd_10_the_service_code_of_a_status_is_55_unless_the_caller_sets_another() {
    let doku = Doku::content();
    let other = CheckStatusRequest::builder()
        .original_partner_reference_no("INV-1")
        .service_code("54")
        .build();

    direct_debit(&doku)
        .check_status(&check_status())
        .await
        .unwrap();
    let default = doku.last().json();
    direct_debit(&doku).check_status(&other).await.unwrap();

    let expected = json!({"originalPartnerReferenceNo": "INV-1", "serviceCode": "55"});
    assert_eq!(default, expected);
    assert_eq!(doku.last().json()["serviceCode"], json!("54"));
}

#[test]
fn dd_11_members_with_two_names_are_one_member() {
    for name in ["accountStatus", "status"] {
        check::<AccountBindingResponse>(
            &format!(r#"{{"additionalInfo": {{"{name}": @}}}}"#),
            |answer| answer.additional_info.as_ref()?.account_status.as_deref(),
            &[(r#""PENDING""#, Some("PENDING")), ("null", None)],
        );
        check::<CardBindingResponse>(
            &format!(r#"{{"additionalInfo": {{"{name}": @}}}}"#),
            |answer| answer.additional_info.as_ref()?.status.as_deref(),
            &[(r#""PENDING""#, Some("PENDING")), ("null", None)],
        );
    }
    for name in ["requestId", "requestID"] {
        check_number_and_text::<CheckStatusResponse>(
            &format!(r#"{{"{name}": @}}"#),
            |answer| answer.request_id.as_deref(),
            "4711",
        );
    }
    for name in ["partnerRefundNo", "partnerReferenceNo"] {
        check_number_and_text::<CheckStatusResponse>(
            &format!(r#"{{"refundHistory": [{{"{name}": @}}]}}"#),
            |answer| answer.refund_history.first()?.partner_refund_no.as_deref(),
            "4711",
        );
    }
}

#[test]
fn dd_11_a_name_that_was_read_is_not_kept_as_an_unknown_member_too() {
    for name in ["accountStatus", "status"] {
        let json = format!(r#"{{"additionalInfo": {{"{name}": "PENDING", "new": 1}}}}"#);
        let answer: AccountBindingResponse = read(&json);

        let extra = answer.additional_info.unwrap().extra;
        assert_eq!(Value::from(extra), json!({"new": 1}), "{name}");
    }
}

#[test]
fn dd_11_the_channel_of_a_status_is_any_text() {
    check::<CheckStatusResponse>(
        r#"{"additionalInfo": {"channel": @}}"#,
        |answer| answer.additional_info.as_ref()?.channel.as_deref(),
        &[
            (r#""mobilephone""#, Some("mobilephone")),
            (r#""EMONEY_OVO_SNAP""#, Some("EMONEY_OVO_SNAP")),
        ],
    );
}

#[tokio::test]
async fn dd_12_quantity_and_price_are_sent_as_text() {
    let doku = Doku::content();
    let request = payment(Channel::DIRECT_DEBIT_ALLO_SNAP, &digits(32));

    customer(&doku).payment(&request).await.unwrap();

    let sent = doku.last().json();
    let expected = json!([{"name": "book", "price": "5000.00", "quantity": "2"}]);
    assert_eq!(sent["additionalInfo"]["lineItems"], expected);
    assert_eq!(found(&request.limits()), []);
}

#[test]
fn dd_12_a_price_without_decimals_and_a_quantity_in_words_are_found() {
    let mut request = payment(Channel::DIRECT_DEBIT_ALLO_SNAP, &digits(32));
    request.additional_info.line_items[0].price = "5000".to_owned();
    request.additional_info.line_items[0].quantity = "two".to_owned();

    let members: Vec<_> = request.limits().iter().map(LimitFinding::member).collect();

    let expected = [
        "additionalInfo.lineItems[].price",
        "additionalInfo.lineItems[].quantity",
    ];
    assert_eq!(members, expected);
}

#[tokio::test]
async fn dd_13_a_long_mail_address_is_warned_about_and_sent() {
    let doku = Doku::content();
    let address = |length: usize| format!("{}@x.id", digits(length - 5));

    for length in [64, 65, 254] {
        let account = account_binding(Channel::DIRECT_DEBIT_CIMB_SNAP, &address(length));
        let card = card_binding(&address(length));

        direct_debit(&doku).account_binding(&account).await.unwrap();
        let account_sent = doku.last().json();
        direct_debit(&doku).card_binding(&card).await.unwrap();
        let card_sent = doku.last().json();

        for sent in [account_sent, card_sent] {
            assert_eq!(sent["additionalInfo"]["email"], json!(address(length)));
        }
        for findings in [account.limits(), card.limits()] {
            match length {
                64 => assert_eq!(found(&findings), []),
                _ => assert_eq!(found(&findings), [("additionalInfo.email", None, false)]),
            }
        }
    }
}

#[tokio::test]
async fn dd_14_the_signature_is_base64_of_64_bytes_as_in_a_vector_made_by_hand() {
    let doku = Doku::content();
    let clock = HandClock::at("2025-07-22T13:51:04+07:00");
    let client = doku.client_with(config().with_clock(clock));
    let customer = DirectDebit::from(client).customer(CustomerToken::new(CUSTOMER_TOKEN));

    let request = balance(Channel::DIRECT_DEBIT_ALLO_SNAP);
    customer.balance_inquiry(&request, ADDRESS).await.unwrap();

    let sent = doku.last();
    assert_eq!(
        sent.body,
        r#"{"additionalInfo":{"channel":"DIRECT_DEBIT_ALLO_SNAP"}}"#
    );
    assert_eq!(sent.header("X-TIMESTAMP"), "2025-07-22T13:51:04+07:00");
    assert_eq!(
        sent.header("X-SIGNATURE"),
        "TViqRsRzKWgLtDr/eul3KB6gKSEy2ikcCpDL9CzLPd7Usqcb+WCQVm+86QIPpSUzbMCG8IeUkHISX9PJ5tLW7A=="
    );
}

#[tokio::test]
async fn dd_15_a_refund_is_of_the_amount_the_caller_says_and_always_of_one() {
    let doku = Doku::content();
    let mut part = refund(Channel::DIRECT_DEBIT_BRI_SNAP, "INV-1", "REF-1");
    part.refund_amount = Amount::idr(1);

    customer(&doku).refund(&part).await.unwrap();

    let expected = json!({"value": "1.00", "currency": "IDR"});
    assert_eq!(doku.last().json()["refundAmount"], expected);
    assert!(support::is_required(&part, "/refundAmount"));
}

#[tokio::test]
async fn dd_16_address_and_device_are_sent_when_they_are_given_and_not_asked_for() {
    let doku = Doku::content();
    let request = jump_app(Channel::EMONEY_SHOPEE_PAY_SNAP);
    let device = || DeviceId::new("device-1").unwrap();

    direct_debit(&doku)
        .jump_app_payment(&request)
        .await
        .unwrap();
    let bare = doku.last();
    let full = direct_debit(&doku);
    let full = full
        .jump_app_payment(&request)
        .with_ip_address(ADDRESS)
        .with_device_id(device());
    full.await.unwrap();
    let given = doku.last();

    for name in ["X-IP-ADDRESS", "X-DEVICE-ID"] {
        assert!(!bare.has(name), "{name}");
    }
    assert_eq!(given.header("X-IP-ADDRESS"), "203.0.113.117");
    assert_eq!(given.header("X-DEVICE-ID"), "device-1");
}

#[tokio::test]
async fn dd_16_a_balance_inquiry_carries_the_address_that_allo_requires() {
    let doku = Doku::content();

    let request = balance(Channel::DIRECT_DEBIT_ALLO_SNAP);
    customer(&doku)
        .balance_inquiry(&request, ADDRESS)
        .await
        .unwrap();

    assert_eq!(doku.last().header("X-IP-ADDRESS"), "203.0.113.117");
}

#[test]
fn dd_16_every_header_of_allo_can_be_given() {
    for info in [
        AccountBinding::INFO,
        AccountUnbinding::INFO,
        Payment::INFO,
        Refund::INFO,
    ] {
        assert!(info.sends_ip_address(), "{info:?}");
    }
    for info in [AccountBinding::INFO, Refund::INFO, JumpAppPayment::INFO] {
        assert!(info.sends_device_id(), "{info:?}");
    }
}

#[test]
fn the_status_and_its_refunds_are_read_as_the_libraries_show_them() {
    let answer: CheckStatusResponse = read(
        r#"{"serviceCode": 55, "latestTransactionStatus": 4,
            "refundHistory": {"refundNo": 1, "refundStatus": "0", "refundDate": "2024-01-01T09:09:00.123"}}"#,
    );

    assert_eq!(
        answer.latest_transaction_status,
        Some(TransactionStatus::REFUNDED)
    );
    let refund = &answer.refund_history[0];
    assert_eq!(refund.refund_status, Some(TransactionStatus::SUCCESS));
    assert_eq!(
        refund.refund_status.as_ref().unwrap().class(),
        StatusClass::Final
    );
    assert!(
        !refund
            .refund_date
            .as_ref()
            .unwrap()
            .parse()
            .unwrap()
            .has_offset()
    );
}

#[test]
fn every_contradiction_has_a_test() {
    let here = include_str!("anomalies_direct_debit.rs");

    for id in 1..=16 {
        assert!(here.contains(&format!("fn dd_{id:02}_")), "DD-{id:02}");
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
    let direct_debit = DirectDebit::from(client_for(&sandbox).unwrap());
    let token = customer_token(&sandbox, "cust-1").await;
    let customer = direct_debit.customer(token);
    let ovo = Channel::EMONEY_OVO_SNAP;

    customer
        .balance_inquiry(&balance(ovo.clone()), ADDRESS)
        .await
        .unwrap();
    customer
        .payment(&payment(ovo.clone(), "ORDER-1"))
        .await
        .unwrap();
    customer
        .refund(&refund(ovo.clone(), "ORDER-1", "REF-1"))
        .await
        .unwrap();
    let dana = jump_app(Channel::EMONEY_DANA_SNAP);
    let call = direct_debit
        .jump_app_payment(&dana)
        .with_ip_address(ADDRESS);
    call.with_device_id(DeviceId::new("device-1").unwrap())
        .await
        .unwrap();
    direct_debit.check_status(&check_status()).await.unwrap();
    direct_debit
        .account_binding(&account_binding(ovo, "a@x.id"))
        .await
        .unwrap();

    // Two tokens, six calls.
    assert_all_accepted(&sandbox, 8);
}
