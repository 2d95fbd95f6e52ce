//! Pass 3: completes and checks `x-snap`, what SNAP says about an operation and OpenAPI cannot.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::{Document, Operation};
use super::headers::OWN;
use crate::overlay::is_code;
use crate::specs::Sender;

/// The `x-snap` object of an operation. Unknown keys are errors.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Snap {
    #[serde(default)]
    pub(crate) token: Token,
    pub(crate) service_code: String,
    pub(crate) kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, Requirement>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) sensitive: BTreeMap<String, Class>,
    /// DOKU has not confirmed path, method or body.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) unverified: bool,
}

/// Which access tokens a call carries.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Token {
    /// The merchant's own.
    #[default]
    B2b,
    /// The merchant's own and a customer's.
    B2b2c,
    /// With or without a customer's: DOKU's documents disagree.
    Either,
}

impl Token {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::B2b => "b2b",
            Self::B2b2c => "b2b2c",
            Self::Either => "either",
        }
    }

    pub(crate) const fn is_with_customer(self) -> bool {
        matches!(self, Self::B2b2c | Self::Either)
    }

    pub(crate) const fn is_without_customer(self) -> bool {
        matches!(self, Self::B2b | Self::Either)
    }
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
    /// DOKU tells the merchant.
    Notification,
    /// DOKU asks the merchant.
    Question,
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

    pub(crate) const fn is_dokus(self) -> bool {
        matches!(self, Self::Notification | Self::Question)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Session => "session",
            Self::Debit => "debit",
            Self::Credit => "credit",
            Self::Reversal => "reversal",
            Self::Notification => "notification",
            Self::Question => "question",
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
        let mut value = document.get(&operation.at)["x-snap"].clone();
        if !value.is_object() && !value.is_null() {
            bail!("{place}: is not an object with members");
        }
        if value.get("service-code").is_none()
            && let Some(code) = shown_service_code(document, &operation)
        {
            value["service-code"] = code.into();
        }
        check_given(&value, &place)?;
        let snap: Snap = Snap::deserialize(&value).with_context(|| place.clone())?;
        check_snap(&snap, &operation, &place)?;
        if snap.kind.is_dokus() != (document.sender == Sender::Doku) {
            bail!(
                "{place}: kind {} and the sender of this product do not fit: notification and question are \
                 what DOKU sends",
                snap.kind.name()
            );
        }
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
    match value.get("service-code") {
        None => bail!(
            "{place}: no service-code, and no example response to take it from; set it in x-snap"
        ),
        Some(code) if !is_code(code) => {
            bail!("{place}: service-code is {code}; write two digits in quotes, such as \"11\"")
        }
        Some(_) => {}
    }
    if value.get("kind").is_none() {
        bail!(
            "{place}: no kind; set read, session, debit, credit or reversal in x-snap, or notification or \
             question where DOKU is the sender"
        );
    }
    Ok(())
}

fn check_snap(snap: &Snap, operation: &Operation, place: &str) -> Result<()> {
    let customer_path = operation.path.split('/').any(|segment| segment == "b2b2c");
    if customer_path && snap.token == Token::B2b {
        bail!(
            "{place}: the path has a segment `b2b2c`, but the token is `b2b`; set `token: b2b2c`, \
             or `either` where DOKU's documents disagree"
        );
    }
    if snap.kind.is_money() != snap.reference.is_some() {
        bail!(
            "{place}: kind {} and reference {:?} do not fit: debit, credit and reversal name the \
             member that identifies the transaction, read and session none",
            snap.kind.name(),
            snap.reference
        );
    }
    if let Some(header) = snap
        .headers
        .keys()
        .find(|name| !OWN.contains(&name.as_str()))
    {
        bail!(
            "{place}: the header `{header}` is not known; known are {}",
            OWN.join(", ")
        );
    }
    Ok(())
}

/// Digits 4 and 5 of a response code of seven digits, where the page shows one.
fn shown_service_code(document: &Document, operation: &Operation) -> Option<String> {
    let code = &document.get(&operation.at)["x-example-response"]["responseCode"];
    let code = code
        .as_str()
        .map_or_else(|| code.to_string(), str::to_owned);
    let is_whole = code.len() == 7 && code.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| code[3..5].to_owned())
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature serde asks for"
)]
fn is_false(value: &bool) -> bool {
    !value
}
