use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{
    Attempt, CustomerError, ExternalId, LimitFinding, MoneyState, Pending, Presumption,
    ResponseCode, limits::Findings, outcome::Stages, readable::readable, response::Answer,
    token::TokenError,
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
    /// The transaction may have taken effect, and nothing received so far says whether it did.
    ///
    /// Do not send it again and do not report it as failed: resolve it, or query its status with the
    /// same partner reference number. Always false for operations that move no money.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self.money(), Some(MoneyState::Unknown(_)))
    }

    /// Where the money is, for a debit, a credit or a reversal; nothing for any other operation.
    ///
    /// Never a reason to send again: a call that moves money is repeated only after a not-found
    /// proof, or by the caller's own decision after [`MoneyState::NotMoved`].
    #[must_use]
    pub fn money(&self) -> Option<&MoneyState> {
        self.0.money.as_ref()
    }

    /// What to resolve the operation with, unless its money did not move.
    #[must_use]
    pub fn pending(&self) -> Option<&Pending> {
        self.0.pending.as_deref()
    }

    /// What an ambiguous code usually means. A hint for people, never a state.
    #[must_use]
    pub fn presumption(&self) -> Option<Presumption> {
        self.0.presumption
    }

    /// The deliveries of the call, in order.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// The merchant's reference of an operation that moves money.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

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

    pub(crate) fn over_limit(findings: Vec<LimitFinding>, reference: Option<String>) -> Self {
        let mut failure = Failure::not_sent(Findings(&findings).to_string());
        failure.limits = findings;
        failure.about(reference).into()
    }

    /// Nothing left, for a reason found here.
    pub(crate) fn not_sent(because: impl fmt::Display) -> Self {
        Failure::not_sent(because.to_string()).into()
    }

    pub(crate) fn with_money(mut self, money: Option<MoneyState>) -> Self {
        self.0.money = money;
        self
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
        write!(f, "{subject}{verb}: {}", one_line(detail))?;
        if let Some(money) = &self.0.money {
            write!(f, "; {money}")?;
        }
        let reference = self.0.reference.as_ref();
        let attempts = self.0.attempts.len();
        let names = [
            reference.map(|reference| format!("reference {}", one_word(reference))),
            external_id.as_ref().map(|id| format!("external id {id}")),
            (attempts > 1).then(|| format!("{attempts} attempts")),
        ];
        match names.into_iter().flatten().collect::<Vec<_>>().join(", ") {
            names if names.is_empty() => Ok(()),
            names => write!(f, " ({names})"),
        }
    }
}

/// Causes of other libraries may have several lines.
fn one_line(text: &str) -> String {
    let space = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(space).collect()
}

/// A reference of the caller's own, on one line whatever it holds.
fn one_word(reference: &str) -> String {
    let printable = reference.chars().filter(|c| !c.is_control());
    printable.take(64).collect()
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
    /// The row of the outcome table, unless the response code names it.
    met: Stages,
    broke_off: bool,
    timeout: bool,
    connect: bool,
    money: Option<MoneyState>,
    pending: Option<Box<Pending>>,
    presumption: Option<Presumption>,
    attempts: Vec<Attempt>,
    reference: Option<String>,
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
            met: match stage {
                Stage::NotSent => Stages::Local,
                Stage::NoAnswer => Stages::NoAnswer,
                Stage::Unreadable | Stage::Refused => Stages::Unreadable,
            },
            broke_off: false,
            timeout: false,
            connect: false,
            money: None,
            pending: None,
            presumption: None,
            attempts: Vec::new(),
            reference: None,
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
            met: Stages::NotConnected,
            ..Self::not_sent(detail)
        }
    }

    /// As [`Self::not_connected`], for a reason that another connection does not change.
    pub(crate) fn not_trusted(detail: impl Into<String>) -> Self {
        Self {
            met: Stages::NotTrusted,
            ..Self::not_connected(detail)
        }
    }

    /// The journal did not take the intent.
    pub(crate) fn journal(detail: impl Into<String>) -> Self {
        Self {
            met: Stages::Journal,
            ..Self::not_sent(detail)
        }
    }

    /// The limit of the call ran out before there was a token.
    pub(crate) fn no_token_yet(within: &str) -> Self {
        Self {
            met: Stages::NoToken,
            ..Self::not_sent(format!("there was no access token {within}"))
        }
    }

    /// There was no token to begin with.
    pub(crate) fn without_token(error: TokenError) -> Self {
        Self {
            met: Stages::NoToken,
            ..Self::not_sent("").for_want_of_token(error)
        }
    }

    pub(crate) fn no_answer(detail: impl Into<String>) -> Self {
        Self::new(Stage::NoAnswer, detail)
    }

    pub(crate) fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(Stage::Unreadable, detail)
    }

    pub(crate) fn refused(answer: Answer) -> Self {
        let mut detail = match readable(&answer.shown) {
            message if message.is_empty() => answer.code.to_string(),
            message => format!("{} {message}", answer.code),
        };
        if let Some(note) = &answer.note {
            detail = format!("{detail}; {note}");
        }
        Self::new(Stage::Refused, detail).with_answer(answer)
    }

    pub(crate) fn with_answer(mut self, answer: Answer) -> Self {
        self.external_id = Some(answer.external_id);
        self.http_status = Some(answer.http_status);
        self.code = Some(answer.code);
        self.message = Some(answer.message);
        self.raw = Some(answer.raw);
        self.money = answer.money;
        let intent = answer.pending.as_ref().map(|pending| &pending.intent);
        self.reference = intent.and_then(|intent| intent.reference.clone());
        self.pending = answer.pending;
        self.attempts = answer.attempts;
        self
    }

    /// Where the money is, and what to find out more with.
    pub(crate) fn with_money(mut self, state: MoneyState, pending: Option<Pending>) -> Self {
        self.money = Some(state);
        self.pending = pending.map(Box::new);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: Vec<Attempt>) -> Self {
        self.attempts = attempts;
        self
    }

    pub(crate) fn presuming(mut self, presumption: Option<Presumption>) -> Self {
        self.presumption = presumption;
        self
    }

    /// The merchant's reference of the operation.
    pub(crate) fn about(mut self, reference: Option<String>) -> Self {
        self.reference = reference;
        self
    }

    /// An answer began and did not end.
    pub(crate) fn broken_off(mut self) -> Self {
        self.broke_off = true;
        self
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    pub(crate) fn met(&self) -> Stages {
        self.met
    }

    pub(crate) fn code(&self) -> Option<&ResponseCode> {
        self.code.as_ref()
    }

    pub(crate) fn http_status(&self) -> Option<u16> {
        self.http_status
    }

    pub(crate) fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    pub(crate) fn is_timeout(&self) -> bool {
        self.timeout
    }

    pub(crate) fn broke_off(&self) -> bool {
        self.broke_off
    }

    pub(crate) fn money(&self) -> Option<&MoneyState> {
        self.money.as_ref()
    }

    pub(crate) fn pending(&self) -> Option<&Pending> {
        self.pending.as_deref()
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
        self.met = match status {
            300..400 => Stages::Redirect,
            407 => Stages::ProxyAuth,
            _ => self.met,
        };
        self
    }

    pub(crate) fn with_source(mut self, source: Option<Source>) -> Self {
        self.source = source;
        self
    }

    /// The cause is that there is no token. Its text is part of this failure's own.
    pub(crate) fn for_want_of_token(mut self, error: TokenError) -> Self {
        self.detail = format!("{}there is no access token: {error}", self.detail);
        self.connect = self.stage == Stage::NotSent && error.is_connect();
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
