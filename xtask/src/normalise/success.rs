//! Pass 4: keeps the one success response. Refusals have one shape and are read in `snap-core`.

use anyhow::{Result, bail};
use serde_json::Value;

use super::document::Document;

pub(super) fn run(document: &mut Document) -> Result<()> {
    for operation in document.operations() {
        let at = format!("{}/responses", operation.at);
        let place = document.place(&at);
        let Some(responses) = document.get(&at).as_object().cloned() else {
            bail!("{place}: the operation has no responses");
        };
        let kept: Vec<(String, Value)> = responses
            .into_iter()
            .filter(|(status, _)| status.starts_with('2'))
            .collect();
        let [(status, response)] = kept.as_slice() else {
            bail!(
                "{place}: {} success responses; exactly one is read",
                kept.len()
            );
        };
        if response
            .pointer("/content/application~1json/schema")
            .is_none()
        {
            bail!("{place}/{status}: the success response has no schema");
        }
        let operation = document.object_mut(&operation.at)?;
        operation.insert("responses".to_owned(), kept.into_iter().collect());
    }
    Ok(())
}
