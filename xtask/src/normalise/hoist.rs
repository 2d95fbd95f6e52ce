//! Pass 6: request and response schemas become components named after their operation, and
//! components with an `x-name` take it.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::document::{Document, reference_to};
use super::members::Side;
use crate::json::escape;

pub(super) fn run(document: &mut Document) -> Result<()> {
    rename_components(document)?;
    for operation in document.operations() {
        let media = "content/application~1json/schema";
        let request = format!("{}/requestBody/{media}", operation.at);
        hoist(
            document,
            &request,
            &document.type_name(&operation, Side::Request),
        )?;
        let statuses = document.get(&operation.at)["responses"]
            .as_object()
            .cloned();
        for (status, _) in statuses.into_iter().flatten() {
            let response = format!("{}/responses/{status}/{media}", operation.at);
            hoist(
                document,
                &response,
                &document.type_name(&operation, Side::Response),
            )?;
        }
    }
    Ok(())
}

fn hoist(document: &mut Document, at: &str, name: &str) -> Result<()> {
    let (found_at, schema) = document.resolve(at)?;
    let schema = schema.clone();
    if schema["type"] != "object" || !schema["properties"].is_object() {
        bail!(
            "{}: a body is an object with members",
            document.place(&found_at)
        );
    }
    let schemas = document.schemas_mut()?;
    let known = schemas.entry(name).or_insert_with(|| schema.clone());
    if *known != schema {
        bail!(
            "{}: the component `{name}` exists with other content",
            document.place(at)
        );
    }
    document.note_move(name, &found_at);
    if let Some(slot) = document.root.pointer_mut(at) {
        *slot = json!({"$ref": reference_to(name)});
    }
    Ok(())
}

fn rename_components(document: &mut Document) -> Result<()> {
    let renamed: Vec<(String, String)> = document
        .schemas()
        .filter_map(|(name, schema)| Some((name.clone(), schema["x-name"].as_str()?.to_owned())))
        .collect();
    for (old, new) in renamed {
        let schemas = document.schemas_mut()?;
        if schemas.contains_key(&new) {
            bail!(
                "{}: the component `{new}` exists",
                document.place("/components/schemas")
            );
        }
        if let Some(mut schema) = schemas.shift_remove(&old) {
            schema
                .as_object_mut()
                .map(|members| members.shift_remove("x-name"));
            schemas.insert(new.clone(), schema);
        }
        document.note_move(&new, &format!("/components/schemas/{}", escape(&old)));
        redirect(&mut document.root, &reference_to(&old), &reference_to(&new));
        document
            .notices
            .push(format!("/components/schemas/{old}: renamed to {new}"));
    }
    Ok(())
}

/// Points every reference to `old` at `new`.
pub(super) fn redirect(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                if key == "$ref" && value == old {
                    *value = new.into();
                } else {
                    redirect(value, old, new);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, old, new)),
        _ => {}
    }
}
