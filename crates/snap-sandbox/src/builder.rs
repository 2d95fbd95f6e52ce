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

    /// Whether inquiries, reversals and repeated references are answered from the ledger; they are if
    /// not set. Without, each request is answered by itself: an inquiry knows any reference, a refund
    /// needs no payment, and a reference can be used again. The ledger counts what happens either way.
    pub fn stateful(mut self, stateful: bool) -> Self {
        self.rules.stateful = stateful;
        self
    }

    /// Whether a reference that was used before is processed again; if not set, it is refused with
    /// `409ss01` or `404ss18`. With it, an operation that is sent twice takes effect twice.
    pub fn accept_duplicates(mut self, accept_duplicates: bool) -> Self {
        self.rules.accept_duplicates = accept_duplicates;
        self
    }

    /// Whether customers approve at once whatever an answer sends them to: payments, bindings, ends of
    /// bindings. If not set, it is pending until [`Sandbox::approve`] or [`Sandbox::reject`]; of a
    /// payment also until [`Sandbox::decide`]. OTPs of DOKU Wallet, which no page asks for, are needed
    /// either way.
    pub fn customers_approve(mut self, customers_approve: bool) -> Self {
        self.rules.customers_approve = customers_approve;
        self
    }

    /// Whether the rules of single channels of direct debit are enforced: their steps, headers, members
    /// and lengths of references; they are if not set. Most are known from DOKU's own libraries only,
    /// which refuse to send what breaks them.
    pub fn channel_rules(mut self, channel_rules: bool) -> Self {
        self.rules.channel_rules = channel_rules;
        self
    }

    /// How long a payout is pending, by the sandbox's clock; it settles at once if not set.
    pub fn settle_after(mut self, settle_after: Duration) -> Self {
        self.rules.settle_after = Some(settle_after);
        self
    }

    /// How long after its acceptance an operation is visible to inquiries, by the sandbox's clock; at
    /// once if not set.
    pub fn status_delay(mut self, status_delay: Duration) -> Self {
        self.rules.status_delay = status_delay;
        self
    }

    /// Whether requests are recorded; they are if not set. Without, only their counts are kept, so that
    /// a million requests need little memory.
    pub fn keep_requests(self, keep_requests: bool) -> Self {
        self.keep_last_requests(if keep_requests { usize::MAX } else { 0 })
    }

    /// How many of the last requests and other events are kept; all if not set. The counts know all.
    pub fn keep_last_requests(mut self, keep_requests: usize) -> Self {
        self.rules.keep_requests = keep_requests;
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
