//! The file of one operation: request, response, marker and `impl Operation`.

use anyhow::{Context, Result};
use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::quote;

use super::imports::Imports;
use super::{docs, fields, file, gate, header, is_shared, items, limits, title, title_inside};
use crate::normalise::{Document, Operation, Requirement, Side, Snap, Token, snap_of};
use crate::post::Struct;
use crate::specs::Sender;

/// The operation's file.
pub(super) fn emit(
    document: &Document,
    operation: &Operation,
    structs: &[Struct],
) -> Result<String> {
    let mut imports = Imports::default();
    let mut emitted = Vec::new();
    for item in structs
        .iter()
        .filter(|item| item.operations.contains(&operation.id))
    {
        if is_shared(item) {
            continue;
        }
        let inner = item.fields.iter().filter_map(|field| field.shape.inner());
        for name in inner.filter(|name| structs.iter().any(|s| s.name == *name && is_shared(s))) {
            imports.shared(name);
        }
        emitted.extend(items::items(document, item, &mut imports)?);
    }
    let snap = snap_of(document, operation)?;
    if document.sender == Sender::Merchant {
        let request = document.type_name(operation, Side::Request);
        let request = structs.iter().find(|item| item.name == request);
        let request = request.context("an operation has a request")?;
        let limits = limits::emit(document, operation, structs, request, &mut imports)?;
        let (limits, method) = match limits {
            Some(limits) => (limits.items, limits.method),
            None => (Vec::new(), TokenStream::new()),
        };
        emitted.extend(marker(document, operation, &snap, method, &mut imports));
        emitted.extend(limits);
    }
    let mut docs = format!(
        "{}: `{} {}`.",
        title(document, operation),
        operation.method.to_ascii_uppercase(),
        operation.path
    );
    if snap.unverified {
        docs.push_str(&format!("\n\n{}", gate::warning(document, operation)));
    }
    file(
        &header(document, Some(operation))?,
        &docs,
        &imports.text()?,
        emitted,
    )
}

fn marker(
    document: &Document,
    operation: &Operation,
    snap: &Snap,
    limits: TokenStream,
    imports: &mut Imports,
) -> Vec<TokenStream> {
    let auth = match snap.token {
        Token::B2b => "B2b",
        Token::B2b2c => "B2b2c",
        Token::Either => "EitherToken",
    };
    for name in [
        auth,
        "Method",
        "Operation",
        "OperationInfo",
        "OperationKind",
    ] {
        imports.core(name);
    }
    let name = fields::ident(&operation.id.to_upper_camel_case());
    let request = fields::ident(&document.type_name(operation, Side::Request));
    let response = fields::ident(&document.type_name(operation, Side::Response));
    let mut docs = format!("The operation *{}*.", title_inside(document, operation));
    if snap.unverified {
        docs = format!("{}\n\n{docs}", gate::warning(document, operation));
    }
    let docs = docs::outer(&docs);
    let info = info(operation, snap);
    let auth = fields::ident(auth);
    vec![
        quote! {
            #docs
            #[derive(Clone, Copy, Debug)]
            #[non_exhaustive]
            pub struct #name;
        },
        quote! {
            impl Operation for #name {
                type Request = #request;
                type Response = #response;
                type Auth = #auth;
                const INFO: OperationInfo = #info;
                #limits
            }
        },
    ]
}

fn info(operation: &Operation, snap: &Snap) -> TokenStream {
    let Operation { id, path, .. } = operation;
    let method = fields::ident(&operation.method.to_ascii_uppercase());
    let code = &snap.service_code;
    let kind = fields::ident(&snap.kind.name().to_upper_camel_case());
    let headers =
        snap.headers.iter().map(
            |(header, requirement)| match (header.as_str(), requirement) {
                ("CHANNEL-ID", Requirement::Required) => quote!(.with_channel_id()),
                ("CHANNEL-ID", Requirement::Optional) => quote!(.with_optional_channel_id()),
                ("X-IP-ADDRESS", _) => quote!(.with_ip_address()),
                _ => quote!(.with_device_id()),
            },
        );
    let headers: TokenStream = headers.collect();
    let reference = snap
        .reference
        .as_ref()
        .map(|member| quote!(.with_reference(#member)));
    quote! {
        OperationInfo::new(#id, Method::#method, #path, #code, OperationKind::#kind)
            #headers
            #reference
    }
}
