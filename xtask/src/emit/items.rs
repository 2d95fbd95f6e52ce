//! A struct, with what belongs to it: builder, `Debug`, and the struct it is read through.

use anyhow::{Result, bail};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::imports::Imports;
use super::{debug, docs, fields, is_shared};
use crate::contract::aliases;
use crate::normalise::{Document, Side};
use crate::post::{Field, Shape, Struct};
use crate::specs::Sender;

/// The items of one struct.
pub(super) fn items(
    document: &Document,
    item: &Struct,
    imports: &mut Imports,
) -> Result<Vec<TokenStream>> {
    imports.serde("Deserialize");
    imports.serde("Serialize");
    let spelled_twice = item
        .fields
        .iter()
        .any(|field| aliases(&field.schema).next().is_some());
    check_defaults(document, item)?;
    let mut items = vec![definition(document, item, spelled_twice, imports)];
    if debug::is_written(item) {
        items.push(debug::implementation(item, imports));
    }
    if spelled_twice {
        items.extend(wire_items(document, item, imports)?);
    }
    Ok(items)
}

/// Elsewhere the builder would start without it, whatever the documentation says.
fn check_defaults(document: &Document, item: &Struct) -> Result<()> {
    let is_started = |field: &&Field| field.shape == Shape::Text;
    let mut with_default = item
        .fields
        .iter()
        .filter(|f| f.schema["x-default"].is_string());
    match with_default.find(|field| !is_started(field)) {
        None => Ok(()),
        Some(field) => bail!(
            "{}: only a required, plain text can have an x-default: put the member in `required`",
            document.place(&field.at(item))
        ),
    }
}

fn definition(
    document: &Document,
    item: &Struct,
    spelled_twice: bool,
    imports: &mut Imports,
) -> TokenStream {
    let docs = docs::outer(&documentation(document, item));
    let name = fields::ident(&item.name);
    let debug = (!debug::is_written(item)).then(|| quote!(Debug,));
    let (builder, options) = match item.side {
        Side::Request => (
            Some(quote!(, bon::Builder)),
            Some(quote!(#[builder(on(String, into))])),
        ),
        Side::Response => (None, None),
    };
    let from = spelled_twice.then(|| {
        let wire = format!("{}Wire", item.name);
        quote!(#[serde(from = #wire)])
    });
    let members = sorted(item).into_iter().map(|field| {
        let docs = docs::outer(&docs::field(field));
        let serde = fields::serde(field, &field.wire, !spelled_twice, imports);
        let builder = (item.side == Side::Request).then(|| builder_option(field));
        let (name, kind) = (
            fields::ident(&field.name),
            fields::rust_type(&field.shape, imports),
        );
        quote!(#docs #serde #builder pub #name: #kind,)
    });
    let members: TokenStream = members.collect();
    quote! {
        #docs
        #[derive(Clone, #debug PartialEq, Serialize, Deserialize #builder)]
        #from
        #options
        #[non_exhaustive]
        pub struct #name { #members }
    }
}

/// The reference comes first, because it is the builder's one positional argument.
fn sorted(item: &Struct) -> Vec<&Field> {
    let is_reference = |field: &&Field| field.shape == Shape::Core("PartnerReferenceNo");
    let (first, rest): (Vec<_>, Vec<_>) = item.fields.iter().partition(is_reference);
    first.into_iter().chain(rest).collect()
}

fn builder_option(field: &Field) -> Option<TokenStream> {
    let is_core = |shape: &Shape, name| *shape == Shape::Core(name);
    match &field.shape {
        shape if is_core(shape, "PartnerReferenceNo") => Some(quote!(#[builder(start_fn, into)])),
        Shape::Text if field.schema["x-default"].is_string() => {
            let default = field.schema["x-default"].as_str();
            Some(quote!(#[builder(default = #default)]))
        }
        Shape::Core("SecretText" | "WireTime") | Shape::Enum(_) => Some(quote!(#[builder(into)])),
        Shape::Optional(inner)
            if is_core(inner, "SecretText")
                || is_core(inner, "WireTime")
                || matches!(**inner, Shape::Enum(_)) =>
        {
            Some(quote!(#[builder(into)]))
        }
        Shape::Extra => Some(quote!(#[builder(default)])),
        Shape::List(_) if !field.required => Some(quote!(#[builder(default)])),
        Shape::OneOrMany(_) => Some(quote!(#[builder(into)])),
        _ => None,
    }
}

fn documentation(document: &Document, item: &Struct) -> String {
    let described = document.get(&item.at)["description"]
        .as_str()
        .map(docs::mend);
    let first = match (&item.parent, item.side) {
        // The parent is in another file, where a link would lead nowhere.
        (Some((member, _)), _) if is_shared(item) => {
            format!("Used by more than one operation, as `{member}` for example.")
        }
        (Some((member, parent)), _) => format!("`{member}` of [`{parent}`]."),
        (None, side) => {
            let (before, after) = match (document.sender, side) {
                (Sender::Merchant, Side::Request) => ("What", "sends."),
                (Sender::Merchant, Side::Response) => ("What DOKU answers to", ""),
                (Sender::Doku, Side::Request) => (
                    "What the merchant answers to",
                    "behind response code and message.",
                ),
                (Sender::Doku, Side::Response) => ("The body of a", ""),
            };
            operation_text(document, item, before, after)
        }
    };
    [Some(first), described]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn operation_text(document: &Document, item: &Struct, before: &str, after: &str) -> String {
    let operations = document.operations();
    let owner = operations
        .iter()
        .find(|operation| item.operations.contains(&operation.id));
    let title = owner.map_or_else(String::new, |owner| super::title_inside(document, owner));
    let sentence = format!("{before} *{title}* {after}");
    let sentence = sentence.trim_end();
    if sentence.ends_with('.') {
        sentence.to_owned()
    } else {
        format!("{sentence}.")
    }
}

/// A private struct with one field per spelling.
///
/// With a plain serde `alias`, two spellings in one body are an error, and two spellings is what
/// arrives while DOKU corrects a name. Here the documented one wins.
fn wire_items(
    document: &Document,
    item: &Struct,
    imports: &mut Imports,
) -> Result<Vec<TokenStream>> {
    let name = fields::ident(&item.name);
    let wire_name = format_ident!("{}Wire", item.name);
    let mut members = TokenStream::new();
    let mut chosen = TokenStream::new();
    for field in &item.fields {
        let kind = fields::rust_type(&field.shape, imports);
        let own = fields::ident(&field.name);
        let serde = fields::serde_read(field, &field.wire, imports);
        members.extend(quote!(#serde #own: #kind,));
        let mut value = quote!(wire.#own);
        for (index, alias) in aliases(&field.schema).enumerate() {
            let other = format_ident!("{}_alias_{}", field.name, index + 1);
            let serde = fields::serde_read(field, alias, imports);
            members.extend(quote!(#serde #other: #kind,));
            value = match &field.shape {
                Shape::Optional(_) => quote!(#value.or(wire.#other)),
                Shape::List(_) if index == 0 => {
                    quote!(if #value.is_empty() { wire.#other } else { #value })
                }
                _ => bail!(
                    "{}: aliases of `{}` are not built yet for its type",
                    document.place(&item.at),
                    field.wire
                ),
            };
        }
        chosen.extend(quote!(#own: #value,));
    }
    let doc = docs::outer(&format!("[`{}`] with one field per spelling.", item.name));
    Ok(vec![
        quote!(#doc #[derive(Deserialize)] struct #wire_name { #members }),
        quote! {
            impl From<#wire_name> for #name {
                fn from(wire: #wire_name) -> Self { Self { #chosen } }
            }
        },
    ])
}
