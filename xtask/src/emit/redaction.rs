//! `tests/redaction.rs`: proof that no sensitive member appears in `Debug`.

use anyhow::Result;
use heck::ToSnakeCase;
use serde_json::{Map, Value, json};

use super::gate::{file_gate, gate_text, test_imports};
use super::header;
use crate::json;
use crate::normalise::{Document, Side, snap_of};

/// The test file; nothing when no member is sensitive.
pub(super) fn file(document: &Document, package: &str) -> Result<Option<String>> {
    let mut names = Vec::new();
    let mut tests = String::new();
    for operation in document.operations() {
        for (side, word) in [(Side::Request, "request"), (Side::Response, "response")] {
            let mut filler = Filler {
                document,
                canaries: 0,
            };
            let body = filler.fill(&side.schema(document, &operation))?;
            if filler.canaries == 0 {
                continue;
            }
            let unverified = snap_of(document, &operation)?.unverified;
            let gate = gate_text(unverified);
            let name = document.type_name(&operation, side);
            let snake = operation.id.to_snake_case();
            tests.push_str(&format!(
                "\n{gate}#[test]\nfn the_{word}_of_{snake}_shows_no_canary() -> serde_json::Result<()> {{\n    \
                 check::<{name}>({}_{})\n}}\n",
                snake.to_uppercase(),
                word.to_uppercase(),
            ));
            tests.push_str(&format!(
                "\n{gate}const {}_{}: &str = r#\"{}\"#;\n",
                snake.to_uppercase(),
                word.to_uppercase(),
                json::to_text(&body)?.trim_end()
            ));
            names.push((name, unverified));
        }
    }
    if names.is_empty() {
        return Ok(None);
    }
    let header = header(document, None)?;
    let file_gate = file_gate(&names);
    let uses = test_imports(package, names, SERDE);
    Ok(Some(format!(
        "{header}{DOCS}{file_gate}{STD}{uses}{tests}{CHECK}"
    )))
}

/// Fills every member of a body, sensitive ones with a text of their own.
struct Filler<'d> {
    document: &'d Document,
    canaries: usize,
}

impl Filler<'_> {
    fn fill(&mut self, at: &str) -> Result<Value> {
        let class = self.document.get(at)["x-class"].as_str();
        if class.is_some() {
            return Ok(self.canary());
        }
        let (at, schema) = self.document.resolve(at)?;
        if at.ends_with("/SnapAmount") {
            return Ok(json!({"value": "10000.00", "currency": "IDR"}));
        }
        if schema["x-shape"] == "free" {
            return Ok(json!({"undocumented": self.canary()}));
        }
        match schema["type"].as_str() {
            Some("object") => self.fill_object(&at, schema),
            Some("array") => Ok(Value::Array(vec![self.fill(&format!("{at}/items"))?])),
            Some("boolean") => Ok(Value::Bool(true)),
            _ => Ok(json!("plain")),
        }
    }

    fn fill_object(&mut self, at: &str, schema: &Value) -> Result<Value> {
        let mut members = Map::new();
        for name in schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
        {
            let value = self.fill(&format!("{at}/properties/{}", json::escape(name)))?;
            members.insert(name.clone(), value);
        }
        if schema.get("additionalProperties").is_some() {
            members.insert("undocumented".to_owned(), self.canary());
        }
        Ok(Value::Object(members))
    }

    fn canary(&mut self) -> Value {
        self.canaries += 1;
        json!(format!("canary-{:03}", self.canaries))
    }
}

const DOCS: &str = "//! Every sensitive member is filled with a text of its own, and none appears in \
                    `Debug`.\n\n";
const STD: &str = "use std::fmt::Debug;\n\n";
const SERDE: &str = "use serde::Serialize;\nuse serde::de::DeserializeOwned;\n";
const CHECK: &str = r##"
#[track_caller]
fn check<T: Debug + DeserializeOwned + Serialize>(filled: &str) -> serde_json::Result<()> {
    let value: T = serde_json::from_str(filled)?;

    let written = serde_json::to_string(&value)?;
    let printed = format!("{value:?} {value:#?}");

    for canary in filled.split('"').filter(|text| text.starts_with("canary-")) {
        assert!(written.contains(canary), "{canary} was not read");
        assert!(!printed.contains(canary), "{canary} is shown: {printed}");
    }
    Ok(())
}
"##;
