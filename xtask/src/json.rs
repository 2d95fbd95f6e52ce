//! JSON: reading without losing a member, writing, and comparing.

use std::collections::BTreeMap;
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

/// One line per value that differs, as `<file>#<pointer>: added`; what was removed comes first.
///
/// An item of a list that names itself (a header, a required member) is shown as `[<name>]` behind
/// the list. Where an operation stands on its page is no difference.
pub(crate) fn changes(before: Option<&Value>, after: &Value, file: &str) -> Vec<String> {
    let mut lines = Vec::new();
    compare(before, Some(after), &format!("{file}#"), &mut lines);
    lines.sort_by_key(|line| !line.ends_with(": removed"));
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
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            compare_lists(before, after, at, lines);
        }
        (Some(_), Some(_)) if at.ends_with("/x-page") => {}
        (None, Some(_)) => lines.push(format!("{at}: added")),
        (Some(_), None) => lines.push(format!("{at}: removed")),
        (before, after) if before != after => lines.push(format!("{at}: changed")),
        _ => {}
    }
}

/// By name where every item has one of its own, else as a whole.
fn compare_lists(before: &[Value], after: &[Value], at: &str, lines: &mut Vec<String>) {
    let known = lines.len();
    if let (Some(before), Some(after)) = (by_name(before), by_name(after)) {
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        for name in after.keys().chain(gone) {
            let at = format!("{at}[{name}]");
            compare(
                before.get(name).copied(),
                after.get(name).copied(),
                &at,
                lines,
            );
        }
    }
    if lines.len() == known && before != after {
        lines.push(format!("{at}: changed"));
    }
}

fn by_name(items: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    let mut named = BTreeMap::new();
    for item in items {
        let name = match item {
            Value::String(text) => text,
            _ => item.get("name").or_else(|| item.get("$ref"))?.as_str()?,
        };
        if named.insert(name, item).is_some() {
            return None;
        }
    }
    Some(named)
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
            ["f#/gone: removed", "f#/a~1b: changed", "f#/new: added"]
        );
    }

    #[track_caller]
    fn check_lists(before: &str, after: &str, wanted: &[&str]) {
        let (before, after) = (parse(before).unwrap(), parse(after).unwrap());

        assert_eq!(changes(Some(&before), &after, "f"), wanted);
    }

    #[test]
    fn items_of_a_list_are_compared_by_name_where_each_has_its_own() {
        check_lists(
            r#"["a", "b"]"#,
            r#"["b", "c"]"#,
            &["f#[a]: removed", "f#[c]: added"],
        );
        check_lists(
            r#"[{"name": "X", "n": 1}, {"$ref": "Y"}]"#,
            r#"[{"name": "X", "n": 2}]"#,
            &["f#[Y]: removed", "f#[X]/n: changed"],
        );
        check_lists(r#"["a", "b"]"#, r#"["b", "a"]"#, &["f#: changed"]);
        check_lists(r#"["a", "a"]"#, r#"["a"]"#, &["f#: changed"]);
        check_lists("[1]", "[2]", &["f#: changed"]);
    }

    #[test]
    fn the_place_on_the_page_is_no_difference() {
        check_lists(r#"{"x-page": "p:1"}"#, r#"{"x-page": "p:2"}"#, &[]);
        check_lists(r#"{"x-page": "p:1"}"#, "{}", &["f#/x-page: removed"]);
    }
}
