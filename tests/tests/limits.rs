//! Documented limits: found before anything is sent, warned about, refused or ignored.

use std::error::Error;

use doku_direct_debit::{
    Channel, DirectDebit, PaymentRequest, PaymentRequestAdditionalInfo, RefundRequest,
    RefundRequestAdditionalInfo,
};
use doku_kirimdoku::{BalanceInquiryRequest, Kirimdoku};
use snap_core::{Amount, Client, CustomerToken, LimitPolicy, Stage};
use snap_sandbox::Sandbox;
use snap_suite::config_for;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

const TWELVE: &str = "REFUND-00001";
const THIRTEEN: &str = "REFUND-000001";

fn refund(channel: Channel, refund_no: &str, original: &str) -> RefundRequest {
    let info = RefundRequestAdditionalInfo::builder()
        .channel(channel)
        .build();
    RefundRequest::builder(refund_no)
        .original_partner_reference_no(original)
        .refund_amount(Amount::idr(10_000))
        .additional_info(info)
        .build()
}

/// What happens to a request under a policy: the stage it failed at, and how many arrived.
async fn send(
    policy: LimitPolicy,
    request: &RefundRequest,
) -> Result<Option<Stage>, Box<dyn Error + Send + Sync>> {
    // What is refused here is refused by the client.
    let builder = Sandbox::builder().stateful(false).channel_rules(false);
    let sandbox = builder.start().await?;
    let client = Client::new(config_for(&sandbox)?.with_limit_policy(policy))?;
    let result = DirectDebit::from(client).refund(request).await;
    let arrived = sandbox.arrivals("/direct-debit/core/v1/debit/refund");
    let stage = result.err().map(|error| error.stage());
    assert_eq!(arrived, u64::from(stage != Some(Stage::NotSent)));
    Ok(stage)
}

#[tokio::test]
async fn a_refund_number_that_bri_or_cimb_do_not_take_is_refused_by_default() -> Outcome {
    for channel in [
        Channel::DIRECT_DEBIT_BRI_SNAP,
        Channel::DIRECT_DEBIT_CIMB_SNAP,
    ] {
        for (refund_no, original, stage) in [
            (TWELVE, TWELVE, None),
            (THIRTEEN, TWELVE, Some(Stage::NotSent)),
        ] {
            let request = refund(channel.clone(), refund_no, original);

            assert_eq!(
                send(LimitPolicy::Warn, &request).await?,
                stage,
                "{refund_no} {original}"
            );
            assert_eq!(send(LimitPolicy::Refuse, &request).await?, stage);
            assert_eq!(send(LimitPolicy::Ignore, &request).await?, None);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_payment_that_bri_or_cimb_could_not_refund_is_refused_by_default() -> Outcome {
    let sandbox = Sandbox::builder().stateful(false).start().await?;
    let client = Client::new(config_for(&sandbox)?)?;
    let debit = DirectDebit::from(client);
    let customer = debit.customer(CustomerToken::new("the caller's own"));
    for channel in [
        Channel::DIRECT_DEBIT_BRI_SNAP,
        Channel::DIRECT_DEBIT_CIMB_SNAP,
    ] {
        let info = PaymentRequestAdditionalInfo::builder()
            .channel(channel)
            .success_payment_url("https://merchant.example/paid")
            .failed_payment_url("https://merchant.example/failed")
            .build();
        let request = PaymentRequest::builder(THIRTEEN)
            .amount(Amount::idr(10_000))
            .additional_info(info)
            .build();

        let error = customer.payment(&request).await.unwrap_err();

        assert_eq!(error.stage(), Stage::NotSent);
        let members: Vec<_> = error.limit_findings().iter().map(|f| f.member()).collect();
        assert_eq!(members, ["partnerReferenceNo"]);
    }
    assert!(sandbox.requests().is_empty());
    Ok(())
}

/// The payment exists: refusing would only keep its money from going back.
#[tokio::test]
async fn a_refund_of_a_payment_that_already_has_a_long_reference_is_sent() -> Outcome {
    let request = refund(Channel::DIRECT_DEBIT_BRI_SNAP, TWELVE, THIRTEEN);

    let findings = request.limits();

    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].member(), "originalPartnerReferenceNo");
    assert!(!findings[0].is_refused());
    assert_eq!(send(LimitPolicy::Warn, &request).await?, None);
    Ok(())
}

#[tokio::test]
async fn the_error_names_channel_limit_source_and_reference_and_its_findings_hold_no_value()
-> Outcome {
    let sandbox = Sandbox::builder().stateful(false).start().await?;
    let debit = DirectDebit::from(Client::new(config_for(&sandbox)?)?);
    let request = refund(Channel::DIRECT_DEBIT_BRI_SNAP, "CANARY-000001", TWELVE);

    let error = debit.refund(&request).await.unwrap_err();

    let text = error.to_string();
    for part in [
        "refund was not sent",
        "partnerRefundNo has 13 characters",
        "at most 12",
        "DIRECT_DEBIT_BRI_SNAP",
        "no refund is possible later",
        "(reference CANARY-000001)",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let [finding] = error.limit_findings() else {
        return Err(format!("{:?}", error.limit_findings()).into());
    };
    let shown = format!("{finding} {finding:?}");
    assert!(!shown.contains("CANARY"), "{shown}");
    assert_eq!(finding.member(), "partnerRefundNo");
    assert_eq!(finding.channel(), Some("DIRECT_DEBIT_BRI_SNAP"));
    assert!(finding.is_refused() && finding.source().contains("DOKU"));
    Ok(())
}

#[tokio::test]
async fn another_channel_has_other_limits() -> Outcome {
    let request = refund(Channel::EMONEY_DANA_SNAP, THIRTEEN, THIRTEEN);

    assert!(request.limits().is_empty(), "{:?}", request.limits());
    assert_eq!(send(LimitPolicy::Refuse, &request).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_limit_that_money_does_not_depend_on_is_sent_unless_all_are_refused() -> Outcome {
    let mandiri = refund(Channel::DIRECT_DEBIT_MANDIRI_SNAP, THIRTEEN, THIRTEEN);

    assert!(!mandiri.limits().is_empty());
    assert_eq!(send(LimitPolicy::Warn, &mandiri).await?, None);
    assert_eq!(
        send(LimitPolicy::Refuse, &mandiri).await?,
        Some(Stage::NotSent)
    );
    Ok(())
}

#[test]
fn a_limit_of_a_page_names_the_page() {
    let request = BalanceInquiryRequest::builder()
        .account_no("A0123456789012345")
        .build();

    let findings = request.limits();

    let texts: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        ["accountNo has 17 characters; at most 16 are documented \
             (https://developers.doku.com/payout/kirim-doku/balance-inquiry.md)"]
    );
}

#[tokio::test]
async fn doku_decides_about_what_is_sent_in_spite_of_a_limit() -> Outcome {
    let sandbox = Sandbox::builder().stateful(false).start().await?;
    let kirim = Kirimdoku::from(Client::new(config_for(&sandbox)?)?);
    let request = BalanceInquiryRequest::builder()
        .account_no("A0123456789012345")
        .build();

    let error = kirim.balance_inquiry(&request).await.unwrap_err();

    assert_eq!(error.stage(), Stage::Refused);
    assert_eq!(
        error.response_code().map(|code| code.as_str()),
        Some("4001101")
    );
    Ok(())
}
