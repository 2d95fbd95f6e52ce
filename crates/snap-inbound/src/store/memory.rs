use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use snap_core::ClientId;

use super::{
    ClaimId, Claimed, DeliveryKeys, Issued, IssuedTokenStore, ReplayStore, StoreFuture, StoreKey,
    Terms, TokenHash,
};

/// Keeps tokens and deliveries in this process: for tests and trials. A receiver for production
/// refuses it, because a restart would make every delivery new again.
#[derive(Debug, Default)]
pub struct MemoryStore {
    deliveries: Mutex<Deliveries>,
    tokens: Mutex<HashMap<TokenHash, (Issued, SystemTime)>>,
}

impl MemoryStore {
    /// Remembers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl ReplayStore for MemoryStore {
    fn claim<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
        terms: &'a Terms,
    ) -> StoreFuture<'a, Claimed> {
        let claimed = lock(&self.deliveries).claim(delivery, claim, terms);
        Box::pin(async move { Ok(claimed) })
    }

    fn confirm<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
    ) -> StoreFuture<'a, bool> {
        let confirmed = lock(&self.deliveries).confirm(delivery, claim);
        Box::pin(async move { Ok(confirmed) })
    }

    fn is_durable(&self) -> bool {
        false
    }
}

impl IssuedTokenStore for MemoryStore {
    fn put<'a>(
        &'a self,
        token: &'a TokenHash,
        issued: &'a Issued,
        keep_until: SystemTime,
    ) -> StoreFuture<'a, ()> {
        let mut tokens = lock(&self.tokens);
        tokens.retain(|_, (_, until)| *until > issued.issued_at);
        tokens.insert(*token, (issued.clone(), keep_until));
        Box::pin(async { Ok(()) })
    }

    fn owner<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<Issued>> {
        let issued = lock(&self.tokens)
            .get(token)
            .map(|(issued, _)| issued.clone());
        Box::pin(async move { Ok(issued) })
    }

    fn revoke_all<'a>(
        &'a self,
        environment: &'a str,
        client_id: &'a ClientId,
    ) -> StoreFuture<'a, ()> {
        lock(&self.tokens).retain(|_, (issued, _)| {
            issued.environment != environment || issued.client_id != *client_id
        });
        Box::pin(async { Ok(()) })
    }

    fn is_durable(&self) -> bool {
        false
    }
}

/// Claims by a number of their own, because two keys can lead to one.
#[derive(Debug, Default)]
struct Deliveries {
    claims: HashMap<u64, Claim>,
    by_key: HashMap<StoreKey, u64>,
    last: u64,
    /// When claims that are no longer kept are looked for again.
    next_sweep: Option<SystemTime>,
}

#[derive(Debug)]
struct Claim {
    holder: ClaimId,
    body_digest: String,
    conflict: bool,
    confirmed: bool,
    first_seen: SystemTime,
    lease_until: SystemTime,
    keep_until: SystemTime,
}

impl Deliveries {
    fn claim(&mut self, delivery: &DeliveryKeys, holder: &ClaimId, terms: &Terms) -> Claimed {
        self.forget(terms);
        if let Some(number) = self.by_key.get(delivery.replay()).copied() {
            return self.decide(number, holder, terms);
        }
        let known = self.by_key.get(delivery.delivery()).copied();
        if let Some(number) = known
            && self.is_of(number, delivery.body_digest())
        {
            self.by_key.insert(*delivery.replay(), number);
            return self.decide(number, holder, terms);
        }
        let number = self.add(delivery, holder, terms, known.is_some());
        self.by_key.insert(*delivery.replay(), number);
        if known.is_some() {
            return Claimed::ConflictDifferentBody;
        }
        self.by_key.insert(*delivery.delivery(), number);
        Claimed::New
    }

    fn decide(&mut self, number: u64, holder: &ClaimId, terms: &Terms) -> Claimed {
        let Some(claim) = self.claims.get_mut(&number) else {
            return Claimed::Pending;
        };
        if claim.confirmed {
            return Claimed::DuplicateSame {
                first_seen: claim.first_seen,
            };
        }
        if terms.now < claim.lease_until {
            return Claimed::Pending;
        }
        claim.holder = *holder;
        claim.lease_until = terms.now + terms.lease;
        if claim.conflict {
            Claimed::ConflictDifferentBody
        } else {
            Claimed::New
        }
    }

    fn confirm(&mut self, delivery: &DeliveryKeys, holder: &ClaimId) -> bool {
        let number = self.by_key.get(delivery.replay());
        let claim = number.and_then(|number| self.claims.get_mut(number));
        let Some(claim) = claim.filter(|claim| claim.holder == *holder) else {
            return false;
        };
        claim.confirmed = true;
        true
    }

    fn is_of(&self, number: u64, body_digest: &str) -> bool {
        self.claims
            .get(&number)
            .is_some_and(|claim| claim.body_digest == body_digest)
    }

    fn add(
        &mut self,
        delivery: &DeliveryKeys,
        holder: &ClaimId,
        terms: &Terms,
        conflict: bool,
    ) -> u64 {
        self.last += 1;
        let claim = Claim {
            holder: *holder,
            body_digest: delivery.body_digest().to_owned(),
            conflict,
            confirmed: false,
            first_seen: terms.now,
            lease_until: terms.now + terms.lease,
            keep_until: terms.now + terms.keep,
        };
        self.claims.insert(self.last, claim);
        self.last
    }

    /// Once an hour, because it walks through all of them.
    fn forget(&mut self, terms: &Terms) {
        if self.next_sweep.is_some_and(|next| terms.now < next) {
            return;
        }
        self.next_sweep = Some(terms.now + SWEEP_EVERY);
        self.claims.retain(|_, claim| terms.now < claim.keep_until);
        let claims = &self.claims;
        self.by_key.retain(|_, number| claims.contains_key(number));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const SWEEP_EVERY: std::time::Duration = std::time::Duration::from_secs(60 * 60);
