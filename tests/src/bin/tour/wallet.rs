//! A DOKU Wallet customer: account, binding, token, purchase, refund, unbinding.

use doku_wallet::{
    AccountBindingRequest, AccountBindingRequestSuccessParams, AccountCreationRequest,
    AccountInquiryRequest, AccountInquiryRequestAdditionalInfo, AccountUnbindingRequest,
    BalanceInquiryRequest, Customer, OtpVerificationRequest, OtpVerificationResponse,
    PurchaseRefundRequest, PurchaseRequest, PurchaseRequestUrlParamItem, PurchaseStatusRequest,
    Wallet,
};
use snap_core::{Amount, AuthCode, Client, CustomerKey};
use snap_sandbox::Sandbox;
use snap_suite::SetUpError;

use crate::{Outcome, heading};

const ACCOUNT: &str = "1120340010";
const PURCHASE: &str = "ORDER-2026-0042";
const REFUND: &str = "REFUND-2026-0042";

pub(crate) async fn tell(client: &Client, sandbox: &Sandbox) -> Outcome {
    let merchant = sandbox.merchant();
    let wallet = Wallet::from(client.clone());

    heading("Story 2: a customer of DOKU Wallet");
    println!("The customer opens an account, and confirms it with an OTP.");
    open_account(&wallet, sandbox).await?;

    println!("\nThe merchant binds the account. The customer agrees on DOKU's page; afterwards an");
    println!("inquiry holds the auth code.");
    let (link_id, code) = bind(&wallet, sandbox).await?;

    println!("\nThe code buys the customer's own token. The client keeps it under the merchant's");
    println!("name for the customer, renews it, and never lends it to another one.");
    let key = CustomerKey::new("customer-7");
    client.customer(key.clone()).authorize(&code).await?;
    let customer = wallet.customer(key.clone());
    let request = BalanceInquiryRequest::builder()
        .partner_reference_no("BALANCE-1")
        .build();
    customer.balance_inquiry(&request).await?;

    purchase(&customer, sandbox, &merchant.client_id).await?;

    println!("\nUnbinding only begins here: DOKU sends an OTP, as at the opening of the account.");
    let request = AccountUnbindingRequest::builder()
        .partner_reference_no("UNBIND-1")
        .link_id(link_id)
        .merchant_id(&merchant.client_id)
        .build();
    let unbound = wallet.account_unbinding(&request).await?.into_body();
    println!(
        "\nResult: {}. The OTP ends it, and the client forgets the customer's tokens.",
        unbound.unlink_result.as_deref().unwrap_or("none")
    );
    verify_otp(&wallet, sandbox, "UNBIND-1", unbound.reference_no).await?;
    client.customer(key).forget().await?;
    Ok(())
}

async fn open_account(wallet: &Wallet, sandbox: &Sandbox) -> Outcome {
    let request = AccountCreationRequest::builder()
        .partner_reference_no("ACCOUNT-1")
        .name("Budi Santoso")
        .phone_no("6281212340010")
        .email("budi@example.com")
        .redirect_url("https://merchant.example/opened")
        .build();
    let created = wallet.account_creation(&request).await?.into_body();
    let verified = verify_otp(wallet, sandbox, "ACCOUNT-1", created.reference_no).await?;
    println!("\nThe customer chooses a PIN on the page that the answer names.");
    let page = verified.qparams_url.ok_or("the page is missing")?;
    sandbox.approve(&page)?;
    Ok(())
}

/// The customer tells the OTP that came to the phone.
async fn verify_otp(
    wallet: &Wallet,
    sandbox: &Sandbox,
    reference: &str,
    given: Option<String>,
) -> Result<OtpVerificationResponse, SetUpError> {
    let request = OtpVerificationRequest::builder()
        .original_partner_reference_no(reference)
        .original_reference_no(given.ok_or("the reference is missing")?)
        .otp(sandbox.otp(reference).ok_or("the OTP is missing")?)
        .build();
    Ok(wallet.otp_verification(&request).await?.into_body())
}

/// The link id, and the auth code that the customer's consent made.
async fn bind(wallet: &Wallet, sandbox: &Sandbox) -> Result<(String, AuthCode), SetUpError> {
    let params = AccountBindingRequestSuccessParams::builder()
        .account_id(ACCOUNT)
        .build();
    let request = AccountBindingRequest::builder()
        .partner_reference_no("BIND-1")
        .redirect_url("https://merchant.example/bound")
        .success_params(params)
        .build();
    let bound = wallet.account_binding(&request).await?.into_body();
    sandbox.approve(bound.next_action.as_deref().ok_or("the page is missing")?)?;
    let info = AccountInquiryRequestAdditionalInfo::builder()
        .account_id(ACCOUNT)
        .build();
    let request = AccountInquiryRequest::builder()
        .partner_reference_no("INQUIRY-1")
        .additional_info(info)
        .build();
    let inquired = wallet.account_inquiry(&request).await?.into_body();
    let code = inquired.additional_info.and_then(|info| info.auth_code);
    Ok((
        bound.link_id.ok_or("the link id is missing")?,
        code.ok_or("the auth code is missing")?.into(),
    ))
}

async fn purchase(customer: &Customer, sandbox: &Sandbox, client_id: &str) -> Outcome {
    println!("\nA purchase, its status, and its refund: all of them carry the customer's token.");
    let url = PurchaseRequestUrlParamItem::builder()
        .url("https://merchant.example/paid")
        .merchant_id(client_id)
        .build();
    let request = PurchaseRequest::builder(PURCHASE)
        .amount(Amount::idr(25_000))
        .url_param(url)
        .build();
    let begun = customer.purchase(&request).await?.into_body();
    println!("\nThe customer enters the PIN on the page that the answer names.");
    sandbox.approve(&begun.web_redirect_url.ok_or("the page is missing")?)?;

    let request = PurchaseStatusRequest::builder()
        .partner_reference_no(PURCHASE)
        .transaction_date("2026-11-20T17:30:00+07:00")
        .build();
    let status = customer.purchase_status(&request).await?.into_body();
    println!(
        "\nStatus of the purchase: {}",
        status
            .latest_transaction_status
            .ok_or("the status is missing")?
    );

    let request = PurchaseRefundRequest::builder(REFUND)
        .original_partner_reference_no(PURCHASE)
        .reason("out of stock")
        .build();
    customer.purchase_refund(&request).await?;
    Ok(())
}
