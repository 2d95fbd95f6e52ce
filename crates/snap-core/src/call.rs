use std::{
    fmt,
    future::{Future, IntoFuture},
    marker::PhantomData,
    net::Ipv4Addr,
    pin::Pin,
    time::Duration,
};

use bytes::Bytes;

use crate::{
    Client, CustomerTokens, DeviceId, Error, ExternalId, LimitFinding, Operation, Response, body,
    executor::CallOptions,
    headers::{self, HeaderError},
    limits::{self, Findings},
};

/// A call that is ready to be sent; nothing happens before it is awaited.
///
/// Not `Clone`: the same request twice is two transactions.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<'c, O> {
    client: &'c Client,
    customer: Option<&'c CustomerTokens>,
    /// Written when the call was made, or why it cannot be sent.
    body: Result<Bytes, Error>,
    /// What exceeds a documented limit and is sent all the same.
    findings: Vec<LimitFinding>,
    options: CallOptions,
    operation: PhantomData<fn() -> O>,
}

impl<'c, O: Operation> Call<'c, O> {
    pub(crate) fn new(
        client: &'c Client,
        customer: Option<&'c CustomerTokens>,
        request: &O::Request,
    ) -> Self {
        let policy = client.executor().limit_policy();
        let (findings, body) = match limits::judge(policy, || O::limits(request)) {
            Ok(findings) => (findings, body::write(request).map_err(Error::not_sent)),
            Err(refused) => (Vec::new(), Err(Error::over_limit(refused))),
        };
        Self {
            client,
            customer,
            body,
            findings,
            options: CallOptions::default(),
            operation: PhantomData,
        }
    }

    /// Sends this `X-EXTERNAL-ID` instead of a new one, also when the call is replayed after a
    /// refused token.
    pub fn with_external_id(mut self, id: ExternalId) -> Self {
        self.options.external_id = Some(id);
        self
    }

    /// Sends this `CHANNEL-ID` instead of the configured one, if the operation takes one at all.
    pub fn with_channel_id(mut self, channel_id: impl Into<String>) -> Self {
        self.options.channel_id = Some(channel_id.into());
        self
    }

    /// Another limit for the whole call, token request and body included.
    pub fn with_timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = Some(limit);
        self
    }

    /// Sends the address of the end user as `X-IP-ADDRESS`. For an operation that does not list the
    /// header the call fails before it is sent.
    ///
    /// The official Java library refuses addresses shorter than ten characters, such as `8.8.8.8`;
    /// what DOKU does with them is not documented.
    pub fn with_ip_address(mut self, address: Ipv4Addr) -> Self {
        if !O::INFO.sends_ip_address() {
            let name = "X-IP-ADDRESS";
            return self.refused(HeaderError::NotListed { name });
        }
        self.options.ip_address = Some(address);
        self
    }

    /// Sends the device of the end user as `X-DEVICE-ID`. For an operation that does not list the
    /// header the call fails before it is sent.
    pub fn with_device_id(mut self, id: DeviceId) -> Self {
        if !O::INFO.sends_device_id() {
            let name = "X-DEVICE-ID";
            return self.refused(HeaderError::NotListed { name });
        }
        self.options.device_id = Some(id);
        self
    }

    /// Adds a header. Headers that the client writes itself, or with a value that cannot stand in a
    /// header, make the call fail before it is sent.
    ///
    /// `X-IP-ADDRESS` and `X-DEVICE-ID` have methods of their own where the operation lists them,
    /// and can be added here where it does not.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        match headers::further_header(&O::INFO, name, value) {
            Ok((name, value)) => {
                self.options.headers.append(name, value);
                self
            }
            Err(error) => self.refused(error),
        }
    }

    /// The first reason not to send the call is the one that is told.
    fn refused(mut self, error: HeaderError) -> Self {
        if self.body.is_ok() {
            self.body = Err(Error::not_sent(error));
        }
        self
    }

    /// Sends the call; `.await` on the call itself does the same.
    ///
    /// # Errors
    ///
    /// When there is no answer to use; [`Error::stage`] says how far the call got.
    pub async fn send(self) -> Result<Response<O::Response>, Error> {
        let info = O::INFO;
        let body = self.body.map_err(|error| error.on(info.id()))?;
        if !self.findings.is_empty() {
            tracing::warn!(operation = info.id(), "{}", Findings(&self.findings));
        }
        let answer = self
            .client
            .executor()
            .execute(&info, self.customer, body, &self.options)
            .await?;
        answer.read(info.id())
    }
}

impl<'c, O: Operation + 'c> IntoFuture for Call<'c, O> {
    type Output = Result<Response<O::Response>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<O: Operation> fmt::Debug for Call<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({:?})", O::INFO)
    }
}
