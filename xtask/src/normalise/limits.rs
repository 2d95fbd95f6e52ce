//! Part of pass 8: lengths, patterns, documented values and rules of single channels become
//! `x-limits`.

use anyhow::{Result, bail};
use regex_lite::Regex;
use serde_json::{Map, Value};

use super::document::Visit;

/// Moves the limits of a schema to its `x-limits`.
pub(super) fn collect(members: &mut Map<String, Value>, here: &Visit<'_>) -> Result<()> {
    let mut limits = Map::new();
    for (key, name) in MOVED {
        // The enum of a component is a type; pass 12 sees to it.
        if *key == "enum" && here.is_component() {
            continue;
        }
        if let Some(value) = members.shift_remove(*key) {
            check(key, &value, here)?;
            limits.insert((*name).to_owned(), value);
        }
    }
    if limits.is_empty() {
        return Ok(());
    }
    if here.sides.request && (here.is_component() || here.is_item()) {
        bail!(
            "{}: limits are read of a member only; write them where the member is, beside its \
             type or `$ref`",
            here.place()
        );
    }
    members.insert("x-limits".to_owned(), Value::Object(limits));
    Ok(())
}

/// A limit that is not understood would hold never, without a word.
fn check(key: &str, value: &Value, here: &Visit<'_>) -> Result<()> {
    let place = here.place();
    match key {
        "minLength" | "maxLength" if !value.is_u64() => {
            bail!("{place}: `{key}` is {value}; write a whole number")
        }
        "pattern" | "x-limit-source" if !value.is_string() => {
            bail!("{place}: `{key}` is {value}; write a text")
        }
        "pattern" if here.sides.request && !is_pattern(value) => {
            bail!(
                "{place}: `pattern` is {value}, which is no regular expression that is understood"
            )
        }
        "enum" if here.sides.request && !is_list_of_texts(value) => {
            bail!("{place}: `enum` is {value}; write a list of texts, numbers in quotes")
        }
        "x-channel-limits" | "x-required-for" if here.sides.response => {
            bail!("{place}: `{key}` is about what is sent; an answer has no such limit")
        }
        "x-channel-limits" => check_channels(value, &place),
        "x-required-for" if !is_required_for(value) => bail!(
            "{place}: `x-required-for` is {value}; write {{channels: [CHANNEL], x-source: ...}} and \
             nothing else"
        ),
        _ => Ok(()),
    }
}

fn check_channels(value: &Value, place: &str) -> Result<()> {
    let channels: Vec<_> = value.as_object().into_iter().flatten().collect();
    if channels.is_empty() {
        bail!("{place}: `x-channel-limits` is {value}; write a channel and its limit");
    }
    for (channel, limit) in channels {
        let length = |key: &str| limit.get(key).is_none_or(Value::is_u64);
        let is_limit = has_source(limit, &["min", "max", "refuse"])
            && length("min")
            && length("max")
            && (limit.get("min").is_some() || limit.get("max").is_some())
            && limit.get("refuse").is_none_or(Value::is_boolean);
        if !is_limit {
            bail!(
                "{place}: the limit of `{channel}` is {limit}; write min, max or both, whole \
                 numbers, with an x-source, and `refuse: true` if money depends on it"
            );
        }
    }
    Ok(())
}

fn is_pattern(value: &Value) -> bool {
    value.as_str().is_some_and(|text| Regex::new(text).is_ok())
}

fn is_required_for(value: &Value) -> bool {
    has_source(value, &["channels"]) && is_list_of_texts(&value["channels"])
}

/// Whether an object has a source, and nothing else but what is known.
fn has_source(value: &Value, known: &[&str]) -> bool {
    let mut keys = value.as_object().into_iter().flatten().map(|(key, _)| key);
    value["x-source"].is_string()
        && keys.all(|key| key == "x-source" || known.contains(&key.as_str()))
}

fn is_list_of_texts(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string))
}

/// What a schema says, and its name in `x-limits`, in the order of the contract.
const MOVED: &[(&str, &str)] = &[
    ("minLength", "min"),
    ("maxLength", "max"),
    ("pattern", "pattern"),
    ("enum", "values"),
    ("x-limit-source", "source"),
    ("x-channel-limits", "channels"),
    ("x-required-for", "required-for"),
];
