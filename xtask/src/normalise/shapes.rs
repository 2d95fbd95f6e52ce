//! Pass 9: amounts, times, references and free JSON become types of their own.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::document::{Document, Visit, reference_to};
use super::snap::snap_of;
use crate::json::escape;

pub(super) fn run(document: &mut Document) -> Result<()> {
    document.visit_schemas(shape)?;
    for operation in document.operations() {
        let Some(member) = snap_of(document, &operation)?.reference else {
            continue;
        };
        let schema = format!(
            "{}/requestBody/content/application~1json/schema",
            operation.at
        );
        let (at, _) = document.resolve(&schema)?;
        mark_reference(document, &at, &member)?;
    }
    add_components(document)
}

fn shape(schema: &mut Value, here: &Visit<'_>) -> Result<()> {
    let meant = &here.before.meant(schema)?.clone();
    let declared = schema["x-shape"].as_str().map(str::to_owned);
    let fits = match declared.as_deref() {
        Some("amount") => is_amount(meant),
        Some("time" | "status" | "two-digits") => meant["type"] == "string",
        Some("one-or-many") => ["object", "array"]
            .iter()
            .any(|kind| meant["type"] == *kind),
        Some("free") | None => true,
        Some(other) => bail!("{}: x-shape `{other}` is not known", here.place()),
    };
    if !fits {
        let shape = declared.unwrap_or_default();
        bail!(
            "{}: x-shape `{shape}` does not fit {}",
            here.place(),
            short(meant)
        );
    }
    match declared.as_deref() {
        Some("one-or-many") => one_or_many(schema, meant, here),
        Some("time") => replace(schema, "SnapTime"),
        Some("status") => replace(schema, "SnapStatus"),
        Some("free") => free(schema),
        _ if is_amount(meant) => replace(schema, "SnapAmount"),
        _ if is_free(meant) => free(schema),
        _ => Ok(()),
    }
}

fn is_amount(schema: &Value) -> bool {
    let Some(members) = schema["properties"].as_object() else {
        return false;
    };
    let text = |name: &str| {
        members
            .get(name)
            .is_some_and(|member| member["type"] == "string")
    };
    members.len() == 2 && text("value") && text("currency")
}

fn is_free(schema: &Value) -> bool {
    schema["type"] == "object" && schema["properties"].as_object().is_none_or(Map::is_empty)
}

/// What is said about a member stays when its type is replaced.
fn said(schema: &Value) -> Map<String, Value> {
    let members = schema.as_object().into_iter().flatten();
    members
        .filter(|(key, _)| key.as_str() == "description" || key.starts_with("x-"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn replace(schema: &mut Value, name: &str) -> Result<()> {
    let mut members = said(schema);
    members.shift_remove("x-shape");
    members.insert("$ref".to_owned(), reference_to(name).into());
    *schema = Value::Object(members);
    Ok(())
}

fn free(schema: &mut Value) -> Result<()> {
    let mut members = said(schema);
    members.insert("x-shape".to_owned(), json!("free"));
    *schema = Value::Object(members);
    Ok(())
}

fn one_or_many(schema: &mut Value, meant: &Value, here: &Visit<'_>) -> Result<()> {
    if here.sides.request && here.sides.response {
        bail!(
            "{}: one-or-many is read and written differently; a type of both sides cannot be it",
            here.place()
        );
    }
    if schema["type"] == "array" {
        return Ok(());
    }
    if meant["type"] == "array" {
        bail!(
            "{}: one-or-many on a reference to a list is not built yet",
            here.place()
        );
    }
    let mut items = schema.clone();
    if let Some(members) = items.as_object_mut() {
        members.retain(|key, _| key != "description" && !key.starts_with("x-"));
    }
    let mut members = said(schema);
    members.insert("type".to_owned(), json!("array"));
    members.insert("items".to_owned(), items);
    *schema = Value::Object(members);
    Ok(())
}

fn mark_reference(document: &mut Document, at: &str, member: &str) -> Result<()> {
    let place = document.place(at);
    let body = document.get(at);
    let is_text = body["properties"][member]["type"] == "string";
    let required = body["required"]
        .as_array()
        .is_some_and(|list| list.iter().any(|n| n == member));
    if !is_text || !required {
        bail!("{place}: the reference `{member}` is not a required text of the request");
    }
    let slot = document
        .root
        .pointer_mut(&format!("{at}/properties/{}", escape(member)));
    slot.map_or(Ok(()), |schema| replace(schema, "SnapReference"))
}

fn add_components(document: &mut Document) -> Result<()> {
    let amount = json!({
        "type": "object",
        "properties": {"value": {"type": "string"}, "currency": {"type": "string"}},
    });
    let schemas = document.schemas_mut()?;
    for (name, schema) in [
        ("SnapAmount", amount),
        ("SnapReference", json!({"type": "string"})),
        ("SnapSecret", json!({"type": "string"})),
        ("SnapStatus", json!({"type": "string"})),
        ("SnapTime", json!({"type": "string"})),
    ] {
        if schemas.insert(name.to_owned(), schema).is_some() {
            bail!("the component name `{name}` is the generator's own");
        }
    }
    Ok(())
}

fn short(schema: &Value) -> String {
    let text = schema.to_string();
    if text.chars().count() <= SHORT {
        text
    } else {
        text.chars().take(SHORT).chain("...".chars()).collect()
    }
}

const SHORT: usize = 80;
