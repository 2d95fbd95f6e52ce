//! Unites what the pages of a product say into one document.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::Block;

/// Unites blocks. What two of them describe, they must describe equally.
#[derive(Debug, Default)]
pub(super) struct Unite {
    info: Value,
    servers: Value,
    tags: Vec<Value>,
    paths: Map<String, Value>,
    components: Map<String, Value>,
}

impl Unite {
    pub(super) fn add(&mut self, block: Block) -> Result<()> {
        let Block {
            place, document, ..
        } = block;
        let Value::Object(members) = document else {
            bail!("{place}: the block is not an object");
        };
        for (key, value) in members {
            match key.as_str() {
                "openapi" => {}
                "info" => same(&mut self.info, value, &place, "info")?,
                "servers" => same(&mut self.servers, value, &place, "servers")?,
                "tags" => self.add_tags(value),
                "paths" => self.add_paths(value, &place)?,
                "components" => self.add_components(value, &place)?,
                _ => bail!("{place}: the OpenAPI block has `{key}`, which is not read yet"),
            }
        }
        Ok(())
    }

    fn add_tags(&mut self, tags: Value) {
        for tag in tags.as_array().into_iter().flatten() {
            if !self.tags.contains(tag) {
                self.tags.push(tag.clone());
            }
        }
    }

    fn add_paths(&mut self, paths: Value, place: &str) -> Result<()> {
        for (path, item) in object(paths, place, "paths")? {
            let united = self.paths.entry(path.clone()).or_insert_with(|| json!({}));
            for (method, mut operation) in object(item, place, &path)? {
                annotate(&mut operation, &path, place)?;
                let what = format!("{method} {path}");
                let slot = united
                    .as_object_mut()
                    .map(|item| item.entry(method).or_insert(Value::Null));
                same(
                    slot.context("a path item is an object")?,
                    operation,
                    place,
                    &what,
                )?;
            }
        }
        Ok(())
    }

    fn add_components(&mut self, components: Value, place: &str) -> Result<()> {
        for (section, named) in object(components, place, "components")? {
            let united = self
                .components
                .entry(section.clone())
                .or_insert_with(|| json!({}));
            for (name, component) in object(named, place, &section)? {
                let what = format!("components/{section}/{name}");
                let slot = united
                    .as_object_mut()
                    .map(|named| named.entry(name).or_insert(Value::Null));
                same(
                    slot.context("a section is an object")?,
                    component,
                    place,
                    &what,
                )?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Value> {
        let mut document = json!({"openapi": "3.0.3"});
        let members = [
            ("info", self.info),
            ("servers", self.servers),
            ("tags", self.tags.into()),
            ("paths", self.paths.into()),
            ("components", self.components.into()),
        ];
        for (name, value) in members {
            let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            if !empty {
                document[name] = value;
            }
        }
        check_ids(&document)?;
        Ok(document)
    }
}

fn object(value: Value, place: &str, what: &str) -> Result<Map<String, Value>> {
    match value {
        Value::Object(map) => Ok(map),
        _ => bail!("{place}: `{what}` is not an object"),
    }
}

fn same(slot: &mut Value, value: Value, place: &str, what: &str) -> Result<()> {
    if slot.is_null() {
        *slot = value;
    } else if *slot != value {
        bail!("{place}: `{what}` was described before, and differently: look at both pages");
    }
    Ok(())
}

/// Adds where the operation is from, and an id where the page gives none.
fn annotate(operation: &mut Value, path: &str, place: &str) -> Result<()> {
    let Some(members) = operation.as_object_mut() else {
        bail!("{place}: the operation at `{path}` is not an object");
    };
    if !members.contains_key("operationId") {
        members.insert("operationId".to_owned(), id_of(path).into());
    }
    members.insert("x-page".to_owned(), place.into());
    Ok(())
}

fn id_of(path: &str) -> String {
    let last = path
        .rsplit('/')
        .find(|segment| !segment.is_empty())
        .unwrap_or("operation");
    heck::AsLowerCamelCase(last).to_string()
}

fn check_ids(document: &Value) -> Result<()> {
    let mut ids: Vec<(&Value, &Value)> = Vec::new();
    let items = document["paths"].as_object().into_iter().flatten();
    for operation in items.flat_map(|(_, item)| item.as_object().into_iter().flatten()) {
        let (id, page) = (&operation.1["operationId"], &operation.1["x-page"]);
        if let Some((_, other)) = ids.iter().find(|(known, _)| *known == id) {
            let (page, other) = (page.as_str().unwrap_or_default(), other.as_str());
            bail!(
                "{page}: operationId {id} is also that of {}: an id is unique in a product",
                other.unwrap_or_default()
            );
        }
        ids.push((id, page));
    }
    Ok(())
}
