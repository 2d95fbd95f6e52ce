use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{
    CustomerError, ExternalId, LimitFinding, ResponseCode, limits::Findings, readable::readable,
    response::Answer, token::TokenError,
};

/// How far a call got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Nothing left: the request could not be made, there was no access token, or no connection.
    NotSent,
    /// The request may have left, and no answer came. DOKU may have acted on it.
    NoAnswer,
    /// Something came back that is not a whole SNAP answer. DOKU may have acted on the request.
    Unreadable,
    /// DOKU answered with a response code that is no success.
    Refused,
}

/// Why a call brought no answer to use.
///
/// `Display` is one whole line with operation, stage, cause, response code and external id, since
/// that line is what a log keeps; `source()` goes on below it. It never holds a body, a header, a
/// token or a key; long numbers in DOKU's messages are masked.
pub struct Error(Box<Failure>);

impl Error {
    /// How far the call got. After [`Stage::NotSent`] DOKU has not acted; after
    /// [`Stage::Refused`] the response code tells; after the other two nobody knows yet.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// The response code, only if DOKU really sent one for this operation.
    #[must_use]
    pub fn response_code(&self) -> Option<&ResponseCode> {
        self.0.code.as_ref()
    }

    /// DOKU's response message as received. It may repeat data of the request: do not log it.
    #[must_use]
    pub fn response_message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The HTTP status, if an answer began.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// The `X-EXTERNAL-ID` of the last attempt, if one was made.
    #[must_use]
    pub fn external_id(&self) -> Option<&ExternalId> {
        self.0.external_id.as_ref()
    }

    /// The name of the operation, such as `balanceInquiry`; none for a failure before any call.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The answer as received, as far as it was read. It may hold secrets: do not log it.
    #[must_use]
    pub fn raw(&self) -> Option<&[u8]> {
        self.0.raw.as_deref()
    }

    /// Whether the limit of the call ran out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.timeout
    }

    /// Why there was no access token, or no new one after the first was refused.
    #[must_use]
    pub fn token_error(&self) -> Option<&TokenError> {
        self.0.token.as_ref()
    }

    /// What is wrong with the customer's tokens, if that is why the call failed.
    #[must_use]
    pub fn customer_error(&self) -> Option<&CustomerError> {
        let of_token = || self.0.token.as_ref().and_then(TokenError::customer_error);
        self.0.customer.as_ref().or_else(of_token)
    }

    /// Whether no connection was made, to the operation or to the token endpoint, so that the
    /// request cannot have arrived.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.0.connect
    }

    /// The documented limits for which the request was refused before it was sent. Empty for every
    /// other failure.
    #[must_use]
    pub fn limit_findings(&self) -> &[LimitFinding] {
        &self.0.limits
    }

    pub(crate) fn over_limit(findings: Vec<LimitFinding>) -> Self {
        let mut failure = Failure::not_sent(Findings(&findings).to_string());
        failure.limits = findings;
        failure.into()
    }

    /// Nothing left, for a reason found here.
    pub(crate) fn not_sent(because: impl fmt::Display) -> Self {
        Failure::not_sent(because.to_string()).into()
    }

    pub(crate) fn on(mut self, operation: &'static str) -> Self {
        self.0.operation = Some(operation);
        self
    }
}

impl Stage {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NotSent => "not sent",
            Self::NoAnswer => "no answer",
            Self::Unreadable => "unreadable",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure {
            stage,
            operation,
            head,
            detail,
            external_id,
            ..
        } = &*self.0;
        let subject = head.or(*operation).unwrap_or("the client");
        let verb = match stage {
            _ if head.is_some() => "",
            Stage::NotSent if operation.is_none() => " cannot be built",
            Stage::NotSent => " was not sent",
            Stage::NoAnswer => " got no answer",
            Stage::Unreadable => " got an unreadable answer",
            Stage::Refused => " was refused",
        };
        write!(f, "{subject}{verb}: {detail}")?;
        match external_id {
            Some(id) => write!(f, " (external id {id})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("stage", &self.0.stage)
            .field("text", &self.to_string())
            .field("http_status", &self.0.http_status)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}

pub(crate) type Source = Arc<dyn StdError + Send + Sync>;

/// What an [`Error`] is made of.
pub(crate) struct Failure {
    stage: Stage,
    detail: String,
    operation: Option<&'static str>,
    /// What failed, where it is not the request of the operation.
    head: Option<&'static str>,
    external_id: Option<ExternalId>,
    http_status: Option<u16>,
    code: Option<ResponseCode>,
    message: Option<String>,
    raw: Option<Bytes>,
    timeout: bool,
    connect: bool,
    token: Option<TokenError>,
    limits: Vec<LimitFinding>,
    customer: Option<CustomerError>,
    source: Option<Source>,
}

impl Failure {
    fn new(stage: Stage, detail: impl Into<String>) -> Self {
        Self {
            stage,
            detail: detail.into(),
            operation: None,
            head: None,
            external_id: None,
            http_status: None,
            code: None,
            message: None,
            raw: None,
            timeout: false,
            connect: false,
            token: None,
            limits: Vec::new(),
            customer: None,
            source: None,
        }
    }

    pub(crate) fn not_sent(detail: impl Into<String>) -> Self {
        Self::new(Stage::NotSent, detail)
    }

    pub(crate) fn not_connected(detail: impl Into<String>) -> Self {
        Self {
            connect: true,
            ..Self::not_sent(detail)
        }
    }

    pub(crate) fn no_answer(detail: impl Into<String>) -> Self {
        Self::new(Stage::NoAnswer, detail)
    }

    pub(crate) fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(Stage::Unreadable, detail)
    }

    pub(crate) fn refused(answer: Answer) -> Self {
        let detail = match readable(&answer.message) {
            message if message.is_empty() => answer.code.to_string(),
            message => format!("{} {message}", answer.code),
        };
        Self::new(Stage::Refused, detail).with_answer(answer)
    }

    pub(crate) fn with_answer(mut self, answer: Answer) -> Self {
        self.external_id = Some(answer.external_id);
        self.http_status = Some(answer.http_status);
        self.code = Some(answer.code);
        self.message = Some(answer.message);
        self.raw = Some(answer.raw);
        self
    }

    pub(crate) fn adding(mut self, more: &str) -> Self {
        self.detail.push_str(more);
        self
    }

    pub(crate) fn with_external_id(mut self, id: ExternalId) -> Self {
        self.external_id = Some(id);
        self
    }

    /// What is known of an answer that is no SNAP answer.
    pub(crate) fn with_http(mut self, status: u16, raw: Option<Bytes>) -> Self {
        self.http_status = Some(status);
        self.raw = raw;
        self
    }

    pub(crate) fn with_source(mut self, source: Option<Source>) -> Self {
        self.source = source;
        self
    }

    /// The cause is that there is no token. Its text is part of this failure's own.
    pub(crate) fn for_want_of_token(mut self, error: TokenError) -> Self {
        self.detail = format!("{}there is no access token: {error}", self.detail);
        self.connect = error.is_connect();
        self.source = error.source.clone();
        self.token = Some(error);
        self
    }

    /// There is no token, and the caller asked for nothing else.
    pub(crate) fn no_token(error: TokenError) -> Self {
        Self {
            stage: Stage::NotSent,
            code: None,
            ..Self::of_token_request(error)
        }
    }

    /// The text begins with what failed, where that is not the request of an operation.
    pub(crate) fn headed(mut self, head: &'static str) -> Self {
        self.head = Some(head);
        self
    }

    /// A token request that the caller asked for by itself.
    pub(crate) fn of_token_request(error: TokenError) -> Self {
        Self {
            code: error.response_code().cloned(),
            connect: error.is_connect(),
            source: error.source.clone(),
            token: Some(error.clone()),
            ..Self::new(error.stage(), error.to_string())
        }
    }

    /// The cause is the state of a customer's tokens; the text says what to do about it.
    pub(crate) fn of_customer(mut self, error: CustomerError) -> Self {
        self.customer = Some(error);
        self.adding(&format!("; {error}"))
    }

    /// What was asked for did not come within the limit, and nothing was sent for it.
    pub(crate) fn late(limit: Duration) -> Self {
        Self::not_sent(format!("none came within {} ms", limit.as_millis())).timed_out()
    }

    pub(crate) fn timed_out(mut self) -> Self {
        self.timeout = true;
        self
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self(Box::new(failure))
    }
}
