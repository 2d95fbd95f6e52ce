//! One JSON object, not too deep, no member twice: what every reader understands in the same way.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};

use crate::{Unreadable, message::Flaw};

pub(crate) fn check(json: &[u8]) -> Result<(), Unreadable> {
    let text = std::str::from_utf8(json).map_err(|_| Unreadable(Flaw::NotUtf8))?;
    if is_deep(json) {
        return Err(Unreadable(Flaw::TooDeep));
    }
    if !text
        .trim_start_matches([' ', '\t', '\r', '\n'])
        .starts_with('{')
    {
        return Err(Unreadable(Flaw::NotAnObject));
    }
    match serde_json::from_str::<Unambiguous>(text) {
        Ok(Unambiguous) => Ok(()),
        Err(error) if error.is_data() => Err(Unreadable(Flaw::MemberTwice)),
        Err(error) => Err(Unreadable(Flaw::NotJson {
            line: error.line(),
            column: error.column(),
        })),
    }
}

/// Whether whitespace stands inside a number or a name such as `true`, or is all that keeps two of them
/// apart: without it they would be another value. No JSON has it there.
pub(crate) fn has_split_value(json: &[u8]) -> bool {
    let is_scalar = |byte: u8| !matches!(byte, b'{' | b'}' | b'[' | b']' | b':' | b',' | b'"');
    let (mut in_string, mut escaped) = (false, false);
    // The byte before, if it is of a number or a name; and whether whitespace came since.
    let (mut scalar, mut spaced) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => (in_string, scalar, spaced) = (!in_string, false, false),
            _ if in_string => {}
            b' ' | b'\t' | b'\r' | b'\n' => spaced = true,
            byte if scalar && spaced && is_scalar(*byte) => return true,
            byte => (scalar, spaced) = (is_scalar(*byte), false),
        }
    }
    false
}

/// Whether objects and lists lie in each other more than [`MAX_DEPTH`] times. Looked at before anything
/// descends into them.
fn is_deep(json: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Any value without a member twice.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Unambiguous;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_unit<E>(self) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Unambiguous, A::Error> {
        while entries.next_element::<Unambiguous>()?.is_some() {}
        Ok(Unambiguous)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unambiguous, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a member twice"));
            }
            members.next_value::<Unambiguous>()?;
        }
        Ok(Unambiguous)
    }
}

const MAX_DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn refused(json: &str, flaw: &str) {
        let error = check(json.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(flaw), "{json}: {error}");
    }

    #[test]
    fn one_object_without_a_member_twice_passes() {
        for json in [
            "{}",
            " {\"a\":[1,-2.5e3,true,null,\"x\",{\"a\":{}}],\"b\":{\"a\":1}}\n",
            r#"{"brackets":"[[[{{{"}"#,
        ] {
            assert_eq!(check(json.as_bytes()), Ok(()), "{json}");
        }
    }

    #[test]
    fn what_two_readers_could_understand_differently_is_refused() {
        refused(r#"{"a":1,"a":1}"#, "twice");
        refused(r#"{"a":1,"\u0061":2}"#, "twice");
        refused(r#"{"x":[{"a":1,"a":2}]}"#, "twice");
        refused("{} {}", "line 1, column 4");
        refused("{}x", "not JSON");
        refused("\u{feff}{}", "not a JSON object");
        refused("[]", "not a JSON object");
        refused("null", "not a JSON object");
        refused("", "not a JSON object");
        refused("{\"a\":\n1e999}", "line 2");
        refused(r#"{"a":"\ud800"}"#, "not JSON");
        assert!(check(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn whitespace_that_keeps_two_values_apart_is_seen() {
        for json in ["1 2", "{\"a\":13 000}", "[tr\n\tue]", "-\r1", "1\t."] {
            assert!(has_split_value(json.as_bytes()), "{json}");
        }
        for json in [
            " { \"a b\" : [ 1 , 2 ] ,\n\"c\\\" 1 2\": true } ",
            "",
            " 1 ",
            "[1 ,2]",
        ] {
            assert!(!has_split_value(json.as_bytes()), "{json}");
        }
    }

    #[test]
    fn depth_is_limited_before_anything_descends() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));

        assert_eq!(check(nested(63).as_bytes()), Ok(()));
        refused(&nested(64), "deep");
        refused(&nested(1_000_000), "deep");
        refused(&"{\"a\":".repeat(10_000), "deep");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes);
        }
    }
}
