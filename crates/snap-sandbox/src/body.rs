//! Judges a request body by the specification of its operation.

use crate::{
    check::{Check, Refusal},
    json::Json,
    spec::{Kind, Member, Schema},
};

/// A body as it was sent, and as it was read; None if it is no JSON.
#[derive(Clone, Copy)]
pub(crate) struct Body<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) json: Option<&'a Json>,
}

impl<'a> Body<'a> {
    /// The body of every request is an object.
    pub(crate) fn object(self) -> Result<&'a Json, Refusal> {
        match self.json {
            Some(json @ Json::Object(_)) => Ok(json),
            Some(_) => Err(Check::BodyNotObject.into()),
            None => Err(Check::BodyNotJson.into()),
        }
    }
}

/// Checks every member that the specification names, at every depth and in its order; others are let
/// through.
///
/// DOKU's pages do not say whether `null` or an empty text counts as missing; here both do.
pub(crate) fn check(body: &Json, schema: &Schema) -> Result<(), Refusal> {
    members(body, schema.members(), "")
}

/// How many members the schema requires, at every depth, if all of them are there.
pub(crate) fn required_present(schema: &Schema, body: &Json) -> Option<usize> {
    let mut count = 0;
    for member in schema.members() {
        match body.member(&member.name).filter(|value| !is_missing(value)) {
            None if member.required => return None,
            None => {}
            Some(value) => {
                count += usize::from(member.required);
                count += required_present(&member.schema, value)?;
            }
        }
    }
    Some(count)
}

/// The texts of a body that open something, at every depth.
pub(crate) fn secrets<'a>(body: &'a Json, schema: &Schema) -> Vec<&'a str> {
    let below = |value, schema| secrets(value, schema);
    match (&schema.kind, body) {
        (Kind::Text, Json::Text(text)) if schema.secret => vec![text],
        (Kind::Object(members), _) => members
            .iter()
            .filter_map(|member| Some(below(body.member(&member.name)?, &member.schema)))
            .flatten()
            .collect(),
        (Kind::List { items, .. }, Json::Array(values)) => values
            .iter()
            .flat_map(|value| below(value, items))
            .collect(),
        (
            Kind::List {
                items,
                one_or_many: true,
            },
            one @ Json::Object(_),
        ) => below(one, items),
        _ => Vec::new(),
    }
}

fn members(object: &Json, members: &[Member], path: &str) -> Result<(), Refusal> {
    members.iter().try_for_each(|member| {
        let path = match path {
            "" => member.name.clone(),
            _ => format!("{path}.{}", member.name),
        };
        match object.member(&member.name) {
            Some(found) if !is_missing(found) => value(found, &member.schema, path),
            _ if member.required => Err(Check::FieldMissing.of(path)),
            _ => Ok(()),
        }
    })
}

fn value(found: &Json, schema: &Schema, path: String) -> Result<(), Refusal> {
    match (&schema.kind, found) {
        (Kind::Free, _) | (Kind::Boolean, Json::Bool(_)) => Ok(()),
        (Kind::Text | Kind::Time | Kind::Status, Json::Text(text)) => length(text, schema, path),
        (Kind::Amount, Json::Object(_)) => amount(found, &path),
        (Kind::Object(known), Json::Object(_)) => members(found, known, &path),
        (Kind::List { items, .. }, Json::Array(values)) => values
            .iter()
            .enumerate()
            .try_for_each(|(index, found)| value(found, items, format!("{path}[{index}]"))),
        // DOKU's documents disagree about the shape, so a caller may send either.
        (
            Kind::List {
                items,
                one_or_many: true,
            },
            Json::Object(_),
        ) => value(found, items, path),
        _ => Err(Check::FieldFormat.of(path)),
    }
}

fn length(text: &str, schema: &Schema, path: String) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length < schema.min {
        return Err(Check::FieldTooShort.of(path));
    }
    match schema.max {
        Some(max) if length > max => Err(Check::FieldTooLong.of(path)),
        _ => Ok(()),
    }
}

/// Both members are needed: an amount without a currency means nothing (assumed).
fn amount(found: &Json, path: &str) -> Result<(), Refusal> {
    for (name, is_right) in [
        ("value", is_decimal as fn(&str) -> bool),
        ("currency", is_currency),
    ] {
        let path = format!("{path}.{name}");
        match found.member(name) {
            Some(Json::Text(text)) if is_right(text) => {}
            Some(Json::Text(text)) if !text.is_empty() => return Err(Check::AmountFormat.of(path)),
            None | Some(Json::Null | Json::Text(_)) => return Err(Check::FieldMissing.of(path)),
            Some(_) => return Err(Check::FieldFormat.of(path)),
        }
    }
    Ok(())
}

/// Up to 16 digits, a point, two digits: the standard's `16,2`.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(whole, cents)| {
        (1..=16).contains(&whole.len()) && cents.len() == 2 && digits(whole) && digits(cents)
    })
}

fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_missing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Text(text) => text.is_empty(),
        Json::Array(values) => values.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_two_decimals_and_at_most_sixteen_digits_before_them() {
        for right in ["0.00", "10000.00", "1234567890123456.78"] {
            assert!(is_decimal(right), "{right}");
        }
        for wrong in [
            "",
            "10000",
            "10000.0",
            "10000.000",
            ".00",
            "-1.00",
            "+1.00",
            "1e3.00",
            "1,000.00",
            "10.000,00",
            "12345678901234567.00",
            "１.00",
            " 1.00",
            "1.0.0",
        ] {
            assert!(!is_decimal(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_currency_is_three_capitals() {
        assert!(is_currency("IDR"));
        for wrong in ["", "idr", "ID", "IDRX", "ID1"] {
            assert!(!is_currency(wrong), "{wrong}");
        }
    }
}
