//! The words of a member that may stand at several places of its line: its form, its enum, and what
//! holds for some channels only.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

use super::report::{Level, Report};
use super::words::Words;

/// What these words say.
#[derive(Debug, Default)]
pub(super) struct Further {
    /// `two-digits` or `status`: how the text is read.
    form: Option<String>,
    /// `enum=Channel`: the open enum that holds the text.
    named: Option<String>,
    /// `max[CHANNEL]=12`, with a `!` when a call beyond it is refused; by everything before the `=`.
    limits: BTreeMap<String, Limit>,
    /// `required-for=A|B`: the channels that ask for the member. Nothing is refused without it.
    required_for: Option<String>,
}

/// A limit for one channel.
#[derive(Debug)]
struct Limit {
    /// As printed.
    text: String,
    number: u64,
    /// Whether a call beyond it is refused before it is sent.
    refuses: bool,
}

impl Further {
    /// Takes as many of these words as are next.
    pub(super) fn take(&mut self, words: &mut Words<'_>) -> Result<()> {
        loop {
            if let Some(form) = FORMS.iter().find(|form| words.flag(form)) {
                once(self.form.replace((*form).to_owned()), "the form")?;
            } else if let Some(name) = words.value("enum=") {
                once(self.named.replace(name), "`enum=`")?;
            } else if let Some(channels) = words.value("required-for=") {
                once(self.required_for.replace(channels), "`required-for=`")?;
            } else if let Some(word) = words.next_of(&LIMITS) {
                let (key, limit) = limit(word)?;
                once(self.limits.insert(key.clone(), limit), &format!("`{key}`"))?;
            } else {
                return Ok(());
            }
        }
    }
}

fn once<T>(before: Option<T>, what: &str) -> Result<()> {
    ensure!(before.is_none(), "{what} is there twice");
    Ok(())
}

/// `max[CHANNEL]=12` or `max[CHANNEL]=12!`.
fn limit(word: &str) -> Result<(String, Limit)> {
    let Some((key, text)) = word.split_once("]=") else {
        bail!("`{word}` is not a limit, such as `max[CHANNEL]=12`");
    };
    let channel = key.split_once('[').map_or("", |(_, channel)| channel);
    ensure!(
        !channel.is_empty() && !channel.contains(['[', ']']),
        "`{word}` names no channel"
    );
    let digits = text.strip_suffix('!').unwrap_or(text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number);
    let limit = Limit {
        text: text.to_owned(),
        number: number.with_context(|| format!("`{word}` is not a number"))?,
        refuses: digits != text,
    };
    Ok((format!("{key}]"), limit))
}

/// Grades the changes of these words.
pub(super) fn compare(
    report: &mut Report<'_>,
    subject: &str,
    (before, after): (&Further, &Further),
) {
    let texts = |of: fn(&Further) -> Option<&str>| (of(before), of(after));
    let form = texts(|further| further.form.as_deref());
    report.value(Level::Breaking, subject, "form", form);
    let named = texts(|further| further.named.as_deref());
    report.value(Level::RustBreaking, subject, "`enum=`", named);
    let keys: BTreeSet<&String> = before.limits.keys().chain(after.limits.keys()).collect();
    for key in keys {
        let limits = (before.limits.get(key), after.limits.get(key));
        let level = level(key, limits);
        let texts = (
            limits.0.map(|limit| limit.text.as_str()),
            limits.1.map(|limit| limit.text.as_str()),
        );
        report.value(level, subject, &format!("limit `{key}`"), texts);
    }
    let required = texts(|further| further.required_for.as_deref());
    report.value(Level::Compatible, subject, "`required-for=`", required);
}

/// A call that was sent and is refused now is broken; advice is not.
fn level(key: &str, limits: (Option<&Limit>, Option<&Limit>)) -> Level {
    let (before, Some(after)) = limits else {
        return Level::Compatible;
    };
    let is_stricter = |before: &Limit| {
        if key.starts_with("min") {
            after.number > before.number
        } else {
            after.number < before.number
        }
    };
    let refused_before = before.filter(|before| before.refuses);
    match after.refuses && refused_before.is_none_or(is_stricter) {
        true => Level::Breaking,
        false => Level::Compatible,
    }
}

/// What ends a text that may hold blanks.
pub(super) const ENDS: [&str; 4] = ["enum=", "required-for=", "max[", "min["];
const FORMS: [&str; 2] = ["two-digits", "status"];
const LIMITS: [&str; 2] = ["max[", "min["];
