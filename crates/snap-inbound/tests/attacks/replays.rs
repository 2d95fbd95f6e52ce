//! A53 to A57: the same message again.

use std::{sync::Arc, time::Duration};

use snap_inbound::Delivery;
use tokio::task::JoinSet;

use crate::mail::{Mail, Merchant};

/// Delivers and acknowledges.
async fn delivered(merchant: &Merchant, mail: &Mail) -> Delivery {
    let verified = merchant.verify(mail).await.unwrap();
    let delivery = verified.delivery();
    assert_eq!(verified.acknowledge().await.unwrap().status(), 200);
    delivery
}

fn is_duplicate(delivery: Delivery) -> bool {
    matches!(delivery, Delivery::DuplicateSame { .. })
}

fn changed(mail: &Mail, name: &str, value: &str) -> Mail {
    let mut mail = mail.clone();
    mail.set(name, value);
    mail.sign();
    mail
}

#[tokio::test]
async fn a53_an_exact_replay_also_under_a_new_external_id() {
    let merchant = Merchant::new().await;
    let mail = merchant.mail();
    assert_eq!(delivered(&merchant, &mail).await, Delivery::New);

    assert!(is_duplicate(delivered(&merchant, &mail).await));
    let other_id = changed(&mail, "X-EXTERNAL-ID", "999");
    assert!(is_duplicate(delivered(&merchant, &other_id).await));
    let mut spaced = other_id.clone();
    spaced.body = format!(" {}\n", crate::mail::BODY).into_bytes();
    assert!(is_duplicate(delivered(&merchant, &spaced).await));
    assert_eq!(merchant.receiver.counts().new, 1);
}

#[tokio::test]
async fn a_retry_with_a_new_timestamp_is_known_and_so_is_its_replay_under_another_id() {
    let merchant = Merchant::new().await;
    let mail = merchant.mail();
    assert_eq!(delivered(&merchant, &mail).await, Delivery::New);
    let retry = changed(&mail, "X-TIMESTAMP", "2026-11-20T17:31:00+07:00");
    assert!(is_duplicate(delivered(&merchant, &retry).await));

    let replayed = changed(&retry, "X-EXTERNAL-ID", "999");
    assert!(is_duplicate(delivered(&merchant, &replayed).await));
}

#[tokio::test]
async fn a54_a_known_external_id_with_another_body() {
    let merchant = Merchant::new().await;
    let mail = merchant.mail();
    assert_eq!(delivered(&merchant, &mail).await, Delivery::New);
    let mut other = mail.clone();
    other.body =
        br#"{"originalPartnerReferenceNo":"INV-1","latestTransactionStatus":"06"}"#.to_vec();
    other.sign();

    let conflict = Delivery::ConflictDifferentBody;
    assert_eq!(delivered(&merchant, &other).await, conflict);
    // It has been kept and acknowledged; that it comes again is nothing new.
    assert!(is_duplicate(delivered(&merchant, &other).await));
    assert!(is_duplicate(delivered(&merchant, &mail).await));
    assert_eq!(merchant.receiver.counts().conflicts, 1);
}

#[tokio::test]
async fn a_conflict_that_nobody_acknowledged_is_a_conflict_again() {
    let merchant = Merchant::new().await;
    let mail = merchant.mail();
    assert_eq!(delivered(&merchant, &mail).await, Delivery::New);
    let mut other = mail.clone();
    other.body = b"{}".to_vec();
    other.sign();
    drop(merchant.verify(&other).await.unwrap());

    merchant.clock.advance(Duration::from_secs(60));

    let conflict = Delivery::ConflictDifferentBody;
    assert_eq!(delivered(&merchant, &other).await, conflict);
}

/// On PostgreSQL, and over two processes: `tests/postgres`.
#[tokio::test]
async fn a55_a_thousand_identical_deliveries_at_once() {
    let merchant = Arc::new(Merchant::new().await);
    let mail = merchant.mail();
    let mut tasks = JoinSet::new();
    for _ in 0..1000 {
        let (merchant, mail) = (Arc::clone(&merchant), mail.clone());
        tasks.spawn(async move {
            let verified = merchant.verify(&mail).await.unwrap();
            let delivery = verified.delivery();
            tokio::task::yield_now().await;
            verified.acknowledge().await.unwrap();
            delivery
        });
    }
    let deliveries = tasks.join_all().await;

    let new = deliveries.iter().filter(|one| **one == Delivery::New);
    assert_eq!(new.count(), 1);
    let known = deliveries.iter().filter(|one| is_duplicate(**one));
    assert_eq!(known.count(), 999);
}

/// A restart of this process; that of a database: `tests/postgres`.
#[tokio::test]
async fn a56_a_receiver_that_is_built_anew_on_the_same_store_knows_what_came() {
    let merchant = Merchant::new().await;
    let mail = merchant.mail();
    assert_eq!(delivered(&merchant, &mail).await, Delivery::New);
    let store = merchant.store.clone();
    drop(merchant.receiver);

    let restarted =
        Merchant::with(|builder| builder.issued_tokens(store.clone()).replays(store.clone())).await;

    assert!(is_duplicate(delivered(&restarted, &mail).await));
}

#[tokio::test]
async fn a57_the_same_external_id_on_the_next_day_in_jakarta() {
    let merchant = Merchant::new().await;
    let mail = changed(&merchant.mail(), "X-TIMESTAMP", "2026-11-20T16:59:59Z");
    merchant.clock.advance(Duration::from_secs(6 * 3600 + 1740));
    let token = {
        let moment = "2026-11-20T23:59:00+07:00";
        let request = crate::mail::token_request(crate::mail::CLIENT, moment)
            .request()
            .unwrap();
        let answer = merchant.receiver.issue_token(&request, None).await.unwrap();
        snap_inbound::testing::token_of(&answer).unwrap()
    };
    let mut mail = mail;
    mail.token = token.expose().to_owned();
    mail.set("Authorization", format!("Bearer {}", token.expose()));
    mail.sign();
    assert_eq!(delivered(&merchant, &mail).await, Delivery::New);

    let same_day = changed(&mail, "X-TIMESTAMP", "2026-11-20T23:59:58+07:00");
    assert!(is_duplicate(delivered(&merchant, &same_day).await));
    let next_day = changed(&mail, "X-TIMESTAMP", "2026-11-21T00:00:00+07:00");
    assert_eq!(delivered(&merchant, &next_day).await, Delivery::New);
}

#[tokio::test]
async fn what_is_older_than_it_is_remembered_is_older_than_the_window_too() {
    let merchant = Merchant::new().await;
    let mail = merchant.mail();
    assert_eq!(delivered(&merchant, &mail).await, Delivery::New);

    merchant.clock.advance(Duration::from_secs(36 * 24 * 3600));

    assert_ne!(merchant.verdict(&mail).await, "accepted");
}
