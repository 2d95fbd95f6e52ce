//! The one serialization of a request: what comes out is hashed, signed and sent.

use std::{borrow::Cow, collections::HashSet, fmt};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};

/// Writes a request compactly, and refuses a body that names a member twice: DOKU would read one
/// of the two, and nobody knows which.
pub(crate) fn write(request: &impl Serialize) -> Result<Bytes, BodyError> {
    // Members of a request are the caller's data, so no message of serde_json goes further: it
    // would quote them.
    let mut bytes = serde_json::to_vec(request).map_err(|_| BodyError::Unwritable)?;
    // Compact already, unless a raw value inside the request brings its own whitespace along.
    if snap_sign::is_compact(&bytes) != Ok(true) {
        bytes = snap_sign::minify(&bytes).map_err(|_| BodyError::Unwritable)?;
    }
    match serde_json::from_slice::<UniqueMembers>(&bytes) {
        Ok(_) => Ok(bytes.into()),
        Err(error) if error.is_data() => Err(BodyError::DuplicateMember),
        Err(_) => Err(BodyError::Unwritable),
    }
}

/// Whether no object of an answer names a member twice. One that does can be read in two ways.
pub(crate) fn names_members_once(json: &[u8]) -> bool {
    serde_json::from_slice::<UniqueMembers>(json).is_ok()
}

/// Whether an answer is nested deeper than anything that means something.
pub(crate) fn is_deep(json: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    json.iter().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

const DEEPEST: usize = 64;

/// Why a request has no body that could be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    Unwritable,
    DuplicateMember,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unwritable => {
                "the request cannot be written as JSON; check that its amounts are decimal numbers \
                 with at most two decimals, and that it is not nested deeper than 127 levels"
            }
            Self::DuplicateMember => {
                "the request names a member twice; a key of `extra` is also a member of its own"
            }
        })
    }
}

impl std::error::Error for BodyError {}

/// Any JSON in which no object names a member twice; keeps nothing of it.
struct UniqueMembers;

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = UniqueMembers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueMembers, A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if !seen.insert(name) {
                return Err(A::Error::custom("a member occurs twice"));
            }
            map.next_value::<UniqueMembers>()?;
        }
        Ok(UniqueMembers)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<UniqueMembers, A::Error> {
        while list.next_element::<UniqueMembers>()?.is_some() {}
        Ok(UniqueMembers)
    }

    fn visit_bool<E>(self, _: bool) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_i64<E>(self, _: i64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_u64<E>(self, _: u64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_f64<E>(self, _: f64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_str<E>(self, _: &str) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_unit<E>(self) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[track_caller]
    fn write_raw(json: &str) -> Result<Bytes, BodyError> {
        write(&RawValue::from_string(json.to_owned()).unwrap())
    }

    #[test]
    fn a_member_named_twice_is_refused_at_any_depth() {
        let refused = Err(BodyError::DuplicateMember);

        assert_eq!(write_raw(r#"{"a":1,"a":2}"#), refused);
        assert_eq!(write_raw(r#"{"a":[{"b":null,"b":1.5}]}"#), refused);
        assert_eq!(write_raw(r#"{"a":1,"\u0061":2}"#), refused);
    }

    #[test]
    fn whitespace_of_a_raw_value_is_not_sent() {
        assert_eq!(write_raw("{ \"a\": [1,\n 2] }").unwrap(), r#"{"a":[1,2]}"#);
    }

    #[test]
    fn a_body_nested_too_deeply_is_not_called_a_duplicate() {
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));

        assert_eq!(write_raw(&deep), Err(BodyError::Unwritable));
    }

    #[test]
    fn depth_is_counted_outside_of_texts_only() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        let text = format!(r#"{{"a":"\"{}","b":{{}}}}"#, "[".repeat(100));

        assert!(!is_deep(nested(64).as_bytes()));
        assert!(is_deep(nested(65).as_bytes()));
        assert!(!is_deep(text.as_bytes()));
        assert!(!is_deep("{}".repeat(100).as_bytes()));
    }

    #[test]
    fn one_name_in_two_objects_is_no_duplicate() {
        let json = r#"{"a":{"x":1},"b":{"x":true},"c":[1.5,-1,"x"]}"#;

        assert_eq!(write_raw(json).unwrap(), json);
    }
}
