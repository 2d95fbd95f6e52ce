//! Pass 15: components that nothing refers to go; otherwise they would be dead public types.

use anyhow::Result;

use super::document::Document;

pub(super) fn run(document: &mut Document) -> Result<()> {
    let used = document.sides();
    document
        .schemas_mut()?
        .retain(|name, _| used.contains_key(name));
    Ok(())
}
