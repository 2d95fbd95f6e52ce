use serde_json::{Map, Value};

use super::intent::text;
use crate::generated::outcomes::REDIRECT_MEMBERS;

/// What an answer says beside its code that bears on the money.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AnswerFacts {
    /// Whether it names our reference, another one, or none.
    pub(crate) echo: Echo,
    /// It sends the customer to a page.
    pub(crate) redirects: bool,
    /// It names a status of the operation, and that is not success (00).
    pub(crate) is_unsettled: bool,
    /// DOKU's reference number.
    pub(crate) reference_no: Option<String>,
}

/// Whose reference an answer repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Echo {
    #[default]
    None,
    Ours,
    Other,
}

impl AnswerFacts {
    /// Reads the answer to a request that is named `member`: `reference`.
    pub(crate) fn read(raw: &[u8], named: Option<(&str, &str)>) -> Self {
        let Ok(body) = serde_json::from_slice::<Map<String, Value>>(raw) else {
            return Self::default();
        };
        let further = member(&body, "additionalInfo").and_then(Value::as_object);
        let redirects = |at: &Map<String, Value>| {
            let mut members = REDIRECT_MEMBERS.iter();
            members.any(|name| member(at, name).is_some_and(is_given))
        };
        let status = STATUS.iter().find_map(|name| text(member(&body, name)?));
        Self {
            echo: echo(&body, named),
            redirects: redirects(&body) || further.is_some_and(redirects),
            is_unsettled: status.is_some_and(|status| !matches!(&*status, "00" | "0")),
            reference_no: ["referenceNo", "refundNo"]
                .iter()
                .find_map(|name| text(member(&body, name)?)),
        }
    }
}

fn echo(body: &Map<String, Value>, named: Option<(&str, &str)>) -> Echo {
    let Some((name, reference)) = named else {
        return Echo::None;
    };
    match member(body, name).and_then(text) {
        None => Echo::None,
        Some(echoed) if echoed == reference => Echo::Ours,
        Some(_) => Echo::Other,
    }
}

/// The member of that name; some answers begin names with a capital.
fn member<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let spelled = |(key, value): (&'a String, &'a Value)| {
        let same = key.get(1..) == name.get(1..) && key.eq_ignore_ascii_case(name);
        same.then_some(value)
    };
    body.get(name).or_else(|| body.iter().find_map(spelled))
}

fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}

const STATUS: &[&str] = &[
    "latestTransactionStatus",
    "transactionStatus",
    "refundStatus",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn facts(raw: &str) -> AnswerFacts {
        AnswerFacts::read(raw.as_bytes(), Some(("partnerReferenceNo", "INV-1")))
    }

    #[test]
    fn our_reference_is_told_from_another_in_either_spelling() {
        assert_eq!(facts(r#"{"partnerReferenceNo":"INV-1"}"#).echo, Echo::Ours);
        assert_eq!(facts(r#"{"PartnerReferenceNo":"INV-1"}"#).echo, Echo::Ours);
        assert_eq!(facts(r#"{"partnerReferenceNo":"INV-2"}"#).echo, Echo::Other);
        assert_eq!(facts(r#"{"partnerReferenceNo":""}"#).echo, Echo::None);
        assert_eq!(facts("[]").echo, Echo::None);
    }

    #[test]
    fn a_page_for_the_customer_is_found_at_the_top_and_inside() {
        assert!(facts(r#"{"webRedirectUrl":"https://a.example"}"#).redirects);
        assert!(facts(r#"{"additionalInfo":{"webRedirectUrl":"https://a"}}"#).redirects);
        assert!(!facts(r#"{"webRedirectUrl":"","additionalInfo":""}"#).redirects);
    }

    #[test]
    fn any_status_but_success_leaves_the_operation_unsettled() {
        for (status, is_unsettled) in [
            (r#""00""#, false),
            (r#""0""#, false),
            ("0", false),
            (r#""""#, false),
            (r#""03""#, true),
            ("3", true),
            (r#""06""#, true),
            (r#""FAILED""#, true),
        ] {
            let raw = format!(r#"{{"refundStatus":{status}}}"#);
            assert_eq!(facts(&raw).is_unsettled, is_unsettled, "{status}");
        }
        assert!(!facts("{}").is_unsettled);
    }
}
