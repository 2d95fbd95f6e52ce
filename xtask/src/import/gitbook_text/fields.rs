//! The field lists: `emailstringRequiredExample: …`, a description below some of them.

use anyhow::{Result, bail};

use super::super::lines::{Lines, short};
use super::super::operation::{Field, is_name};
use super::PARTS;

/// Reads the list below `title`, or nothing where the operation has none.
pub(super) fn list(lines: &mut Lines<'_>, title: &str) -> Result<Vec<Field>> {
    lines.skip_blank();
    if !lines.take_if(title) {
        return Ok(Vec::new());
    }
    let mut found: Vec<Field> = Vec::new();
    let mut after_blank = false;
    loop {
        let place = lines.place();
        if lines.peek().is_some_and(|line| PARTS.contains(&line)) {
            break;
        }
        let line = lines.take()?;
        if let Some(field) = entry(&line, &place) {
            found.push(field);
        } else if !line.is_empty() {
            let last = found.last_mut().filter(|_| after_blank);
            match last {
                Some(field) if field.description.is_none() => field.description = Some(line),
                _ => bail!(
                    "{place}: `{}` is neither a field, such as `namestringRequired`, nor the \
                     description of one",
                    short(&line)
                ),
            }
        }
        after_blank = line_was_blank(lines);
    }
    if found.is_empty() {
        bail!("{}: `{title}` without a field", lines.place());
    }
    Ok(found)
}

fn line_was_blank(lines: &Lines<'_>) -> bool {
    lines.before().is_some_and(str::is_empty)
}

/// Name, type, requiredness and example of a field, which the rendered page prints without gaps.
fn entry(line: &str, place: &str) -> Option<Field> {
    let starts = line.char_indices().map(|(at, _)| at);
    starts.skip(1).find_map(|at| {
        let (name, rest) = line.split_at_checked(at)?;
        let kind = KINDS.iter().find(|kind| rest.starts_with(**kind))?;
        let rest = rest.strip_prefix(kind)?;
        let (required, rest) = match rest.strip_prefix("Required") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix("Optional")?),
        };
        let example = match rest {
            "" => None,
            _ => Some(rest.strip_prefix("Example: ")?.to_owned()),
        };
        is_name(name).then(|| Field {
            place: place.to_owned(),
            name: name.to_owned(),
            kind: (*kind).to_owned(),
            format: None,
            required,
            description: None,
            example,
        })
    })
}

/// The list of responses: status and description of the only one.
pub(super) fn response(lines: &mut Lines<'_>) -> Result<(String, String)> {
    lines.expect("Responses")?;
    let place = lines.place();
    let status = lines.take()?;
    if status.len() != 3 || !status.bytes().all(|byte| byte.is_ascii_digit()) {
        bail!("{place}: `{}` where an HTTP status must be", short(&status));
    }
    let place = lines.place();
    let description = lines.take()?;
    if description.is_empty() {
        bail!("{place}: the response {status} has no description");
    }
    // A second response would stand here, and its status is not this line.
    lines.expect("application/json")?;
    Ok((status, description))
}

/// Types without members. A list with members was never seen, so it is not guessed at.
const KINDS: &[&str] = &["string", "integer", "number", "boolean"];
