//! An operation that no product crate has, added from outside, without a fork:
//! `cargo run -p snap-suite --example own_operation`.
//!
//! DOKU's page has the wallet's bank account inquiry on a `b2b2c` path, for a customer. DOKU's Android
//! library calls it on the `b2b` path, with the merchant's own token only
//! (doku-wallet-android-core-sdk, commit dee2886). `doku-wallet` follows the page; whoever needs the
//! other one writes what is in [`MerchantsBankAccountInquiry`].
#![expect(clippy::print_stdout, reason = "the example speaks to a person")]

use doku_wallet::{
    BankAccountInquiryRequest, BankAccountInquiryRequestAdditionalInfo, BankAccountInquiryResponse,
};
use snap_core::{
    Amount, B2b, Client, LimitFinding, Method, Operation, OperationInfo, OperationKind, Response,
};
use snap_sandbox::Sandbox;
use snap_suite::{SetUpError, client_for};

/// The wallet's bank account inquiry without a customer.
///
/// Request, response and limits are those of `doku-wallet`. Path and tokens are this operation's own.
#[derive(Clone, Copy, Debug)]
struct MerchantsBankAccountInquiry;

impl Operation for MerchantsBankAccountInquiry {
    type Request = BankAccountInquiryRequest;
    type Response = BankAccountInquiryResponse;
    /// No customer: `client.call` takes it and `client.call_as` does not compile.
    type Auth = B2b;

    const INFO: OperationInfo = OperationInfo::new(
        "merchantsBankAccountInquiry", // in errors and logs
        Method::POST,
        "/snap-adapter/b2b/v1.0/emoney/bank-account-inquiry",
        "42",
        OperationKind::Read,
    );

    /// Without this no limit is looked at.
    fn limits(request: &Self::Request) -> Vec<LimitFinding> {
        request.limits()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), SetUpError> {
    let sandbox = Sandbox::start().await?; // the local one; it serves both paths
    let client = client_for(&sandbox)?;

    let answer = inquire(&client).await?;

    let body = answer.body();
    println!("{} {}", answer.code(), answer.message());
    println!("bank: {:?}", body.beneficiary_bank_code);
    println!("reference number for the transfer: {:?}", body.reference_no);
    println!("the whole body, what is personal left out: {body:#?}");
    Ok(())
}

async fn inquire(
    client: &Client,
) -> Result<Response<BankAccountInquiryResponse>, snap_core::Error> {
    let bank = BankAccountInquiryRequestAdditionalInfo::builder()
        .bank_code("014")
        .build();
    let request = BankAccountInquiryRequest::builder()
        .partner_reference_no("inquiry-0001")
        .customer_number("6281212340010")
        .amount(Amount::idr(50_000))
        .beneficiary_account_number("8377388292")
        .additional_info(bank)
        .build();
    client.call::<MerchantsBankAccountInquiry>(&request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_runs() -> Result<(), SetUpError> {
        main()
    }

    #[tokio::test]
    async fn the_call_goes_to_its_own_path_without_a_customer() -> Result<(), SetUpError> {
        let sandbox = Sandbox::start().await?;

        let answer = inquire(&client_for(&sandbox)?).await?;

        let sent = sandbox.requests().pop().unwrap();
        assert_eq!(answer.code().as_str(), "2004200");
        assert_eq!(sent.path, MerchantsBankAccountInquiry::INFO.path());
        assert_eq!((sent.verdict.as_str(), sent.customer), ("ok", None));
        Ok(())
    }
}
