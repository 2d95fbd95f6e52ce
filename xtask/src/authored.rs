//! `authored.yaml`: operations that DOKU documents and no held page describes, written by hand.
//!
//! Every operation and every member says where it is from and how sure that is.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::json::escape;
use crate::overlay::{check_codes, check_confidence, is_blank, is_low};
use crate::specs::Product;
use crate::yaml::{self, Yaml};

/// Adds the product's authored operations, if it has any, and gives the file for the lines in later
/// errors.
pub(crate) fn merge(
    root: &Path,
    product: &Product,
    mut document: Value,
) -> Result<(Value, Option<Yaml>)> {
    let Some(yaml) = yaml::read(root, &product.file("authored.yaml"))? else {
        return Ok((document, None));
    };
    let authored = Authored::read(yaml)?;
    authored.check(&document)?;
    let ready = authored.ready()?;
    for section in SECTIONS {
        authored.copy(section, &ready, &mut document)?;
    }
    Ok((document, Some(authored.yaml)))
}

struct Authored {
    yaml: Yaml,
    sources: Map<String, Value>,
}

impl Authored {
    fn read(yaml: Yaml) -> Result<Self> {
        if !yaml.value.is_object() {
            bail!("{}: holds nothing; delete the file", yaml.place(""));
        }
        yaml.check_keys("", &["openapi", "info", "x-sources", "paths", "components"])?;
        yaml.check_keys("/components", &["schemas"])?;
        for at in ["/x-sources", "/paths", "/components", "/components/schemas"] {
            if let Some(section) = yaml
                .value
                .pointer(at)
                .filter(|section| !section.is_object())
            {
                bail!(
                    "{}: {section} is not an object with members",
                    yaml.place(at)
                );
            }
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
        Ok(Self { yaml, sources })
    }

    fn check(&self, document: &Value) -> Result<()> {
        let mut ids: Vec<&Value> = Vec::new();
        for (path, item) in object(&self.yaml.value["paths"]) {
            let at = format!("/paths/{}", escape(path));
            if object(item).is_empty() {
                bail!("{}: the path has no operation", self.yaml.place(&at));
            }
            for (method, operation) in object(item) {
                let at = format!("{at}/{}", escape(method));
                self.check_operation(&at, path, operation, document)?;
                let id = &operation["operationId"];
                if ids.contains(&id) {
                    let place = self.yaml.place(&at);
                    bail!("{place}: two operations have the operationId {id}; rename one");
                }
                ids.push(id);
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
        for key in ["operationId", "summary", "description"] {
            if is_blank(&operation[key]) {
                bail!("{place}: the operation has no `{key}`, or one that is no text");
            }
        }
        if !operation["x-snap"].is_object() {
            bail!("{place}: the operation has no `x-snap`, an object that says what it does");
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
            let confidence = &operation["x-confidence"];
            let cure = if low { "set" } else { "remove" };
            bail!(
                "{place}: {id} rests on {confidence}: {cure} `unverified: true` in its x-snap; it \
                 is for operations whose path, method or body DOKU has not confirmed"
            );
        }
        let body = format!("{at}/requestBody/content/application~1json/schema");
        self.check_schema(&body, self.value(&body))?;
        for (status, _) in object(&operation["responses"]) {
            let status = escape(status);
            let body = format!("{at}/responses/{status}/content/application~1json/schema");
            self.check_schema(&body, self.value(&body))?;
        }
        Ok(())
    }

    fn value(&self, at: &str) -> &Value {
        self.yaml.value.pointer(at).unwrap_or(&Value::Null)
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
        check_confidence(&value["x-confidence"], &place)
    }

    /// The sources that one or several keys stand for.
    fn source_text(&self, keys: &Value) -> Result<String> {
        let keys = match keys {
            Value::Array(keys) => keys.as_slice(),
            key => std::slice::from_ref(key),
        };
        let text = |key: &Value| {
            let text = self.sources.get(key.as_str()?)?.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let mut texts = Vec::new();
        for key in keys {
            let text = text(key).with_context(|| {
                format!("the source {key} is not in x-sources; add it there, as text")
            })?;
            texts.push(text);
        }
        if texts.is_empty() {
            bail!("the list of sources is empty; name a key of x-sources");
        }
        Ok(texts.join("; "))
    }

    /// The content with its sources written out, so that what is made of it needs nothing else.
    fn ready(&self) -> Result<Value> {
        let mut ready = self.yaml.value.clone();
        for section in SECTIONS {
            if let Some(content) = ready.pointer_mut(section) {
                self.resolve(content, section)?;
            }
        }
        for (path, item) in ready["paths"].as_object_mut().into_iter().flatten() {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                let at = format!("/paths/{}/{}", escape(path), escape(method));
                operation["x-page"] = json!(self.yaml.place(&at));
            }
        }
        Ok(ready)
    }

    fn resolve(&self, value: &mut Value, at: &str) -> Result<()> {
        match value {
            Value::Object(members) => members.iter_mut().try_for_each(|(key, member)| {
                let at = format!("{at}/{}", escape(key));
                if key == "x-source" || key == "x-limit-source" {
                    let text = self.source_text(member);
                    *member = json!(text.with_context(|| self.yaml.place(&at))?);
                    return Ok(());
                }
                self.resolve(member, &at)
            }),
            Value::Array(items) => items
                .iter_mut()
                .enumerate()
                .try_for_each(|(index, item)| self.resolve(item, &format!("{at}/{index}"))),
            _ => Ok(()),
        }
    }

    fn copy(&self, section: &str, ready: &Value, document: &mut Value) -> Result<()> {
        let mut slot = document;
        for step in section.split('/').skip(1) {
            let members = slot.as_object_mut();
            let members = members.with_context(|| format!("no `{section}` fits the document"))?;
            slot = members.entry(step).or_insert_with(|| json!({}));
        }
        let slot = slot.as_object_mut();
        let slot = slot.with_context(|| format!("`{section}` of the document is not an object"))?;
        for (name, value) in ready.pointer(section).map(object).unwrap_or_default() {
            if slot.contains_key(name) {
                let place = self.yaml.place(&format!("{section}/{}", escape(name)));
                let cure = match section {
                    "/paths" => format!("tell the operation apart by a fragment: `{name}#again`"),
                    _ => "choose another name".to_owned(),
                };
                bail!("{place}: `{name}` is also in imported.json; {cure}");
            }
            slot.insert(name.clone(), value.clone());
        }
        Ok(())
    }
}

/// The page that describes an operation already, by its id or by its path. A fragment says that it
/// is another operation than the page's.
fn page_of(document: &Value, path: &str, id: &Value) -> Option<String> {
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

const SECTIONS: [&str; 2] = ["/paths", "/components/schemas"];
