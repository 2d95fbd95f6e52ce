use std::sync::Arc;

use bytes::Bytes;
use http::Response as HttpResponse;
use snap_sign::Timestamp;

use super::{Executor, Outgoing, run::Tokens};
use crate::{
    Config, ExternalId, Stage,
    clock::{unix_seconds, whole_millis},
    error::Failure,
    headers::{self, Transaction},
    progress::{Done, Progress},
    response::{Answer, Envelope},
    skew::Measured,
    transport::{Sending, TransportError, TransportStage},
};

impl Executor {
    /// One delivery under one external id.
    pub(super) async fn attempt(
        &self,
        call: &Outgoing,
        tokens: &Tokens,
        external_id: &ExternalId,
        progress: &Progress,
    ) -> Result<Answer, Failure> {
        let used = self.skew.used();
        let request = self.signed(call, tokens, external_id);
        let request = request.map_err(|error| *error)?;
        let sending = Arc::new(Sending::new(self.config.response_limit));
        let started = self.config.clock.monotonic();
        progress.begin(external_id.clone(), Arc::clone(&sending), started);
        let sent = self.skew.raw();
        let result = match self.transport.send(request, &sending).await {
            Ok(response) => {
                let measured = self.skew.measure(sent, used, response.headers());
                let answer = read(&response, external_id.clone(), measured);
                answer.map(|answer| answer.hiding(&tokens.texts()))
            }
            Err(error) => Err(transport_failure(error, external_id.clone())),
        };
        self.note(call, progress, &result);
        result
    }

    fn signed(
        &self,
        call: &Outgoing,
        tokens: &Tokens,
        external_id: &ExternalId,
    ) -> Result<http::Request<Bytes>, Box<Failure>> {
        let Config {
            environment,
            client_id,
            channel_id,
            ..
        } = &*self.config;
        let (info, options) = (&call.info, &call.options);
        let now = unix_seconds(self.skew.now());
        let timestamp = Timestamp::from_unix(now, self.config.timestamp_form)
            .map_err(|error| Box::new(Failure::not_sent(error.to_string())))?;
        let configured = channel_id.as_deref();
        let configured = configured.filter(|_| info.requires_channel_id());
        let request = Transaction {
            info,
            path: call.path(),
            base_url: environment.base_url(),
            client_id,
            key: &self.key,
            access_token: &tokens.merchant,
            customer_token: tokens.customers_own(),
            external_id,
            channel_id: options.channel_id.as_deref().or(configured),
            ip_address: options.ip_address,
            device_id: options.device_id.as_ref(),
            timestamp: &timestamp,
            further: &options.headers,
            body: call.body.clone(),
        };
        let local = |error: headers::HeaderError| Box::new(Failure::not_sent(error.to_string()));
        request.into_request().map_err(local)
    }

    /// Into the log of the call, and into the log of the program.
    fn note(&self, call: &Outgoing, progress: &Progress, result: &Result<Answer, Failure>) {
        let (stage, code, http_status) = match result {
            Ok(answer) => (None, Some(&answer.code), Some(answer.http_status)),
            Err(failure) => (Some(failure.stage()), None, failure.http_status()),
        };
        let attempt = progress.end(self.config.clock.monotonic(), stage, http_status);
        tracing::debug!(
            operation = call.info.id(),
            external_id = attempt.as_ref().map(|attempt| attempt.external_id.as_str()),
            response_code = code.map(tracing::field::display),
            stage = stage.map_or("answered", Stage::name),
            duration_ms = attempt
                .as_ref()
                .map(|attempt| whole_millis(attempt.elapsed)),
            "attempt"
        );
    }
}

fn read(
    response: &HttpResponse<Bytes>,
    external_id: ExternalId,
    measured: Measured,
) -> Result<Answer, Failure> {
    let http_status = response.status().as_u16();
    let raw = response.body().clone();
    match Envelope::read(http_status, &raw) {
        Ok(Envelope { code, message }) => {
            let message = message.unwrap_or_default();
            let mut answer = Answer::new(code, message, http_status, external_id, raw);
            answer.retry_after = headers::retry_after(response.headers());
            answer.measured = measured;
            Ok(answer)
        }
        Err(because) => Err(Failure::unreadable(because)
            .with_http(http_status, Some(raw))
            .with_external_id(external_id)),
    }
}

fn transport_failure(error: TransportError, external_id: ExternalId) -> Failure {
    let detail = error.to_string();
    let failure = match error.stage() {
        TransportStage::NotConnected => Failure::not_connected(detail),
        TransportStage::NotTrusted => Failure::not_trusted(detail),
        TransportStage::NoAnswer => Failure::no_answer(detail),
        TransportStage::Body { http_status } => {
            Failure::unreadable(format!("HTTP {http_status}, {detail}"))
                .with_http(http_status, None)
                .broken_off()
        }
    };
    failure
        .with_external_id(external_id)
        .with_source(error.into_source().map(Arc::from))
}

impl Progress {
    fn begin(&self, id: ExternalId, sending: Arc<Sending>, started: std::time::Duration) {
        self.set(Done::Sending {
            id,
            sending,
            started,
        });
    }
}
