use std::fmt;

use http::Method;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::LimitFinding;

/// One request that DOKU documents: what is sent, what comes back, where it goes.
///
/// The product crates implement it for what is in the vendored specs. A caller who needs another
/// operation or another path implements it too, and the client treats it like any other:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use snap_core::{B2b, Method, Operation, OperationInfo, OperationKind};
///
/// #[derive(Serialize)]
/// struct StatusRequest {
///     #[serde(rename = "originalPartnerReferenceNo")]
///     original_partner_reference_no: String,
/// }
///
/// #[derive(Deserialize)]
/// struct StatusResponse {
///     #[serde(rename = "latestTransactionStatus")]
///     latest_transaction_status: Option<String>,
/// }
///
/// struct Status;
///
/// impl Operation for Status {
///     type Request = StatusRequest;
///     type Response = StatusResponse;
///     type Auth = B2b;
///     const INFO: OperationInfo = OperationInfo::new(
///         "status", Method::POST, "/orders/v1.0/debit/status", "55", OperationKind::Read,
///     );
/// }
/// ```
pub trait Operation {
    /// The JSON body that is sent.
    type Request: Serialize;
    /// The members of the answer beside response code and message.
    type Response: DeserializeOwned;
    /// The access tokens the call carries: [`B2b`], [`B2b2c`] or [`EitherToken`].
    type Auth: Auth;
    /// Method, path, service code and kind.
    const INFO: OperationInfo;

    /// What of a request exceeds a documented limit; nothing unless the operation knows limits.
    fn limits(request: &Self::Request) -> Vec<LimitFinding> {
        let _ = request;
        Vec::new()
    }
}

/// The access tokens a call carries. SNAP closes the set, so the trait is sealed.
pub trait Auth: sealed::Sealed {}

/// Operations of this kind can be called without a customer, by [`crate::Client::call`].
pub trait WithoutCustomer: Auth {}

/// Operations of this kind can be called for a customer, by [`crate::Client::call_as`].
pub trait WithCustomer: Auth {}

/// The call carries the merchant's own token (B2B) and never a customer's:
///
/// ```compile_fail
/// # use snap_core::{B2b, Client, CustomerTokens, Operation};
/// fn transfer<O: Operation<Auth = B2b>>(client: &Client, of: &CustomerTokens, request: &O::Request) {
///     let _ = client.call_as::<O>(of, request); // `call`
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a marker, never a value")]
pub struct B2b;

/// The call carries the merchant's own token and a customer's, so it cannot be made without one:
///
/// ```compile_fail
/// # use snap_core::{B2b2c, Client, Operation};
/// fn balance<O: Operation<Auth = B2b2c>>(client: &Client, request: &O::Request) {
///     let _ = client.call::<O>(request); // `call_as` and whose token
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a marker, never a value")]
pub struct B2b2c;

/// The call carries the merchant's own token, and a customer's if it is made for one:
///
/// ```
/// # use snap_core::{Client, CustomerTokens, EitherToken, Operation};
/// fn status<O: Operation<Auth = EitherToken>>(client: &Client, of: &CustomerTokens, request: &O::Request) {
///     let _ = client.call::<O>(request);
///     let _ = client.call_as::<O>(of, request);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a marker, never a value")]
pub struct EitherToken;

impl Auth for B2b {}
impl Auth for B2b2c {}
impl Auth for EitherToken {}

impl WithoutCustomer for B2b {}
impl WithoutCustomer for EitherToken {}

impl WithCustomer for B2b2c {}
impl WithCustomer for EitherToken {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::B2b {}
    impl Sealed for super::B2b2c {}
    impl Sealed for super::EitherToken {}
}

/// What an operation does to money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum OperationKind {
    /// Neither money nor state: inquiries, status, history.
    Read,
    /// Changes a binding or a registration.
    Session,
    /// Takes money from a customer.
    Debit,
    /// Sends money out.
    Credit,
    /// Gives money back or releases it.
    Reversal,
}

impl OperationKind {
    /// Whether money may move.
    #[must_use]
    pub const fn is_money(self) -> bool {
        matches!(self, Self::Debit | Self::Credit | Self::Reversal)
    }
}

/// What the client needs to know of an operation.
#[derive(Clone)]
pub struct OperationInfo {
    id: &'static str,
    method: Method,
    path: &'static str,
    service_code: &'static str,
    kind: OperationKind,
    channel_id: Listed,
    ip_address: bool,
    device_id: bool,
    reference: Option<&'static str>,
}

/// Whether an operation lists a header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    No,
    Optional,
    Required,
}

impl OperationInfo {
    /// An operation that sends no header beyond those of every transaction.
    ///
    /// `path` starts with `/` and is sent and signed as it stands; `service_code` is the two digits
    /// of the response code that name the service.
    #[must_use]
    pub const fn new(
        id: &'static str,
        method: Method,
        path: &'static str,
        service_code: &'static str,
        kind: OperationKind,
    ) -> Self {
        Self {
            id,
            method,
            path,
            service_code,
            kind,
            channel_id: Listed::No,
            ip_address: false,
            device_id: false,
            reference: None,
        }
    }

    /// The same operation at another path, for one that DOKU serves at several.
    #[must_use]
    pub const fn with_path(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    /// The operation needs `CHANNEL-ID`: without one it is not sent.
    #[must_use]
    pub const fn with_channel_id(mut self) -> Self {
        self.channel_id = Listed::Required;
        self
    }

    /// The operation does without `CHANNEL-ID`: it is sent only if the call gives one. The
    /// configured one is another product's, and some channels want none.
    #[must_use]
    pub const fn with_optional_channel_id(mut self) -> Self {
        self.channel_id = Listed::Optional;
        self
    }

    /// The operation lists `X-IP-ADDRESS`, so that [`crate::Call::with_ip_address`] is possible.
    #[must_use]
    pub const fn with_ip_address(mut self) -> Self {
        self.ip_address = true;
        self
    }

    /// The operation lists `X-DEVICE-ID`, so that [`crate::Call::with_device_id`] is possible.
    #[must_use]
    pub const fn with_device_id(mut self) -> Self {
        self.device_id = true;
        self
    }

    /// The body member that is the merchant's identity of the transaction, such as
    /// `partnerReferenceNo`.
    #[must_use]
    pub const fn with_reference(mut self, member: &'static str) -> Self {
        self.reference = Some(member);
        self
    }

    /// The name used in errors and logs, such as `balanceInquiry`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The HTTP method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The path, from the leading `/`.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The two digits that name the service in response codes.
    #[must_use]
    pub const fn service_code(&self) -> &'static str {
        self.service_code
    }

    /// What the operation does to money.
    #[must_use]
    pub const fn kind(&self) -> OperationKind {
        self.kind
    }

    /// Whether the operation lists `CHANNEL-ID`, required or not.
    #[must_use]
    pub const fn sends_channel_id(&self) -> bool {
        !matches!(self.channel_id, Listed::No)
    }

    /// Whether the operation is not sent without a `CHANNEL-ID`.
    #[must_use]
    pub const fn requires_channel_id(&self) -> bool {
        matches!(self.channel_id, Listed::Required)
    }

    /// Whether the operation lists `X-IP-ADDRESS`.
    #[must_use]
    pub const fn sends_ip_address(&self) -> bool {
        self.ip_address
    }

    /// Whether the operation lists `X-DEVICE-ID`.
    #[must_use]
    pub const fn sends_device_id(&self) -> bool {
        self.device_id
    }

    /// The body member that identifies the transaction, for operations that move money.
    #[must_use]
    pub const fn reference(&self) -> Option<&'static str> {
        self.reference
    }
}

impl fmt::Debug for OperationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.id, self.method, self.path)
    }
}
