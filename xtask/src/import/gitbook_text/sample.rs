//! The request sample: the operation once more, as HTTP.

use anyhow::{Context, Result, bail};

use super::super::checks::Checks;
use super::super::example::Example;
use super::super::lines::{Lines, short};
use super::super::operation::{Field, is_name};
use crate::specs::Check;

/// A request sample.
#[derive(Debug)]
pub(super) struct Sample {
    place: String,
    /// Names that only the header list explains.
    names: Vec<String>,
    pub(super) host: Option<String>,
    length: Option<(String, usize)>,
    pub(super) body: Option<Example>,
}

impl Sample {
    /// Reads `POST /path HTTP/1.1`, the headers, and the body if there is one.
    pub(super) fn read(
        lines: &mut Lines<'_>,
        method: &str,
        path: &str,
        has_body: bool,
    ) -> Result<Self> {
        lines.skip_blank();
        let mut sample = Self {
            place: lines.place(),
            names: Vec::new(),
            host: None,
            length: None,
            body: None,
        };
        lines.expect(&format!("{method} {path} HTTP/1.1"))?;
        while lines.peek().is_some_and(|line| !line.is_empty()) {
            let place = lines.place();
            let line = lines.take()?;
            sample.header(&line, place)?;
        }
        lines.skip_blank();
        if has_body || lines.peek().is_some_and(|line| line.starts_with('{')) {
            sample.body = Some(Example::parse(lines.json()?)?);
        }
        Ok(sample)
    }

    fn header(&mut self, line: &str, place: String) -> Result<()> {
        let header = line.split_once(": ").filter(|(name, _)| is_name(name));
        let Some((name, value)) = header else {
            bail!(
                "{place}: `{}` is not a header of a request sample",
                short(line)
            );
        };
        match name {
            "Host" => self.host = Some(value.to_owned()),
            "Content-Length" => {
                let length = value.parse().with_context(|| {
                    format!("{place}: Content-Length `{value}` is not a number")
                })?;
                self.length = Some((place, length));
            }
            "Content-Type" if value != "application/json" => {
                bail!("{place}: Content-Type is `{value}`; only application/json is read")
            }
            "Content-Type" | "Accept" => {}
            _ => self.names.push(name.to_owned()),
        }
        Ok(())
    }

    /// Compares the sample with the header list and with itself.
    pub(super) fn check(
        &self,
        headers: &[Field],
        path: &str,
        checks: &mut Checks<'_>,
    ) -> Result<()> {
        let listed = headers.iter().map(|field| field.name.as_str());
        let listed: Vec<&str> = listed.filter(|name| !OF_SAMPLES.contains(name)).collect();
        if listed != self.names {
            let what = format!(
                "{}: the headers of the request sample are {}, those of the list {}",
                self.place,
                self.names.join(", "),
                listed.join(", ")
            );
            checks.failed(Check::HeaderNames, path, &what)?;
        }
        let found = self.body.as_ref().map_or(0, |body| body.compact.len());
        let what = match &self.length {
            Some((_, length)) if *length == found => return Ok(()),
            None if self.body.is_none() => return Ok(()),
            Some((place, length)) => format!(
                "{place}: Content-Length is {length}, the compacted example has {found} bytes"
            ),
            None => format!("{}: the request sample has no Content-Length", self.place),
        };
        checks.failed(Check::ContentLength, path, &what)
    }
}

/// Headers that a sample has whether or not the list names them.
const OF_SAMPLES: &[&str] = &["Host", "Content-Type", "Accept", "Content-Length"];
