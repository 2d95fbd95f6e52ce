use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

use crate::de;

/// One object or a list of them, for a member of a request about whose shape DOKU's documents
/// disagree. One is written as an object, many as a list.
///
/// ```
/// use snap_core::OneOrMany;
///
/// let documented: OneOrMany<u8> = 1.into();
/// let elsewhere: OneOrMany<u8> = vec![1].into();
/// assert_eq!(serde_json::to_string(&documented)?, "1");
/// assert_eq!(serde_json::to_string(&elsewhere)?, "[1]");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "JSON has these two forms")]
pub enum OneOrMany<T> {
    /// Written as it is.
    One(T),
    /// Written as a list, also when it holds only one.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl<T> From<T> for OneOrMany<T> {
    fn from(one: T) -> Self {
        Self::One(one)
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(many: Vec<T>) -> Self {
        Self::Many(many)
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(one) => one.serialize(serializer),
            Self::Many(many) => many.serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = de::raw(deserializer)?;
        match raw.get() {
            json if json.starts_with('[') => de::parse(json).map(Self::Many),
            json => de::parse(json).map(Self::One),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_written_as_they_are() {
        for (json, values) in [
            ("1", &[1][..]),
            ("[1]", &[1]),
            ("[1,2]", &[1, 2]),
            ("[]", &[]),
        ] {
            let read: OneOrMany<u8> = serde_json::from_str(json).unwrap();

            assert_eq!(read.as_slice(), values, "{json}");
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
        assert!(serde_json::from_str::<OneOrMany<u8>>(r#""canary""#).is_err());
    }
}
