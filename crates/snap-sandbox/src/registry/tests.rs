use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{OTHER, behaviours, summary};
use crate::check::Check;

#[test]
fn every_refusal_has_a_row_and_every_row_is_known_to_the_code() {
    let in_code: BTreeSet<&str> = Check::ALL
        .iter()
        .map(|check| check.id())
        .chain(OTHER.iter().copied())
        .collect();

    let rows = rows();
    let in_registry: BTreeSet<&str> = rows.iter().map(|row| text(row, "id")).collect();

    assert_eq!(in_registry.len(), rows.len(), "an id is repeated");
    assert_eq!(in_registry, in_code);
}

#[test]
fn every_row_says_what_it_is_and_where_it_comes_from() {
    for row in rows() {
        let status = text(&row, "status");

        assert!(
            ["documented", "observed", "assumed"].contains(&status),
            "{row:?}"
        );
        assert!(
            !text(&row, "says").is_empty() && !text(&row, "source").is_empty(),
            "{row:?}"
        );
    }
}

#[test]
fn every_row_is_named_by_a_test() {
    let tests = [
        include_str!("../state_folder/tests.rs"),
        include_str!("../../tests/http/state.rs"),
        include_str!("../../tests/http/token.rs"),
        include_str!("../../tests/http/customers.rs"),
        include_str!("../../tests/http/bindings.rs"),
        include_str!("../../tests/http/otp.rs"),
        include_str!("../../tests/http/cards.rs"),
        include_str!("../../tests/http/channels.rs"),
        include_str!("../../tests/http/operations.rs"),
        include_str!("../../tests/http/products.rs"),
        include_str!("../../tests/http/refusals.rs"),
        include_str!("../../tests/http/answers.rs"),
        include_str!("../../tests/http/signatures.rs"),
        include_str!("../../tests/http/claims.rs"),
        include_str!("../../tests/http/inquiries.rs"),
        include_str!("../../tests/http/money.rs"),
        include_str!("../../tests/http/balances.rs"),
        include_str!("../../tests/http/sessions.rs"),
        include_str!("../../tests/http/history.rs"),
        include_str!("../../tests/http/magic.rs"),
        include_str!("../../tests/http/reversals.rs"),
        include_str!("../../tests/http/notices.rs"),
        include_str!("../../tests/http/notifications.rs"),
        include_str!("../../tests/http/variations.rs"),
        include_str!("../../tests/http/admin.rs"),
        include_str!("../../tests/http/bank_pages.rs"),
        include_str!("../../tests/http/faults.rs"),
        include_str!("../../tests/http/libraries.rs"),
        include_str!("../../tests/http/faults_acts.rs"),
        include_str!("../../tests/http/faults_any.rs"),
        include_str!("../../tests/http/faults_match.rs"),
        include_str!("../../tests/http/faults_tls.rs"),
    ]
    .concat();

    for row in rows() {
        let id = format!("\"{}\"", text(&row, "id"));

        assert!(tests.contains(&id), "no test names {id}");
    }
}

#[test]
fn the_summary_counts_every_row() {
    let numbers: usize = summary()
        .split(' ')
        .filter_map(|word| word.parse::<usize>().ok())
        .sum();

    assert_eq!(numbers, rows().len());
}

#[test]
fn the_rows_are_read_as_a_reader_of_toml_reads_them() {
    let read: Vec<Table> = super::rows()
        .map(|row| {
            let members = row.into_iter();
            members
                .map(|(name, text)| (name.to_owned(), Value::String(text)))
                .collect()
        })
        .collect();

    assert_eq!(read, rows());
}

fn rows() -> Vec<Table> {
    let file: Table = behaviours().parse().expect("behaviours.toml");
    let rows = file["behaviour"].as_array().expect("rows");
    rows.iter()
        .map(|row| row.as_table().expect("table").clone())
        .collect()
}

#[track_caller]
fn text<'a>(row: &'a Table, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).expect(name)
}
