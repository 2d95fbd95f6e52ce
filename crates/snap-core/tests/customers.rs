//! Calls for customers: tokens never mixed, one renewal for all callers, one replay in all.

mod support;

use std::{collections::HashSet, sync::Arc, time::Duration};

use serde_json::{Value, json};
use snap_core::{
    AccessToken, AuthCode, CustomerError, CustomerToken, CustomerTokens, RefreshToken, SecretText,
    Stage,
    token::{LIFE_UNKNOWN, MemoryTokenStore, NewEntry, Refresh, TokenStore},
};
use support::{
    Balance, Doku, EchoRequest, Either, client,
    customers::{access_token, bound, call, carried, grant_types, is, no_answer, slot_of},
    refusal, request, sharing, token,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn two_customers_interleaved_carry_only_their_own_tokens_and_make_two_grants() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    bound(&client, "budi").await;

    let callers: Vec<_> = (0..1_000)
        .map(|index| {
            let client = client.clone();
            tokio::spawn(async move {
                let name = if index % 2 == 0 { "anna" } else { "budi" };
                let customer = CustomerTokens::from(client.customer(name));
                let account_no = name.to_owned();
                let request = EchoRequest { account_no };
                client
                    .call_as::<Balance>(&customer, &request)
                    .await
                    .map(drop)
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }

    let calls = doku.calls();
    for call in &calls {
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        let own = format!("Bearer CUSTOMER-{}-1", body["accountNo"].as_str().unwrap());
        assert_eq!(call.header("authorization-customer"), own);
    }
    assert_eq!((calls.len(), doku.grants().len()), (1_000, 2));
    assert_eq!(doku.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_customer_without_tokens_is_not_called_for_and_costs_no_request() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;

    let error = call(&client, "budi").await.unwrap_err();

    is(&error, CustomerError::AuthorizationRequired, Stage::NotSent);
    assert_eq!((doku.grants().len(), doku.calls().len()), (1, 0));
    assert_eq!(doku.token_requests(), 0, "the customer's token comes first");
}

#[tokio::test(start_paused = true)]
async fn an_empty_key_is_nobody() {
    let doku = Doku::new();
    let client = client(&doku);

    for key in ["", "  "] {
        let session = client.customer(key);
        let code = AuthCode::new("CODE-anna");
        let authorized = session.authorize(&code).await.unwrap_err();
        let called = call(&client, key).await.unwrap_err();
        for error in [authorized, called] {
            assert_eq!(error.stage(), Stage::NotSent);
            assert!(error.to_string().contains("key is empty"), "{error}");
        }
    }
    assert_eq!(doku.grants().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_customers_token_near_its_end_is_served_while_one_request_renews_it() {
    let doku = Doku::slow(Duration::from_millis(50));
    let client = client(&doku);
    let session = bound(&client, "anna").await;

    tokio::time::sleep(700 * SECOND).await;
    assert_eq!(access_token(&session).await, "CUSTOMER-anna-1");
    assert_eq!(doku.grants().len(), 1);
    tokio::time::sleep(150 * SECOND).await;
    for _ in 0..100 {
        assert_eq!(access_token(&session).await, "CUSTOMER-anna-1");
    }
    tokio::time::sleep(SECOND).await;

    assert_eq!(access_token(&session).await, "CUSTOMER-anna-2");
    assert_eq!(grant_types(&doku), ["authorization_code", "refresh_token"]);
    let body = json!({"grantType": "refresh_token", "refreshToken": "REFRESH-anna-1"});
    assert_eq!(doku.grants()[1], body);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ran_out_is_renewed_before_the_call() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    tokio::time::sleep(60 * MINUTE).await;

    call(&client, "anna").await.unwrap();

    assert_eq!(carried(&doku), ["Bearer CUSTOMER-anna-2"]);
}

#[tokio::test(start_paused = true)]
async fn the_newest_refresh_token_is_used_and_the_old_one_where_there_is_no_new_one() {
    let doku = Doku::new();
    let client = client(&doku);
    let session = bound(&client, "anna").await;

    tokio::time::sleep(20 * MINUTE).await;
    access_token(&session).await;
    tokio::time::sleep(20 * MINUTE).await;
    let answer = json!({"responseCode": "2007400", "accessToken": "OWN"});
    doku.say_to_grant(Ok((200, answer.to_string())));
    assert_eq!(access_token(&session).await, "OWN");
    doku.kill("OWN");
    call(&client, "anna").await.unwrap();

    let sent: Vec<_> = doku.grants()[1..]
        .iter()
        .map(|body| body["refreshToken"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(sent, ["REFRESH-anna-1", "REFRESH-anna-2", "REFRESH-anna-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_without_expiry_is_used_until_it_is_refused() {
    let doku = Doku::new();
    let client = client(&doku);
    let answer =
        json!({"responseCode": "2007400", "accessToken": "OWN", "refreshToken": "REFRESH-anna-0"});
    doku.say_to_grant(Ok((200, answer.to_string())));
    let session = bound(&client, "anna").await;
    assert_eq!(session.tokens().await.unwrap().unwrap().expires_at, None);

    tokio::time::sleep(365 * 24 * 60 * MINUTE).await;
    assert_eq!(access_token(&session).await, "OWN");
    doku.kill("OWN");
    call(&client, "anna").await.unwrap();

    assert_eq!(carried(&doku), ["Bearer OWN", "Bearer CUSTOMER-anna-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_customer_token_is_renewed_and_the_call_replayed_once() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    bound(&client, "budi").await;
    doku.kill("CUSTOMER-anna-1");

    call(&client, "anna").await.unwrap();

    assert_eq!(
        carried(&doku),
        ["Bearer CUSTOMER-anna-1", "Bearer CUSTOMER-anna-2"]
    );
    let calls = doku.calls();
    assert_ne!(
        calls[0].header("x-external-id"),
        calls[1].header("x-external-id")
    );
    assert_eq!(calls[0].body, calls[1].body);
    assert_eq!((doku.grants().len(), doku.token_requests()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_customer_token_refused_again_is_a_refusal_and_no_third_attempt() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    for number in 1..=2 {
        doku.kill(&format!("CUSTOMER-anna-{number}"));
    }

    let error = call(&client, "anna").await.unwrap_err();

    is(&error, CustomerError::TokenRefused, Stage::Refused);
    assert_eq!(error.response_code().unwrap().as_str(), "4011102");
    assert_eq!((doku.calls().len(), doku.grants().len()), (2, 2));
    call(&client, "anna").await.unwrap();
    assert_eq!(
        carried(&doku)[2],
        "Bearer CUSTOMER-anna-3",
        "the next call begins with another token"
    );
}

#[tokio::test(start_paused = true)]
async fn both_tokens_refused_in_one_call_make_one_replay() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    token(&client).await;
    doku.kill_tokens();
    doku.kill("CUSTOMER-anna-1");

    let error = call(&client, "anna").await.unwrap_err();

    is(&error, CustomerError::TokenRefused, Stage::Refused);
    assert_eq!(error.response_code().unwrap().as_str(), "4011102");
    assert_eq!((doku.calls().len(), doku.token_requests()), (2, 2));
    call(&client, "anna").await.unwrap();
    assert_eq!(doku.calls().len(), 3, "the next call has two good tokens");
}

#[tokio::test(start_paused = true)]
async fn a_merchants_token_refused_after_the_customers_is_not_replayed_either() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    doku.say_to_call(Ok((401, refusal("4011104", "Customer Token Not Found"))));
    doku.say_to_call(Ok((401, refusal("4011103", "Token Not Found (B2B)"))));

    let error = call(&client, "anna").await.unwrap_err();

    assert_eq!(error.stage(), Stage::Refused);
    assert_eq!(error.customer_error(), None);
    assert_eq!(error.response_code().unwrap().as_str(), "4011103");
    assert_eq!(doku.calls().len(), 2);
    call(&client, "anna").await.unwrap();
    assert_eq!(
        doku.token_requests(),
        2,
        "the refused token is not used again"
    );
}

#[tokio::test(start_paused = true)]
async fn fifty_refused_callers_of_one_customer_make_one_grant_and_one_replay_each() {
    let doku = Doku::slow(Duration::from_millis(50));
    let client = client(&doku);
    bound(&client, "anna").await;
    doku.kill("CUSTOMER-anna-1");

    let callers: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { call(&client, "anna").await })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }

    assert_eq!((doku.grants().len(), doku.calls().len()), (2, 100));
    let ids: HashSet<_> = doku
        .calls()
        .iter()
        .map(|call| call.header("x-external-id").to_owned())
        .collect();
    assert_eq!(ids.len(), 100, "a replay has an external id of its own");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_loses_the_renewal_for_nobody() {
    let doku = Doku::slow(Duration::from_millis(50));
    let client = client(&doku);
    let session = bound(&client, "anna").await;
    tokio::time::sleep(20 * MINUTE).await;

    let starter = tokio::time::timeout(Duration::from_millis(10), call(&client, "anna")).await;
    let other = access_token(&session).await;

    assert!(starter.is_err());
    assert_eq!(
        (other.as_str(), doku.grants().len()),
        ("CUSTOMER-anna-2", 2)
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_refresh_token_asks_for_a_new_authorization_and_is_not_sent_again() {
    let doku = Doku::new();
    let client = client(&doku);
    let session = bound(&client, "anna").await;
    doku.kill("REFRESH-anna-1");
    tokio::time::sleep(20 * MINUTE).await;

    for _ in 0..100 {
        let error = call(&client, "anna").await.unwrap_err();
        is(&error, CustomerError::AuthorizationRequired, Stage::NotSent);
        let code = error.token_error().unwrap().response_code();
        assert_eq!(code.unwrap().as_str(), "4007400");
        tokio::time::sleep(10 * SECOND).await;
    }
    assert_eq!((doku.grants().len(), doku.calls().len()), (2, 0));

    session
        .authorize(&AuthCode::new("CODE-anna"))
        .await
        .unwrap();
    call(&client, "anna").await.unwrap();
    assert_eq!(carried(&doku), ["Bearer CUSTOMER-anna-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_refresh_token_does_not_cost_the_access_token_that_still_lives() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    doku.kill("REFRESH-anna-1");
    tokio::time::sleep(850 * SECOND).await;

    for _ in 0..3 {
        call(&client, "anna").await.unwrap();
        tokio::time::sleep(10 * SECOND).await;
    }

    assert_eq!(doku.grants().len(), 2);
    tokio::time::sleep(30 * SECOND).await;
    let error = call(&client, "anna").await.unwrap_err();
    is(&error, CustomerError::AuthorizationRequired, Stage::NotSent);
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_whose_token_cannot_be_renewed_says_both() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    doku.kill("CUSTOMER-anna-1");
    doku.kill("REFRESH-anna-1");

    let error = call(&client, "anna").await.unwrap_err();

    is(&error, CustomerError::AuthorizationRequired, Stage::Refused);
    assert_eq!(error.response_code().unwrap().as_str(), "4011102");
    assert_eq!(doku.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn tokens_that_cannot_be_renewed_ask_for_a_new_authorization_when_they_end() {
    let doku = Doku::new();
    let client = client(&doku);
    let answer = json!({"responseCode": "2007400", "accessToken": "OWN"});
    doku.say_to_grant(Ok((200, answer.to_string())));
    bound(&client, "anna").await;
    doku.kill("OWN");

    let error = call(&client, "anna").await.unwrap_err();

    is(&error, CustomerError::AuthorizationRequired, Stage::Refused);
    assert_eq!(doku.grants().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failing_renewal_is_left_alone_between_the_steps_of_its_back_off() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    tokio::time::sleep(20 * MINUTE).await;
    for _ in 0..3 {
        doku.say_to_grant(Ok((500, refusal("5007400", "General Error"))));
    }

    for _ in 0..100 {
        let error = call(&client, "anna").await.unwrap_err();
        assert_eq!(error.customer_error(), None, "{error}");
        assert!(error.to_string().contains("5007400"), "{error}");
    }
    assert_eq!(doku.grants().len(), 2);
    tokio::time::sleep(20 * SECOND).await;
    call(&client, "anna").await.unwrap_err();
    tokio::time::sleep(20 * SECOND).await;
    call(&client, "anna").await.unwrap_err();
    tokio::time::sleep(20 * SECOND).await;

    call(&client, "anna").await.unwrap();
    assert_eq!(doku.grants().len(), 5, "the refresh token was not given up");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_without_an_answer_is_repeated_once() {
    for said in [no_answer(), Ok((200, "<html>".to_owned()))] {
        let doku = Doku::new();
        let client = client(&doku);
        bound(&client, "anna").await;
        tokio::time::sleep(20 * MINUTE).await;
        doku.say_to_grant(said);

        call(&client, "anna").await.unwrap();

        assert_eq!(doku.grants().len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_without_any_answer_ends_after_the_second_and_gives_nothing_up() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    tokio::time::sleep(20 * MINUTE).await;
    doku.say_to_grant(no_answer());
    doku.say_to_grant(no_answer());

    let error = call(&client, "anna").await.unwrap_err();

    assert_eq!(error.stage(), Stage::NotSent, "of the operation");
    assert_eq!((error.customer_error(), doku.grants().len()), (None, 3));
    tokio::time::sleep(5 * SECOND).await;
    call(&client, "anna").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_plain_token_is_never_renewed() {
    let doku = Doku::new();
    let client = client(&doku);
    doku.kill("PLAIN");
    let customer = CustomerTokens::from(CustomerToken::new("PLAIN"));

    let call = client.call_as::<Balance>(&customer, &request());
    let error = call.await.unwrap_err();

    is(&error, CustomerError::TokenRefused, Stage::Refused);
    assert_eq!(error.response_code().unwrap().as_str(), "4011102");
    assert_eq!((doku.calls().len(), doku.grants().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_with_a_plain_token_is_replayed_for_the_merchants() {
    let doku = Doku::new();
    let client = client(&doku);
    token(&client).await;
    doku.kill_tokens();
    let customer = CustomerTokens::from(CustomerToken::new("PLAIN"));

    let call = client.call_as::<Balance>(&customer, &request());
    call.await.unwrap();

    assert_eq!(carried(&doku), ["Bearer PLAIN", "Bearer PLAIN"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_customer_token_of_a_call_without_a_customer_is_just_a_refusal() {
    let doku = Doku::new();
    let client = client(&doku);
    doku.say_to_call(Ok((401, refusal("4011102", "Invalid Customer Token"))));

    let error = client.call::<Either>(&request()).await.unwrap_err();

    assert_eq!(error.stage(), Stage::Refused);
    assert_eq!((error.customer_error(), doku.calls().len()), (None, 1));
}

#[tokio::test(start_paused = true)]
async fn an_entry_whose_access_token_ran_out_in_the_store_is_renewed() {
    let doku = Doku::new();
    let store = Arc::new(MemoryTokenStore::new());
    let refresh = RefreshToken::new("REFRESH-anna-7");
    let refresh = Refresh::new(refresh, LIFE_UNKNOWN, LIFE_UNKNOWN);
    let new = NewEntry::new(AccessToken::new("OLD"), 60 * SECOND).with_refresh(Some(refresh));
    let slot = slot_of("anna");
    let swap = store.compare_and_swap(&slot, None, new);
    swap.await.unwrap().unwrap();
    tokio::time::sleep(MINUTE).await;

    call(&sharing(&doku, &store), "anna").await.unwrap();

    assert_eq!(doku.grants()[0]["refreshToken"], "REFRESH-anna-7");
    assert_eq!(carried(&doku), ["Bearer CUSTOMER-anna-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_customer_may_be_asked_for_with_enough_life_left() {
    let doku = Doku::new();
    let client = client(&doku);
    let session = bound(&client, "anna").await;
    tokio::time::sleep(10 * MINUTE).await;

    let short = session.token(200 * SECOND).await.unwrap();
    let long = session.token(600 * SECOND).await.unwrap();

    assert_eq!(
        (short.expose(), long.expose()),
        ("CUSTOMER-anna-1", "CUSTOMER-anna-2")
    );
    assert_eq!(SecretText::from(long).expose(), "CUSTOMER-anna-2");
}

#[tokio::test(start_paused = true)]
async fn tokens_of_a_customer_refused_for_ever_do_not_become_a_storm_of_grants() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    for number in 0..200 {
        doku.kill(&format!("CUSTOMER-anna-{number}"));
    }

    for _ in 0..100 {
        call(&client, "anna").await.unwrap_err();
    }

    assert!(doku.grants().len() <= 4, "{}", doku.grants().len());
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_doku_cannot_read_is_left_alone_and_does_not_bar_the_customer() {
    for code in ["4007401", "4007402"] {
        let doku = Doku::new();
        let client = client(&doku);
        bound(&client, "anna").await;
        tokio::time::sleep(20 * MINUTE).await;
        doku.say_to_grant(Ok((400, refusal(code, "Invalid Field Format X-TIMESTAMP"))));

        for _ in 0..20 {
            let error = call(&client, "anna").await.unwrap_err();
            assert_eq!(error.customer_error(), None, "{error}");
            tokio::time::sleep(SECOND).await;
        }
        assert_eq!(doku.grants().len(), 2);
        tokio::time::sleep(20 * SECOND).await;

        call(&client, "anna").await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_without_tokens_does_not_lengthen_the_back_off_of_a_failing_renewal() {
    let doku = Doku::new();
    let store = Arc::new(MemoryTokenStore::new());
    let client = sharing(&doku, &store);
    for _ in 0..8 {
        call(&client, "anna").await.unwrap_err();
        tokio::time::sleep(2 * SECOND).await;
    }
    let refresh = RefreshToken::new("REFRESH-anna-7");
    let refresh = Refresh::new(refresh, LIFE_UNKNOWN, LIFE_UNKNOWN);
    let new = NewEntry::new(AccessToken::new("OLD"), Duration::ZERO).with_refresh(Some(refresh));
    let slot = slot_of("anna");
    store.compare_and_swap(&slot, None, new).await.unwrap();
    doku.say_to_grant(Ok((500, refusal("5007400", "General Error"))));
    call(&client, "anna").await.unwrap_err();

    tokio::time::sleep(2 * SECOND).await;

    call(&client, "anna").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn tokens_refused_while_fresh_are_explained_by_what_may_be_wrong() {
    for shared in [false, true] {
        let doku = Doku::new();
        let client = if shared {
            sharing(&doku, &Arc::new(MemoryTokenStore::new()))
        } else {
            client(&doku)
        };
        bound(&client, "anna").await;
        for number in 0..9 {
            doku.kill(&format!("CUSTOMER-anna-{number}"));
        }
        for _ in 0..2 {
            call(&client, "anna").await.unwrap_err();
        }

        let text = call(&client, "anna").await.unwrap_err().to_string();

        assert!(text.contains("for a customer"), "{text}");
        assert_eq!(text.contains("every process use this"), shared, "{text}");
        assert_eq!(text.contains("with_token_store"), !shared, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plain_token_that_is_empty_is_not_sent() {
    for token in ["", " "] {
        let doku = Doku::new();
        let client = client(&doku);
        let customer = CustomerTokens::from(CustomerToken::new(token));

        let call = client.call_as::<Balance>(&customer, &request());
        let error = call.await.unwrap_err();

        assert_eq!(error.stage(), Stage::NotSent);
        let text = error.to_string();
        assert!(text.contains("the customer's token is empty"), "{text}");
        assert_eq!((doku.calls().len(), doku.token_requests()), (0, 0));
    }
}
