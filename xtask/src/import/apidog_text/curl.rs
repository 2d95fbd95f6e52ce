//! The `curl` sample: the operation once more, as a command.

use anyhow::{Result, bail};

use super::super::checks::Checks;
use super::super::example::Example;
use super::super::lines::{Lines, short};
use super::super::operation::{Body, Field, is_name};
use crate::specs::Check;

/// A `curl` sample.
#[derive(Debug)]
pub(super) struct Curl {
    place: String,
    command: String,
    names: Vec<String>,
    body: Option<Example>,
}

impl Curl {
    /// Skips the names of the other samples, and reads this one.
    pub(super) fn seek(lines: &mut Lines<'_>) -> Result<Self> {
        while !lines.peek().is_some_and(|line| line.starts_with("curl ")) {
            if lines.peek() == Some("Responses") {
                bail!("{}: no `curl` sample before the responses", lines.place());
            }
            lines.take()?;
        }
        let mut curl = Self {
            place: lines.place(),
            command: lines.take()?,
            names: Vec::new(),
            body: None,
        };
        let mut more = curl.command.ends_with('\\');
        while more {
            let place = lines.place();
            let line = lines.take()?;
            more = line.ends_with('\\');
            if let Some(first) = line.strip_prefix("--data-raw '") {
                curl.body = Some(body(lines, first, &place)?);
                more = false;
            } else {
                curl.names.push(header(&line, &place)?);
            }
        }
        Ok(curl)
    }

    /// Compares the sample with the lists and with the example of the request.
    pub(super) fn check(
        &self,
        method: &str,
        path: &str,
        headers: &[Field],
        request: Option<&Body>,
        checks: &mut Checks<'_>,
    ) -> Result<()> {
        let Self { place, command, .. } = self;
        let wanted = format!("curl --location --request {method} '{path}'");
        if command.trim_end_matches('\\').trim_end() != wanted {
            bail!("{place}: `{command}` where `{wanted}` must be");
        }
        let mut listed: Vec<&str> = headers.iter().map(|field| field.name.as_str()).collect();
        if request.is_some() && !listed.contains(&CONTENT_TYPE) {
            listed.push(CONTENT_TYPE);
        }
        if listed != self.names {
            let (sample, list) = (self.names.join(", "), listed.join(", "));
            let what =
                format!("{place}: the headers of the curl sample are {sample}, of the list {list}");
            checks.failed(Check::HeaderNames, path, &what)?;
        }
        let sample = self.body.as_ref().map(|example| example.compact.as_str());
        let example = request.map(|body| body.example.compact.as_str());
        if sample != example {
            let (sample, example) = (sample.unwrap_or("none"), example.unwrap_or("none"));
            let what = format!(
                "{place}: the body of the curl sample is `{sample}`, the request example `{example}`"
            );
            checks.failed(Check::CurlBody, path, &what)?;
        }
        Ok(())
    }
}

/// `--header 'NAME;' \` or `--header 'NAME: value' \`.
fn header(line: &str, place: &str) -> Result<String> {
    let inner = line
        .trim_end_matches('\\')
        .trim_end()
        .strip_prefix("--header '")
        .and_then(|rest| rest.strip_suffix('\''));
    let name = inner.and_then(|inner| {
        let pair = inner.split_once(": ").map(|(name, _)| name);
        pair.or_else(|| inner.strip_suffix(';'))
    });
    match name.filter(|name| is_name(name)) {
        Some(name) => Ok(name.to_owned()),
        None => bail!(
            "{place}: `{}` is not a header of a curl sample",
            short(line)
        ),
    }
}

/// The JSON between the quotes of `--data-raw`.
fn body(lines: &mut Lines<'_>, first: &str, place: &str) -> Result<Example> {
    let mut text = first.to_owned();
    loop {
        if let Some(end) = text.strip_suffix('\'') {
            return Example::parse((end.to_owned(), place.to_owned()));
        }
        text.push('\n');
        text.push_str(&lines.take()?);
    }
}

/// The sample has it for every body, whether or not the list names it.
const CONTENT_TYPE: &str = "Content-Type";
