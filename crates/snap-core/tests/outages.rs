//! A shared store that fails for a while and comes back, and processes that go on without it.

mod support;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::json;
use snap_core::{Client, CustomerError, Stage};
use support::{
    Doku, Echo, customer_answer,
    customers::{bound, call, carried, is, wall_clock},
    refusal, request, sharing,
    store::Faulty,
    token,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn two_on_a_store() -> (Arc<Doku>, Arc<Faulty>, Client, Client) {
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let (one, other) = (sharing(&doku, &store), sharing(&doku, &store));
    (doku, store, one, other)
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_the_token_that_another_process_stored_is_adopted() {
    let (doku, store, one, other) = two_on_a_store();
    token(&one).await;
    token(&other).await;
    store.set_down(true);
    for _ in 0..3 {
        tokio::time::sleep(2 * MINUTE).await;
        doku.kill_tokens();
        one.call::<Echo>(&request()).await.unwrap();
    }
    store.set_down(false);
    tokio::time::sleep(2 * MINUTE).await;
    doku.kill_tokens();
    other.call::<Echo>(&request()).await.unwrap();
    assert_eq!(doku.token_requests(), 5);

    one.call::<Echo>(&request()).await.unwrap();

    assert_eq!(token(&one).await, token(&other).await);
    assert_eq!(doku.token_requests(), 5, "the good token was not killed");
}

#[tokio::test(start_paused = true)]
async fn a_grant_refused_in_an_outage_does_not_bar_an_authorization_in_another_process() {
    let (doku, store, one, other) = two_on_a_store();
    bound(&one, "anna").await;
    store.set_down(true);
    for _ in 0..2 {
        tokio::time::sleep(20 * MINUTE).await;
        call(&one, "anna").await.unwrap();
    }
    doku.kill("REFRESH-anna-3");
    tokio::time::sleep(20 * MINUTE).await;
    let error = call(&one, "anna").await.unwrap_err();
    is(&error, CustomerError::AuthorizationRequired, Stage::NotSent);

    store.set_down(false);
    bound(&other, "anna").await;
    tokio::time::sleep(2 * SECOND).await;

    call(&one, "anna").await.unwrap();
    assert_eq!(carried(&doku).last().unwrap(), "Bearer CUSTOMER-anna-4");
}

#[tokio::test(start_paused = true)]
async fn a_code_exchanged_in_an_outage_is_not_lost_to_older_tokens_in_the_store() {
    let (doku, store, one, other) = two_on_a_store();
    bound(&other, "anna").await;
    tokio::time::sleep(20 * MINUTE).await;
    call(&other, "anna").await.unwrap();
    store.set_down(true);
    bound(&one, "anna").await;
    store.set_down(false);
    tokio::time::sleep(20 * MINUTE).await;

    call(&one, "anna").await.unwrap();

    assert_eq!(doku.grants()[3]["refreshToken"], "REFRESH-anna-3");
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_does_not_keep_a_process_from_the_token_that_another_one_stored() {
    let (doku, _, one, other) = two_on_a_store();
    token(&one).await;
    token(&other).await;
    tokio::time::sleep(850 * SECOND).await;
    doku.say_to_token_request(Ok((500, refusal("5007300", "General Error"))));
    token(&one).await;
    tokio::time::sleep(SECOND / 2).await;
    doku.kill_tokens();
    other.call::<Echo>(&request()).await.unwrap();

    one.call::<Echo>(&request()).await.unwrap();

    assert_eq!(token(&one).await, token(&other).await);
    assert_eq!(doku.token_requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn tokens_refused_while_fresh_do_not_keep_a_process_from_the_stored_one() {
    let (doku, _, one, other) = two_on_a_store();
    token(&one).await;
    for _ in 0..2 {
        doku.kill_tokens();
        one.call::<Echo>(&request()).await.unwrap();
    }
    token(&other).await;
    doku.kill_tokens();
    other.call::<Echo>(&request()).await.unwrap();

    one.call::<Echo>(&request()).await.unwrap();

    assert_eq!(doku.token_requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn tokens_without_renewal_do_not_keep_a_process_from_those_of_a_new_authorization() {
    let (doku, _, one, other) = two_on_a_store();
    let now = wall_clock().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let answer = customer_answer("own", 1, now.as_secs().try_into().unwrap());
    let answer = answer.replace("refreshToken", "noRefreshToken");
    doku.say_to_grant(Ok((200, answer)));
    bound(&one, "anna").await;
    tokio::time::sleep(850 * SECOND).await;
    call(&one, "anna").await.unwrap();
    tokio::time::sleep(SECOND / 2).await;
    bound(&other, "anna").await;
    doku.kill("CUSTOMER-own-1");

    call(&one, "anna").await.unwrap();

    assert_eq!(carried(&doku).last().unwrap(), "Bearer CUSTOMER-anna-1");
}

#[tokio::test(start_paused = true)]
async fn the_store_is_not_asked_on_every_call_while_doku_is_left_alone() {
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let client = sharing(&doku, &store);
    let answer = refusal("4007302", "Invalid Mandatory Field X-CLIENT-KEY");
    doku.say_to_token_request(Ok((400, answer)));
    client.token(Duration::ZERO).await.unwrap_err();
    let before = store.times_asked();

    for _ in 0..1_000 {
        client.token(Duration::ZERO).await.unwrap_err();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    let asked = store.times_asked() - before;
    assert!((5..=15).contains(&asked), "{asked} times in 10 s");
    assert_eq!(doku.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_good_token_is_used_to_its_end_when_the_store_fails_and_replaced_at_once_then() {
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let client = sharing(&doku, &store);
    token(&client).await;
    tokio::time::sleep(840 * SECOND).await;
    store.set_down(true);

    for _ in 0..49 {
        assert_eq!(token(&client).await, "TOKEN-1");
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(doku.token_requests(), 1);
    tokio::time::sleep(2 * SECOND).await;

    assert_eq!(token(&client).await, "TOKEN-2");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_the_store_failed_is_made_up_for_when_it_is_back() {
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let client = sharing(&doku, &store);
    token(&client).await;
    tokio::time::sleep(840 * SECOND).await;
    store.set_down(true);
    token(&client).await;
    tokio::time::sleep(SECOND / 10).await;

    store.set_down(false);
    tokio::time::sleep(2 * SECOND).await;
    token(&client).await;
    tokio::time::sleep(SECOND / 10).await;

    assert_eq!(token(&client).await, "TOKEN-2");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_store_did_not_take_is_written_when_it_is_back() {
    let (doku, store, one, other) = two_on_a_store();
    store.set_down(true);
    token(&one).await;
    store.set_down(false);
    tokio::time::sleep(2 * SECOND).await;
    token(&one).await;
    tokio::time::sleep(SECOND / 10).await;

    assert_eq!(token(&other).await, "TOKEN-1");

    assert_eq!(doku.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_away_is_asked_on_the_steps_of_a_back_off() {
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let client = sharing(&doku, &store);
    store.set_down(true);
    token(&client).await;
    let before = store.times_asked();

    for _ in 0..10_000 {
        token(&client).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    // After 1, 2, 4, 8, 16, 30, 30 s.
    let asked = store.times_asked() - before;
    assert!((5..=9).contains(&asked), "{asked} times in 100 s");
}

#[tokio::test(start_paused = true)]
async fn a_customers_tokens_from_an_outage_replace_older_ones_in_the_store() {
    let (doku, store, one, other) = two_on_a_store();
    bound(&other, "anna").await;
    tokio::time::sleep(20 * MINUTE).await;
    call(&other, "anna").await.unwrap();
    store.set_down(true);
    let session = bound(&one, "anna").await;
    store.set_down(false);
    tokio::time::sleep(2 * SECOND).await;
    call(&one, "anna").await.unwrap();
    tokio::time::sleep(SECOND / 10).await;

    doku.kill("CUSTOMER-anna-2");
    call(&other, "anna").await.unwrap();

    assert_eq!(carried(&doku).last().unwrap(), "Bearer CUSTOMER-anna-3");
    assert_eq!(doku.grants().len(), 3);
    let kept = session.tokens().await.unwrap().unwrap();
    let left = kept.expires_at.unwrap().duration_since(wall_clock());
    assert!(left.unwrap() <= 15 * MINUTE);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_unknown_life_that_is_written_later_is_still_of_unknown_life() {
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let client = sharing(&doku, &store);
    let answer =
        json!({"responseCode": "2007400", "accessToken": "OWN", "refreshToken": "REFRESH-anna-0"});
    doku.say_to_grant(Ok((200, answer.to_string())));
    store.set_down(true);
    bound(&client, "anna").await;
    store.set_down(false);
    tokio::time::sleep(2 * SECOND).await;
    call(&client, "anna").await.unwrap();
    tokio::time::sleep(SECOND / 10).await;

    let other = sharing(&doku, &store).customer("anna");
    let pair = other.tokens().await.unwrap().unwrap();

    assert_eq!((pair.expires_at, pair.refresh_expires_at), (None, None));
}

#[tokio::test(start_paused = true)]
async fn a_code_exchanged_in_an_outage_whose_tokens_are_used_up_gives_way_to_a_later_one() {
    let (doku, store, one, other) = two_on_a_store();
    let answer = json!({"responseCode": "2007400", "accessToken": "OWN"});
    doku.say_to_grant(Ok((200, answer.to_string())));
    store.set_down(true);
    bound(&one, "anna").await;
    doku.kill("OWN");
    call(&one, "anna").await.unwrap_err();

    store.set_down(false);
    bound(&other, "anna").await;
    tokio::time::sleep(2 * SECOND).await;

    call(&one, "anna").await.unwrap();
    assert_eq!(carried(&doku).last().unwrap(), "Bearer CUSTOMER-anna-1");
}

#[tokio::test(start_paused = true)]
async fn a_code_exchanged_in_an_outage_whose_renewal_was_refused_gives_way_to_a_later_one() {
    let (doku, store, one, other) = two_on_a_store();
    store.set_down(true);
    bound(&one, "anna").await;
    doku.kill("REFRESH-anna-1");
    tokio::time::sleep(20 * MINUTE).await;
    call(&one, "anna").await.unwrap_err();

    store.set_down(false);
    bound(&other, "anna").await;
    tokio::time::sleep(2 * SECOND).await;

    call(&one, "anna").await.unwrap();
    assert_eq!(carried(&doku).last().unwrap(), "Bearer CUSTOMER-anna-2");
}
