//! What the text of a cell says about the result of a call.

use snap_core::{Error, Stage};

use crate::{
    cells::Met,
    subject::{Subject, Told},
    world::{money, name},
};

/// Whether a result is what the cell says, and why not.
#[track_caller]
pub fn assert_comes_to(comes_to: &str, subject: Subject, result: &Result<Told, Error>) {
    match subject.column() {
        "read" | "session" => assert_without_money(comes_to, result),
        _ => assert_money(comes_to, subject, result),
    }
}

#[track_caller]
fn assert_without_money(comes_to: &str, result: &Result<Told, Error>) {
    assert_eq!(money(result), None, "no money is concerned");
    let error = match (comes_to, result) {
        ("ok", Ok(_)) => return,
        ("error" | "query", Err(error)) => error,
        _ => panic!("expected {comes_to}, got {}", shown(result)),
    };
    let is_open = error.to_string().contains("ask for its state before");
    assert_eq!(is_open, comes_to == "query", "{error}");
}

#[track_caller]
fn assert_money(comes_to: &str, subject: Subject, result: &Result<Told, Error>) {
    let Some(state) = money(result) else {
        panic!("no state: {}", shown(result));
    };
    let expected = states(comes_to, subject);
    let name = name(state);
    assert!(
        expected.contains(&name),
        "expected {comes_to}, got {name}: {}",
        shown(result)
    );
    let is_success = comes_to.starts_with("accepted")
        || matches!(comes_to, "first-answer" | "in-progress:settlement");
    assert_eq!(result.is_ok(), is_success, "{}", shown(result));
    assert_pending(comes_to, subject, result);
}

/// What the states of a cell are called, with what the table leaves open.
fn states(comes_to: &str, subject: Subject) -> Vec<&'static str> {
    match comes_to {
        "accepted" => vec![subject.accepted()],
        "accepted-later" => vec!["in-progress:settlement"],
        "first-answer" if subject.column() == "credit" => vec!["in-progress:settlement"],
        "first-answer" => vec![subject.accepted()],
        "confirm" | "inquire-once" => vec!["unknown:needs-inquiry"],
        "unknown:no-answer" => vec!["unknown:timeout", "unknown:connection-lost"],
        "unknown:unreadable" => vec![
            "unknown:timeout",
            "unknown:body-truncated",
            "unknown:not-snap",
        ],
        other => ALL_STATES
            .iter()
            .copied()
            .filter(|state| *state == other)
            .collect(),
    }
}

/// What did not definitely fail can be resolved.
#[track_caller]
fn assert_pending(comes_to: &str, subject: Subject, result: &Result<Told, Error>) {
    let (pending, attempts) = match result {
        Ok(told) => (told.pending.as_ref(), &told.attempts[..]),
        Err(error) => {
            assert_eq!(error.reference(), subject.reference(), "reference");
            (error.pending(), error.attempts())
        }
    };
    let Some(pending) = pending else {
        assert!(comes_to.starts_with("not-moved"), "nothing to resolve with");
        return;
    };
    assert!(!comes_to.starts_with("not-moved"), "something to resolve");
    assert_eq!(pending.intent.reference.as_deref(), subject.reference());
    for attempt in attempts {
        let id = &attempt.external_id;
        assert!(pending.external_ids.contains(id), "external id {id}");
    }
    let once = comes_to == "inquire-once";
    assert_eq!(pending.refused_as_not_found, once, "one inquiry settles it");
}

/// How far the attempts got, as the error of the last one has it.
#[track_caller]
pub fn assert_stage(met: Met, result: &Result<Told, Error>) {
    let Err(error) = result else { return };
    let expected = match met {
        Met::Stage("no-answer") => Stage::NoAnswer,
        Met::Stage("unreadable" | "redirect" | "proxy-auth") => Stage::Unreadable,
        Met::Stage(_) => Stage::NotSent,
        // A success that is none cannot be read as one.
        Met::Code { http_part, .. } if http_part < 300 => Stage::Unreadable,
        Met::Code { .. } => Stage::Refused,
    };
    assert_eq!(error.stage(), expected, "stage of {error}");
}

pub fn shown(result: &Result<Told, Error>) -> String {
    match result {
        Ok(told) => format!("ok, {:?}", told.money),
        Err(error) => error.to_string(),
    }
}

const ALL_STATES: &[&str] = &[
    "not-moved:local",
    "not-moved:journal-failed",
    "not-moved:no-token",
    "not-moved:not-sent",
    "not-moved:auth-rejected",
    "not-moved:customer-token-refused",
    "not-moved:rate-limited",
    "not-moved:rejected",
    "in-progress:settlement",
    "in-progress:otp",
    "unknown:redirected",
    "unknown:inconsistent",
    "unknown:already-processed",
    "unknown:server-error",
    "unknown:unlisted-code",
];
