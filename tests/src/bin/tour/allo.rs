//! Direct debit from an ALLO account: binding, balance, payment, refund, unbinding.

use std::net::Ipv4Addr;
use std::time::Duration;

use doku_direct_debit::{
    AccountUnbindingRequest, AccountUnbindingRequestAdditionalInfo, BalanceInquiryRequest,
    BalanceInquiryRequestAdditionalInfo, Channel, Customer, DirectDebit, PaymentRequest,
    RefundRequest, RefundRequestAdditionalInfo,
};
use snap_core::{Amount, AuthCode, Client, DeviceId, LimitFinding};
use snap_sandbox::Sandbox;
use snap_suite::requests::{allo_binding, payment};

use crate::{Outcome, heading};

const ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 100);
/// ALLO wants references of 32 to 64 characters.
const PAYMENT: &str = "ORDER-2026-0042-00000000000000001";
const REFUND: &str = "REFUND-2026-0042-0000000000000001";

pub(crate) async fn tell(client: &Client, sandbox: &Sandbox) -> Outcome {
    let debit = DirectDebit::from(client.clone());

    heading("Story 3: a direct debit from an ALLO account");
    println!("Binding an ALLO account takes the address and the device of the customer.");
    println!("The customer agrees on the page that the answer names.");
    let code = bind(&debit, sandbox).await?;
    let session = client.customer("cust-001");
    session.authorize(&code).await?;
    let customer = debit.customer(&session);

    println!("\nThe balance. `X-IP-ADDRESS` is an argument, because the page requires it.");
    let info = BalanceInquiryRequestAdditionalInfo::builder()
        .channel(Channel::DIRECT_DEBIT_ALLO_SNAP)
        .build();
    let request = BalanceInquiryRequest::builder()
        .additional_info(info)
        .build();
    customer.balance_inquiry(&request, ADDRESS).await?;

    pay(&customer, sandbox).await?;

    println!("\nUnbinding: the customer's token goes into the body, and the client forgets it.");
    let token = session.token(Duration::ZERO).await?;
    let info = AccountUnbindingRequestAdditionalInfo::builder()
        .channel(Channel::DIRECT_DEBIT_ALLO_SNAP)
        .build();
    let request = AccountUnbindingRequest::builder()
        .token_id(token)
        .additional_info(info)
        .build();
    debit
        .account_unbinding(&request)
        .with_ip_address(ADDRESS)
        .await?;
    session.forget().await?;
    Ok(())
}

async fn bind(debit: &DirectDebit, sandbox: &Sandbox) -> Result<AuthCode, snap_suite::SetUpError> {
    let bound = debit
        .account_binding(&allo_binding("cust-001"))
        .with_ip_address(ADDRESS)
        .with_device_id(DeviceId::new("f1c2d3e4a5b6")?)
        .await?
        .into_body();
    sandbox.approve(&bound.redirect_url.ok_or("the page is missing")?)?;
    let code = bound.additional_info.and_then(|info| info.auth_code);
    Ok(code.ok_or("the auth code is missing")?.into())
}

async fn pay(customer: &Customer, sandbox: &Sandbox) -> Outcome {
    println!(
        "\nA payment. What it would exceed of the documented limits is known before it is sent:"
    );
    let request = payment("ORDER-42", 25_000);
    println!();
    for finding in request.limits() {
        println!("  {finding}");
    }
    let request = payment(PAYMENT, 25_000);
    println!(
        "\nWith a longer reference nothing is left: {:?}",
        findings(&request)
    );
    let begun = customer.payment(&request).with_ip_address(ADDRESS).await?;
    println!("\nThe customer approves it on the page that the answer names.");
    let page = begun.into_body().web_redirect_url;
    sandbox.approve(&page.ok_or("the page is missing")?)?;

    println!("\nAnd its refund, for the customer who paid.");
    let info = RefundRequestAdditionalInfo::builder()
        .channel(Channel::DIRECT_DEBIT_ALLO_SNAP)
        .build();
    let request = RefundRequest::builder(REFUND)
        .original_partner_reference_no(PAYMENT)
        .refund_amount(Amount::idr(25_000))
        .additional_info(info)
        .build();
    customer.refund(&request).with_ip_address(ADDRESS).await?;
    Ok(())
}

fn findings(request: &PaymentRequest) -> Vec<String> {
    request
        .limits()
        .iter()
        .map(LimitFinding::to_string)
        .collect()
}
