use std::fmt;

/// What is wrong with a customer's tokens; see [`crate::Error::customer_error`].
///
/// `Display` says what the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CustomerError {
    /// There are no tokens of this customer, or none that can be renewed: bind the account (again)
    /// and pass the new code to [`crate::CustomerSession::authorize`].
    AuthorizationRequired,
    /// The customer has unlinked the merchant. The tokens are kept but not used: calls fail at once
    /// until there is a new authorization or import.
    ///
    /// As the answer to an auth code it may also mean that the code was used before or is wrong;
    /// tokens that are there then go on being used.
    ///
    /// DOKU answers `4017400` to the grant; a production client reads it so (third party), and the
    /// standard gives the code to a wrong signature as well. It is taken for this only while the
    /// same key obtains B2B tokens.
    Unlinked,
    /// An auth code was sent and nobody knows whether it was used up. No money is at stake: try the
    /// same code once more, then bind again. The library never sends a code twice by itself.
    SessionUnknown,
    /// DOKU refused the customer's token on the operation, and there was no replay left. A plain
    /// token: get another. Managed tokens: the next call takes a new one; if that is refused too,
    /// bind again.
    TokenRefused,
}

impl fmt::Display for CustomerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AuthorizationRequired => {
                "the customer has to authorize: bind the account and pass the new auth code to \
                 `CustomerSession::authorize`"
            }
            Self::Unlinked => {
                "the customer has unlinked the merchant, or the auth code was no longer good: bind the \
                 account again"
            }
            Self::SessionUnknown => {
                "it is unknown whether the auth code was used up: try it once more, then bind the \
                 account again"
            }
            Self::TokenRefused => {
                "the customer's token was refused: get another one, and bind the account again if \
                 that is refused too"
            }
        })
    }
}

impl std::error::Error for CustomerError {}
