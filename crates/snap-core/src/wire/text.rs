use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::de;

/// Defines a text with a meaning of its own, read from text or number and kept as received.
macro_rules! wire_text {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<String>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                de::text(deserializer).map(Self)
            }
        }
    };
}

wire_text! {
    /// The merchant's own identity of a transaction, `partnerReferenceNo`.
    ///
    /// Made and stored by the caller before the call, and never changed by the library. At most 64
    /// characters in general (ASPI).
    PartnerReferenceNo
}

wire_text! {
    /// A time in a body, as received.
    ///
    /// DOKU's pages show times with and without an offset, with fractions, and with a stray space
    /// (`2024-09-17T14:41:52. 022+07:00`), so the text is kept as it is.
    WireTime
}
