use std::{fmt, time::Duration};

use crate::{
    AuthCode, Client, CustomerKey, CustomerToken, CustomerTokenPair, CustomerTokens, Error,
};

/// The tokens of one customer, managed by the client that made this. Cheap to make and to clone.
///
/// All sessions of one key share one slot; no other key ever gets at it. The client renews the
/// access token before it runs out and when DOKU refuses it, one request for all callers.
///
/// ```no_run
/// use snap_core::{AuthCode, Client, CustomerError};
///
/// # async fn bound(client: Client, code: AuthCode) -> Result<(), snap_core::Error> {
/// let customer = client.customer("cust-001");
/// match customer.authorize(&code).await {
///     Ok(()) => {} // calls for "cust-001" work from now on
///     Err(error) if error.customer_error() == Some(&CustomerError::SessionUnknown) => {
///         customer.authorize(&code).await?; // once more, then bind again
///     }
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CustomerSession {
    client: Client,
    key: CustomerKey,
}

impl CustomerSession {
    pub(crate) fn new(client: Client, key: CustomerKey) -> Self {
        Self { client, key }
    }

    /// The caller's own name for the customer's binding.
    #[must_use]
    pub fn key(&self) -> &CustomerKey {
        &self.key
    }

    /// Exchanges the code of a binding for the customer's tokens, which replace what was there.
    ///
    /// Sends the code once. The request goes on when the caller no longer waits, and its tokens are
    /// kept; calling this again with the same code then waits for that request and sends no other.
    /// When the token store fails this is `Ok` all the same: the client has the tokens and writes
    /// them to the store when that works again; until then no other process sees them. (`POST /authorization/v1/access-token/b2b2c`, DOKU B2B2C token page.)
    ///
    /// # Errors
    ///
    /// [`Error::customer_error`] says what to do next; without one the code was not used up, or
    /// DOKU's answer has the reason:
    ///
    /// - [`AuthorizationRequired`](crate::CustomerError::AuthorizationRequired): DOKU refused the
    ///   code; bind again.
    /// - [`SessionUnknown`](crate::CustomerError::SessionUnknown): no answer, or DOKU failed (5xx);
    ///   try the same code once, then bind again.
    /// - [`Unlinked`](crate::CustomerError::Unlinked): the customer unlinked the merchant, or the
    ///   code was used before; tokens that are there go on.
    pub async fn authorize(&self, code: &AuthCode) -> Result<(), Error> {
        self.client.customers().authorize(&self.key, code).await
    }

    /// The customer's newest tokens, for callers who keep them elsewhere too; nothing if there are
    /// none or all have run out. Contacts the token store and never DOKU.
    ///
    /// Whoever has them can act for the customer: encrypting them at rest is the caller's job. DOKU
    /// may give a new refresh token with every renewal, so an old export may be worth nothing.
    ///
    /// # Errors
    ///
    /// When the token store fails.
    pub async fn tokens(&self) -> Result<Option<CustomerTokenPair>, Error> {
        self.client.customers().export(&self.key).await
    }

    /// Takes over tokens from elsewhere; they replace what was there.
    ///
    /// # Errors
    ///
    /// When they have run out or cannot be used, when other tokens of the customer are written at
    /// the same moment (those stay), or when the token store fails.
    pub async fn with_tokens(self, tokens: CustomerTokenPair) -> Result<Self, Error> {
        self.client.customers().import(&self.key, tokens).await?;
        Ok(self)
    }

    /// A token of the customer that is good for at least `min_life`: for members such as `tokenId`
    /// of an unbinding, or for calls these crates do not cover.
    ///
    /// Zero gives the token the next call would use. No token is good for longer than nine tenths
    /// of its life.
    ///
    /// # Errors
    ///
    /// When there is no token within the limit of a call, of stage [`crate::Stage::NotSent`].
    pub async fn token(&self, min_life: Duration) -> Result<CustomerToken, Error> {
        self.client.customers().token(&self.key, min_life).await
    }

    /// Empties the customer's slot, after an unbinding. Says nothing to DOKU.
    ///
    /// Other processes on the same token store go on with the access token they hold until it runs
    /// out or DOKU refuses it.
    ///
    /// # Errors
    ///
    /// When the token store fails: this client has forgotten the tokens, the store may not have. Try
    /// again.
    pub async fn forget(&self) -> Result<(), Error> {
        self.client.customers().forget(&self.key).await
    }
}

/// Takes the key and nothing else: the client that makes the call brings its own tokens.
impl From<&CustomerSession> for CustomerTokens {
    fn from(session: &CustomerSession) -> Self {
        session.key.clone().into()
    }
}

/// Takes the key and nothing else: the client that makes the call brings its own tokens.
impl From<CustomerSession> for CustomerTokens {
    fn from(session: CustomerSession) -> Self {
        session.key.into()
    }
}

impl fmt::Debug for CustomerSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerSession")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
