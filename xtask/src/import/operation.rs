//! What both readers of rendered text find, written as OpenAPI.

use anyhow::{Result, bail};
use heck::AsUpperCamelCase;
use serde_json::{Map, Value, json};

use super::Block;
use super::example::Example;

/// One entry of a field list.
#[derive(Debug)]
pub(super) struct Field {
    /// `<file>:<line>`.
    pub(super) place: String,
    pub(super) name: String,
    /// As printed: `string`, `object`, `array`, ….
    pub(super) kind: String,
    pub(super) format: Option<String>,
    pub(super) required: bool,
    pub(super) description: Option<String>,
    pub(super) example: Option<String>,
}

impl Field {
    /// The schema of a field that has no members.
    pub(super) fn scalar(&self) -> Value {
        let mut schema = json!({"type": self.kind});
        if let Some(format) = &self.format {
            schema["format"] = json!(format);
        }
        self.describe(&mut schema);
        if let Some(example) = &self.example {
            schema["example"] = json!(example);
        }
        schema
    }

    /// Adds what the page says about the field.
    pub(super) fn describe(&self, schema: &mut Value) {
        if let Some(description) = &self.description {
            schema["description"] = json!(description);
        }
    }

    fn header(&self) -> Value {
        let mut parameter = json!({"name": self.name, "in": "header"});
        self.describe(&mut parameter);
        parameter["required"] = json!(self.required);
        let mut schema = json!({"type": self.kind});
        if let Some(format) = &self.format {
            schema["format"] = json!(format);
        }
        parameter["schema"] = schema;
        if let Some(example) = &self.example {
            parameter["example"] = json!(example);
        }
        parameter
    }
}

/// A body: its schema, and the example that was printed.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) schema: Value,
    pub(super) example: Example,
}

/// One operation of a rendered page.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) place: String,
    /// Lower case.
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: Option<String>,
    /// Host of the request sample.
    pub(super) host: Option<String>,
    pub(super) headers: Vec<Field>,
    pub(super) request: Option<Body>,
    /// HTTP status of the response, three digits.
    pub(super) status: String,
    pub(super) description: String,
    pub(super) response: Body,
}

impl Operation {
    /// Bodies become components, named after the path behind its version.
    pub(super) fn block(self, notices: Vec<String>) -> Block {
        let name = component(&self.path);
        let mut schemas = Map::new();
        let mut operation = Map::new();
        if let Some(summary) = self.summary {
            operation.insert("summary".to_owned(), summary.into());
        }
        let parameters: Vec<Value> = self.headers.iter().map(Field::header).collect();
        operation.insert("parameters".to_owned(), parameters.into());
        let mut examples = Vec::new();
        if let Some(Body { schema, example }) = self.request {
            let key = format!("{name}Request");
            let mut body = json!({"required": true});
            body["content"] = content(&key);
            operation.insert("requestBody".to_owned(), body);
            schemas.insert(key, schema);
            examples.push(("x-example-request", example));
        }
        let key = format!("{name}Response");
        let mut response = json!({"description": self.description});
        response["content"] = content(&key);
        operation.insert("responses".to_owned(), json!({self.status: response}));
        schemas.insert(key, self.response.schema);
        examples.push(("x-example-response", self.response.example));
        for (key, example) in examples {
            operation.insert(key.to_owned(), example.members.into());
        }
        let mut document = json!({});
        if let Some(host) = self.host {
            document["servers"] = json!([{"url": format!("https://{host}")}]);
        }
        document["paths"] = json!({self.path: {self.method: operation}});
        document["components"] = json!({"schemas": schemas});
        Block {
            place: self.place,
            document,
            notices,
        }
    }
}

/// Refuses a list that names a field twice.
pub(super) fn refuse_twice(fields: &[Field]) -> Result<()> {
    for (index, field) in fields.iter().enumerate() {
        if fields[..index].iter().any(|known| known.name == field.name) {
            bail!("{}: the list names `{}` twice", field.place, field.name);
        }
    }
    Ok(())
}

/// Whether `line` can be the name of a header or member.
pub(super) fn is_name(line: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    line.starts_with(|first: char| first.is_ascii_alphabetic()) && line.bytes().all(is_part)
}

fn content(component: &str) -> Value {
    let reference = format!("#/components/schemas/{component}");
    json!({"application/json": {"schema": {"$ref": reference}}})
}

fn component(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let is_version = |part: &&str| {
        part.strip_prefix('v')
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    let behind = segments.iter().rposition(is_version).map_or(0, |at| at + 1);
    let name = segments.get(behind..).unwrap_or_default().join("-");
    AsUpperCamelCase(name).to_string()
}
