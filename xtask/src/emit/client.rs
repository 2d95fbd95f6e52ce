//! `client.rs`: the product and a customer of it, with one thin method per operation.

use anyhow::Result;
use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::quote;

use super::gate::{self, Customers, customers, gate};
use super::imports::Gated;
use super::{docs, fields, header, title};
use crate::normalise::{Document, Operation, Requirement, Snap, snap_of};

/// Whose method it is.
#[derive(Clone, Copy, PartialEq)]
enum Caller {
    Product,
    Customer,
}

pub(super) fn file(document: &Document) -> Result<String> {
    let mut client = Client::new(customers(document)?);
    for operation in document.operations() {
        client.add(document, &operation)?;
    }
    let product = document.product.to_upper_camel_case();
    super::file(
        &header(document, None)?,
        &format!("The product [`{product}`]."),
        &client.imports.text()?,
        client.items(document, &product),
    )
}

/// What the operations add to the file.
struct Client {
    imports: Gated,
    of_product: TokenStream,
    of_customer: TokenStream,
    customers: Option<Customers>,
}

impl Client {
    fn new(customers: Option<Customers>) -> Self {
        let mut imports = Gated::default();
        imports.add("snap_core", "Client", false);
        if let Some(customers) = customers {
            imports.add("snap_core", "CustomerTokens", customers.all_unverified);
        }
        Self {
            imports,
            of_product: TokenStream::new(),
            of_customer: TokenStream::new(),
            customers,
        }
    }

    fn add(&mut self, document: &Document, operation: &Operation) -> Result<()> {
        let snap = snap_of(document, operation)?;
        let camel = operation.id.to_upper_camel_case();
        let imports = &mut self.imports;
        imports.add("snap_core", "Call", snap.unverified);
        imports.add("super", &format!("{camel}Request"), snap.unverified);
        imports.add("super", &camel, snap.unverified);
        for header in HEADERS.iter().filter(|header| header.is_required(&snap)) {
            imports.add(header.module, header.kind, snap.unverified);
        }
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

    fn items(&self, document: &Document, product: &str) -> Vec<TokenStream> {
        let name = fields::ident(product);
        let docs = docs::outer(&format!(
            "The operations of `{}`, called through a [`Client`].\n\nOne client serves every \
             product; clones share its tokens and connections.",
            document.product
        ));
        let (of_product, of_customer) = (&self.of_product, &self.of_customer);
        let gate = self.customers.and_then(|c| gate(c.all_unverified));
        let customer = self.customers.map(|_| {
            quote! {
                /// The operations on behalf of one customer.
                ///
                /// With a [`snap_core::CustomerKey`] the client keeps the customer's tokens; with a
                /// [`snap_core::CustomerToken`] they are the caller's affair.
                #gate
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
            quote! {
                impl #name {
                    /// The client that makes the calls.
                    #[must_use]
                    pub fn client(&self) -> &Client { &self.client }

                    #customer
                    #of_product
                }
            },
        ];
        if self.customers.is_some() {
            let docs = docs::outer(&format!(
                "The operations of `{}` that DOKU allows on behalf of one customer, made by \
                 [`{product}::customer`].\n\nEvery call carries this customer's token and no other.",
                document.product
            ));
            items.push(quote! {
                #docs
                #gate
                #[derive(Clone, Debug)]
                pub struct Customer { client: Client, tokens: CustomerTokens }
            });
            items.push(quote!(#gate impl Customer { #of_customer }));
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
    for header in HEADERS.iter().filter(|header| header.is_required(snap)) {
        let (name, kind) = (fields::ident(header.name), fields::ident(header.kind));
        let with = fields::ident(&format!("with_{}", header.name));
        arguments.extend(quote!(, #name: #kind));
        options.extend(quote!(.#with(#name)));
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
        text.push_str(&gate::warning(document, operation));
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
    for Header { header, name, .. } in HEADERS {
        match snap.headers.get(*header) {
            Some(Requirement::Required) => {
                text.push_str(&format!("\n\n`{name}` is sent as `{header}`."));
            }
            Some(Requirement::Optional) => text.push_str(&format!(
                "\n\nTakes an optional `{header}`: [`Call::with_{name}`]."
            )),
            None => {}
        }
    }
    if snap.kind.is_money() {
        text.push_str(UNKNOWN_OUTCOME);
    }
    text
}

/// A header that the caller gives.
struct Header {
    header: &'static str,
    /// Of the argument.
    name: &'static str,
    module: &'static str,
    kind: &'static str,
}

impl Header {
    fn is_required(&self, snap: &Snap) -> bool {
        snap.headers.get(self.header) == Some(&Requirement::Required)
    }
}

const HEADERS: &[Header] = &[
    Header {
        header: "X-IP-ADDRESS",
        name: "ip_address",
        module: "std::net",
        kind: "Ipv4Addr",
    },
    Header {
        header: "X-DEVICE-ID",
        name: "device_id",
        module: "snap_core",
        kind: "DeviceId",
    },
];
const WITHOUT_CUSTOMER: &str = "\n\nDOKU's documents disagree about whether the call carries a \
    customer's token. This one carries none; [`Customer`] has the other.";
const WITH_CUSTOMER: &str = "\n\nDOKU's documents disagree about whether the call carries a \
    customer's token. This one does.";
const UNKNOWN_OUTCOME: &str = "\n\nMoney may move although no answer arrives: \
    [`snap_core::Error::money`] says where it is. While that is unknown, do not send the transaction \
    again and do not report it as failed: ask for its status with the same partner reference number, \
    or let the crate `snap-resolve` do it.";
