//! Grades the changes of operations and headers; [`super::members`] does those of members.

use std::collections::BTreeSet;

use anyhow::Result;

use super::contract::{Contract, Operation};
use super::members::{self, Side};
use super::parse::parse;
use super::report::{Change, Level, Report, code};

/// Every change between two texts of a `contract.txt`, in the order of the contract.
///
/// # Errors
///
/// When a line is not understood; the error names it.
pub fn contract_changes(before: &str, after: &str) -> Result<Vec<Change>> {
    compare(
        (before, "contract.txt before"),
        (after, "contract.txt after"),
    )
}

/// As [`contract_changes`]; each text comes with the name errors use for it.
pub(super) fn compare(before: (&str, &str), after: (&str, &str)) -> Result<Vec<Change>> {
    let before = parse(before.0, before.1)?;
    let after = parse(after.0, after.1)?;
    let ids: BTreeSet<&String> = [&before, &after]
        .into_iter()
        .flat_map(|contract| contract.operations.keys())
        .collect();
    let operations = ids
        .into_iter()
        .flat_map(|id| operation(id, &before, &after));
    Ok(operations.chain(constants(&before, &after)).collect())
}

/// Open enums keep values they do not know, so a constant that goes breaks code and no call.
fn constants(before: &Contract, after: &Contract) -> Vec<Change> {
    let (before, after) = (&before.constants, &after.constants);
    let subjects: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |subject: &String| {
        let (level, what) = match (before.get(subject), after.get(subject)) {
            (None, Some(value)) => (
                Level::Compatible,
                format!("constant added, {}", code(value)),
            ),
            (Some(_), None) => (Level::RustBreaking, "constant removed".to_owned()),
            (Some(was), Some(is)) if was != is => (
                Level::Breaking,
                format!("value was {}, is {}", code(was), code(is)),
            ),
            _ => return None,
        };
        Some(Change {
            level,
            unverified: false,
            subject: subject.clone(),
            what,
        })
    };
    subjects.into_iter().filter_map(change).collect()
}

fn operation(id: &str, before: &Contract, after: &Contract) -> Vec<Change> {
    let (before, after) = (before.operations.get(id), after.operations.get(id));
    let mut report = Report {
        id,
        // What was promised is what the ref says: an operation that leaves the promise breaks it.
        unverified: before
            .or(after)
            .is_some_and(|operation| operation.unverified),
        changes: Vec::new(),
    };
    match (before, after) {
        (Some(before), Some(after)) => kept(&mut report, before, after),
        (Some(before), None) => {
            let what = format!("operation removed: {}", summary(before));
            report.push(Level::Breaking, "", what);
        }
        (None, Some(after)) => {
            let what = format!("operation added: {}", summary(after));
            report.push(Level::Compatible, "", what);
        }
        (None, None) => {}
    }
    report.changes
}

/// The members of an operation that is new or gone are not listed: nobody compares them.
fn summary(operation: &Operation) -> String {
    let Operation {
        method, path, kind, ..
    } = operation;
    format!("{}, kind {}", code(&format!("{method} {path}")), code(kind))
}

fn kept(report: &mut Report<'_>, before: &Operation, after: &Operation) {
    promise(report, before, after);
    for (name, of) in FACTS {
        report.value(Level::Breaking, "", name, (of(before), of(after)));
    }
    headers(report, before, after);
    members::compare(report, Side::Response, (&before.response, &after.response));
    members::compare(report, Side::Request, (&before.request, &after.request));
}

/// Joining or leaving the promise is itself a change of the promise.
fn promise(report: &mut Report<'_>, before: &Operation, after: &Operation) {
    let was = std::mem::replace(&mut report.unverified, false);
    report.flag(
        "",
        (before.unverified, after.unverified),
        (
            Level::RustBreaking,
            "becomes `unverified`: behind a cargo feature, outside the promise",
        ),
        (Level::Compatible, "no longer `unverified`"),
    );
    report.unverified = was;
}

fn headers(report: &mut Report<'_>, before: &Operation, after: &Operation) {
    let names: BTreeSet<&String> = before.headers.keys().chain(after.headers.keys()).collect();
    for name in names {
        let (level, what) = match (before.headers.get(name), after.headers.get(name)) {
            (None, Some(true)) => (Level::Breaking, "required header added"),
            (None, Some(false)) => (Level::Compatible, "optional header added"),
            (Some(_), None) => (Level::RustBreaking, "header removed"),
            (Some(false), Some(true)) => (Level::Breaking, "was optional, is required"),
            (Some(true), Some(false)) => (Level::RustBreaking, "was required, is optional"),
            _ => continue,
        };
        report.push(level, &format!("# {name}"), what);
    }
}

type Fact = fn(&Operation) -> Option<&str>;

const FACTS: [(&str, Fact); 6] = [
    ("method", |operation| Some(&operation.method)),
    ("path", |operation| Some(&operation.path)),
    ("service code", |operation| Some(&operation.service)),
    ("token", |operation| Some(&operation.token)),
    ("kind", |operation| Some(&operation.kind)),
    ("reference", |operation| operation.reference.as_deref()),
];
