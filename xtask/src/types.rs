//! Types from schemas: progenitor's generator, given the components only.
//!
//! With `paths` emptied the types are the same, and the parts of the generator that panic on
//! ordinary documents are not reached.

use std::iter;
use std::panic::{self, AssertUnwindSafe};

use anyhow::{Context, Result, anyhow, bail};
use openapiv3::OpenAPI;
use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle};
use serde_json::json;

use crate::normalise::{Document, open_enums};

/// The Rust items the type generator makes of the component schemas.
pub(crate) fn generate(document: &Document) -> Result<syn::File> {
    let product = &document.product;
    let mut root = document.root.clone();
    root["paths"] = json!({});
    let spec: OpenAPI = serde_json::from_value(root)
        .with_context(|| format!("specs/{product}/effective.json is not OpenAPI 3.0"))?;
    let settings = settings(document)?;
    // It reports some documents by panicking; the message it prints stays on stderr.
    let tokens = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut generator = Generator::new(&settings);
        generator.generate_tokens(&spec)?;
        Ok::<_, progenitor_impl::Error>(generator.get_type_space().to_stream())
    }))
    .map_err(|_| anyhow!("specs/{product}: the type generator panicked; see above"))?
    .with_context(|| format!("specs/{product}: the type generator"))?;
    syn::parse2(tokens).with_context(|| format!("specs/{product}: the generated types"))
}

fn settings(document: &Document) -> Result<GenerationSettings> {
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Positional);
    // A replacement whose name is not in the document is ignored without a word, and so is a
    // component of ours without a replacement: the two lists are compared.
    for (name, _) in document
        .schemas()
        .filter(|(name, _)| name.starts_with("Snap"))
    {
        let Some((_, path)) = REPLACED.iter().find(|(known, _)| known == name) else {
            bail!(
                "{}: `{name}` has no type",
                document.place("/components/schemas")
            );
        };
        settings.with_replacement(name, path, iter::empty());
    }
    for (name, _) in open_enums(document) {
        // It compares with the name of the type, not of the component.
        settings.with_replacement(&name, format!("crate::{name}"), iter::empty());
    }
    Ok(settings)
}

const REPLACED: &[(&str, &str)] = &[
    ("SnapAmount", "::snap_core::Amount"),
    ("SnapReference", "::snap_core::PartnerReferenceNo"),
    ("SnapSecret", "::snap_core::SecretText"),
    ("SnapStatus", "::snap_core::TransactionStatus"),
    ("SnapTime", "::snap_core::WireTime"),
];
