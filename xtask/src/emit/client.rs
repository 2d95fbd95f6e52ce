//! `client.rs`: the product and a customer of it, with one thin method per operation.

use anyhow::Result;
use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::quote;

use super::{docs, fields, gate, header, imports, title};
use crate::normalise::{Document, Operation, Requirement, Snap, snap_of};

/// Whose method it is.
#[derive(Clone, Copy, PartialEq)]
enum Caller {
    Product,
    Customer,
}

pub(super) fn file(document: &Document) -> Result<String> {
    let mut client = Client::default();
    for operation in document.operations() {
        client.add(document, &operation)?;
    }
    let product = document.product.to_upper_camel_case();
    super::file(
        &header(document, None)?,
        &format!("The product [`{product}`]."),
        &client.imports()?,
        client.items(document, &product),
    )
}

/// What the operations add to the file.
#[derive(Default)]
struct Client {
    names: Vec<String>,
    unverified_names: Vec<String>,
    of_product: TokenStream,
    of_customer: TokenStream,
    takes_ip_address: bool,
    takes_device_id: bool,
}

impl Client {
    fn add(&mut self, document: &Document, operation: &Operation) -> Result<()> {
        let snap = snap_of(document, operation)?;
        let camel = operation.id.to_upper_camel_case();
        let names = if snap.unverified {
            &mut self.unverified_names
        } else {
            &mut self.names
        };
        names.extend([format!("{camel}Request"), camel]);
        self.takes_ip_address |= requires(&snap, IP_ADDRESS);
        self.takes_device_id |= requires(&snap, DEVICE_ID);
        if snap.token.is_without_customer() {
            self.of_product
                .extend(method(document, operation, &snap, Caller::Product));
        }
        if snap.token.is_with_customer() {
            self.of_customer
                .extend(method(document, operation, &snap, Caller::Customer));
        }
        Ok(())
    }

    fn has_customers(&self) -> bool {
        !self.of_customer.is_empty()
    }

    fn imports(&self) -> Result<String> {
        let mut blocks = Vec::new();
        if self.takes_ip_address {
            blocks.push("use std::net::Ipv4Addr;\n".to_owned());
        }
        let mut core = vec!["Call", "Client"];
        if self.has_customers() {
            core.push("CustomerTokens");
        }
        if self.takes_device_id {
            core.push("DeviceId");
        }
        blocks.push(format!("use snap_core::{{{}}};\n", core.join(", ")));
        let own = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            imports::print(&format!("use super::{{{}}};", names.join(", ")))
        };
        let mut last = own(&self.names)?;
        if !self.unverified_names.is_empty() {
            last.push_str("#[cfg(feature = \"unverified\")]\n");
            last.push_str(&own(&self.unverified_names)?);
        }
        blocks.push(last);
        Ok(blocks.join("\n"))
    }

    fn items(&self, document: &Document, product: &str) -> Vec<TokenStream> {
        let name = fields::ident(product);
        let docs = docs::outer(&format!(
            "The operations of `{}`, called through a [`Client`].\n\nOne client serves every \
             product; clones share its tokens and connections.",
            document.product
        ));
        let (of_product, of_customer) = (&self.of_product, &self.of_customer);
        let customer = self.has_customers().then(|| {
            quote! {
                /// The operations on behalf of one customer.
                ///
                /// With a [`snap_core::CustomerKey`] the client keeps the customer's tokens; with a
                /// [`snap_core::CustomerToken`] they are the caller's affair.
                pub fn customer(&self, tokens: impl Into<CustomerTokens>) -> Customer {
                    Customer { client: self.client.clone(), tokens: tokens.into() }
                }
            }
        });
        let mut items = vec![
            quote!(#docs #[derive(Clone, Debug)] pub struct #name { client: Client }),
            quote! {
                impl From<Client> for #name {
                    fn from(client: Client) -> Self { Self { client } }
                }
            },
            quote!(impl #name { #customer #of_product }),
        ];
        if self.has_customers() {
            let docs = docs::outer(&format!(
                "The operations of `{}` that DOKU allows on behalf of one customer, made by \
                 [`{product}::customer`].\n\nEvery call carries this customer's token and no other.",
                document.product
            ));
            items.push(quote! {
                #docs
                #[derive(Clone, Debug)]
                pub struct Customer { client: Client, tokens: CustomerTokens }
            });
            items.push(quote!(impl Customer { #of_customer }));
        }
        items
    }
}

fn method(document: &Document, operation: &Operation, snap: &Snap, caller: Caller) -> TokenStream {
    let camel = operation.id.to_upper_camel_case();
    let (marker, request) = (
        fields::ident(&camel),
        fields::ident(&format!("{camel}Request")),
    );
    let name = fields::ident(&operation.id.to_snake_case());
    let docs = docs::outer(&documentation(document, operation, snap, caller));
    let gate = gate(snap.unverified);
    let (mut arguments, mut options) = (TokenStream::new(), TokenStream::new());
    if requires(snap, IP_ADDRESS) {
        arguments.extend(quote!(, ip_address: Ipv4Addr));
        options.extend(quote!(.with_ip_address(ip_address)));
    }
    if requires(snap, DEVICE_ID) {
        arguments.extend(quote!(, device_id: DeviceId));
        options.extend(quote!(.with_device_id(device_id)));
    }
    let call = match caller {
        Caller::Product => quote!(self.client.call(request)),
        Caller::Customer => quote!(self.client.call_as(&self.tokens, request)),
    };
    quote! {
        #docs
        #gate
        pub fn #name(&self, request: &#request #arguments) -> Call<'_, #marker> {
            #call #options
        }
    }
}

fn documentation(
    document: &Document,
    operation: &Operation,
    snap: &Snap,
    caller: Caller,
) -> String {
    let description = document.get(&operation.at)["description"]
        .as_str()
        .map(docs::mend);
    let mut text = String::new();
    if snap.unverified {
        text.push_str(&super::unverified(document, operation));
        text.push_str("\n\n");
    }
    text.push_str(&description.unwrap_or_else(|| title(document, operation) + "."));
    text.push_str(&format!(
        "\n\n`{} {}`, service code {}.",
        operation.method.to_ascii_uppercase(),
        operation.path,
        snap.service_code
    ));
    let both = snap.token.is_with_customer() && snap.token.is_without_customer();
    match caller {
        Caller::Product if both => text.push_str(WITHOUT_CUSTOMER),
        Caller::Customer if both => text.push_str(WITH_CUSTOMER),
        _ => {}
    }
    for header in [IP_ADDRESS, DEVICE_ID] {
        let option = if header == IP_ADDRESS {
            "ip_address"
        } else {
            "device_id"
        };
        match snap.headers.get(header) {
            Some(Requirement::Required) => {
                text.push_str(&format!("\n\n`{option}` is sent as `{header}`."));
            }
            Some(Requirement::Optional) => text.push_str(&format!(
                "\n\nTakes an optional `{header}`: [`Call::with_{option}`]."
            )),
            None => {}
        }
    }
    if snap.kind.is_money() {
        text.push_str(UNKNOWN_OUTCOME);
    }
    text
}

fn requires(snap: &Snap, header: &str) -> bool {
    snap.headers.get(header) == Some(&Requirement::Required)
}

const IP_ADDRESS: &str = "X-IP-ADDRESS";
const DEVICE_ID: &str = "X-DEVICE-ID";
const WITHOUT_CUSTOMER: &str = "\n\nDOKU's documents disagree about whether the call carries a \
    customer's token. This one carries none; [`Customer`] has the other.";
const WITH_CUSTOMER: &str = "\n\nDOKU's documents disagree about whether the call carries a \
    customer's token. This one does.";
const UNKNOWN_OUTCOME: &str = "\n\nMoney may move although no answer arrives. While the outcome is \
    unknown, do not send the transaction again and do not report it as failed: ask for its status \
    with the same partner reference number.";
