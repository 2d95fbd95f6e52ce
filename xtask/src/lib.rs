//! Specs in, code out: what `cargo xtask` does, as a library, so that tests can do it too.
//!
//! ```text
//! pages --import--> imported.json --overlay--> --authored--> --normalise--> effective.json,
//!       contract.txt
//!       --types (progenitor)--> --post--> --emit--> crates/<crate>/src/generated
//! contract.txt, and the one at a git ref --diff--> what the change means for callers
//! crates/snap-core/data/outcomes.toml --outcomes--> the table in snap-core, its page, the suite's
//!       cases
//! crates/snap-sandbox/behaviours.toml --behaviours--> its page
//! ```
//!
//! Nothing here but the soak touches the network or the clock: the same inputs give the same bytes.
//! Every step stops at what it does not understand and names the place.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::settle::{Finding, Wanted};
use crate::specs::{Product, Specs};

pub use crate::diff::{Change, Level, contract_changes};
pub use crate::import::read_page;
pub use crate::refresh::{NewPage, import_page};
pub use crate::soak::soak;
pub use crate::specs::Reader;

mod authored;
mod behaviours;
mod contract;
mod diff;
mod emit;
mod generate;
mod import;
mod json;
mod normalise;
mod outcomes;
mod overlay;
mod post;
mod refresh;
mod settle;
mod soak;
mod specs;
mod specs_edit;
mod strays;
mod types;
mod yaml;

/// Finds the root of the workspace: the nearest folder above `start` that holds `specs/specs.toml`.
///
/// # Errors
///
/// When there is none.
pub fn find_root(start: &Path) -> Result<PathBuf> {
    start
        .ancestors()
        .find(|folder| folder.join("specs/specs.toml").is_file())
        .map(Path::to_path_buf)
        .context("no specs/specs.toml here or above: run the command inside the workspace")
}

/// Writes `imported.json` of one product, or of all, and returns what changed and what no page
/// tells, one line each.
///
/// # Errors
///
/// When a page cannot be read exactly; the error names file and line.
pub fn import(root: &Path, product: Option<&str>) -> Result<Vec<String>> {
    let mut report = Vec::new();
    for product in Specs::read(root)?.select(product)? {
        let imported = import::product(root, product)?;
        let before = import::before(root, product)?;
        let (wanted, lines) = imported.settled(product, before.as_ref())?;
        settle::write(root, &[wanted], &[])?;
        report.extend(lines);
    }
    Ok(report)
}

/// Writes everything that follows from `imported.json`, and returns notices, one line each. A
/// product without a crate is left as it is. Without a product, also what follows from the outcome
/// table and from the behaviours of the local sandbox.
///
/// # Errors
///
/// When `imported.json` is not what the pages give, a later step meets what it does not understand,
/// or the outcome table leaves an answer without a rule.
pub fn generate(root: &Path, product: Option<&str>) -> Result<Vec<String>> {
    if product.is_none() {
        for wanted in [outcomes::files(root)?, behaviours::files(root)?] {
            settle::write(root, &wanted, &[])?;
        }
    }
    let mut report = Vec::new();
    for product in Specs::read(root)?.select(product)? {
        let Some(package) = &product.package else {
            report.push(format!("{}: no crate yet: imported only", product.name));
            continue;
        };
        let imported = import::product(root, product)?.document;
        require_current_import(root, product, &imported)?;
        let output = generate::product(root, product, package, imported)?;
        let surplus = settle::surplus(root, package, &output.files)?;
        settle::write(root, &output.files, &surplus)?;
        report.extend(output.notices);
    }
    Ok(report)
}

/// Compares what the inputs give with what is on disk, writes nothing, and returns one line per
/// stale, missing or surplus file, with the command that mends it. Empty when all is well.
///
/// A product whose chain stops, or an outcome table that is refused, is one line too, so that it
/// hides nothing about the others.
///
/// # Errors
///
/// When specs/specs.toml, or a folder it names, cannot be read.
pub fn check(root: &Path, product: Option<&str>) -> Result<Vec<String>> {
    let specs = Specs::read(root)?;
    let mut findings = match product {
        None => strays::find(root, &specs)?,
        Some(_) => Vec::new(),
    };
    let mut add = |result: Result<()>, found: &[Finding]| {
        findings.extend(found.iter().map(Finding::to_string));
        findings.extend(result.err().map(|error| format!("error: {error:#}")));
    };
    if product.is_none() {
        for wanted in [outcomes::files(root), behaviours::files(root)] {
            let mut found = Vec::new();
            add(check_files(root, wanted, &mut found), &found);
        }
    }
    for product in specs.select(product)? {
        let mut found = Vec::new();
        add(check_product(root, product, &mut found), &found);
    }
    Ok(findings)
}

fn check_files(root: &Path, wanted: Result<Vec<Wanted>>, found: &mut Vec<Finding>) -> Result<()> {
    found.extend(settle::compare(
        root,
        &wanted?,
        &[],
        "cargo xtask generate",
    )?);
    Ok(())
}

fn check_product(root: &Path, product: &Product, found: &mut Vec<Finding>) -> Result<()> {
    let imported = import::product(root, product)?.document;
    let wanted = Wanted::new(&product.file("imported.json"), json::to_text(&imported)?);
    let cure = |command| format!("cargo xtask {command} {}", product.name);
    found.extend(settle::compare(root, &[wanted], &[], &cure("import"))?);
    let Some(package) = &product.package else {
        return Ok(());
    };
    let output = generate::product(root, product, package, imported)?;
    let surplus = settle::surplus(root, package, &output.files)?;
    let compared = settle::compare(root, &output.files, &surplus, &cure("generate"));
    found.extend(compared?);
    Ok(())
}

/// Compares every `contract.txt` with the one at a git ref, and returns the graded changes as
/// Markdown, one line each: what a pull request says about its meaning.
///
/// # Errors
///
/// When the ref names no commit, or a contract holds a line that is not understood.
pub fn diff(root: &Path, reference: &str) -> Result<Vec<String>> {
    diff::run(root, reference)
}

fn require_current_import(
    root: &Path,
    product: &Product,
    imported: &serde_json::Value,
) -> Result<()> {
    let file = product.file("imported.json");
    if settle::read_text(root, &file)? != Some(json::to_text(imported)?) {
        bail!(
            "{file} is not what the pages give: run `cargo xtask import {}` and read the \
             difference before generating from it",
            product.name
        );
    }
    Ok(())
}
