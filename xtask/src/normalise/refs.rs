//! Pass 13: a `$ref` with siblings becomes `allOf` of one, because the OpenAPI reader that the
//! type generator uses drops the siblings without a word.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::document::Document;

pub(super) fn run(document: &mut Document) -> Result<()> {
    // A reference that leads nowhere stops here, with its place.
    for operation in document.operations() {
        for name in document.reach(document.get(&operation.at)) {
            document.resolve(&format!(
                "/components/schemas/{}",
                crate::json::escape(&name)
            ))?;
        }
    }
    document.visit_schemas(|schema, here| {
        here.before.meant(schema)?;
        wrap(schema);
        Ok(())
    })
}

fn wrap(schema: &mut Value) {
    let Some(members) = schema.as_object_mut().filter(|members| members.len() > 1) else {
        return;
    };
    if let Some(reference) = members.shift_remove("$ref") {
        let mut wrapped = Map::new();
        wrapped.insert("allOf".to_owned(), json!([{"$ref": reference}]));
        wrapped.append(members);
        *members = wrapped;
    }
}
