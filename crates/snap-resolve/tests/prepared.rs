//! An intent that is taken down in a transaction of the caller's, before its call: what
//! [`Record::fold`] makes of it.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use snap_core::{Intent, MoneyState, RecordError, UnknownReason};
use snap_resolve::{Entry, Record};

use support::*;

/// The record after these entries, each of which is taken.
fn after(entries: &[Entry]) -> Record {
    entries
        .iter()
        .fold(None, |record, entry| {
            Record::fold(record.as_ref(), entry).unwrap().or(record)
        })
        .unwrap()
}

fn refused(record: &Record, entry: &Entry) -> RecordError {
    Record::fold(Some(record), entry).unwrap_err()
}

fn event(intent: &Intent, state: MoneyState) -> Entry {
    Entry::event(&intent.id, &self::state(state))
}

#[test]
fn it_is_open_and_nothing_came_before_its_call() {
    let record = after(&[Entry::prepared(&intent("A", 1))]);

    assert!(record.prepared && !record.is_closed());
    assert_eq!(record.earlier(), None);
}

#[test]
fn after_a_crash_it_is_pending_as_what_may_have_left() {
    let record = after(&[Entry::prepared(&intent("A", 1))]);

    let recovered = MoneyState::Unknown(UnknownReason::Recovered);
    assert_eq!(record.pending().unwrap().state, recovered);
}

#[test]
fn its_call_takes_it_down_again_and_may_then_have_left() {
    let intent = intent("A", 1);

    let record = after(&[Entry::prepared(&intent), Entry::intent(&intent)]);

    assert!(!record.prepared);
    let recovered = MoneyState::Unknown(UnknownReason::Recovered);
    assert_eq!(record.earlier(), Some(recovered));
}

#[test]
fn a_call_with_another_external_id_is_refused() {
    let record = after(&[Entry::prepared(&intent("A", 1))]);

    let error = refused(&record, &Entry::intent(&intent("A", 2)));

    assert!(error.earlier().is_some(), "{error}");
}

#[test]
fn a_call_with_another_body_is_refused() {
    let prepared = intent("A", 1);
    let record = after(&[Entry::prepared(&prepared)]);

    let error = refused(&record, &Entry::intent(&other_body(&prepared)));

    assert!(error.earlier().is_some(), "{error}");
}

#[test]
fn prepared_twice_it_is_one() {
    let intent = intent("A", 1);
    let once = after(&[Entry::prepared(&intent)]);

    let twice = Record::fold(Some(&once), &Entry::prepared(&intent)).unwrap();

    assert_eq!(twice, None);
}

#[test]
fn prepared_after_its_call_it_stays_what_may_have_left() {
    let intent = intent("A", 1);
    let entries = [Entry::prepared(&intent), Entry::intent(&intent)];

    let record = after(&[entries.to_vec(), vec![Entry::prepared(&intent)]].concat());

    assert!(!record.prepared);
}

#[test]
fn another_one_is_refused_while_the_first_is_open() {
    let record = after(&[Entry::prepared(&intent("A", 1))]);

    let error = refused(&record, &Entry::prepared(&intent("A", 2)));

    assert!(error.earlier().is_some(), "{error}");
}

#[test]
fn it_is_refused_after_the_money_moved() {
    let first = intent("A", 1);
    let record = after(&[Entry::intent(&first), event(&first, moved())]);

    let error = refused(&record, &Entry::prepared(&intent("A", 2)));

    assert_eq!(error.earlier(), Some(&moved()));
}

#[test]
fn it_is_a_new_attempt_after_the_money_did_not_move() {
    let first = intent("A", 1);
    let entries = [Entry::intent(&first), event(&first, not_moved())];
    let second = Entry::prepared(&intent("A", 2));

    let record = after(&[entries.to_vec(), vec![second]].concat());

    assert!(record.prepared);
    assert_eq!((record.earlier(), &record.state), (None, &None));
    assert_eq!(record.pending().unwrap().external_ids, [external_id(2)]);
}

#[test]
fn what_could_not_be_sent_closes_it() {
    let intent = intent("A", 1);
    let entries = [Entry::prepared(&intent), Entry::intent(&intent)];

    let record = after(&[entries.to_vec(), vec![event(&intent, not_moved())]].concat());

    assert_eq!(record.state, Some(not_moved()));
}

#[test]
fn it_is_read_back_as_it_was_written() {
    let record = after(&[Entry::prepared(&intent("A", 1))]);

    let stored = serde_json::to_string(&record).unwrap();

    assert_eq!(serde_json::from_str::<Record>(&stored).unwrap(), record);
}
