//! How programs write JSON.

use crate::json::Json;

/// Styles that clients hash a body in, whatever they send.
///
/// PHP escapes `/`, and letters beyond ASCII; Python escapes letters beyond ASCII, and puts a space after
/// `,` and `:`; Go and Gson escape `<`, `>` and `&`, Gson also `=` and `'`.
pub(super) const STYLES: &[(&str, Style)] = &[
    (
        "written with `/` as `\\/`",
        Style::COMPACT.escaping(is_slash),
    ),
    (
        "written with escapes for letters beyond ASCII",
        Style::COMPACT.escaping(is_beyond_ascii),
    ),
    ("written with a space after `,` and `:`", SPACED),
    (
        "written with a space after `,` and `:`, and escapes for letters beyond ASCII",
        SPACED.escaping(is_beyond_ascii),
    ),
    (
        "written with escapes for `/` and letters beyond ASCII",
        Style::COMPACT.escaping(|letter| is_slash(letter) || is_beyond_ascii(letter)),
    ),
    (
        "written with escapes for `<`, `>` and `&`",
        Style::COMPACT.escaping(|letter| "<>&".contains(letter)),
    ),
    (
        "written with escapes for `<`, `>`, `&`, `=` and `'`",
        Style::COMPACT.escaping(|letter| "<>&='".contains(letter)),
    ),
    (
        "written over several lines, 2 spaces deep",
        Style::indented(2),
    ),
    (
        "written over several lines, 4 spaces deep",
        Style::indented(4),
    ),
];

const SPACED: Style = Style {
    between: ", ",
    after_name: ": ",
    ..Style::COMPACT
};

fn is_slash(letter: char) -> bool {
    letter == '/'
}

fn is_beyond_ascii(letter: char) -> bool {
    !letter.is_ascii()
}

/// How a program writes JSON.
#[derive(Clone, Copy)]
pub(super) struct Style {
    between: &'static str,
    after_name: &'static str,
    /// Spaces per level, each item on a line of its own.
    indent: Option<usize>,
    /// Letters that are escaped although they need not be.
    escape: fn(char) -> bool,
}

impl Style {
    const COMPACT: Self = Self {
        between: ",",
        after_name: ":",
        indent: None,
        escape: |_| false,
    };

    const fn escaping(self, escape: fn(char) -> bool) -> Self {
        Self { escape, ..self }
    }

    const fn indented(spaces: usize) -> Self {
        Self {
            indent: Some(spaces),
            after_name: ": ",
            ..Self::COMPACT
        }
    }

    pub(super) fn write(&self, json: &Json) -> String {
        let mut text = String::new();
        self.value(json, 0, &mut text);
        text
    }

    fn value(&self, json: &Json, depth: usize, text: &mut String) {
        match json {
            Json::Object(members) => {
                self.list("{}", members, depth, text, |(name, value), text| {
                    self.escaped(name, text);
                    text.push_str(self.after_name);
                    self.value(value, depth + 1, text);
                })
            }
            Json::Array(items) => self.list("[]", items, depth, text, |item, text| {
                self.value(item, depth + 1, text);
            }),
            Json::Text(letters) => self.escaped(letters, text),
            plain => text.push_str(&plain.to_string()),
        }
    }

    fn list<T>(
        &self,
        brackets: &str,
        items: &[T],
        depth: usize,
        text: &mut String,
        write: impl Fn(&T, &mut String),
    ) {
        let (open, close) = brackets.split_at(1);
        text.push_str(open);
        for (index, item) in items.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { self.between });
            self.line(depth + 1, text);
            write(item, text);
        }
        if !items.is_empty() {
            self.line(depth, text);
        }
        text.push_str(close);
    }

    fn line(&self, depth: usize, text: &mut String) {
        if let Some(spaces) = self.indent {
            text.push('\n');
            text.push_str(&" ".repeat(spaces * depth));
        }
    }

    /// `/` has a short escape, everything else is written as UTF-16.
    fn escaped(&self, letters: &str, text: &mut String) {
        for letter in Json::text(letters).to_string().chars() {
            match letter {
                '/' if (self.escape)('/') => text.push_str("\\/"),
                letter if (self.escape)(letter) => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        text.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                letter => text.push(letter),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_write_what_the_programs_write() {
        let json = Json::read("{\"a\":[\"é/\",{}],\"b\":\"<😀\"}".as_bytes()).expect("JSON");
        let written = |style: Style| style.write(&json);

        assert_eq!(written(Style::COMPACT), json.to_string());
        let python = SPACED.escaping(is_beyond_ascii);
        assert_eq!(
            written(python),
            r#"{"a": ["\u00e9/", {}], "b": "<\ud83d\ude00"}"#
        );
        assert_eq!(
            written(Style::indented(2)),
            "{\n  \"a\": [\n    \"é/\",\n    {}\n  ],\n  \"b\": \"<😀\"\n}"
        );
    }
}
