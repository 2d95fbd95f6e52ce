use std::{sync::Arc, time::Duration};

use super::{
    Entry, Generation, Lease, NewEntry, Refresh, Slot, StoreError, TokenCell,
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
}

/// What the store says to a process that needs a token.
enum Turn {
    Adopt(Entry),
    Fetch(Lease),
    /// There is nothing to ask DOKU with.
    Never(TokenError),
}

/// What the next token is asked for with.
enum Means {
    Signature,
    Refresh(Refresh, Generation),
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
        let patience = self.lease_time().saturating_add(Duration::from_secs(5));
        let result = match tokio::time::timeout(patience, self.turn(known)).await {
            Ok(Ok(Turn::Adopt(entry))) => return Ok(Fetched::stored(entry)),
            Ok(Ok(Turn::Never(error))) => return Err(error.into()),
            Ok(Ok(Turn::Fetch(lease))) => {
                let result = self.grant(errand, known).await;
                self.store().give_back(lease).await;
                result
            }
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
    async fn turn(&self, known: &Known) -> Result<Turn, StoreError> {
        let mut pause = FIRST_POLL;
        loop {
            let stored = self.store().load().await?;
            if let Some(entry) = known.newer(stored.as_ref()) {
                return Ok(Turn::Adopt(entry));
            }
            if let Err(error) = self.means(stored.as_ref(), known) {
                return Ok(Turn::Never(error));
            }
            if let Some(lease) = self.store().lease(self.lease_time()).await? {
                return self.turn_of_holder(known, lease).await;
            }
            tokio::time::sleep(self.common.jitter.spread(pause, 20)).await;
            pause = (pause * 2).min(LONGEST_POLL);
        }
    }

    /// Looks once more: whoever held the lease before may have just finished.
    async fn turn_of_holder(&self, known: &Known, lease: Lease) -> Result<Turn, StoreError> {
        let stored = self.store().load().await?;
        let Some(entry) = known.newer(stored.as_ref()) else {
            return Ok(Turn::Fetch(lease));
        };
        self.store().give_back(lease).await;
        Ok(Turn::Adopt(entry))
    }

    /// One token request, and its token into the store. What the store does afterwards no longer
    /// matters for having a token.
    async fn grant(&self, errand: Errand, known: &Known) -> Result<Fetched, Failed> {
        let stored_now = match self.store().load().await {
            Ok(stored_now) => stored_now,
            Err(error) => return self.without_store(errand, known, error).await,
        };
        let means = self.means(stored_now.as_ref(), known)?;
        let new = self.request(&means).await?;
        let seen = stored_now.map(|entry| entry.generation);
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

    /// One token request without the store, if a caller waits for it: a token that cannot be shared
    /// is better than none, and worse than one that others use too.
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
            self.store().report(&error, NO_TOKENS);
            let detail = format!("{error}, and {NO_TOKENS}");
            let failed = TokenError::new(detail, Backoff::Next);
            return Err(failed.with_source(Some(Arc::new(error))).into());
        }
        self.store()
            .report(&error, "this process asks for a token of its own");
        let means = self.means(known.held.as_ref(), known)?;
        let new = self.request(&means).await?;
        Ok(known.own(None, new))
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
        limit
            .saturating_mul(requests)
            .saturating_add(Duration::from_secs(5))
    }
}

fn forgotten() -> TokenError {
    let detail = "the customer's tokens were forgotten meanwhile";
    TokenError::of_customer(detail, CustomerError::AuthorizationRequired)
}

const FIRST_POLL: Duration = Duration::from_millis(50);
const LONGEST_POLL: Duration = Duration::from_millis(500);
const UNSTORED: &str = "only this process has the new token until the store takes it";
const NO_TOKENS: &str = "this process has no tokens of the customer";
