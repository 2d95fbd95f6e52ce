//! `limits()` of a request: what exceeds which documented limit, and where the limit comes from.

use anyhow::Result;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::fields;
use super::imports::Imports;
use crate::normalise::{Document, Operation};
use crate::post::{Field, Shape, Struct};

/// What the file of an operation says about limits.
pub(super) struct Emitted {
    /// `impl … { pub fn limits }` and the list of sources.
    pub(super) items: Vec<TokenStream>,
    /// The method of `impl Operation`.
    pub(super) method: TokenStream,
}

/// The limits of an operation's request; nothing when none is documented.
pub(super) fn emit(
    document: &Document,
    operation: &Operation,
    structs: &[Struct],
    request: &Struct,
    imports: &mut Imports,
) -> Result<Option<Emitted>> {
    let mut walk = Walk {
        structs,
        origin: document.origin(operation),
        sources: Vec::new(),
    };
    let checks = walk.object(request, &quote!(self), "");
    if checks.is_empty() {
        return Ok(None);
    }
    for name in ["Limit", "LimitCheck", "LimitFinding"] {
        imports.core(name);
    }
    let name = fields::ident(&request.name);
    let channel = channel(structs, request);
    let sources = &walk.sources;
    let count = proc_macro2::Literal::usize_unsuffixed(sources.len());
    let items = vec![
        quote! {
            impl #name {
                /// What exceeds a documented limit, and where that limit comes from. Empty when
                /// nothing does. [`snap_core::LimitPolicy`] decides what a call makes of it.
                #[must_use]
                pub fn limits(&self) -> Vec<LimitFinding> {
                    let mut check = LimitCheck::new(#channel);
                    #checks
                    check.into_findings()
                }
            }
        },
        quote! {
            const SOURCES: [&str; #count] = [#(#sources),*];
        },
    ];
    let method = quote! {
        fn limits(request: &Self::Request) -> Vec<LimitFinding> {
            request.limits()
        }
    };
    Ok(Some(Emitted { items, method }))
}

struct Walk<'s> {
    structs: &'s [Struct],
    /// Where a limit comes from that names no source of its own.
    origin: String,
    sources: Vec<String>,
}

impl Walk<'_> {
    fn object(&mut self, item: &Struct, value: &TokenStream, prefix: &str) -> TokenStream {
        let mut checks = TokenStream::new();
        for field in item
            .fields
            .iter()
            .filter(|field| field.shape != Shape::Extra)
        {
            let own = fields::ident(&field.name);
            let value = quote!(#value.#own);
            let list = matches!(without_option(&field.shape), Shape::List(_));
            let path = format!("{prefix}{}{}", field.wire, if list { "[]" } else { "" });
            checks.extend(self.field(field, &value, &path));
            checks.extend(self.inside(field, &value, &path));
        }
        checks
    }

    fn field(&mut self, field: &Field, value: &TokenStream, path: &str) -> TokenStream {
        let text = text_of(&field.shape, value);
        let limits = self.limits(&field.schema, text.is_some());
        if limits.is_empty() {
            return TokenStream::new();
        }
        match (text, &field.shape) {
            (Some(text), _) => quote!(check.text(#path, #text, &[#(#limits),*]);),
            (None, Shape::List(_)) => {
                quote!(check.present(#path, !#value.is_empty(), &[#(#limits),*]);)
            }
            (None, Shape::Optional(_)) => {
                quote!(check.present(#path, #value.is_some(), &[#(#limits),*]);)
            }
            _ => TokenStream::new(),
        }
    }

    /// The members of an object, directly, optionally or in a list.
    fn inside(&mut self, field: &Field, value: &TokenStream, path: &str) -> TokenStream {
        let Some(inner) = field.shape.inner() else {
            return TokenStream::new();
        };
        let Some(item) = self.structs.iter().find(|item| item.name == inner) else {
            return TokenStream::new();
        };
        let own = format_ident!("{}", field.name.trim_end_matches('s'));
        let prefix = format!("{path}.");
        match &field.shape {
            Shape::Struct(_) => self.object(item, value, &prefix),
            Shape::List(_) => {
                let checks = self.object(item, &quote!(#own), &prefix);
                wrapped(&checks, quote!(for #own in &#value))
            }
            _ => {
                let own = fields::ident(&field.name);
                let checks = self.object(item, &quote!(#own), &prefix);
                wrapped(&checks, quote!(if let Some(#own) = &#value))
            }
        }
    }

    fn limits(&mut self, schema: &Value, is_text: bool) -> Vec<TokenStream> {
        let limits = &schema["x-limits"];
        let source = limits["source"].as_str().or(schema["x-source"].as_str());
        let source = source.unwrap_or(&self.origin).to_owned();
        let mut rules = Vec::new();
        if is_text {
            let source = self.source(&source, &general(limits));
            for (rule, count) in lengths(limits) {
                let rule = fields::ident(rule);
                rules.push(quote!(Limit::#rule(#count, #source)));
            }
            if let Some(pattern) = limits["pattern"].as_str() {
                rules.push(quote!(Limit::pattern(#pattern, #source)));
            }
            if let Some(values) = texts(&limits["values"]) {
                rules.push(quote!(Limit::values(&[#(#values),*], #source)));
            }
        }
        for (channel, limit) in limits["channels"].as_object().into_iter().flatten() {
            let text = limit["x-source"].as_str().unwrap_or_default().to_owned();
            let source = self.source(&text, &lengths(limit));
            for (rule, count) in lengths(limit) {
                let rule = fields::ident(rule);
                let refused = (limit["refuse"] == true).then(|| quote!(.refused()));
                rules.push(quote!(Limit::#rule(#count, #source).for_channel(#channel) #refused));
            }
        }
        let required = &limits["required-for"];
        for channel in texts(&required["channels"]).unwrap_or_default() {
            let text = required["x-source"].as_str().unwrap_or_default().to_owned();
            let source = self.source(&text, &[()]);
            rules.push(quote!(Limit::required(#source).for_channel(#channel)));
        }
        rules
    }

    /// A place in the list of sources, taken only when something uses it.
    fn source<T>(&mut self, text: &str, users: &[T]) -> TokenStream {
        if users.is_empty() {
            return TokenStream::new();
        }
        let known = self.sources.iter().position(|known| known == text);
        let index = known.unwrap_or_else(|| {
            self.sources.push(text.to_owned());
            self.sources.len() - 1
        });
        let index = proc_macro2::Literal::usize_unsuffixed(index);
        quote!(SOURCES[#index])
    }
}

fn wrapped(checks: &TokenStream, head: TokenStream) -> TokenStream {
    if checks.is_empty() {
        TokenStream::new()
    } else {
        quote!(#head { #checks })
    }
}

/// The rules that hold for every channel.
fn general(limits: &Value) -> Vec<&'static str> {
    ["min", "max", "pattern", "values"]
        .into_iter()
        .filter(|key| limits.get(key).is_some())
        .collect()
}

fn lengths(limits: &Value) -> Vec<(&'static str, proc_macro2::Literal)> {
    ["min", "max"]
        .into_iter()
        .filter_map(|key| {
            let count = usize::try_from(limits[key].as_u64()?).ok()?;
            Some((key, proc_macro2::Literal::usize_unsuffixed(count)))
        })
        .collect()
}

fn texts(values: &Value) -> Option<Vec<&str>> {
    values.as_array()?.iter().map(Value::as_str).collect()
}

fn without_option(shape: &Shape) -> &Shape {
    match shape {
        Shape::Optional(inner) => inner,
        other => other,
    }
}

/// The text of a field as `Option<&str>`; nothing for what is no text.
fn text_of(shape: &Shape, value: &TokenStream) -> Option<TokenStream> {
    match shape {
        Shape::Text | Shape::Enum(_) | Shape::Core("PartnerReferenceNo" | "WireTime") => {
            Some(quote!(Some(#value.as_str())))
        }
        Shape::Core("SecretText") => Some(quote!(Some(#value.expose()))),
        Shape::Optional(inner) => match inner.as_ref() {
            Shape::Text => Some(quote!(#value.as_deref())),
            Shape::Enum(_) | Shape::Core("WireTime") => {
                Some(quote!(#value.as_ref().map(|text| text.as_str())))
            }
            Shape::Core("SecretText") => Some(quote!(#value.as_ref().map(|text| text.expose()))),
            _ => None,
        },
        _ => None,
    }
}

/// `additionalInfo.channel` of the request as `Option<&str>`.
fn channel(structs: &[Struct], request: &Struct) -> TokenStream {
    let found = || {
        let info = request
            .fields
            .iter()
            .find(|field| field.wire == "additionalInfo")?;
        let item = structs
            .iter()
            .find(|item| Some(item.name.as_str()) == info.shape.inner())?;
        let channel = item.fields.iter().find(|field| field.wire == "channel")?;
        let (info_name, name) = (fields::ident(&info.name), fields::ident(&channel.name));
        match &info.shape {
            Shape::Struct(_) => text_of(&channel.shape, &quote!(self.#info_name.#name)),
            _ => {
                let text = text_of(&channel.shape, &quote!(info.#name))?;
                Some(quote!(self.#info_name.as_ref().and_then(|info| #text)))
            }
        }
    };
    found().unwrap_or_else(|| quote!(None))
}
