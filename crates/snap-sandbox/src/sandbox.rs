//! The running sandbox, as a test holds it.

mod faults;
mod money;
mod notifications;
mod pages;

pub use self::pages::PageError;

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    action::{Action, How, Whose},
    builder::SandboxBuilder,
    clock::Clock,
    diagnosis::{Diagnosis, Which},
    json::Json,
    judge::Judge,
    merchant::Merchant,
    notify::worker,
    operations::{Served, TokenCall},
    record::RecordedRequest,
    server::{self, admin::AdminPort},
};

/// A running local sandbox. It stops when it is dropped.
///
/// Any number run side by side; they share nothing. Methods that inspect or change it act at once,
/// without a request.
pub struct Sandbox {
    address: SocketAddr,
    base_url: String,
    judge: Arc<Judge>,
    stop: watch::Sender<()>,
    server: JoinHandle<io::Result<()>>,
    notifier: JoinHandle<()>,
    admin: Option<AdminPort>,
}

impl Sandbox {
    /// Starts a sandbox with random credentials on a random loopback port.
    ///
    /// # Errors
    ///
    /// No loopback port can be listened on, or the system gives no random bytes.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Sets options before the start.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new()
    }

    pub(crate) async fn open(
        listen: SocketAddr,
        judge: Judge,
        token_delay: Duration,
        admin: Option<SocketAddr>,
    ) -> io::Result<Self> {
        let tls = judge.rules.tls.then(server::Tls::new).transpose()?;
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let scheme = if judge.rules.tls { "https" } else { "http" };
        let base_url = format!("{scheme}://{address}");
        judge.listens_at(&base_url);
        let judge = Arc::new(judge);
        let (stop, stopped) = watch::channel(());
        // Server and notifier outlive the call that starts them and end with the sender of `stop`.
        let notifier = tokio::spawn(worker::run(Arc::clone(&judge), stopped.clone()));
        let admin = match admin {
            Some(at) => Some(AdminPort::open(at, Arc::clone(&judge), stopped.clone()).await?),
            None => None,
        };
        let app = server::App::new(Arc::clone(&judge), tls, token_delay, stopped);
        // The server outlives the call that starts it and ends with the sender of `stop`.
        let server = tokio::spawn(app.run(listener));
        Ok(Self {
            address,
            base_url,
            judge,
            stop,
            server,
            notifier,
            admin,
        })
    }

    /// Stops and waits until the last answer is sent.
    ///
    /// # Errors
    ///
    /// The server ended with an error of its own.
    pub async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        self.notifier.await.map_err(io::Error::other)?;
        if let Some(admin) = self.admin {
            admin.server.await.map_err(io::Error::other)?;
        }
        self.server.await.map_err(io::Error::other)?
    }

    /// Scheme, host and port, without a path: `http://127.0.0.1:49152`, with TLS `https`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The certificate that a client has to trust, as PEM, if it speaks TLS. Trust it in tests alone.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls_root_pem(&self) -> Option<&'static str> {
        self.root_pem()
    }

    pub(crate) fn root_pem(&self) -> Option<&'static str> {
        self.judge.rules.tls.then_some(server::ROOT_PEM)
    }

    /// What its credentials, tokens and chances were drawn from: given to
    /// [`SandboxBuilder::seed`](crate::SandboxBuilder::seed), it repeats a run whose requests come one
    /// after the other.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.judge.seed
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the admin API and its pages are served, as `http://127.0.0.1:49153`; None unless
    /// [`SandboxBuilder::admin`] asked for them.
    #[must_use]
    pub fn admin_url(&self) -> Option<&str> {
        self.admin.as_ref().map(|admin| admin.url.as_str())
    }

    /// The merchant it knows: what a client has to be given.
    #[must_use]
    pub fn merchant(&self) -> &Merchant {
        &self.judge.merchant
    }

    /// The clock it follows.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.judge.clock
    }

    /// Moves its clock forward.
    pub fn advance(&self, by: Duration) {
        self.judge.clock.advance(by);
        self.judge.bell.ring();
    }

    /// Every operation it serves, as `wallet.balanceInquiry POST /path`, the token calls first. An
    /// operation that is served at two paths is listed twice.
    #[must_use]
    pub fn operations(&self) -> Vec<String> {
        self.judge.operations()
    }

    /// Issues an auth code for a customer, as if that customer had just consented to a binding. For one
    /// that a request began, see [`Sandbox::approve`].
    ///
    /// The customer is bound at every channel of direct debit and in the wallet at once.
    ///
    /// `customer` is a label of the test's own. [`RecordedRequest::customer`] names it again, and
    /// tokens of one label end each other.
    #[must_use]
    pub fn auth_code(&self, customer: &str) -> String {
        let customer = customer.to_owned();
        let made = self.judge.act(Action::IssueCode { customer });
        let code = made.ok();
        let code = code.as_ref().and_then(|made| made.member("authCode"));
        code.and_then(Json::as_text).unwrap_or_default().to_owned()
    }

    /// Ends all codes and tokens of a customer, as if the merchant had been unlinked in the customer's
    /// app, whatever was bound: grants are refused with `4017400`, operations with `401ss02`. A new auth
    /// code binds again.
    pub fn unlink_customer(&self, customer: &str) {
        let customer = customer.to_owned();
        let _ = self.judge.act(Action::Unlink { customer });
    }

    /// Ends all customer tokens; the next use of one is refused with `401ss02`. Refresh tokens stay.
    pub fn invalidate_customer_tokens(&self) {
        self.end_tokens(Whose::Customers, How::Invalidated);
    }

    /// Ends all customer tokens as if their life were over; the next use is refused with `401ss02`.
    /// Refresh tokens stay.
    pub fn expire_customer_tokens(&self) {
        self.end_tokens(Whose::Customers, How::Expired);
    }

    /// Ends all issued B2B tokens; the next use of one is refused with `401ss01`.
    pub fn invalidate_tokens(&self) {
        self.end_tokens(Whose::Merchant, How::Invalidated);
    }

    /// Ends all issued B2B tokens as if their life were over; the next use is refused with `401ss01`.
    pub fn expire_tokens(&self) {
        self.end_tokens(Whose::Merchant, How::Expired);
    }

    /// Forgets all issued B2B tokens; the next use of one is refused with `401ss03`.
    pub fn forget_tokens(&self) {
        self.end_tokens(Whose::Merchant, How::Forgotten);
    }

    /// How many B2B token requests arrived, refused ones included.
    #[must_use]
    pub fn token_requests(&self) -> u64 {
        self.taken_for(TokenCall::B2b)
    }

    /// How many requests for customer tokens (B2B2C) arrived, both grants, refused ones included.
    #[must_use]
    pub fn customer_token_requests(&self) -> u64 {
        self.taken_for(TokenCall::B2b2c)
    }

    fn taken_for(&self, call: TokenCall) -> u64 {
        self.judge
            .look(|state, _| state.record.taken_for(Served::Token(call)))
    }

    /// Everything that arrived, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.judge.look(|state, _| state.record.requests())
    }

    /// Why the last refused request was refused, what to do, and, where its signature is the matter, the
    /// mistake that gives the signature it had. None if no refused request is kept.
    #[must_use]
    pub fn explain_last(&self) -> Option<Diagnosis> {
        self.judge.explain(Which::Last)
    }

    /// As [`explain_last`](Self::explain_last), for the refused request with this number.
    #[must_use]
    pub fn explain(&self, number: u64) -> Option<Diagnosis> {
        self.judge.explain(Which::Number(number))
    }

    /// How many requests arrived at a path (without query), whatever their method and verdict.
    #[must_use]
    pub fn arrivals(&self, path: &str) -> u64 {
        self.judge.look(|state, _| state.record.arrivals(path))
    }

    /// Fails a test unless exactly `expected` requests for customer tokens arrived.
    ///
    /// # Panics
    ///
    /// Another number arrived.
    #[track_caller]
    pub fn assert_customer_token_requests(&self, expected: u64) {
        assert_eq!(
            self.customer_token_requests(),
            expected,
            "requests for customer tokens that reached the local sandbox (seed {})",
            self.seed()
        );
    }

    /// Fails a test unless exactly `expected` B2B token requests arrived.
    ///
    /// # Panics
    ///
    /// Another number arrived.
    #[track_caller]
    pub fn assert_token_requests(&self, expected: u64) {
        assert_eq!(
            self.token_requests(),
            expected,
            "token requests that reached the local sandbox (seed {})",
            self.seed()
        );
    }

    /// Fails a test if a text holds the client secret, the private key, a token or auth code that this
    /// sandbox issued or received, an OTP that it sent, the number of a card that it decrypted, or a
    /// secret member of a body.
    ///
    /// Secrets under 6 characters are not looked for, those under 16 only as whole words. The message
    /// names the kind of secret, not the secret.
    ///
    /// # Panics
    ///
    /// The text holds one of them.
    #[track_caller]
    pub fn assert_absent_from(&self, text: &str) {
        let found = self.judge.look(|state, _| state.secrets.find_in(text));
        assert_eq!(
            found, None,
            "a secret of the local sandbox occurs in the text"
        );
    }

    fn end_tokens(&self, whose: Whose, how: How) {
        let _ = self.judge.act(Action::EndTokens { whose, how });
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("base_url", &self.base_url)
            .field("client_id", &self.merchant().client_id)
            .finish_non_exhaustive()
    }
}
