//! Customers and their tokens, judged by the sandbox: nobody ever acts with another one's token.

use std::{error::Error, net::Ipv4Addr, time::Duration};

use doku_direct_debit::{
    BalanceInquiryRequest as DebitBalanceRequest, BalanceInquiryRequestAdditionalInfo, Channel,
    DirectDebit, RefundRequest, RefundRequestAdditionalInfo,
};
use doku_wallet::{BalanceInquiryRequest, Wallet};
use snap_core::{
    Amount, AuthCode, Client, CustomerError, CustomerKey, CustomerToken, ExternalId, Stage,
};
use snap_sandbox::{RecordedRequest, Sandbox};
use snap_suite::client_for;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

const BALANCE_PATH: &str = "/snap-adapter/b2b2c/v1.0/balance-inquiry";

/// A client whose `key` is bound to the sandbox's customer of the same name.
async fn bound(sandbox: &Sandbox, client: &Client, key: &str) -> Outcome {
    let code = AuthCode::new(sandbox.auth_code(key));
    client.customer(key).authorize(&code).await?;
    Ok(())
}

fn request(reference: &str) -> BalanceInquiryRequest {
    BalanceInquiryRequest::builder()
        .partner_reference_no(reference)
        .build()
}

async fn balance(client: &Client, key: &str) -> Result<(), snap_core::Error> {
    let customer = Wallet::from(client.clone()).customer(CustomerKey::new(key));
    customer.balance_inquiry(&request(key)).await.map(drop)
}

fn whose(turn: u32) -> &'static str {
    if turn.is_multiple_of(2) {
        "cust-a"
    } else {
        "cust-b"
    }
}

fn calls(sandbox: &Sandbox) -> Vec<RecordedRequest> {
    let mut requests = sandbox.requests();
    requests.retain(|request| request.path == BALANCE_PATH);
    requests
}

fn verdicts(sandbox: &Sandbox) -> Vec<String> {
    calls(sandbox)
        .into_iter()
        .map(|call| call.verdict)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_customers_interleaved_a_thousand_times_never_carry_the_other_ones_token() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let client = client_for(&sandbox)?;
    for key in ["cust-a", "cust-b"] {
        bound(&sandbox, &client, key).await?;
    }

    let wallet = Wallet::from(client.clone());
    let mut running = Vec::new();
    for turn in 0..1_000_u32 {
        let customer = wallet.customer(CustomerKey::new(whose(turn)));
        running.push(tokio::spawn(async move {
            // The external id says for whom the call is made; the sandbox, whose token it carried.
            let id = ExternalId::new(format!("{turn:06}")).expect("six digits");
            let request = request("interleaved");
            let call = customer.balance_inquiry(&request).with_external_id(id);
            call.await.map(drop)
        }));
        if running.len() == 20 {
            for call in running.drain(..) {
                call.await??;
            }
        }
    }

    let calls = calls(&sandbox);
    assert_eq!(calls.len(), 1_000);
    for call in &calls {
        let turn: u32 = call.external_id.as_deref().unwrap_or_default().parse()?;
        assert_eq!(call.customer.as_deref(), Some(whose(turn)), "call {turn}");
        assert_eq!(call.verdict, "ok");
    }
    sandbox.assert_customer_token_requests(2);
    sandbox.assert_token_requests(1);
    Ok(())
}

#[tokio::test]
async fn each_call_carries_the_token_of_the_customer_it_is_made_for() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let client = client_for(&sandbox)?;
    for key in ["cust-a", "cust-b"] {
        bound(&sandbox, &client, key).await?;
    }

    for key in ["cust-a", "cust-b", "cust-b", "cust-a"] {
        balance(&client, key).await?;

        let last = calls(&sandbox).pop().ok_or("no call arrived")?;
        assert_eq!(last.customer.as_deref(), Some(key));
    }
    Ok(())
}

#[tokio::test]
async fn a_customer_who_never_authorized_is_a_typed_error_and_nothing_is_sent() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let client = client_for(&sandbox)?;

    let error = balance(&client, "nobody").await.unwrap_err();

    assert_eq!(error.stage(), Stage::NotSent);
    assert_eq!(
        error.customer_error(),
        Some(&CustomerError::AuthorizationRequired)
    );
    assert!(
        error.to_string().contains("CustomerSession::authorize"),
        "{error}"
    );
    assert_eq!(calls(&sandbox).len(), 0);
    Ok(())
}

#[tokio::test]
async fn an_expired_customer_token_is_renewed_with_the_refresh_token() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let client = client_for(&sandbox)?;
    bound(&sandbox, &client, "cust-a").await?;
    balance(&client, "cust-a").await?;
    sandbox.expire_customer_tokens();

    balance(&client, "cust-a").await?;

    assert_eq!(verdicts(&sandbox).first().map(String::as_str), Some("ok"));
    assert_eq!(verdicts(&sandbox).last().map(String::as_str), Some("ok"));
    assert_eq!(verdicts(&sandbox).len(), 3, "one refusal, one replay");
    sandbox.assert_customer_token_requests(2);
    Ok(())
}

#[tokio::test]
async fn a_customer_who_unlinked_is_a_typed_error_and_asked_for_no_more() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let client = client_for(&sandbox)?;
    for key in ["cust-a", "cust-b"] {
        bound(&sandbox, &client, key).await?;
    }
    sandbox.unlink_customer("cust-a");

    let error = balance(&client, "cust-a").await.unwrap_err();
    assert_eq!(error.customer_error(), Some(&CustomerError::Unlinked));
    let asked = sandbox.customer_token_requests();

    // It fails at once from now on, and the other customer notices nothing.
    let again = balance(&client, "cust-a").await.unwrap_err();
    assert_eq!(again.customer_error(), Some(&CustomerError::Unlinked));
    assert_eq!(again.stage(), Stage::NotSent);
    balance(&client, "cust-b").await?;
    assert_eq!(sandbox.customer_token_requests(), asked);

    // A new binding mends it.
    bound(&sandbox, &client, "cust-a").await?;
    balance(&client, "cust-a").await?;
    Ok(())
}

#[tokio::test]
async fn exported_tokens_work_in_another_client() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let first = client_for(&sandbox)?;
    bound(&sandbox, &first, "cust-a").await?;
    let pair = first
        .customer("cust-a")
        .tokens()
        .await?
        .ok_or("there are no tokens")?;

    let second = client_for(&sandbox)?;
    second.customer("cust-a").with_tokens(pair).await?;
    balance(&second, "cust-a").await?;

    sandbox.assert_customer_token_requests(1);
    Ok(())
}

#[tokio::test]
async fn a_plain_token_is_never_renewed() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let client = client_for(&sandbox)?;
    bound(&sandbox, &client, "cust-a").await?;
    let token = client.customer("cust-a").token(Duration::ZERO).await?;
    let wallet = Wallet::from(client.clone());
    let customer = wallet.customer(CustomerToken::new(token.expose()));
    customer.balance_inquiry(&request("one")).await?;
    sandbox.invalidate_customer_tokens();

    let error = customer.balance_inquiry(&request("two")).await.unwrap_err();

    assert_eq!(error.customer_error(), Some(&CustomerError::TokenRefused));
    assert_eq!(
        error.response_code().map(|code| code.as_str()),
        Some("4011102")
    );
    sandbox.assert_customer_token_requests(1);
    Ok(())
}

#[tokio::test]
async fn a_wrong_auth_code_asks_for_a_new_binding() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let client = client_for(&sandbox)?;
    client.token(Duration::ZERO).await?;

    let error = client
        .customer("cust-a")
        .authorize(&AuthCode::new("00000000000000000000"))
        .await
        .unwrap_err();

    // 4017400 is both "unlinked" and "refused"; either way the account is bound again.
    assert_eq!(
        error.response_code().map(|code| code.as_str()),
        Some("4017400")
    );
    assert_eq!(error.customer_error(), Some(&CustomerError::Unlinked));
    Ok(())
}

#[tokio::test]
async fn a_refund_goes_with_and_without_a_customer() -> Outcome {
    let sandbox = Sandbox::builder().stateful(false).start().await?;
    let client = client_for(&sandbox)?;
    bound(&sandbox, &client, "cust-a").await?;
    let debit = DirectDebit::from(client);
    let info = RefundRequestAdditionalInfo::builder()
        .channel(Channel::EMONEY_OVO_SNAP)
        .build();
    let request = RefundRequest::builder("REFUND-1")
        .original_partner_reference_no("ORDER-1")
        .refund_amount(Amount::idr(10_000))
        .additional_info(info)
        .build();

    debit.refund(&request).await?;
    debit
        .customer(CustomerKey::new("cust-a"))
        .refund(&request)
        .await?;

    let carried: Vec<Option<String>> = sandbox
        .requests()
        .into_iter()
        .filter(|request| request.path.ends_with("/debit/refund"))
        .map(|request| request.customer)
        .collect();
    assert_eq!(carried, [None, Some("cust-a".to_owned())]);
    Ok(())
}

#[tokio::test]
async fn one_client_serves_two_products_with_one_token() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let client = client_for(&sandbox)?;
    bound(&sandbox, &client, "cust-a").await?;
    let info = BalanceInquiryRequestAdditionalInfo::builder()
        .channel(Channel::DIRECT_DEBIT_ALLO_SNAP)
        .build();
    let request = DebitBalanceRequest::builder().additional_info(info).build();

    balance(&client, "cust-a").await?;
    DirectDebit::from(client)
        .customer(CustomerKey::new("cust-a"))
        .balance_inquiry(&request, Ipv4Addr::new(203, 0, 113, 100))
        .await?;

    sandbox.assert_token_requests(1);
    sandbox.assert_customer_token_requests(1);
    Ok(())
}
