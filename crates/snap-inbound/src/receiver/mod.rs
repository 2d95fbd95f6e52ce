mod builder;
mod letter;
mod signature;
mod token;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    marker::PhantomData,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use snap_core::{AccessToken, ClientId, Clock, Environment};
use snap_sign::PublicKey;

pub use self::builder::{ReceiverBuilder, ReceiverError};
use self::{letter::Letter, token::RateLimit};
use crate::{
    Authentic, Claimed, Counts, DeliveryKeys, IssuedTokenStore, Message, Reason, Reject, Route,
    TokenHash, Verified,
    claims::{Claims, Random},
    counts::{self, Counters},
    message_time::Window,
    secrets::SecretKey,
    store::{DeliveryFacts, in_time},
};

/// Takes what DOKU sends to a merchant: issues tokens, verifies messages, and tells a delivery from its
/// repetition.
///
/// Immutable; build a new one to change it, and keep the stores. Needs a Tokio runtime with time.
///
/// Built by [`Receiver::builder`]; whatever is configured wrongly fails there.
pub struct Receiver {
    environment: Environment,
    clients: HashMap<ClientId, Vec<SecretKey>>,
    /// Keeps an unknown client as busy as a known one.
    decoy: Vec<SecretKey>,
    doku_keys: Vec<PublicKey>,
    routes: Vec<Route>,
    token_route: Option<Route>,
    tokens: Arc<dyn IssuedTokenStore>,
    claims: Claims,
    clock: Arc<dyn Clock>,
    random: Random,
    second_token: Option<SecondToken>,
    window: Window,
    token_life: Duration,
    accept_expired: Duration,
    any_external_id: bool,
    /// Token requests by the address they came from.
    refused: RateLimit,
    /// Tokens by client id.
    issued: RateLimit,
    counters: Arc<Counters>,
    /// Reasons that were said aloud.
    said: Mutex<HashSet<mem::Discriminant<Reason>>>,
}

/// What else may stand in a string-to-sign for the token.
type SecondToken = Box<dyn Fn() -> Option<AccessToken> + Send + Sync>;

impl Receiver {
    /// Begins a receiver for messages of this environment.
    pub fn builder(environment: Environment) -> ReceiverBuilder {
        ReceiverBuilder::new(environment)
    }

    /// Verifies a message and claims its delivery.
    ///
    /// In this order, cheap before expensive, and what reads no store before what does: method, path,
    /// content type; sizes; headers; timestamp; token; client id; signature; age; claim. While another
    /// delivery of the same message is being handled, waits up to two seconds for its acknowledgement.
    ///
    /// # Errors
    ///
    /// When it is not to be accepted. Send [`Reject::response`].
    pub async fn verify<T: Message>(&self, request: Request<Bytes>) -> Result<Verified<T>, Reject> {
        let authentic = self.authenticate(request).await?;
        self.claim(authentic)
            .await
            .inspect_err(|reject| self.note(reject))
    }

    /// As [`verify`](Self::verify), without the claim: for one that commits together with the row of an
    /// inbox. See [`Authentic::claimed`].
    ///
    /// # Errors
    ///
    /// When it is not to be accepted. Send [`Reject::response`].
    pub async fn authenticate<T: Message>(
        &self,
        request: Request<Bytes>,
    ) -> Result<Authentic<T>, Reject> {
        self.authentic(request)
            .await
            .map_err(|reason| Reject::new(T::SERVICE, reason))
            .inspect_err(|reject| self.note(reject))
    }

    /// Checks form and signature only, as if the token had been issued to `owner`: no store, no look
    /// at its age, no effect. For tests and for looking into a refusal; proves nothing about who sent it when.
    ///
    /// # Errors
    ///
    /// When `verify` would refuse it for one of these reasons.
    pub fn check_signature<T: Message>(
        &self,
        request: &Request<Bytes>,
        owner: &ClientId,
    ) -> Result<(), Reject> {
        let check = || {
            let letter = self.read(request, T::SERVICE)?;
            self.check(&letter, letter.token.as_ref().map(|_| owner))?;
            Ok(())
        };
        check().map_err(|reason| Reject::new(T::SERVICE, reason))
    }

    /// How often things happened.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counters.read()
    }

    async fn authentic<T: Message>(&self, request: Request<Bytes>) -> Result<Authentic<T>, Reason> {
        let letter = self.read(&request, T::SERVICE)?;
        let owner = match &letter.token {
            Some(token) => Some(self.owner(token).await?),
            None => None,
        };
        let digest = self.check(&letter, owner.as_ref())?;
        let now = self.clock.now();
        self.window.check(letter.unix_seconds, now)?;
        let client_id = owner.or_else(|| ClientId::new(letter.partner_id).ok());
        let keys = DeliveryKeys::of(&DeliveryFacts {
            environment: self.environment.base_url(),
            client_id: letter.partner_id,
            path: &letter.route.path,
            body_digest: digest.as_str(),
            timestamp: letter.timestamp,
            unix_seconds: letter.unix_seconds,
            external_id: letter.external_id,
        });
        Ok(Authentic {
            client_id: client_id.ok_or(Reason::ClientUnknown)?,
            external_id: letter.external_id.to_owned(),
            timestamp: letter.timestamp.to_owned(),
            received_at: now,
            keys,
            counters: Arc::clone(&self.counters),
            of: PhantomData,
            body: request.into_body(),
        })
    }

    async fn claim<T: Message>(&self, authentic: Authentic<T>) -> Result<Verified<T>, Reject> {
        if T::SERVICE.is_question() {
            return authentic.claimed(Claimed::New);
        }
        let held = self.claims.claim(&authentic.keys).await;
        held.map(|held| authentic.held(held))
            .map_err(|reason| Reject::new(T::SERVICE, reason))
    }

    async fn owner(&self, token: &AccessToken) -> Result<ClientId, Reason> {
        let hash = TokenHash::of(self.environment.base_url(), token);
        let issued = in_time(self.tokens.owner(&hash)).await;
        let issued = issued.map_err(Reason::Store)?;
        let issued = issued
            .filter(|issued| issued.environment == self.environment.base_url())
            .ok_or(Reason::TokenUnknown)?;
        let end = issued.expires_at + self.accept_expired;
        let now = self.clock.now();
        if now < end {
            if now >= issued.expires_at {
                counts::add(&self.counters.tokens_expired);
            }
            Ok(issued.client_id)
        } else {
            Err(Reason::TokenExpired)
        }
    }

    fn note(&self, reject: &Reject) {
        let reason = reject.explain();
        self.counters.refusal(reason);
        let service = reject.service().code();
        match reason {
            // Where tokens are asked for, nobody without one gets here.
            Reason::ClientMismatch
            | Reason::ClientUnknown
            | Reason::Signature(_)
            | Reason::Stale { .. } => tracing::warn!(service, "refused: {reason}"),
            Reason::Store(_) => tracing::error!(service, "not accepted: {reason}"),
            Reason::TokenExpired => tracing::info!(service, "refused: {reason}"),
            // Anybody can cause these, as often as they like; but so does a mistake in the configuration or
            // in what is in front, so the first of each kind is said aloud.
            reason if self.is_first(reason) => {
                tracing::warn!(
                    service,
                    "refused, and later ones like it are not said: {reason}"
                );
            }
            _ => tracing::debug!(service, "refused: {reason}"),
        }
    }

    fn is_first(&self, reason: &Reason) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(mem::discriminant(reason))
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("environment", &self.environment)
            .field("clients", &self.clients.keys())
            .field("doku_keys", &self.doku_keys)
            .field("routes", &self.routes)
            .finish_non_exhaustive()
    }
}
