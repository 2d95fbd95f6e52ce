//! The document the passes work on, and ways to move through it.

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use heck::ToUpperCamelCase;
use serde_json::{Map, Value};

use super::members::Side;
use crate::json::escape;
use crate::specs::{Product, Sender};
use crate::yaml::Yaml;

/// An OpenAPI document on its way to `effective.json`.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// Name of the product's folder below `specs/`.
    pub(crate) product: String,
    pub(crate) sender: Sender,
    pub(crate) root: Value,
    /// What a pass changed and a reviewer should know.
    pub(crate) notices: Vec<String>,
    /// `authored.yaml`, for the lines in errors.
    authored: Option<Rc<Yaml>>,
    /// Components that passes made, and where their content was before.
    moved: Vec<(String, String)>,
    /// Addresses of the pages, by their path in the workspace.
    pages: Vec<(String, String)>,
}

/// An operation: its method (lower case), its path, and where it is in the document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: String,
    /// Path on the wire. Two operations may share it; the document tells them apart by a fragment.
    pub(crate) path: String,
    /// JSON pointer.
    pub(crate) at: String,
    pub(crate) id: String,
}

impl Document {
    pub(super) fn new(product: &Product, root: Value, authored: Option<Yaml>) -> Self {
        let pages = product.pages.iter();
        Self {
            product: product.name.clone(),
            sender: product.sender,
            root,
            notices: Vec::new(),
            authored: authored.map(Rc::new),
            moved: Vec::new(),
            pages: pages
                .map(|page| (product.file(&page.file), page.url.clone()))
                .collect(),
        }
    }

    /// Name of the type of an operation's request or response. What DOKU sends has the operation's own
    /// name, and the merchant's answer ends in `Answer`.
    pub(crate) fn type_name(&self, operation: &Operation, side: Side) -> String {
        let name = operation.id.to_upper_camel_case();
        let end = match (self.sender, side) {
            (Sender::Merchant, Side::Request) => "Request",
            (Sender::Merchant, Side::Response) => "Response",
            (Sender::Doku, Side::Request) => "Answer",
            (Sender::Doku, Side::Response) => "",
        };
        format!("{name}{end}")
    }

    /// Where an operation is described: the address of its page, or its source.
    pub(crate) fn origin(&self, operation: &Operation) -> String {
        let operation = self.get(&operation.at);
        if let Some(source) = operation["x-source"].as_str() {
            return source.to_owned();
        }
        let page = operation["x-page"].as_str().unwrap_or_default();
        let known = self.pages.iter().find(|(file, _)| page.starts_with(file));
        known.map_or(page, |(_, url)| url).to_owned()
    }

    /// The file in which a person corrects an operation, or the folder for all of them.
    pub(crate) fn correctable(&self, operation: Option<&Operation>) -> String {
        let is_authored = |operation: &Operation| self.get(&operation.at)["x-source"].is_string();
        let file = match operation {
            None => "",
            Some(operation) if is_authored(operation) => "/authored.yaml",
            Some(_) => "/overlay.yaml",
        };
        format!("specs/{}{file}", self.product)
    }

    /// How an error names a place: with the line where a person wrote it.
    pub(crate) fn place(&self, at: &str) -> String {
        let written = self.before(at);
        let is_authored = |yaml: &&Rc<Yaml>| {
            entry(&written).is_some_and(|entry| yaml.value.pointer(entry).is_some())
        };
        match self.authored.as_ref().filter(is_authored) {
            Some(yaml) => format!("{}#{at}", yaml.place(&written)),
            None => format!(
                "specs/{} (imported.json and overlay.yaml)#{at}",
                self.product
            ),
        }
    }

    /// Notes that a component holds what was somewhere else.
    pub(super) fn note_move(&mut self, component: &str, from: &str) {
        let from = self.before(from);
        let to = format!("{SCHEMAS}{}", escape(component));
        self.moved.push((to, from));
    }

    /// Where the content at a pointer was before the passes.
    fn before(&self, at: &str) -> String {
        let moved = self.moved.iter().find_map(|(to, from)| {
            let rest = at.strip_prefix(to.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{from}{rest}"))
        });
        moved.unwrap_or_else(|| at.to_owned())
    }

    /// The operations in document order.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let items = self.root["paths"].as_object().into_iter().flatten();
        items
            .flat_map(|(path, item)| {
                item.as_object()
                    .into_iter()
                    .flatten()
                    .map(move |(method, operation)| Operation {
                        method: method.clone(),
                        path: path.split('#').next().unwrap_or_default().to_owned(),
                        at: format!("/paths/{}/{}", escape(path), escape(method)),
                        id: operation["operationId"]
                            .as_str()
                            .unwrap_or_default()
                            .to_owned(),
                    })
            })
            .collect()
    }

    /// The value at a pointer; `Null` when there is none.
    pub(crate) fn get(&self, at: &str) -> &Value {
        self.root.pointer(at).unwrap_or(&Value::Null)
    }

    /// The object at a pointer.
    pub(super) fn object_mut(&mut self, at: &str) -> Result<&mut Map<String, Value>> {
        let place = self.place(at);
        let value = self.root.pointer_mut(at).and_then(Value::as_object_mut);
        value.with_context(|| format!("{place}: is not an object"))
    }

    /// The component schemas.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.root["components"]["schemas"]
            .as_object()
            .into_iter()
            .flatten()
    }

    pub(super) fn schemas_mut(&mut self) -> Result<&mut Map<String, Value>> {
        if !self.get("/components/schemas").is_object() {
            self.root["components"]["schemas"] = Value::Object(Map::new());
        }
        self.object_mut("/components/schemas")
    }

    /// Follows `$ref`, and `allOf` of one `$ref`, to the schema that is meant and where it is.
    pub(crate) fn resolve(&self, at: &str) -> Result<(String, &Value)> {
        let mut at = at.to_owned();
        for _ in 0..MAX_REFS {
            let Some(reference) = reference_of(self.get(&at)) else {
                return Ok((at.clone(), self.get(&at)));
            };
            let target = format!("{SCHEMAS}{}", escape(component_of(reference).unwrap_or("")));
            if component_of(reference).is_none() || self.root.pointer(&target).is_none() {
                bail!("{}: `{reference}` leads nowhere", self.place(&at));
            }
            at = target;
        }
        bail!("{}: a chain of `$ref` that does not end", self.place(&at))
    }

    /// The schema that is meant by a schema that may be a reference.
    pub(crate) fn meant<'a>(&'a self, schema: &'a Value) -> Result<&'a Value> {
        match reference_of(schema).and_then(component_of) {
            Some(name) => Ok(self.resolve(&format!("{SCHEMAS}{}", escape(name)))?.1),
            None => Ok(schema),
        }
    }

    /// Names of the component schemas that a value refers to, directly or through others.
    pub(crate) fn reach(&self, value: &Value) -> Vec<String> {
        let mut names = Vec::new();
        self.collect(value, &mut names);
        names
    }

    fn collect(&self, value: &Value, names: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(name) = reference_of(value).and_then(component_of)
                    && !names.iter().any(|known| known == name)
                {
                    names.push(name.to_owned());
                    self.collect(&self.root["components"]["schemas"][name], names);
                }
                members
                    .values()
                    .for_each(|member| self.collect(member, names));
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect(item, names)),
            _ => {}
        }
    }

    /// The components that operations reach, and from which sides.
    pub(crate) fn sides(&self) -> BTreeMap<String, Sides> {
        let mut sides: BTreeMap<String, Sides> = BTreeMap::new();
        for operation in self.operations() {
            let body = self.get(&operation.at);
            for name in self.reach(&body["requestBody"]) {
                sides.entry(name).or_default().request = true;
            }
            for name in self.reach(&body["responses"]) {
                sides.entry(name).or_default().response = true;
            }
        }
        sides
    }

    /// Calls `visit` for every schema that operations reach, from the outside in.
    pub(super) fn visit_schemas(
        &mut self,
        mut visit: impl FnMut(&mut Value, &Visit<'_>) -> Result<()>,
    ) -> Result<()> {
        let sides = self.sides();
        let snapshot = self.clone();
        for (name, schema) in self.schemas_mut()? {
            if let Some(sides) = sides.get(name) {
                let at = format!("{SCHEMAS}{}", escape(name));
                let visit: &mut VisitFn<'_> = &mut visit;
                descend(
                    schema,
                    &Visit {
                        at,
                        sides: *sides,
                        before: &snapshot,
                    },
                    visit,
                )?;
            }
        }
        Ok(())
    }
}

/// Whether a component is sent, received or both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sides {
    pub(crate) request: bool,
    pub(crate) response: bool,
}

/// Where a visited schema is.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    /// JSON pointer.
    pub(super) at: String,
    pub(super) sides: Sides,
    /// The document as it was before this pass, for following references.
    pub(super) before: &'a Document,
}

impl Visit<'_> {
    pub(super) fn place(&self) -> String {
        self.before.place(&self.at)
    }

    /// Whether the schema is a component itself and not inside one.
    pub(super) fn is_component(&self) -> bool {
        self.at
            .strip_prefix(SCHEMAS)
            .is_some_and(|rest| !rest.contains('/'))
    }

    /// Whether the schema is that of a list's items.
    pub(super) fn is_item(&self) -> bool {
        self.at.ends_with("/items") && !self.at.ends_with("/properties/items")
    }

    fn child(&self, step: &str) -> Self {
        Visit {
            at: format!("{}/{step}", self.at),
            sides: self.sides,
            before: self.before,
        }
    }
}

type VisitFn<'f> = dyn FnMut(&mut Value, &Visit<'_>) -> Result<()> + 'f;

fn descend(schema: &mut Value, here: &Visit<'_>, visit: &mut VisitFn<'_>) -> Result<()> {
    if !schema.is_object() {
        bail!("{}: {schema} is not a schema", here.place());
    }
    visit(schema, here)?;
    let members = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, member) in members.into_iter().flatten() {
        descend(
            member,
            &here.child(&format!("properties/{}", escape(name))),
            visit,
        )?;
    }
    match schema.get_mut("items") {
        Some(items) => descend(items, &here.child("items"), visit),
        None => Ok(()),
    }
}

/// The pointer of the path or component that a pointer is in.
fn entry(at: &str) -> Option<&str> {
    let section = ["/paths/", SCHEMAS]
        .into_iter()
        .find(|section| at.starts_with(section))?;
    let name = at[section.len()..].split('/').next()?;
    at.get(..section.len() + name.len())
}

/// The `$ref` of a schema, written plainly or as `allOf` of one.
pub(crate) fn reference_of(schema: &Value) -> Option<&str> {
    let plain = schema.get("$ref");
    let wrapped = || match schema.get("allOf")?.as_array()?.as_slice() {
        [only] => only.get("$ref"),
        _ => None,
    };
    plain.or_else(wrapped)?.as_str()
}

/// The component name in `#/components/schemas/<name>`.
pub(crate) fn component_of(reference: &str) -> Option<&str> {
    reference.strip_prefix(REFERENCE)
}

/// The `$ref` to a component.
pub(super) fn reference_to(name: &str) -> String {
    format!("{REFERENCE}{name}")
}

const SCHEMAS: &str = "/components/schemas/";
const REFERENCE: &str = "#/components/schemas/";
const MAX_REFS: usize = 16;
