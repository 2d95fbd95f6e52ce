//! A payout with Kirim DOKU: balance, inquiry, transfer, status.

use doku_kirimdoku::{
    BalanceInquiryRequest, BankAccountInquiryRequest, BankAccountInquiryRequestAdditionalInfo,
    BankCode, CheckStatusRequest, Kirimdoku, TransferBankRequest,
};
use snap_core::{Amount, Client, StatusClass};
use snap_sandbox::Sandbox;
use snap_suite::requests;

use crate::{Outcome, heading};

const REFERENCE: &str = "PAYOUT-2026-0001";

pub(crate) async fn tell(client: &Client, sandbox: &Sandbox) -> Outcome {
    let kirim = Kirimdoku::from(client.clone());

    heading("Story 1: a payout with Kirim DOKU");
    println!("Transfers are paid from a deposit, so: is there enough? The signature of a call is");
    println!("HMAC-SHA512 over method, path, token, the hash of the body, and the time.");
    let request = BalanceInquiryRequest::builder()
        .account_no(&sandbox.merchant().agent_key)
        .build();
    let answer = kirim.balance_inquiry(&request).await?;
    println!(
        "\nIn Rust, what is personal stays out of sight:\n\n  {:#?}",
        answer.body()
    );
    let info = answer.body().account_infos.first();
    let balance = info.and_then(|info| info.available_balance.as_ref());
    let balance = balance.ok_or("the balance is missing")?;
    println!(
        "\nAvailable: {} {}",
        balance.currency().unwrap_or("?"),
        balance.value()
    );

    println!("\nAn inquiry checks the account and gives the session id that the transfer needs.");
    let session_id = inquire(&kirim).await?;

    println!(
        "\nThe transfer. Its reference is the merchant's own, made and stored before the call."
    );
    let request = transfer(REFERENCE, session_id);
    let accepted = kirim.transfer_bank(&request).await?;
    println!(
        "\n{} means accepted, not paid. DOKU's reference: {}",
        accepted.code(),
        accepted.body().reference_no.as_deref().unwrap_or("none")
    );

    println!("\nWhat became of it says the status, asked for with the same reference.");
    let request = CheckStatusRequest::builder()
        .original_partner_reference_no(REFERENCE)
        .build();
    let status = kirim.check_status(&request).await?.into_body();
    let status = status
        .latest_transaction_status
        .ok_or("the status is missing")?;
    let verdict = match status.class() {
        StatusClass::Final => "final",
        StatusClass::Pending => "ask again later",
        _ => "says nothing yet",
    };
    println!("\nStatus {status}: {verdict}.");
    Ok(())
}

/// The session for one transfer of 50,000.00 rupiah.
pub(crate) async fn inquire(kirim: &Kirimdoku) -> Result<String, snap_suite::SetUpError> {
    let info = BankAccountInquiryRequestAdditionalInfo::builder()
        .beneficiary_bank_code(BankCode::BCA)
        .beneficiary_account_name(requests::BENEFICIARY)
        .sender_country_code("ID")
        .build();
    let request = BankAccountInquiryRequest::builder()
        .customer_number(requests::PHONE)
        .amount(Amount::idr(50_000))
        .beneficiary_account_number(requests::ACCOUNT)
        .additional_info(info)
        .build();
    let answer = kirim.bank_account_inquiry(&request).await?.into_body();
    Ok(answer.session_id.ok_or("the session id is missing")?)
}

/// A transfer of 50,000.00 rupiah in a session.
pub(crate) fn transfer(reference: &str, session_id: String) -> TransferBankRequest {
    let mut request = requests::transfer(reference, 50_000);
    request.session_id = session_id;
    request
}
