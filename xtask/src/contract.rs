//! `contract.txt`: the meaning of a product, one fact per line, for the reviewer.

use anyhow::Result;
use serde_json::Value;

use crate::normalise::{
    Document, Member, Operation, Side, constants, is_open_enum, members, open_enums, snap_of,
};
use crate::overlay::is_low;

/// The contract of all operations, sorted by operation, then header, response, request; and the
/// constants of open enums.
pub(crate) fn text(document: &Document) -> Result<String> {
    let mut operations = document.operations();
    operations.sort_by(|a, b| a.id.cmp(&b.id));
    let mut lines = Vec::new();
    for operation in &operations {
        lines.extend(operation_lines(document, operation)?);
    }
    lines.extend(enum_lines(document));
    Ok(lines.join("\n") + "\n")
}

/// `Channel = DIRECT_DEBIT_ALLO_SNAP: DIRECT_DEBIT_ALLO_SNAP`: the constant and its value.
fn enum_lines(document: &Document) -> Vec<String> {
    let mut lines: Vec<String> = open_enums(document)
        .flat_map(|(name, schema)| {
            let line = move |(constant, value)| format!("{name} = {constant}: {value}");
            constants(schema).into_iter().map(line)
        })
        .collect();
    lines.sort();
    lines
}

fn operation_lines(document: &Document, operation: &Operation) -> Result<Vec<String>> {
    let snap = snap_of(document, operation)?;
    let Operation { id, path, .. } = operation;
    let method = operation.method.to_ascii_uppercase();
    let mut first = format!(
        "{id}: {method} {path} service={} token={} kind={}",
        snap.service_code,
        snap.token.name(),
        snap.kind.name()
    );
    if let Some(reference) = &snap.reference {
        first.push_str(&format!(" reference={reference}"));
    }
    if snap.unverified {
        first.push_str(" unverified");
    }
    let mut lines = vec![first];
    for (header, requirement) in &snap.headers {
        lines.push(format!("{id} # {header}: {}", requirement.name()));
    }
    for side in [Side::Response, Side::Request] {
        let mut facts = Vec::new();
        for member in members(document, operation, side)? {
            facts.push(format!("{id} {} {}", side.mark(), fact(document, &member)?));
        }
        facts.sort();
        lines.extend(facts);
    }
    Ok(lines)
}

fn fact(document: &Document, member: &Member) -> Result<String> {
    let schema = document.get(&member.at);
    let (target, meant) = document.resolve(&member.at)?;
    let mut words = vec![kind(schema, &target, meant)];
    if member.required {
        words.push("required".to_owned());
    }
    if meant.get("additionalProperties").is_some() {
        words.push("open".to_owned());
    }
    if schema["x-shape"] == "one-or-many" {
        words.push("one-or-many".to_owned());
    }
    if schema["x-shape"] == "two-digits" {
        words.push("two-digits".to_owned());
    }
    if is_open_enum(meant) {
        words.push(format!(
            "enum={}",
            target.rsplit('/').next().unwrap_or_default()
        ));
    }
    words.extend(schema["x-class"].as_str().map(str::to_owned));
    words.extend(limits(&schema["x-limits"]));
    if let Some(default) = schema["x-default"].as_str() {
        words.push(format!("default={default}"));
    }
    let spellings: Vec<&str> = std::iter::once(member.wire.as_str())
        .chain(aliases(schema))
        .collect();
    let name = member.path.rsplit('.').next();
    if spellings.len() > 1 || name != Some(member.wire.as_str()) {
        words.push(format!("wire={}", spellings.join(",")));
    }
    if is_unconfirmed(schema) {
        words.push("?".to_owned());
    }
    let list = if words[0] == "list" { "[]" } else { "" };
    Ok(format!("{}{list}: {}", member.path, words.join(" ")))
}

fn kind(schema: &Value, target: &str, meant: &Value) -> String {
    let name = match target.rsplit_once('/').map_or("", |(_, name)| name) {
        "SnapAmount" => "amount",
        "SnapReference" => "reference",
        "SnapSecret" => "text",
        "SnapStatus" => "status",
        "SnapTime" => "time",
        _ if schema["x-shape"] == "free" => "json",
        _ => match meant["type"].as_str() {
            Some("string") => "text",
            Some("boolean") => "flag",
            Some("array") => "list",
            _ => "object",
        },
    };
    name.to_owned()
}

fn limits(limits: &Value) -> Vec<String> {
    let members = limits.as_object().into_iter().flatten();
    let mut words: Vec<String> = members
        .filter(|(key, _)| !["source", "channels", "required-for"].contains(&key.as_str()))
        .map(|(key, value)| match value {
            Value::String(text) => format!("{key}={text}"),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(plain).collect();
                format!("{key}={}", items.join("|"))
            }
            other => format!("{key}={other}"),
        })
        .collect();
    for (channel, limit) in limits["channels"].as_object().into_iter().flatten() {
        let refused = if limit["refuse"] == true { "!" } else { "" };
        for key in ["min", "max"] {
            if let Some(count) = limit.get(key) {
                words.push(format!("{key}[{channel}]={count}{refused}"));
            }
        }
    }
    if let Some(channels) = limits["required-for"]["channels"].as_array() {
        let channels: Vec<String> = channels.iter().map(plain).collect();
        words.push(format!("required-for={}", channels.join("|")));
    }
    words
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Further wire names read for a member.
pub(crate) fn aliases(schema: &Value) -> impl Iterator<Item = &str> {
    schema["x-aliases"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Whether a member rests on something else than DOKU's own word.
pub(crate) fn is_unconfirmed(schema: &Value) -> bool {
    is_low(&schema["x-confidence"])
}
