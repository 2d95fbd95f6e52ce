//! Grades the changes of the members of a request or response.

use std::collections::{BTreeMap, BTreeSet};

use super::contract::{Class, Member, Members};
use super::further;
use super::report::{Level, Report};

/// Request or response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Side {
    Request,
    Response,
}

/// A member before and after, by key.
#[derive(Clone, Copy, Debug)]
struct Pair<'a> {
    before: (&'a str, &'a Member),
    after: (&'a str, &'a Member),
}

pub(super) fn compare(report: &mut Report<'_>, side: Side, (before, after): (&Members, &Members)) {
    let pairs = pairs(before, after);
    let old: BTreeSet<&str> = pairs.iter().map(|pair| pair.before.0).collect();
    let new: BTreeMap<&str, &Pair<'_>> = pairs.iter().map(|pair| (pair.after.0, pair)).collect();
    for (key, _) in before.iter().filter(|(key, _)| !old.contains(key)) {
        let level = removed(side);
        report.push(level, &subject(side, before, key), "member removed");
    }
    for (key, member) in after.iter() {
        let subject = subject(side, after, key);
        match new.get(key) {
            Some(pair) => {
                kept(report, side, &subject, pair);
                spellings(report, side, &subject, (before, after), pair);
            }
            None => {
                let is_kept = |key: &str| new.contains_key(key);
                let (level, what) = added(after, key, member, is_kept);
                report.push(level, &subject, what);
            }
        }
    }
}

/// Members are the same when they are the same on the wire, or else have the same name here.
fn pairs<'a>(before: &'a Members, after: &'a Members) -> Vec<Pair<'a>> {
    let mut left: BTreeMap<&str, &Member> = before.iter().collect();
    let by_wire: BTreeMap<String, &str> = before
        .iter()
        .map(|(key, _)| (before.wire_path(key), key))
        .collect();
    let mut pairs = Vec::new();
    let mut unpaired = Vec::new();
    for (key, member) in after.iter() {
        match by_wire.get(&after.wire_path(key)) {
            Some(old) => pairs.extend(left.remove(old).map(|before| Pair {
                before: (old, before),
                after: (key, member),
            })),
            None => unpaired.push((key, member)),
        }
    }
    for (key, member) in unpaired {
        pairs.extend(left.remove(key).map(|before| Pair {
            before: (key, before),
            after: (key, member),
        }));
    }
    pairs
}

const fn removed(side: Side) -> Level {
    match side {
        Side::Request => Level::RustBreaking,
        Side::Response => Level::Breaking,
    }
}

/// A required member asks nothing of calls that do not set the new optional object around it.
fn added(
    after: &Members,
    key: &str,
    member: &Member,
    is_kept: impl Fn(&str) -> bool,
) -> (Level, &'static str) {
    if !member.required {
        return (Level::Compatible, "optional member added");
    }
    let mut holder = Members::holder(key);
    while let Some(key) = holder {
        if !is_kept(key) && after.get(key).is_some_and(|member| !member.required) {
            let what = "required member added, inside a new optional one";
            return (Level::Compatible, what);
        }
        holder = Members::holder(key);
    }
    (Level::Breaking, "required member added")
}

fn kept(report: &mut Report<'_>, side: Side, subject: &str, pair: &Pair<'_>) {
    let ((old, before), (new, after)) = (pair.before, pair.after);
    let kinds = (Some(before.kind.as_str()), Some(after.kind.as_str()));
    report.value(Level::Breaking, subject, "type", kinds);
    place(report, subject, old, new);
    report.flag(
        subject,
        (before.required, after.required),
        (Level::Breaking, "was optional, is required"),
        (Level::RustBreaking, "was required, is optional"),
    );
    report.flag(
        subject,
        (before.open, after.open),
        (
            Level::Compatible,
            "now keeps members that no page documents",
        ),
        (
            removed(side),
            "keeps members that no page documents no more",
        ),
    );
    report.flag(
        subject,
        (before.one_or_many, after.one_or_many),
        (Level::Compatible, "one without a list is now read too"),
        (Level::Breaking, "one without a list is read no more"),
    );
    class(report, subject, (before.class, after.class));
    for ((name, before), (_, after)) in before.limits.iter().zip(&after.limits) {
        let limits = (before.as_deref(), after.as_deref());
        report.value(
            Level::Compatible,
            subject,
            &format!("limit `{name}`"),
            limits,
        );
    }
    further::compare(report, subject, (&before.further, &after.further));
    let defaults = (before.default.as_deref(), after.default.as_deref());
    report.value(Level::Breaking, subject, "`default=`", defaults);
    report.flag(
        subject,
        (before.unconfirmed, after.unconfirmed),
        (Level::Compatible, "no longer confirmed by DOKU"),
        (Level::Compatible, "now confirmed by DOKU"),
    );
}

/// The same member on the wire under another name here, or inside other lists.
fn place(report: &mut Report<'_>, subject: &str, old: &str, new: &str) {
    let (old_name, new_name) = (old.replace("[]", ""), new.replace("[]", ""));
    if old_name != new_name {
        let names = (Some(old_name.as_str()), Some(new_name.as_str()));
        report.value(Level::RustBreaking, subject, "Rust name", names);
    }
    // Of every name on the way: one list may become an object and the next one a list.
    let lists = |key: &str| -> Vec<usize> {
        let names = key.split('.');
        names.map(|name| name.matches("[]").count()).collect()
    };
    if lists(old) != lists(new) {
        let paths = (Some(old), Some(new));
        report.value(Level::Breaking, subject, "place among lists", paths);
    }
}

fn class(report: &mut Report<'_>, subject: &str, (before, after): (Class, Class)) {
    let level = if before == Class::Secret || after == Class::Secret {
        Level::RustBreaking
    } else {
        Level::Compatible
    };
    let names = (Some(before.name()), Some(after.name()));
    report.value(level, subject, "class", names);
}

/// A request is sent under the first spelling; a response is read under all of them.
fn spellings(
    report: &mut Report<'_>,
    side: Side,
    subject: &str,
    (before, after): (&Members, &Members),
    pair: &Pair<'_>,
) {
    let (old, new) = (
        before.spellings(pair.before.0),
        after.spellings(pair.after.0),
    );
    let is_lost = old.iter().any(|name| !new.contains(name));
    let is_sent_otherwise = side == Side::Request && old[0] != new[0];
    let level = if is_lost || is_sent_otherwise {
        Level::Breaking
    } else {
        Level::Compatible
    };
    let (old, new) = (old.join(","), new.join(","));
    report.value(level, subject, "name on the wire", (Some(&old), Some(&new)));
}

fn subject(side: Side, members: &Members, key: &str) -> String {
    let mark = match side {
        Side::Request => '>',
        Side::Response => '<',
    };
    format!("{mark} {}", members.printed(key))
}
