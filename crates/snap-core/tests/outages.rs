//! A shared store that fails for a while and comes back, and processes that go on without it.

mod support;

use std::{sync::Arc, time::Duration};

use snap_core::{CustomerError, Stage};
use support::{
    Doku, Echo,
    customers::{bound, call, carried, is, sharing},
    request,
    store::Faulty,
    token,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn after_an_outage_the_token_that_another_process_stored_is_adopted() {
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let (one, other) = (sharing(&doku, &store), sharing(&doku, &store));
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
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let (one, other) = (sharing(&doku, &store), sharing(&doku, &store));
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
    let doku = Doku::new();
    let store = Arc::new(Faulty::default());
    let (one, other) = (sharing(&doku, &store), sharing(&doku, &store));
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
