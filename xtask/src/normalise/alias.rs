//! Pass 14: components that only point at another one are folded into it.

use anyhow::Result;

use super::document::{Document, component_of, reference_to};
use super::hoist::redirect;

pub(super) fn run(document: &mut Document) -> Result<()> {
    let pointing: Vec<String> = document
        .schemas()
        .filter(|(_, schema)| {
            schema.as_object().is_some_and(|only| only.len() == 1)
                && schema["$ref"]
                    .as_str()
                    .is_some_and(|to| component_of(to).is_some())
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in pointing {
        // Looked up again, because an earlier fold may have moved it.
        let schema = document.schemas_mut()?.shift_remove(&name);
        let target = schema.and_then(|schema| schema["$ref"].as_str().map(str::to_owned));
        if let Some(target) = target {
            redirect(&mut document.root, &reference_to(&name), &target);
        }
    }
    Ok(())
}
