//! Documentation of generated items: what the page says, mended, and what follows from the spec.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::contract::{aliases, is_unconfirmed};
use crate::post::Field;

/// `///` lines.
pub(super) fn outer(text: &str) -> TokenStream {
    let lines = wrap(text).into_iter().map(|line| spaced(&line));
    quote!(#(#[doc = #lines])*)
}

/// `//!` lines, as text.
pub(super) fn inner(text: &str) -> String {
    wrap(text)
        .iter()
        .map(|line| format!("//!{}\n", spaced(line)))
        .collect()
}

/// The documentation of a field.
pub(super) fn field(field: &Field) -> String {
    let schema = &field.schema;
    if schema.is_null() {
        return "Members that the page does not document. Only their names appear in `Debug`."
            .to_owned();
    }
    let wire = &field.wire;
    let described = schema["description"]
        .as_str()
        .map(mend)
        .filter(|text| !text.is_empty());
    let mut sentences: Vec<String> = described.clone().into_iter().collect();
    sentences.extend(limits(&schema["x-limits"]));
    sentences.extend(channel_limits(&schema["x-limits"]));
    if let Some(default) = schema["x-default"].as_str() {
        sentences.push(format!("Starts as `{default}`."));
    }
    if described.is_none() || schema["x-name"].is_string() {
        sentences.push(format!("`{wire}` on the wire."));
    }
    let others: Vec<String> = aliases(schema).map(|alias| format!("`{alias}`")).collect();
    if !others.is_empty() {
        sentences.push(format!("Also read as {}.", others.join(", ")));
    }
    if is_unconfirmed(schema) {
        sentences.push("Not confirmed by DOKU.".to_owned());
    }
    sentences.join(" ")
}

fn limits(limits: &Value) -> Vec<String> {
    let mut sentences = Vec::new();
    match (limits.get("min"), limits.get("max")) {
        (Some(min), Some(max)) if min == max => sentences.push(format!("{}.", characters(max))),
        (min, max) => {
            sentences.extend(min.map(|min| format!("At least {}.", characters(min))));
            sentences.extend(max.map(|max| format!("At most {}.", characters(max))));
        }
    }
    if let Some(pattern) = limits["pattern"].as_str() {
        sentences.push(format!("Pattern: `{pattern}`."));
    }
    if let Some(values) = limits["values"].as_array() {
        let values: Vec<String> = values
            .iter()
            .map(|value| {
                format!(
                    "`{}`",
                    value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned)
                )
            })
            .collect();
        sentences.push(format!("Documented values: {}.", values.join(", ")));
    }
    sentences
}

fn channel_limits(limits: &Value) -> Vec<String> {
    let mut sentences = Vec::new();
    for (channel, limit) in limits["channels"].as_object().into_iter().flatten() {
        let bounds = match (limit.get("min"), limit.get("max")) {
            (Some(min), Some(max)) if min == max => characters(max),
            (Some(min), Some(max)) => format!("{min} to {}", characters(max)),
            (Some(min), None) => format!("at least {}", characters(min)),
            (None, Some(max)) => format!("at most {}", characters(max)),
            (None, None) => continue,
        };
        sentences.push(format!("For `{channel}` {bounds}."));
    }
    let required = limits["required-for"]["channels"].as_array();
    let channels: Vec<String> = required
        .into_iter()
        .flatten()
        .filter_map(|channel| Some(format!("`{}`", channel.as_str()?)))
        .collect();
    if !channels.is_empty() {
        sentences.push(format!("Required for {}.", channels.join(", ")));
    }
    sentences
}

fn characters(count: &Value) -> String {
    let unit = if *count == 1 {
        "character"
    } else {
        "characters"
    };
    format!("{count} {unit}")
}

/// A page's text as documentation: one paragraph, no accidental markup, a period at the end.
pub(crate) fn mend(text: &str) -> String {
    let balanced = text.matches('`').count().is_multiple_of(2);
    let text = if balanced {
        text.to_owned()
    } else {
        text.replace('`', "")
    };
    let mut in_code = false;
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| mend_word(word, &mut in_code))
        .collect();
    let mut text = words.join(" ");
    if !text.is_empty() && !text.ends_with(['.', '!', '?', ':']) {
        text.push('.');
    }
    text
}

fn mend_word(word: &str, in_code: &mut bool) -> String {
    if !*in_code && (word.starts_with("http://") || word.starts_with("https://")) {
        let address = word.trim_end_matches(['.', ',', ';', ')']);
        return format!("<{address}>{}", &word[address.len()..]);
    }
    let mut mended = String::new();
    for letter in word.chars() {
        if letter == '`' {
            *in_code = !*in_code;
        } else if !*in_code && ['[', ']', '<', '>', '*'].contains(&letter) {
            mended.push('\\');
        }
        mended.push(letter);
    }
    mended
}

/// Breaks paragraphs into lines; an empty line stays one.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

fn spaced(line: &str) -> String {
    if line.is_empty() {
        String::new()
    } else {
        format!(" {line}")
    }
}

const WIDTH: usize = 91;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(page: &str, expected: &str) {
        assert_eq!(mend(page), expected);
    }

    #[test]
    fn a_missing_period_is_added() {
        check("Client Id", "Client Id.");
        check("Done.", "Done.");
        check("", "");
    }

    #[test]
    fn markup_that_rustdoc_would_read_is_escaped() {
        check("array [object] <b>", "array \\[object\\] \\<b\\>.");
        check(
            "`a[0]` and an odd one: b[0]",
            "`a[0]` and an odd one: b\\[0\\].",
        );
        check("an odd ` tick", "an odd tick.");
    }

    #[test]
    fn a_bare_address_becomes_a_link() {
        check("see https://doku.com/a_b.", "see <https://doku.com/a_b>.");
    }

    #[test]
    fn lines_are_broken_between_words() {
        let text = "word ".repeat(40);

        assert!(wrap(&text).iter().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(wrap("a\n\nb"), ["a", "", "b"]);
    }
}
