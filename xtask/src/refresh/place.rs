//! Which page of `specs/specs.toml` a saved file is.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;

use anyhow::{Result, bail};
use serde_json::Value;

use super::{NewPage, Saved};
use crate::import;
use crate::settle;
use crate::specs::{FILE, Page, Product, Reader};

/// Where the page belongs.
#[derive(Debug)]
pub(super) struct Place {
    /// Path below the product's folder.
    pub(super) file: String,
    /// What was recorded about the page before; nothing for a new one.
    before: Option<String>,
}

impl Place {
    pub(super) fn find(
        root: &Path,
        product: &Product,
        page: &NewPage,
        saved: &Saved,
        imported: Option<&Value>,
    ) -> Result<Self> {
        let Saved {
            name, operations, ..
        } = saved;
        let mut found = Vec::new();
        for entry in &product.pages {
            let known = described(root, product, entry, imported)?;
            if operations.iter().any(|operation| known.contains(operation)) {
                found.push((entry, known));
            }
        }
        if let Some(said) = page.operations.filter(|said| *said != operations.len()) {
            let count = operations.len();
            bail!("{name}: the number of its operations is {count}, `--operations` says {said}");
        }
        match found.as_slice() {
            [] => Self::new(root, product, page, saved),
            [(entry, known)] => {
                if page.operations.is_none() {
                    refuse_smaller(saved, entry, known)?;
                }
                let Page {
                    received,
                    operations,
                    reader,
                    ..
                } = entry;
                Ok(Self {
                    file: entry.file.clone(),
                    before: Some(facts(received, *operations, reader)),
                })
            }
            [(first, _), (second, _), ..] => bail!(
                "{name}: describes operations of {} and of {}: save each page alone; if an \
                 operation has moved, import the page that lost it first; if DOKU has united the \
                 pages, remove one of them and its entry of {}, and import again",
                product.file(&first.file),
                product.file(&second.file),
                FILE
            ),
        }
    }

    /// A page none of whose operations is known.
    fn new(root: &Path, product: &Product, page: &NewPage, saved: &Saved) -> Result<Self> {
        let name = &saved.name;
        let Some(url) = &page.url else {
            bail!(
                "{name}: no page of {} in {} has any of its operations ({}): a changed page has \
                 other paths now, or belongs to another product; a new page is added with `--url` \
                 and its address",
                product.name,
                FILE,
                some(&saved.operations)
            );
        };
        if !url.starts_with("https://") && !url.starts_with("http://") {
            bail!("`--url {url}` is not the address of a page, such as https://example.com/page");
        }
        let own = page.file.file_name().and_then(|name| name.to_str());
        let is_plain = |name: &&str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !name.starts_with('.') && name.bytes().all(is_plain)
        };
        let Some(own) = own.filter(is_plain) else {
            bail!("{name}: name the file with letters, digits, `-`, `_` and `.`, as it is kept so");
        };
        let file = format!("pages/{own}");
        let path = product.file(&file);
        // The page may have been saved in its place already.
        let held = settle::read_text(root, &path)?;
        let is_listed = product.pages.iter().any(|page| page.file == file);
        if is_listed || held.is_some_and(|held| held != saved.text) {
            bail!("{path} is there and another page: give {name} another name");
        }
        Ok(Self { file, before: None })
    }

    pub(super) fn summary(&self, root: &Path, product: &Product, saved: &Saved) -> Result<String> {
        let path = product.file(&self.file);
        let is_same = settle::read_text(root, &path)?.as_deref() == Some(saved.text.as_str());
        let Saved {
            received, reader, ..
        } = saved;
        let now = facts(received, saved.operations.len(), reader);
        Ok(match &self.before {
            None => format!("{path}: new: {now}"),
            Some(before) if is_same => format!("{path}: the same bytes: {now} (was {before})"),
            Some(before) => format!("{path}: {now} (was {before})"),
        })
    }
}

/// An operation that is gone is one that DOKU removed, or one that was not saved.
fn refuse_smaller(saved: &Saved, entry: &Page, known: &BTreeSet<String>) -> Result<()> {
    let found = saved.operations.len();
    let is_gone = |operation: &&String| !saved.operations.contains(operation);
    let gone: Vec<&str> = known.iter().filter(is_gone).map(String::as_str).collect();
    if gone.is_empty() && found >= entry.operations {
        return Ok(());
    }
    let gone = match gone.as_slice() {
        [] => String::new(),
        gone => format!(", without {}", some(gone)),
    };
    bail!(
        "{}: the number of its operations is {found}, {} has {}{gone}: save the whole page again; if \
         DOKU removed what is missing, say so with `--operations {found}`",
        saved.name,
        entry.file,
        entry.operations
    )
}

/// What an entry says about a page, for the report.
fn facts(received: &impl Display, operations: usize, reader: &Reader) -> String {
    let plural = if operations == 1 { "" } else { "s" };
    format!("{received}, {operations} operation{plural}, {reader}")
}

/// The first few operations: enough to see which page it is.
fn some<T: AsRef<str>>(operations: &[T]) -> String {
    let shown: Vec<&str> = operations.iter().take(3).map(AsRef::as_ref).collect();
    let more = match operations.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown.join(", ") + &more
}

/// The operations of a page that is held, as `POST /path`: those it describes, or, when the file
/// was saved over already, those that `imported.json` has from it.
fn described(
    root: &Path,
    product: &Product,
    page: &Page,
    imported: Option<&Value>,
) -> Result<BTreeSet<String>> {
    let path = product.file(&page.file);
    let read = page
        .bytes(root, &path)
        .and_then(|bytes| import::operations(page.reader, &path, &bytes, &page.explained));
    let error = match read {
        Ok(found) => return Ok(found.into_iter().collect()),
        Err(error) => error,
    };
    let imported = imported.and_then(|document| document["paths"].as_object());
    let mut known = BTreeSet::new();
    for (of, item) in imported.into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let place = operation["x-page"].as_str().unwrap_or_default();
            if place.rsplit_once(':').is_some_and(|(file, _)| file == path) {
                known.insert(format!("{} {of}", method.to_ascii_uppercase()));
            }
        }
    }
    if known.is_empty() {
        return Err(error);
    }
    Ok(known)
}
