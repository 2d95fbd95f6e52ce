use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::Deserialize;
use snap_sign::{AccessToken, Timestamp, TokenStringToSign};

use super::{
    error::{Backoff, TokenError},
    store::NewEntry,
};
use crate::{
    Config,
    clock::{unix_seconds, whole_millis},
    de,
    error::readable,
    headers,
    response::Envelope,
    transport::{Sending, Transport, TransportError, TransportStage},
};

/// Makes token requests, one per call.
pub(crate) struct Granter {
    config: Arc<Config>,
    transport: Arc<dyn Transport>,
}

impl Granter {
    pub(crate) fn new(config: Arc<Config>, transport: Arc<dyn Transport>) -> Self {
        Self { config, transport }
    }

    /// Asks for a B2B token. (DOKU B2B token page.)
    pub(super) async fn request(&self) -> Result<NewEntry, TokenError> {
        let limit = self.config.token_timeout;
        let started = self.config.clock.monotonic();
        let result = tokio::time::timeout(limit, self.exchange()).await;
        let result = result.unwrap_or_else(|_| {
            let within = limit.as_millis();
            let detail = format!("the token request got no answer within {within} ms");
            Err(TokenError::new(detail, Backoff::Next))
        });
        let code = result.as_ref().err().and_then(TokenError::response_code);
        let elapsed = self.config.clock.monotonic().saturating_sub(started);
        tracing::debug!(
            operation = "tokenB2b",
            response_code = code.map(tracing::field::display),
            stage = if result.is_ok() { "answered" } else { "failed" },
            duration_ms = whole_millis(elapsed),
            "token request"
        );
        result
    }

    async fn exchange(&self) -> Result<NewEntry, TokenError> {
        let Config {
            environment,
            client_id,
            signer,
            clock,
            ..
        } = &*self.config;
        let timestamp = Timestamp::from_unix(unix_seconds(clock.now()), self.config.timestamp_form)
            .map_err(local("the clock shows no usable time"))?;
        let text = TokenStringToSign {
            client_id,
            timestamp: timestamp.as_str(),
        }
        .join();
        let signature = signer.sign(text.as_bytes()).await.map_err(|error| {
            TokenError::new(error.to_string(), Backoff::Next).with_source(Some(Arc::new(error)))
        })?;
        let request =
            headers::token_request(environment.base_url(), client_id, &timestamp, &signature)
                .map_err(local("the token request cannot be written"))?;
        let sending = Sending::new(self.config.response_limit);
        let answer = self.transport.send(request, &sending).await;
        let answer = answer.map_err(failed)?;
        self.read(answer.status().as_u16(), answer.body())
    }

    fn read(&self, http_status: u16, raw: &Bytes) -> Result<NewEntry, TokenError> {
        let envelope = Envelope::read(http_status, raw).map_err(malformed)?;
        let success = (200..300).contains(&http_status);
        match (success, envelope.code.is_success()) {
            (true, true) => self.token(raw),
            (_, false) => Err(self.refused(envelope)),
            (false, true) => Err(malformed(format!(
                "code {} under HTTP {http_status}",
                envelope.code
            ))),
        }
    }

    fn token(&self, raw: &Bytes) -> Result<NewEntry, TokenError> {
        let answer: TokenAnswer = serde_json::from_slice(raw)
            .map_err(|_| malformed("a member has another shape than documented"))?;
        let token = answer.access_token.unwrap_or_default();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(malformed("it holds no token that could stand in a header"));
        }
        let life = life_of(answer.expires_in.as_deref());
        Ok(NewEntry {
            access_token: AccessToken::new(token),
            life,
        })
    }

    fn refused(&self, envelope: Envelope) -> TokenError {
        let Config {
            client_id, signer, ..
        } = &*self.config;
        let message = readable(&envelope.message.unwrap_or_default());
        let mut detail = format!("the token request was refused: {} {message}", envelope.code);
        let http = envelope.code.http_part().unwrap_or_default();
        if http == 401 {
            let key = signer
                .fingerprint()
                .map(|hex| format!(" {hex}"))
                .unwrap_or_default();
            detail.push_str(&format!(
                "; check that the public half of the key{key} is uploaded for client {client_id} in \
                 this environment, and that the clock is right"
            ));
        }
        // A wrong signature can be a wrong clock, which mends itself; other 4xx do not.
        let weather = http == 401 || http == 429 || http >= 500;
        let backoff = if weather {
            Backoff::Next
        } else {
            Backoff::Longest
        };
        TokenError {
            code: Some(envelope.code),
            ..TokenError::new(detail, backoff)
        }
    }
}

impl fmt::Debug for Granter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Granter({})", self.config.client_id)
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(rename = "accessToken", default, deserialize_with = "de::opt_text")]
    access_token: Option<String>,
    #[serde(rename = "expiresIn", default, deserialize_with = "de::opt_text")]
    expires_in: Option<String>,
}

/// The life to believe in: at least 30 s, at most an hour; 60 s where the answer tells nothing.
fn life_of(expires_in: Option<&str>) -> Duration {
    let seconds = expires_in
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0_i64);
    if seconds <= 0 {
        tracing::warn!(
            operation = "tokenB2b",
            "expiresIn is missing or unusable; taken as 60 s"
        );
    }
    match u64::try_from(seconds) {
        Ok(0) | Err(_) => Duration::from_secs(60),
        Ok(seconds) => Duration::from_secs(seconds.clamp(30, 3600)),
    }
}

fn failed(error: TransportError) -> TokenError {
    let connect = error.stage() == TransportStage::NotConnected;
    let detail = format!("the token request failed: {error}");
    let source = error.into_source().map(Arc::from);
    TokenError {
        connect,
        ..TokenError::new(detail, Backoff::Next).with_source(source)
    }
}

fn malformed(because: impl fmt::Display) -> TokenError {
    let detail = format!("the answer of the token endpoint is unreadable: {because}");
    TokenError::new(detail, Backoff::Next)
}

fn local<E: fmt::Display>(what: &'static str) -> impl Fn(E) -> TokenError {
    move |error| TokenError::new(format!("{what}: {error}"), Backoff::Longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn life(expires_in: Option<&str>, seconds: u64) {
        assert_eq!(
            life_of(expires_in),
            Duration::from_secs(seconds),
            "{expires_in:?}"
        );
    }

    #[test]
    fn the_life_is_what_the_answer_says_within_bounds() {
        life(Some("900"), 900);
        life(Some("1"), 30);
        life(Some("29"), 30);
        life(Some("1000000000"), 3600);
        life(Some("0"), 60);
        life(Some("-1"), 60);
        life(Some("soon"), 60);
        life(None, 60);
    }
}
