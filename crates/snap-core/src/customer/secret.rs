use std::fmt;

use snap_sign::AccessToken;

use crate::SecretText;

/// Defines a secret of a customer: redacted `Debug`, no `Display`, no `Serialize`, zeroed on drop.
macro_rules! customer_secret {
    ($(#[$docs:meta])* $name:ident($inner:ty)) => {
        $(#[$docs])*
        #[derive(Clone)]
        pub struct $name(pub(crate) $inner);

        impl $name {
            /// Takes the text as it is; nothing is trimmed or checked.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(<$inner>::new(text))
            }

            /// The text itself. What is done with it is the caller's responsibility.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }
    };
}

customer_secret! {
    /// A customer's access token (B2B2C), without the `Bearer ` prefix.
    ///
    /// Sent as `Authorization-Customer: Bearer <token>`. Opaque, and never part of a signature.
    CustomerToken(AccessToken)
}

customer_secret! {
    /// What a customer's access token is renewed with.
    RefreshToken(AccessToken)
}

customer_secret! {
    /// The code a binding brings, to be exchanged for a customer's tokens.
    ///
    /// Direct debit: `additionalInfo.authCode` of the binding answer. DOKU Wallet: of the account
    /// inquiry, very probably encrypted (assumed): decrypt it first.
    AuthCode(SecretText)
}

impl From<SecretText> for AuthCode {
    fn from(text: SecretText) -> Self {
        Self(text)
    }
}

impl From<&SecretText> for AuthCode {
    fn from(text: &SecretText) -> Self {
        Self(text.clone())
    }
}

/// For members such as `tokenId` of an unbinding.
impl From<&CustomerToken> for SecretText {
    fn from(token: &CustomerToken) -> Self {
        Self::new(token.expose())
    }
}

/// For members such as `tokenId` of an unbinding.
impl From<CustomerToken> for SecretText {
    fn from(token: CustomerToken) -> Self {
        Self::from(&token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CustomerKey, CustomerTokenPair, CustomerTokens};

    #[test]
    fn debug_of_a_secret_or_a_key_never_shows_it() {
        let pair = CustomerTokenPair::new(CustomerToken::new("canary"))
            .with_refresh_token(RefreshToken::new("canary"), None);
        let printed = format!(
            "{:?} {:#?} {:?} {:?} {:?} {pair:?} {:?} {:?}",
            CustomerToken::new("canary"),
            RefreshToken::new("canary"),
            AuthCode::new("canary"),
            AuthCode::from(SecretText::new("canary")),
            CustomerKey::new("canary"),
            CustomerTokens::from(CustomerToken::new("canary")),
            CustomerTokens::from(CustomerKey::new("canary")),
        );

        assert!(!printed.contains("canary"), "{printed}");
        assert!(
            printed.starts_with("CustomerToken([redacted])"),
            "{printed}"
        );
    }

    #[test]
    fn a_token_goes_into_a_secret_member_as_it_is() {
        let member = SecretText::from(&CustomerToken::new("abc"));

        assert_eq!(member.expose(), "abc");
    }
}
