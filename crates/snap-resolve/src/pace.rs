use std::{error::Error, fmt, future::Future, pin::Pin, time::Duration};

/// A pace of inquiries that several processes share; see [`crate::Outcomes::with_pace`].
pub trait InquiryPace: fmt::Debug + Send + Sync {
    /// Reserves the next moment at which an inquiry may leave, `interval` after the one before, and
    /// gives the time until then.
    fn reserve(&self, interval: Duration) -> PaceFuture<'_>;
}

/// What [`InquiryPace::reserve`] returns.
pub type PaceFuture<'a> = Pin<Box<dyn Future<Output = Result<Duration, PaceError>> + Send + 'a>>;

/// The pace could not be asked for.
#[derive(Debug)]
pub struct PaceError(Box<dyn Error + Send + Sync>);

impl PaceError {
    /// Says why. Keep passwords out of it: it reaches logs.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for PaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the shared pace of inquiries failed: {}", self.0)
    }
}

impl Error for PaceError {}
