//! Changes that the admin port takes: an action as it is, and short forms of some.

use super::{Refused, json};
use crate::{action::Action, json::Json, judge::Judge, response::Response};

/// Carries out the action that an object describes, and gives what it made.
pub(super) fn action(judge: &Judge, described: &Json) -> Result<Response, Refused> {
    let made = judge.act(Action::read(described)?)?;
    Ok(json(&made))
}

/// A fault: the action without its name.
pub(super) fn inject(judge: &Judge, fault: &Json) -> Result<Response, Refused> {
    let members = fault.members().iter().cloned();
    let name = ("action".to_owned(), Json::text("inject"));
    action(judge, &Json::object(members.chain([name])))
}

pub(super) fn clear_faults(judge: &Judge) -> Result<Response, Refused> {
    action(judge, &named("clear-faults", []))
}

pub(super) fn remove_fault(judge: &Judge, id: &str) -> Result<Response, Refused> {
    action(judge, &named("remove-fault", [("id", Json::text(id))]))
}

pub(super) fn reset(judge: &Judge) -> Result<Response, Refused> {
    action(judge, &named("reset", []))
}

/// `advance` moves the schedule by so many seconds, `doorOffset` sets the door's clock wrong by so many.
pub(super) fn clock(judge: &Judge, wanted: &Json) -> Result<Response, Refused> {
    let forms = [("advance", "skip"), ("doorOffset", "door-offset")];
    let mut given = forms
        .into_iter()
        .filter_map(|(member, name)| Some((name, wanted.member(member)?.clone())));
    match (given.next(), given.next()) {
        (Some((name, seconds)), None) => action(judge, &named(name, [("seconds", seconds)])),
        _ => Err(Refused::bad(
            "give \"advance\" or \"doorOffset\", in seconds, and not both",
        )),
    }
}

/// Lets something happen that a bank, a customer or another program would do.
pub(super) fn trigger(judge: &Judge, wanted: &Json) -> Result<Response, Refused> {
    let event = wanted.member("event").and_then(Json::as_text);
    let found = EVENTS.iter().find(|(name, _)| Some(*name) == event);
    let Some((_, members)) = found else {
        let names: Vec<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        return Err(Refused::bad(format!("\"event\" is one of {names}")));
    };
    let fixed = members.iter();
    let fixed = fixed.map(|(name, value)| ((*name).to_owned(), Json::text(*value)));
    let given = wanted.members().iter().cloned();
    action(judge, &Json::object(given.chain(fixed)))
}

fn named<const N: usize>(name: &str, members: [(&str, Json); N]) -> Json {
    let members = members.into_iter();
    Json::object([("action", Json::text(name))].into_iter().chain(members))
}

/// Events, and the members of the action that each stands for. A payment is named by `reference`, a
/// customer by `customer`.
const EVENTS: &[(&str, &[(&str, &str)])] = &[
    (
        "payment-succeeded",
        &[("action", "decide"), ("decision", "succeed")],
    ),
    (
        "payment-failed",
        &[("action", "decide"), ("decision", "fail")],
    ),
    (
        "payment-cancelled",
        &[("action", "decide"), ("decision", "cancel")],
    ),
    ("unlink", &[("action", "unlink")]),
    (
        "tokens-expired",
        &[
            ("action", "end-tokens"),
            ("whose", "merchant"),
            ("how", "expired"),
        ],
    ),
    // As when another program of the merchant fetches one.
    (
        "tokens-invalidated",
        &[
            ("action", "end-tokens"),
            ("whose", "merchant"),
            ("how", "invalidated"),
        ],
    ),
    (
        "customer-tokens-expired",
        &[
            ("action", "end-tokens"),
            ("whose", "customers"),
            ("how", "expired"),
        ],
    ),
    (
        "customer-tokens-invalidated",
        &[
            ("action", "end-tokens"),
            ("whose", "customers"),
            ("how", "invalidated"),
        ],
    ),
];
