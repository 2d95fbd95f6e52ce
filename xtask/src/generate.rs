//! The chain from `imported.json` to the files of a product.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::settle::Wanted;
use crate::specs::{Product, crate_file};
use crate::{contract, emit, json, normalise, overlay, post, types};

/// What a product's inputs give.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) files: Vec<Wanted>,
    pub(crate) notices: Vec<String>,
}

/// Runs the chain in memory.
pub(crate) fn product(
    root: &Path,
    product: &Product,
    package: &str,
    imported: Value,
) -> Result<Output> {
    let authored = product.file("authored.yaml");
    if root.join(&authored).exists() {
        bail!("{authored}: authored operations are not built yet");
    }
    let corrected = overlay::apply(root, product, imported)?;
    let document = normalise::run(product, corrected)?;
    let items = post::run(&document, types::generate(&document)?)?;
    let mut files = vec![
        Wanted::new(
            &product.file("effective.json"),
            json::to_text(&document.root)?,
        ),
        Wanted::new(&product.file("contract.txt"), contract::text(&document)?),
    ];
    for (name, text) in emit::files(&document, &items, package)? {
        files.push(Wanted::new(&crate_file(package, &name), text));
    }
    let name = &product.name;
    let notices = document
        .notices
        .iter()
        .map(|notice| format!("{name}: {notice}"))
        .collect();
    Ok(Output { files, notices })
}
