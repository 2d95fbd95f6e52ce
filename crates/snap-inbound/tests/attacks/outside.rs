//! A60 to A64: what can be seen from outside, and what a flood or a broken store does.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use snap_inbound::{
    ClaimId, Claimed, ClientId, DeliveryKeys, Issued, IssuedTokenStore, MemoryStore, ReplayStore,
    StoreError, StoreFuture, Terms, TokenHash,
};
use tracing_subscriber::fmt::MakeWriter;

use crate::mail::{Mail, Merchant, SECRET};

#[tokio::test]
async fn a60_whoever_has_a_token_learns_nothing_about_client_signature_or_age() {
    let merchant = Merchant::new().await;
    let mut answers = Vec::new();
    let changes: [fn(&mut Mail); 5] = [
        |mail| mail.set("X-PARTNER-ID", "BRN-unknown"),
        |mail| mail.set("X-PARTNER-ID", "BRN-9999-0000000000000"),
        |mail| mail.set("X-SIGNATURE", "A".repeat(86) + "=="),
        |mail| mail.set("X-SIGNATURE", "short"),
        |mail| {
            mail.set("X-TIMESTAMP", "2026-11-18T17:30:00+07:00");
            mail.sign();
        },
    ];
    for change in changes {
        let mut mail = merchant.mail();
        change(&mut mail);
        let response = merchant.verify(&mail).await.unwrap_err().response();
        answers.push((
            response.status(),
            response.headers().clone(),
            response.into_body(),
        ));
    }

    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    assert_eq!(
        answers[0].2,
        &r#"{"responseCode":"4015600","responseMessage":"Unauthorized. Invalid Signature"}"#
    );
}

/// Everything that is logged, while this lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a61_no_refusal_shows_what_would_help_to_forge_or_what_is_private() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let merchant = Merchant::new().await;
    let valid = merchant.mail();
    let string_to_sign = valid.string_to_sign(&valid.digest());
    let mut seen = String::new();
    let changes: [fn(&mut Mail); 8] = [
        |mail| mail.body = br#"{"custIdMerchant":"canary-customer"}"#.to_vec(),
        |mail| mail.set("X-SIGNATURE", "canary-signature"),
        |mail| mail.set("X-TIMESTAMP", "canary-timestamp"),
        |mail| mail.set("X-EXTERNAL-ID", "canary-external"),
        |mail| mail.set("X-PARTNER-ID", "canary-partner"),
        |mail| mail.set("Authorization", "Bearer canary-token"),
        |mail| mail.set("Authorization", "canary-authorization"),
        |mail| {
            mail.body = br#"{"a":"canary-body","a":1}"#.to_vec();
            mail.sign();
        },
    ];
    for change in changes {
        let mut mail = merchant.mail();
        change(&mut mail);
        match merchant.verify(&mail).await {
            Err(reject) => {
                let response = reject.response();
                let body = String::from_utf8_lossy(response.body()).into_owned();
                let headers = response.headers();
                seen += &format!(
                    "{reject} {reject:?} {} {body} {headers:?}",
                    reject.explain()
                );
            }
            Ok(verified) => seen += &format!("{verified:?} {:?}", verified.parse().err()),
        }
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    seen += &log;

    assert!(log.contains("refused"), "{log}");
    let valid_signature = valid.signature();
    for secret in [
        "canary",
        SECRET,
        merchant.token.expose(),
        &valid_signature,
        &string_to_sign,
        &valid.digest(),
    ] {
        assert!(!seen.contains(secret), "{secret}: {seen}");
    }
}

/// A route that is configured wrongly refuses everything: somebody has to hear of it, and not drown in it.
#[tokio::test]
async fn the_first_refusal_of_a_kind_is_said_aloud() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let merchant = Merchant::new().await;
    for _ in 0..100 {
        let mut mail = merchant.mail();
        mail.target = "/elsewhere".to_owned();
        assert_eq!(merchant.verdict(&mail).await, "4045600");
    }

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(
        log.matches("the path is not configured").count(),
        1,
        "{log}"
    );
}

#[tokio::test]
async fn a62_line_ends_and_control_codes_never_reach_a_log() {
    let merchant = Merchant::new().await;
    for text in ["1\u{1b}[31m", "1\u{7f}", "1\t2"] {
        let mut mail = merchant.mail();
        mail.set("X-EXTERNAL-ID", text);
        let verdict = merchant.verdict(&mail).await;
        assert!(
            verdict == "4005602" || verdict == "cannot be sent",
            "{verdict}"
        );
    }
}

/// Counts how often it is asked, and can be broken.
#[derive(Debug, Default)]
struct Watched {
    inner: MemoryStore,
    asked: AtomicUsize,
    broken: AtomicUsize,
}

impl Watched {
    fn ask<'a, T: Send + 'a>(&self, answer: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.broken.load(Ordering::Relaxed) > 0 {
            return Box::pin(async { Err(StoreError::new("connection refused")) });
        }
        answer
    }
}

impl ReplayStore for Watched {
    fn claim<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
        terms: &'a Terms,
    ) -> StoreFuture<'a, Claimed> {
        self.ask(Box::pin(async move {
            self.inner.claim(delivery, claim, terms).await
        }))
    }

    fn confirm<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
    ) -> StoreFuture<'a, bool> {
        self.ask(Box::pin(async move {
            self.inner.confirm(delivery, claim).await
        }))
    }

    fn is_durable(&self) -> bool {
        false
    }
}

impl IssuedTokenStore for Watched {
    fn put<'a>(
        &'a self,
        token: &'a TokenHash,
        issued: &'a Issued,
        keep_until: SystemTime,
    ) -> StoreFuture<'a, ()> {
        self.ask(Box::pin(async move {
            self.inner.put(token, issued, keep_until).await
        }))
    }

    fn owner<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<Issued>> {
        self.ask(Box::pin(async move { self.inner.owner(token).await }))
    }

    fn revoke_all<'a>(
        &'a self,
        environment: &'a str,
        client_id: &'a ClientId,
    ) -> StoreFuture<'a, ()> {
        self.ask(Box::pin(async move {
            self.inner.revoke_all(environment, client_id).await
        }))
    }

    fn is_durable(&self) -> bool {
        false
    }
}

async fn watched() -> (Merchant, Arc<Watched>) {
    let store = Arc::new(Watched::default());
    let given = store.clone();
    let merchant =
        Merchant::with(|builder| builder.issued_tokens(given.clone()).replays(given)).await;
    store.asked.store(0, Ordering::Relaxed);
    (merchant, store)
}

/// Without a clock: what a flood of bad requests asks of the stores, and that it hinders nobody.
#[tokio::test]
async fn a63_a_flood_of_malformed_requests_reaches_no_store() {
    let (merchant, store) = watched().await;
    for number in 0..10_000 {
        let mut mail = merchant.mail();
        match number % 4 {
            0 => mail.target = "/elsewhere".to_owned(),
            1 => mail.remove("X-SIGNATURE"),
            2 => mail.set("X-TIMESTAMP", "never"),
            _ => mail.set("Content-Encoding", "gzip"),
        }
        assert_ne!(merchant.verdict(&mail).await, "accepted");
    }
    assert_eq!(store.asked.load(Ordering::Relaxed), 0);

    // With an unknown token: one look-up each, and no claim.
    for _ in 0..1_000 {
        let mut mail = merchant.mail();
        mail.set("Authorization", "Bearer unknown");
        assert_eq!(merchant.verdict(&mail).await, "4015601");
    }
    assert_eq!(store.asked.load(Ordering::Relaxed), 1_000);
    assert_eq!(merchant.verdict(&merchant.mail()).await, "accepted");
}

#[tokio::test]
async fn a64_a_store_that_fails_is_never_an_acknowledgement() {
    let (merchant, store) = watched().await;
    let mail = merchant.mail();
    let break_it = |times| store.broken.store(times, Ordering::Relaxed);

    break_it(1);
    assert_eq!(merchant.verdict(&mail).await, "5005600");
    let request = crate::mail::token_request(crate::mail::CLIENT, crate::mail::NOW_TEXT);
    let reject = merchant
        .receiver
        .issue_token(&request.request().unwrap(), None)
        .await
        .unwrap_err();
    assert_eq!(crate::mail::code_of(&reject), "5007300");
    assert!(reject.to_string().contains("connection refused"));
    assert!(!String::from_utf8_lossy(reject.response().body()).contains("connection"));

    break_it(0);
    let verified = merchant.verify(&mail).await.unwrap();
    break_it(1);
    let reject = verified.acknowledge().await.unwrap_err();
    assert_eq!(reject.status(), 500);
    assert!(reject.is_ours());
}
