//! Pass 11: members that must not be shown get a type or a mark for it.
//!
//! The class comes from the member's name, and from `x-snap.sensitive` where an operation differs.

use anyhow::{Result, bail};
use heck::ToSnakeCase;
use serde_json::json;

use super::document::{Document, Operation, reference_to};
use super::members::{Member, Side, members};
use super::snap::{Class, Snap, snap_of};

pub(super) fn run(document: &mut Document) -> Result<()> {
    let mut classed = Vec::new();
    for operation in document.operations() {
        let snap = snap_of(document, &operation)?;
        let mut known = Vec::new();
        for side in [Side::Request, Side::Response] {
            for member in members(document, &operation, side)? {
                let path = format!("{} {}", side.mark(), member.path);
                let class = class_of(document, &member, snap.sensitive.get(&path))?;
                check_type(document, &member, class)?;
                classed.push((member.at, class));
                known.push(path);
            }
        }
        check_paths(document, &operation, &snap, &known)?;
    }
    check_shared(document, &classed)?;
    classed
        .into_iter()
        .try_for_each(|(at, class)| mark(document, &at, class))
}

fn class_of(document: &Document, member: &Member, given: Option<&Class>) -> Result<Class> {
    let name = member.wire.as_str();
    if let Some(class) = given {
        return Ok(*class);
    }
    // DOKU changes the case of names from page to page.
    let listed = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if listed(SECRET) {
        return Ok(Class::Secret);
    }
    if listed(MASKED) {
        return Ok(Class::Masked);
    }
    let snake = name.to_snake_case();
    if let Some(word) = snake.split('_').find(|word| SUSPICIOUS.contains(word)) {
        bail!(
            "{}: `{name}` has `{word}` in its name and no class; set secret, masked or plain for \
             `{}` in x-snap.sensitive",
            document.place(&member.at),
            member.path
        );
    }
    Ok(Class::Plain)
}

/// Only what is written as text can be replaced by `[redacted]` and be found by a canary.
fn check_type(document: &Document, member: &Member, class: Class) -> Result<()> {
    let (at, schema) = document.resolve(&member.at)?;
    let is_text = schema["type"] == "string";
    let fits = match class {
        Class::Plain => true,
        Class::Masked => is_text || schema["x-shape"] == "free",
        Class::Secret => is_text && at == member.at,
    };
    if !fits {
        bail!(
            "{}: `{}` is classed {class:?}, but only text can be; class what is inside it",
            document.place(&member.at),
            member.path
        );
    }
    Ok(())
}

fn check_paths(
    document: &Document,
    operation: &Operation,
    snap: &Snap,
    known: &[String],
) -> Result<()> {
    match snap.sensitive.keys().find(|path| !known.contains(path)) {
        None => Ok(()),
        Some(path) => bail!(
            "{}: there is no member `{path}`; known are: {}",
            document.place(&format!("{}/x-snap/sensitive", operation.at)),
            known.join(", ")
        ),
    }
}

/// A member of a shared component has one type, so its class must be the same everywhere.
fn check_shared(document: &Document, classed: &[(String, Class)]) -> Result<()> {
    for (index, (at, class)) in classed.iter().enumerate() {
        if classed[..index]
            .iter()
            .any(|(known, other)| known == at && other != class)
        {
            bail!(
                "{}: two uses of the member class it differently",
                document.place(at)
            );
        }
    }
    Ok(())
}

fn mark(document: &mut Document, at: &str, class: Class) -> Result<()> {
    let schema = document.object_mut(at)?;
    match class {
        Class::Plain => {}
        Class::Masked => {
            schema.insert("x-class".to_owned(), json!("masked"));
        }
        Class::Secret => {
            schema.insert("x-class".to_owned(), json!("secret"));
            schema.shift_remove("type");
            schema.insert("$ref".to_owned(), reference_to("SnapSecret").into());
        }
    }
    Ok(())
}

/// Members whose value opens something.
const SECRET: &[&str] = &[
    "accessToken",
    "authCode",
    "bankCardNo",
    "bankCardToken",
    "cardData",
    "chargeToken",
    "linkageToken",
    "otp",
    "pin",
    "refreshToken",
    "tokenId",
];

/// Members that say who somebody is, and addresses that embed a code.
const MASKED: &[&str] = &[
    "accountNo",
    "address",
    "beneficiaryAccountName",
    "beneficiaryAccountNo",
    "beneficiaryAccountNumber",
    "beneficiaryFirstName",
    "beneficiaryLastName",
    "beneficiaryPhoneNumber",
    "customerName",
    "customerNumber",
    "dateOfBirth",
    "email",
    "firstName",
    "idCard",
    "lastName",
    "name",
    "nextAction",
    "phoneNo",
    "redirectUrl",
    "senderFirstName",
    "senderLastName",
    "senderPersonalId",
    "webRedirectUrl",
];

/// A word that makes a name look sensitive; such a name needs a decision.
const SUSPICIOUS: &[&str] = &[
    "card", "cvv", "email", "ktp", "otp", "passport", "password", "phone", "pin", "secret", "token",
];
