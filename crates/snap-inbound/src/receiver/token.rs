//! The token endpoint.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use serde::Serialize;
use snap_core::{AccessToken, ClientId, Clock};
use snap_sign::{Timestamp, TimestampForm, TokenStringToSign};
use zeroize::Zeroizing;

use super::Receiver;
use crate::{
    Issued, Reason, Reject, Service, TokenHash, answer, counts, form, headers,
    message_time::{self, Window},
    store::in_time,
};

impl Receiver {
    /// Answers a token request: checks DOKU's RSA signature and issues a token of 256 random bits.
    ///
    /// Several tokens are valid at once, because DOKU may send from several machines. `from` is the
    /// address of the sender where it is known for sure, not the word of a header: after ten refused
    /// requests within a minute, no other from that address is looked at. The client id is no secret, so
    /// requests that merely name it count against nobody else; of tokens,
    /// [`tokens_per_minute`](crate::ReceiverBuilder::tokens_per_minute) are issued to a client id.
    ///
    /// # Errors
    ///
    /// When no token is issued. Send [`Reject::response`].
    pub async fn issue_token(
        &self,
        request: &Request<Bytes>,
        from: Option<IpAddr>,
    ) -> Result<Response<Bytes>, Reject> {
        let (sender, now) = (from.map(Sender::Address), self.clock.monotonic());
        let issued = match &sender {
            Some(sender) if self.refused.is_over(sender, now) => Err(Reason::RateLimited),
            _ => self.issue(request).await,
        };
        match issued {
            Ok(response) => {
                counts::add(&self.counters.tokens_issued);
                Ok(response)
            }
            Err(reason) => {
                counts::add(&self.counters.tokens_refused);
                if let Some(sender) = sender.filter(|_| !matches!(reason, Reason::Store(_))) {
                    self.refused.count(sender, now);
                }
                match &reason {
                    Reason::Store(_) => tracing::error!("no token issued: {reason}"),
                    reason => tracing::info!("no token issued: {reason}"),
                }
                Err(Reject::new(Service::TOKEN, reason))
            }
        }
    }

    async fn issue(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Reason> {
        Self::route(request, self.token_route.iter())?;
        let headers = form::envelope(request)?;
        let client_key = headers.one(headers::CLIENT_KEY, headers::MAX_ID)?;
        let timestamp = headers.one(headers::TIMESTAMP, headers::MAX_TIMESTAMP)?;
        let signature = headers.one(headers::SIGNATURE, headers::MAX_SIGNATURE)?;
        let unix_seconds = message_time::read(timestamp).map_err(Reason::Timestamp)?;
        let client_id = ClientId::new(client_key)
            .ok()
            .filter(|client_id| self.clients.contains_key(client_id))
            .ok_or(Reason::ClientUnknown)?;
        TOKEN_WINDOW.check(unix_seconds, self.clock.now())?;
        self.check_token_request(&client_id, timestamp, signature)?;
        let (sender, now) = (Sender::Client(client_id.clone()), self.clock.monotonic());
        if self.issued.is_over(&sender, now) {
            return Err(Reason::RateLimited);
        }
        self.issued.count(sender, now);
        self.issue_to(client_id).await
    }

    fn check_token_request(
        &self,
        client_id: &ClientId,
        timestamp: &str,
        signature: &str,
    ) -> Result<(), Reason> {
        let message = TokenStringToSign {
            client_id,
            timestamp,
        }
        .join();
        let mut verdict = Err(snap_sign::SignatureError::Mismatch);
        for key in &self.doku_keys {
            let one = key.verify(message.as_bytes(), signature);
            if verdict.is_err() {
                verdict = one;
            }
        }
        verdict.map_err(Reason::Signature)
    }

    async fn issue_to(&self, client_id: ClientId) -> Result<Response<Bytes>, Reason> {
        let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
        (self.random)(bytes.as_mut());
        let token = AccessToken::new(URL_SAFE_NO_PAD.encode(bytes.as_ref()));
        let now = self.clock.now();
        let environment = self.environment.base_url();
        let expires_at = now + self.token_life;
        let issued = Issued::new(environment, client_id, now, expires_at);
        let hash = TokenHash::of(environment, &token);
        let keep_until = expires_at + self.accept_expired;
        let kept = in_time(self.tokens.put(&hash, &issued, keep_until)).await;
        kept.map_err(Reason::Store)?;
        Ok(self.granted(&issued.client_id, &token))
    }

    /// The form that DOKU takes (observed, and shared by all official libraries).
    fn granted(&self, client_id: &ClientId, token: &AccessToken) -> Response<Bytes> {
        let rest = Granted {
            access_token: token.expose(),
            token_type: "Bearer",
            expires_in: self.token_life.as_secs(),
            additional_info: "",
        };
        let code = answer::response_code(StatusCode::OK, Service::TOKEN, "00");
        let message = Service::TOKEN.success_message();
        let mut response = answer::with(StatusCode::OK, &code, message, &rest);
        let unix = message_time::unix(self.clock.now());
        let timestamp = Timestamp::from_unix(unix, TimestampForm::Jakarta);
        let timestamp = timestamp.as_ref().map_or("", |moment| moment.as_str());
        for (name, value) in [
            ("x-client-key", client_id.as_str()),
            ("x-timestamp", timestamp),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Granted<'a> {
    access_token: &'a str,
    token_type: &'a str,
    expires_in: u64,
    additional_info: &'a str,
}

/// Counts within a minute, for as many senders as there is room for; those beyond are counted together.
#[derive(Debug)]
pub(super) struct RateLimit {
    per_minute: u32,
    counts: Mutex<HashMap<Sender, (Duration, u32)>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sender {
    Address(IpAddr),
    Client(ClientId),
    Others,
}

impl RateLimit {
    pub(super) fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            counts: Mutex::default(),
        }
    }

    /// Whether a sender has had as many as it may. `now` is of a clock that never runs backwards.
    fn is_over(&self, sender: &Sender, now: Duration) -> bool {
        let counts = self.counts();
        let known = counts.get(sender).or_else(|| counts.get(&Sender::Others));
        known.is_some_and(|(since, count)| {
            now.saturating_sub(*since) < MINUTE && *count >= self.per_minute
        })
    }

    fn count(&self, sender: Sender, now: Duration) {
        let mut counts = self.counts();
        if counts.len() >= MAX_SENDERS {
            counts.retain(|_, (since, _)| now.saturating_sub(*since) < MINUTE);
        }
        let has_room = counts.len() < MAX_SENDERS || counts.contains_key(&sender);
        let sender = if has_room { sender } else { Sender::Others };
        let (since, count) = counts.entry(sender).or_insert((now, 0));
        if now.saturating_sub(*since) >= MINUTE {
            (*since, *count) = (now, 0);
        }
        *count += 1;
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Sender, (Duration, u32)>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const TOKEN_WINDOW: Window = Window::minutes(5, 5);
const TOKEN_BYTES: usize = 32;
const MINUTE: Duration = Duration::from_secs(60);
const MAX_SENDERS: usize = 10_000;
