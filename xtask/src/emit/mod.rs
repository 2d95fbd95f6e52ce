//! Writes the files of a product crate: one per operation, and what holds them together.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value, json};

use crate::normalise::{Document, Operation, snap_of};
use crate::post::Struct;
use crate::specs::sha256;

use self::imports::Imports;

mod client;
mod debug;
mod docs;
mod enums;
mod examples;
mod fields;
mod imports;
mod items;
mod limits;
mod operation;
mod readme;
mod redaction;

pub(crate) use self::readme::with_table;

/// Path below the crate's folder, and text, of every generated file.
pub(crate) fn files(
    document: &Document,
    structs: &[Struct],
    package: &str,
) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    let shared: Vec<&Struct> = structs.iter().filter(|item| is_shared(item)).collect();
    if !shared.is_empty() || !enums::names(document).is_empty() {
        files.push(("types", types_file(document, &shared)?));
    }
    files.push(("client", client::file(document)?));
    files.push(("mod", mod_file(document, structs)?));
    let mut files: Vec<(String, String)> = files
        .into_iter()
        .map(|(name, text)| (format!("src/generated/{name}.rs"), text))
        .collect();
    for operation in document.operations() {
        let name = format!("src/generated/{}.rs", operation.id.to_snake_case());
        files.push((name, operation::emit(document, &operation, structs)?));
    }
    if let Some(text) = redaction::file(document, package)? {
        files.push(("tests/redaction.rs".to_owned(), text));
    }
    files.extend(examples::files(document, package)?);
    Ok(files)
}

/// Whether a type belongs to `types.rs` and not to the file of one operation.
fn is_shared(item: &Struct) -> bool {
    item.operations.len() > 1
}

fn types_file(document: &Document, shared: &[&Struct]) -> Result<String> {
    let mut imports = Imports::default();
    let mut items = enums::items(document, &mut imports);
    for item in shared {
        items.extend(items::items(document, item, &mut imports)?);
    }
    imports.drop_shared();
    let docs = "Types used by more than one operation.";
    file(&header(document, None)?, docs, &imports.text()?, items)
}

fn mod_file(document: &Document, structs: &[Struct]) -> Result<String> {
    let mut product = vec![document.product.to_upper_camel_case()];
    let mut has_customers = false;
    let mut unverified = BTreeSet::new();
    for operation in document.operations() {
        let snap = snap_of(document, &operation)?;
        has_customers |= snap.token.is_with_customer();
        if snap.unverified {
            unverified.insert(operation.id.to_snake_case());
        }
    }
    product.extend(has_customers.then(|| "Customer".to_owned()));
    let mut modules = vec![("client".to_owned(), product)];
    for operation in document.operations() {
        let own = structs
            .iter()
            .filter(|s| s.operations == [operation.id.as_str()]);
        let mut names: Vec<String> = own.map(|item| item.name.clone()).collect();
        names.push(operation.id.to_upper_camel_case());
        modules.push((operation.id.to_snake_case(), names));
    }
    let shared: Vec<String> = structs
        .iter()
        .filter(|s| is_shared(s))
        .map(|s| s.name.clone())
        .chain(enums::names(document))
        .collect();
    if !shared.is_empty() {
        modules.push(("types".to_owned(), shared));
    }
    modules.sort();
    let mut mods = TokenStream::new();
    let mut uses = TokenStream::new();
    for (module, mut names) in modules {
        names.sort();
        let gate = gate(unverified.contains(&module));
        let module = fields::ident(&module);
        let names = names.iter().map(|name| fields::ident(name));
        mods.extend(quote!(#gate mod #module;));
        uses.extend(quote!(#gate pub use self::#module::{#(#names),*};));
    }
    let docs = format!(
        "What is generated for `{}`; every item is re-exported.",
        document.product
    );
    file(&header(document, None)?, &docs, "", vec![mods, uses])
}

/// A file: header, documentation, imports, and items with a blank line between them.
fn file(header: &str, docs: &str, imports: &str, items: Vec<TokenStream>) -> Result<String> {
    let mut text = format!("{header}{}", docs::inner(docs));
    if !imports.is_empty() {
        text.push('\n');
        text.push_str(imports);
    }
    for item in items {
        let item: syn::File = syn::parse2(item).context("an emitted item is not Rust")?;
        text.push('\n');
        text.push_str(&prettyplease::unparse(&item));
    }
    Ok(text)
}

/// The first lines of a generated file. The hash covers the operation's slice of `effective.json`,
/// so that an edit of one operation leaves the files of the others alone.
fn header(document: &Document, operation: Option<&Operation>) -> Result<String> {
    let product = &document.product;
    let (fragment, slice) = match operation {
        Some(operation) => (format!("#{}", operation.id), slice(document, operation)),
        None => (String::new(), document.root.clone()),
    };
    let compact = serde_json::to_string(&slice).context("JSON cannot be written")?;
    let hash = sha256(compact.as_bytes());
    let correctable = document.correctable(operation);
    Ok(format!(
        "// @generated by `cargo xtask generate` from specs/{product}/effective.json{fragment},\n\
         // sha256 {hash}.\n\
         // Do not edit. Correct {correctable} or the generator, and run the command again.\n\n"
    ))
}

/// The operation and the components it reaches, in document order.
fn slice(document: &Document, operation: &Operation) -> Value {
    let value = document.get(&operation.at);
    let reached: BTreeSet<String> = document.reach(value).into_iter().collect();
    let schemas: Map<String, Value> = document
        .schemas()
        .filter(|(name, _)| reached.contains(*name))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    json!({
        "paths": {&operation.path: {&operation.method: value}},
        "components": {"schemas": schemas},
    })
}

/// What only those get who ask for operations that DOKU has not confirmed.
fn gate(unverified: bool) -> Option<TokenStream> {
    unverified.then(|| quote!(#[cfg(feature = "unverified")]))
}

/// What the documentation of an unverified operation begins with.
fn unverified(document: &Document, operation: &Operation) -> String {
    format!(
        "**Unverified.** DOKU has not confirmed path, method or body. Modelled from: {}",
        docs::mend(&document.origin(operation))
    )
}

/// The operation's title, for documentation.
fn title(document: &Document, operation: &Operation) -> String {
    let summary = document.get(&operation.at)["summary"].as_str();
    let words = || operation.id.to_snake_case().replace('_', " ");
    let title = summary.map_or_else(words, |text| text.trim_end_matches('.').to_owned());
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
