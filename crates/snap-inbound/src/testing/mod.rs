//! Signs token requests and notifications as DOKU would, so that a merchant can test its handlers.
//!
//! The private key is published with this crate: a receiver for production refuses its public half.
//! [`receiver`] makes a receiver for it, or for the local sandbox of the crate `snap-sandbox`, which
//! posts real notifications and signs with code of its own:
//!
//! ```no_run
//! # use snap_inbound::{PublicKey, testing};
//! # struct Merchant { client_id: String, client_secret: String }
//! # fn both(merchant: &Merchant, doku_public_key_pem: &str) -> Result<(), Box<dyn std::error::Error>> {
//! // `merchant` is `sandbox.merchant()`, the key `sandbox.doku_public_key_pem()`.
//! let key = PublicKey::from_pem(doku_public_key_pem.as_bytes())?;
//! let receiver = testing::receiver(&merchant.client_id, &merchant.client_secret, key)?
//!     .token_route("/doku/token")
//!     .route(snap_inbound::Route::new(snap_inbound::Service::DEBIT_NOTIFY, "/doku/notify"))
//!     .build()?;
//! // … serve it, and tell the sandbox where: sandbox.notify(notification_url, token_url)?
//! # Ok(())
//! # }
//! ```

use std::{error::Error, fmt, sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{Method, Request};
use snap_core::{AccessToken, ClientId, ClientSecret, Environment};
use snap_sign::{
    BodyDigest, HmacKey, PrivateKey, PublicKey, StringToSign, Timestamp, TimestampForm,
    TokenStringToSign, TransactionStringToSign,
};

use crate::{
    MemoryStore, Receiver, ReceiverBuilder, Secrets, message_time, strict_json::has_split_value,
};

/// What a test has in the place of DOKU.
#[derive(Debug)]
pub struct TestDoku {
    key: PrivateKey,
    client_id: ClientId,
    secret: ClientSecret,
}

/// A receiver of DOKU's sandbox environment with stores in memory, for this client and this key of DOKU.
///
/// # Errors
///
/// When the client id cannot be one.
pub fn receiver(
    client_id: &str,
    client_secret: &str,
    doku_key: PublicKey,
) -> Result<ReceiverBuilder, TestError> {
    let store = Arc::new(MemoryStore::new());
    let secrets = Secrets::current(ClientSecret::new(client_secret));
    Ok(Receiver::builder(Environment::sandbox())
        .client(ClientId::new(client_id).map_err(TestError::new)?, secrets)
        .doku_public_keys([doku_key])
        .issued_tokens(store.clone())
        .replays(store))
}

impl TestDoku {
    /// Signs for the merchant with this client id and secret.
    ///
    /// # Errors
    ///
    /// When the client id cannot be one.
    pub fn new(client_id: &str, client_secret: &str) -> Result<Self, TestError> {
        Ok(Self {
            key: PrivateKey::from_pem(PRIVATE_KEY).map_err(TestError::new)?,
            client_id: ClientId::new(client_id).map_err(TestError::new)?,
            secret: ClientSecret::new(client_secret),
        })
    }

    /// The public half of the key that token requests are signed with.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.key.public_key().clone()
    }

    /// A receiver that takes what this signs, with stores in memory.
    ///
    /// # Errors
    ///
    /// Never, for a `TestDoku` that could be made.
    pub fn receiver(&self) -> Result<ReceiverBuilder, TestError> {
        let (client_id, secret) = (self.client_id.as_str(), self.secret.expose());
        receiver(client_id, secret, self.public_key())
    }

    /// A request for a token, sent at this time.
    ///
    /// # Errors
    ///
    /// When the path cannot be one, or the time is not between the years 1 and 9999.
    pub fn token_request(&self, path: &str, at: SystemTime) -> Result<Request<Bytes>, TestError> {
        let timestamp = timestamp(at)?;
        let message = TokenStringToSign {
            client_id: &self.client_id,
            timestamp: timestamp.as_str(),
        };
        let signature = self
            .key
            .sign(message.join().as_bytes())
            .map_err(TestError::new)?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("content-type", "application/json")
            .header("x-client-key", self.client_id.as_str())
            .header("x-timestamp", timestamp.as_str())
            .header("x-signature", signature.as_str());
        let body = Bytes::from_static(br#"{"grantType":"client_credentials"}"#);
        request.body(body).map_err(TestError::new)
    }

    /// A message with this body under this external id, sent at this time to the public path.
    ///
    /// # Errors
    ///
    /// As [`token_request`](Self::token_request), and when the external id cannot stand in a header.
    pub fn message(
        &self,
        path: &str,
        token: &AccessToken,
        body: impl Into<Bytes>,
        external_id: &str,
        at: SystemTime,
    ) -> Result<Request<Bytes>, TestError> {
        let (body, timestamp) = (body.into(), timestamp(at)?);
        let message = StringToSign {
            method: "POST",
            path,
            access_token: token,
            body_digest: &digest(&body),
            timestamp: timestamp.as_str(),
        };
        let signature = HmacKey::new(&self.secret).sign(&message);
        let bearer = format!("Bearer {}", token.expose());
        let request = self.unsigned(path, external_id, &timestamp);
        let request = request.header("authorization", bearer);
        request
            .header("x-signature", signature.as_str())
            .body(body)
            .map_err(TestError::new)
    }

    /// A message without a token, signed with DOKU's RSA key, for
    /// [`Route::signed_with_rsa`](crate::Route::signed_with_rsa).
    ///
    /// # Errors
    ///
    /// As [`message`](Self::message).
    pub fn message_signed_with_rsa(
        &self,
        path: &str,
        body: impl Into<Bytes>,
        external_id: &str,
        at: SystemTime,
    ) -> Result<Request<Bytes>, TestError> {
        let (body, timestamp) = (body.into(), timestamp(at)?);
        let message = TransactionStringToSign {
            method: "POST",
            path,
            body_digest: &digest(&body),
            timestamp: timestamp.as_str(),
        };
        let signature = self
            .key
            .sign(message.join().as_bytes())
            .map_err(TestError::new)?;
        let request = self.unsigned(path, external_id, &timestamp);
        request
            .header("x-signature", signature.as_str())
            .body(body)
            .map_err(TestError::new)
    }

    fn unsigned(
        &self,
        path: &str,
        external_id: &str,
        timestamp: &Timestamp,
    ) -> http::request::Builder {
        Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("content-type", "application/json")
            .header("x-partner-id", self.client_id.as_str())
            .header("x-external-id", external_id)
            .header("x-timestamp", timestamp.as_str())
    }
}

/// Takes the token out of the answer to a token request.
///
/// # Errors
///
/// When there is none.
pub fn token_of(response: &http::Response<Bytes>) -> Result<AccessToken, TestError> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        access_token: String,
    }
    let answer: Answer = serde_json::from_slice(response.body())
        .map_err(|_| TestError("the answer holds no token".into()))?;
    Ok(AccessToken::new(answer.access_token))
}

/// A message that cannot be made. `Display` says why.
#[derive(Debug)]
pub struct TestError(Box<dyn Error + Send + Sync>);

impl TestError {
    fn new(cause: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(cause))
    }
}

impl fmt::Display for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for TestError {}

/// What cannot be minified, or would say something else then, is signed as it is.
fn digest(body: &[u8]) -> BodyDigest {
    if has_split_value(body) {
        return BodyDigest::of_bytes(body);
    }
    BodyDigest::of_json(body).unwrap_or_else(|_| BodyDigest::of_bytes(body))
}

fn timestamp(at: SystemTime) -> Result<Timestamp, TestError> {
    Timestamp::from_unix(message_time::unix(at), TimestampForm::Jakarta).map_err(TestError::new)
}

/// A throw-away key, made for tests.
const PRIVATE_KEY: &[u8] = include_bytes!("doku.private.pem");
