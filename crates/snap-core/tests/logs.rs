//! What logs say. Every test here listens: a message that is first sent where nobody listens may
//! stay off in the whole process.

mod support;

use std::{sync::Arc, time::Duration};

use snap_core::{AuthCode, CustomerTokens};
use support::{
    Balance, Doku, client,
    customers::{Log, bound, call, unauthorized},
    refusal, request, sharing,
    store::Faulty,
    token,
};

#[tokio::test(start_paused = true)]
async fn no_debug_output_no_error_and_no_log_shows_a_customer_or_a_token() {
    let doku = Doku::new();
    let client = client(&doku);
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());

    let session = bound(&client, "CANARY").await;
    let customer = CustomerTokens::from(&session);
    let call_as = client.call_as::<Balance>(&customer, &request());
    let mut printed = format!("{call_as:?} {customer:?} {session:?} {client:?}");
    call(&client, "CANARY").await.unwrap();
    printed += &format!("{:?}", session.tokens().await.unwrap());
    printed += &format!("{:?}", session.token(Duration::ZERO).await.unwrap());
    doku.kill("CUSTOMER-CANARY-1");
    doku.say_to_grant(Ok((400, refusal("4007400", "Invalid REFRESH-CANARY-1"))));
    let error = call(&client, "CANARY").await.unwrap_err();
    printed += &format!("{error:?} {:?}", error.token_error());
    doku.say_to_grant(unauthorized("74"));
    let code = AuthCode::new("CODE-CANARY");
    let error = session.authorize(&code).await.unwrap_err();
    printed += &format!("{error} {error:?} {client:?} {code:?}");
    session.forget().await.unwrap();
    printed += &format!("{:?}", call(&client, "CANARY").await.unwrap_err());
    drop(guard);

    let logged = log.text();
    assert!(logged.contains("tokenB2b2c"), "{logged}");
    for text in [&logged, &printed] {
        assert!(!text.contains("CANARY"), "{text}");
        assert!(!text.contains(support::SECRET), "{text}");
        assert!(!text.contains("TOKEN-1"), "{text}");
    }
}

/// What was logged of a client on this store while a call was made for the merchant or a customer.
async fn logged(store: Faulty, customer: bool) -> String {
    let doku = Doku::new();
    let client = sharing(&doku, &Arc::new(store));
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    if customer {
        assert!(call(&client, "CANARY").await.is_err());
    } else {
        token(&client).await;
    }
    drop(guard);
    log.text()
}

#[tokio::test(start_paused = true)]
async fn a_failed_store_is_logged_with_its_cause_its_slot_and_what_comes_of_it() {
    let store = Faulty {
        load: true,
        ..Faulty::default()
    };
    let text = logged(store, false).await;
    assert!(text.contains("cause=connection refused"), "{text}");
    assert!(text.contains(r#"slot="merchant""#), "{text}");
    assert!(text.contains("asks for a token of its own"), "{text}");

    let store = Faulty {
        load: true,
        ..Faulty::default()
    };
    let text = logged(store, true).await;
    assert!(text.contains(r#"slot="customer""#), "{text}");
    assert!(text.contains("has no tokens of the customer"), "{text}");
    assert!(
        !text.contains("its own") && !text.contains("CANARY"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_release_or_swap_is_not_logged_as_going_alone() {
    let store = Faulty {
        release: true,
        ..Faulty::default()
    };
    let text = logged(store, false).await;
    assert!(text.contains("runs out by itself"), "{text}");
    assert!(!text.contains("its own"), "{text}");

    let store = Faulty {
        swap: true,
        ..Faulty::default()
    };
    let text = logged(store, false).await;
    assert!(text.contains("until the store takes it"), "{text}");
    assert!(!text.contains("its own"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_client_without_a_shared_store_says_so_once_and_one_with_a_store_never() {
    for (shared, times) in [(false, 1), (true, 0)] {
        let doku = Doku::new();
        let client = if shared {
            sharing(&doku, &Arc::new(Faulty::default()))
        } else {
            client(&doku)
        };
        let log = Log::default();
        let guard = tracing::subscriber::set_default(log.clone());
        for _ in 0..3 {
            token(&client).await;
            tokio::time::sleep(Duration::from_secs(900)).await;
        }
        drop(guard);

        let said = log.text();
        let told = said.matches("several processes need").count();
        assert_eq!((doku.token_requests(), told), (3, times), "{said}");
    }
}
