//! JSON: reading without losing a member, writing, and comparing.

use std::fmt;

use anyhow::{Context, Result};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads JSON and refuses an object that holds a key twice.
///
/// serde_json keeps the last of two equal keys without a word, which would make a spec smaller
/// than its page.
pub(crate) fn parse(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str::<Strict>(text).map(|strict| strict.0)
}

/// Two-space indentation and a trailing newline.
pub(crate) fn to_text(value: &Value) -> Result<String> {
    let text = serde_json::to_string_pretty(value).context("JSON cannot be written")?;
    Ok(text + "\n")
}

/// One line per value that differs, as `<file>#<pointer>: added`.
pub(crate) fn changes(before: Option<&Value>, after: &Value, file: &str) -> Vec<String> {
    let mut lines = Vec::new();
    compare(before, Some(after), &format!("{file}#"), &mut lines);
    lines
}

/// One segment of a JSON pointer, escaped (RFC 6901).
pub(crate) fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

fn compare(before: Option<&Value>, after: Option<&Value>, at: &str, lines: &mut Vec<String>) {
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let gone = before.keys().filter(|key| !after.contains_key(*key));
            for key in after.keys().chain(gone) {
                let at = format!("{at}/{}", escape(key));
                compare(before.get(key), after.get(key), &at, lines);
            }
        }
        (None, Some(_)) => lines.push(format!("{at}: added")),
        (Some(_), None) => lines.push(format!("{at}: removed")),
        (before, after) if before != after => lines.push(format!("{at}: changed")),
        _ => {}
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Strict(value))) = members.next_entry::<String, Strict>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "`{key}` occurs twice in one object"
                )));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_occurs_twice_is_refused_at_any_depth() {
        let error = parse(r#"{"a": [{"b": 1, "b": 2}]}"#).unwrap_err();

        assert!(
            error
                .to_string()
                .starts_with("`b` occurs twice in one object"),
            "{error}"
        );
    }

    #[test]
    fn everything_else_reads_as_serde_json_reads_it() {
        let text = r#"{"z": null, "a": [true, 1, -1, 1.5, "x"], "m": {}}"#;

        assert_eq!(
            parse(text).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }

    #[test]
    fn changes_name_what_was_added_removed_and_changed() {
        let before = parse(r#"{"a/b": 1, "gone": 1, "same": 1}"#).unwrap();
        let after = parse(r#"{"a/b": 2, "same": 1, "new": 1}"#).unwrap();

        let lines = changes(Some(&before), &after, "f");

        assert_eq!(
            lines,
            ["f#/a~1b: changed", "f#/new: added", "f#/gone: removed"]
        );
    }
}
