//! Which kind of page a saved file is.

use anyhow::{Result, bail};

use super::{apidog_text, gitbook_md, gitbook_text, operations};
use crate::specs::{Explained, Reader};

/// The reader that understands the page, and the operations it finds in it.
///
/// A damaged page still looks like one of its kind, so that the error is the one of its reader.
pub(crate) fn recognise(
    name: &str,
    page: &str,
    explained: &[Explained],
) -> Result<(Reader, Vec<String>)> {
    let text = page.replace('\u{a0}', " ");
    let alike = Reader::ALL.into_iter().filter(|kind| is_like(*kind, &text));
    let mut read: Vec<_> = alike
        .map(|kind| (kind, operations(kind, name, page.as_bytes(), explained)))
        .collect();
    if read.len() > 1 {
        read = refuse_ambiguous(name, read)?;
    }
    match read.pop() {
        Some((kind, found)) => Ok((kind, found?)),
        None => bail!("{name}: {}{UNKNOWN}", state(&text)),
    }
}

/// A page that looks like several kinds is of the one that can be read.
fn refuse_ambiguous(name: &str, read: Vec<Read>) -> Result<Vec<Read>> {
    let (good, bad): (Vec<Read>, Vec<Read>) = read.into_iter().partition(|(_, read)| read.is_ok());
    if good.len() == 1 {
        return Ok(good);
    }
    let kinds = good.iter().chain(&bad).map(|(kind, read)| match read {
        Ok(_) => format!("{kind}, and can be read as such"),
        Err(error) => format!("{kind} ({error:#})"),
    });
    let kinds: Vec<String> = kinds.collect();
    bail!(
        "{name}: looks like {}: save one page, in one form",
        kinds.join("; like ")
    )
}

fn is_like(kind: Reader, text: &str) -> bool {
    match kind {
        Reader::GitbookMd => gitbook_md::is_like(text),
        Reader::GitbookText => gitbook_text::is_like(text),
        Reader::ApidogText => apidog_text::is_like(text),
    }
}

fn state(text: &str) -> &'static str {
    if text.trim_start().starts_with('<') {
        "this is HTML, of which the text must be saved; "
    } else {
        ""
    }
}

type Read = (Reader, Result<Vec<String>>);

const UNKNOWN: &str = "\
not a page of a kind that is read:
  gitbook-md    the `.md` form of a GitBook page: a `json` fence that holds an OpenAPI document,
                below a heading such as `## POST /some/path`
  gitbook-text  the text of a rendered GitBook page: a line `POST some/path` above a line `post`,
                `Header parameters`, `Body`, `Responses`, and a sample `POST /some/path HTTP/1.1`
  apidog-text   the text of a rendered Apidog page: a line `POST` above a line `/some/path`,
                `Header Params`, `Body Params application/json`, and a `curl` sample";
