//! Notifications of DOKU's products beside SNAP, for a merchant that has both.

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, Response, StatusCode};
use sha2::{Digest, Sha256};
use snap_core::{ClientId, Clock, Environment};
use snap_sign::{BodyDigest, SignatureError};

use crate::{
    Delivery, DeliveryKeys, Reason, ReceiverError, Reject, ReplayStore, Secrets, Service, answer,
    claims::{self, Claims, Held},
    form, headers,
    message_time::{self, RETRIES},
    store::DeliveryFacts,
};

/// Takes non-SNAP notifications: `Client-Id`, `Request-Id`, `Request-Timestamp`, and
/// `Signature: HMACSHA256=…` over these, the path and the exact bytes of the body. (DOKU pages on the
/// non-SNAP signature.)
///
/// There is no token. What is signed includes the request id.
#[derive(Debug)]
pub struct NonSnapReceiver {
    environment: Environment,
    client_id: ClientId,
    secrets: Secrets,
    path: String,
    seen_as: String,
    claims: Claims,
}

/// A non-SNAP notification that DOKU signed, verified and claimed. Cannot be made outside this crate.
pub struct NonSnapNotification {
    body: Bytes,
    request_id: String,
    keys: DeliveryKeys,
    held: Held,
}

impl NonSnapReceiver {
    /// Takes notifications for this client at the path of its public address, which DOKU signs.
    ///
    /// # Errors
    ///
    /// When a secret has fewer than 16 characters, the path is none, or the store of a receiver for
    /// production is not durable.
    pub fn new(
        environment: Environment,
        client_id: ClientId,
        secrets: Secrets,
        path: impl Into<String>,
        replays: Arc<dyn ReplayStore>,
    ) -> Result<Self, ReceiverError> {
        let path = path.into();
        ReceiverError::unless_path(&path)?;
        ReceiverError::unless_long(&secrets)?;
        ReceiverError::unless_durable(&environment, replays.is_durable())?;
        Ok(Self {
            environment,
            client_id,
            secrets,
            seen_as: path.clone(),
            path,
            claims: Claims::new(replays),
        })
    }

    /// The path that the application sees, where a proxy in front of it changes the public one.
    #[must_use]
    pub fn seen_as(mut self, path: impl Into<String>) -> Self {
        self.seen_as = path.into();
        self
    }

    /// Another source of time.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.claims.clock = Arc::new(clock);
        self
    }

    /// Verifies a notification and claims its delivery.
    ///
    /// # Errors
    ///
    /// When it is not to be accepted. Send [`Reject::response`].
    pub async fn verify(&self, request: Request<Bytes>) -> Result<NonSnapNotification, Reject> {
        self.take(request)
            .await
            .map_err(|reason| Reject::new(Service::NON_SNAP, reason))
            .inspect_err(|reject| tracing::info!("{reject}"))
    }

    async fn take(&self, request: Request<Bytes>) -> Result<NonSnapNotification, Reason> {
        if form::post_path(&request)? != self.seen_as {
            return Err(Reason::Path);
        }
        let headers = form::envelope(&request)?;
        let client_id = headers.one("Client-Id", headers::MAX_ID)?;
        let request_id = headers.one("Request-Id", headers::MAX_REQUEST_ID)?;
        let timestamp = headers.one("Request-Timestamp", headers::MAX_TIMESTAMP)?;
        let signature = headers.one("Signature", headers::MAX_SIGNATURE)?;
        let unix_seconds = message_time::read(timestamp).map_err(Reason::Timestamp)?;
        let digest = STANDARD.encode(Sha256::digest(request.body()));
        let path = &self.path;
        let message = format!(
            "Client-Id:{client_id}\nRequest-Id:{request_id}\nRequest-Timestamp:{timestamp}\n\
             Request-Target:{path}\nDigest:{digest}"
        );
        self.check(message.as_bytes(), signature)?;
        if client_id != self.client_id.as_str() {
            return Err(Reason::ClientUnknown);
        }
        RETRIES.check(unix_seconds, self.claims.clock.now())?;
        let keys = DeliveryKeys::of(&DeliveryFacts {
            environment: self.environment.base_url(),
            client_id,
            path,
            body_digest: BodyDigest::of_bytes(request.body()).as_str(),
            timestamp,
            unix_seconds,
            external_id: request_id,
        });
        let request_id = request_id.to_owned();
        let held = self.claims.claim(&keys).await?;
        claims::alarm(held.delivery, &keys);
        Ok(NonSnapNotification {
            body: request.into_body(),
            request_id,
            keys,
            held,
        })
    }

    fn check(&self, message: &[u8], signature: &str) -> Result<(), Reason> {
        let flaw = |flaw| Err(Reason::Signature(flaw));
        let Some(text) = signature.strip_prefix(PREFIX) else {
            return flaw(SignatureError::Mismatch);
        };
        let Ok(given) = STANDARD.decode(text) else {
            return flaw(SignatureError::NotBase64);
        };
        let now = self.claims.clock.now();
        let mut matched = false;
        for secret in self.secrets.active(now) {
            if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) {
                mac.update(message);
                matched |= mac.verify_slice(&given).is_ok();
            }
        }
        if matched {
            Ok(())
        } else {
            flaw(SignatureError::Mismatch)
        }
    }
}

impl NonSnapNotification {
    /// The body as received. Store this first.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.body
    }

    /// `Request-Id`, which is signed.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Whether it was there before.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.held.delivery
    }

    /// What the delivery is remembered by.
    #[must_use]
    pub fn keys(&self) -> &DeliveryKeys {
        &self.keys
    }

    /// Confirms the claim and gives the answer that ends the delivery: 200 without a body. (Any 2xx does,
    /// documented.)
    ///
    /// # Errors
    ///
    /// When the claim cannot be confirmed. Send [`Reject::response`] then: DOKU comes back.
    pub async fn acknowledge(self) -> Result<Response<Bytes>, Reject> {
        match self.held.confirm(&self.keys).await {
            Ok(()) => Ok(answer::bare(StatusCode::OK)),
            Err(reason) => Err(Reject::new(Service::NON_SNAP, reason)),
        }
    }
}

impl fmt::Debug for NonSnapNotification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NonSnapNotification")
            .field("delivery", &self.held.delivery)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

const PREFIX: &str = "HMACSHA256=";
