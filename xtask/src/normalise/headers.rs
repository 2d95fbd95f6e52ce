//! Pass 2: header parameters become `x-snap.headers`, without those that `snap-core` writes.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::document::{Document, Operation};

pub(super) fn run(document: &mut Document) -> Result<()> {
    for operation in document.operations() {
        let parameters = document.get(&operation.at)["parameters"].clone();
        for (index, parameter) in parameters.as_array().into_iter().flatten().enumerate() {
            let at = format!("{}/parameters/{index}", operation.at);
            let parameter = resolve(document, parameter, &at)?;
            place_header(document, &operation, &parameter, &at)?;
        }
        document
            .object_mut(&operation.at)?
            .shift_remove("parameters");
    }
    if let Ok(components) = document.object_mut("/components") {
        components.shift_remove("parameters");
    }
    Ok(())
}

fn resolve(document: &Document, parameter: &Value, at: &str) -> Result<Value> {
    let Some(reference) = parameter.get("$ref") else {
        return Ok(parameter.clone());
    };
    let target = reference
        .as_str()
        .and_then(|text| text.strip_prefix('#'))
        .unwrap_or_default();
    match document.get(target) {
        found @ Value::Object(_) => Ok(found.clone()),
        _ => bail!("{}: {reference} leads nowhere", document.place(at)),
    }
}

fn place_header(
    document: &mut Document,
    operation: &Operation,
    parameter: &Value,
    at: &str,
) -> Result<()> {
    let place = document.place(at);
    let name = parameter["name"].as_str().unwrap_or_default();
    if parameter["in"] != "header" {
        bail!(
            "{place}: `{name}` is a {} parameter; only headers are read",
            parameter["in"]
        );
    }
    let is = |known: &&str| known.eq_ignore_ascii_case(name);
    if is(&CUSTOMER) {
        let snap = snap_object(document, operation)?;
        snap.entry("token").or_insert(json!("b2b2c"));
    } else if let Some(header) = OWN.iter().copied().find(|known| is(known)) {
        let requirement = if parameter["required"] == true {
            "required"
        } else {
            "optional"
        };
        let snap = snap_object(document, operation)?;
        snap.entry("headers").or_insert_with(|| json!({}));
        let headers = document.object_mut(&format!("{}/x-snap/headers", operation.at))?;
        headers.entry(header).or_insert(json!(requirement));
    } else if !MANAGED.iter().any(is) {
        bail!(
            "{place}: the header `{name}` is not known: remove it in the overlay or teach the \
             `headers` pass what it is"
        );
    }
    Ok(())
}

fn snap_object<'a>(
    document: &'a mut Document,
    operation: &Operation,
) -> Result<&'a mut Map<String, Value>> {
    let members = document.object_mut(&operation.at)?;
    members.entry("x-snap").or_insert_with(|| json!({}));
    document.object_mut(&format!("{}/x-snap", operation.at))
}

/// Written by `snap-core`, which alone knows their values.
const MANAGED: &[&str] = &[
    "X-TIMESTAMP",
    "X-SIGNATURE",
    "X-PARTNER-ID",
    "X-EXTERNAL-ID",
    "X-CLIENT-KEY",
    "Authorization",
    "Content-Type",
];
const CUSTOMER: &str = "Authorization-Customer";

/// Headers whose value is the caller's; they become `x-snap.headers`.
pub(super) const OWN: &[&str] = &["CHANNEL-ID", "X-IP-ADDRESS", "X-DEVICE-ID"];
