//! What is only there for those who ask for operations that DOKU has not confirmed.

use anyhow::Result;
use proc_macro2::TokenStream;
use quote::quote;

use super::docs;
use crate::normalise::{Document, Operation, snap_of};

/// The gate, in front of an item.
pub(super) fn gate(unverified: bool) -> Option<TokenStream> {
    unverified.then(|| quote!(#[cfg(feature = "unverified")]))
}

/// The gate as text, in front of a line.
pub(super) fn gate_text(unverified: bool) -> &'static str {
    if unverified { GATE } else { "" }
}

/// What gates a whole test file: one of unverified operations only would leave its helpers unused.
pub(super) fn file_gate(names: &[(String, bool)]) -> &'static str {
    if names.iter().all(|(_, unverified)| *unverified) {
        "#![cfg(feature = \"unverified\")]\n\n"
    } else {
        ""
    }
}

/// The `use` lines of a test for types of the product's own crate, each with whether it is gated, and for
/// serde, in the order of their names.
pub(super) fn test_imports(package: &str, mut names: Vec<(String, bool)>, serde: &str) -> String {
    names.sort();
    let package = package.replace('-', "_");
    let lines = names.iter().map(|(name, unverified)| {
        let gate = gate_text(*unverified);
        format!("{gate}use {package}::{name};\n")
    });
    let lines: String = lines.collect();
    if package.as_str() < "serde" {
        lines + serde
    } else {
        serde.to_owned() + &lines
    }
}

/// What the documentation of an unverified operation begins with.
pub(super) fn warning(document: &Document, operation: &Operation) -> String {
    format!(
        "**Unverified.** DOKU has not confirmed path, method or body. Modelled from: {}",
        docs::mend(&document.origin(operation))
    )
}

/// What a product has for customers.
#[derive(Clone, Copy)]
pub(super) struct Customers {
    /// Whether it is there only for those who ask for unverified operations.
    pub(super) all_unverified: bool,
}

/// Nothing when no operation takes a customer's token.
pub(super) fn customers(document: &Document) -> Result<Option<Customers>> {
    let mut found: Option<Customers> = None;
    for operation in document.operations() {
        let snap = snap_of(document, &operation)?;
        if snap.token.is_with_customer() {
            let all_unverified = found.is_none_or(|known| known.all_unverified) && snap.unverified;
            found = Some(Customers { all_unverified });
        }
    }
    Ok(found)
}

/// The gate, as text.
const GATE: &str = "#[cfg(feature = \"unverified\")]\n";
