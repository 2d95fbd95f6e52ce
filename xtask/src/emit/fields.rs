//! Fields: their Rust types and serde attributes, written anew from wire name, shape and side.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::imports::Imports;
use crate::post::{Field, Shape};

/// The identifier of a field or type.
pub(super) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// The Rust type of a shape.
pub(super) fn rust_type(shape: &Shape, imports: &mut Imports) -> TokenStream {
    match shape {
        Shape::Text => quote!(String),
        Shape::Flag => quote!(bool),
        Shape::Json => quote!(serde_json::Value),
        Shape::Core(name) => {
            imports.core(name);
            let name = ident(name);
            quote!(#name)
        }
        Shape::Struct(name) => {
            let name = ident(name);
            quote!(#name)
        }
        Shape::Enum(name) => {
            imports.shared(name);
            let name = ident(name);
            quote!(#name)
        }
        Shape::OneOrMany(inner) => {
            imports.core("OneOrMany");
            let inner = rust_type(inner, imports);
            quote!(OneOrMany<#inner>)
        }
        Shape::List(inner) => {
            let inner = rust_type(inner, imports);
            quote!(Vec<#inner>)
        }
        Shape::Optional(inner) => {
            let inner = rust_type(inner, imports);
            quote!(Option<#inner>)
        }
        Shape::Extra => quote!(serde_json::Map<String, serde_json::Value>),
    }
}

/// `#[serde(...)]` for a field that is written and, if `read`, read.
pub(super) fn serde(field: &Field, wire: &str, read: bool, imports: &mut Imports) -> TokenStream {
    if field.shape == Shape::Extra {
        return quote!(#[serde(flatten)]);
    }
    let mut parts = Vec::new();
    if field.name != wire {
        parts.push(quote!(rename = #wire));
    }
    if read {
        if is_optional(field) {
            parts.push(quote!(default));
        }
        if let Some(reader) = reader(field) {
            imports.core("de");
            parts.push(quote!(deserialize_with = #reader));
        }
    }
    if is_optional(field) {
        let test = match field.shape {
            Shape::List(_) => "Vec::is_empty",
            _ => "Option::is_none",
        };
        parts.push(quote!(skip_serializing_if = #test));
    }
    if parts.is_empty() {
        TokenStream::new()
    } else {
        quote!(#[serde(#(#parts),*)])
    }
}

/// As [`serde`], for a struct that is only read.
pub(super) fn serde_read(field: &Field, wire: &str, imports: &mut Imports) -> TokenStream {
    if field.shape == Shape::Extra {
        return quote!(#[serde(flatten)]);
    }
    let reader = reader(field).map(|reader| {
        imports.core("de");
        quote!(, deserialize_with = #reader)
    });
    quote!(#[serde(rename = #wire, default #reader)])
}

/// Whether a field may be absent.
pub(super) fn is_optional(field: &Field) -> bool {
    match field.shape {
        Shape::Optional(_) => true,
        Shape::List(_) => !field.required,
        _ => false,
    }
}

/// The lenient reader of `snap_core::de`; types of `snap_core` are lenient themselves.
fn reader(field: &Field) -> Option<&'static str> {
    let is_padded = field.schema["x-shape"] == "two-digits";
    match &field.shape {
        Shape::Text if is_padded => Some("de::two_digits"),
        Shape::Optional(inner) if is_padded && **inner == Shape::Text => Some("de::opt_two_digits"),
        Shape::Text => Some("de::text"),
        Shape::Flag => Some("de::flag"),
        Shape::List(inner) if **inner == Shape::Text => Some("de::texts"),
        Shape::List(_) => Some("de::list"),
        Shape::Optional(inner) => match inner.as_ref() {
            Shape::Text => Some("de::opt_text"),
            Shape::Flag => Some("de::opt_flag"),
            Shape::Struct(_) | Shape::Core("Amount") => Some("de::object"),
            _ => None,
        },
        _ => None,
    }
}
