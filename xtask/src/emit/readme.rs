//! The table of operations in a product crate's README.

use anyhow::{Context, Result};
use heck::{ToSnakeCase, ToUpperCamelCase};

use crate::normalise::{Document, Requirement, Token, snap_of};

/// The README with its table of operations written anew between the two marks.
pub(crate) fn with_table(document: &Document, readme: &str, file: &str) -> Result<String> {
    let parts = || {
        let (before, rest) = readme.split_once(BEGIN)?;
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    };
    let (before, after) = parts().with_context(|| {
        format!("{file}: has no `{BEGIN}` and `{END}`: add them where the table of operations goes")
    })?;
    Ok(format!("{before}{BEGIN}\n{}{END}{after}", table(document)?))
}

fn table(document: &Document) -> Result<String> {
    let product = document.product.to_upper_camel_case();
    let mut text = String::from(HEAD);
    for operation in document.operations() {
        let snap = snap_of(document, &operation)?;
        let name = operation.id.to_snake_case();
        let mut callers = Vec::new();
        if snap.token.is_without_customer() {
            callers.push(format!("`{product}::{name}`"));
        }
        if snap.token.is_with_customer() {
            callers.push(format!("`Customer::{name}`"));
        }
        let token = match snap.token {
            Token::B2b => "B2B",
            Token::B2b2c => "B2B and customer",
            Token::Either => "B2B, customer's optional",
        };
        let mut remarks: Vec<String> = snap
            .headers
            .iter()
            .filter(|(_, requirement)| **requirement == Requirement::Required)
            .map(|(header, _)| format!("needs `{header}`"))
            .collect();
        if snap.unverified {
            remarks.push("feature `unverified`".to_owned());
        }
        text.push_str(&format!(
            "| {} | `{} {}` | {} | {token} | {} | {} |\n",
            callers.join(", "),
            operation.method.to_ascii_uppercase(),
            operation.path,
            snap.service_code,
            snap.kind.name(),
            remarks.join(", "),
        ));
    }
    Ok(text)
}

const BEGIN: &str = "<!-- operations: written by `cargo xtask generate` -->";
const END: &str = "<!-- end of operations -->";
const HEAD: &str = "| Method | Request | Service code | Token | Kind | Remarks |\n\
                    | --- | --- | --- | --- | --- | --- |\n";
