//! Open enums: text with constants for the documented values, so that a value DOKU adds tomorrow
//! can be read and sent.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use super::imports::Imports;
use super::{docs, fields};
use crate::normalise::{Document, constants, open_enums};

/// Rust names of the product's open enums.
pub(super) fn names(document: &Document) -> Vec<String> {
    open_enums(document).map(|(name, _)| name).collect()
}

/// The items of all open enums.
pub(super) fn items(document: &Document, imports: &mut Imports) -> Vec<TokenStream> {
    let enums: Vec<_> = open_enums(document).collect();
    if !enums.is_empty() {
        imports.std("std::borrow::Cow");
        imports.std("std::fmt");
        for name in ["Deserialize", "Deserializer", "Serialize"] {
            imports.serde(name);
        }
        imports.core("de");
    }
    enums
        .into_iter()
        .flat_map(|(name, schema)| of(&name, schema))
        .collect()
}

fn of(name: &str, schema: &Value) -> Vec<TokenStream> {
    let described = schema["description"]
        .as_str()
        .map(docs::mend)
        .unwrap_or_default();
    let text = format!(
        "{described}\n\nText with constants for the documented values; any other value is kept as \
         it is."
    );
    let docs = docs::outer(text.trim_start());
    let name = fields::ident(name);
    let constants = constants(schema).into_iter().map(|(constant, value)| {
        let docs = docs::outer(&format!("`{value}`."));
        let constant = fields::ident(&constant);
        quote!(#docs pub const #constant: Self = Self(Cow::Borrowed(#value));)
    });
    vec![
        quote! {
            #docs
            #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
            #[serde(transparent)]
            pub struct #name(Cow<'static, str>);
        },
        quote! {
            impl #name {
                #(#constants)*

                /// The text.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }
        },
        quote! {
            impl<T: Into<String>> From<T> for #name {
                fn from(text: T) -> Self {
                    Self(Cow::Owned(text.into()))
                }
            }
        },
        quote! {
            impl fmt::Display for #name {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str(&self.0)
                }
            }
        },
        quote! {
            impl<'de> Deserialize<'de> for #name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    de::text(deserializer).map(Self::from)
                }
            }
        },
    ]
}
