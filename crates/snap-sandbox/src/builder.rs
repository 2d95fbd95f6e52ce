//! How a local sandbox is set up.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use crate::{
    clock::Clock,
    digest::DigestModel,
    judge::{Judge, Rules},
    quirks::Quirks,
    sandbox::Sandbox,
    seed,
};

/// Options of a local sandbox; see [`Sandbox::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct SandboxBuilder {
    listen: SocketAddr,
    seed: Option<u64>,
    clock: Clock,
    token_delay: Duration,
    rules: Rules,
}

impl SandboxBuilder {
    pub(crate) fn new() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: None,
            clock: Clock::system(),
            token_delay: Duration::ZERO,
            rules: Rules::default(),
        }
    }

    /// Listens here instead of on a random loopback port.
    pub fn listen(self, listen: SocketAddr) -> Self {
        Self { listen, ..self }
    }

    /// Draws credentials and tokens from this seed, so that every run has the same ones.
    ///
    /// Without a seed they are random, and no other sandbox accepts them.
    pub fn seed(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }

    /// The clock to follow; the default is this computer's time, see [`Clock::system`].
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Answers token requests, of both kinds, this much later, in real time. The token is issued, and
    /// older ones end, when the request arrives.
    pub fn token_delay(self, token_delay: Duration) -> Self {
        Self {
            token_delay,
            ..self
        }
    }

    /// How long a B2B token is honoured; 900 s if not set, as documented.
    pub fn token_lifetime(mut self, token_lifetime: Duration) -> Self {
        self.rules.token_lifetime = token_lifetime;
        self
    }

    /// How long a customer token is honoured; 900 s if not set, as one of DOKU's texts has it.
    pub fn customer_token_lifetime(mut self, customer_token_lifetime: Duration) -> Self {
        self.rules.customer_token_lifetime = customer_token_lifetime;
        self
    }

    /// Whether an auth code can be exchanged again and again, at any age; if not set, it works once,
    /// for two minutes. A third party exchanges the codes of one channel repeatedly.
    pub fn reusable_auth_codes(mut self, reusable_auth_codes: bool) -> Self {
        self.rules.reusable_auth_codes = reusable_auth_codes;
        self
    }

    /// Whether operations that DOKU has not confirmed are served; if not set, their paths are 404.
    pub fn unverified(mut self, unverified: bool) -> Self {
        self.rules.unverified = unverified;
        self
    }

    /// Which reading of "minify" signatures are checked with.
    pub fn digest_model(mut self, digest_model: DigestModel) -> Self {
        self.rules.digest_model = digest_model;
        self
    }

    /// Which of several seen forms answers take.
    pub fn quirks(mut self, quirks: Quirks) -> Self {
        self.rules.quirks = quirks;
        self
    }

    /// Starts the sandbox on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on, or the system gives no random bytes for a seed.
    pub async fn start(self) -> io::Result<Sandbox> {
        let seed = match self.seed {
            Some(seed) => seed,
            None => seed::random()?,
        };
        let judge = Judge::new(seed, self.clock, self.rules)
            .ok_or_else(|| io::Error::other("a bundled file is not readable"))?;
        Sandbox::open(self.listen, judge, self.token_delay).await
    }
}
