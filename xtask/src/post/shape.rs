//! The types a field may have.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use quote::ToTokens;
use syn::{GenericArgument, ItemStruct, PathArguments, Type};

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Text,
    Flag,
    Json,
    /// A type of `snap_core`, by name.
    Core(&'static str),
    Struct(String),
    /// An open enum of the crate, by name.
    Enum(String),
    List(Box<Shape>),
    /// One object or a list of them, as the caller of a request chooses.
    OneOrMany(Box<Shape>),
    Optional(Box<Shape>),
    /// Members that no page documents.
    Extra,
}

impl Shape {
    /// Whether the field holds JSON of any form, directly, optionally or in a list.
    pub(crate) fn is_free_json(&self) -> bool {
        match self {
            Self::Json => true,
            Self::List(inner) | Self::OneOrMany(inner) | Self::Optional(inner) => {
                inner.is_free_json()
            }
            _ => false,
        }
    }

    /// The struct a field holds, directly, optionally or in a list.
    pub(crate) fn inner(&self) -> Option<&str> {
        match self {
            Self::Struct(name) => Some(name),
            Self::List(inner) | Self::OneOrMany(inner) | Self::Optional(inner) => inner.inner(),
            _ => None,
        }
    }
}

/// Reads a type as the type generator writes it; another type is an error.
pub(super) fn read(ty: &Type, structs: &BTreeMap<String, ItemStruct>) -> Result<Shape> {
    let unknown = || format!("the type `{}` is not expected", ty.to_token_stream());
    let Type::Path(path) = ty else {
        bail!(unknown());
    };
    let segments: Vec<String> = path
        .path
        .segments
        .iter()
        .map(|s| s.ident.to_string())
        .collect();
    let inner = || match path.path.segments.last().map(|segment| &segment.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => match arguments.args.first() {
            Some(GenericArgument::Type(inner)) => read(inner, structs).map(Box::new),
            _ => bail!(unknown()),
        },
        _ => bail!(unknown()),
    };
    Ok(match segments.join("::").as_str() {
        "std::string::String" => Shape::Text,
        "bool" => Shape::Flag,
        "serde_json::Value" => Shape::Json,
        "std::option::Option" => Shape::Optional(inner()?),
        "std::vec::Vec" => Shape::List(inner()?),
        "serde_json::Map" if *inner()? == Shape::Text => Shape::Extra,
        "snap_core::Amount" => Shape::Core("Amount"),
        "snap_core::PartnerReferenceNo" => Shape::Core("PartnerReferenceNo"),
        "snap_core::SecretText" => Shape::Core("SecretText"),
        "snap_core::TransactionStatus" => Shape::Core("TransactionStatus"),
        "snap_core::WireTime" => Shape::Core("WireTime"),
        name if name.starts_with("crate::") => Shape::Enum(name["crate::".len()..].to_owned()),
        name if structs.contains_key(name) => Shape::Struct(name.to_owned()),
        _ => bail!(unknown()),
    })
}
