//! Kirim DOKU's own notices, whose body nothing authenticates.

mod check;
mod notice;

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Serialize;
use snap_core::{Clock, Environment};
use snap_sign::BodyDigest;

pub use self::{
    check::{AesNoticeCheck, EncryptionKey, EncryptionKeyError, NoticeCheck, NoticeHeaders},
    notice::{KirimStatus, NoticeBody},
};
use crate::{
    Delivery, DeliveryKeys, Reason, ReceiverError, Reject, ReplayStore, Service, Unreadable,
    answer,
    claims::{self, Claims, Held},
    form,
    headers::{self, Headers},
    store::DeliveryFacts,
};

/// Takes Kirim DOKU's notices about transfers: unpaid at first and now paid or failed, and refunded.
///
/// **A notice proves nothing about the money.** Its signature, as far as it is known, is over two of its
/// headers and not over the body: whoever has seen one can send any body. Ask for the status of the
/// transfer before anything else. (Form of the older Kirim DOKU API; assumed for the present one, whose
/// page does not name it.)
#[derive(Debug)]
pub struct KirimReceiver {
    environment: Environment,
    path: String,
    check: Box<dyn NoticeCheck>,
    claims: Claims,
}

/// A notice whose headers were checked and that was claimed. A hint, never a [`Verified`](crate::Verified)
/// message: ask for the status of the transfer (`qr-mpm-status`).
pub struct KirimNotice {
    body: Bytes,
    keys: DeliveryKeys,
    held: Held,
}

impl KirimReceiver {
    /// Takes notices at this path, as the application sees it: it is not signed.
    ///
    /// # Errors
    ///
    /// When the path is none, or the store of a receiver for production is not durable.
    pub fn new(
        environment: Environment,
        path: impl Into<String>,
        check: impl NoticeCheck + 'static,
        replays: Arc<dyn ReplayStore>,
    ) -> Result<Self, ReceiverError> {
        let path = path.into();
        ReceiverError::unless_path(&path)?;
        ReceiverError::unless_durable(&environment, replays.is_durable())?;
        Ok(Self {
            environment,
            path,
            check: Box::new(check),
            claims: Claims::new(replays),
        })
    }

    /// Another source of time.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.claims.clock = Arc::new(clock);
        self
    }

    /// Checks the headers of a notice and claims it.
    ///
    /// A repeated `requestId` with the same body is [`Delivery::DuplicateSame`], with another one
    /// [`Delivery::ConflictDifferentBody`]: somebody makes up bodies.
    ///
    /// # Errors
    ///
    /// When it is not to be accepted. Send [`Reject::response`].
    pub async fn receive(&self, request: Request<Bytes>) -> Result<KirimNotice, Reject> {
        self.take(request)
            .await
            .map_err(|reason| Reject::new(Service::KIRIM_NOTICE, reason))
            .inspect_err(|reject| tracing::info!("{reject}"))
    }

    async fn take(&self, request: Request<Bytes>) -> Result<KirimNotice, Reason> {
        if form::post_path(&request)? != self.path {
            return Err(Reason::Path);
        }
        let headers = form::envelope(&request)?;
        let notice = NoticeHeaders::read(&headers)?;
        if !self.check.is_genuine(&notice) {
            return Err(Reason::Signature(snap_sign::SignatureError::Mismatch));
        }
        let keys = self.keys(&notice, request.body());
        let held = self.claims.claim(&keys).await?;
        claims::alarm(held.delivery, &keys);
        Ok(KirimNotice {
            body: request.into_body(),
            keys,
            held,
        })
    }

    /// There is no time in a notice: its `requestId` stands in the place of the timestamp, and the same
    /// one is the same delivery on every day.
    fn keys(&self, notice: &NoticeHeaders<'_>, body: &[u8]) -> DeliveryKeys {
        let digest = BodyDigest::of_bytes(body);
        DeliveryKeys::of(&DeliveryFacts {
            environment: self.environment.base_url(),
            client_id: notice.agent_key,
            path: &self.path,
            body_digest: digest.as_str(),
            timestamp: notice.request_id,
            unix_seconds: 0,
            external_id: notice.request_id,
        })
    }
}

impl KirimNotice {
    /// The body as received.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.body
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

    /// Reads the body.
    ///
    /// # Errors
    ///
    /// When it is no JSON object that can be relied on.
    pub fn parse(&self) -> Result<NoticeBody, Unreadable> {
        NoticeBody::read(&self.body)
    }

    /// Confirms the claim and gives the answer that ends the delivery: `responseCode` `00`, or `01` when it
    /// was acknowledged before. (Documented for refund notices; assumed for the others.)
    ///
    /// # Errors
    ///
    /// When the claim cannot be confirmed. Send [`Reject::response`] then: DOKU comes back.
    pub async fn acknowledge(self) -> Result<Response<Bytes>, Reject> {
        if let Err(reason) = self.held.confirm(&self.keys).await {
            return Err(Reject::new(Service::KIRIM_NOTICE, reason));
        }
        let transaction_id = self.parse().ok().and_then(|body| body.transaction_id);
        let repeated = matches!(self.held.delivery, Delivery::DuplicateSame { .. });
        let body = Acknowledgement {
            status: true,
            transaction_id: transaction_id.as_deref(),
            response_code: if repeated { "01" } else { "00" },
            response_message: "Successfully processed",
        };
        Ok(answer::json(StatusCode::OK, &body))
    }
}

impl fmt::Debug for KirimNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KirimNotice")
            .field("delivery", &self.held.delivery)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

impl<'a> NoticeHeaders<'a> {
    fn read(headers: &Headers<'a>) -> Result<Self, Reason> {
        Ok(Self {
            request_id: headers.one("requestId", headers::MAX_REQUEST_ID)?,
            agent_key: headers.one("agentKey", headers::MAX_ID)?,
            signature: headers.one("signature", headers::MAX_SIGNATURE)?,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Acknowledgement<'a> {
    status: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    response_code: &'a str,
    response_message: &'a str,
}
