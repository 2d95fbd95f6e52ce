//! The member of a request that names its channel, which some limits depend on.

use proc_macro2::TokenStream;
use quote::quote;

use super::fields;
use super::limits::{Text, text_of, texts};
use crate::normalise::{Document, constants};
use crate::post::{Field, Shape, Struct};

/// `additionalInfo.channel` of a request.
pub(super) struct Channel {
    /// Its text, as `Option<&str>`.
    pub(super) text: TokenStream,
    /// The documented values; none when the page lists none.
    pub(super) values: Vec<String>,
}

impl Channel {
    /// The channel of a request, if that has one.
    pub(super) fn of(document: &Document, structs: &[Struct], request: &Struct) -> Option<Self> {
        let info = member(request, "additionalInfo")?;
        let name = info.shape.inner()?;
        let channel = member(structs.iter().find(|item| item.name == name)?, "channel")?;
        let (info_name, name) = (fields::ident(&info.name), fields::ident(&channel.name));
        let text = match &info.shape {
            Shape::Struct(_) => text_of(&channel.shape, &quote!(self.#info_name.#name))?.optional(),
            _ => match text_of(&channel.shape, &quote!(info.#name))? {
                Text::Present(text) => quote!(self.#info_name.as_ref().map(|info| #text)),
                Text::Perhaps(text) => quote!(self.#info_name.as_ref().and_then(|info| #text)),
            },
        };
        let values = values(document, channel);
        Some(Self { text, values })
    }
}

fn member<'s>(item: &'s Struct, wire: &str) -> Option<&'s Field> {
    item.fields.iter().find(|field| field.wire == wire)
}

fn values(document: &Document, channel: &Field) -> Vec<String> {
    let listed = texts(&channel.schema["x-limits"]["values"]);
    let named = document.meant(&channel.schema).map(constants);
    let named = named
        .unwrap_or_default()
        .into_iter()
        .map(|(_, value)| value);
    listed.map(str::to_owned).chain(named).collect()
}
