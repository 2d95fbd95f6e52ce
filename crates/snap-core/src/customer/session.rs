use std::fmt;

use crate::{Client, CustomerKey, CustomerTokens};

/// The tokens of one customer, managed by the client that made this. Cheap to make and to clone.
#[derive(Clone)]
pub struct CustomerSession {
    client: Client,
    key: CustomerKey,
}

impl CustomerSession {
    pub(crate) fn new(client: Client, key: CustomerKey) -> Self {
        Self { client, key }
    }

    /// The caller's own name for the customer's binding.
    #[must_use]
    pub fn key(&self) -> &CustomerKey {
        &self.key
    }
}

/// Takes the key and nothing else: the client that makes the call brings its own tokens.
impl From<&CustomerSession> for CustomerTokens {
    fn from(session: &CustomerSession) -> Self {
        session.key.clone().into()
    }
}

/// Takes the key and nothing else: the client that makes the call brings its own tokens.
impl From<CustomerSession> for CustomerTokens {
    fn from(session: CustomerSession) -> Self {
        session.key.into()
    }
}

impl fmt::Debug for CustomerSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerSession")
            .field("client", &self.client)
            .field("key", &self.key)
            .finish()
    }
}
