//! `overlay.yaml`: corrections to `imported.json`, in the format OpenAPI Overlay 1.0, read strictly.
//!
//! `roas-overlay` applies them. What it accepts and this workspace does not (unknown keys, entries
//! without effect, repeated elements, missing reasons) is checked here, before and after.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use roas_overlay::apply::{Apply, ApplyErrorKind, ApplyOptions};
use roas_overlay::v1_0::Overlay;
use serde_json::{Value, json};

use crate::json::escape;
use crate::specs::Product;
use crate::yaml::{self, Yaml};

/// Applies the product's overlay, if it has one.
pub(crate) fn apply(root: &Path, product: &Product, document: Value) -> Result<Value> {
    match yaml::read(root, &product.file("overlay.yaml"))? {
        Some(overlay) => apply_all(&overlay, document),
        None => Ok(document),
    }
}

fn apply_all(overlay: &Yaml, mut document: Value) -> Result<Value> {
    check_keys(overlay, "", &["overlay", "info", "actions"])?;
    let actions = overlay.value["actions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if actions.is_empty() {
        bail!("{}: has no `actions`; delete the file", overlay.place(""));
    }
    for (index, action) in actions.iter().enumerate() {
        let at = format!("/actions/{index}");
        check_action(overlay, &at, action)?;
        let mut after = apply_one(overlay, &at, action, &document)?;
        credit(action, &document, &mut after);
        document = after;
    }
    Ok(document)
}

fn check_action(overlay: &Yaml, at: &str, action: &Value) -> Result<()> {
    check_keys(overlay, at, KEYS)?;
    let place = overlay.place(at);
    for key in ["target", "description", "x-source", "x-confidence"] {
        if is_blank(&action[key]) {
            bail!("{place}: the entry has no `{key}`; a correction without one cannot be reviewed");
        }
    }
    check_confidence(&action["x-confidence"], &place)?;
    let updates = action.get("update").is_some();
    let removes = match action.get("remove") {
        None => false,
        Some(Value::Bool(true)) => true,
        Some(other) => bail!("{place}: `remove` is {other}; write `true` or leave it out"),
    };
    if updates == removes {
        let found = if updates { "both" } else { "neither" };
        bail!("{place}: the entry has {found} of `update` and `remove`; it needs exactly one");
    }
    check_codes(overlay, &format!("{at}/update"), &action["update"])
}

fn check_keys(overlay: &Yaml, at: &str, known: &[&str]) -> Result<()> {
    let members = overlay.value.pointer(at).and_then(Value::as_object);
    members.with_context(|| format!("{}: is not an object", overlay.place(at)))?;
    overlay.check_keys(at, known)
}

/// Whether a value is no text, or one of spaces.
pub(crate) fn is_blank(value: &Value) -> bool {
    value.as_str().is_none_or(|text| text.trim().is_empty())
}

pub(crate) fn check_confidence(confidence: &Value, place: &str) -> Result<()> {
    if !SCALE.iter().any(|known| confidence == known) {
        bail!(
            "{place}: x-confidence is {confidence}; use one of {}",
            SCALE.join(", ")
        );
    }
    Ok(())
}

/// YAML turns an unquoted `11` into a number, and the leading zero of `06` is then gone.
pub(crate) fn check_codes(overlay: &Yaml, at: &str, value: &Value) -> Result<()> {
    for (key, value) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{}", escape(key));
        if key == "service-code" && !is_code(value) {
            let place = overlay.place(&at);
            bail!("{place}: service-code is {value}; write two digits in quotes, such as \"11\"");
        }
        check_codes(overlay, &at, value)?;
    }
    Ok(())
}

/// Whether a value is text of two digits.
pub(crate) fn is_code(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_digit()))
}

fn apply_one(overlay: &Yaml, at: &str, action: &Value, document: &Value) -> Result<Value> {
    let place = overlay.place(at);
    let target = &action["target"];
    let single = json!({
        "overlay": overlay.value["overlay"],
        "info": overlay.value["info"],
        "actions": [action],
    });
    let single: Overlay = serde_json::from_value(single).with_context(|| {
        format!(
            "{}: is not an OpenAPI Overlay 1.0 document",
            overlay.place("")
        )
    })?;
    let mut after = document.clone();
    single.apply(&mut after, ApplyOptions::ErrorOnZeroMatch.into()).map_err(|e| match e.kind {
        ApplyErrorKind::ZeroMatch => anyhow!(
            "{place}: target {target} matches nothing: DOKU changed what the entry corrects, or \
             the path is wrong"
        ),
        kind => anyhow!("{place}: target {target}: {kind}"),
    })?;
    if after == *document {
        bail!(
            "{place}: the entry for {target} changes nothing: DOKU has corrected its page; delete \
             the entry"
        );
    }
    let before = repeated(document);
    let new = repeated(&after)
        .into_iter()
        .find(|found| !before.contains(found));
    if let Some((pointer, element)) = new {
        bail!(
            "{place}: the entry for {target} leaves {element} twice in the list at {pointer}: \
             updates append to lists, so remove the list first"
        );
    }
    Ok(after)
}

/// A member that an entry adds is as sure as the entry, unless the entry says otherwise.
fn credit(action: &Value, before: &Value, after: &mut Value) {
    let Some(members) = after.as_object_mut() else {
        if let (Value::Array(before), Value::Array(after)) = (before, after) {
            before
                .iter()
                .zip(after)
                .for_each(|(before, after)| credit(action, before, after));
        }
        return;
    };
    for (key, value) in members {
        if key == "properties" {
            for (name, member) in value.as_object_mut().into_iter().flatten() {
                if before[key].get(name).is_none() && member.is_object() {
                    credit_member(action, member);
                }
            }
        }
        credit(action, &before[key.as_str()], value);
    }
}

fn credit_member(action: &Value, member: &mut Value) {
    for key in ["x-source", "x-confidence"] {
        if member.get(key).is_none() {
            member[key] = action[key].clone();
        }
    }
}

/// Every element that stands twice in a list, with the pointer of the list.
fn repeated(document: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    collect_repeated(document, "", &mut found);
    found
}

fn collect_repeated(value: &Value, at: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if items[..index].contains(item) {
                    found.push((at.to_owned(), item.clone()));
                }
                collect_repeated(item, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (key, value) in members {
                collect_repeated(value, &format!("{at}/{}", escape(key)), found);
            }
        }
        _ => {}
    }
}

/// Whether a confidence rests on something else than DOKU's own word.
pub(crate) fn is_low(confidence: &Value) -> bool {
    ["STD", "3P", "INF"].iter().any(|low| confidence == low)
}

const KEYS: &[&str] = &[
    "target",
    "description",
    "x-source",
    "x-confidence",
    "update",
    "remove",
];

/// The confidence scale: observed live, stated by DOKU, in a DOKU library, in the national
/// standard only, in third-party code only, inferred.
const SCALE: &[&str] = &["LIVE", "DOC", "SDK", "STD", "3P", "INF"];
