//! Apidog pages as the text of the rendered page: lists of fields, an example below each, and a
//! `curl` sample.
//!
//! What stands around the operation, text addressed to automated readers included, is not read.

use anyhow::{Result, bail};
use serde_json::Value;

use self::curl::Curl;
use super::Block;
use super::apidog_fields::{self, List};
use super::apidog_nest;
use super::checks::Checks;
use super::example::{Example, Notes};
use super::lines::{Lines, short};
use super::operation::{Body, Operation, refuse_twice};

mod curl;

/// Whether the text looks like a page of this kind, in whatever state.
pub(super) fn is_like(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let is_heading = |pair: &[&str]| METHODS.contains(&pair[0]) && pair[1].starts_with('/');
    lines.windows(2).any(is_heading) || lines.iter().any(|line| OWN_PARTS.contains(line))
}

/// Reads the page: every operation that a line `POST` above a line `/path` begins.
pub(super) fn read(name: &str, bytes: &[u8], checks: &mut Checks<'_>) -> Result<Vec<Block>> {
    let mut lines = Lines::new(name, bytes)?;
    let mut blocks = Vec::new();
    let mut title = None;
    while let Some(line) = lines.peek().map(str::to_owned) {
        let is_path = lines.ahead(1).is_some_and(|line| line.starts_with('/'));
        if METHODS.contains(&line.as_str()) && is_path {
            blocks.push(operation(&mut lines, title.take(), checks)?);
            continue;
        }
        if PARTS.contains(&line.as_str()) {
            bail!(
                "{}: `{line}` outside of an operation: its method and path are missing",
                lines.place()
            );
        }
        lines.take()?;
        if !line.is_empty() {
            title = Some(line);
        }
    }
    if blocks.is_empty() {
        bail!("{name}: no operation found: is this the text of a rendered Apidog page?");
    }
    Ok(blocks)
}

fn operation(
    lines: &mut Lines<'_>,
    summary: Option<String>,
    checks: &mut Checks<'_>,
) -> Result<Block> {
    let place = lines.place();
    let method = lines.take()?;
    let path = lines.take()?;
    lines.expect("Request")?;
    lines.skip_blank();
    let headers = if lines.take_if("Header Params") {
        apidog_fields::plain(lines)?
    } else {
        Vec::new()
    };
    refuse_twice(&headers)?;
    let mut notices = Vec::new();
    let request = match lines.take_if("Body Params application/json") {
        true => Some(body(lines, "request", &path, checks, &mut notices)?),
        false => None,
    };
    lines.expect("Request samples")?;
    let curl = Curl::seek(lines)?;
    curl.check(&method, &path, &headers, request.as_ref(), checks)?;
    lines.expect("Responses")?;
    let (status, description) = response_head(lines)?;
    let response = body(lines, "response", &path, checks, &mut notices)?;
    let example = &response.example;
    let members = Value::Object(example.members.clone());
    notices.extend(checks.response_code(&members, &status, &path, &example.place)?);
    refuse_second_response(lines)?;
    let operation = Operation {
        place,
        method: method.to_ascii_lowercase(),
        path,
        summary,
        host: None,
        headers,
        request,
        status,
        description,
        response,
    };
    Ok(operation.block(notices))
}

/// A field list, the word `Example` and the example, which gives the list its nesting.
fn body(
    lines: &mut Lines<'_>,
    what: &str,
    path: &str,
    checks: &mut Checks<'_>,
    notices: &mut Vec<String>,
) -> Result<Body> {
    let listed: Vec<List> = apidog_fields::list(lines)?;
    lines.expect("Example")?;
    let example = Example::parse(lines.json()?)?;
    let mut notes = Notes::default();
    let schema = apidog_nest::object(&listed, &example, path, checks, &mut notes)?;
    notices.extend(notes.lines(&example.place, &format!("{path}: {what}")));
    Ok(Body { schema, example })
}

/// `🟢200OK`, the media type, the description and `Body`.
fn response_head(lines: &mut Lines<'_>) -> Result<(String, String)> {
    lines.skip_blank();
    let place = lines.place();
    let line = lines.take()?;
    let Some(status) = status_of(&line) else {
        bail!("{place}: `{}` where an HTTP status must be", short(&line));
    };
    lines.expect("application/json")?;
    let description = lines.take()?;
    lines.expect("Body")?;
    Ok((status.to_owned(), description))
}

fn refuse_second_response(lines: &mut Lines<'_>) -> Result<()> {
    lines.skip_blank();
    match lines.peek().and_then(status_of) {
        Some(status) => bail!(
            "{}: a second response, {status}: only one is read",
            lines.place()
        ),
        None => Ok(()),
    }
}

/// The status of `🟢200OK`: a coloured dot, three digits and a phrase.
fn status_of(line: &str) -> Option<&str> {
    let start = line.find(|character: char| character.is_ascii())?;
    let rest = line.get(start..).filter(|_| start > 0)?;
    let status = rest.get(..3)?;
    let phrase = rest.get(3..)?;
    let is_status = status.bytes().all(|byte| byte.is_ascii_digit());
    let is_phrase = !phrase.starts_with(|first: char| first.is_ascii_digit());
    (is_status && is_phrase).then_some(status)
}

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Lines that no other kind of page has.
const OWN_PARTS: &[&str] = &[
    "Header Params",
    "Body Params application/json",
    "Request samples",
];
/// Lines that only an operation has.
const PARTS: &[&str] = &[
    "Header Params",
    "Body Params application/json",
    "Request samples",
    "Responses",
];
