//! Pass 3: completes and checks `x-snap`, what SNAP says about an operation and OpenAPI cannot.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::{Document, Operation};
use crate::overlay::is_code;

/// The `x-snap` object of an operation. Unknown keys are errors.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Snap {
    #[serde(default = "b2b")]
    pub(crate) token: String,
    pub(crate) service_code: String,
    pub(crate) kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, Requirement>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) sensitive: BTreeMap<String, Class>,
}

/// What an operation does to money.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Read,
    Session,
    Debit,
    Credit,
    Reversal,
}

/// Whether a header must be sent.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Requirement {
    Required,
    Optional,
}

/// How a member is shown in `Debug`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Class {
    /// A type that never shows its value.
    Secret,
    /// An ordinary type whose value is left out of `Debug`.
    Masked,
    /// An ordinary type.
    Plain,
}

impl Kind {
    pub(crate) const fn is_money(self) -> bool {
        matches!(self, Self::Debit | Self::Credit | Self::Reversal)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Session => "session",
            Self::Debit => "debit",
            Self::Credit => "credit",
            Self::Reversal => "reversal",
        }
    }
}

impl Requirement {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
        }
    }
}

pub(super) fn run(document: &mut Document) -> Result<()> {
    for operation in document.operations() {
        let place = document.place(&format!("{}/x-snap", operation.at));
        let value = &document.get(&operation.at)["x-snap"];
        check_given(value, &place)?;
        let snap: Snap = Snap::deserialize(value).with_context(|| place.clone())?;
        check_snap(&snap, &operation, &place)?;
        let complete = serde_json::to_value(&snap).with_context(|| place.clone())?;
        document
            .object_mut(&operation.at)?
            .insert("x-snap".to_owned(), complete);
    }
    Ok(())
}

/// The checked `x-snap` of an operation.
pub(crate) fn snap_of(document: &Document, operation: &Operation) -> Result<Snap> {
    let at = format!("{}/x-snap", operation.at);
    Snap::deserialize(document.get(&at)).with_context(|| document.place(&at))
}

fn check_given(value: &Value, place: &str) -> Result<()> {
    for key in ["unverified", "skip"] {
        if value.get(key).is_some() {
            bail!("{place}: `{key}` is not built yet");
        }
    }
    match value.get("service-code") {
        None => bail!(
            "{place}: no service-code, and no example response to take it from; set it in the \
             overlay"
        ),
        Some(code) if !is_code(code) => {
            bail!("{place}: service-code is {code}; write two digits in quotes, such as \"11\"")
        }
        Some(_) => {}
    }
    if value.get("kind").is_none() {
        bail!("{place}: no kind; set read, session, debit, credit or reversal in the overlay");
    }
    Ok(())
}

fn check_snap(snap: &Snap, operation: &Operation, place: &str) -> Result<()> {
    let customer_path = operation.path.split('/').any(|segment| segment == "b2b2c");
    match snap.token.as_str() {
        "b2b" if customer_path => {
            bail!("{place}: the path has a segment `b2b2c`, but the token is `b2b`")
        }
        "b2b" => {}
        "b2b2c" | "either" => bail!("{place}: the token `{}` is not built yet", snap.token),
        other => bail!("{place}: the token is `{other}`; use b2b, b2b2c or either"),
    }
    if snap.kind.is_money() != snap.reference.is_some() {
        bail!(
            "{place}: kind {} and reference {:?} do not fit: debit, credit and reversal name the \
             member that identifies the transaction, read and session none",
            snap.kind.name(),
            snap.reference
        );
    }
    if let Some(header) = snap.headers.keys().find(|name| *name != "CHANNEL-ID") {
        bail!("{place}: the header `{header}` is not known or not built yet");
    }
    Ok(())
}

fn b2b() -> String {
    "b2b".to_owned()
}
