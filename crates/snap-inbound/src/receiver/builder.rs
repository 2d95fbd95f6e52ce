use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use snap_core::{AccessToken, ClientId, Clock, Environment, SystemClock};
use snap_sign::{ClientSecret, PublicKey};

use super::{Receiver, SecondToken, token::RateLimit};
use crate::{
    IssuedTokenStore, ReplayStore, Route, Secrets, Service,
    claims::{self, Claims, Random},
    counts::Counters,
    message_time::{RETRIES, Window},
    route::Scheme,
};

/// Configures a [`Receiver`].
#[must_use]
pub struct ReceiverBuilder {
    environment: Environment,
    clients: Vec<(ClientId, Secrets)>,
    doku_keys: Vec<PublicKey>,
    routes: Vec<Route>,
    token_route: Option<Route>,
    tokens: Option<Arc<dyn IssuedTokenStore>>,
    replays: Option<Arc<dyn ReplayStore>>,
    clock: Arc<dyn Clock>,
    random: Random,
    second_token: Option<SecondToken>,
    window: Window,
    lease: Duration,
    accept_expired: Duration,
    tokens_per_minute: u32,
    any_external_id: bool,
}

impl ReceiverBuilder {
    pub(super) fn new(environment: Environment) -> Self {
        Self {
            environment,
            clients: Vec::new(),
            doku_keys: Vec::new(),
            routes: Vec::new(),
            token_route: None,
            tokens: None,
            replays: None,
            clock: Arc::new(SystemClock::new()),
            random: Arc::new(claims::system_random),
            second_token: None,
            window: RETRIES,
            lease: claims::LEASE,
            accept_expired: Duration::ZERO,
            tokens_per_minute: TOKENS_PER_MINUTE,
            any_external_id: false,
        }
    }

    /// Takes messages for this client id, signed with one of these secrets. Several clients may share a
    /// receiver.
    pub fn client(mut self, client_id: ClientId, secrets: Secrets) -> Self {
        self.clients.push((client_id, secrets));
        self
    }

    /// DOKU's public keys, from its dashboard: the present one, and the next one ahead of a change. The
    /// dashboard of DOKU's sandbox shows another one than that of production.
    pub fn doku_public_keys(mut self, keys: impl IntoIterator<Item = PublicKey>) -> Self {
        self.doku_keys.extend(keys);
        self
    }

    /// Takes messages at this address.
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// Issues tokens at this path, as the application sees it; it is not signed.
    pub fn token_route(mut self, path: impl Into<String>) -> Self {
        self.token_route = Some(Route::new(Service::TOKEN, path));
        self
    }

    /// Where issued tokens are remembered.
    pub fn issued_tokens(mut self, store: Arc<dyn IssuedTokenStore>) -> Self {
        self.tokens = Some(store);
        self
    }

    /// Where deliveries are remembered.
    pub fn replays(mut self, store: Arc<dyn ReplayStore>) -> Self {
        self.replays = Some(store);
        self
    }

    /// Another source of time.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Another source of random bytes than the operating system, for tokens and claims. Whoever can
    /// predict it can make tokens.
    pub fn danger_random(mut self, fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        self.random = Arc::new(fill);
        self
    }

    /// Also takes messages that are signed with this token in the string-to-sign instead of the one in
    /// their `Authorization`, which is looked up as always.
    ///
    /// DOKU does not say which of its own and the merchant's token it signs with. All that is known points
    /// to the one in the header; one client is known that signs with the token DOKU issued.
    pub fn second_token(
        mut self,
        token: impl Fn() -> Option<AccessToken> + Send + Sync + 'static,
    ) -> Self {
        self.second_token = Some(Box::new(token));
        self
    }

    /// Takes messages that are at most 15 minutes old or ahead, instead of 13 hours old or 5 minutes ahead.
    ///
    /// Only once DOKU is known to renew `X-TIMESTAMP` when it tries again: otherwise every order that is
    /// paid while this receiver is down is lost without a word.
    pub fn timestamps_are_renewed(mut self) -> Self {
        self.window = Window::minutes(15, 15);
        self
    }

    /// How long a delivery that is not acknowledged holds others of the same message off; 60 s by default.
    /// Longer than the slowest handler takes.
    pub fn claim_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How many tokens a client id gets in a minute; 1,000 by default, which bounds what a store has to
    /// hold. Nobody knows whether DOKU fetches a token for each notification: more than the busiest minute
    /// has payments.
    pub fn tokens_per_minute(mut self, tokens: u32) -> Self {
        self.tokens_per_minute = tokens;
        self
    }

    /// Takes tokens up to this long after they expired. Exists for the case that DOKU tries again with the
    /// old token, 12 hours later; not known to be needed. [`Counts::tokens_expired`](crate::Counts::tokens_expired)
    /// tells.
    pub fn danger_accept_expired_tokens(mut self, for_how_long: Duration) -> Self {
        self.accept_expired = for_how_long;
        self
    }

    /// Takes external ids with letters, such as UUIDs: DOKU documents a "numeric string", and some of its
    /// own libraries send others.
    pub fn accept_external_ids_with_letters(mut self) -> Self {
        self.any_external_id = true;
        self
    }

    /// The receiver.
    ///
    /// # Errors
    ///
    /// When something is missing, contradicts itself, or must not be used in production.
    pub fn build(self) -> Result<Receiver, ReceiverError> {
        self.check_spans()?;
        self.check_keys()?;
        self.check_routes()?;
        let tokens = self.tokens.ok_or(ReceiverError(
            "there is no store for issued tokens: `issued_tokens`",
        ))?;
        let replays = self
            .replays
            .ok_or(ReceiverError("there is no store for deliveries: `replays`"))?;
        let durable = tokens.is_durable() && replays.is_durable();
        ReceiverError::unless_durable(&self.environment, durable)?;
        let mut clients = HashMap::new();
        for (client_id, secrets) in self.clients {
            if clients.insert(client_id, secrets.keys()).is_some() {
                return Err(ReceiverError(
                    "a client id is there twice: give all its secrets at once, `Secrets::and_until`",
                ));
            }
        }
        let mut decoy = [0; 32];
        (self.random)(&mut decoy);
        let decoy = decoy.map(|byte| char::from(b'a' + byte % 26));
        let decoy = ClientSecret::new(decoy.iter().collect::<String>());
        Ok(Receiver {
            environment: self.environment,
            clients,
            decoy: Secrets::current(decoy).keys(),
            doku_keys: self.doku_keys,
            routes: self.routes,
            token_route: self.token_route,
            tokens,
            claims: Claims {
                replays,
                clock: Arc::clone(&self.clock),
                random: Arc::clone(&self.random),
                lease: self.lease,
            },
            clock: self.clock,
            random: self.random,
            second_token: self.second_token,
            window: self.window,
            token_life: TOKEN_LIFE,
            accept_expired: self.accept_expired,
            any_external_id: self.any_external_id,
            refused: RateLimit::new(REFUSED_PER_MINUTE),
            issued: RateLimit::new(self.tokens_per_minute),
            counters: Arc::new(Counters::default()),
            said: Mutex::default(),
        })
    }

    fn check_spans(&self) -> Result<(), ReceiverError> {
        if self.lease > DAY || self.accept_expired > DAY {
            return Err(ReceiverError(
                "a claim lease, or the time that expired tokens are taken for, is longer than a day",
            ));
        }
        Ok(())
    }

    fn check_keys(&self) -> Result<(), ReceiverError> {
        if self.clients.is_empty() {
            return Err(ReceiverError("there is no client id: `client`"));
        }
        for (_, secrets) in &self.clients {
            ReceiverError::unless_long(secrets)?;
        }
        let published = |key: &PublicKey| PUBLISHED_KEYS.contains(&key.fingerprint());
        if is_production(&self.environment) && self.doku_keys.iter().any(published) {
            return Err(ReceiverError(
                "a public key is the one of the local sandbox or of `snap_inbound::testing`, whose private \
                 half everybody has; take DOKU's from the dashboard of production",
            ));
        }
        let rsa = self.routes.iter().any(|route| route.scheme == Scheme::Rsa);
        if (self.token_route.is_some() || rsa) && self.doku_keys.is_empty() {
            return Err(ReceiverError(
                "there is no public key of DOKU: `doku_public_keys`; the dashboard shows it",
            ));
        }
        Ok(())
    }

    fn check_routes(&self) -> Result<(), ReceiverError> {
        let all: Vec<&Route> = self.routes.iter().chain(&self.token_route).collect();
        if all.is_empty() {
            return Err(ReceiverError("there is no route: `route`, `token_route`"));
        }
        let needs_token = |route: &Route| route.scheme == Scheme::TokenAndHmac;
        if self.token_route.is_none() && self.routes.iter().any(needs_token) {
            return Err(ReceiverError(
                "there is no `token_route`: DOKU asks for a token before it notifies",
            ));
        }
        for (index, route) in all.iter().enumerate() {
            ReceiverError::unless_path(&route.path)?;
            ReceiverError::unless_path(&route.seen_as)?;
            if all[..index]
                .iter()
                .any(|other| other.seen_as == route.seen_as)
            {
                return Err(ReceiverError("two routes have the same path"));
            }
        }
        if self
            .routes
            .iter()
            .any(|route| route.service == Service::TOKEN)
        {
            return Err(ReceiverError(
                "a route for tokens is given by `token_route`, not by `route`",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for ReceiverBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverBuilder")
            .field("environment", &self.environment)
            .field("routes", &self.routes)
            .finish_non_exhaustive()
    }
}

/// Also when it was given by its address.
fn is_production(environment: &Environment) -> bool {
    environment.base_url() == Environment::production().base_url()
}

/// A receiver that cannot be built. `Display` says what to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverError(&'static str);

impl ReceiverError {
    pub(crate) fn unless_path(path: &str) -> Result<(), Self> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#');
        if path.starts_with('/') && !path.starts_with("//") && path.bytes().all(plain) {
            Ok(())
        } else {
            Err(Self(
                "a path is not one: it starts with `/` and has no query, fragment, space or host",
            ))
        }
    }

    pub(crate) fn unless_long(secrets: &Secrets) -> Result<(), Self> {
        if secrets.are_long() {
            Ok(())
        } else {
            Err(Self(
                "a client secret has fewer than 16 characters; copy the whole of it from DOKU's dashboard",
            ))
        }
    }

    pub(crate) fn unless_durable(environment: &Environment, durable: bool) -> Result<(), Self> {
        if durable || !is_production(environment) {
            Ok(())
        } else {
            Err(Self(
                "a store in memory forgets with the process: a restart in production would take old \
                 notifications as new; give durable stores",
            ))
        }
    }
}

impl fmt::Display for ReceiverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for ReceiverError {}

/// Fingerprints of the keys of the local sandbox and of `testing`.
const PUBLISHED_KEYS: [&str; 2] = ["b76f7300", "12d056ff"];
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const TOKEN_LIFE: Duration = Duration::from_secs(900);
const REFUSED_PER_MINUTE: u32 = 10;
const TOKENS_PER_MINUTE: u32 = 1000;
