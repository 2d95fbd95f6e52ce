//! `Debug` for structs with members that must not be shown.

use proc_macro2::TokenStream;
use quote::quote;

use super::fields;
use super::imports::Imports;
use crate::post::{Field, Shape, Struct};

/// Whether `Debug` is written and not derived. Secret types redact themselves.
pub(super) fn is_written(item: &Struct) -> bool {
    item.fields
        .iter()
        .any(|field| is_hidden(field) || field.shape == Shape::Extra)
}

/// Nobody knows what free JSON holds, so it is hidden like a masked member.
fn is_hidden(field: &Field) -> bool {
    field.schema["x-class"] == "masked" || field.shape.is_free_json()
}

/// Prints masked members and free JSON as `[redacted]`, and of unknown members the names only.
pub(super) fn implementation(item: &Struct, imports: &mut Imports) -> TokenStream {
    imports.std("std::fmt");
    let name = fields::ident(&item.name);
    let text = &item.name;
    let members: TokenStream = item
        .fields
        .iter()
        .map(|field| {
            let (own, text) = (fields::ident(&field.name), &field.name);
            let value = match field.shape {
                Shape::Extra => quote!(self.#own.keys().collect::<Vec<_>>()),
                _ if is_hidden(field) => quote!(format_args!("[redacted]")),
                _ => quote!(self.#own),
            };
            quote!(.field(#text, &#value))
        })
        .collect();
    quote! {
        impl fmt::Debug for #name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_struct(#text) #members .finish()
            }
        }
    }
}
