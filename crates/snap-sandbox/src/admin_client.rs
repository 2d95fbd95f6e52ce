//! A client of the admin API, for programs that act on a sandbox in another process.

use std::{error::Error, fmt, time::Duration};

use form_urlencoded::Serializer;
use hyper::Method;

use crate::{
    client::{self, Address, Limits, Outgoing, SendError},
    diagnosis::Diagnosis,
    json::Json,
};

/// Speaks to the admin API of a running sandbox. JSON goes in and out as text.
///
/// It holds an address and no connection; making one does no I/O.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use snap_sandbox::{AdminClient, Sandbox};
///
/// let sandbox = Sandbox::builder().admin(([127, 0, 0, 1], 0).into()).start().await?;
///
/// let admin = AdminClient::new(sandbox.admin_url().unwrap_or_default())?;
/// admin.act(r#"{"action":"skip","seconds":46800}"#).await?;
/// assert!(admin.state().await?.contains("\"skippedSeconds\":46800"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AdminClient {
    address: Address,
}

/// Which refused request [`AdminClient::explain`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusedRequest<'a> {
    /// The last one.
    Last,
    /// The one with this number, as in `X-Sandbox-Request`.
    Number(u64),
    /// The last one with this reference of the merchant.
    Reference(&'a str),
}

/// Why an admin call brought no result. `Display` says what to do.
#[derive(Debug)]
pub struct AdminError {
    address: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Address,
    Send(SendError),
    /// The API says why.
    Refused(String),
    /// Something else listens there.
    Foreign,
}

impl AdminClient {
    /// A client for an address such as `http://127.0.0.1:49153`; its path, if it has one, is not used.
    ///
    /// # Errors
    ///
    /// The address is not plain HTTP with a host.
    pub fn new(url: &str) -> Result<Self, AdminError> {
        let address = Address::read(url).map(|address| address.with_target("/"));
        let address = address.ok_or_else(|| AdminError {
            address: String::new(),
            kind: Kind::Address,
        })?;
        Ok(Self { address })
    }

    /// Carries out an action, such as `{"action":"skip","seconds":1800}`; gives what it made.
    ///
    /// # Errors
    ///
    /// The sandbox is not reached, or does not take the action.
    pub async fn act(&self, action: &str) -> Result<String, AdminError> {
        self.call(Method::POST, "/_sandbox/actions", action).await
    }

    /// Addresses, times, counts and what waits.
    ///
    /// # Errors
    ///
    /// The sandbox is not reached.
    pub async fn state(&self) -> Result<String, AdminError> {
        self.call(Method::GET, "/_sandbox/state", "").await
    }

    /// The faults that wait for a request.
    ///
    /// # Errors
    ///
    /// The sandbox is not reached.
    pub async fn faults(&self) -> Result<String, AdminError> {
        self.call(Method::GET, "/_sandbox/faults", "").await
    }

    /// What happened after the event with a number (0 for all), of one reference or of all.
    ///
    /// # Errors
    ///
    /// The sandbox is not reached.
    pub async fn timeline(
        &self,
        after: u64,
        reference: Option<&str>,
    ) -> Result<String, AdminError> {
        let mut target = query("/_sandbox/timeline?");
        target.append_pair("after", &after.to_string());
        target.extend_pairs(reference.map(|reference| ("reference", reference)));
        self.call(Method::GET, target.finish(), "").await
    }

    /// Why a request was refused, and what to do.
    ///
    /// # Errors
    ///
    /// The sandbox is not reached, or keeps no such request.
    pub async fn explain(&self, refused: RefusedRequest<'_>) -> Result<Diagnosis, AdminError> {
        let mut target = query("/_sandbox/explain?");
        match refused {
            RefusedRequest::Last => &mut target,
            RefusedRequest::Number(number) => target.append_pair("request", &number.to_string()),
            RefusedRequest::Reference(reference) => target.append_pair("reference", reference),
        };
        let found = self.json(Method::GET, target.finish(), "").await?;
        Diagnosis::read(&found).ok_or_else(|| self.error(Kind::Foreign))
    }

    async fn call(
        &self,
        method: Method,
        target: impl Into<String>,
        body: &str,
    ) -> Result<String, AdminError> {
        Ok(self.json(method, target, body).await?.to_string())
    }

    async fn json(
        &self,
        method: Method,
        target: impl Into<String>,
        body: &str,
    ) -> Result<Json, AdminError> {
        let outgoing = Outgoing {
            method,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.as_bytes().to_vec(),
        };
        let answer = client::send(&self.address.with_target(target), outgoing, LIMITS).await;
        let answer = answer.map_err(|error| self.error(Kind::Send(error)))?;
        let json = Json::read(&answer.body).ok_or_else(|| self.error(Kind::Foreign))?;
        if answer.status == 200 {
            return Ok(json);
        }
        let says = json.member("error").and_then(Json::as_text);
        Err(self.error(says.map_or(Kind::Foreign, |says| Kind::Refused(says.to_owned()))))
    }

    fn error(&self, kind: Kind) -> AdminError {
        let address = self.address.to_string();
        AdminError {
            address: address.trim_end_matches('/').to_owned(),
            kind,
        }
    }
}

impl AdminError {
    /// Nobody listens at the address.
    #[must_use]
    pub fn is_not_running(&self) -> bool {
        matches!(self.kind, Kind::Send(SendError::NotConnected))
    }

    /// The sandbox was reached, and does not do what it was asked.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self.kind, Kind::Refused(_))
    }
}

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = &self.address;
        match &self.kind {
            Kind::Address => f.write_str(
                "the address of an admin API is plain HTTP with a host, such as \
                 http://127.0.0.1:49153",
            ),
            Kind::Send(SendError::NotConnected) => write!(
                f,
                "no sandbox runs at {address}; start one, or give the address that it prints as admin"
            ),
            Kind::Send(error) => write!(f, "the sandbox at {address} gave no answer: {error}"),
            Kind::Refused(says) => f.write_str(says),
            Kind::Foreign => write!(
                f,
                "what answers at {address} is no admin API; give the address that the sandbox prints \
                 as admin, not its base URL"
            ),
        }
    }
}

impl Error for AdminError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Send(error) => Some(error),
            _ => None,
        }
    }
}

/// A path that ends with `?`, ready for pairs.
fn query(path: &str) -> Serializer<'static, String> {
    Serializer::for_suffix(path.to_owned(), path.len())
}

/// A search for mistakes in a large body takes a second on a slow computer; a timeline is long.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(30),
    bytes: 64 * 1024 * 1024,
};
