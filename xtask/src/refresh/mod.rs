//! `cargo xtask import <product> <file>`: takes a newly saved page in.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use toml_edit::Datetime;

use self::day::received;
use self::place::Place;
use crate::import;
use crate::settle::{self, Wanted};
use crate::specs::{FILE, Product, Reader, Specs, sha256};
use crate::specs_edit::{Facts, with_page};

mod day;
mod place;

/// A page that was saved anew, and what a person says about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewPage {
    /// The saved file, anywhere.
    pub file: PathBuf,
    /// The day it was saved, as `2026-11-20`; that of the file's last change, in UTC, when absent.
    pub received: Option<String>,
    /// Where the page is published; needed for a page of new operations only.
    pub url: Option<String>,
    /// How many operations the page describes; needed when one is gone.
    pub operations: Option<usize>,
}

impl NewPage {
    /// A saved file, about which there is nothing more to say.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            received: None,
            url: None,
            operations: None,
        }
    }
}

/// Takes a saved page into `specs/<product>/pages`, brings its entry of `specs/specs.toml` up to
/// date, writes `imported.json`, and returns what changed and what no page tells, one line each.
///
/// Everything is read and checked before anything is written.
///
/// # Errors
///
/// When the page is of no known kind or cannot be read exactly, when it is not clear which page it
/// is, and when it lacks an operation that the page had and `operations` does not say so.
pub fn import_page(root: &Path, product: &str, page: &NewPage) -> Result<Vec<String>> {
    let text = Specs::text(root)?;
    let specs = Specs::parse(&text)?;
    let before = specs.product(product)?;
    let saved = Saved::read(page, before)?;
    let imported = import::before(root, before)?;
    let place = Place::find(root, before, page, &saved, imported.as_ref())?;
    let edited = with_page(&text, product, &saved.facts(&place, page))?;
    // Read back, so that what is written is what is meant.
    let specs = Specs::parse(&edited)?;
    write(
        root,
        specs.product(product)?,
        &saved,
        &place,
        edited,
        imported.as_ref(),
    )
}

/// Reads the product with the page in its place, and writes what differs.
fn write(
    root: &Path,
    product: &Product,
    saved: &Saved,
    place: &Place,
    specs: String,
    before: Option<&Value>,
) -> Result<Vec<String>> {
    let imported = import::product_of(product, |page, path| match page.file == place.file {
        true => Ok(saved.text.clone().into_bytes()),
        false => page.bytes(root, path),
    })?;
    let mut report = vec![place.summary(root, product, saved)?];
    let (imported, lines) = imported.settled(product, before)?;
    report.extend(lines);
    let wanted = [
        Wanted::new(&product.file(&place.file), saved.text.clone()),
        Wanted::new(FILE, specs),
        imported,
    ];
    settle::write(root, &wanted, &[])?;
    Ok(report)
}

/// The saved file, as it was read.
#[derive(Debug)]
struct Saved {
    name: String,
    /// The file, byte for byte.
    text: String,
    sha256: String,
    received: Datetime,
    reader: Reader,
    /// As `POST /path`.
    operations: Vec<String>,
}

impl Saved {
    fn read(page: &NewPage, product: &Product) -> Result<Self> {
        let name = page.file.display().to_string();
        let bytes = fs::read(&page.file).with_context(|| format!("{name} cannot be read"))?;
        let known = product.pages.iter().flat_map(|page| page.explained.clone());
        let known: Vec<_> = known.collect();
        let text = String::from_utf8(bytes)
            .with_context(|| format!("{name}: the page is not UTF-8: save it again"))?;
        let (reader, operations) = import::recognise(&name, &text, &known)?;
        Ok(Self {
            sha256: sha256(text.as_bytes()),
            text,
            received: received(page, &name)?,
            name,
            reader,
            operations,
        })
    }

    fn facts<'a>(&'a self, place: &'a Place, page: &'a NewPage) -> Facts<'a> {
        Facts {
            file: &place.file,
            url: page.url.as_deref(),
            received: self.received,
            sha256: &self.sha256,
            reader: self.reader,
            operations: self.operations.len(),
        }
    }
}
