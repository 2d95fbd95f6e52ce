//! Actions as JSON: how the admin API takes them, and how a state folder keeps them.

use std::time::Duration;

use super::{Action, ActionError, How, Whose};
use crate::{
    fault::{Fault, Faults},
    json::Json,
    ledger::Decision,
    notify::{Hearing, Variation},
    pages::Choice,
};

impl Action {
    /// Reads an action: an object whose member `action` names it.
    pub(crate) fn read(json: &Json) -> Result<Self, ActionError> {
        let name = json.text_at("action");
        let name = name.ok_or(ActionError::Member("action"))?;
        let text = |member: &'static str| text(json, member);
        Ok(match name {
            "skip" => Self::Skip(Duration::from_secs(whole(json, "seconds")?)),
            "door-offset" => Self::DoorOffset(whole(json, "seconds")?),
            "decide" => Self::Decide {
                reference: text("reference")?,
                decision: word(json, "decision", DECISIONS)?,
            },
            "choose" => Self::Choose {
                page: text("page")?,
                choice: word(json, "choice", CHOICES)?,
                // An empty field of a form is something that was typed.
                otp: json.text_at("otp").map(Into::into),
            },
            "issue-code" => Self::IssueCode {
                customer: text("customer")?,
            },
            "unlink" => Self::Unlink {
                customer: text("customer")?,
            },
            "end-tokens" => Self::EndTokens {
                whose: word(json, "whose", WHOSE)?,
                how: word(json, "how", HOW)?,
            },
            "inject" => Self::Inject(Fault::read(json).map_err(ActionError::Misread)?),
            "inject-any" => Self::InjectAny(Faults::read(json).map_err(ActionError::Misread)?),
            "remove-fault" => Self::RemoveFault(whole(json, "id")?),
            "clear-faults" => Self::ClearFaults,
            "notify-to" => Self::NotifyTo {
                notification_url: text("notificationUrl")?,
                token_url: text("tokenUrl")?,
            },
            "notify-kirimdoku-to" => Self::NotifyKirimdokuTo {
                unpaid_url: text("unpaidUrl")?,
                refund_url: text("refundUrl")?,
            },
            "vary" => Self::Vary(Variation::read(json)?),
            "resend" => Self::Resend(whole(json, "id")?),
            "hear" => Self::Hear(Hearing::read(json)?),
            "reset" => Self::Reset,
            _ => return Err(ActionError::Member("action")),
        })
    }

    /// Writes what [`read`](Self::read) reads.
    pub(crate) fn to_json(&self) -> Json {
        let (name, members) = match self {
            Self::Skip(by) => ("skip", vec![("seconds", Json::number(by.as_secs()))]),
            Self::DoorOffset(seconds) => ("door-offset", vec![("seconds", Json::number(seconds))]),
            Self::Decide {
                reference,
                decision,
            } => (
                "decide",
                vec![
                    ("reference", Json::text(reference)),
                    ("decision", named(*decision, DECISIONS)),
                ],
            ),
            Self::Choose { page, choice, otp } => {
                let mut members = vec![
                    ("page", Json::text(page)),
                    ("choice", named(*choice, CHOICES)),
                ];
                members.extend(otp.as_ref().map(|otp| ("otp", Json::text(otp))));
                ("choose", members)
            }
            Self::IssueCode { customer } => {
                ("issue-code", vec![("customer", Json::text(customer))])
            }
            Self::Unlink { customer } => ("unlink", vec![("customer", Json::text(customer))]),
            Self::EndTokens { whose, how } => (
                "end-tokens",
                vec![("whose", named(*whose, WHOSE)), ("how", named(*how, HOW))],
            ),
            Self::Inject(fault) => return with_name("inject", fault.to_json()),
            Self::InjectAny(faults) => return with_name("inject-any", faults.to_json()),
            Self::RemoveFault(id) => ("remove-fault", vec![("id", Json::number(id))]),
            Self::ClearFaults => ("clear-faults", Vec::new()),
            Self::NotifyTo {
                notification_url,
                token_url,
            } => (
                "notify-to",
                vec![
                    ("notificationUrl", Json::text(notification_url)),
                    ("tokenUrl", Json::text(token_url)),
                ],
            ),
            Self::NotifyKirimdokuTo {
                unpaid_url,
                refund_url,
            } => (
                "notify-kirimdoku-to",
                vec![
                    ("unpaidUrl", Json::text(unpaid_url)),
                    ("refundUrl", Json::text(refund_url)),
                ],
            ),
            Self::Vary(variation) => ("vary", variation.members()),
            Self::Resend(id) => ("resend", vec![("id", Json::number(id))]),
            Self::Hear(hearing) => ("hear", hearing.members()),
            Self::Reset => ("reset", Vec::new()),
        };
        let action = ("action", Json::text(name));
        Json::object([action].into_iter().chain(members))
    }
}

/// An action whose members are written elsewhere.
fn with_name(name: &str, json: Json) -> Json {
    let action = ("action".to_owned(), Json::text(name));
    let members = json.members().iter().cloned();
    Json::object([action].into_iter().chain(members))
}

/// A text that is there. It may be empty: what was written is read again, and what is wrong with it says
/// whoever carries it out.
pub(crate) fn text(json: &Json, member: &'static str) -> Result<String, ActionError> {
    let text = json.text_at(member);
    text.map(str::to_owned).ok_or(ActionError::Member(member))
}

/// A whole number, as JSON number or text.
pub(crate) fn whole<T: std::str::FromStr>(
    json: &Json,
    member: &'static str,
) -> Result<T, ActionError> {
    let digits = match json.member(member) {
        Some(Json::Number(digits) | Json::Text(digits)) => digits.parse().ok(),
        _ => None,
    };
    digits.ok_or(ActionError::Member(member))
}

/// One of a few words.
pub(crate) fn word<T: Copy>(
    json: &Json,
    member: &'static str,
    words: &[(&str, T)],
) -> Result<T, ActionError> {
    let given = json.text_at(member);
    let found = words.iter().find(|(word, _)| Some(*word) == given);
    found
        .map(|(_, meant)| *meant)
        .ok_or(ActionError::Member(member))
}

pub(crate) fn named<T: PartialEq>(meant: T, words: &[(&str, T)]) -> Json {
    let found = words.iter().find(|(_, other)| *other == meant);
    found.map_or(Json::Null, |(word, _)| Json::text(*word))
}

const DECISIONS: &[(&str, Decision)] = &[
    ("succeed", Decision::Succeed),
    ("fail", Decision::Fail),
    ("cancel", Decision::Cancel),
];
const CHOICES: &[(&str, Choice)] = &[
    ("approve", Choice::Approve),
    ("reject", Choice::Reject),
    ("abandon", Choice::Abandon),
];
const WHOSE: &[(&str, Whose)] = &[
    ("merchant", Whose::Merchant),
    ("customers", Whose::Customers),
];
const HOW: &[(&str, How)] = &[
    ("expired", How::Expired),
    ("invalidated", How::Invalidated),
    ("forgotten", How::Forgotten),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::{Act, At},
        notify::Vary,
    };

    #[test]
    fn every_action_is_read_as_it_was_written() {
        let otp = Some("123456".to_owned());
        let text = |text: &str| text.to_owned();
        let actions = [
            Action::Skip(Duration::from_secs(46_800)),
            Action::DoorOffset(-60),
            Action::Decide {
                reference: text("ord-1"),
                decision: Decision::Fail,
            },
            Action::Choose {
                page: text("abc"),
                choice: Choice::Approve,
                otp,
            },
            Action::IssueCode {
                customer: text("cust-1"),
            },
            Action::Unlink {
                customer: text("cust-1"),
            },
            Action::EndTokens {
                whose: Whose::Customers,
                how: How::Expired,
            },
            Action::Inject(
                Fault::new(At::AfterRequest, Act::Reset)
                    .for_reference("ord-*")
                    .times(2),
            ),
            Action::InjectAny(Faults::all(0.05)),
            Action::RemoveFault(3),
            Action::ClearFaults,
            Action::Reset,
        ];

        for action in actions {
            let json = action.to_json();

            let read = Action::read(&json).expect("readable");

            assert_eq!(format!("{read:?}"), format!("{action:?}"), "{json}");
        }
    }

    /// A line of a state folder that cannot be read again would make the folder useless.
    #[test]
    fn what_a_test_may_say_is_read_again_even_if_it_says_nothing() {
        for said in ["", " ", "\u{0}\"\\\n\u{2028}", "é", "*"] {
            let text = || said.to_owned();
            let actions = [
                Action::Decide {
                    reference: text(),
                    decision: Decision::Cancel,
                },
                Action::Choose {
                    page: text(),
                    choice: Choice::Abandon,
                    otp: Some(text()),
                },
                Action::IssueCode { customer: text() },
                Action::Unlink { customer: text() },
                Action::NotifyTo {
                    notification_url: text(),
                    token_url: text(),
                },
                Action::NotifyKirimdokuTo {
                    unpaid_url: text(),
                    refund_url: text(),
                },
                Action::Vary(Variation::new(Vary::Drop).for_reference(said)),
            ];
            for action in actions {
                let line = action.to_json().to_string();
                let json = Json::read(line.as_bytes()).expect("JSON");

                let read = Action::read(&json).expect("readable");

                assert_eq!(format!("{read:?}"), format!("{action:?}"), "{line}");
            }
        }
    }

    #[test]
    fn an_otp_that_is_empty_was_typed_all_the_same() {
        let read = |text: &str| Action::read(&Json::read(text.as_bytes()).expect("JSON"));

        let typed = read(r#"{"action":"choose","page":"a","choice":"approve","otp":""}"#);
        let read_off = read(r#"{"action":"choose","page":"a","choice":"approve"}"#);

        assert!(matches!(typed, Ok(Action::Choose { otp: Some(otp), .. }) if otp.is_empty()));
        assert!(matches!(read_off, Ok(Action::Choose { otp: None, .. })));
    }

    #[test]
    fn what_is_missing_or_not_a_known_word_is_named() {
        let error = |text: &str| {
            let json = Json::read(text.as_bytes()).expect("JSON");
            Action::read(&json).expect_err("not an action").to_string()
        };

        assert!(error("{}").contains("\"action\""));
        assert!(
            error(r#"{"action":"inject","at":"never"}"#).contains("\"at\" takes: before_accept")
        );
        assert!(error(r#"{"action":"inject-any"}"#).contains("\"probability\""));
        assert!(error(r#"{"action":"decide","reference":"a"}"#).contains("\"decision\""));
        assert!(error(r#"{"action":"skip","seconds":-1}"#).contains("\"seconds\""));
    }
}
