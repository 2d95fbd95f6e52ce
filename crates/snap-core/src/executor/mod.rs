//! Takes a body through token, signature and transport. Knows no type of any product, so it is
//! compiled once.

#![expect(
    clippy::result_large_err,
    reason = "a few moves per call, each of which waits for the network"
)]

mod attempt;
mod detached;
mod outgoing;
mod run;
mod verdict;

use std::{sync::Arc, time::Duration};

use snap_sign::{AccessToken, HmacKey};

use crate::{
    ClockOffset, Config, CustomerTokens, Error, ExternalId, LimitPolicy, OperationKind,
    budget::RetryBudget,
    clock::whole_millis,
    customer::CustomerCells,
    error::Failure,
    progress::Progress,
    response::Answer,
    skew::Skew,
    token::{self, Granter, MERCHANT_TOKEN, TokenCell, jitter::Jitter},
    transport::Transport,
};

pub(crate) use outgoing::{CallOptions, Outgoing, reference};

use run::{Run, Tokens};

#[derive(Debug)]
pub(crate) struct Executor {
    config: Arc<Config>,
    transport: Arc<dyn Transport>,
    tokens: TokenCell,
    customers: CustomerCells,
    key: HmacKey,
    skew: Skew,
    budget: RetryBudget,
    jitter: Jitter,
}

impl Executor {
    pub(crate) fn new(config: Config, transport: Arc<dyn Transport>) -> Self {
        let config = Arc::new(config);
        let skew = Skew::new(Arc::clone(&config.clock), config.clock_correction);
        let granter = Granter::new(Arc::clone(&config), Arc::clone(&transport), skew.clone());
        let tokens = TokenCell::new(Arc::clone(&config), granter);
        let customers = CustomerCells::new(Arc::clone(&config), tokens.clone(), skew.clone());
        let key = HmacKey::new(&config.client_secret);
        Self {
            config,
            transport,
            tokens,
            customers,
            key,
            skew,
            budget: RetryBudget::new(),
            jitter: Jitter::new(),
        }
    }

    #[cfg(feature = "card-data")]
    pub(crate) fn client_secret(&self) -> &snap_sign::ClientSecret {
        &self.config.client_secret
    }

    pub(crate) fn limit_policy(&self) -> LimitPolicy {
        self.config.limit_policy
    }

    /// One call, within its limit. A read ends with the caller who waits for it; anything else ends
    /// whether or not somebody waits.
    pub(crate) async fn execute(self: Arc<Self>, call: Outgoing) -> Result<Answer, Error> {
        let started = self.config.clock.monotonic();
        let result = if call.info.kind() == OperationKind::Read {
            self.read(&call).await
        } else {
            Arc::clone(&self).detached(call.clone()).await
        };
        let result = result.map_err(|failure| Error::from(failure).on(call.info.id()));
        self.trace("call", &call, &result, started);
        result
    }

    /// One timer owns the call: a second one would race and misname errors.
    async fn read(&self, call: &Outgoing) -> Result<Answer, Failure> {
        let limit = self.limit(call);
        let deadline = tokio::time::sleep(limit).deadline();
        let progress = Progress::default();
        let attempts = async {
            let tokens = self.tokens_for(call.customer.as_ref()).await;
            let tokens = tokens.map_err(Failure::without_token)?;
            let run = Run::new(self, call, &progress, tokens, deadline);
            run.finish().await
        };
        let result = tokio::time::timeout_at(deadline, attempts).await;
        let result = result.unwrap_or_else(|_| Err(progress.timed_out(limit)));
        let attempts = progress.attempts(self.config.clock.monotonic());
        verdict::without_money(call, result, attempts)
    }

    pub(crate) fn limit(&self, call: &Outgoing) -> Duration {
        call.options.timeout.unwrap_or(self.config.timeout)
    }

    /// The caller's own, the one that an intent named, or a new one.
    fn first_external_id(&self, call: &Outgoing) -> ExternalId {
        let options = &call.options;
        let given = options
            .external_id
            .as_ref()
            .or(options.first_external_id.as_ref());
        given.cloned().unwrap_or_else(|| self.new_external_id())
    }

    pub(crate) fn new_external_id(&self) -> ExternalId {
        self.config.external_ids.next(self.skew.now())
    }

    pub(crate) fn customers(&self) -> &CustomerCells {
        &self.customers
    }

    pub(crate) fn clock_offset(&self) -> Option<ClockOffset> {
        self.skew.offset()
    }

    /// A token for the caller's own use, within the limit of a call.
    pub(crate) async fn token(&self, min_life: Duration) -> Result<AccessToken, Error> {
        let limit = self.config.timeout;
        let failed = |failure: Failure| {
            let failure = failure.headed("there is no token of the merchant");
            Error::from(failure).on(MERCHANT_TOKEN)
        };
        let token = self.tokens.token(min_life);
        token::within(limit, token).await.map_err(failed)
    }

    async fn tokens_for(
        &self,
        customer: Option<&CustomerTokens>,
    ) -> Result<Tokens, token::TokenError> {
        Tokens::fetch(&self.tokens, &self.customers, customer).await
    }

    /// Operation, external id, response code, stage and duration, and nothing else.
    fn trace(
        &self,
        what: &'static str,
        call: &Outgoing,
        result: &Result<Answer, Error>,
        started: Duration,
    ) {
        let (stage, code, external_id) = match result {
            Ok(answer) => ("answered", Some(&answer.code), Some(&answer.external_id)),
            Err(error) => (
                error.stage().name(),
                error.response_code(),
                error.external_id(),
            ),
        };
        let elapsed = self.config.clock.monotonic().saturating_sub(started);
        tracing::debug!(
            operation = call.info.id(),
            external_id = external_id.map(ExternalId::as_str),
            response_code = code.map(tracing::field::display),
            stage,
            duration_ms = whole_millis(elapsed),
            "{what}"
        );
    }
}
