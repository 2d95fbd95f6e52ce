use std::{fmt, sync::Arc};

/// The caller's own name for one customer's binding: `custIdMerchant`, `accountId` or `linkId`.
///
/// Tokens are kept under it, so it must name one customer and nobody else; an empty key is refused
/// when it is used. Never sent to DOKU. It may be a phone number, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CustomerKey(Arc<str>);

impl CustomerKey {
    /// Takes the text as it is.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into().into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for CustomerKey {
    fn from(key: T) -> Self {
        Self::new(key)
    }
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey([redacted])")
    }
}
