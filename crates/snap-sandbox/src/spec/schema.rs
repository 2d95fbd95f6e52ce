//! What a body may hold: schemas as the sandbox reads them, with references followed.

use crate::json::Json;

/// The shape of one value.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub(crate) kind: Kind,
    /// Shortest text in characters.
    pub(crate) min: usize,
    /// Longest text in characters.
    pub(crate) max: Option<usize>,
    /// Text that opens something.
    pub(crate) secret: bool,
    /// A documented value: an example of the page, or the first of its documented values.
    pub(crate) example: Option<String>,
}

/// What kind of JSON a value is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Text,
    /// A date and time, as text.
    Time,
    /// A two-digit transaction status, as text.
    Status,
    /// `value`, text with two decimals, and `currency`, three capitals.
    Amount,
    Boolean,
    /// Any JSON.
    Free,
    Object(Vec<Member>),
    List {
        items: Box<Schema>,
        /// One object may stand for the list, in requests and in answers.
        one_or_many: bool,
    },
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) required: bool,
    /// Other spellings seen in answers.
    pub(crate) aliases: Vec<String>,
    pub(crate) schema: Schema,
}

impl Schema {
    /// The members of an object; none of anything else.
    pub(crate) fn members(&self) -> &[Member] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    /// Does this value, at any depth, hold a member of that name?
    pub(crate) fn mentions(&self, name: &str) -> bool {
        match &self.kind {
            Kind::Object(members) => members
                .iter()
                .any(|member| member.name == name || member.schema.mentions(name)),
            Kind::List { items, .. } => items.mentions(name),
            _ => false,
        }
    }
}

/// Follows references into `components.schemas` of one specification.
pub(super) struct Components<'a>(pub(super) &'a Json);

impl<'a> Components<'a> {
    /// Reads a schema; an error names what is not understood.
    pub(super) fn schema(&self, given: &'a Json) -> Result<Schema, String> {
        self.at_depth(given, 0)
    }

    fn at_depth(&self, given: &'a Json, depth: usize) -> Result<Schema, String> {
        if depth > MAX_DEPTH {
            return Err("a schema is nested too deeply".to_owned());
        }
        let (target, component) = self.resolve(given)?;
        let said = |key| given.member(key).or_else(|| target.member(key));
        let limits = said("x-limits");
        let limit = |key| limits.and_then(|limits| whole_number(limits.member(key)?));
        let class = said("x-class").and_then(Json::as_text);
        Ok(Schema {
            kind: self.kind(
                component,
                said("x-shape").and_then(Json::as_text),
                target,
                depth,
            )?,
            min: limit("min").unwrap_or_default(),
            max: limit("max"),
            secret: component == Some("SnapSecret") || class == Some("secret"),
            example: said("x-example")
                .or_else(|| first_of(said("x-values").or_else(|| said("enum"))))
                .or_else(|| first_of(limits?.member("values")))
                .and_then(Json::as_text)
                .map(ToOwned::to_owned),
        })
    }

    fn kind(
        &self,
        component: Option<&str>,
        shape: Option<&str>,
        target: &'a Json,
        depth: usize,
    ) -> Result<Kind, String> {
        match (component, shape) {
            (Some("SnapAmount"), _) | (_, Some("amount")) => return Ok(Kind::Amount),
            (Some("SnapTime"), _) | (_, Some("time")) => return Ok(Kind::Time),
            (Some("SnapStatus"), _) | (_, Some("status")) => return Ok(Kind::Status),
            (_, Some("free")) => return Ok(Kind::Free),
            _ => {}
        }
        match target.member("type").and_then(Json::as_text) {
            Some("string") => Ok(Kind::Text),
            Some("boolean") => Ok(Kind::Boolean),
            Some("object") => self.object(target, depth),
            Some("array") => self.list(target, shape == Some("one-or-many"), depth),
            _ => Err(format!("a schema of an unknown type: {target}")),
        }
    }

    /// An object of which no member is known is any JSON.
    fn object(&self, target: &'a Json, depth: usize) -> Result<Kind, String> {
        let properties = target.member("properties").map_or(&[][..], Json::members);
        if properties.is_empty() {
            return Ok(Kind::Free);
        }
        let required = target.member("required").map_or(&[][..], Json::items);
        let members = properties.iter().map(|(name, given)| {
            Ok(Member {
                name: name.clone(),
                required: required.iter().any(|other| other.as_text() == Some(name)),
                aliases: texts(given.member("x-aliases")),
                schema: self.at_depth(given, depth + 1)?,
            })
        });
        members.collect::<Result<_, _>>().map(Kind::Object)
    }

    fn list(&self, target: &'a Json, one_or_many: bool, depth: usize) -> Result<Kind, String> {
        let items = target.member("items").ok_or("a list without items")?;
        Ok(Kind::List {
            items: Box::new(self.at_depth(items, depth + 1)?),
            one_or_many,
        })
    }

    /// Follows `$ref`, alone or in an `allOf`, and names the component it ends at.
    fn resolve(&self, given: &'a Json) -> Result<(&'a Json, Option<&'a str>), String> {
        let (mut at, mut component) = (given, None);
        for _ in 0..=MAX_DEPTH {
            let Some(reference) = reference_of(at) else {
                return Ok((at, component));
            };
            component = reference.strip_prefix("#/components/schemas/");
            at = component
                .and_then(|name| self.0.member(name))
                .ok_or_else(|| format!("a reference that leads nowhere: {reference}"))?;
        }
        Err("references that do not end".to_owned())
    }
}

fn reference_of(schema: &Json) -> Option<&str> {
    let all_of = || schema.member("allOf")?.items().first()?.member("$ref");
    schema.member("$ref").or_else(all_of)?.as_text()
}

fn first_of(list: Option<&Json>) -> Option<&Json> {
    list?.items().first()
}

fn texts(list: Option<&Json>) -> Vec<String> {
    let items = list.map_or(&[][..], Json::items).iter();
    items
        .filter_map(|item| item.as_text().map(ToOwned::to_owned))
        .collect()
}

fn whole_number(json: &Json) -> Option<usize> {
    match json {
        Json::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// No body nests this deeply; a limit ends a schema inside itself.
const MAX_DEPTH: usize = 16;
