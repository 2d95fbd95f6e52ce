//! The way of a message: a token, a notification, its acknowledgement, its repetition.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::time::{Duration, SystemTime};

use snap_inbound::{
    AccessToken, Clock, Delivery, Receiver, Reject, Route, Service, Verified,
    testing::{TestDoku, token_of},
};
use support::{Anything, ManualClock, NOW};

const BODY: &str = r#"{"originalPartnerReferenceNo":"INV-1","latestTransactionStatus":"00"}"#;

struct Merchant {
    doku: TestDoku,
    clock: ManualClock,
    receiver: Receiver,
}

impl Merchant {
    fn new() -> Self {
        let doku = TestDoku::new("BRN-0211-0000000000000", "SK-0123456789abcdef").unwrap();
        let clock = ManualClock::at(NOW);
        let receiver = doku.receiver().unwrap().clock(clock.clone());
        let receiver = receiver
            .token_route("/doku/token")
            .route(Route::new(Service::DEBIT_NOTIFY, "/doku/notify"))
            .build()
            .unwrap();
        Self {
            doku,
            clock,
            receiver,
        }
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }

    async fn token(&self) -> AccessToken {
        let request = self.doku.token_request("/doku/token", self.now()).unwrap();
        let answer = self.receiver.issue_token(&request, None).await.unwrap();
        token_of(&answer).unwrap()
    }

    async fn notified(
        &self,
        token: &AccessToken,
        external_id: &str,
        body: &'static str,
        at: SystemTime,
    ) -> Result<Verified<Anything>, Reject> {
        let request = self
            .doku
            .message("/doku/notify", token, body, external_id, at)
            .unwrap();
        self.receiver.verify(request).await
    }
}

#[tokio::test]
async fn a_notification_is_new_once_and_acknowledged_with_the_same_bytes() {
    let merchant = Merchant::new();
    let token = merchant.token().await;
    let at = merchant.now();

    let first = merchant.notified(&token, "1", BODY, at).await.unwrap();
    assert_eq!(first.delivery(), Delivery::New);
    assert_eq!(first.raw(), BODY.as_bytes());
    assert_eq!(first.parse().unwrap().0["latestTransactionStatus"], "00");
    let first = first.acknowledge().await.unwrap();
    let second = merchant.notified(&token, "1", BODY, at).await.unwrap();
    assert_eq!(
        second.delivery(),
        Delivery::DuplicateSame { first_seen: at }
    );
    let second = second.acknowledge().await.unwrap();

    assert_eq!(first.status(), 200);
    assert_eq!(
        first.body(),
        &r#"{"responseCode":"2005600","responseMessage":"Request has been processed successfully"}"#
    );
    assert_eq!(first.body(), second.body());
    assert_eq!(first.headers(), second.headers());
}

#[tokio::test]
async fn the_token_answer_has_the_form_that_doku_takes() {
    let merchant = Merchant::new();
    let request = merchant
        .doku
        .token_request("/doku/token", merchant.now())
        .unwrap();

    let answer = merchant.receiver.issue_token(&request, None).await.unwrap();

    let token = token_of(&answer).unwrap();
    assert_eq!(token.expose().len(), 43);
    assert_eq!(
        *answer.body(),
        format!(
            r#"{{"responseCode":"2007300","responseMessage":"Successful","accessToken":"{}","tokenType":"Bearer","expiresIn":900,"additionalInfo":""}}"#,
            token.expose()
        )
    );
    assert_eq!(answer.headers()["x-client-key"], "BRN-0211-0000000000000");
    assert_eq!(answer.headers()["x-timestamp"], "2026-11-20T17:30:00+07:00");
}

#[tokio::test]
async fn an_unacknowledged_delivery_is_new_again_after_its_lease() {
    let merchant = Merchant::new();
    let token = merchant.token().await;
    let at = merchant.now();

    let lost = merchant.notified(&token, "1", BODY, at).await.unwrap();
    merchant.clock.advance(Duration::from_secs(60));
    let again = merchant.notified(&token, "1", BODY, at).await.unwrap();

    assert_eq!(again.delivery(), Delivery::New);
    let error = lost.acknowledge().await.unwrap_err();
    assert_eq!(error.status(), 503);
    assert!(again.acknowledge().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_is_being_handled_is_not_acknowledged_by_another() {
    let merchant = Merchant::new();
    let token = merchant.token().await;
    let at = merchant.now();
    let _held = merchant.notified(&token, "1", BODY, at).await.unwrap();

    let error = merchant.notified(&token, "1", BODY, at).await.unwrap_err();

    assert_eq!(error.status(), 503);
    assert!(error.is_ours());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_an_error_that_makes_doku_come_back() {
    let doku = TestDoku::new("BRN-1", "SK-0123456789abcdef").unwrap();
    let clock = ManualClock::at(NOW);
    let receiver = doku.receiver().unwrap().clock(clock.clone());
    let receiver = receiver
        .token_route("/doku/token")
        .issued_tokens(std::sync::Arc::new(support::Hanging))
        .build()
        .unwrap();
    let request = doku.token_request("/doku/token", clock.now()).unwrap();

    let error = receiver.issue_token(&request, None).await.unwrap_err();

    assert_eq!(error.status(), 500);
    assert!(error.to_string().contains("within 5 s"), "{error}");
}
