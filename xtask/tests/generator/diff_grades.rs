//! The table of levels: `tests/fixtures/diff/grades.txt` holds a case for every entry of every row.
#![expect(clippy::panic, reason = "helpers of tests")]

use xtask::Change;

const CONTRACT: &str = include_str!("../fixtures/diff/contract.txt");
const GRADES: &str = include_str!("../fixtures/diff/grades.txt");

/// The lines of a case that begin with `mark`, without it.
fn lines<'a>(case: &'a str, mark: &str) -> Vec<&'a str> {
    case.lines()
        .filter_map(|line| line.strip_prefix(mark))
        .collect()
}

/// The contract with the lines of a case: in place of the first that goes, or at the end.
#[track_caller]
fn changed(case: &str) -> String {
    let (gone, new) = (lines(case, "- "), lines(case, "+ "));
    let mut text: Vec<&str> = CONTRACT.lines().collect();
    let position = |line: &&str| text.iter().position(|other| other == line);
    let places: Option<Vec<usize>> = gone.iter().map(position).collect();
    let places = places.unwrap_or_else(|| panic!("no such line:\n{case}"));
    let first = places.first().copied().unwrap_or(text.len());
    text.retain(|line| !gone.contains(line));
    text.splice(first..first, new);
    text.join("\n")
}

fn printed(change: &Change) -> String {
    let Change {
        level,
        subject,
        what,
        ..
    } = change;
    if change.unverified {
        format!("apart {subject}: {what}")
    } else {
        format!("{level} {subject}: {what}")
    }
}

#[test]
fn every_entry_of_the_table_of_levels_is_graded_as_the_table_says() {
    let mut failures = Vec::new();
    let cases: Vec<&str> = GRADES
        .split("\n\n")
        .filter(|case| case.contains("= "))
        .skip(1)
        .collect();
    assert_eq!(
        cases.len(),
        GRADES.matches("\n\n- ").count() + GRADES.matches("\n\n+ ").count()
    );
    assert!(cases.len() > 90, "{}", cases.len());

    for case in cases {
        let changes = xtask::contract_changes(CONTRACT, &changed(case)).unwrap();
        let found: Vec<String> = changes.iter().map(printed).collect();
        if found != lines(case, "= ") {
            failures.push(format!("{case}\nfound:\n{}", found.join("\n")));
        }
    }

    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn the_order_of_the_lines_of_an_operation_means_nothing() {
    let mut lines: Vec<&str> = CONTRACT.lines().collect();
    lines[1..22].reverse();

    let changes = xtask::contract_changes(CONTRACT, &lines.join("\r\n")).unwrap();

    assert_eq!(changes, []);
}

#[test]
fn a_member_whose_list_moves_outwards_is_named() {
    let operation = "payOut: POST /shop/v1/pay service=43 token=b2b kind=read\n";
    let before =
        format!("{operation}payOut < a: object\npayOut < a.b[]: list\npayOut < a.b[].c: text\n");
    let after =
        format!("{operation}payOut < a[]: list\npayOut < a[].b: object\npayOut < a[].b.c: text\n");

    let changes = xtask::contract_changes(&before, &after).unwrap();

    let found: Vec<String> = changes.iter().map(printed).collect();
    let expected = "Breaking payOut < a[].b.c: place among lists was `a.b[].c`, is `a[].b.c`";
    assert!(found.iter().any(|line| line == expected), "{found:#?}");
}
