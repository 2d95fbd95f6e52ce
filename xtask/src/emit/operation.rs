//! The file of one operation: request, response, marker and `impl Operation`.

use anyhow::Result;
use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::quote;

use super::imports::Imports;
use super::{docs, fields, file, header, is_shared, items, title};
use crate::normalise::{Document, Operation, Snap, snap_of};
use crate::post::Struct;

fn file_docs(operation: &Operation, title: &str) -> String {
    format!(
        "{title}: `{} {}`.",
        operation.method.to_ascii_uppercase(),
        operation.path
    )
}

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
    emitted.extend(marker(document, operation, &snap, &mut imports));
    let docs = file_docs(operation, &title(document, operation));
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
    imports: &mut Imports,
) -> Vec<TokenStream> {
    for name in [
        "B2b",
        "Method",
        "Operation",
        "OperationInfo",
        "OperationKind",
    ] {
        imports.core(name);
    }
    let camel = operation.id.to_upper_camel_case();
    let name = fields::ident(&camel);
    let request = fields::ident(&format!("{camel}Request"));
    let response = fields::ident(&format!("{camel}Response"));
    let title = title(document, operation).to_lowercase();
    let docs = docs::outer(&format!("The operation *{title}*."));
    let info = info(operation, snap);
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
                type Auth = B2b;
                const INFO: OperationInfo = #info;
            }
        },
    ]
}

fn info(operation: &Operation, snap: &Snap) -> TokenStream {
    let Operation { id, path, .. } = operation;
    let method = fields::ident(&operation.method.to_ascii_uppercase());
    let code = &snap.service_code;
    let kind = fields::ident(&snap.kind.name().to_upper_camel_case());
    let channel = snap
        .headers
        .contains_key("CHANNEL-ID")
        .then(|| quote!(.with_channel_id()));
    let reference = snap
        .reference
        .as_ref()
        .map(|member| quote!(.with_reference(#member)));
    quote! {
        OperationInfo::new(#id, Method::#method, #path, #code, OperationKind::#kind)
            #channel
            #reference
    }
}
