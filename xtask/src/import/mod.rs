//! From published pages to one OpenAPI document per product.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::json;
use crate::specs::{Page, Product, Reader};

mod gitbook_md;

/// Everything the pages of a product say, as OpenAPI 3.0.3, in page order.
pub(crate) fn product(root: &Path, product: &Product) -> Result<Value> {
    let mut united = Unite::default();
    for page in &product.pages {
        let path = product.file(&page.file);
        let bytes = page.bytes(root, &path)?;
        for block in read(page, &path, &bytes)? {
            united.add(block)?;
        }
    }
    united.finish()
}

/// Reads one GitBook page of the `.md` form into the OpenAPI document it carries.
///
/// `name` is used in errors; `operations` is the number the page is known to describe.
///
/// # Errors
///
/// When the page cannot be read exactly, or describes another number of operations.
pub fn read_page(name: &str, bytes: &[u8], operations: usize) -> Result<Value> {
    let mut united = Unite::default();
    for block in counted(name, operations, gitbook_md::read(name, bytes)?)? {
        united.add(block)?;
    }
    united.finish()
}

/// One OpenAPI document found in a page.
#[derive(Debug)]
struct Block {
    /// `<file>:<line>` of its first line.
    place: String,
    document: Value,
}

impl Block {
    fn operations(&self) -> Vec<(&str, &str)> {
        let paths = self.document.get("paths").and_then(Value::as_object);
        let items = paths.into_iter().flatten();
        items
            .filter_map(|(path, item)| Some((path, item.as_object()?)))
            .flat_map(|(path, item)| item.keys().map(|method| (method.as_str(), path.as_str())))
            .collect()
    }
}

fn read(page: &Page, path: &str, bytes: &[u8]) -> Result<Vec<Block>> {
    match page.reader {
        Reader::GitbookMd => counted(path, page.operations, gitbook_md::read(path, bytes)?),
        Reader::GitbookText | Reader::ApidogText => bail!(
            "{path}: the reader of this page is not built yet; use `gitbook-md` where DOKU serves \
             the `.md` form"
        ),
    }
}

fn counted(path: &str, expected: usize, blocks: Vec<Block>) -> Result<Vec<Block>> {
    let found: usize = blocks.iter().map(|block| block.operations().len()).sum();
    if found != expected {
        bail!(
            "{path}: describes {found} operations, specs/specs.toml says {expected}: look at the \
             page, then correct `operations`"
        );
    }
    Ok(blocks)
}

/// Unites blocks. What two of them describe, they must describe equally.
#[derive(Debug, Default)]
struct Unite {
    info: Value,
    servers: Value,
    tags: Vec<Value>,
    paths: Map<String, Value>,
    components: Map<String, Value>,
}

impl Unite {
    fn add(&mut self, block: Block) -> Result<()> {
        let Block { place, document } = block;
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

    fn finish(self) -> Result<Value> {
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

/// Reads the JSON of a block, without losing a member.
fn parse_block(text: &str, place: &str) -> Result<Value> {
    json::parse(text).with_context(|| format!("{place}: the block is not JSON"))
}
