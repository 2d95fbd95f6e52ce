//! `cargo tour`: the main job of these crates, told against the local sandbox.
#![expect(clippy::print_stdout, reason = "the tour speaks to a person")]

mod show;

use std::time::Duration;

use doku_kirimdoku::{BalanceInquiryRequest, BalanceInquiryResponse, Kirimdoku};
use show::Showing;
use snap_core::{
    B2b, Client, Method, Operation, OperationInfo, OperationKind, transport::HttpTransport,
};
use snap_sandbox::{Merchant, Sandbox};
use snap_suite::{SetUpError, config_as};

type Outcome = Result<(), SetUpError>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let sandbox = Sandbox::start().await?;
    println!(
        "A tour of SNAP, against a local sandbox at {}.",
        sandbox.base_url()
    );
    println!("No network, no account, no real money. `>` is sent, `<` comes back.");

    heading("1. A client");
    println!("It knows a client id, a secret, an RSA key, and where to call. Building it contacts");
    println!("nobody.\n");
    let client = client(&sandbox, sandbox.merchant())?;
    println!("  {client:?}", client = sandbox.merchant().client_id);

    heading("2. The first call fetches a token, signed with the RSA key");
    println!(
        "The signature covers `clientId|timestamp`. One token serves all callers for 15 minutes."
    );
    client.token(Duration::ZERO).await?;

    heading("3. A balance inquiry, signed with HMAC-SHA512");
    println!("The signature covers method, path, token, the hash of the body, and the time.");
    let kirim = Kirimdoku::from(client);
    let request = BalanceInquiryRequest::builder()
        .account_no(&sandbox.merchant().agent_key)
        .build();
    let answer = kirim.balance_inquiry(&request).await?;
    println!(
        "\nIn Rust, what is personal stays out of sight:\n\n  {:#?}",
        answer.body()
    );
    let balance = answer
        .body()
        .account_infos
        .first()
        .and_then(|info| info.available_balance.as_ref());
    if let Some(balance) = balance {
        println!(
            "\nAvailable: {} {}",
            balance.currency().unwrap_or("?"),
            balance.value()
        );
    }

    heading("4. When it fails: an expired token mends itself");
    println!(
        "The sandbox lets the token expire. The refusal names the very token, so one new token"
    );
    println!("is fetched and the call is replayed once, with a new signature and external id.");
    sandbox.expire_tokens();
    kirim.balance_inquiry(&request).await?;
    println!("\nThe caller noticed nothing.");

    wrong_secret(&sandbox, &request).await?;
    wrong_path(&sandbox).await?;

    println!("\nThat was the tour. Next: README.md, or `cargo run -p snap-cli -- --help`.");
    Ok(())
}

async fn wrong_secret(sandbox: &Sandbox, request: &BalanceInquiryRequest) -> Outcome {
    heading("5. When it fails: a wrong secret");
    println!("The token request still works, because it is signed with the RSA key.");
    let mut merchant = sandbox.merchant().clone();
    merchant.client_secret.push('x');
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
    heading("6. When it fails: a wrong path");
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

fn client(sandbox: &Sandbox, merchant: &Merchant) -> Result<Client, SetUpError> {
    let config = config_as(sandbox, merchant)?;
    let transport = Showing(HttpTransport::new(&config)?);
    Ok(Client::with_transport(config, transport)?)
}

fn explain(sandbox: &Sandbox, error: &snap_core::Error, advice: &str) {
    println!("\n  The error says: {error}");
    println!("  Its stage:      {:?}", error.stage());
    if let Some(judged) = sandbox.requests().last() {
        println!("  The sandbox:    first failed check `{}`", judged.verdict);
    }
    println!("  What to do:     {advice}");
}

fn heading(text: &str) {
    println!("\n{text}\n{}", "-".repeat(text.len()));
}
