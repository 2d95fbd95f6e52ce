//! Pass 16: every Rust name that will be emitted is computed and compared.
//!
//! The type generator writes two items or fields of one name without a word; the error would only
//! appear in the crate that is written.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use heck::{ToSnakeCase, ToUpperCamelCase};
use serde_json::Value;

use super::document::Document;
use super::enums::is_open_enum;
use crate::json::escape;
use crate::specs::Sender;

pub(super) fn run(document: &mut Document) -> Result<()> {
    let mut types = Names::default();
    for name in RESERVED {
        types.add(
            (*name).to_owned(),
            "the generator's own".to_owned(),
            document,
        )?;
    }
    types.add(
        document.product.to_upper_camel_case(),
        "the product".to_owned(),
        document,
    )?;
    let mut modules = Names::default();
    for module in ["client", "types"] {
        modules.add(
            module.to_owned(),
            "the generator's own".to_owned(),
            document,
        )?;
    }
    for operation in document.operations() {
        check_item(&operation.id, &document.place(&operation.at))?;
        // An operation that DOKU sends has no type beside its messages.
        if document.sender == Sender::Merchant {
            let name = operation.id.to_upper_camel_case();
            types.add(name, operation.at.clone(), document)?;
        }
        modules.add(operation.id.to_snake_case(), operation.at.clone(), document)?;
    }
    for (name, schema) in document
        .schemas()
        .filter(|(name, _)| !name.starts_with("Snap"))
    {
        let at = format!("/components/schemas/{}", escape(name));
        check_item(name, &document.place(&at))?;
        if schema["type"] != "object" && !is_open_enum(schema) {
            bail!(
                "{}: a component is an object or an enum of texts; write another type where it is \
                 used",
                document.place(&at)
            );
        }
        types.add(name.to_upper_camel_case(), at, document)?;
    }
    let mut notices = Vec::new();
    document.visit_schemas(|schema, here| {
        let mut fields = Names::default();
        if schema.get("additionalProperties").is_some() {
            fields.add(
                "extra".to_owned(),
                "the unknown members".to_owned(),
                here.before,
            )?;
        }
        for (wire, member) in schema["properties"].as_object().into_iter().flatten() {
            let name = field_name(wire, member);
            if !is_identifier(&name) {
                bail!("{}: `{wire}` gives no Rust name; set x-name", here.place());
            }
            if member["x-name"].is_string() {
                notices.push(format!("{}/{wire}: named {name}", here.at));
            }
            fields.add(name, format!("{}/properties/{wire}", here.at), here.before)?;
        }
        Ok(())
    })?;
    document.notices.extend(notices);
    Ok(())
}

/// The Rust name of a member, before keywords are escaped.
pub(crate) fn field_name(wire: &str, schema: &Value) -> String {
    schema["x-name"]
        .as_str()
        .map_or_else(|| wire.to_snake_case(), str::to_owned)
}

/// Operations and components give names of types and modules.
fn check_item(name: &str, place: &str) -> Result<()> {
    let snake = name.to_snake_case();
    let is_keyword = syn::parse_str::<syn::Ident>(&snake).is_err();
    if !is_identifier(&snake) || is_keyword || snake == "mod" {
        bail!("{place}: `{name}` gives no Rust name; set another operationId or x-name");
    }
    Ok(())
}

fn is_identifier(name: &str) -> bool {
    let first = name.chars().next();
    first.is_some_and(|c| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn add(&mut self, name: String, from: String, document: &Document) -> Result<()> {
        match self.0.get(&name) {
            Some(other) => bail!(
                "{}: the Rust name `{name}` is taken by {other}; set another",
                document.place(&from)
            ),
            None => {
                self.0.insert(name, from);
                Ok(())
            }
        }
    }
}

/// Names that generated files import or that a struct of them would hide.
const RESERVED: &[&str] = &[
    "Amount",
    "B2b",
    "B2b2c",
    "Call",
    "Client",
    "Cow",
    "Customer",
    "CustomerTokens",
    "Debug",
    "Default",
    "Deserialize",
    "Deserializer",
    "DeviceId",
    "EitherToken",
    "From",
    "Into",
    "Ipv4Addr",
    "Limit",
    "LimitCheck",
    "LimitFinding",
    "Method",
    "OneOrMany",
    "Operation",
    "OperationInfo",
    "OperationKind",
    "Option",
    "PartnerReferenceNo",
    "Result",
    "SecretText",
    "Serialize",
    "String",
    "TransactionStatus",
    "Vec",
    "WireTime",
];
