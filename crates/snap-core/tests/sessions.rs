//! How a customer's tokens come and go: codes, exports and imports, unlinking, forgetting, stores.

mod support;

use std::{collections::HashSet, sync::Arc, time::Duration};

use snap_core::{
    AuthCode, Client, CustomerError, CustomerToken, CustomerTokenPair, CustomerTokens,
    RefreshToken, Stage,
    token::{MemoryTokenStore, TokenStore},
    transport::{TransportError, TransportStage},
};
use support::{
    Balance, Doku, client, config,
    customers::{
        access_token, bound, call, carried, grant_types, impatient, is, no_answer, slot_of,
        unauthorized, wall_clock,
    },
    refusal, request, sharing,
    store::{Faulty, every_fault},
    token, virtual_now,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_code_is_exchanged_by_a_signed_request_with_nothing_else_in_it() {
    let doku = Doku::new();

    bound(&client(&doku), "anna").await;

    let request = &doku.grant_requests()[0];
    let mut names: Vec<_> = request
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["content-type", "x-client-key", "x-signature", "x-timestamp"]
    );
    assert_eq!(request.header("x-client-key"), support::CLIENT_ID);
    assert_eq!(
        request.body,
        r#"{"grantType":"authorization_code","authCode":"CODE-anna"}"#
    );
    assert_eq!(doku.token_requests(), 0, "no B2B token is needed for it");
}

#[tokio::test(start_paused = true)]
async fn a_code_is_not_lost_although_the_caller_who_sent_it_is_gone() {
    let doku = Doku::slow(Duration::from_millis(50));
    let client = client(&doku);
    let session = client.customer("anna");
    let code = AuthCode::new("CODE-anna");
    let given_up = tokio::time::timeout(Duration::from_millis(10), session.authorize(&code)).await;
    assert!(given_up.is_err());

    tokio::time::sleep(SECOND).await;

    call(&client, "anna").await.unwrap();
    assert_eq!(doku.grants().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_code_without_an_answer_is_not_repeated_and_the_session_is_unknown() {
    let broken = TransportStage::Body { http_status: 200 };
    for (said, stage) in [
        (no_answer(), Stage::NoAnswer),
        (Ok((200, "<html>".to_owned())), Stage::Unreadable),
        (
            Err(TransportError::new(broken, "it broke")),
            Stage::Unreadable,
        ),
        (
            Ok((200, r#"{"responseCode":"2007400"}"#.to_owned())),
            Stage::Unreadable,
        ),
    ] {
        let doku = Doku::new();
        let client = client(&doku);
        doku.say_to_grant(said);

        let code = AuthCode::new("CODE-anna");
        let error = client.customer("anna").authorize(&code).await.unwrap_err();

        is(&error, CustomerError::SessionUnknown, stage);
        assert_eq!(error.operation(), Some("tokenB2b2c"));
        assert_eq!(doku.grants().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_whose_request_hangs_ends_after_ten_seconds_as_unknown() {
    let doku = Doku::slow(MINUTE);
    let client = client(&doku);
    let start = virtual_now();

    let code = AuthCode::new("CODE-anna");
    let error = client.customer("anna").authorize(&code).await.unwrap_err();

    is(&error, CustomerError::SessionUnknown, Stage::NoAnswer);
    assert_eq!(start.elapsed(), 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_a_call_holds_for_an_authorization_too() {
    let doku = Doku::slow(5 * SECOND);
    let config = config().with_timeout(SECOND);
    let client = Client::with_transport(config, Arc::clone(&doku)).unwrap();

    let code = AuthCode::new("CODE-anna");
    let session = client.customer("anna");
    let error = session.authorize(&code).await.unwrap_err();

    is(&error, CustomerError::SessionUnknown, Stage::NoAnswer);
    assert!(error.is_timeout());
    tokio::time::sleep(10 * SECOND).await;
    let kept = session.tokens().await.unwrap().unwrap();
    assert_eq!(kept.access_token.expose(), "CUSTOMER-anna-1");
}

#[tokio::test(start_paused = true)]
async fn a_code_that_never_left_may_be_tried_again() {
    let doku = Doku::new();
    let client = client(&doku);
    let down = TransportError::new(TransportStage::NotConnected, "no connection");
    doku.say_to_grant(Err(down));
    let session = client.customer("anna");
    let code = AuthCode::new("CODE-anna");

    let error = session.authorize(&code).await.unwrap_err();
    assert_eq!((error.stage(), error.is_connect()), (Stage::NotSent, true));
    assert_eq!(error.customer_error(), None);

    session.authorize(&code).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refused_code_leaves_the_tokens_that_are_there() {
    let doku = Doku::new();
    let client = client(&doku);
    let session = bound(&client, "anna").await;
    doku.kill("CODE-old");

    let error = session
        .authorize(&AuthCode::new("CODE-old"))
        .await
        .unwrap_err();

    is(&error, CustomerError::AuthorizationRequired, Stage::Refused);
    assert_eq!(error.response_code().unwrap().as_str(), "4007400");
    call(&client, "anna").await.unwrap();
    assert_eq!(carried(&doku), ["Bearer CUSTOMER-anna-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_code_replaces_the_tokens_also_while_the_old_ones_are_renewed() {
    let doku = Doku::slow(Duration::from_millis(50));
    let client = client(&doku);
    let session = bound(&client, "anna").await;
    tokio::time::sleep(20 * MINUTE).await;
    doku.answer_late(SECOND);
    let renewing = {
        let client = client.clone();
        tokio::spawn(async move { call(&client, "anna").await })
    };
    tokio::time::sleep(Duration::from_millis(60)).await;

    let code = AuthCode::new("CODE-anna");
    session.authorize(&code).await.unwrap();
    let taken = access_token(&session).await;
    renewing.await.unwrap().unwrap();
    tokio::time::sleep(10 * SECOND).await;

    // The renewal got number 2, the code number 3.
    assert_eq!(taken, "CUSTOMER-anna-3");
    assert_eq!(access_token(&session).await, "CUSTOMER-anna-3");
    let stored = session.tokens().await.unwrap().unwrap();
    assert_eq!(stored.access_token.expose(), "CUSTOMER-anna-3");
    assert_eq!(doku.grants().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_unlinked_customer_fails_at_once_until_there_is_a_new_authorization() {
    let doku = Doku::new();
    let client = client(&doku);
    let session = bound(&client, "anna").await;
    bound(&client, "budi").await;
    doku.say_to_grant(unauthorized("74"));
    tokio::time::sleep(20 * MINUTE).await;

    for _ in 0..100 {
        let error = call(&client, "anna").await.unwrap_err();
        is(&error, CustomerError::Unlinked, Stage::NotSent);
        tokio::time::sleep(10 * SECOND).await;
    }
    assert_eq!((doku.grants().len(), doku.calls().len()), (3, 0));
    let kept = session.tokens().await.unwrap().unwrap();
    assert_eq!(kept.refresh_token.unwrap().expose(), "REFRESH-anna-1");
    call(&client, "budi").await.unwrap();

    let code = AuthCode::new("CODE-anna");
    session.authorize(&code).await.unwrap();
    call(&client, "anna").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_unlinked_customers_access_token_is_not_used_up() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    doku.say_to_grant(unauthorized("74"));
    tokio::time::sleep(850 * SECOND).await;
    call(&client, "anna").await.unwrap();
    tokio::time::sleep(SECOND).await;

    let error = call(&client, "anna").await.unwrap_err();

    is(&error, CustomerError::Unlinked, Stage::NotSent);
    assert_eq!(doku.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unlinked_customer_comes_back_by_an_import() {
    let doku = Doku::new();
    let client = client(&doku);
    let session = bound(&client, "anna").await;
    doku.say_to_grant(unauthorized("74"));
    tokio::time::sleep(20 * MINUTE).await;
    call(&client, "anna").await.unwrap_err();

    let pair = CustomerTokenPair::new(CustomerToken::new("OWN"));
    session.with_tokens(pair).await.unwrap();

    call(&client, "anna").await.unwrap();
    assert_eq!(carried(&doku), ["Bearer OWN"]);
}

#[tokio::test(start_paused = true)]
async fn an_unlinked_customer_comes_back_by_an_authorization_in_another_process() {
    let doku = Doku::new();
    let store = Arc::new(MemoryTokenStore::new());
    let (one, other) = (sharing(&doku, &store), sharing(&doku, &store));
    bound(&one, "anna").await;
    doku.say_to_grant(unauthorized("74"));
    tokio::time::sleep(20 * MINUTE).await;
    let error = call(&one, "anna").await.unwrap_err();
    is(&error, CustomerError::Unlinked, Stage::NotSent);

    bound(&other, "anna").await;
    tokio::time::sleep(Duration::from_millis(1_300)).await;

    call(&one, "anna").await.unwrap();
    assert_eq!(carried(&doku), ["Bearer CUSTOMER-anna-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_code_of_an_unlinked_customer_marks_a_slot_without_tokens() {
    let doku = Doku::new();
    let client = client(&doku);
    let session = client.customer("anna");
    doku.say_to_grant(unauthorized("74"));

    let code = AuthCode::new("CODE-anna");
    let error = session.authorize(&code).await.unwrap_err();
    is(&error, CustomerError::Unlinked, Stage::Refused);
    assert_eq!(error.response_code().unwrap().as_str(), "4017400");
    assert_eq!(doku.token_requests(), 1, "the proof that the key is right");

    for _ in 0..3 {
        let error = call(&client, "anna").await.unwrap_err();
        is(&error, CustomerError::Unlinked, Stage::NotSent);
        tokio::time::sleep(10 * SECOND).await;
    }
    assert_eq!(doku.grants().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_not_taken_for_an_unlinked_customer() {
    let doku = Doku::new();
    let client = client(&doku);
    bound(&client, "anna").await;
    tokio::time::sleep(20 * MINUTE).await;
    doku.say_to_grant(unauthorized("74"));
    doku.say_to_token_request(unauthorized("73"));

    let error = call(&client, "anna").await.unwrap_err();

    assert_eq!(error.customer_error(), None, "{error}");
    assert!(error.to_string().contains("4017400"), "{error}");
    assert!(error.to_string().contains("0badc0de"), "{error}");
    assert!(!error.to_string().contains("unlinked"), "{error}");
    tokio::time::sleep(5 * SECOND).await;
    call(&client, "anna").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_merchants_token_of_another_process_proves_nothing_about_this_ones_key() {
    let doku = Doku::new();
    let store = Arc::new(MemoryTokenStore::new());
    token(&sharing(&doku, &store)).await;
    let client = sharing(&doku, &store);
    doku.say_to_grant(unauthorized("74"));

    let code = AuthCode::new("CODE-anna");
    let error = client.customer("anna").authorize(&code).await.unwrap_err();

    assert_eq!(error.customer_error(), None, "{error}");
    assert!(error.to_string().contains("0badc0de"), "{error}");
    let or = "or the customer has unlinked the merchant";
    assert!(error.to_string().contains(or), "{error}");
    assert_eq!(doku.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn exported_tokens_go_on_in_another_client() {
    let doku = Doku::new();
    let session = bound(&client(&doku), "anna").await;
    tokio::time::sleep(5 * MINUTE).await;

    let pair = session.tokens().await.unwrap().unwrap();
    let other = client(&doku);
    let imported = other.customer("anna").with_tokens(pair.clone()).await;
    let imported = imported.unwrap();

    let left = pair.expires_at.unwrap();
    let left = left.duration_since(wall_clock()).unwrap();
    assert!((590 * SECOND..=600 * SECOND).contains(&left), "{left:?}");
    assert_eq!(access_token(&imported).await, "CUSTOMER-anna-1");
    assert_eq!(doku.grants().len(), 1);
    tokio::time::sleep(9 * MINUTE + 30 * SECOND).await;
    access_token(&imported).await;
    tokio::time::sleep(SECOND).await;
    assert_eq!(access_token(&imported).await, "CUSTOMER-anna-2");
}

#[tokio::test(start_paused = true)]
async fn an_import_without_a_living_access_token_is_renewed_and_without_any_is_refused() {
    let doku = Doku::new();
    let client = client(&doku);
    let past = wall_clock() - MINUTE;
    let over = CustomerTokenPair::new(CustomerToken::new("OLD")).with_expiry(past);
    let renewable = over
        .clone()
        .with_refresh_token(RefreshToken::new("REFRESH-anna-7"), None);
    let dead = over
        .clone()
        .with_refresh_token(RefreshToken::new("REFRESH-anna-7"), Some(past));
    let broken = CustomerTokenPair::new(CustomerToken::new("two words"));

    for (pair, because) in [(over, "run out"), (dead, "run out"), (broken, "header")] {
        let error = client.customer("anna").with_tokens(pair).await.unwrap_err();
        assert_eq!(error.stage(), Stage::NotSent);
        assert!(error.to_string().contains(because), "{error}");
    }
    let imported = client.customer("anna").with_tokens(renewable).await;
    assert_eq!(access_token(&imported.unwrap()).await, "CUSTOMER-anna-1");
}

#[tokio::test(start_paused = true)]
async fn an_import_that_meets_another_writer_changes_nothing() {
    let doku = Doku::new();
    let store = Faulty {
        beaten: true,
        ..Faulty::default()
    };
    let client = sharing(&doku, &Arc::new(store));

    let pair = CustomerTokenPair::new(CustomerToken::new("OWN"));
    let error = client.customer("anna").with_tokens(pair).await.unwrap_err();

    assert!(error.to_string().contains("same moment"), "{error}");
    let error = call(&client, "anna").await.unwrap_err();
    is(&error, CustomerError::AuthorizationRequired, Stage::NotSent);
}

#[tokio::test(start_paused = true)]
async fn a_session_of_another_client_brings_its_key_and_no_tokens() {
    let doku = Doku::new();
    let session = bound(&client(&doku), "anna").await;
    let other = client(&doku);

    let customer = CustomerTokens::from(&session);
    let call = other.call_as::<Balance>(&customer, &request());
    let error = call.await.unwrap_err();

    is(&error, CustomerError::AuthorizationRequired, Stage::NotSent);
    assert_eq!(doku.calls().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_customer_is_gone_here_and_in_the_store_and_nobody_else_is() {
    let doku = Doku::new();
    let store = Arc::new(MemoryTokenStore::new());
    let client = sharing(&doku, &store);
    let session = bound(&client, "anna").await;
    bound(&client, "budi").await;

    session.forget().await.unwrap();

    assert!(session.tokens().await.unwrap().is_none());
    assert!(store.load(&slot_of("anna")).await.unwrap().is_none());
    let error = call(&client, "anna").await.unwrap_err();
    is(&error, CustomerError::AuthorizationRequired, Stage::NotSent);
    call(&client, "budi").await.unwrap();
    assert_eq!(carried(&doku), ["Bearer CUSTOMER-budi-1"]);

    bound(&client, "anna").await;
    call(&client, "anna").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_renewal_under_way_does_not_bring_back_a_forgotten_customer() {
    let doku = Doku::slow(SECOND);
    let client = client(&doku);
    let session = bound(&client, "anna").await;
    tokio::time::sleep(20 * MINUTE).await;
    let renewing = {
        let client = client.clone();
        tokio::spawn(async move { call(&client, "anna").await })
    };
    tokio::time::sleep(SECOND / 2).await;

    session.forget().await.unwrap();
    let waiting = renewing.await.unwrap().unwrap_err();
    tokio::time::sleep(10 * SECOND).await;

    is(
        &waiting,
        CustomerError::AuthorizationRequired,
        Stage::NotSent,
    );
    assert!(session.tokens().await.unwrap().is_none());
    assert_eq!((doku.grants().len(), doku.calls().len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_forget_is_an_error_and_the_client_forgets_all_the_same() {
    let doku = Doku::new();
    let store = Faulty {
        load: true,
        forget: true,
        ..Faulty::default()
    };
    let client = sharing(&doku, &Arc::new(store));
    let session = bound(&client, "anna").await;

    let error = session.forget().await.unwrap_err();

    assert!(error.to_string().contains("store failed"), "{error}");
    let error = call(&client, "anna").await.unwrap_err();
    assert_eq!(error.customer_error(), None, "nobody knows: {error}");
    assert!(error.to_string().contains("store failed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn two_clients_on_one_store_share_a_customers_tokens() {
    let doku = Doku::slow(Duration::from_millis(50));
    let store = Arc::new(MemoryTokenStore::new());
    let (one, other) = (sharing(&doku, &store), sharing(&doku, &store));
    bound(&one, "anna").await;

    call(&other, "anna").await.unwrap();
    doku.kill("CUSTOMER-anna-1");
    let (first, second) = tokio::join!(call(&one, "anna"), call(&other, "anna"));
    first.unwrap();
    second.unwrap();

    assert_eq!(grant_types(&doku), ["authorization_code", "refresh_token"]);
    let tokens: HashSet<_> = carried(&doku)[3..].iter().cloned().collect();
    assert_eq!(tokens, HashSet::from(["Bearer CUSTOMER-anna-2".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn an_authorization_in_another_process_is_seen_within_a_second_or_so() {
    let doku = Doku::new();
    let store = Arc::new(MemoryTokenStore::new());
    let (one, other) = (sharing(&doku, &store), sharing(&doku, &store));
    let error = call(&other, "anna").await.unwrap_err();
    is(&error, CustomerError::AuthorizationRequired, Stage::NotSent);

    bound(&one, "anna").await;
    tokio::time::sleep(Duration::from_millis(1_300)).await;

    call(&other, "anna").await.unwrap();
    assert_eq!(doku.grants().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_or_hangs_costs_no_customer_a_call_nor_a_second_grant() {
    for (store, what) in every_fault() {
        let doku = Doku::new();
        let client = sharing(&doku, &Arc::new(store));

        let session = bound(&client, "anna").await;
        call(&client, "anna").await.unwrap();
        assert_eq!(doku.grants().len(), 1, "{what}");
        tokio::time::sleep(61 * SECOND).await;
        doku.kill("CUSTOMER-anna-1");
        call(&client, "anna").await.unwrap();
        assert_eq!(doku.grants().len(), 2, "{what}");
        let exported = session.tokens().await.unwrap().unwrap();
        assert_eq!(exported.access_token.expose(), "CUSTOMER-anna-2");
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_that_doku_failed_on_may_be_used_up() {
    for code in ["5007400", "5007402", "5047400"] {
        let doku = Doku::new();
        let client = client(&doku);
        let status = code[..3].parse().unwrap();
        doku.say_to_grant(Ok((status, refusal(code, "General Error"))));

        let auth_code = AuthCode::new("CODE-anna");
        let authorized = client.customer("anna").authorize(&auth_code).await;

        let error = authorized.unwrap_err();
        is(&error, CustomerError::SessionUnknown, Stage::Refused);
        assert_eq!(error.response_code().unwrap().as_str(), code);
        assert_eq!(doku.grants().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_sent_already_is_waited_for_and_not_sent_again() {
    let (doku, session, code) = impatient();
    let error = session.authorize(&code).await.unwrap_err();
    is(&error, CustomerError::SessionUnknown, Stage::NoAnswer);

    session.authorize(&code).await.unwrap();

    assert_eq!(doku.grants().len(), 1);
    session.authorize(&code).await.unwrap_err();
    tokio::time::sleep(5 * SECOND).await;
    assert_eq!(doku.grants().len(), 2, "the first was over and told");
}

#[tokio::test(start_paused = true)]
async fn a_code_that_was_exchanged_unnoticed_is_not_sent_again() {
    let (doku, session, code) = impatient();
    session.authorize(&code).await.unwrap_err();
    tokio::time::sleep(MINUTE).await;

    session.authorize(&code).await.unwrap();
    assert_eq!(doku.grants().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_code_that_was_exchanged_unnoticed_is_sent_again_after_an_import() {
    let (_, session, code) = impatient();
    session.authorize(&code).await.unwrap_err();
    tokio::time::sleep(MINUTE).await;
    let pair = CustomerTokenPair::new(CustomerToken::new("OWN"));
    let session = session.with_tokens(pair).await.unwrap();

    session.authorize(&code).await.unwrap_err();
    tokio::time::sleep(MINUTE).await;

    assert_eq!(access_token(&session).await, "CUSTOMER-anna-2");
}

#[tokio::test(start_paused = true)]
async fn another_code_is_sent_although_one_is_under_way() {
    let doku = Doku::slow(SECOND);
    let session = client(&doku).customer("anna");
    let (one, other) = (AuthCode::new("CODE-anna"), AuthCode::new("CODE-anna-new"));

    let (first, second) = tokio::join!(session.authorize(&one), session.authorize(&other));

    first.unwrap();
    second.unwrap();
    assert_eq!(doku.grants().len(), 2);
}

#[test]
fn a_code_whose_runtime_is_gone_is_unknown_and_may_have_been_sent() {
    let [first, second] = [(); 2].map(|()| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().unwrap()
    });
    let doku = Doku::new();
    doku.answer_late(MINUTE);
    let session = client(&doku).customer("anna");
    let code = AuthCode::new("CODE-anna");
    let starter = (session.clone(), code.clone());
    first.spawn(async move { starter.0.authorize(&starter.1).await });
    while doku.grants().is_empty() {
        std::thread::yield_now();
    }

    let (authorized, ()) = second.block_on(async {
        tokio::join!(session.authorize(&code), async {
            first.shutdown_background();
        })
    });

    let error = authorized.unwrap_err();
    is(&error, CustomerError::SessionUnknown, Stage::NoAnswer);
    assert_eq!(doku.grants().len(), 1);
}

/// The answer to a used code is the same, and a page that is loaded twice must not end a session.
#[tokio::test(start_paused = true)]
async fn a_code_that_is_refused_as_unlinked_costs_no_tokens() {
    let doku = Doku::new();
    let store = Arc::new(MemoryTokenStore::new());
    let (one, other) = (sharing(&doku, &store), sharing(&doku, &store));
    bound(&other, "anna").await;
    token(&one).await;

    for client in [&one, &other] {
        doku.say_to_grant(unauthorized("74"));
        let code = AuthCode::new("CODE-anna-once-more");
        let error = client.customer("anna").authorize(&code).await.unwrap_err();
        is(&error, CustomerError::Unlinked, Stage::Refused);

        call(client, "anna").await.unwrap();
    }
    assert_eq!(carried(&doku), ["Bearer CUSTOMER-anna-1"; 2]);
}

#[tokio::test(start_paused = true)]
async fn an_error_names_what_was_asked_for_and_not_a_request_that_was_sent_or_never_meant() {
    let doku = Doku::new();
    let store = Faulty {
        load: true,
        forget: true,
        ..Faulty::default()
    };
    let client = sharing(&doku, &Arc::new(store));
    let session = client.customer("anna");
    let pair = CustomerTokenPair::new(CustomerToken::new("OWN"));
    doku.say_to_token_request(Ok((500, refusal("5007300", "General Error"))));

    let merchants = client.token(Duration::ZERO).await.unwrap_err();
    let customers = session.token(Duration::ZERO).await.unwrap_err();
    let exported = session.tokens().await.unwrap_err();
    let imported = session.clone().with_tokens(pair).await.unwrap_err();
    let forgotten = session.forget().await.unwrap_err();
    let nobodys = client.customer("").tokens().await.unwrap_err();

    for (error, text) in [
        (
            merchants,
            "there is no token of the merchant: the token request was refused: 5007300",
        ),
        (
            customers,
            "there is no token of the customer: the token store failed, and",
        ),
        (
            exported,
            "the customer's tokens were not read: the token store failed",
        ),
        (
            imported,
            "the customer's tokens were not taken over: the token store failed",
        ),
        (
            forgotten,
            "the customer's tokens were not forgotten: the token store failed",
        ),
        (
            nobodys,
            "the customer's tokens were not read: the customer's key is empty",
        ),
    ] {
        assert!(error.to_string().starts_with(text), "{error}");
        assert_eq!(error.stage(), Stage::NotSent, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_does_not_come_in_time_is_told_as_that() {
    let doku = Doku::slow(5 * SECOND);
    let config = config().with_timeout(SECOND);
    let client = Client::with_transport(config, doku).unwrap();

    let error = client.token(Duration::ZERO).await.unwrap_err();

    let text = "there is no token of the merchant: none came within 1000 ms";
    assert_eq!(error.to_string(), text);
    assert!(error.is_timeout());
}
