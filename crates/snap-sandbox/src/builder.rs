//! How a local sandbox is set up.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use crate::{
    action::{Action, ActionError},
    clock::Clock,
    digest::DigestModel,
    judge::{Judge, Rules},
    ledger::Amount,
    notify::Variation,
    quirks::Quirks,
    sandbox::Sandbox,
    seed,
    state_folder::StateFile,
};

/// Options of a local sandbox; see [`Sandbox::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct SandboxBuilder {
    listen: SocketAddr,
    admin: Option<SocketAddr>,
    seed: Option<u64>,
    clock: Clock,
    token_delay: Duration,
    state: Option<PathBuf>,
    rules: Rules,
    /// What is done before the start.
    first: Vec<Action>,
}

impl SandboxBuilder {
    pub(crate) fn new() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            admin: None,
            seed: None,
            clock: Clock::system(),
            token_delay: Duration::ZERO,
            state: None,
            rules: Rules::default(),
            first: Vec::new(),
        }
    }

    /// Listens here instead of on a random loopback port.
    pub fn listen(self, listen: SocketAddr) -> Self {
        Self { listen, ..self }
    }

    /// Serves the admin API and its pages at this address, which must be loopback: `127.0.0.1:0` takes a
    /// random port. Off if not set. [`Sandbox::admin_url`] says where it is.
    pub fn admin(self, admin: SocketAddr) -> Self {
        Self {
            admin: Some(admin),
            ..self
        }
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

    /// Keeps the state in a folder, which is made if it is not there. A sandbox that is started with the
    /// same folder, seed and options goes on where the last one stopped, however it stopped.
    ///
    /// The folder holds every request, tokens and encrypted card data included, and grows with each; a
    /// start reads all of it. Codes and tokens age while no sandbox runs.
    pub fn state_folder(self, folder: impl Into<PathBuf>) -> Self {
        Self {
            state: Some(folder.into()),
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

    /// Whether `Authorization-Customer` may hold a token without `Bearer `; if not set, that is refused.
    /// DOKU documents `Bearer `, and its libraries for Node, Python and PHP leave it out.
    pub fn danger_bare_customer_tokens(mut self, danger_bare_customer_tokens: bool) -> Self {
        self.rules.bare_customer_tokens = danger_bare_customer_tokens;
        self
    }

    /// Takes what DOKU's own libraries send, and answers as they read it: customer tokens without
    /// `Bearer `, bodies with spaces between their members ([`DigestModel::Minified`]), an auth code
    /// before each payment ([`reusable_auth_codes`](Self::reusable_auth_codes)); and
    /// [`Quirks::official_libraries`].
    ///
    /// For a program that is built on one of them; any other client is judged better without.
    pub fn danger_official_libraries(self) -> Self {
        self.danger_bare_customer_tokens(true)
            .digest_model(DigestModel::Minified)
            .reusable_auth_codes(true)
            .quirks(Quirks::official_libraries())
    }

    /// Whether operations that DOKU has not confirmed are served; if not set, their paths are 404.
    pub fn unverified(mut self, unverified: bool) -> Self {
        self.rules.unverified = unverified;
        self
    }

    /// Whether it speaks TLS, under a certificate for `localhost`, `127.0.0.1` and `::1` that is trusted
    /// through [`Sandbox::tls_root_pem`]; plain HTTP if not set. Needs the cargo feature `tls`.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: bool) -> Self {
        self.rules.tls = tls;
        self
    }

    /// Whether inquiries, reversals and repeated references are answered from the ledger; they are if
    /// not set. Without, each request is answered by itself: an inquiry knows any reference, a refund
    /// needs no payment, a transfer no session, no account runs out, and a reference can be used again. The
    /// ledger counts what happens either way.
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

    /// What the deposit for payouts and top ups holds at the start; 1,000,000,000.00 IDR if not set. An
    /// operation for which too little is left is refused with `403ss14`.
    ///
    /// ```
    /// use snap_sandbox::{Amount, Sandbox};
    ///
    /// let builder = Sandbox::builder().deposit(Amount::rupiah(50_000));
    /// # let _ = builder;
    /// ```
    pub fn deposit(mut self, deposit: Amount) -> Self {
        self.rules.deposit = deposit;
        self
    }

    /// What the account of each customer holds at the start; 100,000,000.00 IDR if not set. Customers are
    /// told apart by the labels of their tokens; wallet and bank account of a customer are one.
    pub fn customer_balance(mut self, customer_balance: Amount) -> Self {
        self.rules.customer_balance = customer_balance;
        self
    }

    /// What a transfer of Kirim DOKU costs beside its amount; nothing if not set, since DOKU documents no
    /// figure. The fee is reserved with the amount and goes back with it.
    pub fn payout_fee(mut self, payout_fee: Amount) -> Self {
        self.rules.payout_fee = payout_fee;
        self
    }

    /// Whether a transfer of Kirim DOKU needs the `sessionId` of an account inquiry for the same amount,
    /// bank and account; it does if not set.
    pub fn sessions(mut self, sessions: bool) -> Self {
        self.rules.sessions = sessions;
        self
    }

    /// How long after its inquiry a session can be used; 30 minutes if not set, which is assumed.
    pub fn session_lifetime(mut self, session_lifetime: Duration) -> Self {
        self.rules.session_lifetime = session_lifetime;
        self
    }

    /// Whether the cents of an amount, from `.01` to `.14`, ask for a scenario; they do if not set. The
    /// bank accounts that DOKU documents for its sandbox work either way.
    pub fn magic(mut self, magic: bool) -> Self {
        self.rules.magic = magic;
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

    /// Where the merchant takes notifications, and where it issues tokens for them: plain `http://`
    /// addresses; see [`Sandbox::notify`].
    pub fn notify(
        mut self,
        notification_url: impl Into<String>,
        token_url: impl Into<String>,
    ) -> Self {
        self.first.push(Action::NotifyTo {
            notification_url: notification_url.into(),
            token_url: token_url.into(),
        });
        self
    }

    /// Where the merchant takes Kirim DOKU's own notices; see [`Sandbox::notify_kirimdoku`].
    pub fn notify_kirimdoku(
        mut self,
        unpaid_url: impl Into<String>,
        refund_url: impl Into<String>,
    ) -> Self {
        self.first.push(Action::NotifyKirimdokuTo {
            unpaid_url: unpaid_url.into(),
            refund_url: refund_url.into(),
        });
        self
    }

    /// Lets the first notification that fits be different.
    pub fn vary_notifications(mut self, variation: Variation) -> Self {
        self.first.push(Action::Vary(variation));
        self
    }

    /// How long the merchant may take to answer a notification or a token request, in real time; 10 s if
    /// not set.
    pub fn notification_timeout(mut self, notification_timeout: Duration) -> Self {
        self.rules.notification_timeout = notification_timeout;
        self
    }

    /// Whether a notification that is sent again has a timestamp of its own; if not set, it has that of
    /// its first attempt. DOKU does not say.
    pub fn renew_timestamps(mut self, renew_timestamps: bool) -> Self {
        self.rules.renew_timestamps = renew_timestamps;
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
    /// An address cannot be listened on, that of the admin API is not loopback, one for notifications is
    /// not plain HTTP, the system gives no random bytes for a seed, or the state folder is in use, belongs
    /// to other options, or cannot be read and written.
    pub async fn start(self) -> io::Result<Sandbox> {
        let (file, seed) = match &self.state {
            Some(folder) => {
                let (file, seed) = StateFile::open(folder, self.seed, seed::random, &self.rules)?;
                (Some(file), seed)
            }
            None => (None, self.seed.map_or_else(seed::random, Ok)?),
        };
        let judge = Judge::new(seed, self.clock, self.rules)
            .ok_or_else(|| io::Error::other("a bundled file is not readable"))?;
        if let Some(mut file) = file {
            file.replay(&judge)?;
            judge.keep_in(file);
        }
        for action in self.first {
            let refused =
                |error: ActionError| io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
            judge.act(action).map_err(refused)?;
        }
        Sandbox::open(self.listen, judge, self.token_delay, self.admin).await
    }
}
