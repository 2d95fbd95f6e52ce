//! Pass 10: `additionalInfo` keeps members that no page documents.

use anyhow::Result;
use serde_json::json;

use super::document::Document;
use crate::json::escape;

pub(super) fn run(document: &mut Document) -> Result<()> {
    let mut found = Vec::new();
    document.visit_schemas(|schema, here| {
        if schema["properties"].get(MEMBER).is_some() {
            found.push(format!("{}/properties/{}", here.at, escape(MEMBER)));
        }
        Ok(())
    })?;
    for at in found {
        let (at, meant) = document.resolve(&at)?;
        if meant["properties"].is_object() {
            document
                .object_mut(&at)?
                .insert("additionalProperties".to_owned(), json!({}));
        }
    }
    Ok(())
}

const MEMBER: &str = "additionalInfo";
