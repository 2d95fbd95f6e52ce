use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Response as HttpResponse};
use snap_sign::{AccessToken, HmacKey, Timestamp};

use crate::{
    Config, CustomerError, CustomerToken, CustomerTokens, DeviceId, Error, ExternalId, LimitPolicy,
    OperationInfo, ResponseCode,
    clock::{unix_seconds, whole_millis},
    customer::{CustomerCells, Whose},
    error::Failure,
    headers::Transaction,
    progress::{Done, Progress},
    response::{Answer, Envelope},
    token::{self, Granter, MERCHANT_TOKEN, TokenCell, TokenError},
    transport::{Sending, Transport, TransportError, TransportStage},
};

/// What one call asks for beside its body.
#[derive(Clone, Default)]
pub(crate) struct CallOptions {
    pub(crate) external_id: Option<ExternalId>,
    pub(crate) channel_id: Option<String>,
    pub(crate) ip_address: Option<Ipv4Addr>,
    pub(crate) device_id: Option<DeviceId>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) headers: HeaderMap,
}

/// Takes a body through token, signature and transport. Knows no type of any product, so it is
/// compiled once.
#[derive(Debug)]
pub(crate) struct Executor {
    config: Arc<Config>,
    transport: Arc<dyn Transport>,
    tokens: TokenCell,
    customers: CustomerCells,
    key: HmacKey,
}

impl Executor {
    pub(crate) fn new(config: Config, transport: Arc<dyn Transport>) -> Self {
        let config = Arc::new(config);
        let granter = Granter::new(Arc::clone(&config), Arc::clone(&transport));
        let tokens = TokenCell::new(Arc::clone(&config), granter);
        let customers = CustomerCells::new(Arc::clone(&config), tokens.clone());
        let key = HmacKey::new(&config.client_secret);
        Self {
            config,
            transport,
            tokens,
            customers,
            key,
        }
    }

    #[cfg(feature = "card-data")]
    pub(crate) fn client_secret(&self) -> &snap_sign::ClientSecret {
        &self.config.client_secret
    }

    pub(crate) fn limit_policy(&self) -> LimitPolicy {
        self.config.limit_policy
    }

    /// One call, within its limit. One timer owns it: a second one would race and misname errors.
    pub(crate) async fn execute(
        &self,
        info: &OperationInfo,
        customer: Option<&CustomerTokens>,
        body: Bytes,
        options: &CallOptions,
    ) -> Result<Answer, Error> {
        let limit = options.timeout.unwrap_or(self.config.timeout);
        let progress = Progress::default();
        let started = self.config.clock.monotonic();
        let attempts = self.attempts(info, customer, body, options, &progress);
        let result = tokio::time::timeout(limit, attempts).await;
        let result = result.unwrap_or_else(|_| Err(progress.timed_out(limit)));
        let result = result.map_err(|error| error.on(info.id()));
        self.trace("call", info, &result, started);
        result
    }

    pub(crate) fn new_external_id(&self) -> ExternalId {
        self.config.external_ids.next(self.config.clock.now())
    }

    pub(crate) fn customers(&self) -> &CustomerCells {
        &self.customers
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

    /// The first attempt, and after a definite refusal of one of its tokens one replay: the same
    /// body under a new signature, and under a new external id unless the caller chose it. One
    /// replay in all, whichever tokens are refused.
    async fn attempts(
        &self,
        info: &OperationInfo,
        customer: Option<&CustomerTokens>,
        body: Bytes,
        options: &CallOptions,
        progress: &Progress,
    ) -> Result<Answer, Error> {
        let tokens = self.tokens_for(customer).await;
        let tokens = tokens.map_err(|error| Failure::not_sent("").for_want_of_token(error))?;
        let first = self.attempt(info, body.clone(), options, &tokens, progress);
        let first = first.await?;
        if !self.refuse(&first.code, &tokens) {
            return accepted(first, customer);
        }
        progress.set(Done::Refused(first.clone()));
        let tokens = match self.tokens_for(customer).await {
            Ok(tokens) => tokens,
            Err(error) => return Err(not_replayed(first, error)),
        };
        let second = self.attempt(info, body, options, &tokens, progress).await?;
        self.refuse(&second.code, &tokens);
        accepted(second, customer)
    }

    /// The customer's token first: without one, the merchant's is not needed.
    async fn tokens_for(&self, customer: Option<&CustomerTokens>) -> Result<Tokens, TokenError> {
        let customer = match customer.map(|tokens| &tokens.0) {
            None => None,
            Some(Whose::Plain(token)) => {
                if token.expose().trim().is_empty() {
                    return Err(TokenError::local("the customer's token is empty"));
                }
                Some(CustomersOwn {
                    token: token.clone(),
                    managed: None,
                })
            }
            Some(Whose::Managed(key)) => Some(managed(self.customers.cell(key)?).await?),
        };
        let merchant = self.tokens.token(Duration::ZERO).await?;
        Ok(Tokens { merchant, customer })
    }

    /// Takes note of the token that DOKU refused, if this is such an answer; gives whether there is
    /// a way to another one.
    fn refuse(&self, code: &ResponseCode, tokens: &Tokens) -> bool {
        if code.is_refused_b2b_token() {
            self.tokens.refuse(&tokens.merchant);
            return true;
        }
        let Some(own) = &tokens.customer else {
            return false;
        };
        match &own.managed {
            Some(cell) if code.is_refused_customer_token() => {
                cell.refuse(&own.token.0);
                true
            }
            _ => false,
        }
    }

    async fn attempt(
        &self,
        info: &OperationInfo,
        body: Bytes,
        options: &CallOptions,
        tokens: &Tokens,
        progress: &Progress,
    ) -> Result<Answer, Error> {
        let Config {
            environment,
            client_id,
            clock,
            external_ids,
            ..
        } = &*self.config;
        let now = clock.now();
        let timestamp = Timestamp::from_unix(unix_seconds(now), self.config.timestamp_form)
            .map_err(Error::not_sent)?;
        let external_id = options
            .external_id
            .clone()
            .unwrap_or_else(|| external_ids.next(now));
        let request = Transaction {
            info,
            base_url: environment.base_url(),
            client_id,
            key: &self.key,
            access_token: &tokens.merchant,
            customer_token: tokens.customer.as_ref().map(|own| &own.token),
            external_id: &external_id,
            channel_id: options.channel_id.as_deref().or(self
                .config
                .channel_id
                .as_deref()
                .filter(|_| info.requires_channel_id())),
            ip_address: options.ip_address,
            device_id: options.device_id.as_ref(),
            timestamp: &timestamp,
            further: &options.headers,
            body,
        };
        let request = request.into_request().map_err(Error::not_sent)?;
        let sending = Arc::new(Sending::new(self.config.response_limit));
        progress.set(Done::Sending(external_id.clone(), Arc::clone(&sending)));
        let started = clock.monotonic();
        let result = match self.transport.send(request, &sending).await {
            Ok(response) => read(&response, external_id),
            Err(error) => Err(transport_failure(error, external_id)),
        };
        self.trace("attempt", info, &result, started);
        result
    }

    /// Operation, external id, response code, stage and duration, and nothing else.
    fn trace(
        &self,
        what: &'static str,
        info: &OperationInfo,
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
            operation = info.id(),
            external_id = external_id.map(ExternalId::as_str),
            response_code = code.map(tracing::field::display),
            stage,
            duration_ms = whole_millis(elapsed),
            "{what}"
        );
    }
}

/// The tokens of one attempt.
struct Tokens {
    merchant: AccessToken,
    customer: Option<CustomersOwn>,
}

struct CustomersOwn {
    token: CustomerToken,
    /// Where it came from, unless the caller brought it.
    managed: Option<TokenCell>,
}

async fn managed(cell: TokenCell) -> Result<CustomersOwn, TokenError> {
    let token = cell.token(Duration::ZERO).await?;
    Ok(CustomersOwn {
        token: CustomerToken(token),
        managed: Some(cell),
    })
}

fn read(response: &HttpResponse<Bytes>, external_id: ExternalId) -> Result<Answer, Error> {
    let http_status = response.status().as_u16();
    let raw = response.body().clone();
    match Envelope::read(http_status, &raw) {
        Ok(Envelope { code, message }) => Ok(Answer {
            code,
            message: message.unwrap_or_default(),
            http_status,
            external_id,
            raw,
        }),
        Err(because) => Err(Failure::unreadable(because)
            .with_http(http_status, Some(raw))
            .with_external_id(external_id)
            .into()),
    }
}

/// The response code decides, never the HTTP status alone.
fn accepted(answer: Answer, customer: Option<&CustomerTokens>) -> Result<Answer, Error> {
    if answer.code.is_success() {
        return Ok(answer);
    }
    let of_customer = customer.is_some() && answer.code.is_refused_customer_token();
    let failure = Failure::refused(answer);
    Err(if of_customer {
        failure.of_customer(CustomerError::TokenRefused).into()
    } else {
        failure.into()
    })
}

fn not_replayed(refused: Answer, error: TokenError) -> Error {
    let failure = Failure::refused(refused).adding("; ");
    failure.for_want_of_token(error).into()
}

fn transport_failure(error: TransportError, external_id: ExternalId) -> Error {
    let detail = error.to_string();
    let failure = match error.stage() {
        TransportStage::NotConnected => Failure::not_connected(detail),
        TransportStage::NoAnswer => Failure::no_answer(detail),
        TransportStage::Body { http_status } => {
            Failure::unreadable(format!("HTTP {http_status}, {detail}"))
                .with_http(http_status, None)
        }
    };
    failure
        .with_external_id(external_id)
        .with_source(error.into_source().map(Arc::from))
        .into()
}
