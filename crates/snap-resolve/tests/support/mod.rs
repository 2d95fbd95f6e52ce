//! Intents as the client makes them, read from JSON as another process would.
#![allow(dead_code, reason = "not every test uses every helper")]

use std::time::{Duration, SystemTime};

use serde_json::json;
use snap_core::{
    Event, ExternalId, Intent, MoneyState, MovedProof, NextStep, NotMovedProof, ResponseCode,
    UnknownReason,
};

pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

pub(crate) fn external_id(number: u64) -> ExternalId {
    ExternalId::new(number.to_string()).unwrap()
}

/// An intent of the operation `reference`, first sent under this external id.
pub(crate) fn intent(reference: &str, number: u64) -> Intent {
    serde_json::from_value(json!({
        "id": format!("BRN-1 /snap/v1.1/transfer-bank {reference}"),
        "operation": "transferBank",
        "path": "/snap/v1.1/transfer-bank",
        "serviceCode": "43",
        "kind": "credit",
        "reference": reference,
        "members": {"reference": reference, "sessionId": "S-1"},
        "amount": "10000.00",
        "currency": "IDR",
        "customer": "+62811000",
        "externalId": external_id(number),
        "bodyDigest": "aa".repeat(32),
        "at": at(0),
        "limitMs": 30_000,
    }))
    .unwrap()
}

/// The same with another body.
pub(crate) fn other_body(intent: &Intent) -> Intent {
    let mut other = intent.clone();
    other.body_digest = "bb".repeat(32);
    other
}

pub(crate) fn moved() -> MoneyState {
    MoneyState::Moved(MovedProof::StatusSuccess)
}

pub(crate) fn not_moved() -> MoneyState {
    MoneyState::NotMoved(NotMovedProof::StatusFailed)
}

pub(crate) fn in_progress() -> MoneyState {
    MoneyState::InProgress(NextStep::Settlement)
}

pub(crate) fn unknown() -> MoneyState {
    MoneyState::Unknown(UnknownReason::Timeout)
}

pub(crate) fn not_found() -> MoneyState {
    MoneyState::Unknown(UnknownReason::NeedsInquiry(ResponseCode::from("4044301")))
}

pub(crate) fn state(state: MoneyState) -> Event {
    Event::state(state, at(60), None)
}

pub(crate) fn sending(number: u64) -> Event {
    sending_at(number, 1)
}

pub(crate) fn sending_at(number: u64, seconds: u64) -> Event {
    Event::sending(external_id(number), at(seconds))
}
