//! `client.rs`: the product, with one thin method per operation.

use anyhow::Result;
use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::quote;

use super::{docs, fields, header, imports, title};
use crate::normalise::{Document, Operation, snap_of};

pub(super) fn file(document: &Document) -> Result<String> {
    let product = document.product.to_upper_camel_case();
    let name = fields::ident(&product);
    let mut names = Vec::new();
    let mut methods = TokenStream::new();
    for operation in document.operations() {
        let camel = operation.id.to_upper_camel_case();
        names.push(format!("{camel}Request"));
        methods.extend(method(document, &operation)?);
        names.push(camel);
    }
    names.sort();
    let docs = docs::outer(&format!(
        "The operations of `{}`, called through a [`Client`].\n\nOne client serves every product; \
         clones share its tokens and connections.",
        document.product
    ));
    let own = imports::print(&format!("use super::{{{}}};", names.join(", ")))?;
    let imports = format!("use snap_core::{{Call, Client}};\n\n{own}");
    let items = vec![
        quote!(#docs #[derive(Clone, Debug)] pub struct #name { client: Client }),
        quote! {
            impl From<Client> for #name {
                fn from(client: Client) -> Self { Self { client } }
            }
        },
        quote!(impl #name { #methods }),
    ];
    super::file(
        &header(document, None)?,
        &format!("The product [`{product}`]."),
        &imports,
        items,
    )
}

fn method(document: &Document, operation: &Operation) -> Result<TokenStream> {
    let snap = snap_of(document, operation)?;
    let camel = operation.id.to_upper_camel_case();
    let (marker, request) = (
        fields::ident(&camel),
        fields::ident(&format!("{camel}Request")),
    );
    let name = fields::ident(&operation.id.to_snake_case());
    let description = document.get(&operation.at)["description"]
        .as_str()
        .map(docs::mend);
    let mut text = description.unwrap_or_else(|| title(document, operation) + ".");
    text.push_str(&format!(
        "\n\n`{} {}`, service code {}.",
        operation.method.to_ascii_uppercase(),
        operation.path,
        snap.service_code
    ));
    if snap.kind.is_money() {
        text.push_str(UNKNOWN_OUTCOME);
    }
    let docs = docs::outer(&text);
    Ok(quote! {
        #docs
        pub fn #name(&self, request: &#request) -> Call<'_, #marker> {
            self.client.call(request)
        }
    })
}

const UNKNOWN_OUTCOME: &str = "\n\nMoney may move although no answer arrives. While the outcome is \
    unknown, do not send the transaction again and do not report it as failed: ask for its status \
    with the same partner reference number.";
