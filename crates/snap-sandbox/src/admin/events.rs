//! The timeline as JSON.

use form_urlencoded::parse;

use super::{
    Refused,
    shown::{Shown, amount, optional, word},
};
use crate::{
    arrived::Arrived,
    clock::jakarta,
    json::Json,
    judge::Judge,
    secrets::Secrets,
    timeline::{Change, Event, SeenRequest, What},
};

/// The events after a number, of one reference or of all; at most [`AT_ONCE`].
///
/// `last` is where to go on: the number of the last event given or looked at.
pub(super) fn timeline(judge: &Judge, request: &Arrived) -> Result<Json, Refused> {
    let after: u64 = match query(request, "after") {
        None => 0,
        Some(number) => number
            .parse()
            .map_err(|_| Refused::bad("\"after\" is the number of an event, such as 0"))?,
    };
    let wanted = query(request, "reference");
    Ok(judge.look(|state, _| {
        let is_wanted =
            |event: &&Event| wanted.is_none() || event.reference.as_deref() == wanted.as_deref();
        let mut found = state.timeline.after(after).filter(is_wanted);
        let events: Vec<&Event> = found.by_ref().take(AT_ONCE).collect();
        let last = match (found.next(), events.last()) {
            (Some(_), Some(event)) => event.number,
            _ => state.timeline.last(),
        };
        let events = events.into_iter().map(|seen| event(seen, &state.secrets));
        Json::object([
            ("events", Json::Array(events.collect())),
            ("last", Json::number(last)),
        ])
    }))
}

/// The first value of a query parameter, decoded.
pub(super) fn query(request: &Arrived, name: &str) -> Option<String> {
    let (_, query) = request.target.split_once('?')?;
    let mut pairs = parse(query.as_bytes());
    pairs
        .find(|(other, _)| other == name)
        .map(|(_, value)| value.into_owned())
}

fn event(event: &Event, secrets: &Secrets) -> Json {
    let (kind, members) = match &event.what {
        What::Request(seen) => ("request", request(seen, secrets)),
        What::Change(change) => ("change", changed(change)),
        What::Note(says) => ("note", vec![("says", Json::text(says))]),
    };
    let common = [
        ("number", Json::number(event.number)),
        ("at", Json::text(jakarta(event.at))),
        ("reference", optional(event.reference.as_deref())),
        ("kind", Json::text(kind)),
    ];
    Json::object(common.into_iter().chain(members))
}

fn request(seen: &SeenRequest, secrets: &Secrets) -> Vec<(&'static str, Json)> {
    let recorded = &seen.recorded;
    let mut members = vec![
        ("request", Json::number(recorded.number)),
        ("method", Json::text(&recorded.method)),
        ("path", Json::text(&recorded.path)),
        ("operation", optional(recorded.operation.as_deref())),
        ("externalId", optional(recorded.external_id.as_deref())),
        ("customer", optional(recorded.customer.as_deref())),
        ("verdict", Json::text(&recorded.verdict)),
        ("responseCode", optional(recorded.response_code.as_deref())),
        ("httpStatus", Json::number(recorded.http_status)),
        ("fault", optional(recorded.fault.as_deref())),
    ];
    let received = seen.refused.as_ref();
    members.extend(received.map(|arrived| ("received", received_json(arrived, secrets))));
    members
}

/// A refused request as it came, with its tokens cut short.
fn received_json(arrived: &Arrived, secrets: &Secrets) -> Json {
    let shown = Shown::of(arrived, secrets);
    let headers = shown.headers.into_iter().map(|(name, value)| {
        Json::object([("name", Json::text(name)), ("value", Json::text(value))])
    });
    Json::object([
        ("target", Json::text(shown.target)),
        ("headers", Json::Array(headers.collect())),
        ("body", optional(shown.body)),
    ])
}

fn changed(change: &Change) -> Vec<(&'static str, Json)> {
    vec![
        ("operation", Json::text(change.operation)),
        ("state", Json::text(word(change.state))),
        ("amount", amount(change.amount)),
    ]
}

/// So many events come in one answer.
const AT_ONCE: usize = 1000;
