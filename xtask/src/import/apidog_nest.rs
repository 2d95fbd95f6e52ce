//! Gives a flat list its nesting back: fields are listed in the order of the tree, and the example
//! shows which of them belong to which object.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::apidog_fields::List;
use super::checks::Checks;
use super::example::{Example, Notes, schema_of};
use super::operation::Field;
use crate::specs::Check;

/// The schema of a body.
pub(super) fn object(
    listed: &[List],
    example: &Example,
    path: &str,
    checks: &mut Checks<'_>,
    notes: &mut Notes,
) -> Result<Value> {
    let mut walk = Walk {
        listed,
        at: 0,
        outer: Vec::new(),
        shared: BTreeMap::new(),
        path,
        example: &example.place,
        checks,
        notes,
    };
    let schema = walk.members("", &example.members, None)?;
    match listed.get(walk.at) {
        None => Ok(schema),
        Some(List { field, .. }) => bail!(
            "{}: the list has `{}`, the example ({}) not, so its place in it is unknown",
            field.place,
            field.name,
            example.place
        ),
    }
}

struct Walk<'a, 'c> {
    listed: &'a [List],
    at: usize,
    /// Names the enclosing objects still wait for, the outermost first.
    outer: Vec<Vec<String>>,
    /// Types with a name, as they were described first.
    shared: BTreeMap<&'a str, Value>,
    path: &'a str,
    /// Where the example begins.
    example: &'a str,
    checks: &'a mut Checks<'c>,
    notes: &'a mut Notes,
}

impl<'a> Walk<'a, '_> {
    /// Takes the fields that are members of `example`, `count` of them when the page says so.
    fn members(
        &mut self,
        at: &str,
        example: &Map<String, Value>,
        count: Option<usize>,
    ) -> Result<Value> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        while let Some(entry) = self.listed.get(self.at) {
            let field = &entry.field;
            let full = count.is_some_and(|count| properties.len() >= count);
            let Some(value) = example.get(&field.name).filter(|_| !full) else {
                break;
            };
            self.refuse_ambiguous(field, &properties, count)?;
            self.at += 1;
            let known = |name: &&String| !properties.contains_key(*name) && **name != field.name;
            self.outer
                .push(example.keys().filter(known).cloned().collect());
            let schema = self.field(&join(at, &field.name), entry, value)?;
            self.outer.pop();
            properties.insert(field.name.clone(), schema);
            if field.required {
                required.push(field.name.clone());
            }
        }
        if let Some(count) = count.filter(|count| *count != properties.len()) {
            self.miscounted(at, count, properties.len())?;
        }
        for (name, value) in example {
            if !properties.contains_key(name) {
                let at = join(at, name);
                self.notes.only_example.push(at.clone());
                properties.insert(
                    name.clone(),
                    schema_of(&at, value, self.notes).with_context(|| self.example.to_owned())?,
                );
            }
        }
        Ok(described(properties, &required))
    }

    /// A count says where an object ends. Without one, a name must fit in one place only.
    fn refuse_ambiguous(
        &self,
        field: &Field,
        known: &Map<String, Value>,
        count: Option<usize>,
    ) -> Result<()> {
        let Field { place, name, .. } = field;
        if known.contains_key(name) {
            bail!("{place}: the list names `{name}` twice");
        }
        if count.is_none() && self.outer.iter().flatten().any(|waiting| waiting == name) {
            bail!("{place}: `{name}` may belong to two objects of the example");
        }
        Ok(())
    }

    fn field(&mut self, at: &str, entry: &'a List, value: &Value) -> Result<Value> {
        let mut schema = match (entry.field.kind.as_str(), value) {
            ("object", Value::Object(members)) => self.object(at, entry, members)?,
            ("array", Value::Array(items)) => self.array(at, entry, items)?,
            ("object" | "array", _) | (_, Value::Object(_) | Value::Array(_)) => bail!(
                "{}: `{at}` is {} in the list, and `{value}` in the example",
                entry.field.place,
                entry.field.kind
            ),
            _ => return Ok(entry.field.scalar()),
        };
        entry.field.describe(&mut schema);
        Ok(schema)
    }

    /// An object whose members are listed, or, when its type has a name, may be folded away.
    fn object(&mut self, at: &str, entry: &'a List, members: &Map<String, Value>) -> Result<Value> {
        let Some(shared) = &entry.shared else {
            return self.members(at, members, entry.count);
        };
        let next = self.listed.get(self.at);
        let unfolded = next.is_some_and(|next| members.contains_key(&next.field.name));
        let mut schema = if unfolded {
            self.members(at, members, entry.count)?
        } else {
            schema_of(at, &Value::Object(members.clone()), self.notes)
                .with_context(|| self.example.to_owned())?
        };
        let known = self.shared.entry(shared).or_insert_with(|| schema.clone());
        if *known != schema {
            bail!(
                "{}: `{shared}` was described before, and differently",
                entry.field.place
            );
        }
        schema["title"] = json!(shared);
        Ok(schema)
    }

    /// The members that any of the items shows.
    fn array(&mut self, at: &str, entry: &'a List, items: &[Value]) -> Result<Value> {
        let kind = entry.items.as_deref().unwrap_or_default();
        if kind != "object" {
            let fits = items
                .iter()
                .all(|item| !item.is_object() && !item.is_array());
            if !fits || kind == "array" {
                bail!("{}: items of `{at}` are not {kind}", entry.field.place);
            }
            return Ok(json!({"type": "array", "items": {"type": kind}}));
        }
        let mut united = Map::new();
        for item in items {
            let Value::Object(members) = item else {
                bail!("{}: an item of `{at}` is not an object", entry.field.place);
            };
            for (name, value) in members {
                united.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let items = self.members(&format!("{at}[]"), &united, entry.count)?;
        Ok(json!({"type": "array", "items": items}))
    }

    fn miscounted(&mut self, at: &str, count: usize, found: usize) -> Result<()> {
        let entry = self
            .at
            .checked_sub(1)
            .and_then(|last| self.listed.get(last));
        let place = entry.map_or("", |entry| entry.field.place.as_str());
        let next = self.listed.get(self.at);
        let next = next.map_or("the end", |next| next.field.name.as_str());
        let what = format!(
            "{place}: `{at}` has {count} members by its type, {found} of the list before `{next}` \
             are in its example"
        );
        self.checks.failed(Check::ArrayCount, self.path, &what)
    }
}

fn described(properties: Map<String, Value>, required: &[String]) -> Value {
    let mut schema = json!({"type": "object"});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !properties.is_empty() {
        schema["properties"] = properties.into();
    }
    schema
}

fn join(at: &str, name: &str) -> String {
    match at {
        "" => name.to_owned(),
        at => format!("{at}.{name}"),
    }
}
