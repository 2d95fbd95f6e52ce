//! What logs say. Every test here listens: a message that is first sent where nobody listens may
//! stay off in the whole process.

mod support;

use std::time::Duration;

use snap_core::{AuthCode, CustomerTokens};
use support::{
    Balance, Doku, client,
    customers::{Log, bound, call, unauthorized},
    refusal, request,
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
    doku.say_to_grant(Ok((400, refusal("4007401", "Invalid REFRESH-CANARY-1"))));
    let error = call(&client, "CANARY").await.unwrap_err();
    printed += &format!("{error:?} {:?}", error.token_error());
    doku.say_to_grant(unauthorized("74"));
    let code = AuthCode::new("CODE-CANARY");
    let error = session.authorize(&code).await.unwrap_err();
    printed += &format!("{error} {error:?} {client:?} {code:?}");
    session.forget().await.unwrap();
    printed += &format!("{:?}", call(&client, "CANARY").await.unwrap_err());
    drop(guard);

    let logged = log.0.lock().unwrap().clone();
    assert!(logged.contains("tokenB2b2c"), "{logged}");
    for text in [&logged, &printed] {
        assert!(!text.contains("CANARY"), "{text}");
        assert!(!text.contains(support::SECRET), "{text}");
        assert!(!text.contains("TOKEN-1"), "{text}");
    }
}
