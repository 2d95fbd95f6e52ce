//! Pass 12: named string enums become open types: text with constants for the documented values.

use anyhow::{Result, bail};
use heck::{ToShoutySnakeCase, ToUpperCamelCase};
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
        check(document.get(&at), &document.place(&at))?;
    }
    Ok(())
}

fn check(schema: &Value, place: &str) -> Result<()> {
    if schema["type"] != "string" {
        bail!("{place}: an enum of something else than text; give it `type: string`");
    }
    let values = texts(&schema["x-values"]).filter(|values| !values.is_empty());
    let Some(values) = values else {
        bail!("{place}: an enum lists texts; write numbers in quotes");
    };
    if let Some(names) = schema.get("x-names")
        && texts(names).is_none_or(|names| names.len() != values.len())
    {
        let count = values.len();
        bail!("{place}: x-names is {names}; write one name for each of the {count} values");
    }
    let constants = constants(schema);
    for (index, (constant, value)) in constants.iter().enumerate() {
        if !is_constant(constant) {
            bail!(
                "{place}: `{value}` gives the constant `{constant}`, which is no name; set x-names, \
                 one for each value, in capitals"
            );
        }
        if let Some((_, other)) = constants[..index].iter().find(|(name, _)| name == constant) {
            bail!("{place}: `{value}` and `{other}` give one constant, {constant}; set x-names");
        }
    }
    Ok(())
}

/// Whether a component is a text with constants.
pub(crate) fn is_open_enum(schema: &Value) -> bool {
    schema.get("x-values").is_some()
}

/// The open enums: Rust name and schema.
pub(crate) fn open_enums(document: &Document) -> impl Iterator<Item = (String, &Value)> {
    let named = document.schemas();
    let named = named.filter(|(_, schema)| is_open_enum(schema));
    named.map(|(name, schema)| (name.to_upper_camel_case(), schema))
}

/// The constants of an open enum: Rust name and documented value.
pub(crate) fn constants(schema: &Value) -> Vec<(String, String)> {
    let values = texts(&schema["x-values"]).unwrap_or_default();
    let names = texts(&schema["x-names"]).unwrap_or_else(|| {
        let shouty = values.iter().map(|value| value.to_shouty_snake_case());
        shouty.collect()
    });
    names.into_iter().zip(values).collect()
}

fn texts(list: &Value) -> Option<Vec<String>> {
    let list = list.as_array()?.iter();
    list.map(|text| text.as_str().map(str::to_owned)).collect()
}

fn is_constant(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
