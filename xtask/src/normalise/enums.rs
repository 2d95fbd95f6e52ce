//! Pass 12: named string enums. Their open newtypes are not built yet, so it only stops.

use anyhow::{Result, bail};

use super::document::Document;

pub(super) fn run(document: &mut Document) -> Result<()> {
    let sides = document.sides();
    let named = document
        .schemas()
        .find(|(name, schema)| sides.contains_key(*name) && schema.get("enum").is_some());
    match named {
        None => Ok(()),
        Some((name, _)) => {
            let place = document.place(&format!("/components/schemas/{name}/enum"));
            bail!("{place}: open types for named enums are not built yet")
        }
    }
}
