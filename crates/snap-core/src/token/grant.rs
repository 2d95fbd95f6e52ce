use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use http::Request;
use snap_sign::{Timestamp, TokenStringToSign};
use zeroize::Zeroizing;

use super::{
    answer::{self, Warnings},
    entry::NewEntry,
    error::{Backoff, TokenError},
};
use crate::{
    AuthCode, Config, CustomerError, RefreshToken, Stage,
    clock::{unix_seconds, whole_millis},
    headers,
    readable::readable,
    response::Envelope,
    skew::{Correction, Measured, Skew},
    transport::{Sending, Transport, TransportError, TransportStage},
};

/// Makes token requests, one per call.
pub(crate) struct Granter {
    config: Arc<Config>,
    transport: Arc<dyn Transport>,
    skew: Skew,
    /// Whether DOKU has accepted this key's signature, and not refused it since on a request of
    /// the merchant's own.
    key_accepted: AtomicBool,
    warnings: Warnings,
}

/// What a token is asked for with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Grant<'a> {
    /// The merchant's own token: the signature is all it takes.
    Merchant,
    /// A customer's first tokens.
    Code(&'a AuthCode),
    /// A customer's next tokens.
    Refresh(&'a RefreshToken),
}

impl Granter {
    pub(crate) fn new(config: Arc<Config>, transport: Arc<dyn Transport>, skew: Skew) -> Self {
        Self {
            config,
            transport,
            skew,
            key_accepted: AtomicBool::new(false),
            warnings: Warnings::default(),
        }
    }

    /// One token request. (DOKU B2B and B2B2C token pages.)
    pub(super) async fn request(&self, grant: Grant<'_>) -> Result<NewEntry, TokenError> {
        let limit = self.config.token_timeout;
        let started = self.config.clock.monotonic();
        let left = AtomicBool::new(false);
        let result = tokio::time::timeout(limit, self.by_the_clock(grant, &left)).await;
        let result = result.unwrap_or_else(|_| {
            let within = limit.as_millis();
            let detail = format!("the token request got no answer within {within} ms");
            let stage = if left.load(Ordering::Relaxed) {
                Stage::NoAnswer
            } else {
                Stage::NotSent
            };
            Err(TokenError::new(detail, Backoff::Next).at(stage))
        });
        let code = result.as_ref().err().and_then(TokenError::response_code);
        let elapsed = self.config.clock.monotonic().saturating_sub(started);
        tracing::debug!(
            operation = grant.operation(),
            response_code = code.map(tracing::field::display),
            stage = if result.is_ok() { "answered" } else { "failed" },
            duration_ms = whole_millis(elapsed),
            "token request"
        );
        result
    }

    /// Whether this process knows that DOKU accepts its key. A token that another process stored
    /// says nothing about it.
    pub(super) fn key_is_accepted(&self) -> bool {
        self.key_accepted.load(Ordering::Relaxed)
    }

    /// Adds what to check where DOKU refused the signature.
    pub(super) fn blaming_key(&self, error: TokenError) -> TokenError {
        let Config {
            client_id, signer, ..
        } = &*self.config;
        let key = signer.fingerprint();
        let key = key.map(|hex| format!(" {hex}")).unwrap_or_default();
        error.adding(&format!(
            "; check that the public half of the key{key} is uploaded for client {client_id} in \
             this environment"
        ))
    }

    /// One request, and a second one if the clock was why the first was refused.
    async fn by_the_clock(
        &self,
        grant: Grant<'_>,
        left: &AtomicBool,
    ) -> Result<NewEntry, TokenError> {
        let (result, measured) = self.exchange(grant, left).await;
        let error = match result {
            Err(error) if error.is_unauthorized() => error,
            result => return result,
        };
        let correction = self.skew.correct(measured);
        if correction != Correction::Applied {
            return Err(error.adding(&format!("; {correction}")));
        }
        let (again, _) = self.exchange(grant, left).await;
        again.map_err(|error| {
            if error.is_unauthorized() {
                error.adding(&format!("; {correction}"))
            } else {
                error
            }
        })
    }

    async fn exchange(
        &self,
        grant: Grant<'_>,
        left: &AtomicBool,
    ) -> (Result<NewEntry, TokenError>, Measured) {
        let used = self.skew.used();
        let request = match self.signed(grant).await {
            Ok(request) => request,
            Err(error) => return (Err(error), None),
        };
        let sending = Sending::new(self.config.response_limit);
        left.store(true, Ordering::Relaxed);
        let sent = self.skew.raw();
        match self.transport.send(request, &sending).await {
            Ok(answer) => {
                let measured = self.skew.measure(sent, used, answer.headers());
                let read = self.read(grant, answer.status().as_u16(), answer.body());
                (read, measured)
            }
            Err(error) => (Err(failed(error)), None),
        }
    }

    async fn signed(&self, grant: Grant<'_>) -> Result<Request<Bytes>, TokenError> {
        let Config {
            environment,
            client_id,
            signer,
            ..
        } = &*self.config;
        let timestamp =
            Timestamp::from_unix(unix_seconds(self.skew.now()), self.config.timestamp_form)
                .map_err(local("the clock shows no usable time"))?;
        let text = TokenStringToSign {
            client_id,
            timestamp: timestamp.as_str(),
        }
        .join();
        let signature = signer.sign(text.as_bytes()).await.map_err(|error| {
            TokenError::new(error.to_string(), Backoff::Next).with_source(Some(Arc::new(error)))
        })?;
        headers::token_request(
            environment.base_url(),
            grant.path(),
            client_id,
            &timestamp,
            &signature,
            grant.body().map_err(local(UNWRITABLE))?,
        )
        .map_err(local(UNWRITABLE))
    }

    fn read(
        &self,
        grant: Grant<'_>,
        http_status: u16,
        raw: &Bytes,
    ) -> Result<NewEntry, TokenError> {
        if http_status == 407 {
            let detail = "the token request was not sent: the proxy asks for a password (HTTP 407)";
            return Err(TokenError::new(detail, Backoff::Next));
        }
        let envelope = Envelope::read(http_status, raw).map_err(malformed)?;
        let success = (200..300).contains(&http_status);
        match (success, envelope.code.is_success()) {
            (true, true) if envelope.code.http_part() != Some(200) => {
                let detail = format!("the token request is in progress: {}", envelope.code);
                let error = TokenError::new(detail, Backoff::Next).at(Stage::Refused);
                Err(error.with_code(envelope.code))
            }
            (true, true) => {
                let new = match grant {
                    Grant::Merchant => answer::merchant(raw),
                    _ => answer::customer(raw, self.skew.now(), &self.warnings),
                };
                let new = new.map_err(malformed)?;
                self.key_accepted.store(true, Ordering::Relaxed);
                Ok(new)
            }
            (_, false) => Err(self.refused(grant, envelope)),
            (false, true) => Err(malformed(format!(
                "code {} under HTTP {http_status}",
                envelope.code
            ))),
        }
    }

    fn refused(&self, grant: Grant<'_>, envelope: Envelope) -> TokenError {
        let message = envelope.message.unwrap_or_default();
        let message = match grant.secret() {
            "" => readable(&message),
            // It may be short, and DOKU may repeat it.
            secret => readable(&message.replace(secret, "[masked]")),
        };
        let detail = format!("the token request was refused: {} {message}", envelope.code);
        let http = envelope.code.http_part().unwrap_or_default();
        let case = envelope.code.case();
        // A wrong signature can be a wrong clock, which mends itself; other 4xx do not.
        let weather = http == 401 || http == 429 || http >= 500;
        let backoff = if weather {
            Backoff::Next
        } else {
            Backoff::Longest
        };
        let error = TokenError {
            code: Some(envelope.code),
            ..TokenError::new(detail, backoff).at(Stage::Refused)
        };
        let of_merchant = matches!(grant, Grant::Merchant);
        match http {
            401 if of_merchant => {
                self.key_accepted.store(false, Ordering::Relaxed);
                self.blaming_key(error)
            }
            _ if of_merchant || error.is_unauthorized() => error,
            429 => error,
            // A member or a header that DOKU cannot read, which says nothing about the token.
            400 if matches!(grant, Grant::Refresh(_)) && matches!(case, Some(1 | 2)) => error,
            // The code or the refresh token, which sending again does not make better.
            400..500 => error.because_of(CustomerError::AuthorizationRequired),
            _ => error,
        }
    }
}

impl fmt::Debug for Granter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Granter({})", self.config.client_id)
    }
}

impl Grant<'_> {
    /// The name used in errors and logs.
    pub(super) fn operation(self) -> &'static str {
        match self {
            Self::Merchant => MERCHANT_TOKEN,
            _ => CUSTOMER_TOKEN,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Merchant => "/authorization/v1/access-token/b2b",
            _ => "/authorization/v1/access-token/b2b2c",
        }
    }

    /// What is sent beside the signature; nothing for the merchant.
    fn secret(&self) -> &str {
        match self {
            Self::Merchant => "",
            Self::Code(code) => code.expose(),
            Self::Refresh(token) => token.expose(),
        }
    }

    /// Only what belongs to the grant, although a page shows `authCode` and `refreshToken` together;
    /// lower case, as in every sample. (DOKU B2B2C token page.)
    fn body(self) -> Result<Bytes, serde_json::Error> {
        let (head, secret) = match self {
            Self::Merchant => {
                return Ok(Bytes::from_static(br#"{"grantType":"client_credentials"}"#));
            }
            Self::Code(code) => (
                r#"{"grantType":"authorization_code","authCode":"#,
                code.expose(),
            ),
            Self::Refresh(token) => (
                r#"{"grantType":"refresh_token","refreshToken":"#,
                token.expose(),
            ),
        };
        let secret = Zeroizing::new(serde_json::to_string(secret)?);
        let body = [head, &secret, "}"].concat();
        Ok(Bytes::from_owner(Zeroizing::new(body.into_bytes())))
    }
}

fn failed(error: TransportError) -> TokenError {
    let stage = match error.stage() {
        TransportStage::NotConnected | TransportStage::NotTrusted => Stage::NotSent,
        TransportStage::NoAnswer => Stage::NoAnswer,
        TransportStage::Body { .. } => Stage::Unreadable,
    };
    let detail = format!("the token request failed: {error}");
    let source = error.into_source().map(Arc::from);
    TokenError {
        connect: stage == Stage::NotSent,
        ..TokenError::new(detail, Backoff::Next)
            .at(stage)
            .with_source(source)
    }
}

fn malformed(because: impl fmt::Display) -> TokenError {
    let detail = format!("the answer of the token endpoint is unreadable: {because}");
    TokenError::new(detail, Backoff::Next).at(Stage::Unreadable)
}

fn local<E: fmt::Display>(what: &'static str) -> impl Fn(E) -> TokenError {
    move |error| TokenError::local(format!("{what}: {error}"))
}

const UNWRITABLE: &str = "the token request cannot be written";
/// The name of the merchant's token requests in errors and logs.
pub(crate) const MERCHANT_TOKEN: &str = "tokenB2b";
/// The name of customers' token requests in errors and logs.
pub(crate) const CUSTOMER_TOKEN: &str = "tokenB2b2c";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_sends_its_own_members_and_no_others() {
        let code = AuthCode::new("a\"b");
        let refresh = RefreshToken::new("r");

        assert_eq!(
            Grant::Code(&code).body().unwrap(),
            r#"{"grantType":"authorization_code","authCode":"a\"b"}"#
        );
        assert_eq!(
            Grant::Refresh(&refresh).body().unwrap(),
            r#"{"grantType":"refresh_token","refreshToken":"r"}"#
        );
    }
}
