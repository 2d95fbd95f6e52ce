//! The members of a request or response, across references, with the path `contract.txt` uses.

use anyhow::{Result, bail};
use heck::AsLowerCamelCase;
use serde_json::Value;

use super::document::{Document, Operation};
use crate::json::escape;

/// Request or response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    Request,
    Response,
}

/// One member of a body, at any depth.
#[derive(Debug)]
pub(crate) struct Member {
    /// Name on the wire.
    pub(crate) wire: String,
    /// Path in the contract, such as `accountInfos[].availableBalance`.
    pub(crate) path: String,
    /// JSON pointer of its schema.
    pub(crate) at: String,
    /// Whether the object that holds it requires it.
    pub(crate) required: bool,
}

impl Side {
    /// How the contract marks the side.
    pub(crate) const fn mark(self) -> char {
        match self {
            Self::Request => '>',
            Self::Response => '<',
        }
    }

    /// JSON pointer of the side's schema, below the operation.
    pub(crate) fn schema(self, document: &Document, operation: &Operation) -> String {
        let body = match self {
            Self::Request => "requestBody".to_owned(),
            Self::Response => {
                let responses = document.get(&operation.at)["responses"].as_object();
                let status = responses.and_then(|all| all.keys().next());
                format!("responses/{}", status.map_or("200", String::as_str))
            }
        };
        format!("{}/{body}/content/application~1json/schema", operation.at)
    }
}

/// All members of one side of an operation, from the outside in.
pub(crate) fn members(
    document: &Document,
    operation: &Operation,
    side: Side,
) -> Result<Vec<Member>> {
    let mut found = Vec::new();
    collect(
        document,
        &side.schema(document, operation),
        "",
        0,
        &mut found,
    )?;
    Ok(found)
}

/// The name a member has in Rust, in the casing of the wire.
fn right_name(wire: &str, schema: &Value) -> String {
    match schema["x-name"].as_str() {
        Some(name) => AsLowerCamelCase(name).to_string(),
        None => wire.to_owned(),
    }
}

fn collect(
    document: &Document,
    at: &str,
    prefix: &str,
    depth: usize,
    found: &mut Vec<Member>,
) -> Result<()> {
    if depth > MAX_DEPTH {
        bail!(
            "{}: objects nested more than {MAX_DEPTH} deep, or in themselves",
            document.place(at)
        );
    }
    let (at, schema) = document.resolve(at)?;
    if schema["items"].is_object() {
        return collect(
            document,
            &format!("{at}/items"),
            &format!("{prefix}[]"),
            depth + 1,
            found,
        );
    }
    for (wire, member) in schema["properties"].as_object().into_iter().flatten() {
        let name = right_name(wire, member);
        let path = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}.{name}")
        };
        let at = format!("{at}/properties/{}", escape(wire));
        let required = schema["required"]
            .as_array()
            .is_some_and(|all| all.iter().any(|n| n == wire));
        found.push(Member {
            wire: wire.clone(),
            path: path.clone(),
            at: at.clone(),
            required,
        });
        if !is_amount_reference(document, &at) {
            collect(document, &at, &path, depth + 1, found)?;
        }
    }
    Ok(())
}

/// Value and currency of an amount are not members of the body.
fn is_amount_reference(document: &Document, at: &str) -> bool {
    document
        .resolve(at)
        .is_ok_and(|(target, _)| target.ends_with("/SnapAmount"))
}

const MAX_DEPTH: usize = 12;
