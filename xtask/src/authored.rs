//! `authored.yaml`: operations that DOKU documents and no held page describes, written by hand.
//!
//! Every operation and every member says where it is from and how sure that is.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::json::escape;
use crate::overlay::{SCALE, check_codes, is_low};
use crate::specs::Product;
use crate::yaml::{self, Yaml};

/// Path of a product's file of authored operations.
pub(crate) fn file(product: &Product) -> String {
    product.file("authored.yaml")
}

/// Adds the product's authored operations, if it has any.
pub(crate) fn merge(root: &Path, product: &Product, mut document: Value) -> Result<Value> {
    let file = file(product);
    let path = root.join(&file);
    if !path.exists() {
        return Ok(document);
    }
    let text = fs::read_to_string(&path).with_context(|| format!("{file} cannot be read"))?;
    let mut authored = Authored::read(yaml::parse(&file, &text)?)?;
    authored.check(&document)?;
    authored.resolve_sources()?;
    for section in ["/paths", "/components/schemas"] {
        authored.copy(section, &mut document)?;
    }
    Ok(document)
}

/// The file, with a copy of its content that is made ready for the document.
struct Authored {
    yaml: Yaml,
    ready: Value,
    sources: Map<String, Value>,
}

impl Authored {
    fn read(yaml: Yaml) -> Result<Self> {
        known(
            &yaml,
            "",
            &["openapi", "info", "x-sources", "paths", "components"],
        )?;
        if yaml.value["components"].is_object() {
            known(&yaml, "/components", &["schemas"])?;
        }
        let sources = yaml.value["x-sources"].as_object().cloned();
        let sources = sources.with_context(|| {
            format!(
                "{}: has no `x-sources`, the list of sources by key",
                yaml.place("")
            )
        })?;
        if yaml.value["paths"].as_object().is_none_or(Map::is_empty) {
            bail!("{}: has no operation; delete the file", yaml.place(""));
        }
        check_codes(&yaml, "", &yaml.value)?;
        let ready = yaml.value.clone();
        Ok(Self {
            yaml,
            ready,
            sources,
        })
    }

    fn check(&self, document: &Value) -> Result<()> {
        for (path, item) in object(&self.yaml.value["paths"]) {
            for (method, operation) in object(item) {
                let at = format!("/paths/{}/{method}", escape(path));
                self.check_operation(&at, path, operation, document)?;
            }
        }
        for (name, schema) in object(&self.yaml.value["components"]["schemas"]) {
            let at = format!("/components/schemas/{}", escape(name));
            if schema.get("enum").is_some() {
                self.check_source(&at, schema)?;
            }
            self.check_schema(&at, schema)?;
        }
        Ok(())
    }

    fn check_operation(
        &self,
        at: &str,
        path: &str,
        operation: &Value,
        document: &Value,
    ) -> Result<()> {
        let place = self.yaml.place(at);
        let id = &operation["operationId"];
        for key in ["operationId", "summary", "description", "x-snap"] {
            if operation.get(key).is_none() {
                bail!("{place}: the operation has no `{key}`");
            }
        }
        if let Some(page) = page_of(document, path, id) {
            bail!(
                "{place}: {id} is described by {page}: its page has arrived; move what the page \
                 does not say into the overlay and delete the operation here"
            );
        }
        self.check_source(at, operation)?;
        let low = is_low(&operation["x-confidence"]);
        let marked = operation["x-snap"]["unverified"] == true;
        if low != marked {
            let (confidence, cure) = (
                &operation["x-confidence"],
                if low { "set" } else { "remove" },
            );
            bail!(
                "{place}: {id} rests on {confidence}: {cure} `unverified: true` in its x-snap; it \
                 is for operations whose path, method or body DOKU has not confirmed"
            );
        }
        let body = format!("{at}/requestBody/content/application~1json/schema");
        self.check_schema(&body, &self.value(&body))?;
        for (status, _) in object(&operation["responses"]) {
            let body = format!("{at}/responses/{status}/content/application~1json/schema");
            self.check_schema(&body, &self.value(&body))?;
        }
        Ok(())
    }

    fn value(&self, at: &str) -> Value {
        self.yaml.value.pointer(at).cloned().unwrap_or(Value::Null)
    }

    /// Every member has a source and a confidence, and what is required exists.
    fn check_schema(&self, at: &str, schema: &Value) -> Result<()> {
        let members = object(&schema["properties"]);
        for name in schema["required"].as_array().into_iter().flatten() {
            if !members.iter().any(|(member, _)| *name == **member) {
                let place = self.yaml.place(&format!("{at}/required"));
                bail!("{place}: {name} is required and no member of that name exists");
            }
        }
        for (name, member) in members {
            let at = format!("{at}/properties/{}", escape(name));
            self.check_source(&at, member)?;
            self.check_schema(&at, member)?;
        }
        match schema.get("items") {
            Some(items) => self.check_schema(&format!("{at}/items"), items),
            None => Ok(()),
        }
    }

    fn check_source(&self, at: &str, value: &Value) -> Result<()> {
        let place = self.yaml.place(at);
        if value.get("x-source").is_none() {
            bail!("{place}: has no x-source; name a key of x-sources, or a list of them");
        }
        self.source_text(&value["x-source"])
            .with_context(|| place.clone())?;
        let confidence = &value["x-confidence"];
        if !SCALE.iter().any(|known| confidence == known) {
            bail!(
                "{place}: x-confidence is {confidence}; use one of {}",
                SCALE.join(", ")
            );
        }
        Ok(())
    }

    /// The sources that one or several keys stand for.
    fn source_text(&self, keys: &Value) -> Result<String> {
        let keys: Vec<&Value> = match keys {
            Value::Array(keys) => keys.iter().collect(),
            key => vec![key],
        };
        let texts: Result<Vec<&str>> = keys
            .into_iter()
            .map(|key| {
                let text = key.as_str().and_then(|key| self.sources.get(key)?.as_str());
                text.with_context(|| format!("the source {key} is not in x-sources"))
            })
            .collect();
        Ok(texts?.join("; "))
    }

    /// Writes the sources out, so that what is made of the file needs nothing else.
    fn resolve_sources(&mut self) -> Result<()> {
        let mut ready = self.ready.take();
        self.resolve(&mut ready, "")?;
        for (path, item) in ready["paths"].as_object_mut().into_iter().flatten() {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                let at = format!("/paths/{}/{method}", escape(path));
                operation["x-page"] = json!(self.yaml.place(&at));
            }
        }
        self.ready = ready;
        Ok(())
    }

    fn resolve(&self, value: &mut Value, at: &str) -> Result<()> {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    let at = format!("{at}/{}", escape(key));
                    if key == "x-source" {
                        let text = self.source_text(member);
                        *member = json!(text.with_context(|| self.yaml.place(&at))?);
                    } else {
                        self.resolve(member, &at)?;
                    }
                }
                Ok(())
            }
            Value::Array(items) => items
                .iter_mut()
                .enumerate()
                .try_for_each(|(index, item)| self.resolve(item, &format!("{at}/{index}"))),
            _ => Ok(()),
        }
    }

    fn copy(&self, section: &str, document: &mut Value) -> Result<()> {
        let mut slot = document;
        for step in section.split('/').skip(1) {
            if slot.get(step).is_none() {
                slot[step] = json!({});
            }
            slot = &mut slot[step];
        }
        for (name, value) in self
            .ready
            .pointer(section)
            .map(object)
            .into_iter()
            .flatten()
        {
            if slot.get(name).is_some() {
                let place = self.yaml.place(&format!("{section}/{}", escape(name)));
                bail!("{place}: `{name}` is also in imported.json; choose another name");
            }
            slot[name.as_str()] = value.clone();
        }
        Ok(())
    }
}

/// The page that describes an operation already, by its id or by its path.
fn page_of(document: &Value, path: &str, id: &Value) -> Option<String> {
    let path = path.split('#').next().unwrap_or_default();
    let operations = object(&document["paths"])
        .into_iter()
        .flat_map(|(path, item)| object(item).into_iter().map(move |(_, o)| (path, o)));
    let mut found = operations.filter(|(other, operation)| {
        let skipped = operation["x-snap"]["skip"].is_string();
        !skipped && (*other == path || operation["operationId"] == *id)
    });
    let (_, operation) = found.next()?;
    Some(operation["x-page"].as_str().unwrap_or("a page").to_owned())
}

fn object(value: &Value) -> Vec<(&String, &Value)> {
    value.as_object().into_iter().flatten().collect()
}

fn known(yaml: &Yaml, at: &str, keys: &[&str]) -> Result<()> {
    let members = yaml.value.pointer(at).map(object).unwrap_or_default();
    match members
        .iter()
        .find(|(key, _)| !keys.contains(&key.as_str()))
    {
        None => Ok(()),
        Some((key, _)) => bail!(
            "{}: unknown key `{key}`; known are {}",
            yaml.place(&format!("{at}/{}", escape(key))),
            keys.join(", ")
        ),
    }
}
