//! Files in the generator's places that no product of specs/specs.toml accounts for.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::outcomes;
use crate::specs::{Product, Specs};

/// One line per page that is not listed, folder of no product, and generated code of no product,
/// each with the cure.
pub(crate) fn find(root: &Path, specs: &Specs) -> Result<Vec<String>> {
    let products = specs.select(None)?;
    let mut found = Vec::new();
    for folder in folders(root, "specs")? {
        match products.iter().find(|product| product.name == folder) {
            Some(product) => found.extend(unlisted_pages(root, product)?),
            None => found.push(format!(
                "surplus: specs/{folder}: no product of specs/specs.toml: add it there or delete \
                 the folder"
            )),
        }
    }
    for package in folders(root, "crates")? {
        let generated = format!("crates/{package}/src/generated");
        let is_known = package == outcomes::PACKAGE
            || products
                .iter()
                .any(|product| product.package.as_deref() == Some(package.as_str()));
        if root.join(&generated).exists() && !is_known {
            found.push(format!(
                "surplus: {generated}: no product of specs/specs.toml has this crate: add it there \
                 or delete the folder"
            ));
        }
    }
    Ok(found)
}

fn unlisted_pages(root: &Path, product: &Product) -> Result<Vec<String>> {
    let names = entries(root, &product.file("pages"))?;
    let unlisted = names.into_iter().filter(|name| {
        let file = format!("pages/{name}");
        !product.pages.iter().any(|page| page.file == file)
    });
    Ok(unlisted
        .map(|name| {
            let path = product.file(&format!("pages/{name}"));
            format!("surplus: {path}: not listed in specs/specs.toml: list it there or delete it")
        })
        .collect())
}

fn folders(root: &Path, folder: &str) -> Result<Vec<String>> {
    let mut names = entries(root, folder)?;
    names.retain(|name| root.join(folder).join(name).is_dir());
    Ok(names)
}

/// Names in a folder, sorted; none when there is no such folder.
fn entries(root: &Path, folder: &str) -> Result<Vec<String>> {
    let path = root.join(folder);
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).with_context(|| format!("{folder} cannot be listed"))? {
        let entry = entry.with_context(|| format!("{folder} cannot be listed"))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
