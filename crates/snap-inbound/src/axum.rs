//! For axum: extractors, the token endpoint, and a limit for bodies.
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::{Router, middleware::from_fn, response::Response, routing::post};
//! use snap_inbound::{DebitNotification, Receiver, Reject, Verified, axum::{IntoAnswer, limit_body, token_endpoint}};
//!
//! async fn on_notify(notification: Verified<DebitNotification>) -> Result<Response, Reject> {
//!     // … keep `notification.raw()` in an inbox, then:
//!     Ok(notification.acknowledge().await?.into_answer())
//! }
//!
//! fn app(receiver: Receiver) -> Router {
//!     Router::new()
//!         .route("/doku/token", post(token_endpoint))
//!         .route("/doku/notify", post(on_notify))
//!         .layer(from_fn(limit_body)) // outside of any layer that decompresses
//!         .with_state(Arc::new(receiver))
//! }
//! ```
//!
//! The extractors need `Arc<Receiver>` in the state, itself or by `FromRef`. They read the body themselves,
//! so nothing before them may: no `Json`, no `Bytes`, no layer that decompresses or rewrites it.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{FromRef, FromRequest, OriginalUri, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http_body_util::Limited;

use crate::{Authentic, Message, Reason, Receiver, Reject, Service, Verified, form};

/// The address that a token request really came from, for the rate limit of the token endpoint: insert it
/// as an extension of the request where you know it. Behind a proxy the connection's address is the
/// proxy's, and a header is anybody's word: then leave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "an address and nothing else")]
pub struct SenderAddress(pub IpAddr);

impl<S, T> FromRequest<S> for Verified<T>
where
    S: Send + Sync,
    T: Message,
    Arc<Receiver>: FromRef<S>,
{
    type Rejection = Reject;

    async fn from_request(request: Request, state: &S) -> Result<Self, Reject> {
        let request = whole(request, T::SERVICE).await?;
        Arc::<Receiver>::from_ref(state).verify(request).await
    }
}

impl<S, T> FromRequest<S> for Authentic<T>
where
    S: Send + Sync,
    T: Message,
    Arc<Receiver>: FromRef<S>,
{
    type Rejection = Reject;

    async fn from_request(request: Request, state: &S) -> Result<Self, Reject> {
        let request = whole(request, T::SERVICE).await?;
        Arc::<Receiver>::from_ref(state).authenticate(request).await
    }
}

/// Issues tokens to DOKU: the handler of the token route.
pub async fn token_endpoint(State(receiver): State<Arc<Receiver>>, request: Request) -> Response {
    let from = request.extensions().get::<SenderAddress>().copied();
    let from = from.map(|SenderAddress(address)| address);
    let issued = async {
        let request = whole(request, Service::TOKEN).await?;
        receiver.issue_token(&request, from).await
    };
    match issued.await {
        Ok(response) => response.into_answer(),
        Err(reject) => reject.into_response(),
    }
}

/// Refuses bodies that are encoded, and cuts off those that are larger than 64 KiB, before any layer that
/// decompresses.
pub async fn limit_body(request: Request, next: Next) -> Response {
    if request.headers().contains_key(CONTENT_ENCODING) {
        return http::StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let limited = request.map(|body| Body::new(Limited::new(body, form::MAX_BODY)));
    next.run(limited).await
}

/// Turns the answers of this crate into axum's.
pub trait IntoAnswer {
    /// The same answer.
    fn into_answer(self) -> Response;
}

impl IntoAnswer for http::Response<Bytes> {
    fn into_answer(self) -> Response {
        self.map(Body::from)
    }
}

impl IntoResponse for Reject {
    fn into_response(self) -> Response {
        self.response().into_answer()
    }
}

/// Reads the body, and takes the target as the server saw it: a nested router shows less of it.
async fn whole(request: Request, service: Service) -> Result<http::Request<Bytes>, Reject> {
    let (mut head, body) = request.into_parts();
    if let Some(OriginalUri(target)) = head.extensions.get::<OriginalUri>() {
        head.uri = target.clone();
    }
    let bytes = tokio::time::timeout(READ_LIMIT, to_bytes(body, form::MAX_BODY)).await;
    let reason = match bytes {
        Ok(Ok(bytes)) => return Ok(http::Request::from_parts(head, bytes)),
        Ok(Err(error)) if is_limit(&error) => Reason::BodyTooLarge,
        _ => Reason::BodyUnfinished,
    };
    let reject = Reject::new(service, reason);
    tracing::debug!("{reject}");
    Err(reject)
}

fn is_limit(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<http_body_util::LengthLimitError>() || error.source().is_some_and(is_limit)
}

const READ_LIMIT: Duration = Duration::from_secs(10);
