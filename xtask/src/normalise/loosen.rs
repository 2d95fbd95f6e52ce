//! Pass 8: limits become documentation, and responses accept what DOKU may send.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::document::{Document, Visit};

pub(super) fn run(document: &mut Document) -> Result<()> {
    let mut notices = Vec::new();
    document.visit_schemas(|schema, here| {
        let Some(members) = schema.as_object_mut() else {
            bail!("{}: a schema is an object", here.place());
        };
        refuse(members, here)?;
        unwrap_all_of(members, here)?;
        move_limits(members, here);
        if members
            .get("format")
            .is_some_and(|format| format == "date-time")
        {
            members.entry("x-shape").or_insert(json!("time"));
        }
        members.retain(|key, _| !DROPPED.contains(&key.as_str()));
        drop_additional(members, here)?;
        loosen_type(members, here, &mut notices)
    })?;
    document.notices.extend(notices);
    Ok(())
}

fn refuse(members: &Map<String, Value>, here: &Visit<'_>) -> Result<()> {
    let known = |key: &String| {
        [KEPT, DROPPED, LIMITS]
            .iter()
            .any(|list| list.contains(&key.as_str()))
    };
    match members.keys().find(|key| !known(key)).map(String::as_str) {
        None => Ok(()),
        Some("x-default") => bail!("{}: `x-default` is not built yet", here.place()),
        Some(key @ ("oneOf" | "anyOf" | "not")) => bail!(
            "{}: `{key}` has no Rust type that reads it exactly; state one shape in the overlay",
            here.place()
        ),
        Some(key) => bail!("{}: `{key}` is not understood in a schema", here.place()),
    }
}

fn unwrap_all_of(members: &mut Map<String, Value>, here: &Visit<'_>) -> Result<()> {
    let Some(all) = members.shift_remove("allOf") else {
        return Ok(());
    };
    match all.as_array().map(Vec::as_slice) {
        Some([Value::Object(only)]) if only.len() == 1 && only.contains_key("$ref") => {
            members.insert("$ref".to_owned(), only["$ref"].clone());
            Ok(())
        }
        _ => bail!("{}: only `allOf` of one `$ref` is understood", here.place()),
    }
}

fn move_limits(members: &mut Map<String, Value>, here: &Visit<'_>) {
    let mut limits = Map::new();
    for (key, name) in [
        ("minLength", "min"),
        ("maxLength", "max"),
        ("pattern", "pattern"),
    ] {
        if let Some(value) = members.shift_remove(key) {
            limits.insert(name.to_owned(), value);
        }
    }
    // The enum of a component is a type; pass 12 sees to it.
    if !here.is_component()
        && let Some(values) = members.shift_remove("enum")
    {
        limits.insert("values".to_owned(), values);
    }
    if !limits.is_empty() {
        members.insert("x-limits".to_owned(), Value::Object(limits));
    }
}

fn drop_additional(members: &mut Map<String, Value>, here: &Visit<'_>) -> Result<()> {
    match members.get("additionalProperties") {
        None => Ok(()),
        Some(Value::Bool(_)) => {
            members.shift_remove("additionalProperties");
            Ok(())
        }
        Some(_) => bail!("{}: maps of one type are not built yet", here.place()),
    }
}

fn loosen_type(
    members: &mut Map<String, Value>,
    here: &Visit<'_>,
    notices: &mut Vec<String>,
) -> Result<()> {
    if !here.sides.request && members.contains_key("properties") {
        members.shift_remove("required");
    }
    let kind = members
        .get("type")
        .and_then(Value::as_str)
        .map(str::to_owned);
    match kind.as_deref() {
        Some("string" | "boolean" | "object") => Ok(()),
        Some("array") if members.contains_key("items") => Ok(()),
        Some("number" | "integer") if !here.sides.request => {
            members.insert("type".to_owned(), json!("string"));
            notices.push(format!("{}: a number, read as text", here.at));
            Ok(())
        }
        Some(kind @ ("number" | "integer")) => bail!(
            "{}: `{kind}` in a request has no exact Rust type; say in the overlay whether it is \
             text or an amount",
            here.place()
        ),
        None if members.contains_key("$ref") => Ok(()),
        None if members.get("x-shape").is_some_and(|shape| shape == "free") => Ok(()),
        _ => bail!(
            "{}: a schema without a type that is understood",
            here.place()
        ),
    }
}

const KEPT: &[&str] = &[
    "$ref",
    "additionalProperties",
    "allOf",
    "description",
    "items",
    "properties",
    "required",
    "type",
    "x-aliases",
    "x-confidence",
    "x-name",
    "x-shape",
    "x-source",
];
const DROPPED: &[&str] = &[
    "default",
    "example",
    "format",
    "nullable",
    "readOnly",
    "title",
    "writeOnly",
];
const LIMITS: &[&str] = &["enum", "maxLength", "minLength", "pattern"];
