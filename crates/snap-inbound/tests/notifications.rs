//! The bodies that DOKU's pages describe, and what they are answered with.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use snap_core::{Amount, TransactionStatus};
use snap_inbound::{
    Clock, DebitNotification, DebitNotificationAnswer, Message, Notification, Route, Service,
    VaAnswer, VaInquiry, VaInquiryAnswer, VaPaymentNotification, Verified,
    testing::{TestDoku, token_of},
};
use support::{ManualClock, NOW};

/// A debit notification with every member of the reference.
const DEBIT: &str = r#"{"originalPartnerReferenceNo":"INV-1","originalReferenceNo":"R-1","originalExternalId":"1","latestTransactionStatus":"00","transactionStatusDesc":"Success","amount":{"value":"13000.00","currency":"IDR"},"additionalInfo":{"channelId":"DIRECT_DEBIT_ALLO","acquirerId":"ALLO","custIdMerchant":"C-1","accountType":"SAVINGS","lineItems":[{"name":"Kopi","price":1}]},"futureMember":1}"#;
const VA: &str = r#"{"partnerServiceId":"  888994","customerNo":"001","virtualAccountNo":"  888994001","virtualAccountName":"Ani","trxId":"INV-2","paymentRequestId":"P-1","paidAmount":{"value":"12500","currency":"IDR"},"virtualAccountTrxType":"C","additionalInfo":{"channelCode":"VIRTUAL_ACCOUNT_BCA"}}"#;

/// Passes a body through a receiver.
async fn verified<T: Message>(body: &'static str) -> Verified<T> {
    let doku = TestDoku::new("BRN-0211-0000000000000", "SK-0123456789abcdef").unwrap();
    let clock = ManualClock::at(NOW);
    let receiver = doku.receiver().unwrap().clock(clock.clone());
    let receiver = receiver
        .token_route("/token")
        .route(Route::new(T::SERVICE, "/path"))
        .build()
        .unwrap();
    let request = doku.token_request("/token", clock.now()).unwrap();
    let token = token_of(&receiver.issue_token(&request, None).await.unwrap()).unwrap();
    let request = doku.message("/path", &token, body, "1", clock.now());
    receiver.verify(request.unwrap()).await.unwrap()
}

async fn acknowledged<T: Notification>(body: &'static str) -> String {
    let answer = verified::<T>(body).await.acknowledge().await.unwrap();
    assert_eq!(answer.status(), 200);
    String::from_utf8(answer.into_body().to_vec()).unwrap()
}

#[tokio::test]
async fn a_debit_notification_is_read_with_members_that_nobody_documents() {
    let notification: DebitNotification = verified(DEBIT).await.parse().unwrap();

    assert_eq!(
        notification.original_partner_reference_no.as_deref(),
        Some("INV-1")
    );
    assert_eq!(
        notification.latest_transaction_status,
        Some(TransactionStatus::SUCCESS)
    );
    assert_eq!(notification.amount, Some(Amount::idr(13_000)));
    let info = notification.additional_info.unwrap();
    assert_eq!(info.channel_id.as_deref(), Some("DIRECT_DEBIT_ALLO"));
    assert_eq!(info.extra["lineItems"][0]["name"], "Kopi");
}

#[tokio::test]
async fn the_channel_of_older_bodies_is_read_as_well() {
    let body = r#"{"originalPartnerReferenceNo":"1","latestTransactionStatus":0,"additionalInfo":{"channel":"C"}}"#;

    let notification: DebitNotification = verified(body).await.parse().unwrap();

    let info = notification.additional_info.unwrap();
    assert_eq!(info.channel_id.as_deref(), Some("C"));
    let status = notification.latest_transaction_status;
    assert_eq!(status, Some(TransactionStatus::SUCCESS));
}

#[tokio::test]
async fn a_debit_notification_is_acknowledged_with_the_code_of_its_service() {
    assert_eq!(
        acknowledged::<DebitNotification>(DEBIT).await,
        r#"{"responseCode":"2005600","responseMessage":"Request has been processed successfully"}"#
    );
}

#[tokio::test]
async fn an_approval_code_of_the_merchant_is_added() {
    let answer = DebitNotificationAnswer::builder()
        .approval_code("A1")
        .build();
    let notification = verified::<DebitNotification>(DEBIT).await;

    let response = notification.acknowledge_with(&answer).await.unwrap();

    assert_eq!(
        response.body(),
        &r#"{"responseCode":"2005600","responseMessage":"Request has been processed successfully","approvalCode":"A1"}"#
    );
}

/// Contradiction 10 of the reference: two of DOKU's libraries answer 2002700.
#[tokio::test]
async fn snap_10_a_va_payment_is_acknowledged_with_2002500_and_its_account() {
    assert_eq!(
        acknowledged::<VaPaymentNotification>(VA).await,
        r#"{"responseCode":"2002500","responseMessage":"Successful","virtualAccountData":{"customerNo":"001","partnerServiceId":"  888994","paymentRequestId":"P-1","virtualAccountName":"Ani","virtualAccountNo":"  888994001"}}"#
    );
}

#[tokio::test]
async fn an_old_va_payment_is_read_with_its_amount_without_decimals() {
    let notification: VaPaymentNotification = verified(VA).await.parse().unwrap();

    assert_eq!(notification.paid_amount.unwrap().value(), "12500");
    let info = notification.additional_info.unwrap();
    assert_eq!(info.channel.as_deref(), Some("VIRTUAL_ACCOUNT_BCA"));
}

#[tokio::test]
async fn what_is_verified_and_cannot_be_read_is_acknowledged_without_an_echo() {
    for body in [
        "[]",
        "{",
        r#"{"paymentRequestId":"P-1","paymentRequestId":"P-2"}"#,
        r#"{"customerNo":"001"}"#,
        r#"{"paymentRequestId":"P-1","paidAmount":{"value":"1e3","currency":"IDR"}}"#,
        r#"{"paymentRequestId":"P-1","paidAmount":{"value":"-1","currency":"IDR"}}"#,
    ] {
        assert!(
            verified::<VaPaymentNotification>(body)
                .await
                .parse()
                .is_err()
        );
        assert_eq!(
            acknowledged::<VaPaymentNotification>(body).await,
            r#"{"responseCode":"2002500","responseMessage":"Successful"}"#,
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_va_inquiry_is_answered_each_time_and_negatively_with_two_members() {
    let inquiry = verified::<VaInquiry>(r#"{"virtualAccountNo":"  888994001"}"#).await;
    let account = serde_json::json!({"virtualAccountNo": "  888994001"});
    let payable = VaAnswer::Payable(
        VaInquiryAnswer::builder()
            .virtual_account_data(account)
            .build(),
    );

    for (answer, status, body) in [
        (
            payable,
            200,
            r#"{"responseCode":"2002400","responseMessage":"Successful","virtualAccountData":{"virtualAccountNo":"  888994001"}}"#,
        ),
        (
            VaAnswer::NotFound,
            404,
            r#"{"responseCode":"4042412","responseMessage":"Invalid Bill/Virtual Account"}"#,
        ),
        (
            VaAnswer::Paid,
            404,
            r#"{"responseCode":"4042414","responseMessage":"Paid Bill"}"#,
        ),
        (
            VaAnswer::Expired,
            404,
            r#"{"responseCode":"4042419","responseMessage":"Invalid Bill/Virtual Account"}"#,
        ),
    ] {
        let response = inquiry.answer(&answer);
        assert_eq!(response.status(), status);
        assert_eq!(response.body(), &body);
    }
    assert_eq!(Service::VA_INQUIRY.code(), "24");
}
