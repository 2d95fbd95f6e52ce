//! Pass 7: members that differ only in case become one member with an alias.

use anyhow::{Result, bail};
use heck::AsLowerCamelCase;
use serde_json::{Map, Value, json};

use super::document::{Document, Visit};

pub(super) fn run(document: &mut Document) -> Result<()> {
    let mut notices = Vec::new();
    document.visit_schemas(|schema, here| {
        let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            return Ok(());
        };
        merge(members, here, &mut notices)?;
        add_camel_case(members, here)?;
        declared(members, here, &mut notices)
    })?;
    document.notices.extend(notices);
    Ok(())
}

fn merge(
    members: &mut Map<String, Value>,
    here: &Visit<'_>,
    notices: &mut Vec<String>,
) -> Result<()> {
    let names: Vec<String> = members.keys().cloned().collect();
    for (index, name) in names.iter().enumerate() {
        let twin = names[..index]
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name));
        let Some(twin) = twin.filter(|twin| members.contains_key(*twin)) else {
            continue;
        };
        if what(&members[twin]) != what(&members[name]) {
            bail!("{}: `{twin}` and `{name}` differ in type", here.place());
        }
        members.shift_remove(name);
        add_alias(&mut members[twin.as_str()], name);
        notices.push(format!("{}: `{name}` is read as `{twin}`", here.at));
    }
    Ok(())
}

/// A wire name that starts with a capital is also read in camel case.
fn add_camel_case(members: &mut Map<String, Value>, here: &Visit<'_>) -> Result<()> {
    let names: Vec<String> = members.keys().cloned().collect();
    for name in names
        .iter()
        .filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
    {
        let camel = AsLowerCamelCase(name).to_string();
        if !here.sides.request && !members.contains_key(&camel) {
            add_alias(&mut members[name.as_str()], &camel);
        }
    }
    Ok(())
}

fn declared(
    members: &mut Map<String, Value>,
    here: &Visit<'_>,
    notices: &mut Vec<String>,
) -> Result<()> {
    for (name, member) in members.iter() {
        let Some(aliases) = member.get("x-aliases") else {
            continue;
        };
        if here.sides.request {
            bail!(
                "{}: `{name}` has aliases, but a request is only written",
                here.place()
            );
        }
        let aliases: Option<Vec<&str>> = aliases
            .as_array()
            .and_then(|list| list.iter().map(Value::as_str).collect());
        let Some(aliases) = aliases else {
            bail!(
                "{}: x-aliases of `{name}` is not a list of names",
                here.place()
            );
        };
        if let Some(known) = aliases.iter().find(|alias| members.contains_key(**alias)) {
            bail!(
                "{}: the alias `{known}` of `{name}` is a member itself",
                here.place()
            );
        }
        notices.push(format!(
            "{}/{name}: also read as {}",
            here.at,
            aliases.join(", ")
        ));
    }
    Ok(())
}

fn add_alias(member: &mut Value, alias: &str) {
    let slot = &mut member["x-aliases"];
    match slot.as_array_mut() {
        Some(list) if list.iter().any(|known| known == alias) => {}
        Some(list) => list.push(json!(alias)),
        None => *slot = json!([alias]),
    }
}

/// A schema without what is only said about it.
fn what(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut() {
        members.retain(|key, _| key != "description" && key != "example" && !key.starts_with("x-"));
    }
    schema
}
