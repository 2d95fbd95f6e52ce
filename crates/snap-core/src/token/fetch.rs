use std::{
    sync::{Arc, Once},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    Changes, Entry, Generation, Lease, NewEntry, Refresh, Slot, StoreError, StoreOutage, TokenCell,
    error::{Backoff, TokenError},
    grant::{Grant, Granter},
    jitter::Jitter,
    known::{Errand, Failed, Fetched, Found, Known, Standing},
    slot_store::SlotStore,
};
use crate::{AuthCode, Config, CustomerError, CustomerKey};

/// Gets a newer token for one slot: from the store, or from DOKU with the store's leave.
#[derive(Debug)]
pub(super) struct Fetcher {
    pub(super) common: Arc<Common>,
    slot: Slot,
    /// The merchant's own cell, for the slot of a customer.
    merchant: Option<TokenCell>,
}

/// What the cells of one client share.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) config: Arc<Config>,
    pub(super) jitter: Jitter,
    granter: Granter,
    /// That the tokens are this process's own was said.
    told_own: Once,
}

/// What the store says to a process that needs a token.
enum Turn {
    Adopt(Entry),
    /// With what the store had after the lease was granted.
    Fetch(Lease, Option<Entry>),
    /// There is nothing to ask DOKU with.
    Never(TokenError),
}

/// A lease, and until when it outlasts a token request that begins then.
struct Held {
    lease: Lease,
    outlasts_until: Instant,
}

/// What the next token is asked for with.
enum Means {
    Signature,
    Refresh(Refresh, Generation),
}

/// A store that does not answer.
struct Failing {
    /// When it last did, or was first asked.
    since: Instant,
    told: bool,
}

impl Failing {
    fn since(since: Instant) -> Self {
        let told = false;
        Self { since, told }
    }
}

impl Fetcher {
    pub(super) fn for_merchant(config: Arc<Config>, granter: Granter) -> Self {
        let slot = Slot::new(config.environment.base_url(), config.client_id.clone());
        let jitter = Jitter::new();
        Self {
            common: Arc::new(Common {
                config,
                jitter,
                granter,
                told_own: Once::new(),
            }),
            slot,
            merchant: None,
        }
    }

    pub(super) fn for_customer(&self, merchant: TokenCell, customer: CustomerKey) -> Self {
        Self {
            common: Arc::clone(&self.common),
            slot: self.slot.clone().with_customer(customer),
            merchant: Some(merchant),
        }
    }

    pub(super) fn is_customers(&self) -> bool {
        self.merchant.is_some()
    }

    /// Of the merchant's own slot. There are as many customers' slots as customers: those are looked
    /// at when DOKU refuses.
    pub(super) fn changes(&self) -> Changes {
        if self.is_customers() {
            Changes::never()
        } else {
            self.store().changes()
        }
    }

    fn store(&self) -> SlotStore<'_> {
        SlotStore {
            slot: &self.slot,
            store: &*self.common.config.token_store,
        }
    }

    pub(super) async fn fetch(&self, errand: Errand, known: &Known) -> Result<Found, Failed> {
        if errand == Errand::Store {
            return self.consult(known).await.map_err(|error| {
                self.store().report(&error, "it is asked again later");
                Failed::Store
            });
        }
        self.newer(errand, known).await.map(Found::Token)
    }

    /// A newer token, if the store has one; else the store gets the token that it lacks.
    async fn consult(&self, known: &Known) -> Result<Found, StoreError> {
        let stored = self.store().load().await?;
        if let Some(entry) = known.newer(stored.as_ref()) {
            return Ok(Found::Token(Fetched::stored(entry)));
        }
        let Some(own) = known.lacking(stored.as_ref()) else {
            return Ok(Found::Nothing);
        };
        let seen = stored.map(|entry| entry.generation);
        let taken = self.store().swap(seen, own).await?;
        Ok(taken.map_or(Found::Nothing, Found::Taken))
    }

    /// A token newer than what is `known`. At most one token request, whatever the store does: a
    /// second one would kill the token of the first.
    async fn newer(&self, errand: Errand, known: &Known) -> Result<Fetched, Failed> {
        let patience = self.lease_time().saturating_add(SPARE);
        let result = match tokio::time::timeout(patience, self.turn(errand, known)).await {
            Ok(Ok(Turn::Adopt(entry))) => return Ok(Fetched::stored(entry)),
            Ok(Ok(Turn::Never(error))) => return Err(error.into()),
            Ok(Ok(Turn::Fetch(lease, stored))) => self.grant(lease, stored, known).await,
            Ok(Err(error)) => self.without_store(errand, known, error).await,
            Err(_) => {
                let detail = "another process holds the right to fetch a token and does not finish";
                return Err(TokenError::new(detail, Backoff::Next).into());
            }
        };
        match result {
            Err(Failed::Token { error, blocks }) => {
                let error = self.judged(error).await;
                // Anything else may be different the next time.
                let blocks = blocks.filter(|_| error.customer_error().is_some());
                Err(Failed::Token { error, blocks })
            }
            result => result,
        }
    }

    /// A customer's first tokens. They replace whatever the slot holds: the customer has just
    /// consented to them. With an error comes the generation that it blocks.
    ///
    /// Never repeated: DOKU may take a code once only.
    pub(super) async fn authorize(
        &self,
        code: &AuthCode,
        known: &Known,
    ) -> Result<Fetched, (TokenError, Option<Generation>)> {
        let error = match self.common.granter.request(Grant::Code(code)).await {
            Ok(new) => return Ok(self.consented(new, known).await),
            Err(error) if error.is_open() => error.because_of(CustomerError::SessionUnknown),
            Err(error) => self.judged(error).await,
        };
        // A code that was used before or is wrong gets the same answer, so tokens that are there go
        // on: a customer who did unlink the merchant is refused on the next call and its renewal.
        let nothing_there = matches!(self.newest(known).await, Ok(None));
        let is_unlinked = error.customer_error() == Some(&CustomerError::Unlinked);
        Err((error, (is_unlinked && nothing_there).then_some(known.seen)))
    }

    async fn consented(&self, new: NewEntry, known: &Known) -> Fetched {
        match self.store().overwrite(&new).await {
            Ok(generation) => Fetched::stored(new.stored_as(generation)),
            Err(error) => {
                self.store().report(&error, UNSTORED);
                Fetched {
                    entry: new.stored_as(known.seen),
                    standing: Standing::Consented,
                }
            }
        }
    }

    /// Writes tokens from elsewhere; nothing if others were written at the same moment.
    pub(super) async fn import(&self, new: NewEntry) -> Result<Option<Fetched>, StoreError> {
        let written = self.store().replace(new.clone()).await?;
        Ok(written.map(|generation| Fetched::stored(new.stored_as(generation))))
    }

    pub(super) async fn forget(&self) -> Result<(), StoreError> {
        self.store().forget().await
    }

    /// The newest tokens of the slot that the store or this process has.
    pub(super) async fn newest(&self, known: &Known) -> Result<Option<Entry>, StoreError> {
        match self.store().load().await {
            Ok(stored) => Ok(known.newest(stored.as_ref()).cloned()),
            Err(error) => known.held.clone().map(Some).ok_or(error),
        }
    }

    /// Waits until there is a newer token in the store or the right to fetch one.
    async fn turn(&self, errand: Errand, known: &Known) -> Result<Turn, StoreError> {
        let mut changes = self.store().changes();
        let mut pause = FIRST_POLL;
        let mut held = None;
        let mut failing = Failing::since(now());
        loop {
            match self.look(known, &mut held).await {
                Ok(Some(turn)) => return Ok(turn),
                Ok(None) => failing = Failing::since(now()),
                Err(error) => self.bear(error, errand, &mut failing)?,
            }
            // Whether it was rung or not, the store is looked at.
            let pause_now = self.common.jitter.spread(pause, 20);
            let _ = tokio::time::timeout(pause_now, changes.next()).await;
            pause = (pause * 2).min(LONGEST_POLL);
        }
    }

    /// What there is to do; nothing while another process has the right to fetch. Whoever gets that
    /// looks once more: the one who had it before may have just finished.
    async fn look(
        &self,
        known: &Known,
        held: &mut Option<Held>,
    ) -> Result<Option<Turn>, StoreError> {
        loop {
            let stored = self.store().load().await?;
            let held_before = held.take();
            if let Some(turn) = self.turn_without_doku(stored.as_ref(), known) {
                if let Some(Held { lease, .. }) = held_before {
                    self.store().give_back(lease).await;
                }
                return Ok(Some(turn));
            }
            match held_before {
                Some(held) if now() < held.outlasts_until => {
                    return Ok(Some(Turn::Fetch(held.lease, stored)));
                }
                Some(held) => self.store().give_back(held.lease).await,
                None => {}
            }
            let outlasts_until = now() + SPARE;
            let Some(lease) = self.store().lease(self.lease_time()).await? else {
                return Ok(None);
            };
            *held = Some(Held {
                lease,
                outlasts_until,
            });
        }
    }

    fn turn_without_doku(&self, stored: Option<&Entry>, known: &Known) -> Option<Turn> {
        let newer = known.newer(stored).map(Turn::Adopt);
        newer.or_else(|| self.means(stored, known).err().map(Turn::Never))
    }

    /// Whether a store that failed is looked at again, or given up.
    fn bear(
        &self,
        error: StoreError,
        errand: Errand,
        failing: &mut Failing,
    ) -> Result<(), StoreError> {
        let config = &self.common.config;
        let waits = errand == Errand::Need && config.store_outage == StoreOutage::FailClosed;
        if !waits || now() - failing.since >= config.token_timeout {
            return Err(error);
        }
        if !std::mem::replace(&mut failing.told, true) {
            self.store()
                .report(&error, "calls without a token wait for it");
        }
        Ok(())
    }

    /// One token request, and its token into the store. What the store does afterwards no longer
    /// matters for having a token.
    async fn grant(
        &self,
        lease: Lease,
        stored: Option<Entry>,
        known: &Known,
    ) -> Result<Fetched, Failed> {
        let means = self.means(stored.as_ref(), known)?;
        let seen = stored.map(|entry| entry.generation);
        let result = match self.request(&means).await {
            Ok(new) => self.write(seen, new, known).await,
            Err(failed) => Err(failed),
        };
        // Until the lease runs out nobody else fetches: there is time to write the token later.
        let is_stored = |fetched: &Fetched| fetched.standing == Standing::Stored;
        if result.as_ref().map_or(true, is_stored) {
            self.store().give_back(lease).await;
        }
        result
    }

    async fn write(
        &self,
        seen: Option<Generation>,
        new: NewEntry,
        known: &Known,
    ) -> Result<Fetched, Failed> {
        match self.store().swap(seen, new.clone()).await {
            Ok(Some(generation)) => Ok(Fetched::stored(new.stored_as(generation))),
            // Somebody was faster. All processes agree on the stored one; if DOKU honours ours
            // instead, the first refusal settles it.
            Ok(None) => match self.store().load().await {
                Ok(Some(entry)) => Ok(Fetched::stored(entry)),
                Ok(None) if self.is_customers() => Err(forgotten().into()),
                _ => Ok(known.own(seen, new)),
            },
            Err(error) => {
                self.store().report(&error, UNSTORED);
                Ok(known.own(seen, new))
            }
        }
    }

    /// What becomes of a fetch that the store does not take part in. A token that cannot be shared is
    /// better than none only where the caller says so: it is worse than one that others use too.
    async fn without_store(
        &self,
        errand: Errand,
        known: &Known,
        error: StoreError,
    ) -> Result<Fetched, Failed> {
        if errand == Errand::Renew {
            self.store().report(&error, "the token is used to its end");
            return Err(Failed::Store);
        }
        if self.is_customers() && known.held.is_none() {
            return Err(self.closed(error, NO_TOKENS));
        }
        if self.common.config.store_outage == StoreOutage::FailClosed {
            return Err(self.closed(error, CLOSED));
        }
        self.store()
            .report(&error, "this process asks for a token of its own");
        let means = self.means(known.held.as_ref(), known)?;
        let new = self.request(&means).await?;
        Ok(known.own(None, new))
    }

    fn closed(&self, error: StoreError, why: &str) -> Failed {
        self.store().report(&error, why);
        let detail = format!("{error}, and {why}: {}", error.cause());
        let failed = TokenError::new(detail, Backoff::Next);
        failed.with_source(Some(Arc::new(error))).into()
    }

    /// What the next token is asked for with; an error where there is nothing to ask with. A grant
    /// that was refused is not tried again.
    fn means(&self, stored: Option<&Entry>, known: &Known) -> Result<Means, TokenError> {
        if !self.is_customers() {
            return Ok(Means::Signature);
        }
        let Some(entry) = known.newest(stored) else {
            let detail = "there are no tokens of this customer";
            let required = CustomerError::AuthorizationRequired;
            let blocked = known.blocked.as_ref().map(|(_, error)| error.clone());
            return Err(blocked.unwrap_or_else(|| TokenError::of_customer(detail, required)));
        };
        match (&known.blocked, &entry.refresh) {
            (Some((blocked, error)), _) if *blocked >= entry.generation => Err(error.clone()),
            (_, Some(refresh)) => Ok(Means::Refresh(refresh.clone(), entry.generation)),
            (_, None) => {
                let detail = "the customer's token is used up and there is none to renew it with";
                let required = CustomerError::AuthorizationRequired;
                Err(TokenError::of_customer(detail, required))
            }
        }
    }

    async fn request(&self, means: &Means) -> Result<NewEntry, Failed> {
        let granter = &self.common.granter;
        if !self.common.config.tokens_shared {
            let told = || tracing::info!(stage = "token request", "{OWN_TOKENS}");
            self.common.told_own.call_once(told);
        }
        let Means::Refresh(refresh, generation) = means else {
            return Ok(granter.request(Grant::Merchant).await?);
        };
        let grant = Grant::Refresh(&refresh.token);
        let result = match granter.request(grant).await {
            // Repeating can lose nothing that stopping would keep.
            Err(error) if error.is_unanswered() => granter.request(grant).await,
            result => result,
        };
        match result {
            // Whichever refresh token arrived last is kept: the old one where there is no new one.
            Ok(new) if new.refresh.is_none() => Ok(new.with_refresh(Some(refresh.clone()))),
            Ok(new) => Ok(new),
            Err(error) => Err(Failed::Token {
                error,
                blocks: Some(*generation),
            }),
        }
    }

    /// `401xx00` on a customer's grant is a wrong signature or a customer who unlinked the merchant.
    /// It is the latter where the same key obtains B2B tokens. (4017400: third party.)
    async fn judged(&self, error: TokenError) -> TokenError {
        let Some(merchant) = self.merchant.as_ref().filter(|_| error.is_unauthorized()) else {
            return error;
        };
        let granter = &self.common.granter;
        match merchant.token(Duration::ZERO).await {
            Ok(_) if granter.key_is_accepted() => error.because_of(CustomerError::Unlinked),
            Err(refused) if refused.is_unauthorized() => granter.blaming_key(error),
            _ => granter
                .blaming_key(error)
                .adding("; or the customer has unlinked the merchant"),
        }
    }

    /// Longer than the token requests may take, so that two fetch as an exception and not as a rule.
    fn lease_time(&self) -> Duration {
        let requests = if self.is_customers() { 2 } else { 1 };
        let limit = self.common.config.token_timeout;
        limit.saturating_mul(requests).saturating_add(SPARE)
    }
}

fn now() -> Instant {
    tokio::time::sleep(Duration::ZERO).deadline()
}

fn forgotten() -> TokenError {
    let detail = "the customer's tokens were forgotten meanwhile";
    TokenError::of_customer(detail, CustomerError::AuthorizationRequired)
}

/// What a lease has over the token request that it is for.
const SPARE: Duration = Duration::from_secs(5);
const FIRST_POLL: Duration = Duration::from_millis(50);
const LONGEST_POLL: Duration = Duration::from_millis(500);
const UNSTORED: &str = "only this process has the new token until the store takes it";
const OWN_TOKENS: &str = "this client shares its tokens with no other process; DOKU honours only the \
                          latest one of a client id, so several processes need \
                          `Config::with_token_store`";
const NO_TOKENS: &str = "this process has no tokens of the customer";
const CLOSED: &str = "a token of this process alone would kill the one that others use; mend the \
                      store, or allow that with `Config::with_store_outage`";
