//! `tests/examples.rs`: every example of the pages is read, written again and compared.

use anyhow::Result;
use heck::ToSnakeCase;

use super::gate::{file_gate, gate_text, test_imports};
use super::header;
use crate::json;
use crate::normalise::{Document, Side, snap_of};

/// The test file and one JSON file per example; nothing when no page shows one.
pub(super) fn files(document: &Document, package: &str) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    let (mut tests, mut names) = (String::new(), Vec::new());
    for operation in document.operations() {
        let snake = operation.id.to_snake_case();
        let unverified = snap_of(document, &operation)?.unverified;
        let gate = gate_text(unverified).replace("#[", "    #[");
        for (side, of) in [("request", Side::Request), ("response", Side::Response)] {
            let example = &document.get(&operation.at)[format!("x-example-{side}")];
            if !example.is_object() {
                continue;
            }
            let file = format!("examples/{snake}.{side}.json");
            let name = document.type_name(&operation, of);
            tests.push_str(&format!(
                "{gate}    the_{side}_of_{snake}_is_kept: {name}, \"{file}\";\n"
            ));
            names.push((name, unverified));
            files.push((format!("tests/{file}"), json::to_text(example)?));
        }
    }
    if files.is_empty() {
        return Ok(files);
    }
    let header = header(document, None)?;
    let file_gate = file_gate(&names);
    let uses = test_imports(package, names, USES);
    let text = format!("{header}{DOCS}{file_gate}{uses}{MACRO}\nexamples! {{\n{tests}}}\n{CHECK}");
    files.push(("tests/examples.rs".to_owned(), text));
    Ok(files)
}

const DOCS: &str = "//! The examples of the pages, after the corrections of the overlay: each is \
                    read and written again,\n//! and what is kept is what was there.\n\n";
const USES: &str = "use serde::{Serialize, de::DeserializeOwned};\nuse serde_json::{Map, Value};\n";
/// Long names stay on one line in it, however they are formatted.
const MACRO: &str = r##"
macro_rules! examples {
    ($($(#[$gate:meta])* $name:ident: $type:ty, $file:literal;)*) => {
        $(
            $(#[$gate])*
            #[test]
            fn $name() -> serde_json::Result<()> {
                check::<$type>(include_str!($file))
            }
        )*
    };
}
"##;
const CHECK: &str = r##"
#[track_caller]
fn check<T: DeserializeOwned + Serialize>(example: &str) -> serde_json::Result<()> {
    let value: T = serde_json::from_str(example)?;
    let mut page: Value = serde_json::from_str(example)?;
    if let Some(members) = page.as_object_mut() {
        // Every answer has these two; they are read apart from its body.
        members.retain(|name, _| name != "responseCode" && name != "responseMessage");
    }

    let written = serde_json::to_value(&value)?;

    assert!(
        is_kept(&page, &written),
        "{page:#} was written as {written:#}"
    );
    Ok(())
}

/// Whether a value says the same as the page, which prints text as numbers and lists as objects.
fn is_kept(page: &Value, written: &Value) -> bool {
    match (page, written) {
        (Value::Object(amount), Value::Object(ours)) if is_amount(amount, ours) => {
            number(&amount["value"]) == number(&ours["value"])
                && amount["currency"] == ours["currency"]
        }
        (Value::Object(page), Value::Object(ours)) => {
            let is_same = |(name, value): (&String, &Value)| match ours.get(name) {
                Some(own) => is_kept(value, own),
                None => value == "",
            };
            ours.len() <= page.len() && page.iter().all(is_same)
        }
        (page @ Value::Object(_), Value::Array(ours)) => {
            matches!(ours.as_slice(), [only] if is_kept(page, only))
        }
        (Value::Array(page), Value::Array(ours)) => {
            page.len() == ours.len() && page.iter().zip(ours).all(|(page, own)| is_kept(page, own))
        }
        (Value::Number(page), Value::String(own)) => {
            let digits = page.to_string();
            *own == digits || *own == format!("{digits:0>2}")
        }
        (Value::Bool(page), Value::String(own)) => *own == page.to_string(),
        _ => page == written,
    }
}

fn is_amount(page: &Map<String, Value>, ours: &Map<String, Value>) -> bool {
    [page, ours].iter().all(|members| {
        members.len() == 2 && members.contains_key("value") && members.contains_key("currency")
    })
}

/// The digits of a decimal number, without the zeros that change nothing.
fn number(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    match text.split_once('.') {
        Some((whole, cents)) => format!("{whole}.{}", cents.trim_end_matches('0')),
        None => format!("{text}."),
    }
}
"##;
