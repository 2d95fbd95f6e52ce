use crate::Service;

/// An address of the merchant that DOKU sends one kind of message to.
#[derive(Clone, Debug)]
pub struct Route {
    pub(crate) service: Service,
    pub(crate) path: String,
    pub(crate) seen_as: String,
    pub(crate) scheme: Scheme,
}

/// What proves that a message is DOKU's: the route's choice, never the message's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// A token that the merchant issued, and an HMAC with the client secret.
    TokenAndHmac,
    /// An RSA signature of DOKU, without a token.
    Rsa,
}

impl Route {
    /// The path of the public address as it was given to DOKU, which signs it: from the first `/`,
    /// without host, query and fragment.
    #[must_use]
    pub fn new(service: Service, path: impl Into<String>) -> Self {
        let path = path.into();
        Self {
            service,
            seen_as: path.clone(),
            path,
            scheme: Scheme::TokenAndHmac,
        }
    }

    /// The path that the application sees, where a proxy in front of it changes the public one.
    #[must_use]
    pub fn seen_as(mut self, path: impl Into<String>) -> Self {
        self.seen_as = path.into();
        self
    }

    /// Takes notifications without a token here, signed with DOKU's RSA key over
    /// `METHOD:path:bodyDigest:timestamp`, and no others.
    ///
    /// Old samples of DOKU look like it; no page says that they are still sent (assumed).
    #[must_use]
    pub fn signed_with_rsa(mut self) -> Self {
        self.scheme = Scheme::Rsa;
        self
    }
}
