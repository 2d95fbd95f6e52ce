//! The words of a line of `contract.txt`, taken from the front.

use anyhow::{Context, Result, bail, ensure};

/// What is left of a line.
#[derive(Debug)]
pub(super) struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        // By single blanks: two in a row are part of a pattern, or not understood.
        Self(text.split(' ').collect())
    }

    /// The next word, whatever it is.
    pub(super) fn next(&mut self, expected: &str) -> Result<&'a str> {
        let word = self.0.first().copied().filter(|word| !word.is_empty());
        let word = word.with_context(|| format!("{expected} is missing"))?;
        self.0.remove(0);
        Ok(word)
    }

    /// Takes `word` if it is next.
    pub(super) fn flag(&mut self, word: &str) -> bool {
        let is_next = self.0.first() == Some(&word);
        if is_next {
            self.0.remove(0);
        }
        is_next
    }

    /// Whether the next word begins with `start`.
    pub(super) fn begins(&self, start: &str) -> bool {
        self.0.first().is_some_and(|word| word.starts_with(start))
    }

    /// Takes the next word if it begins with one of `starts`.
    pub(super) fn next_of(&mut self, starts: &[&str]) -> Option<&'a str> {
        let is_next = starts.iter().any(|start| self.begins(start));
        is_next.then(|| self.0.remove(0))
    }

    /// Takes the value of `key`, one word, if it is next.
    pub(super) fn value(&mut self, key: &str) -> Option<String> {
        let value = self.0.first()?.strip_prefix(key)?;
        (!value.is_empty()).then(|| {
            self.0.remove(0);
            value.to_owned()
        })
    }

    /// Takes the value of `key`, digits, if it is next.
    pub(super) fn number(&mut self, key: &str) -> Result<Option<String>> {
        let value = self.value(key);
        if let Some(value) = &value {
            let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
            ensure!(is_number, "`{key}{value}` is not a number");
        }
        Ok(value)
    }

    /// Takes the value of `key`, which may hold blanks: it ends before a word that begins with one
    /// of `ends`, before a `?` that is the last word, or with the line.
    pub(super) fn text(&mut self, key: &str, ends: &[&str]) -> Option<String> {
        self.0.first()?.strip_prefix(key)?;
        let last = self.0.len() - 1;
        let is_end = |&(index, word): &(usize, &&'a str)| {
            index > 0
                && (ends.iter().any(|end| word.starts_with(end)) || (index == last && *word == "?"))
        };
        let found = self.0.iter().enumerate().find(is_end);
        let count = found.map_or(self.0.len(), |(index, _)| index);
        let taken: Vec<&str> = self.0.drain(..count).collect();
        taken.join(" ").strip_prefix(key).map(str::to_owned)
    }

    /// Nothing is left.
    pub(super) fn end(&self) -> Result<()> {
        match self.0.first() {
            None => Ok(()),
            Some(word) => bail!("`{word}` is not known here"),
        }
    }
}
