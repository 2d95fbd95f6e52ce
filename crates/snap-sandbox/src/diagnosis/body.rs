//! The bodies that a client may have hashed instead of the minified one.

use super::{
    recipe::{Change, Content, Guess},
    style::STYLES,
};
use crate::{digest::rewrite, json::Json, minify::minify};

/// What is removed from a body, in words: `5 spaces outside strings`. None if nothing is.
pub(super) fn whitespace(body: &[u8]) -> Option<String> {
    let minified = minify(body);
    let gone = |kinds: &[u8]| {
        let count = |bytes: &[u8]| bytes.iter().filter(|byte| kinds.contains(byte)).count();
        count(body) - count(&minified)
    };
    let parts = [
        (gone(b" "), "space"),
        (gone(b"\t"), "tab"),
        (gone(b"\r\n"), "line end character"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| counted(count, name))
        .collect();
    (!parts.is_empty()).then(|| format!("{} outside strings", parts.join(" and ")))
}

/// Every other reading of a body, the likeliest first.
pub(super) fn guesses(body: &[u8]) -> Vec<Guess> {
    let minified = minify(body);
    let mut guesses = Guesses {
        minified: &minified,
        found: Vec::new(),
    };
    guesses.as_sent(body);
    guesses.add("signed as an empty body", Vec::new());
    let json = Json::read(body);
    if let Some(json) = json {
        guesses.written(json);
    }
    guesses.stripped();
    if body.is_empty() {
        for text in ["{}", "null", "\"\"", "[]"] {
            guesses.add(format!("hashed as `{text}` although nothing is sent"), text);
        }
    }
    guesses.found
}

struct Guesses<'a> {
    minified: &'a [u8],
    found: Vec<Guess>,
}

impl Guesses<'_> {
    /// A reading that is the minified body, or one that is known, is no guess.
    fn add(&mut self, says: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        let is_known = |guess: &Guess| matches!(&guess.change, Change::Body(content) if content.bytes() == bytes);
        if bytes != self.minified && !self.found.iter().any(is_known) {
            let change = Change::Body(Content::new(bytes));
            self.found.push(Guess::new(says, change));
        }
    }

    fn as_sent(&mut self, body: &[u8]) {
        let (sent, minified) = (body.len(), self.minified.len());
        let what = whitespace(body).unwrap_or_default();
        let says = format!("{sent} bytes hashed, {minified} after minification: {what}");
        self.add(says, body);
        let trimmed = body.trim_ascii();
        self.add(
            "hashed without the space around it, and not minified",
            trimmed,
        );
        for (name, end) in [("a line end", "\n"), ("CR and LF", "\r\n")] {
            let says = format!("hashed with {name} after it");
            self.add(says, [body, end.as_bytes()].concat());
            let says = format!("minified and hashed with {name} after it");
            self.add(says, [self.minified, end.as_bytes()].concat());
        }
    }

    /// As programs parse and write it: with other escapes, order or space.
    fn written(&mut self, json: Json) {
        for (says, style) in STYLES {
            self.add(format!("{says}, and hashed so"), style.write(&json));
        }
        let sorted = sorted(json.clone());
        self.add("hashed with its members sorted by name", sorted.to_string());
        self.add(
            "hashed as a JSON text inside a JSON text",
            Json::text(String::from_utf8_lossy(self.minified)).to_string(),
        );
        self.add(
            "parsed and written again before it was hashed: escapes or numbers are spelled otherwise",
            rewrite(json).to_string(),
        );
    }

    fn stripped(&mut self) {
        let space = |byte: &u8| byte.is_ascii_whitespace();
        let stripped: Vec<u8> = self
            .minified
            .iter()
            .copied()
            .filter(|byte| !space(byte))
            .collect();
        self.add("every space removed, inside strings too", stripped);
        self.add(
            "changed to lower case before it was hashed",
            self.minified.to_ascii_lowercase(),
        );
    }
}

fn sorted(json: Json) -> Json {
    match json {
        Json::Array(items) => Json::Array(items.into_iter().map(sorted).collect()),
        Json::Object(members) => {
            let members = members.into_iter();
            let mut members: Vec<_> = members.map(|(name, value)| (name, sorted(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Json::Object(members)
        }
        other => other,
    }
}

fn counted(count: usize, name: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {name}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_minification_removes_is_counted() {
        assert_eq!(whitespace(b"{\"a\":\" \"}"), None);
        assert_eq!(
            whitespace(b"{ \"a\": 1 }").as_deref(),
            Some("3 spaces outside strings")
        );
        assert_eq!(
            whitespace(b"{\"a\":\t1}\n").as_deref(),
            Some("1 tab and 1 line end character outside strings")
        );
    }
}
