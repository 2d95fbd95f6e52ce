//! Field lists of Apidog pages: name, type, requiredness, description and example, a line each.

use anyhow::{Result, bail};

use super::lines::{Lines, short};
use super::operation::{Field, is_name};

/// One entry of a list, in the order in which the page shows the tree.
#[derive(Debug)]
pub(super) struct List {
    pub(super) field: Field,
    /// `(AmountObject)`: the name of a shared type.
    pub(super) shared: Option<String>,
    /// `[object {4}]`: the type of the items.
    pub(super) items: Option<String>,
    /// `{4}`: how many members there are.
    pub(super) count: Option<usize>,
}

/// A list whose fields have no members, such as that of the headers.
pub(super) fn plain(lines: &mut Lines<'_>) -> Result<Vec<Field>> {
    let mut found = Vec::new();
    for List { field, .. } in list(lines)? {
        if field.kind == "object" || field.kind == "array" {
            bail!("{}: a header is not an {}", field.place, field.kind);
        }
        found.push(field);
    }
    Ok(found)
}

/// Every entry up to a line that ends the list.
pub(super) fn list(lines: &mut Lines<'_>) -> Result<Vec<List>> {
    let mut found = Vec::new();
    while !lines.peek().is_some_and(is_end) {
        found.push(entry(lines)?);
    }
    if found.is_empty() {
        bail!("{}: a list without a field", lines.place());
    }
    Ok(found)
}

fn entry(lines: &mut Lines<'_>) -> Result<List> {
    let place = lines.place();
    let name = lines.take()?;
    if !is_name(&name) {
        bail!(
            "{place}: `{}` where the name of a field must be",
            short(&name)
        );
    }
    let at = lines.place();
    let line = lines.take()?;
    let Some(mut entry) = kind(&line, place, name) else {
        bail!(
            "{at}: `{}` where a type must be, such as `string`",
            short(&line)
        );
    };
    let at = lines.place();
    entry.field.required = match lines.take()?.as_str() {
        "required" => true,
        "optional" => false,
        line => bail!(
            "{at}: `{}` where `required` or `optional` must be",
            short(line)
        ),
    };
    if !begins_something(lines) {
        entry.field.description = Some(text(lines)?);
    }
    if lines.take_if("Example:") {
        entry.field.example = Some(text(lines)?);
    }
    if !begins_something(lines) || lines.peek() == Some("Example:") {
        let line = lines.peek().unwrap_or_default();
        bail!(
            "{}: `{}` is neither the next field nor the end of the list",
            lines.place(),
            short(line)
        );
    }
    Ok(entry)
}

/// A description or an example. A type or requiredness here belongs to a field whose name is gone.
fn text(lines: &mut Lines<'_>) -> Result<String> {
    let place = lines.place();
    let line = lines.take()?;
    let lost = ["required", "optional", ""].contains(&line.as_str())
        || kind(&line, String::new(), String::new()).is_some()
        || is_end(&line);
    if lost {
        bail!(
            "{place}: `{}` where a description or an example must be",
            short(&line)
        );
    }
    Ok(line)
}

/// Whether the next line is `Example:`, begins a field, or ends the list.
fn begins_something(lines: &Lines<'_>) -> bool {
    let Some(line) = lines.peek() else {
        return true;
    };
    let typed = |line: &str| kind(line, String::new(), String::new()).is_some();
    line == "Example:" || is_end(line) || (is_name(line) && lines.ahead(1).is_some_and(typed))
}

/// `string`, `string <utc timestamp>`, `object (AmountObject)`, `array [object {4}]`.
fn kind(line: &str, place: String, name: String) -> Option<List> {
    let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut entry = List {
        field: Field {
            place,
            name,
            kind: KINDS.contains(&kind).then(|| kind.to_owned())?,
            format: None,
            required: false,
            description: None,
            example: None,
        },
        shared: None,
        items: None,
        count: None,
    };
    let rest = rest.trim();
    if let Some(format) = within(rest, '<', '>') {
        entry.field.format = Some(format.to_owned());
    } else if let Some(shared) = within(rest, '(', ')').filter(|_| kind == "object") {
        entry.shared = Some(shared.to_owned());
    } else if let Some(items) = within(rest, '[', ']').filter(|_| kind == "array") {
        let (items, count) = items.split_once(' ').unwrap_or((items, ""));
        entry.items = KINDS.contains(&items).then(|| Some(items.to_owned()))?;
        entry.count = counted(count)?;
    } else {
        entry.count = counted(rest).filter(|count| kind == "object" || count.is_none())?;
    }
    // An array whose items are unknown is not guessed at.
    (kind != "array" || entry.items.is_some()).then_some(entry)
}

/// `{4}`, or nothing; `None` when it is something else.
fn counted(text: &str) -> Option<Option<usize>> {
    match text {
        "" => Some(None),
        _ => within(text, '{', '}')?.parse().ok().map(Some),
    }
}

fn within(text: &str, open: char, close: char) -> Option<&str> {
    text.strip_prefix(open)?.strip_suffix(close)
}

fn is_end(line: &str) -> bool {
    ["", "Example", "Body Params application/json"].contains(&line)
}

const KINDS: &[&str] = &["string", "integer", "number", "boolean", "object", "array"];
