//! GitBook pages of the `.md` form: the page carries the OpenAPI document in fenced `json` blocks.
//!
//! Everything else on the page, text addressed to automated readers included, is not read.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{Block, parse_block};

/// Whether the text looks like a page of this kind, in whatever state.
pub(super) fn is_like(text: &str) -> bool {
    let is_fence =
        |line: &str| line.trim_start().strip_prefix("```").map(str::trim) == Some("json");
    text.contains("\"openapi\"") && text.lines().any(is_fence)
}

/// Reads the page: every fenced `json` block whose top level has `openapi`.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Vec<Block>> {
    let text = std::str::from_utf8(bytes)
        .with_context(|| format!("{name}: the page is not UTF-8: save it again"))?
        .replace("\r\n", "\n")
        .replace('\u{a0}', " ");
    let mut headings = Vec::new();
    let mut blocks = Vec::new();
    let mut lines = text.split('\n').zip(1..);
    while let Some((line, number)) = lines.next() {
        if let Some(heading) = Heading::parse(line, format!("{name}:{number}")) {
            headings.push(heading);
        } else if let Some(info) = line.trim_start().strip_prefix("```") {
            let place = format!("{name}:{}", number + 1);
            let fenced = take_fenced(&mut lines)
                .with_context(|| format!("{name}:{number}: the fence is never closed"))?;
            if info.trim() == "json" {
                blocks.extend(read_block(&fenced, place)?);
            }
        }
    }
    if blocks.is_empty() {
        bail!(
            "{name}: no `json` block with an OpenAPI document: is this the `.md` form of the page?"
        );
    }
    check_headings(&headings, &blocks)?;
    Ok(blocks)
}

/// `## POST /path`: the operation that the block below the heading describes.
#[derive(Debug)]
struct Heading {
    place: String,
    method: String,
    path: String,
}

impl Heading {
    fn parse(line: &str, place: String) -> Option<Self> {
        let (method, path) = line.strip_prefix("## ")?.trim().split_once(' ')?;
        let is_method = !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase());
        (is_method && path.starts_with('/')).then(|| Self {
            place,
            method: method.to_ascii_lowercase(),
            path: path.to_owned(),
        })
    }
}

fn take_fenced<'a>(lines: &mut impl Iterator<Item = (&'a str, usize)>) -> Option<String> {
    let mut fenced = String::new();
    for (line, _) in lines {
        if line.trim() == "```" {
            return Some(fenced);
        }
        fenced.push_str(line);
        fenced.push('\n');
    }
    None
}

fn read_block(text: &str, place: String) -> Result<Option<Block>> {
    let document = parse_block(text, &place)?;
    let Some(version) = document.get("openapi") else {
        return Ok(None);
    };
    if !version
        .as_str()
        .is_some_and(|version| version.starts_with("3.0."))
    {
        bail!("{place}: the block is OpenAPI {version}; only 3.0 is read");
    }
    // Read for the error only: what the passes work on is the JSON as printed.
    serde_json::from_value::<openapiv3::OpenAPI>(document.clone())
        .with_context(|| format!("{place}: the block is not an OpenAPI 3.0 document"))?;
    refuse_examples(&document, &place)?;
    Ok(Some(Block {
        place,
        document,
        notices: Vec::new(),
    }))
}

/// Examples become tests of the product crate; until that is built, none may get lost.
fn refuse_examples(value: &Value, place: &str) -> Result<()> {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                if key == "content" {
                    refuse_media_examples(value, place)?;
                }
                refuse_examples(value, place)?;
            }
            Ok(())
        }
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| refuse_examples(item, place)),
        _ => Ok(()),
    }
}

fn refuse_media_examples(content: &Value, place: &str) -> Result<()> {
    for (kind, media) in content.as_object().into_iter().flatten() {
        if media.get("example").is_some() || media.get("examples").is_some() {
            bail!("{place}: an example of {kind}; importing examples is not built yet");
        }
    }
    Ok(())
}

/// The page names every operation twice, above its block and in it. Both must agree.
fn check_headings(headings: &[Heading], blocks: &[Block]) -> Result<()> {
    let described = |heading: &Heading| {
        blocks.iter().any(|block| {
            block
                .operations()
                .contains(&(heading.method.as_str(), heading.path.as_str()))
        })
    };
    if let Some(Heading {
        place,
        method,
        path,
    }) = headings.iter().find(|h| !described(h))
    {
        let method = method.to_ascii_uppercase();
        bail!(
            "{place}: the heading says `{method} {path}`, which no OpenAPI block describes: save \
             the page again, and if it is so, ask DOKU which is right"
        );
    }
    for block in blocks {
        for (method, path) in block.operations() {
            if !headings
                .iter()
                .any(|h| (h.method.as_str(), h.path.as_str()) == (method, path))
            {
                let (place, method) = (&block.place, method.to_ascii_uppercase());
                bail!(
                    "{place}: the block describes `{method} {path}`, which no heading names: save \
                     the page again, and if it is so, ask DOKU which is right"
                );
            }
        }
    }
    Ok(())
}
