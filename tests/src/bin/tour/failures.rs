//! When it fails: an expired token, a wrong secret, a wrong path, a reference that is too long.

use doku_direct_debit::{Channel, DirectDebit, RefundRequest, RefundRequestAdditionalInfo};
use doku_kirimdoku::{BalanceInquiryRequest, BalanceInquiryResponse, Kirimdoku};
use snap_core::{Amount, B2b, Client, Method, Operation, OperationInfo, OperationKind};
use snap_sandbox::Sandbox;

use crate::{Outcome, client, heading};

pub(crate) async fn tell(client: &Client, sandbox: &Sandbox) -> Outcome {
    let kirim = Kirimdoku::from(client.clone());
    let request = BalanceInquiryRequest::builder()
        .account_no(&sandbox.merchant().agent_key)
        .build();
    heading("When it fails: an expired token mends itself");
    println!(
        "The sandbox lets the token expire. The refusal names the very token, so one new token"
    );
    println!("is fetched and the call is replayed once, with a new signature and external id.");
    sandbox.expire_tokens();
    kirim.balance_inquiry(&request).await?;
    println!("\nThe caller noticed nothing.");

    wrong_secret(sandbox, &request).await?;
    wrong_path(sandbox).await?;
    long_reference(client).await
}

async fn wrong_secret(sandbox: &Sandbox, request: &BalanceInquiryRequest) -> Outcome {
    heading("When it fails: a wrong secret");
    println!(
        "It was read from a file, with its line end. The token request still works: it is signed with RSA."
    );
    let mut merchant = sandbox.merchant().clone();
    merchant.client_secret.push('\n');
    let kirim = Kirimdoku::from(client(sandbox, &merchant)?);
    match kirim.balance_inquiry(request).await {
        Ok(_) => return Err("the sandbox accepted a wrong secret".into()),
        Err(error) => explain(sandbox, &error, "compare the secret with the dashboard's"),
    }
    Ok(())
}

/// An operation of our own, with a path that DOKU does not serve.
#[derive(Debug)]
struct WrongPath;

impl Operation for WrongPath {
    type Request = BalanceInquiryRequest;
    type Response = BalanceInquiryResponse;
    type Auth = B2b;
    const INFO: OperationInfo = OperationInfo::new(
        "wrongPath",
        Method::POST,
        "/balance-inquiry",
        "11",
        OperationKind::Read,
    );
}

async fn wrong_path(sandbox: &Sandbox) -> Outcome {
    heading("When it fails: a wrong path");
    println!("DOKU answers without SNAP, so there is no response code to go by.");
    let client = client(sandbox, sandbox.merchant())?;
    let request = BalanceInquiryRequest::builder()
        .account_no("A00001")
        .build();
    match client.call::<WrongPath>(&request).await {
        Ok(_) => return Err("the sandbox served a path that does not exist".into()),
        Err(error) => explain(
            sandbox,
            &error,
            "compare the path with the operation's page",
        ),
    }
    Ok(())
}

async fn long_reference(client: &Client) -> Outcome {
    heading("When it fails: a reference that BRI does not take");
    println!("BRI refunds references of at most 12 characters. Nothing is sent.");
    let info = RefundRequestAdditionalInfo::builder()
        .channel(Channel::DIRECT_DEBIT_BRI_SNAP)
        .build();
    let request = RefundRequest::builder("REFUND-2026-0042")
        .original_partner_reference_no("ORDER-42")
        .refund_amount(Amount::idr(25_000))
        .additional_info(info)
        .build();
    match DirectDebit::from(client.clone()).refund(&request).await {
        Ok(_) => return Err("a reference that is too long was sent".into()),
        Err(error) => println!("\n  The error says: {error}"),
    }
    Ok(())
}

fn explain(sandbox: &Sandbox, error: &snap_core::Error, advice: &str) {
    println!("\n  The error says: {error}");
    println!("  Its stage:      {:?}", error.stage());
    if let Some(judged) = sandbox.explain_last() {
        println!("  The sandbox:    first failed check `{}`", judged.verdict);
        for mistake in &judged.mistakes {
            println!("                  {mistake}");
        }
        println!("                  {}", judged.advice);
    }
    println!("  What to do:     {advice}");
}
