//! Pass 8: limits become documentation, and responses accept what DOKU may send.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::document::{Document, Visit};
use super::limits;

pub(super) fn run(document: &mut Document) -> Result<()> {
    let mut notices = Vec::new();
    document.visit_schemas(|schema, here| {
        let Some(members) = schema.as_object_mut() else {
            return Ok(());
        };
        refuse(members, here)?;
        unwrap_all_of(members, here)?;
        limits::collect(members, here)?;
        keep_example(members, here);
        check_default(members, here)?;
        check_required(members, here)?;
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
        Some(Value::String(_)) if here.sides.request && is_text(members) => Ok(()),
        Some(default) => bail!(
            "{}: x-default is {default}; it is the text that a text member of a request starts with",
            here.place()
        ),
    }
}

/// A name that is required and not there would be required never, without a word.
fn check_required(members: &Map<String, Value>, here: &Visit<'_>) -> Result<()> {
    let Some(required) = members.get("required").filter(|_| here.sides.request) else {
        return Ok(());
    };
    let Some(names) = required.as_array() else {
        bail!(
            "{}: `required` is {required}; write a list of names",
            here.place()
        );
    };
    let known = members.get("properties").and_then(Value::as_object);
    let is_member = |name: &Value| {
        let name = name.as_str();
        name.is_some_and(|name| known.is_some_and(|known| known.contains_key(name)))
    };
    match names.iter().find(|name| !is_member(name)) {
        None => Ok(()),
        Some(name) => bail!("{}: {name} is required and is no member", here.place()),
    }
}

fn is_text(members: &Map<String, Value>) -> bool {
    members.get("type").is_some_and(|kind| kind == "string")
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
    "x-default",
    "x-example",
    "x-name",
    "x-names",
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
const LIMITS: &[&str] = &[
    "enum",
    "maxLength",
    "minLength",
    "pattern",
    "x-channel-limits",
    "x-limit-source",
    "x-required-for",
];
