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
        move_limits(members, here)?;
        keep_example(members, here);
        check_default(members, here)?;
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

fn move_limits(members: &mut Map<String, Value>, here: &Visit<'_>) -> Result<()> {
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
    if let Some(source) = members.shift_remove("x-limit-source") {
        limits.insert("source".to_owned(), source);
    }
    for (key, name) in [
        ("x-channel-limits", "channels"),
        ("x-required-for", "required-for"),
    ] {
        if let Some(value) = members.shift_remove(key) {
            check_channels(key, &value, here)?;
            limits.insert(name.to_owned(), value);
        }
    }
    if !limits.is_empty() {
        members.insert("x-limits".to_owned(), Value::Object(limits));
    }
    Ok(())
}

/// Limits that hold for some channels only: each with its source.
fn check_channels(key: &str, value: &Value, here: &Visit<'_>) -> Result<()> {
    let place = here.place();
    if here.sides.response {
        bail!("{place}: `{key}` is about what is sent; an answer has no such limit");
    }
    let entries: Vec<&Value> = match key {
        "x-channel-limits" => value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, e)| e)
            .collect(),
        _ => vec![value],
    };
    let known: &[&str] = match key {
        "x-channel-limits" => &["min", "max", "refuse", "x-source"],
        _ => &["channels", "x-source"],
    };
    let fits = |entry: &Value| {
        let members = entry.as_object().into_iter().flatten();
        let mut keys = members.map(|(key, _)| key.as_str());
        entry["x-source"].is_string() && keys.all(|key| known.contains(&key))
    };
    if entries.is_empty() || !entries.into_iter().all(fits) {
        bail!(
            "{place}: `{key}` has an x-source and nothing but {}",
            known.join(", ")
        );
    }
    Ok(())
}

/// The local sandbox answers with the documented example; a request's example is the page's
/// business only.
fn keep_example(members: &mut Map<String, Value>, here: &Visit<'_>) {
    let example = members.shift_remove("example").filter(Value::is_string);
    if let Some(example) = example.filter(|_| !here.sides.request) {
        members.insert("x-example".to_owned(), example);
    }
}

fn check_default(members: &Map<String, Value>, here: &Visit<'_>) -> Result<()> {
    match members.get("x-default") {
        None => Ok(()),
        Some(Value::String(_)) if here.sides.request && members["type"] == "string" => Ok(()),
        Some(_) => bail!(
            "{}: `x-default` is the text a request starts with",
            here.place()
        ),
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
    "x-channel-limits",
    "x-confidence",
    "x-default",
    "x-example",
    "x-limit-source",
    "x-name",
    "x-names",
    "x-required-for",
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
