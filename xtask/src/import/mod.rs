//! From published pages to one OpenAPI document per product.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use self::checks::Checks;
use self::unite::Unite;
use crate::json;
use crate::settle::{self, Wanted};
use crate::specs::{Explained, Page, Product, Reader};

pub(crate) use self::kind::recognise;

mod apidog_fields;
mod apidog_nest;
mod apidog_text;
mod checks;
mod example;
mod gitbook_md;
mod gitbook_text;
mod kind;
mod lines;
mod operation;
mod unite;

/// What the pages of a product say, and what they leave open.
#[derive(Debug)]
pub(crate) struct Imported {
    /// OpenAPI 3.0.3, in page order.
    pub(crate) document: Value,
    /// One line per thing no page tells.
    pub(crate) notices: Vec<String>,
}

impl Imported {
    /// The file to write, and what it changes and no page tells, one line each.
    pub(crate) fn settled(
        self,
        product: &Product,
        before: Option<&Value>,
    ) -> Result<(Wanted, Vec<String>)> {
        let file = product.file(FILE);
        let mut report = json::changes(before, &self.document, &file);
        report.extend(self.notices);
        let text = json::to_text(&self.document)?;
        Ok((Wanted::new(&file, text), report))
    }
}

/// What was imported before. A file that is not JSON is replaced like any other that is out of date.
pub(crate) fn before(root: &Path, product: &Product) -> Result<Option<Value>> {
    let text = settle::read_text(root, &product.file(FILE))?;
    Ok(text.and_then(|text| json::parse(&text).ok()))
}

/// Reads all pages of a product.
pub(crate) fn product(root: &Path, product: &Product) -> Result<Imported> {
    product_of(product, |page, path| page.bytes(root, path))
}

/// As [`product`]; `bytes` gives the content of a page, from the page and its path.
pub(crate) fn product_of(
    product: &Product,
    bytes: impl Fn(&Page, &str) -> Result<Vec<u8>>,
) -> Result<Imported> {
    let mut united = Unite::default();
    let mut notices = Vec::new();
    for page in &product.pages {
        let path = product.file(&page.file);
        let bytes = bytes(page, &path)?;
        for block in read(page, &path, &bytes, &mut notices)? {
            united.add(block)?;
        }
    }
    let mut document = united.finish()?;
    if document.get("info").is_none() {
        title(&mut document, &product.name);
    }
    Ok(Imported { document, notices })
}

/// Reads one published page into an OpenAPI document, without explanations for failed checks.
///
/// `name` is used in errors; `operations` is the number the page is known to describe.
///
/// # Errors
///
/// When the page cannot be read exactly, or describes another number of operations.
pub fn read_page(reader: Reader, name: &str, bytes: &[u8], operations: usize) -> Result<Value> {
    let mut united = Unite::default();
    let mut checks = Checks::new(name, &[]);
    for block in counted(name, operations, read_as(reader, name, bytes, &mut checks)?)? {
        united.add(block)?;
    }
    united.finish()
}

/// Method and path of every operation of a page, such as `POST /path`, in page order.
///
/// `explained` may hold more than fails here.
pub(crate) fn operations(
    reader: Reader,
    name: &str,
    bytes: &[u8],
    explained: &[Explained],
) -> Result<Vec<String>> {
    let mut checks = Checks::new(name, explained);
    let mut found = Vec::new();
    for block in read_as(reader, name, bytes, &mut checks)? {
        for (method, path) in block.operations() {
            let operation = format!("{} {path}", method.to_ascii_uppercase());
            if found.contains(&operation) {
                bail!("{}: `{operation}` is described twice", block.place);
            }
            found.push(operation);
        }
    }
    Ok(found)
}

/// One OpenAPI document found in a page.
#[derive(Debug)]
struct Block {
    /// `<file>:<line>` of its first line.
    place: String,
    document: Value,
    /// What the page does not tell about it, one line each.
    notices: Vec<String>,
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

fn read(page: &Page, path: &str, bytes: &[u8], notices: &mut Vec<String>) -> Result<Vec<Block>> {
    let mut checks = Checks::new(path, &page.explained);
    let blocks = read_as(page.reader, path, bytes, &mut checks)?;
    let blocks = counted(path, page.operations, blocks)?;
    notices.extend(checks.finish()?);
    notices.extend(blocks.iter().flat_map(|block| block.notices.clone()));
    Ok(blocks)
}

fn read_as(
    reader: Reader,
    path: &str,
    bytes: &[u8],
    checks: &mut Checks<'_>,
) -> Result<Vec<Block>> {
    match reader {
        Reader::GitbookMd => gitbook_md::read(path, bytes),
        Reader::GitbookText => gitbook_text::read(path, bytes, checks),
        Reader::ApidogText => apidog_text::read(path, bytes, checks),
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

/// The text of a rendered page has neither a title nor a version of the API; OpenAPI wants both.
fn title(document: &mut Value, product: &str) {
    let mut titled = json!({"openapi": "3.0.3", "info": {"title": product, "version": "1.0.0"}});
    if let (Some(titled), Value::Object(members)) = (titled.as_object_mut(), document.take()) {
        titled.extend(members);
    }
    *document = titled;
}

/// Reads the JSON of a block, without losing a member.
fn parse_block(text: &str, place: &str) -> Result<Value> {
    json::parse(text).with_context(|| format!("{place}: the block is not JSON"))
}

const FILE: &str = "imported.json";
