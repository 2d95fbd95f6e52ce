//! GitBook pages as the text of the rendered page: per operation a list of fields, a request
//! sample and one response.
//!
//! What stands around the operations, text addressed to automated readers included, is not read.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use self::sample::Sample;
use super::Block;
use super::checks::Checks;
use super::example::{Example, Notes, schema_of};
use super::lines::{Lines, short};
use super::operation::{Body, Field, Operation, refuse_twice};
use crate::specs::Check;

mod fields;
mod sample;

/// Whether the text looks like a page of this kind, in whatever state.
pub(super) fn is_like(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end);
    lines.any(|line| heading(line).is_some() || line.ends_with(" HTTP/1.1"))
}

/// Reads the page: every operation that a heading such as `POST some/path` begins.
pub(super) fn read(name: &str, bytes: &[u8], checks: &mut Checks<'_>) -> Result<Vec<Block>> {
    let mut lines = Lines::new(name, bytes)?;
    let mut blocks = Vec::new();
    while let Some((method, path)) = seek_heading(&mut lines)? {
        blocks.push(operation(&mut lines, &method, path, checks)?);
    }
    check_contents(&lines, name, &blocks)?;
    let Some(first) = blocks.first_mut() else {
        bail!("{name}: no operation found: is this the text of a rendered GitBook page?");
    };
    let gap = format!("{name}: no response has a list of members: they are those of its example");
    first.notices.insert(0, gap);
    Ok(blocks)
}

/// Skips to the next heading. A part of an operation on the way there belongs to none.
fn seek_heading(lines: &mut Lines<'_>) -> Result<Option<(String, String)>> {
    while let Some(line) = lines.peek() {
        if let Some(heading) = heading(line) {
            return Ok(Some(heading));
        }
        if PARTS.contains(&line) || line.ends_with(" HTTP/1.1") {
            bail!(
                "{}: `{}` outside of an operation: its heading, such as `POST some/path`, is \
                 missing",
                lines.place(),
                short(line)
            );
        }
        lines.take()?;
    }
    Ok(None)
}

/// `POST some/path`, with or without a leading `/`: the method, and the path with it.
fn heading(line: &str) -> Option<(String, String)> {
    let (method, path) = line.split_once(' ')?;
    let path = path.strip_prefix('/').unwrap_or(path);
    let is_path = !path.is_empty()
        && path
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte));
    (METHODS.contains(&method) && is_path).then(|| (method.to_owned(), format!("/{path}")))
}

fn operation(
    lines: &mut Lines<'_>,
    method: &str,
    path: String,
    checks: &mut Checks<'_>,
) -> Result<Block> {
    let place = lines.place();
    lines.take()?;
    let lower = method.to_ascii_lowercase();
    lines.expect(&lower)?;
    let headers = fields::list(lines, "Header parameters")?;
    let listed = fields::list(lines, "Body")?;
    refuse_twice(&headers)?;
    refuse_twice(&listed)?;
    let (status, description) = fields::response(lines)?;
    lines.expect(&lower)?;
    let sample = Sample::read(lines, method, &path, !listed.is_empty())?;
    sample.check(&headers, &path, checks)?;
    lines.expect(&status)?;
    lines.expect(&description)?;
    let answer = Example::parse(lines.json()?)?;

    let mut notices = Vec::new();
    let request = match sample.body {
        Some(example) => Some(request(&listed, example, &path, checks, &mut notices)?),
        None => None,
    };
    let code = &Value::Object(answer.members.clone());
    notices.extend(checks.response_code(code, &status, &path, &answer.place)?);
    let response = response(answer, &path, &mut notices)?;
    let operation = Operation {
        place,
        method: lower,
        path,
        summary: None,
        host: sample.host,
        headers,
        request,
        status,
        description,
        response,
    };
    Ok(operation.block(notices))
}

/// The members of the example, in its order; those the list names are what it says.
fn request(
    listed: &[Field],
    example: Example,
    path: &str,
    checks: &mut Checks<'_>,
    notices: &mut Vec<String>,
) -> Result<Body> {
    let mut notes = Notes::default();
    let mut properties = Map::new();
    for (name, value) in &example.members {
        let schema = match listed.iter().find(|field| field.name == *name) {
            Some(field) => listed_member(field, value, &example.place)?,
            None => {
                notes.only_example.push(name.clone());
                schema_of(name, value, &mut notes).with_context(|| example.place.clone())?
            }
        };
        properties.insert(name.clone(), schema);
    }
    for field in listed {
        if !properties.contains_key(&field.name) {
            let (at, name, example) = (&field.place, &field.name, &example.place);
            let what = format!("{at}: the list has `{name}`, the request example ({example}) not");
            checks.failed(Check::BodyFields, path, &what)?;
            properties.insert(name.clone(), field.scalar());
        }
    }
    notices.extend(notes.lines(&example.place, &format!("{path}: request")));
    let schema = with_required(listed, properties);
    Ok(Body { schema, example })
}

fn listed_member(field: &Field, value: &Value, example: &str) -> Result<Value> {
    if value.is_object() || value.is_array() {
        bail!(
            "{}: `{}` is a {} in the list and has members in the example ({example})",
            field.place,
            field.name,
            field.kind
        );
    }
    Ok(field.scalar())
}

fn with_required(listed: &[Field], properties: Map<String, Value>) -> Value {
    let required = listed.iter().filter(|field| field.required);
    let required: Vec<&str> = required.map(|field| field.name.as_str()).collect();
    let mut schema = json!({"type": "object"});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema["properties"] = properties.into();
    schema
}

/// These pages list no members of responses: the example is all there is.
fn response(example: Example, path: &str, notices: &mut Vec<String>) -> Result<Body> {
    let mut notes = Notes::default();
    let mut properties = Map::new();
    for (name, value) in &example.members {
        properties.insert(
            name.clone(),
            schema_of(name, value, &mut notes).with_context(|| example.place.clone())?,
        );
    }
    let schema = json!({"type": "object", "properties": properties});
    notices.extend(notes.lines(&example.place, &format!("{path}: response")));
    Ok(Body { schema, example })
}

/// The page lists its operations (`POSTPOST some/path`) before it describes them.
fn check_contents(lines: &Lines<'_>, name: &str, blocks: &[Block]) -> Result<()> {
    let entry = |line: &str| {
        let rest = line.trim_start().strip_prefix("• ")?;
        let twice = |method: &&&str| rest.starts_with(&method.repeat(2));
        let method = METHODS.iter().find(twice)?;
        heading(rest.get(method.len()..)?)
    };
    let numbered = lines.all().iter().zip(1..);
    let contents: Vec<(usize, (String, String))> = numbered
        .filter_map(|(line, number)| Some((number, entry(line)?)))
        .collect();
    let described = |method: &str, path: &str| {
        let method = method.to_ascii_lowercase();
        blocks
            .iter()
            .any(|block| block.operations().contains(&(method.as_str(), path)))
    };
    if let Some((number, (method, path))) = contents.iter().find(|(_, (m, p))| !described(m, p)) {
        bail!(
            "{name}:{number}: the contents list `{method} {path}`, which the page does not \
             describe: save the page again"
        );
    }
    let operations = blocks.iter().flat_map(|block| {
        let found = block.operations().into_iter();
        found.map(move |(method, path)| (&block.place, method.to_ascii_uppercase(), path))
    });
    for (place, method, path) in operations {
        let known = |(_, (m, p)): &(usize, (String, String))| *m == method && p == path;
        if !contents.is_empty() && !contents.iter().any(known) {
            bail!("{place}: `{method} {path}` is not in the page's contents: save the page again");
        }
    }
    Ok(())
}

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Lines that only an operation has.
const PARTS: &[&str] = &["Header parameters", "Body", "Responses"];
