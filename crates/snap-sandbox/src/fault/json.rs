//! Faults as JSON: how the admin API takes them, and how a state folder keeps them.
//!
//! ```json
//! { "match": { "operation": "kirimdoku.transferBank", "reference": "ord-*", "nth": 1 },
//!   "at": "after_request", "do": "rst", "apply_effect": true, "times": 1 }
//! ```

mod words;

use std::{fmt, str::FromStr};

use self::words::{ACTS, read_act, write_act};
use super::{
    Act, At, Fault, Faults, Waits,
    filter::{Filter, Probability},
};
use crate::json::Json;

/// Why some JSON is no fault: a member, and what it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misread {
    member: &'static str,
    expected: String,
}

impl Fault {
    /// Reads a fault. Members that it does not know are refused: a misspelled one would strike others.
    pub(crate) fn read(json: &Json) -> Result<Self, Misread> {
        only(
            json,
            "fault",
            &["action", "match", "at", "do", "apply_effect", "times"],
        )?;
        let at = json.member("at").and_then(Json::as_text);
        let at = POINTS.iter().find(|(word, _)| Some(*word) == at);
        let act = json.member("do").and_then(Json::as_text);
        let points = || misread("at", POINTS.iter().map(|(word, _)| *word));
        Ok(Self {
            at: at.ok_or_else(points)?.1,
            act: act.and_then(read_act).ok_or_else(|| misread("do", ACTS))?,
            apply_effect: match json.member("apply_effect") {
                None => false,
                Some(Json::Bool(apply_effect)) => *apply_effect,
                Some(_) => return Err(misread("apply_effect", ["true", "false"])),
            },
            filter: read_filter(json.member("match"))?,
            times: number(json, "times")?.unwrap_or(1),
        })
    }

    /// Writes what [`read`](Self::read) reads.
    pub(crate) fn to_json(&self) -> Json {
        let mut members = vec![
            ("at", Json::text(self.at.word())),
            ("do", Json::text(write_act(&self.act))),
            ("apply_effect", Json::Bool(self.apply_effect)),
            ("times", Json::number(self.times)),
        ];
        members.splice(0..0, write_filter(&self.filter));
        Json::object(members)
    }
}

impl At {
    /// As `at` names it.
    pub(super) fn word(self) -> &'static str {
        let found = POINTS.iter().find(|(_, at)| *at == self);
        found.map_or("", |(word, _)| word)
    }
}

impl Act {
    /// As `do` names it, without what may be long.
    pub(super) fn short(&self) -> String {
        match self {
            Self::Body { http, .. } => format!("body:{http}"),
            Self::Redirect(_) => "redirect".to_owned(),
            other => write_act(other),
        }
    }
}

impl Faults {
    /// Reads them: `match`, which has a `probability`, and `times`, without end if it is missing.
    pub(crate) fn read(json: &Json) -> Result<Self, Misread> {
        only(json, "faults", &["action", "match", "times"])?;
        let filter = json.member("match");
        if filter
            .and_then(|filter| filter.member("probability"))
            .is_none()
        {
            return Err(misread("probability", [CHANCE]));
        }
        Ok(Self {
            filter: read_filter(filter)?,
            times: number(json, "times")?.unwrap_or(Self::ENDLESS),
        })
    }

    /// Writes what [`read`](Self::read) reads.
    pub(crate) fn to_json(&self) -> Json {
        let times = self.is_endless().then(Vec::new);
        let mut members = times.unwrap_or_else(|| vec![("times", Json::number(self.times))]);
        let chance = Json::number(self.filter.probability);
        match write_filter(&self.filter) {
            Some((name, Json::Object(mut filter))) => {
                filter.retain(|(name, _)| name != "probability");
                filter.push(("probability".to_owned(), chance));
                members.insert(0, (name, Json::Object(filter)));
            }
            _ => members.insert(0, ("match", Json::object([("probability", chance)]))),
        }
        Json::object(members)
    }
}

impl Waits {
    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::One(fault) => fault.to_json(),
            Self::Any(faults) => faults.to_json(),
        }
    }
}

fn read_filter(json: Option<&Json>) -> Result<Filter, Misread> {
    let Some(json) = json else {
        return Ok(Filter::default());
    };
    only(json, "match", FILTERS)?;
    Ok(Filter {
        operation: text(json, "operation")?,
        path: text(json, "path")?,
        client: text(json, "client")?,
        reference: text(json, "reference")?,
        external_id: text(json, "external_id")?,
        nth: number(json, "nth")?.unwrap_or(1),
        probability: match number::<f64>(json, "probability")? {
            None => Probability::ALWAYS,
            Some(chance) if (0.0..=1.0).contains(&chance) => Probability::new(chance),
            Some(_) => return Err(misread("probability", [CHANCE])),
        },
    })
}

/// None if everything fits.
fn write_filter(filter: &Filter) -> Option<(&'static str, Json)> {
    let texts = [
        ("operation", &filter.operation),
        ("path", &filter.path),
        ("client", &filter.client),
        ("reference", &filter.reference),
        ("external_id", &filter.external_id),
    ];
    let texts = texts.into_iter();
    let mut members: Vec<_> = texts
        .filter_map(|(name, text)| Some((name, Json::text(text.as_ref()?))))
        .collect();
    if filter.nth != 1 {
        members.push(("nth", Json::number(filter.nth)));
    }
    if filter.probability != Probability::ALWAYS {
        members.push(("probability", Json::number(filter.probability)));
    }
    (!members.is_empty()).then(|| ("match", Json::object(members)))
}

/// A text, if it is there; an empty one would fit nothing.
fn text(json: &Json, member: &'static str) -> Result<Option<String>, Misread> {
    match json.member(member) {
        None => Ok(None),
        Some(Json::Text(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(misread(member, ["a text that is not empty"])),
    }
}

/// A number, if it is there, as JSON number or text.
fn number<T: FromStr>(json: &Json, member: &'static str) -> Result<Option<T>, Misread> {
    match json.member(member) {
        None => Some(None),
        Some(Json::Number(digits) | Json::Text(digits)) => digits.parse().ok().map(Some),
        Some(_) => None,
    }
    .ok_or_else(|| misread(member, ["a number that is not negative"]))
}

/// Is this an object with these members and no others?
fn only(json: &Json, what: &'static str, known: &[&str]) -> Result<(), Misread> {
    let Json::Object(members) = json else {
        return Err(misread(what, ["an object"]));
    };
    match members
        .iter()
        .find(|(name, _)| !known.contains(&name.as_str()))
    {
        Some((unknown, _)) => {
            let mut wrong = misread(what, known.iter().copied());
            wrong
                .expected
                .push_str(&format!("; there is \"{unknown}\""));
            Err(wrong)
        }
        None => Ok(()),
    }
}

fn misread(member: &'static str, expected: impl IntoIterator<Item = impl AsRef<str>>) -> Misread {
    let expected: Vec<String> = expected
        .into_iter()
        .map(|word| word.as_ref().to_owned())
        .collect();
    Misread {
        member,
        expected: expected.join(", "),
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" takes: {}", self.member, self.expected)
    }
}

const POINTS: &[(&str, At)] = &[
    ("before_accept", At::BeforeAccept),
    ("tls", At::Tls),
    ("after_head", At::AfterHead),
    ("mid_body", At::MidBody),
    ("after_request", At::AfterRequest),
    ("before_head", At::BeforeHead),
    ("mid_head", At::MidHead),
    ("mid_response", At::MidResponse),
    ("after_response", At::AfterResponse),
];
const FILTERS: &[&str] = &[
    "operation",
    "path",
    "client",
    "reference",
    "external_id",
    "nth",
    "probability",
];
const CHANCE: &str = "a number from 0 to 1";

#[cfg(test)]
mod tests;
