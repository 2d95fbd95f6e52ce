//! `mod.rs`: private modules, and every item re-exported.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::quote;

use super::gate::{customers, gate};
use super::{enums, fields, header, is_shared};
use crate::normalise::{Document, snap_of};
use crate::post::Struct;
use crate::specs::Sender;

pub(super) fn file(document: &Document, structs: &[Struct]) -> Result<String> {
    let mut exports = Exports::default();
    let has_client = document.sender == Sender::Merchant;
    if has_client {
        let product = document.product.to_upper_camel_case();
        exports.add("client", vec![product], false);
    }
    if let Some(customers) = customers(document)? {
        let name = vec!["Customer".to_owned()];
        exports.add("client", name, customers.all_unverified);
    }
    for operation in document.operations() {
        let unverified = snap_of(document, &operation)?.unverified;
        let own = structs
            .iter()
            .filter(|s| s.operations == [operation.id.as_str()]);
        let mut names: Vec<String> = own.map(|item| item.name.clone()).collect();
        if has_client {
            names.push(operation.id.to_upper_camel_case());
        }
        exports.add(&operation.id.to_snake_case(), names, unverified);
    }
    let shared: Vec<String> = structs
        .iter()
        .filter(|s| is_shared(s))
        .map(|s| s.name.clone())
        .chain(enums::names(document))
        .collect();
    exports.add("types", shared, false);
    let docs = format!(
        "What is generated for `{}`; every item is re-exported.",
        document.product
    );
    super::file(&header(document, None)?, &docs, "", exports.items())
}

/// Names by module and whether only unverified operations have them.
#[derive(Default)]
struct Exports(BTreeMap<(String, bool), BTreeSet<String>>);

impl Exports {
    fn add(&mut self, module: &str, names: Vec<String>, unverified: bool) {
        if !names.is_empty() {
            let known = self.0.entry((module.to_owned(), unverified));
            known.or_default().extend(names);
        }
    }

    fn items(&self) -> Vec<TokenStream> {
        let mut mods = TokenStream::new();
        let mut uses = TokenStream::new();
        for ((module, unverified), names) in &self.0 {
            let gate = gate(*unverified);
            let name = fields::ident(module);
            // A module of both sorts is there for the first.
            if !unverified || !self.0.contains_key(&(module.clone(), false)) {
                mods.extend(quote!(#gate mod #name;));
            }
            let names = names.iter().map(|name| fields::ident(name));
            uses.extend(quote!(#gate pub use self::#name::{#(#names),*};));
        }
        vec![mods, uses]
    }
}
