//! A rendered page as lines that are read one after another.

use anyhow::{Context, Result, bail};

/// The lines of a page: LF, no U+00A0, no space at the end.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    name: &'a str,
    lines: Vec<String>,
    at: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(name: &'a str, bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes)
            .with_context(|| format!("{name}: the page is not UTF-8: save it again"))?
            .replace("\r\n", "\n")
            .replace('\u{a0}', " ");
        let lines = text.split('\n').map(|line| line.trim_end().to_owned());
        Ok(Self {
            name,
            lines: lines.collect(),
            at: 0,
        })
    }

    /// All lines, also those read.
    pub(super) fn all(&self) -> &[String] {
        &self.lines
    }

    /// The next line, without taking it.
    pub(super) fn peek(&self) -> Option<&str> {
        self.ahead(0)
    }

    /// The line `count` lines after the next one.
    pub(super) fn ahead(&self, count: usize) -> Option<&str> {
        let index = self.at.checked_add(count)?;
        self.lines.get(index).map(String::as_str)
    }

    /// The line that was taken last.
    pub(super) fn before(&self) -> Option<&str> {
        self.lines.get(self.at.checked_sub(1)?).map(String::as_str)
    }

    /// Takes the next line.
    pub(super) fn take(&mut self) -> Result<String> {
        let Some(line) = self.lines.get(self.at) else {
            bail!(
                "{}: the page ends in the middle of an operation",
                self.place()
            );
        };
        self.at += 1;
        Ok(line.clone())
    }

    /// `<file>:<line>` of the next line.
    pub(super) fn place(&self) -> String {
        format!(
            "{}:{}",
            self.name,
            self.at.min(self.lines.len().saturating_sub(1)) + 1
        )
    }

    pub(super) fn skip_blank(&mut self) {
        while self.peek().is_some_and(str::is_empty) {
            self.at += 1;
        }
    }

    /// Takes the next line if it is `text`.
    pub(super) fn take_if(&mut self, text: &str) -> bool {
        let found = self.peek() == Some(text);
        self.at += usize::from(found);
        found
    }

    /// Takes the next line that is not blank, which must be `text`.
    pub(super) fn expect(&mut self, text: &str) -> Result<()> {
        self.skip_blank();
        let place = self.place();
        let line = self.take()?;
        if line != text {
            bail!("{place}: `{}` where `{text}` must be", short(&line));
        }
        Ok(())
    }

    /// Takes a JSON object, which begins on the next line that is not blank, as printed.
    pub(super) fn json(&mut self) -> Result<(String, String)> {
        self.skip_blank();
        let place = self.place();
        if !self.peek().is_some_and(|line| line.starts_with('{')) {
            let line = self.peek().unwrap_or_default();
            bail!("{place}: `{}` where a JSON example must begin", short(line));
        }
        let (mut text, mut depth) = (String::new(), Depth::default());
        loop {
            let line = self.take().with_context(|| {
                format!("{place}: the JSON example that begins here is never closed")
            })?;
            text.push_str(&line);
            text.push('\n');
            if depth.after(&line) {
                return Ok((text, place));
            }
        }
    }
}

/// A line of a page in an error: enough to find it.
pub(super) fn short(line: &str) -> String {
    if line.chars().count() <= SHOWN {
        return line.to_owned();
    }
    line.chars().take(SHOWN).chain(['…']).collect()
}

/// How many brackets are open, strings left aside.
#[derive(Debug, Default)]
struct Depth {
    open: usize,
    in_string: bool,
    escaped: bool,
}

impl Depth {
    /// Whether everything is closed at the end of the line.
    fn after(&mut self, line: &str) -> bool {
        for character in line.chars() {
            match character {
                _ if self.escaped => self.escaped = false,
                '\\' => self.escaped = self.in_string,
                '"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                '{' | '[' => self.open += 1,
                '}' | ']' => self.open = self.open.saturating_sub(1),
                _ => {}
            }
        }
        self.open == 0 && !self.in_string
    }
}

const SHOWN: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_close_nothing() {
        let page = b"\n{\n  \"a\": \"}\\\"]\",\n  \"b\": [\n  ]\n}\nmore\n";
        let mut lines = Lines::new("page.txt", page).unwrap();

        let (text, place) = lines.json().unwrap();

        assert_eq!(place, "page.txt:2");
        assert!(text.ends_with("]\n}\n"), "{text}");
        assert_eq!(lines.peek(), Some("more"));
    }
}
