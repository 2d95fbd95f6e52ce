//! `cargo xtask diff`: what a change of the contracts means for callers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use self::git::Commit;
use self::report::Comparison;
use crate::settle;

pub use self::grade::contract_changes;
pub use self::report::{Change, Level};

mod contract;
mod further;
mod git;
mod grade;
mod members;
mod parse;
mod print;
mod report;
mod words;

/// Compares the contracts of all products with those at `reference`; Markdown, one line each.
pub(crate) fn run(root: &Path, reference: &str) -> Result<Vec<String>> {
    let commit = Commit::find(root, reference)?;
    let mut products = commit.products();
    products.extend(products_now(root)?);
    let before = packages(commit.text(SPECS)?, &format!("{SPECS} at {reference}"))?;
    let after = packages(settle::read_text(root, SPECS)?, SPECS)?;
    let mut comparisons = Vec::new();
    for product in products {
        let file = format!("specs/{product}/{CONTRACT}");
        let packages = [&after, &before].map(|packages| packages.get(&product));
        let package = packages
            .into_iter()
            .flatten()
            .find_map(|known| known.package.clone());
        let package = package.with_context(|| {
            format!("{file}: {SPECS} has no crate for `{product}`; add it, or remove the file")
        })?;
        let old = commit.text(&file)?;
        let new = settle::read_text(root, &file)?;
        comparisons.push(Comparison {
            package,
            is_new: old.is_none(),
            is_gone: new.is_none(),
            changes: grade::compare(
                (&old.unwrap_or_default(), &format!("{file} at {reference}")),
                (&new.unwrap_or_default(), &file),
            )?,
        });
    }
    Ok(print::markdown(&comparisons, reference))
}

fn products_now(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join("specs")).context("specs cannot be listed")? {
        let entry = entry.context("specs cannot be listed")?;
        if entry.path().join(CONTRACT).exists() {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

/// What a comparison needs of a product in `specs.toml`. Other keys may be those of another time.
#[derive(Debug, Deserialize)]
struct Package {
    /// Absent while pages are imported and no crate is generated yet: such a product has no
    /// contract either.
    #[serde(rename = "crate")]
    package: Option<String>,
}

fn packages(specs: Option<String>, file: &str) -> Result<BTreeMap<String, Package>> {
    toml::from_str(&specs.unwrap_or_default()).with_context(|| file.to_owned())
}

const CONTRACT: &str = "contract.txt";
const SPECS: &str = "specs/specs.toml";
