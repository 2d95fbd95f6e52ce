use std::{error::Error as StdError, fmt, time::Duration};

use crate::{CustomerError, ResponseCode, Stage, error::Source};

/// Why there is no access token; see [`crate::Error::token_error`].
///
/// Callers who ask within the back-off get the recorded error of the last request, not a new one.
#[derive(Clone)]
pub struct TokenError {
    pub(super) detail: String,
    /// How far the token request got.
    pub(super) stage: Stage,
    pub(super) code: Option<ResponseCode>,
    pub(super) connect: bool,
    pub(super) customer: Option<CustomerError>,
    pub(super) backoff: Backoff,
    pub(crate) source: Option<Source>,
}

impl TokenError {
    pub(super) fn new(detail: impl Into<String>, backoff: Backoff) -> Self {
        Self {
            detail: detail.into(),
            stage: Stage::NotSent,
            code: None,
            connect: false,
            customer: None,
            backoff,
            source: None,
        }
    }

    /// A failure that asking again does not change.
    pub(crate) fn local(detail: impl Into<String>) -> Self {
        Self::new(detail, Backoff::Longest)
    }

    /// Its task panicked or its runtime shut down.
    pub(super) fn abandoned() -> Self {
        let detail = "the token request was abandoned with its runtime";
        Self::new(detail, Backoff::Next)
    }

    /// There is no token because of the customer's state, so that the customer has to act. Found
    /// without a token request, so looking again soon costs DOKU nothing.
    pub(super) fn of_customer(detail: &str, customer: CustomerError) -> Self {
        Self::new(detail, Backoff::Brief).because_of(customer)
    }

    /// Several tokens of a slot were refused soon after they were issued.
    pub(super) fn refused_while_fresh(customers: bool, shared: bool) -> Self {
        let (whose, slot) = if customers {
            (" for a customer", "customer")
        } else {
            ("", "client id")
        };
        let cure = if shared {
            "does every process use this token store?"
        } else {
            "share them with `Config::with_token_store`"
        };
        let detail = format!(
            "DOKU keeps refusing tokens it has just issued{whose}; another process probably fetches \
             tokens for the same {slot}, and DOKU honours only the latest one: {cure}"
        );
        Self::new(detail, Backoff::Next)
    }

    pub(super) fn because_of(mut self, customer: CustomerError) -> Self {
        self.detail = format!("{}; {customer}", self.detail);
        self.customer = Some(customer);
        if customer != CustomerError::SessionUnknown {
            self.backoff = Backoff::Brief;
        }
        self
    }

    pub(super) fn adding(mut self, more: &str) -> Self {
        self.detail.push_str(more);
        self
    }

    pub(super) fn at(mut self, stage: Stage) -> Self {
        self.stage = stage;
        self
    }

    pub(super) fn with_code(mut self, code: ResponseCode) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    /// DOKU may have acted on the token request, and nothing says whether.
    pub(super) fn is_unanswered(&self) -> bool {
        matches!(self.stage, Stage::NoAnswer | Stage::Unreadable)
    }

    /// As [`Self::is_unanswered`], or DOKU failed on the request or is still at it: a code may be used
    /// up.
    pub(super) fn is_open(&self) -> bool {
        let http = self.code.as_ref().and_then(ResponseCode::http_part);
        self.is_unanswered() || http.is_some_and(|http| !(300..500).contains(&http))
    }

    /// HTTP part 401 with case 00: the signature, or a customer who unlinked the merchant.
    pub(super) fn is_unauthorized(&self) -> bool {
        let code = self.code.as_ref();
        code.is_some_and(|code| code.http_part() == Some(401) && code.case() == Some(0))
    }

    pub(super) fn with_source(mut self, source: Option<Source>) -> Self {
        self.source = source;
        self
    }

    /// Whether no connection was made.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.connect
    }

    /// What is wrong with the customer's tokens, if that is the reason.
    #[must_use]
    pub fn customer_error(&self) -> Option<&CustomerError> {
        self.customer.as_ref()
    }

    /// The response code of the token endpoint, such as `4017300` for a wrong signature.
    #[must_use]
    pub fn response_code(&self) -> Option<&ResponseCode> {
        self.code.as_ref()
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl fmt::Debug for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenError({:?})", self.detail)
    }
}

impl StdError for TokenError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}

/// How long to leave the token endpoint alone after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backoff {
    /// The same as before is found without a token request, unless somebody changed it.
    Brief,
    /// Weather: 1, 2, 4 … 30 s.
    Next,
    /// Configuration: asking again soon changes nothing.
    Longest,
}

impl Backoff {
    /// The pause after this many failures in a row, before jitter.
    pub(super) fn pause(self, failures: u32) -> Duration {
        match self {
            Self::Brief => Duration::from_secs(1),
            Self::Longest => LONGEST,
            Self::Next => Duration::from_secs(1 << failures.saturating_sub(1).min(5)).min(LONGEST),
        }
    }
}

const LONGEST: Duration = Duration::from_secs(30);
