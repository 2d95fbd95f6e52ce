//! `limits()` of a request: what exceeds which documented limit, and where the limit comes from.

use anyhow::{Result, bail};
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::Value;

use super::channel::Channel;
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
    let channel = Channel::of(document, structs, request);
    let mut walk = Walk {
        document,
        structs,
        origin: document.origin(operation),
        channel: channel.as_ref(),
        sources: Vec::new(),
    };
    let checks = walk.object(request, &quote!(self), "")?;
    if checks.is_empty() {
        return Ok(None);
    }
    for name in ["Limit", "LimitCheck", "LimitFinding"] {
        imports.core(name);
    }
    let sources = &walk.sources;
    let count = Literal::usize_unsuffixed(sources.len());
    let name = fields::ident(&request.name);
    let channel = channel.map_or_else(|| quote!(None), |channel| channel.text);
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
    document: &'s Document,
    structs: &'s [Struct],
    /// Where a limit comes from that names no source of its own.
    origin: String,
    channel: Option<&'s Channel>,
    sources: Vec<String>,
}

impl Walk<'_> {
    fn object(&mut self, item: &Struct, value: &TokenStream, prefix: &str) -> Result<TokenStream> {
        let mut checks = TokenStream::new();
        for field in item.fields.iter().filter(|f| f.shape != Shape::Extra) {
            let own = fields::ident(&field.name);
            let value = quote!(#value.#own);
            let list = matches!(field.shape, Shape::List(_));
            let path = format!("{prefix}{}{}", field.wire, if list { "[]" } else { "" });
            checks.extend(self.field(item, field, &value, &path)?);
            checks.extend(self.inside(field, &value, &path)?);
        }
        Ok(checks)
    }

    fn field(
        &mut self,
        item: &Struct,
        field: &Field,
        value: &TokenStream,
        path: &str,
    ) -> Result<TokenStream> {
        let limits = &field.schema["x-limits"];
        if limits.is_null() {
            return Ok(TokenStream::new());
        }
        let place = self.document.place(&field.at(item));
        let text = text_of(&field.shape, value);
        if text.is_none() && (bounds_text(limits) || limits.get("channels").is_some()) {
            bail!("{place}: only text has lengths, a pattern or documented values");
        }
        let mut rules = self.general(&field.schema);
        rules.extend(self.for_channels(limits, &place)?);
        Ok(match (text.map(Text::optional), &field.shape) {
            _ if rules.is_empty() => TokenStream::new(),
            (Some(text), _) => quote!(check.text(#path, #text, &[#(#rules),*]);),
            (None, Shape::List(_)) => {
                quote!(check.present(#path, !#value.is_empty(), &[#(#rules),*]);)
            }
            (None, Shape::Optional(_)) => {
                quote!(check.present(#path, #value.is_some(), &[#(#rules),*]);)
            }
            _ => TokenStream::new(),
        })
    }

    /// The members of an object, directly, optionally or in a list.
    fn inside(&mut self, field: &Field, value: &TokenStream, path: &str) -> Result<TokenStream> {
        let item = field.shape.inner().and_then(|inner| {
            let mut structs = self.structs.iter();
            structs.find(|item| item.name == inner)
        });
        let Some(item) = item else {
            return Ok(TokenStream::new());
        };
        let prefix = format!("{path}.");
        // Fixed names: one made of the member's could hide `check`, or be a keyword.
        let (own, head) = match &field.shape {
            Shape::Struct(_) => return self.object(item, value, &prefix),
            Shape::List(_) => (quote!(item), quote!(for item in &#value)),
            Shape::OneOrMany(_) => (quote!(item), quote!(for item in #value.as_slice())),
            _ => (quote!(object), quote!(if let Some(object) = &#value)),
        };
        let checks = self.object(item, &own, &prefix)?;
        Ok(if checks.is_empty() {
            checks
        } else {
            quote!(#head { #checks })
        })
    }

    /// The rules that hold for every channel.
    fn general(&mut self, schema: &Value) -> Vec<TokenStream> {
        let limits = &schema["x-limits"];
        if !bounds_text(limits) {
            return Vec::new();
        }
        let source = limits["source"].as_str().or(schema["x-source"].as_str());
        let source = source.unwrap_or(&self.origin).to_owned();
        let source = self.source(&source);
        let mut rules: Vec<TokenStream> = lengths(limits)
            .map(|(rule, count)| quote!(Limit::#rule(#count, #source)))
            .collect();
        if let Some(pattern) = limits["pattern"].as_str() {
            rules.push(quote!(Limit::pattern(#pattern, #source)));
        }
        if limits["values"].is_array() {
            let values = texts(&limits["values"]);
            rules.push(quote!(Limit::values(&[#(#values),*], #source)));
        }
        rules
    }

    fn for_channels(&mut self, limits: &Value, place: &str) -> Result<Vec<TokenStream>> {
        let mut rules = Vec::new();
        for (channel, limit) in limits["channels"].as_object().into_iter().flatten() {
            self.check_channel(channel, place)?;
            let source = self.source(limit["x-source"].as_str().unwrap_or_default());
            let refused = (limit["refuse"] == true).then(|| quote!(.refused()));
            rules.extend(lengths(limit).map(|(rule, count)| {
                quote!(Limit::#rule(#count, #source).for_channel(#channel) #refused)
            }));
        }
        let required = &limits["required-for"];
        for channel in texts(&required["channels"]) {
            self.check_channel(channel, place)?;
            let source = self.source(required["x-source"].as_str().unwrap_or_default());
            rules.push(quote!(Limit::required(#source).for_channel(#channel)));
        }
        Ok(rules)
    }

    /// A limit for a channel that no request can name would hold never, without a word.
    fn check_channel(&self, channel: &str, place: &str) -> Result<()> {
        let Some(known) = self.channel else {
            bail!(
                "{place}: a limit holds for the channel `{channel}`, and the request has no text \
                 `additionalInfo.channel` to name it"
            );
        };
        if !known.values.is_empty() && !known.values.iter().any(|value| value == channel) {
            bail!(
                "{place}: a limit holds for the channel `{channel}`; `additionalInfo.channel` knows \
                 {}",
                known.values.join(", ")
            );
        }
        Ok(())
    }

    /// A place in the list of sources.
    fn source(&mut self, text: &str) -> TokenStream {
        let known = self.sources.iter().position(|known| known == text);
        let index = known.unwrap_or_else(|| {
            self.sources.push(text.to_owned());
            self.sources.len() - 1
        });
        let index = Literal::usize_unsuffixed(index);
        quote!(SOURCES[#index])
    }
}

/// An expression for the text of a field.
pub(super) enum Text {
    /// `&str`.
    Present(TokenStream),
    /// `Option<&str>`.
    Perhaps(TokenStream),
}

impl Text {
    /// As `Option<&str>`.
    pub(super) fn optional(self) -> TokenStream {
        match self {
            Self::Present(text) => quote!(Some(#text)),
            Self::Perhaps(text) => text,
        }
    }
}

/// The text of a field; nothing for what is no text.
pub(super) fn text_of(shape: &Shape, value: &TokenStream) -> Option<Text> {
    let (shape, is_optional) = match shape {
        Shape::Optional(inner) => (inner.as_ref(), true),
        shape => (shape, false),
    };
    let read = match shape {
        Shape::Text if is_optional => return Some(Text::Perhaps(quote!(#value.as_deref()))),
        Shape::Text | Shape::Enum(_) | Shape::Core("PartnerReferenceNo" | "WireTime") => {
            quote!(as_str())
        }
        Shape::Core("SecretText") => quote!(expose()),
        _ => return None,
    };
    Some(if is_optional {
        Text::Perhaps(quote!(#value.as_ref().map(|text| text.#read)))
    } else {
        Text::Present(quote!(#value.#read))
    })
}

/// Whether some of the limits that hold for every channel are about the text of the member.
fn bounds_text(limits: &Value) -> bool {
    ["min", "max", "pattern", "values"]
        .iter()
        .any(|key| limits.get(key).is_some())
}

fn lengths(limits: &Value) -> impl Iterator<Item = (proc_macro2::Ident, Literal)> {
    ["min", "max"].into_iter().filter_map(|key| {
        let count = usize::try_from(limits[key].as_u64()?).ok()?;
        Some((fields::ident(key), Literal::usize_unsuffixed(count)))
    })
}

pub(super) fn texts(values: &Value) -> impl Iterator<Item = &str> {
    let values = values.as_array().into_iter().flatten();
    values.filter_map(Value::as_str)
}
