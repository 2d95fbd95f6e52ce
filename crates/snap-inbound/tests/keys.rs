//! Keys that everybody has.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{sync::Arc, time::SystemTime};

use snap_inbound::{
    ClaimId, Claimed, ClientId, ClientSecret, DeliveryKeys, Environment, Issued, IssuedTokenStore,
    MemoryStore, PublicKey, Receiver, ReceiverError, ReplayStore, Route, Secrets, Service,
    StoreFuture, Terms, TokenHash, testing::TestDoku,
};

#[test]
fn production_refuses_keys_whose_private_half_everybody_has() {
    let sandbox = include_bytes!("../../snap-sandbox/src/keys/doku.public.pem");
    let test_doku = TestDoku::new("BRN-1", "0123456789abcdef").unwrap();
    for key in [
        PublicKey::from_pem(sandbox).unwrap(),
        test_doku.public_key(),
    ] {
        assert!(built(Environment::sandbox(), key.clone()).is_ok());
        let error = built(Environment::production(), key).unwrap_err();
        assert!(error.to_string().contains("everybody has"), "{error}");
    }
}

#[test]
fn production_by_its_address_is_production() {
    let custom = Environment::custom("https://api.doku.com").unwrap();
    let key = TestDoku::new("BRN-1", "0123456789abcdef").unwrap();

    assert!(built(custom.clone(), key.public_key()).is_err());

    let merchant = include_bytes!("../../snap-sign/testdata/vectors/keys/merchant.public.pem");
    let in_memory = Receiver::builder(custom)
        .client(
            ClientId::new("BRN-1").unwrap(),
            Secrets::current(ClientSecret::new("0123456789abcdef")),
        )
        .doku_public_keys([PublicKey::from_pem(merchant).unwrap()])
        .token_route("/token")
        .issued_tokens(Arc::new(MemoryStore::new()))
        .replays(Arc::new(MemoryStore::new()))
        .build();
    let error = in_memory.unwrap_err().to_string();
    assert!(error.contains("durable"), "{error}");
}

#[test]
fn spans_that_overflow_are_refused_where_they_are_configured() {
    let doku = TestDoku::new("BRN-1", "0123456789abcdef").unwrap();
    let builder = || doku.receiver().unwrap().token_route("/token");
    let forever = std::time::Duration::MAX;

    assert!(builder().claim_lease(forever).build().is_err());
    assert!(
        builder()
            .danger_accept_expired_tokens(forever)
            .build()
            .is_err()
    );
}

#[test]
fn production_takes_another_key() {
    let merchant = include_bytes!("../../snap-sign/testdata/vectors/keys/merchant.public.pem");
    let key = PublicKey::from_pem(merchant).unwrap();

    assert!(built(Environment::production(), key).is_ok());
}

fn built(environment: Environment, key: PublicKey) -> Result<Receiver, ReceiverError> {
    let store = Arc::new(SaidToBeDurable(MemoryStore::new()));
    Receiver::builder(environment)
        .client(
            ClientId::new("BRN-1").unwrap(),
            Secrets::current(ClientSecret::new("0123456789abcdef")),
        )
        .doku_public_keys([key])
        .token_route("/token")
        .route(Route::new(Service::DEBIT_NOTIFY, "/notify"))
        .issued_tokens(store.clone())
        .replays(store)
        .build()
}

#[derive(Debug)]
struct SaidToBeDurable(MemoryStore);

impl ReplayStore for SaidToBeDurable {
    fn claim<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
        terms: &'a Terms,
    ) -> StoreFuture<'a, Claimed> {
        self.0.claim(delivery, claim, terms)
    }

    fn confirm<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
    ) -> StoreFuture<'a, bool> {
        self.0.confirm(delivery, claim)
    }

    fn is_durable(&self) -> bool {
        true
    }
}

impl IssuedTokenStore for SaidToBeDurable {
    fn put<'a>(
        &'a self,
        token: &'a TokenHash,
        issued: &'a Issued,
        keep_until: SystemTime,
    ) -> StoreFuture<'a, ()> {
        self.0.put(token, issued, keep_until)
    }

    fn owner<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<Issued>> {
        self.0.owner(token)
    }

    fn revoke_all<'a>(
        &'a self,
        environment: &'a str,
        client_id: &'a ClientId,
    ) -> StoreFuture<'a, ()> {
        self.0.revoke_all(environment, client_id)
    }

    fn is_durable(&self) -> bool {
        true
    }
}
