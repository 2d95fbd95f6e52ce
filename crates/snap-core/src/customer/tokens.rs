use std::{fmt, time::SystemTime};

use crate::{CustomerKey, CustomerToken, RefreshToken};

/// A customer's tokens as they are exported and imported, for callers who keep them themselves.
///
/// They let anybody who also has the merchant's credentials act for the customer. Encrypting them
/// at rest is the caller's job.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CustomerTokenPair {
    /// The access token.
    pub access_token: CustomerToken,
    /// When it runs out; nothing if DOKU did not say.
    pub expires_at: Option<SystemTime>,
    /// What it is renewed with, if DOKU gave one and it still lives.
    pub refresh_token: Option<RefreshToken>,
    /// When that runs out; nothing if DOKU did not say.
    pub refresh_expires_at: Option<SystemTime>,
}

impl CustomerTokenPair {
    /// An access token of unknown life that cannot be renewed. Unknown life: it is used until DOKU
    /// refuses it.
    #[must_use]
    pub fn new(access_token: CustomerToken) -> Self {
        Self {
            access_token,
            expires_at: None,
            refresh_token: None,
            refresh_expires_at: None,
        }
    }

    /// The access token runs out then.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// The access token is renewed with this one, which runs out then if that is known.
    #[must_use]
    pub fn with_refresh_token(
        mut self,
        refresh_token: RefreshToken,
        expires_at: Option<SystemTime>,
    ) -> Self {
        self.refresh_token = Some(refresh_token);
        self.refresh_expires_at = expires_at;
        self
    }
}

/// Whose token a call carries: one customer's, named by key, or one given as it is.
///
/// From a [`CustomerKey`] or a [`crate::CustomerSession`]: the client that makes the call manages
/// the tokens. Only the key of a session is taken, so that a session of another client never brings
/// its tokens along. From a [`CustomerToken`]: its life is the caller's affair, and it is never
/// renewed.
#[derive(Clone)]
pub struct CustomerTokens(pub(crate) Whose);

#[derive(Clone)]
pub(crate) enum Whose {
    Managed(CustomerKey),
    Plain(CustomerToken),
}

impl From<CustomerKey> for CustomerTokens {
    fn from(key: CustomerKey) -> Self {
        Self(Whose::Managed(key))
    }
}

impl From<&CustomerKey> for CustomerTokens {
    fn from(key: &CustomerKey) -> Self {
        key.clone().into()
    }
}

impl From<CustomerToken> for CustomerTokens {
    fn from(token: CustomerToken) -> Self {
        Self(Whose::Plain(token))
    }
}

impl fmt::Debug for CustomerTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Whose::Managed(_) => "CustomerTokens(managed, [redacted])",
            Whose::Plain(_) => "CustomerTokens(plain, [redacted])",
        })
    }
}
