//! The first slice as a customer uses it: token, balance, refusals, all judged by the sandbox.

use std::{error::Error, time::Duration};

use doku_kirimdoku::{BalanceInquiryRequest, BalanceInquiryResponse, Kirimdoku};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use snap_core::{Amount, B2b, Client, Method, Operation, OperationInfo, OperationKind, Stage};
use snap_sandbox::{AccountInfosShape, BalanceSpelling, JsonForm, Quirks, Sandbox};
use snap_suite::{client_for, config_as, config_for};

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

const TOKEN_PATH: &str = "/authorization/v1/access-token/b2b";
const BALANCE_PATH: &str = "/snap/v1.1/balance-inquiry";

fn request(sandbox: &Sandbox) -> BalanceInquiryRequest {
    BalanceInquiryRequest::builder()
        .account_no(&sandbox.merchant().agent_key)
        .build()
}

/// The verdicts of all calls so far, token requests apart.
fn verdicts(sandbox: &Sandbox) -> Vec<String> {
    let requests = sandbox.requests();
    let calls = requests.iter().filter(|request| request.path != TOKEN_PATH);
    calls.map(|request| request.verdict.to_string()).collect()
}

#[tokio::test]
async fn a_generated_call_is_signed_so_that_an_independent_judge_accepts_it() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let kirim = Kirimdoku::from(client_for(&sandbox)?);

    let answer = kirim.balance_inquiry(&request(&sandbox)).await?;

    assert_eq!(answer.code().as_str(), "2001100");
    let balance = answer.body().account_infos[0]
        .available_balance
        .as_ref()
        .unwrap();
    assert!(balance.to_decimal()?.is_sign_positive() && balance.currency() == Some("IDR"));
    assert_eq!(verdicts(&sandbox), ["ok"]);
    sandbox.assert_token_requests(1);
    Ok(())
}

#[tokio::test]
async fn every_shape_of_the_answer_that_doku_is_known_to_give_is_read() -> Outcome {
    let mut balances = Vec::new();
    for shape in [AccountInfosShape::Object, AccountInfosShape::Array] {
        for spelling in [BalanceSpelling::Avaliable, BalanceSpelling::Available] {
            for form in [JsonForm::Text, JsonForm::Number] {
                let quirks = Quirks::documented()
                    .with_account_infos(shape)
                    .with_balance_spelling(spelling)
                    .with_response_code(form)
                    .with_expires_in(form);
                let sandbox = Sandbox::builder().quirks(quirks).start().await?;
                let kirim = Kirimdoku::from(client_for(&sandbox)?);

                let answer = kirim.balance_inquiry(&request(&sandbox)).await?;

                assert_eq!(answer.code().as_str(), "2001100");
                balances.extend(answer.into_body().account_infos);
            }
        }
    }
    assert_eq!(balances.len(), 8);
    assert!(
        balances.iter().all(|balance| *balance == balances[0]),
        "{balances:?}"
    );
    assert!(balances[0].available_balance.is_some() && balances[0].hold_amount.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_first_callers_reach_the_token_endpoint_once() -> Outcome {
    let sandbox = Sandbox::builder()
        .token_delay(Duration::from_millis(200))
        .start()
        .await?;
    let client = client_for(&sandbox)?;

    let callers: Vec<_> = (0..10_000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.token(Duration::ZERO).await })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }

    sandbox.assert_token_requests(1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_calls_refused_together_cost_one_token_and_one_replay_each() -> Outcome {
    let sandbox = Sandbox::builder()
        .token_delay(Duration::from_millis(300))
        .start()
        .await?;
    let kirim = Kirimdoku::from(client_for(&sandbox)?);
    kirim.balance_inquiry(&request(&sandbox)).await?;
    sandbox.invalidate_tokens();

    let callers: Vec<_> = (0..50)
        .map(|_| {
            let (kirim, request) = (kirim.clone(), request(&sandbox));
            tokio::spawn(async move { kirim.balance_inquiry(&request).await.map(drop) })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }

    sandbox.assert_token_requests(2);
    let verdicts = verdicts(&sandbox);
    let refused = verdicts
        .iter()
        .filter(|verdict| *verdict == "token.invalidated")
        .count();
    let accepted = verdicts.iter().filter(|verdict| *verdict == "ok").count();
    // A caller who comes late finds the new token; nobody is refused twice.
    assert!((1..=50).contains(&refused), "{verdicts:?}");
    assert_eq!((accepted, verdicts.len()), (51, 51 + refused));
    Ok(())
}

#[tokio::test]
async fn an_expired_token_is_replaced_without_the_caller_noticing() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let kirim = Kirimdoku::from(client_for(&sandbox)?);
    kirim.balance_inquiry(&request(&sandbox)).await?;
    sandbox.expire_tokens();

    kirim.balance_inquiry(&request(&sandbox)).await?;

    assert_eq!(verdicts(&sandbox), ["ok", "token.expired", "ok"]);
    sandbox.assert_token_requests(2);
    Ok(())
}

#[tokio::test]
async fn two_clients_without_a_shared_store_are_told_to_share_at_the_third_knock_out() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let (one, other) = (client_for(&sandbox)?, client_for(&sandbox)?);
    let call = async |client: &Client| {
        let request = request(&sandbox);
        Kirimdoku::from(client.clone())
            .balance_inquiry(&request)
            .await
            .map(drop)
    };

    // Each knocks the other's token out, and each call is mended by one replay …
    for client in [&one, &other, &one, &other, &one, &other] {
        call(client).await?;
    }
    sandbox.assert_token_requests(6);

    // … until a client has lost three fresh tokens: it stops knocking and says why.
    let error = call(&one).await.unwrap_err();
    assert_eq!(error.stage(), Stage::Refused);
    assert!(
        error.to_string().contains("Config::with_token_store"),
        "{error}"
    );
    sandbox.assert_token_requests(6);
    Ok(())
}

#[tokio::test]
async fn a_wrong_secret_is_a_refusal_with_code_and_external_id() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let mut merchant = sandbox.merchant().clone();
    merchant.client_secret.push('x');
    let kirim = Kirimdoku::from(Client::new(config_as(&sandbox, &merchant)?)?);

    let error = kirim.balance_inquiry(&request(&sandbox)).await.unwrap_err();

    assert_eq!(error.stage(), Stage::Refused);
    assert_eq!(error.response_code().unwrap().as_str(), "4011100");
    let sent = sandbox.requests().pop().unwrap();
    assert_eq!(
        sent.external_id.as_deref(),
        error.external_id().map(|id| id.as_str())
    );
    sandbox.assert_token_requests(1);
    Ok(())
}

#[tokio::test]
async fn a_wrong_agent_key_is_an_invalid_merchant() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let kirim = Kirimdoku::from(client_for(&sandbox)?);
    let request = BalanceInquiryRequest::builder()
        .account_no("A99999")
        .build();

    let error = kirim.balance_inquiry(&request).await.unwrap_err();

    let code = error.response_code().unwrap();
    assert_eq!((code.as_str(), code.case()), ("4041108", Some(8)));
    assert!(
        error.to_string().contains("4041108 Invalid Merchant"),
        "{error}"
    );
    Ok(())
}

/// The balance inquiry with a body and path of the test's choice.
#[derive(Debug)]
struct AnyBody;

impl Operation for AnyBody {
    type Request = Value;
    type Response = BalanceInquiryResponse;
    type Auth = B2b;
    const INFO: OperationInfo = OperationInfo::new(
        "anyBody",
        Method::POST,
        BALANCE_PATH,
        "11",
        OperationKind::Read,
    )
    .with_channel_id();
}

#[derive(Debug)]
struct WrongPath;

impl Operation for WrongPath {
    type Request = Value;
    type Response = BalanceInquiryResponse;
    type Auth = B2b;
    const INFO: OperationInfo = OperationInfo::new(
        "wrongPath",
        Method::POST,
        "/snap/v1.2/x",
        "11",
        OperationKind::Read,
    );
}

#[tokio::test]
async fn an_unknown_path_is_an_unreadable_answer_and_not_a_code() -> Outcome {
    let sandbox = Sandbox::start().await?;

    let error = client_for(&sandbox)?
        .call::<WrongPath>(&json!({}))
        .await
        .unwrap_err();

    assert_eq!(
        (error.stage(), error.http_status()),
        (Stage::Unreadable, Some(404))
    );
    assert_eq!(error.response_code(), None);
    let raw = String::from_utf8_lossy(error.raw().unwrap()).into_owned();
    assert!(raw.contains("No static resource"), "{raw}");
    Ok(())
}

#[test]
fn signer_and_judge_agree_on_random_bodies() -> Outcome {
    let runtime = tokio::runtime::Runtime::new()?;
    let sandbox = runtime.block_on(Sandbox::start())?;
    let client = client_for(&sandbox)?;
    let agent_key = sandbox.merchant().agent_key.clone();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(300));

    runner.run(
        &("\\PC{0,40}", any::<String>(), any::<u32>()),
        |(name, text, number)| {
            let body = json!({"accountNo": agent_key, name: [text, number, null, true]});
            let result = runtime.block_on(async { client.call::<AnyBody>(&body).await });
            let verdict = sandbox
                .requests()
                .pop()
                .map(|request| request.verdict.to_string());
            prop_assert!(result.is_ok(), "{:?} {:?}", result, verdict);
            Ok(())
        },
    )?;

    assert_eq!(verdicts(&sandbox).len(), 300);
    Ok(())
}

#[test]
fn an_amount_survives_the_whole_way_digit_for_digit() {
    let body =
        r#"{"accountInfos":{"avaliableBalance":{"value":9007199254740993.25,"currency":"IDR"}}}"#;
    let read: BalanceInquiryResponse = serde_json::from_str(body).unwrap();

    let balance = read.account_infos[0].available_balance.as_ref().unwrap();

    assert_eq!(*balance, Amount::new("9007199254740993.25", "IDR").unwrap());
}

#[tokio::test]
async fn a_clock_that_is_an_hour_slow_is_refused_as_unauthorized() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let client = Client::new(config_for(&sandbox)?)?;
    client.token(Duration::ZERO).await?;
    sandbox.advance(Duration::from_secs(3600));

    let kirim = Kirimdoku::from(client);
    let error = kirim.balance_inquiry(&request(&sandbox)).await.unwrap_err();

    assert_eq!(error.response_code().unwrap().as_str(), "4011100");
    Ok(())
}
