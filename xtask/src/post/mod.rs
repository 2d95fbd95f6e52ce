//! From the type generator's items to plain descriptions of structs, checked against the schemas.
//!
//! Names and types are the generator's; attributes, documentation and `Debug` are written anew by
//! the emitter, so that two sources cannot clash. Whatever is not a struct with named fields is
//! refused: a change in the generator, or a hole in the passes, is an error here and not a surprise
//! in review.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use heck::ToUpperCamelCase;
use quote::ToTokens;
use serde_json::Value;
use syn::{Fields, Item, ItemStruct};

use crate::json::escape;
use crate::normalise::{Document, Operation, Side, field_name};

pub(crate) use self::shape::Shape;

mod attributes;
mod shape;

/// A struct of the generated crate.
#[derive(Debug)]
pub(crate) struct Struct {
    pub(crate) name: String,
    /// JSON pointer of its schema.
    pub(crate) at: String,
    pub(crate) side: Side,
    /// Ids of the operations that reach it.
    pub(crate) operations: Vec<String>,
    /// The member and struct it was found at first; none for a request or response itself.
    pub(crate) parent: Option<(String, String)>,
    pub(crate) fields: Vec<Field>,
}

/// A field of a struct.
#[derive(Debug)]
pub(crate) struct Field {
    /// Name in Rust, with a keyword's suffix.
    pub(crate) name: String,
    /// Name on the wire.
    pub(crate) wire: String,
    pub(crate) shape: Shape,
    /// The member's own schema; `Null` for the unknown members.
    pub(crate) schema: Value,
    /// Whether the object requires it.
    pub(crate) required: bool,
}

impl Field {
    /// JSON pointer of the member's schema, in the struct that holds it.
    pub(crate) fn at(&self, holder: &Struct) -> String {
        format!("{}/properties/{}", holder.at, escape(&self.wire))
    }
}

/// Describes every struct, in the order in which operations reach them.
pub(crate) fn run(document: &Document, file: syn::File) -> Result<Vec<Struct>> {
    let mut walk = Walk {
        document,
        items: structs(file)?,
        found: Vec::new(),
    };
    for operation in document.operations() {
        for side in [Side::Request, Side::Response] {
            let (at, _) = document.resolve(&side.schema(document, &operation))?;
            let name = at
                .rsplit_once('/')
                .map_or("", |(_, name)| name)
                .to_upper_camel_case();
            walk.visit(&name, &at, side, &operation, None)?;
        }
    }
    walk.check_all_reached()?;
    Ok(walk.found)
}

fn structs(file: syn::File) -> Result<BTreeMap<String, ItemStruct>> {
    let mut structs = BTreeMap::new();
    for item in file.items {
        match item {
            Item::Struct(item) if matches!(item.fields, Fields::Named(_)) => {
                let name = item.ident.to_string();
                if structs.insert(name.clone(), item).is_some() {
                    bail!("the type generator wrote two types `{name}`");
                }
            }
            // Its error module is for newtypes, and its `Default` would fill required members.
            Item::Mod(item) if item.ident == "error" => {}
            Item::Impl(item) if is_default(&item) => {}
            other => bail!(
                "the type generator wrote something else than a struct with named fields: {}",
                first_line(&other)
            ),
        }
    }
    Ok(structs)
}

fn is_default(item: &syn::ItemImpl) -> bool {
    let path = item.trait_.as_ref().map(|(path, _)| path);
    path.and_then(|path| path.segments.last())
        .is_some_and(|last| last.ident == "Default")
}

/// The first line of an item after its documentation and attributes, such as `pub enum Kind {`.
fn first_line(item: &Item) -> String {
    let file = syn::parse2(item.to_token_stream()).map(|file| prettyplease::unparse(&file));
    let text = file.unwrap_or_default();
    let is_item = |line: &&str| line.starts_with(|first: char| first.is_ascii_lowercase());
    text.lines().find(is_item).unwrap_or_default().to_owned()
}

struct Walk<'d> {
    document: &'d Document,
    items: BTreeMap<String, ItemStruct>,
    found: Vec<Struct>,
}

impl Walk<'_> {
    /// Walks a schema and the struct made of it side by side.
    fn visit(
        &mut self,
        name: &str,
        at: &str,
        side: Side,
        operation: &Operation,
        parent: Option<(String, String)>,
    ) -> Result<()> {
        let (at, _) = self.document.resolve(at)?;
        if !self.knows(name, &at, side, operation)? {
            let fields = self.fields(name, &at, side)?;
            let operations = vec![operation.id.clone()];
            let (name, at) = (name.to_owned(), at.clone());
            self.found.push(Struct {
                name,
                at,
                side,
                operations,
                parent,
                fields,
            });
        }
        for (wire, inner) in self.inner(name) {
            let mut below = format!("{at}/properties/{}", escape(&wire));
            if self.document.resolve(&below)?.1["items"].is_object() {
                below = format!("{}/items", self.document.resolve(&below)?.0);
            }
            let parent = Some((wire, name.to_owned()));
            self.visit(&inner, &below, side, operation, parent)?;
        }
        Ok(())
    }

    /// Whether the struct was found before; then the operation is noted as one more that reaches it.
    fn knows(&mut self, name: &str, at: &str, side: Side, operation: &Operation) -> Result<bool> {
        let Some(known) = self.found.iter_mut().find(|known| known.name == name) else {
            return Ok(false);
        };
        if known.at != at {
            bail!(
                "{}: `{name}` is also made of {}: set an x-name on one of them",
                self.document.place(at),
                known.at
            );
        }
        if known.side != side {
            bail!(
                "{}: `{name}` is part of a request and of a response; types for both are not \
                 built yet",
                self.document.place(at)
            );
        }
        if !known.operations.contains(&operation.id) {
            known.operations.push(operation.id.clone());
        }
        Ok(true)
    }

    fn inner(&self, name: &str) -> Vec<(String, String)> {
        let fields = self
            .found
            .iter()
            .filter(|known| known.name == name)
            .flat_map(|s| &s.fields);
        fields
            .filter_map(|field| Some((field.wire.clone(), field.shape.inner()?.to_owned())))
            .collect()
    }

    fn fields(&self, name: &str, at: &str, side: Side) -> Result<Vec<Field>> {
        let place = self.document.place(at);
        let item = self.items.get(name);
        let item =
            item.with_context(|| format!("{place}: the type generator wrote no `{name}`"))?;
        let schema = self.document.get(at);
        let mut fields = Vec::new();
        for field in &item.fields {
            let ident = field
                .ident
                .as_ref()
                .with_context(|| format!("{place}: a field has no name"))?;
            let wire = attributes::wire_name(field, &place)?;
            let shape = shape::read(&field.ty, &self.items)
                .with_context(|| format!("{place}: `{name}.{ident}`"))?;
            let wire = wire.unwrap_or_default();
            let known = schema["properties"].get(&wire);
            if known.is_none() && !matches!(shape, Shape::Extra) {
                bail!("{place}: `{name}.{ident}` is not a member of the schema");
            }
            let member = known.cloned().unwrap_or(Value::Null);
            let name = renamed(&ident.to_string(), &wire, &member);
            let required = requires(schema, &wire);
            let shape = match shape {
                Shape::List(inner) if side == Side::Request && is_one_or_many(&member) => {
                    if !required {
                        bail!("{place}: `{wire}` is one-or-many and not required: not built yet");
                    }
                    Shape::OneOrMany(inner)
                }
                shape => shape,
            };
            fields.push(Field {
                name,
                wire,
                shape,
                schema: member,
                required,
            });
        }
        let members = schema["properties"]
            .as_object()
            .map_or(0, serde_json::Map::len);
        let open = usize::from(schema.get("additionalProperties").is_some());
        if fields.len() != members + open {
            bail!(
                "{place}: `{name}` has {} fields for {members} members",
                fields.len()
            );
        }
        Ok(fields)
    }

    fn check_all_reached(&self) -> Result<()> {
        match self
            .items
            .keys()
            .find(|name| self.found.iter().all(|known| known.name != **name))
        {
            Some(name) => bail!("the type generator wrote `{name}`, which no operation reaches"),
            None => Ok(()),
        }
    }
}

fn is_one_or_many(schema: &Value) -> bool {
    schema["x-shape"] == "one-or-many"
}

fn requires(schema: &Value, wire: &str) -> bool {
    schema["required"]
        .as_array()
        .is_some_and(|all| all.iter().any(|name| name == wire))
}

/// An `x-name` replaces the generator's name; otherwise that keeps its suffix for keywords.
fn renamed(ident: &str, wire: &str, schema: &Value) -> String {
    if schema["x-name"].is_string() {
        field_name(wire, schema)
    } else {
        ident.to_owned()
    }
}
