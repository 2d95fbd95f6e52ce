//! Examples: kept as printed, and read for the shape of what no list describes.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::json;

/// A JSON example of a page.
#[derive(Debug)]
pub(super) struct Example {
    /// `<file>:<line>` where it begins.
    pub(super) place: String,
    pub(super) members: Map<String, Value>,
    /// As printed, without the whitespace between tokens.
    pub(super) compact: String,
}

impl Example {
    /// Reads an example, and refuses one that would not be written again as it is printed.
    pub(super) fn parse((text, place): (String, String)) -> Result<Self> {
        let value =
            json::parse(&text).with_context(|| format!("{place}: the example is not JSON"))?;
        let compact = compact(&text);
        let written = value.to_string();
        if written != compact {
            bail!(
                "{place}: the example cannot be kept as printed: `{compact}` would become \
                 `{written}`"
            );
        }
        let Value::Object(members) = value else {
            bail!("{place}: the example is not an object");
        };
        Ok(Self {
            place,
            members,
            compact,
        })
    }
}

/// What an example alone cannot tell, by member.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Members no list names: it is unknown whether they are required.
    pub(super) only_example: Vec<String>,
    /// Numbers that are read as text.
    numbers: Vec<String>,
    /// Amounts whose example is not one.
    amounts: Vec<String>,
    /// `additionalInfo` without members.
    free: Vec<String>,
}

impl Notes {
    /// One line per kind of gap.
    pub(super) fn lines(&self, place: &str, what: &str) -> Vec<String> {
        [
            (
                &self.only_example,
                "only the example shows it, so it is unknown whether it is required",
            ),
            (&self.numbers, "printed as a number, read as text"),
            (&self.amounts, "an amount by its name only"),
            (&self.free, "no members shown, so it is any JSON object"),
        ]
        .into_iter()
        .filter(|(members, _)| !members.is_empty())
        .map(|(members, gap)| format!("{place}: {what}: {gap}: {}", members.join(", ")))
        .collect()
    }
}

/// The schema of a member that nothing but its example describes.
///
/// An example number is never proof of a number: DOKU's pages retype text as numbers.
pub(super) fn schema_of(at: &str, value: &Value, notes: &mut Notes) -> Result<Value> {
    let name = at.rsplit('.').next().unwrap_or_default();
    let scalar = !value.is_object() && !value.is_array();
    if scalar && is_amount(name) {
        notes.amounts.push(at.to_owned());
        return Ok(amount());
    }
    if name == EXTRA && (value.is_null() || value.is_string()) {
        notes.free.push(at.to_owned());
        return Ok(json!({"type": "object"}));
    }
    match value {
        Value::Object(members) => object_of(at, members, notes),
        Value::Array(items) => {
            let mut united = Value::Null;
            for item in items {
                unite(&mut united, schema_of(&format!("{at}[]"), item, notes)?, at)?;
            }
            // An empty list says nothing about its items.
            let items = if united.is_null() {
                json!({"type": "object"})
            } else {
                united
            };
            Ok(json!({"type": "array", "items": items}))
        }
        _ => {
            if value.is_number() {
                notes.numbers.push(at.to_owned());
            }
            Ok(json!({"type": "string"}))
        }
    }
}

fn object_of(at: &str, members: &Map<String, Value>, notes: &mut Notes) -> Result<Value> {
    let mut properties = Map::new();
    for (name, value) in members {
        let schema = schema_of(&format!("{at}.{name}"), value, notes)?;
        properties.insert(name.clone(), schema);
    }
    if properties.is_empty() {
        return Ok(json!({"type": "object"}));
    }
    Ok(json!({"type": "object", "properties": properties}))
}

/// Items of one list may show different members, but not different types.
fn unite(united: &mut Value, schema: Value, at: &str) -> Result<()> {
    if united.is_null() || *united == schema {
        *united = schema;
        return Ok(());
    }
    if united["type"] != "object" || schema["type"] != "object" {
        bail!("`{at}`: the items of the list differ in type");
    }
    let more = schema.get("properties").and_then(Value::as_object);
    for (name, member) in more.into_iter().flatten() {
        let known = united["properties"][name].take();
        let mut known = known;
        unite(&mut known, member.clone(), &format!("{at}[].{name}"))?;
        united["properties"][name] = known;
    }
    Ok(())
}

/// `amount` and `*Amount` are amounts.
fn is_amount(name: &str) -> bool {
    name == "amount" || name.ends_with("Amount")
}

fn amount() -> Value {
    json!({
        "type": "object",
        "properties": {"value": {"type": "string"}, "currency": {"type": "string"}},
    })
}

/// Removes the whitespace between tokens.
fn compact(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        if !in_string && character.is_ascii_whitespace() {
            continue;
        }
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = in_string,
            '"' => in_string = !in_string,
            _ => {}
        }
        kept.push(character);
    }
    kept
}

/// The member that every SNAP body may carry.
const EXTRA: &str = "additionalInfo";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compacting_leaves_strings_as_they_are() {
        let printed = "{\n  \"a\\\" b\": [ 1,\n 2 ],\r\n\t\"c\": \"\\\\\" }\n";

        assert_eq!(compact(printed), "{\"a\\\" b\":[1,2],\"c\":\"\\\\\"}");
    }

    #[test]
    fn an_amount_that_is_printed_as_an_object_is_read_as_one() {
        let printed = json!({"value": 1.5, "currency": "IDR"});

        let schema = schema_of("flatAmount", &printed, &mut Notes::default()).unwrap();

        assert_eq!(schema, amount());
    }
}
