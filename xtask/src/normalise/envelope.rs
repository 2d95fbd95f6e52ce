//! Pass 5: takes the response code and message out of response bodies.
//!
//! They are the same for every operation, and `snap_core::Response` has them.

use anyhow::Result;
use serde_json::Value;

use super::document::Document;

pub(super) fn run(document: &mut Document) -> Result<()> {
    for operation in document.operations() {
        let responses = document.get(&operation.at)["responses"]
            .as_object()
            .cloned();
        for status in responses.into_iter().flatten().map(|(status, _)| status) {
            let schema = format!(
                "{}/responses/{status}/content/application~1json/schema",
                operation.at
            );
            let (at, _) = document.resolve(&schema)?;
            let body = document.object_mut(&at)?;
            if let Some(members) = body.get_mut("properties").and_then(Value::as_object_mut) {
                members.retain(|name, _| !ENVELOPE.contains(&name.as_str()));
            }
            if let Some(required) = body.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|name| !ENVELOPE.iter().any(|known| name == known));
            }
        }
    }
    Ok(())
}

const ENVELOPE: &[&str] = &["responseCode", "responseMessage"];
