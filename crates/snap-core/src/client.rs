use std::{sync::Arc, time::Duration};

use snap_sign::AccessToken;

use crate::{
    Call, ClockOffset, Config, CustomerKey, CustomerSession, CustomerTokens, Error, ExternalId,
    Operation, WithCustomer, WithoutCustomer, customer::CustomerCells, executor::Executor,
    transport::Transport,
};

/// Calls DOKU as one client id. Cheap to clone; clones share token and connections.
///
/// Make one per client id and keep it: a client made per call asks for a token per call, and DOKU
/// honours only the latest token. Calls need a tokio runtime.
#[derive(Clone, Debug)]
pub struct Client(Arc<Executor>);

impl Client {
    /// A client over HTTPS. Contacts nobody and starts no task.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be used, or the TLS library cannot be set up.
    #[cfg(feature = "rustls")]
    pub fn new(config: Config) -> Result<Self, Error> {
        let transport = crate::transport::HttpTransport::new(&config).map_err(|error| {
            let failure = crate::error::Failure::not_sent(error.to_string());
            Error::from(failure.with_source(error.into_source().map(Arc::from)))
        })?;
        Self::with_transport(config, transport)
    }

    /// A client over another transport.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be used.
    pub fn with_transport(
        config: Config,
        transport: impl Transport + 'static,
    ) -> Result<Self, Error> {
        config.check().map_err(Error::not_sent)?;
        Ok(Self(Arc::new(Executor::new(config, Arc::new(transport)))))
    }

    /// Prepares a call with the merchant's own token. Awaiting it sends it.
    pub fn call<'c, O>(&'c self, request: &O::Request) -> Call<'c, O>
    where
        O: Operation<Auth: WithoutCustomer>,
    {
        Call::new(self, None, request)
    }

    /// Prepares a call for one customer. Awaiting it sends it.
    ///
    /// It carries that customer's token or none at all: without one the call is not sent.
    pub fn call_as<'c, O>(
        &'c self,
        customer: &'c CustomerTokens,
        request: &O::Request,
    ) -> Call<'c, O>
    where
        O: Operation<Auth: WithCustomer>,
    {
        Call::new(self, Some(customer), request)
    }

    /// The tokens of one customer, managed by this client. Contacts nobody.
    ///
    /// The key is the caller's own name for the customer's binding and decides whose tokens a call
    /// carries.
    pub fn customer(&self, key: impl Into<CustomerKey>) -> CustomerSession {
        CustomerSession::new(self.clone(), key.into())
    }

    /// Encrypts a card for a card binding, with this client's secret: the value of `cardData`.
    ///
    /// DOKU's scheme is weak; see [`snap_sign::encrypt_card_data`].
    ///
    /// # Errors
    ///
    /// When the secret cannot key it, of stage [`crate::Stage::NotSent`].
    #[cfg(feature = "card-data")]
    pub fn encrypt_card_data(&self, card: &crate::BankCard) -> Result<crate::SecretText, Error> {
        card.encrypt(self.0.client_secret())
    }

    /// A new external id, for callers who must know it before the call: a later inquiry may ask for
    /// it, as that of a top-up does. Passed to [`Call::with_external_id`].
    #[must_use]
    pub fn new_external_id(&self) -> ExternalId {
        self.0.new_external_id()
    }

    /// By how much this client corrects its clock; nothing as long as DOKU has not refused a signature
    /// because of it. Measured by the `Date` header of that refusal.
    #[must_use]
    pub fn clock_offset(&self) -> Option<ClockOffset> {
        self.0.clock_offset()
    }

    /// A B2B token that is good for at least `min_life`, for calls these crates do not cover.
    ///
    /// Zero gives the token the next call would use. No token is good for longer than nine tenths
    /// of its life: a larger `min_life` gives one that is nearly new. There is no way to force a new
    /// token: it would kill the one other callers use.
    ///
    /// # Errors
    ///
    /// When there is no token within the limit of a call, of stage [`crate::Stage::NotSent`].
    pub async fn token(&self, min_life: Duration) -> Result<AccessToken, Error> {
        self.0.token(min_life).await
    }

    pub(crate) fn customers(&self) -> &CustomerCells {
        self.0.customers()
    }

    pub(crate) fn executor(&self) -> &Executor {
        &self.0
    }

    pub(crate) fn shared(&self) -> Arc<Executor> {
        Arc::clone(&self.0)
    }
}
