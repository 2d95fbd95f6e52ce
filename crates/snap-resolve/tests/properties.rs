//! Whatever happens to a journal in a file, opened again it holds what one in memory holds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

mod support;

use proptest::prelude::*;
use snap_core::{Event, Recorder};
use snap_resolve::{FileJournal, Journal, MemoryJournal};

use support::*;

#[derive(Clone, Debug)]
enum Step {
    Intent(u8, u64, bool),
    Event(u8, Event),
    Reopen,
    Compact,
}

const REFERENCES: [&str; 3] = ["A", "B", "C"];

fn step() -> impl Strategy<Value = Step> {
    let states = prop_oneof![
        Just(moved()),
        Just(not_moved()),
        Just(in_progress()),
        Just(unknown()),
        Just(not_found()),
    ];
    let event = prop_oneof![
        1 => (1..5_u64, 0..3_u64).prop_map(|(number, second)| {
            Event::sending(external_id(number), at(second))
        }),
        2 => (states, 0..3_u64, proptest::option::of("[a-z]{2}")).prop_map(
            |(state, second, reference_no)| Event::state(state, at(second), reference_no),
        ),
    ];
    prop_oneof![
        4 => (0..3_u8, 1..5_u64, any::<bool>()).prop_map(|(of, id, other)| Step::Intent(of, id, other)),
        6 => (0..3_u8, event).prop_map(|(of, event)| Step::Event(of, event)),
        1 => Just(Step::Reopen),
        1 => Just(Step::Compact),
    ]
}

fn reopen(journal: FileJournal, path: &std::path::Path) -> FileJournal {
    drop(journal);
    FileJournal::open(path).unwrap()
}

async fn same(file: &FileJournal, memory: &MemoryJournal) {
    assert_eq!(
        Journal::open(file).await.unwrap(),
        memory.open().await.unwrap()
    );
    for reference in REFERENCES {
        let id = intent(reference, 1).id;
        assert_eq!(
            file.find(&id).await.unwrap(),
            memory.find(&id).await.unwrap()
        );
    }
}

async fn together(steps: Vec<Step>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let (mut file, memory) = (FileJournal::open(&path).unwrap(), MemoryJournal::new());
    for step in steps {
        let (one, two) = match &step {
            Step::Intent(of, id, other) => {
                let intent = intent(REFERENCES[usize::from(*of)], *id);
                let intent = if *other { other_body(&intent) } else { intent };
                (file.intent(&intent).await, memory.intent(&intent).await)
            }
            Step::Event(of, event) => {
                let id = intent(REFERENCES[usize::from(*of)], 1).id;
                (file.event(&id, event).await, memory.event(&id, event).await)
            }
            Step::Reopen => {
                file = reopen(file, &path);
                continue;
            }
            Step::Compact => {
                file.compact().await.unwrap();
                continue;
            }
        };
        assert_eq!(one.is_ok(), two.is_ok(), "{step:?}: {one:?}, {two:?}");
        let earlier = |result: &Result<(), snap_core::RecordError>| {
            result
                .as_ref()
                .err()
                .and_then(|error| error.earlier().cloned())
        };
        assert_eq!(earlier(&one), earlier(&two), "{step:?}");
    }
    same(&file, &memory).await;
    same(&reopen(file, &path), &memory).await;
}

/// The same entries, those of a step at the same time, so that they share a line.
async fn at_once(steps: Vec<Vec<(u8, Event)>>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let mut file = FileJournal::open(&path).unwrap();
    for (round, events) in (1..).zip(steps) {
        let tasks: Vec<_> = events
            .into_iter()
            .map(|(of, event)| {
                let (file, intent) = (file.clone(), intent(REFERENCES[usize::from(of)], round));
                tokio::spawn(async move {
                    let _ = file.intent(&intent).await;
                    let _ = file.event(&intent.id, &event).await;
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let before = (
            Journal::open(&file).await.unwrap(),
            file.find(&intent("A", 1).id).await.unwrap(),
        );
        file = reopen(file, &path);
        let after = (
            Journal::open(&file).await.unwrap(),
            file.find(&intent("A", 1).id).await.unwrap(),
        );
        assert_eq!(before, after);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_file_and_a_memory_hold_the_same(steps in proptest::collection::vec(step(), 0..40)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(together(steps));
    }

    #[test]
    fn entries_that_share_a_line_are_read_back_as_they_were_taken(
        steps in proptest::collection::vec(
            proptest::collection::vec((0..3_u8, event_of_state()), 1..12), 1..6),
    ) {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
            .block_on(at_once(steps));
    }
}

fn event_of_state() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(moved()),
        Just(not_moved()),
        Just(not_moved()),
        Just(unknown())
    ]
    .prop_map(state)
}
