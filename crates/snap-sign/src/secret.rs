use std::fmt;

use zeroize::Zeroizing;

/// Defines a text that never reaches a log: redacted `Debug`, no `Display`, zeroed on drop.
macro_rules! secret_text {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// Takes the text as it is; nothing is trimmed or checked.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(Zeroizing::new(text.into()))
            }

            /// The text itself. What is done with it is the caller's responsibility.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
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

secret_text! {
    /// The secret key of a DOKU client (`SK-…`), which keys the symmetric signature.
    ///
    /// Its UTF-8 bytes are the HMAC key, without decoding of any kind.
    ClientSecret
}

secret_text! {
    /// A B2B access token, without the `Bearer ` prefix.
    ///
    /// Opaque: DOKU does not publish the key that signs it, so it is never decoded.
    AccessToken
}

secret_text! {
    /// The passphrase of an encrypted key file.
    Passphrase
}

secret_text! {
    /// The fields of a string-to-sign that holds an access token, joined.
    JoinedStringToSign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_secret_never_shows_it() {
        let printed = format!(
            "{:?} {:#?} {:?} {:?}",
            ClientSecret::new("canary"),
            AccessToken::new("canary"),
            Passphrase::new("canary"),
            JoinedStringToSign::new("canary"),
        );

        assert!(!printed.contains("canary"), "{printed}");
        assert!(printed.starts_with("ClientSecret([redacted])"), "{printed}");
    }
}
