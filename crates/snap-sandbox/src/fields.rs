//! Rules for the bodies of the token calls, copied by hand from the pages that define them.

use crate::{
    body::Body,
    check::{Check, Refusal},
    json::Json,
};

/// A text member of a request body.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    /// Longest value in characters.
    pub(crate) max: usize,
}

/// Takes a body as an object and checks the members that have a rule; others are let through.
///
/// DOKU's pages do not say whether `null` or an empty text counts as missing; here both do.
pub(crate) fn check_body<'a>(body: Body<'a>, fields: &[Field]) -> Result<&'a Json, Refusal> {
    let json = body.object()?;
    fields.iter().try_for_each(|field| field.check(json))?;
    Ok(json)
}

/// The text of a member that [`check_body`] has let through.
pub(crate) fn text<'a>(body: &'a Json, name: &str) -> &'a str {
    match body.member(name) {
        Some(Json::Text(text)) => text,
        _ => "",
    }
}

impl Field {
    fn check(&self, body: &Json) -> Result<(), Refusal> {
        let length = match body.member(self.name) {
            None | Some(Json::Null) => 0,
            Some(Json::Text(text)) => text.chars().count(),
            Some(_) => return Err(Check::FieldFormat.of(self.name)),
        };
        if length == 0 && self.required {
            return Err(Check::FieldMissing.of(self.name));
        }
        if length > self.max {
            Err(Check::FieldTooLong.of(self.name))
        } else {
            Ok(())
        }
    }
}
