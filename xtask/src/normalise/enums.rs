//! Pass 12: named string enums become open types: text with constants for the documented values.

use anyhow::{Result, bail};
use heck::ToShoutySnakeCase;
use serde_json::Value;

use super::document::Document;
use crate::json::escape;

pub(super) fn run(document: &mut Document) -> Result<()> {
    let sides = document.sides();
    let named: Vec<String> = document
        .schemas()
        .filter(|(name, schema)| sides.contains_key(*name) && schema.get("enum").is_some())
        .map(|(name, _)| name.clone())
        .collect();
    for name in named {
        let at = format!("/components/schemas/{}", escape(&name));
        let members = document.object_mut(&at)?;
        let values = members.shift_remove("enum");
        members.insert("x-values".to_owned(), values.unwrap_or(Value::Null));
        let schema = document.get(&at);
        if schema["type"] != "string" {
            bail!(
                "{}: an enum of something else than text",
                document.place(&at)
            );
        }
        let constants = constants(schema);
        let count = schema["x-values"].as_array().map_or(0, Vec::len);
        let place = document.place(&at);
        if count == 0 || constants.len() != count {
            bail!("{place}: an enum lists texts, and x-names one name for each of them");
        }
        for (index, (constant, value)) in constants.iter().enumerate() {
            if !is_constant(constant) {
                bail!("{place}: `{value}` gives no name of a constant; set x-names");
            }
            if let Some((_, other)) = constants[..index].iter().find(|(name, _)| name == constant) {
                bail!("{place}: `{value}` and `{other}` give one constant, {constant}");
            }
        }
    }
    Ok(())
}

/// Whether a component is a text with constants.
pub(crate) fn is_open_enum(schema: &Value) -> bool {
    schema.get("x-values").is_some()
}

/// The constants of an open enum: Rust name and documented value.
pub(crate) fn constants(schema: &Value) -> Vec<(String, String)> {
    let texts = |key: &str| -> Option<Vec<String>> {
        let list = schema.get(key)?.as_array()?;
        list.iter()
            .map(|text| text.as_str().map(str::to_owned))
            .collect()
    };
    let values = texts("x-values").unwrap_or_default();
    let names = texts("x-names").unwrap_or_else(|| {
        values
            .iter()
            .map(|value| value.to_shouty_snake_case())
            .collect()
    });
    names.into_iter().zip(values).collect()
}

fn is_constant(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
