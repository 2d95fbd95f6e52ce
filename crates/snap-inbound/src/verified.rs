use std::{fmt, marker::PhantomData, sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{Response, StatusCode};
use snap_core::ClientId;

use crate::{
    Claimed, DeliveryKeys, Message, Notification, Reject, Unreadable, answer,
    claims::{self, Held},
    counts::Counters,
    message,
};

/// A message that DOKU signed, verified and claimed. Cannot be made outside this crate: holding one is
/// the proof.
///
/// It is evidence, not a verdict: store [`raw`](Self::raw), acknowledge, and let a status inquiry move
/// the order. Dropped without an [acknowledgement](Self::acknowledge), its claim lapses after the lease,
/// and DOKU's next attempt is new again.
///
/// Every signed thing is in it but the method. The external id is not signed.
pub struct Verified<T> {
    authentic: Authentic<T>,
    held: Held,
}

/// Whether a message was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// It was not, or nobody acknowledged it: take effect. A question always is.
    New,
    /// It was, and was acknowledged: acknowledge it again, and nothing else.
    DuplicateSame {
        /// When it first came.
        first_seen: SystemTime,
    },
    /// Its external id came the same day with another body. Somebody holds the client secret, or swaps
    /// headers that are not signed: store it, raise an alarm, acknowledge, and ask DOKU for the status.
    ConflictDifferentBody,
}

/// A message whose signature and age are right, and that is not claimed yet: for a claim in the caller's
/// own transaction.
pub struct Authentic<T> {
    pub(crate) body: Bytes,
    pub(crate) client_id: ClientId,
    pub(crate) external_id: String,
    pub(crate) timestamp: String,
    pub(crate) received_at: SystemTime,
    pub(crate) keys: DeliveryKeys,
    pub(crate) counters: Arc<Counters>,
    pub(crate) of: PhantomData<fn() -> T>,
}

impl<T: Message> Authentic<T> {
    /// The body as received.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.body
    }

    /// What the delivery is remembered by.
    #[must_use]
    pub fn keys(&self) -> &DeliveryKeys {
        &self.keys
    }

    /// Goes on after the caller's transaction has claimed and confirmed [`keys`](Self::keys) in one, and
    /// has committed.
    ///
    /// # Errors
    ///
    /// When somebody else holds it ([`Claimed::Pending`]).
    pub fn claimed(self, claimed: Claimed) -> Result<Verified<T>, Reject> {
        let held = Held::confirmed(claimed);
        held.map(|held| self.held(held))
            .map_err(|reason| Reject::new(T::SERVICE, reason))
    }

    pub(crate) fn held(self, held: Held) -> Verified<T> {
        self.counters.delivery(held.delivery);
        claims::alarm(held.delivery, &self.keys);
        Verified {
            authentic: self,
            held,
        }
    }
}

impl<T: Message> Verified<T> {
    /// The body as received. Store this first.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.authentic.body
    }

    /// Whether it was there before.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.held.delivery
    }

    /// Whose it is: `X-PARTNER-ID`, which is also whom the token was issued to.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.authentic.client_id
    }

    /// `X-EXTERNAL-ID`. Not signed: nothing may rest on it alone.
    #[must_use]
    pub fn external_id(&self) -> &str {
        &self.authentic.external_id
    }

    /// `X-TIMESTAMP`, character for character.
    #[must_use]
    pub fn timestamp(&self) -> &str {
        &self.authentic.timestamp
    }

    /// When it came, by the receiver's clock.
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        self.authentic.received_at
    }

    /// What the delivery is remembered by, also a good key for an inbox.
    #[must_use]
    pub fn keys(&self) -> &DeliveryKeys {
        &self.authentic.keys
    }

    /// Reads the body: one JSON object, at most 64 deep, no member twice, amounts that are amounts;
    /// members that are not modelled are passed over.
    ///
    /// # Errors
    ///
    /// When the body cannot be relied on. Acknowledge it all the same: a retry brings the same bytes.
    pub fn parse(&self) -> Result<T, Unreadable> {
        message::read(&self.authentic.body)
    }
}

impl<T: Notification> Verified<T> {
    /// Confirms the claim and gives the answer that ends the delivery. Call it once the message is kept:
    /// a 2xx means "kept", not "processed".
    ///
    /// A message that cannot be read is acknowledged with code and message only.
    ///
    /// # Errors
    ///
    /// When the claim cannot be confirmed. Send [`Reject::response`] then: DOKU comes back.
    pub async fn acknowledge(self) -> Result<Response<Bytes>, Reject> {
        let rest = self.parse().ok().map(|message| message.acknowledgement());
        match rest {
            Some(rest) => self.acknowledge_with(&rest).await,
            None => self.confirm(answered::<T>(&Empty {})).await,
        }
    }

    /// As [`acknowledge`](Self::acknowledge), with members of your own choice. Choose them by the message
    /// alone, so that a second delivery gets the same bytes.
    ///
    /// # Errors
    ///
    /// As [`acknowledge`](Self::acknowledge).
    pub async fn acknowledge_with(
        self,
        rest: &T::Acknowledgement,
    ) -> Result<Response<Bytes>, Reject> {
        self.confirm(answered::<T>(rest)).await
    }

    async fn confirm(self, response: Response<Bytes>) -> Result<Response<Bytes>, Reject> {
        let Err(reason) = self.held.confirm(&self.authentic.keys).await else {
            return Ok(response);
        };
        self.authentic.counters.refusal(&reason);
        tracing::error!(service = T::SERVICE.code(), "not acknowledged: {reason}");
        Err(Reject::new(T::SERVICE, reason))
    }
}

fn answered<T: Message>(rest: &impl serde::Serialize) -> Response<Bytes> {
    let code = answer::response_code(StatusCode::OK, T::SERVICE, "00");
    answer::with(StatusCode::OK, &code, T::SERVICE.success_message(), rest)
}

#[derive(serde::Serialize)]
struct Empty {}

impl<T> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("delivery", &self.held.delivery)
            .field("client_id", &self.authentic.client_id)
            .field("keys", &self.authentic.keys)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Authentic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentic")
            .field("client_id", &self.client_id)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
