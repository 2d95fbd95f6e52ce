//! The chain from `imported.json` to the files of a product.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use crate::settle::{self, Wanted};
use crate::specs::{Product, Sender, crate_file};
use crate::{authored, contract, emit, json, normalise, overlay, post, types};

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
    let corrected = overlay::apply(root, product, imported)?;
    let (complete, authored) = authored::merge(root, product, corrected)?;
    let document = normalise::run(product, complete, authored)?;
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
    if product.sender == Sender::Doku {
        return Ok(Output { files, notices });
    }
    let readme = crate_file(package, "README.md");
    if let Some(text) = settle::read_text(root, &readme)? {
        let text = emit::with_table(&document, &text, &readme)?;
        files.push(Wanted::new(&readme, text));
    }
    // The local sandbox reads the specs with code of its own, and is published without `specs/`.
    if root.join(SANDBOX).is_dir() {
        let copy = format!("{SANDBOX}/specs/{}.json", product.name);
        files.push(Wanted::new(&copy, json::to_text(&document.root)?));
    }
    Ok(Output { files, notices })
}

const SANDBOX: &str = "crates/snap-sandbox";
