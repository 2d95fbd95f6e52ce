use std::{
    fmt,
    future::{Future, IntoFuture},
    marker::PhantomData,
    net::Ipv4Addr,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;

use crate::{
    Client, CustomerTokens, DeviceId, Error, ExternalId, Intent, LimitFinding, MoneyState,
    NotMovedProof, Operation, Recorder, Response, body,
    error::Failure,
    executor::{CallOptions, Outgoing, reference},
    headers::{self, HeaderError},
    limits::{self, Findings},
};

/// A call that is ready to be sent; nothing happens before it is awaited.
///
/// A read is sent again by itself, within a budget over all calls of the client, when that can do
/// no harm. A call that moves money is not, once its first byte may have left: the error says where
/// the money is, and crate `snap-resolve` finds out the rest. Once it is on its way such a call goes on
/// to its end when its future is dropped.
///
/// Not `Clone`: the same request twice is two transactions. So a layer that repeats whatever fails does
/// not compile:
///
/// ```compile_fail
/// # use std::future::IntoFuture;
/// # use snap_core::{B2b, Client, Operation};
/// async fn retry<C: Clone + IntoFuture>(call: C, times: u32) {
///     for _ in 0..times {
///         call.clone().await;
///     }
/// }
/// # async fn pay<O: Operation<Auth = B2b>>(client: &Client, request: &O::Request) {
/// retry(client.call::<O>(request), 3).await; // `Call` is not `Clone`
/// # }
/// ```
///
/// Nor can an error be asked whether to try again:
///
/// ```compile_fail
/// # fn again(error: &snap_core::Error) -> bool {
/// error.is_retryable() // ask `error.money()`
/// # }
/// ```
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
            Err(refused) => {
                let body = body::write(request).unwrap_or_default();
                let reference = reference(&O::INFO, &body);
                (Vec::new(), Err(Error::over_limit(refused, reference)))
            }
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

    /// Takes the call down in a journal before it is sent, and its outcome after. For an operation
    /// that moves no money it changes nothing.
    pub fn with_recorder(mut self, recorder: impl Recorder + 'static) -> Self {
        self.options.recorder = Some(Arc::new(recorder));
        self
    }

    /// Sends the call to another path, which is signed instead. It starts with `/`.
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.options.path = Some(path.into());
        self
    }

    /// What a journal takes down before this call is sent; nothing for an operation that moves no
    /// money. Chooses the external id, so that the intent can be written in a transaction of the
    /// caller's own, and the call sent once that is committed.
    ///
    /// # Errors
    ///
    /// When the call cannot be sent, for a reason found here.
    pub fn intent(&mut self) -> Result<Option<Intent>, &Error> {
        let id = self.client.new_external_id();
        self.options.first_external_id.get_or_insert(id);
        let body = self.body.as_ref()?.clone();
        let executor = self.client.executor();
        let call = self.outgoing(body);
        Ok(executor.intent(&call, executor.limit(&call)))
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
        if let Ok(body) = &self.body {
            let reference = reference(&O::INFO, body);
            let failure = Failure::not_sent(error.to_string());
            self.body = Err(failure.about(reference).into());
        }
        self
    }

    /// Sends the call; `.await` on the call itself does the same.
    ///
    /// # Errors
    ///
    /// When there is no answer to use; [`Error::stage`] says how far the call got.
    pub async fn send(mut self) -> Result<Response<O::Response>, Error> {
        let info = O::INFO;
        let is_money = info.kind().is_money();
        if !self.findings.is_empty() {
            tracing::warn!(operation = info.id(), "{}", Findings(&self.findings));
        }
        let body = std::mem::replace(&mut self.body, Ok(Bytes::new()));
        let body =
            body.map_err(|error| error.with_money(is_money.then_some(LOCAL)).on(info.id()))?;
        let call = self.outgoing(body);
        if is_money && info.reference().is_some() && reference(&info, &call.body).is_none() {
            let nameless = Error::from(Failure::not_sent(NAMELESS).with_money(LOCAL, None));
            return Err(nameless.on(info.id()));
        }
        let answer = self.client.shared().execute(call).await?;
        answer.read(info.id())
    }

    fn outgoing(&self, body: Bytes) -> Outgoing {
        Outgoing {
            info: O::INFO,
            customer: self.customer.cloned(),
            body,
            options: self.options.clone(),
        }
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

const LOCAL: MoneyState = MoneyState::NotMoved(NotMovedProof::Local);
const NAMELESS: &str = "the merchant's reference of the operation is empty, and without one nobody \
                        can find out what became of it";
