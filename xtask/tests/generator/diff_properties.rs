//! No difference between two contracts goes unreported, whatever they say.

use std::collections::BTreeSet;

use proptest::prelude::*;
use xtask::Change;

/// A member before it has a place.
#[derive(Clone, Debug)]
struct Member {
    name: &'static str,
    wire: usize,
    kind: &'static str,
    words: Vec<&'static str>,
    tail: Vec<&'static str>,
    held: Vec<Member>,
}

/// Some of `all`, in their order.
fn some(all: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(all, 0..=all.len())
}

fn member(depth: usize) -> BoxedStrategy<Member> {
    let kinds = ["amount", "text", "json", "object", "list"];
    let held = match depth {
        0 => Just(Vec::new()).boxed(),
        _ => proptest::collection::vec(member(depth - 1), 0..3).boxed(),
    };
    (
        proptest::sample::select(&["x", "y", "z"][..]),
        0..5_usize,
        proptest::sample::select(kinds.to_vec()),
        some(&[
            "required",
            "open",
            "one-or-many",
            "two-digits",
            "enum=E",
            "masked",
            "max=6",
            "max[A]=6",
            "max[B]=6!",
            "pattern=a ? b",
            "min[A]=3!",
            "values=a|b c",
            "required-for=A|B",
        ]),
        some(&["default=a b", "max[C]=5", "?"]),
        held,
    )
        .prop_map(|(name, wire, kind, words, tail, held)| Member {
            name,
            wire,
            kind,
            words,
            tail,
            held,
        })
        .boxed()
}

/// Writes the members with distinct names, in Rust and on the wire.
fn write(lines: &mut Vec<String>, subject: &str, prefix: &str, members: &[Member]) {
    let mut names = BTreeSet::new();
    let mut wires = BTreeSet::new();
    for member in members {
        let name = member.name;
        let wire = ["", "wire=w", "wire=w,x", "wire=x0,w", "wire=y0"][member.wire];
        let sent = wire.trim_start_matches("wire=").split(',').next();
        let sent = sent.filter(|sent| !sent.is_empty()).unwrap_or(name);
        if !names.insert(name) || !wires.insert(sent) {
            continue;
        }
        let list = if member.kind == "list" { "[]" } else { "" };
        let mut words = vec![member.kind];
        words.extend(&member.words);
        words.extend(Some(wire).filter(|wire| !wire.is_empty()));
        words.extend(&member.tail);
        let path = format!("{prefix}{name}{list}");
        lines.push(format!("{subject} {path}: {}", words.join(" ")));
        if ["object", "list"].contains(&member.kind) {
            write(lines, subject, &format!("{path}."), &member.held);
        }
    }
}

fn operation(id: &'static str) -> impl Strategy<Value = String> {
    let body = || proptest::collection::vec(member(2), 0..4);
    let header = proptest::option::of(proptest::sample::select(vec!["required", "optional"]));
    let first = (
        proptest::sample::select(vec!["GET /a", "POST /a", "POST /b"]),
        proptest::sample::select(vec![
            "token=b2b kind=read",
            "token=b2b kind=debit reference=x",
        ]),
        proptest::sample::select(vec!["", " unverified"]),
    );
    (first, header, body(), body()).prop_map(
        move |((path, kind, end), header, request, response)| {
            let mut lines = vec![format!("{id}: {path} service=11 {kind}{end}")];
            lines.extend(header.map(|header| format!("{id} # CHANNEL-ID: {header}")));
            write(&mut lines, &format!("{id} <"), "", &response);
            write(&mut lines, &format!("{id} >"), "", &request);
            lines.join("\n") + "\n"
        },
    )
}

fn contract() -> impl Strategy<Value = String> {
    let one = |id| proptest::option::weighted(0.8, operation(id));
    (one("a"), one("b")).prop_map(|(a, b)| a.unwrap_or_default() + &b.unwrap_or_default())
}

/// Whether a change is about a line: by its subject, by its former name, or with its operation.
fn is_about(change: &Change, line: &str) -> bool {
    let (subject, _) = line.split_once(": ").unwrap_or_default();
    let (id, path) = subject.split_once(' ').unwrap_or((subject, ""));
    let path = path.get(2..).unwrap_or("").trim_end_matches("[]");
    let former = [path.to_owned(), path.replace("[]", "")].map(|path| format!("was `{path}`"));
    let of_operation = change.subject == id && change.what.starts_with("operation ");
    let of_member = change.subject.trim_end_matches("[]") == subject.trim_end_matches("[]");
    let of_former = change.subject.split(' ').next() == Some(id)
        && former.iter().any(|former| change.what.contains(former));
    of_operation || of_member || of_former
}

fn changes(before: &str, after: &str) -> Result<Vec<Change>, TestCaseError> {
    let changes = xtask::contract_changes(before, after);
    changes.map_err(|error| TestCaseError::fail(format!("{error:#}")))
}

/// A contract of nothing but blanks is one without operations.
fn lines(text: &str) -> BTreeSet<&str> {
    let text = if text.trim().is_empty() { "" } else { text };
    text.lines().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_contract_does_not_differ_from_itself(contract in contract()) {
        prop_assert_eq!(changes(&contract, &contract)?, []);
    }

    #[test]
    fn every_line_that_differs_is_reported(before in contract(), after in contract()) {
        let changes = changes(&before, &after)?;

        for line in lines(&before).symmetric_difference(&lines(&after)) {
            prop_assert!(changes.iter().any(|change| is_about(change, line)), "{}: {:#?}", line, changes);
        }
    }

    #[test]
    fn what_is_added_one_way_is_removed_the_other(before in contract(), after in contract()) {
        let count = |changes: &[Change], word| {
            changes.iter().filter(|change| change.what.contains(word)).count()
        };

        let (there, back) = (changes(&before, &after)?, changes(&after, &before)?);

        prop_assert_eq!(count(&there, " added"), count(&back, " removed"));
        prop_assert_eq!(there.is_empty(), back.is_empty());
    }

    #[test]
    fn a_damaged_contract_is_an_error_or_a_change(
        contract in contract(),
        at in any::<prop::sample::Index>(),
        with in "[ a-z\\[\\].:,<>#?=|\n]{0,3}",
        gone in 0..4_usize,
    ) {
        let start = at.index(contract.len() + 1);
        let end = (start + gone).min(contract.len());
        let damaged = format!("{}{with}{}", &contract[..start], &contract[end..]);

        if let Ok(changes) = xtask::contract_changes(&contract, &damaged) {
            let is_same = lines(&damaged) == lines(&contract);
            prop_assert_eq!(changes.is_empty(), is_same, "{}", damaged);
        }
    }
}
