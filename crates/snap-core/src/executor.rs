use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Response as HttpResponse};
use snap_sign::{HmacKey, Timestamp};

use crate::{
    Config, Error, ExternalId, OperationInfo,
    clock::unix_seconds,
    error::Failure,
    headers::Transaction,
    response::{Answer, Envelope},
    token::{Granter, Held, TokenCell, TokenError},
    transport::{Transport, TransportError, TransportStage},
};

/// What one call asks for beside its body.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallOptions {
    pub(crate) external_id: Option<ExternalId>,
    pub(crate) channel_id: Option<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) headers: HeaderMap,
}

/// Takes a body through token, signature and transport. Knows no type of any product, so it is
/// compiled once.
#[derive(Debug)]
pub(crate) struct Executor {
    config: Arc<Config>,
    transport: Arc<dyn Transport>,
    pub(crate) tokens: TokenCell,
    key: HmacKey,
}

impl Executor {
    pub(crate) fn new(config: Config, transport: Arc<dyn Transport>) -> Self {
        let config = Arc::new(config);
        let granter = Granter::new(Arc::clone(&config), Arc::clone(&transport));
        let tokens = TokenCell::new(Arc::clone(&config), granter);
        let key = HmacKey::new(&config.client_secret);
        Self {
            config,
            transport,
            tokens,
            key,
        }
    }

    /// One call, within its limit. One timer owns it: a second one would race and misname errors.
    pub(crate) async fn execute(
        &self,
        info: &OperationInfo,
        body: Bytes,
        options: &CallOptions,
    ) -> Result<Answer, Error> {
        let limit = options.timeout.unwrap_or(self.config.timeout);
        let progress = Progress::default();
        let started = self.config.clock.monotonic();
        let result =
            tokio::time::timeout(limit, self.attempts(info, body, options, &progress)).await;
        let result = result.unwrap_or_else(|_| Err(progress.timed_out(limit)));
        let result = result.map_err(|error| error.on(info.id()));
        self.trace("call", info, &result, started);
        result
    }

    /// The first attempt, and after a definite refusal of its token one replay: the same body under
    /// a new signature, and under a new external id unless the caller chose it.
    async fn attempts(
        &self,
        info: &OperationInfo,
        body: Bytes,
        options: &CallOptions,
        progress: &Progress,
    ) -> Result<Answer, Error> {
        let token = self.tokens.token(Duration::ZERO).await.map_err(no_token)?;
        let answer = self
            .attempt(info, body.clone(), options, &token, progress)
            .await?;
        if !answer.code.is_refused_b2b_token() {
            return accepted(answer);
        }
        self.tokens.refuse(&token);
        let token = match self.tokens.token(Duration::ZERO).await {
            Ok(token) => token,
            Err(error) => return Err(Failure::refused(answer).with_source(error).into()),
        };
        accepted(self.attempt(info, body, options, &token, progress).await?)
    }

    async fn attempt(
        &self,
        info: &OperationInfo,
        body: Bytes,
        options: &CallOptions,
        token: &Held,
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
            .map_err(|error| Error::from(Failure::not_sent(error.to_string())))?;
        let external_id = options
            .external_id
            .clone()
            .unwrap_or_else(|| external_ids.next(now));
        let request = Transaction {
            info,
            base_url: environment.base_url(),
            client_id,
            key: &self.key,
            access_token: &token.access_token,
            external_id: &external_id,
            channel_id: options
                .channel_id
                .as_deref()
                .or(self.config.channel_id.as_deref()),
            timestamp: &timestamp,
            further: &options.headers,
            body,
        };
        let request = request
            .into_request()
            .map_err(|error| Error::from(Failure::not_sent(error.to_string())))?;
        progress.sending(&external_id);
        let started = clock.monotonic();
        let response = self.transport.send(request, self.config.response_limit);
        let result = match response.await {
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
            duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            "{what}"
        );
    }
}

/// What a call that runs out of time had done by then.
#[derive(Default)]
struct Progress(Mutex<Option<ExternalId>>);

impl Progress {
    fn sending(&self, external_id: &ExternalId) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(external_id.clone());
    }

    fn timed_out(self, limit: Duration) -> Error {
        let within = format!("within {} ms", limit.as_millis());
        let failure = match self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(id) => {
                Failure::no_answer(format!("none came {within}")).with_external_id(Some(id))
            }
            None => Failure::not_sent(format!("there was no access token {within}")),
        };
        failure.timed_out().into()
    }
}

fn read(response: &HttpResponse<Bytes>, external_id: ExternalId) -> Result<Answer, Error> {
    let http_status = response.status().as_u16();
    let raw = response.body().clone();
    match Envelope::read(&raw) {
        Ok(Envelope { code, message }) => Ok(Answer {
            code,
            message: message.unwrap_or_default(),
            http_status,
            external_id,
            raw,
        }),
        Err(because) => {
            let hint = hint_for(http_status);
            Err(
                Failure::unreadable(format!("HTTP {http_status}, {because}{hint}"))
                    .with_http(http_status, raw)
                    .with_external_id(Some(external_id))
                    .into(),
            )
        }
    }
}

/// What an answer without a response code usually means.
fn hint_for(http_status: u16) -> &'static str {
    match http_status {
        300..400 => "; redirects are not followed, so check the base URL",
        404 | 405 => "; check the base URL and the path and method of the operation",
        _ => "",
    }
}

/// The response code decides, never the HTTP status alone.
fn accepted(answer: Answer) -> Result<Answer, Error> {
    if answer.code.is_success() {
        Ok(answer)
    } else {
        Err(Failure::refused(answer).into())
    }
}

fn no_token(error: TokenError) -> Error {
    Failure::not_sent(format!("there is no access token: {error}"))
        .with_source(error)
        .into()
}

fn transport_failure(error: TransportError, external_id: ExternalId) -> Error {
    let detail = error.to_string();
    let failure = match error.stage() {
        TransportStage::NotConnected => Failure::not_connected(detail),
        TransportStage::NoAnswer => Failure::no_answer(detail),
        TransportStage::Body { http_status } => {
            Failure::unreadable(format!("HTTP {http_status}, {detail}"))
                .with_http(http_status, Bytes::new())
        }
    };
    failure
        .with_external_id(Some(external_id))
        .with_source(error)
        .into()
}
