//! Where the sandbox stands, and how it behaves.

use super::shown::count;
use crate::{clock::jakarta, json::Json, judge::Judge, ledger::OperationState, registry};

/// Addresses, times, counts and what waits. No secret: not even the seed, which the secrets come from.
pub(super) fn state(judge: &Judge) -> Json {
    let faults = faults(judge);
    judge.look(|state, now| {
        let operations = state.book.entries();
        let pending = operations
            .iter()
            .filter(|entry| entry.state == OperationState::Pending);
        let counts = Json::object([
            ("requests", Json::number(state.record.count())),
            ("operations", count(operations.len())),
            ("pending", count(pending.count())),
            ("movements", count(state.book.movements().len())),
            ("events", Json::number(state.timeline.last())),
        ]);
        Json::object([
            ("baseUrl", Json::text(judge.public_url())),
            ("clientId", Json::text(&judge.merchant.client_id)),
            ("schedule", Json::text(jakarta(now))),
            ("door", Json::text(jakarta(state.times.door(now)))),
            (
                "skippedSeconds",
                Json::number(state.times.skipped().as_secs()),
            ),
            ("doorOffsetSeconds", Json::number(state.times.door_offset())),
            ("counts", counts),
            (
                "faults",
                faults.member("faults").cloned().unwrap_or(Json::Null),
            ),
            ("unverified", Json::Bool(judge.rules.unverified)),
            ("stateful", Json::Bool(judge.rules.stateful)),
            ("behaviours", Json::text(registry::summary())),
        ])
    })
}

/// The faults that wait for a request.
pub(super) fn faults(judge: &Judge) -> Json {
    let waiting = judge.look(|state, _| state.faults.to_json());
    Json::object([("faults", waiting)])
}

/// The behaviour registry.
pub(super) fn behaviours() -> Json {
    let rows = registry::rows().map(|row| {
        let members = row.into_iter();
        Json::object(members.map(|(name, text)| (name, Json::text(text))))
    });
    Json::object([
        ("summary", Json::text(registry::summary())),
        ("behaviours", Json::Array(rows.collect())),
    ])
}
