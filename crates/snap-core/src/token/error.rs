use std::{error::Error as StdError, fmt, time::Duration};

use crate::{CustomerError, ResponseCode, error::Source};

/// Why there is no access token; see [`crate::Error::token_error`].
///
/// Callers who ask within the back-off get the recorded error of the last request, not a new one.
#[derive(Clone)]
pub struct TokenError {
    pub(super) detail: String,
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
    /// Weather: 1, 2, 4 … 30 s.
    Next,
    /// Configuration: asking again soon changes nothing.
    Longest,
}

impl Backoff {
    /// The pause after this many failures in a row, before jitter.
    pub(super) fn pause(self, failures: u32) -> Duration {
        match self {
            Self::Longest => LONGEST,
            Self::Next => Duration::from_secs(1 << failures.saturating_sub(1).min(5)).min(LONGEST),
        }
    }
}

const LONGEST: Duration = Duration::from_secs(30);
