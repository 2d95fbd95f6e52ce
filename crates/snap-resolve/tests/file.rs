//! The journal in a file: the rules of every journal, and what a file can suffer.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

#[macro_use]
mod conformance;
mod support;

use std::{fs, path::PathBuf};

use snap_core::Recorder;
use snap_resolve::{FileJournal, Journal, JournalError, Record};
use tempfile::TempDir;

use support::*;

/// A journal that is opened again before every read, so that the file is what is tested.
#[derive(Debug)]
struct Reopened(Place);

impl Recorder for Reopened {
    fn intent<'a>(&'a self, intent: &'a snap_core::Intent) -> snap_core::RecordFuture<'a, ()> {
        Box::pin(async move { self.0.open().intent(intent).await })
    }

    fn event<'a>(
        &'a self,
        id: &'a snap_core::OperationId,
        event: &'a snap_core::Event,
    ) -> snap_core::RecordFuture<'a, ()> {
        Box::pin(async move { self.0.open().event(id, event).await })
    }
}

impl Journal for Reopened {
    fn open<'a>(&'a self) -> snap_core::RecordFuture<'a, Vec<Record>> {
        Box::pin(async move { self.0.open().open().await })
    }

    fn find<'a>(
        &'a self,
        id: &'a snap_core::OperationId,
    ) -> snap_core::RecordFuture<'a, Option<Record>> {
        Box::pin(async move {
            let journal = self.0.open();
            journal.compact().await?;
            journal.find(id).await
        })
    }
}

/// A directory with room for a journal, which is removed at the end.
#[derive(Debug)]
struct Place {
    _directory: TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            path: directory.path().join("journal"),
            _directory: directory,
        }
    }

    fn open(&self) -> FileJournal {
        self.try_open().unwrap()
    }

    fn try_open(&self) -> Result<FileJournal, JournalError> {
        FileJournal::open(&self.path)
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.bytes()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

mod rules {
    use super::{FileJournal, Place};

    #[derive(Debug)]
    struct Held(
        FileJournal,
        #[expect(dead_code, reason = "kept for its directory")] Place,
    );

    impl Held {
        fn new() -> Self {
            let place = Place::new();
            Self(place.open(), place)
        }
    }

    conformance!(Held::new().0);
}

mod rules_after_a_restart_and_a_compaction {
    use super::{Place, Reopened};

    // Two at once cannot have the file open.
    macro_rules! rule {
        ($($rule:ident)*) => {
            $(
                #[tokio::test]
                async fn $rule() {
                    crate::conformance::$rule(&Reopened(Place::new())).await;
                }
            )*
        };
    }

    rule! {
        an_intent_is_open_until_a_final_state
        open_operations_come_oldest_first
        the_same_intent_again_is_one
        another_intent_is_refused_while_one_is_open
        an_intent_is_refused_after_the_money_moved
        another_attempt_is_taken_after_the_money_did_not_move
        an_announced_external_id_is_a_resubmission
        an_external_id_of_an_earlier_attempt_is_no_resubmission
        a_delivery_adds_its_external_id_once
        a_delivery_of_a_closed_operation_is_refused
        the_latest_open_state_and_reference_number_are_kept
        the_same_final_state_again_changes_nothing
        a_contradiction_is_kept_and_changes_nothing
        unknown_after_a_final_state_is_no_contradiction
        an_event_about_an_unknown_operation_says_so
        an_odd_text_is_kept_as_it_is
    }
}

async fn references(journal: &FileJournal) -> Vec<String> {
    let open = journal.open().await.unwrap();
    open.into_iter()
        .map(|record| record.intent.reference.unwrap())
        .collect()
}

#[tokio::test]
async fn a_write_that_was_cut_off_at_any_byte_loses_nothing_before_it() {
    let place = Place::new();
    let journal = place.open();
    journal.intent(&intent("A", 1)).await.unwrap();
    journal.intent(&intent("B", 2)).await.unwrap();
    let good = place.bytes().len();
    let done = state(moved());
    journal.event(&intent("A", 1).id, &done).await.unwrap();
    drop(journal);
    let whole = place.bytes();

    for cut in good..whole.len() {
        for garbage in [false, true] {
            let mut bytes = whole[..cut].to_vec();
            if garbage {
                bytes.resize(whole.len(), 0);
            }
            fs::write(&place.path, bytes).unwrap();

            let journal = place.open();
            assert_eq!(references(&journal).await, ["A", "B"], "cut at {cut}");
            assert_eq!(place.bytes(), whole[..good], "cut at {cut}");
            if cut % 16 == 0 {
                journal.intent(&intent("C", 3)).await.unwrap();
                drop(journal);
                assert_eq!(references(&place.open()).await, ["A", "B", "C"]);
            }
        }
    }
}

#[tokio::test]
async fn a_file_whose_making_was_cut_off_at_any_byte_is_new() {
    let place = Place::new();
    drop(place.open());
    let whole = place.bytes();

    for cut in 0..=whole.len() {
        fs::write(&place.path, &whole[..cut]).unwrap();
        let journal = place.open();
        journal.intent(&intent("A", 1)).await.unwrap();
        drop(journal);
        assert_eq!(references(&place.open()).await, ["A"], "cut at {cut}");
    }
}

#[tokio::test]
async fn a_changed_byte_before_the_last_line_is_refused_and_nothing_is_changed() {
    let place = Place::new();
    let journal = place.open();
    for (number, reference) in (1..).zip(["A", "B", "C"]) {
        journal.intent(&intent(reference, number)).await.unwrap();
    }
    drop(journal);
    let good = place.bytes();
    let starts: Vec<_> = (0..good.len())
        .filter(|at| *at == 0 || good[at - 1] == b'\n')
        .collect();

    for at in (starts[1]..starts[3] - 1).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&place.path, &bad).unwrap();

        let error = place.try_open().unwrap_err();

        assert!(error.is_corrupt(), "{error}");
        let line = if at < starts[2] { "line 2" } else { "line 3" };
        assert!(error.to_string().contains(line), "{error}");
        assert_eq!(place.bytes(), bad);
    }
}

#[tokio::test]
async fn a_line_of_a_newer_version_is_refused_and_never_cut_off() {
    let place = Place::new();
    drop(place.open());
    let json = br#"{"teleport":{}}"#;
    let line = format!(
        "{:08x} {}\n",
        crc32fast::hash(json),
        str::from_utf8(json).unwrap()
    );
    let written = [place.bytes(), line.into_bytes()].concat();

    for bytes in [&written[..], b"snap-journal 2\nwhatever"] {
        fs::write(&place.path, bytes).unwrap();
        let error = place.try_open().unwrap_err().to_string();
        assert!(error.contains("upgrade snap-resolve"), "{error}");
        assert_eq!(place.bytes(), bytes);
    }
}

#[test]
fn another_file_is_not_taken_for_a_journal() {
    let place = Place::new();
    fs::write(&place.path, "invoice,amount\n1,10000\n").unwrap();

    let error = place.try_open().unwrap_err().to_string();

    assert!(error.contains("is not a journal"), "{error}");
}

#[test]
fn a_second_opener_is_refused_under_any_name_until_the_first_is_gone() {
    let place = Place::new();
    let first = place.open();
    #[cfg(unix)]
    {
        let link = place.path.with_extension("link");
        std::os::unix::fs::symlink(&place.path, &link).unwrap();
        assert!(FileJournal::open(link).unwrap_err().is_locked());
    }

    let error = place.try_open().unwrap_err();
    assert!(error.is_locked(), "{error}");
    drop(first);

    place.try_open().unwrap();
}

#[cfg(unix)]
#[test]
fn a_new_journal_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    drop(place.open());

    assert_eq!(
        fs::metadata(&place.path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

/// Three operations: open, moved with a conflict, not moved.
async fn three(journal: &FileJournal) {
    for (number, reference) in (1..).zip(["OPEN", "MOVED", "FAILED"]) {
        journal.intent(&intent(reference, number)).await.unwrap();
    }
    for event in [sending(9), state(unknown())] {
        journal.event(&intent("OPEN", 1).id, &event).await.unwrap();
    }
    for claim in [moved(), not_moved()] {
        journal
            .event(&intent("MOVED", 2).id, &state(claim))
            .await
            .unwrap();
    }
    let failed = state(not_moved());
    journal
        .event(&intent("FAILED", 3).id, &failed)
        .await
        .unwrap();
}

async fn records(journal: &FileJournal) -> Vec<Option<Record>> {
    let mut records = Vec::new();
    for reference in ["OPEN", "MOVED", "FAILED"] {
        records.push(journal.find(&intent(reference, 0).id).await.unwrap());
    }
    records
}

#[tokio::test]
async fn a_compaction_keeps_open_and_closed_operations_in_one_line_each() {
    let place = Place::new();
    let journal = place.open();
    three(&journal).await;
    let before = records(&journal).await;

    journal.compact().await.unwrap();

    assert_eq!(place.lines().len(), 1 + 3);
    assert_eq!(records(&journal).await, before);
    journal.intent(&intent("FAILED", 4)).await.unwrap();
    journal.intent(&intent("NEW", 5)).await.unwrap();
    drop(journal);
    let journal = place.open();
    assert_eq!(references(&journal).await, ["OPEN", "FAILED", "NEW"]);
    assert_eq!(records(&journal).await[..2], before[..2]);
}

#[tokio::test]
async fn a_compaction_may_drop_closed_operations_that_are_old() {
    let place = Place::new();
    let journal = place.open();
    three(&journal).await;
    let late = snap_core::Event::state(moved(), at(1_000), None);
    journal.intent(&intent("LATE", 4)).await.unwrap();
    journal.event(&intent("LATE", 4).id, &late).await.unwrap();

    let kept = journal.compact_before(at(60)).await.unwrap();
    let dropped = journal.compact_before(at(61)).await.unwrap();

    assert_eq!((kept, dropped), (0, 2));
    let [open, moved, failed] = records(&journal).await.try_into().unwrap();
    assert!(open.is_some() && moved.is_none() && failed.is_none());
    assert_eq!(place.lines().len(), 1 + 2);
    drop(journal);
    assert_eq!(references(&place.open()).await, ["OPEN"]);
}

#[tokio::test]
async fn what_a_killed_compaction_left_behind_does_no_harm() {
    let place = Place::new();
    let journal = place.open();
    three(&journal).await;
    let before = records(&journal).await;
    drop(journal);
    let draft = place.path.with_extension("compact");
    fs::write(&draft, "snap-journal 1\n0000").unwrap();

    let journal = place.open();

    assert!(!draft.exists());
    assert_eq!(records(&journal).await, before);
}

#[tokio::test]
async fn a_compaction_that_fails_leaves_the_journal_as_it_was() {
    let place = Place::new();
    let journal = place.open();
    three(&journal).await;
    let before = records(&journal).await;
    fs::create_dir(place.path.with_extension("compact")).unwrap();

    journal.compact().await.unwrap_err();

    journal.intent(&intent("NEW", 4)).await.unwrap();
    drop(journal);
    assert_eq!(records(&place.open()).await, before);
}

#[tokio::test]
async fn a_long_journal_is_compacted_when_it_is_opened() {
    let place = Place::new();
    drop(place.open());
    let mut text = fs::read_to_string(&place.path).unwrap();
    let mut add = |entry: snap_resolve::Entry| {
        let json = serde_json::to_string(&entry).unwrap();
        let crc = crc32fast::hash(json.as_bytes());
        text.push_str(&format!("{crc:08x} {json}\n"));
    };
    for number in 0..3_400 {
        let intent = intent(&number.to_string(), number + 1);
        add(snap_resolve::Entry::intent(&intent));
        add(snap_resolve::Entry::event(&intent.id, &state(unknown())));
        if number % 2 == 0 {
            add(snap_resolve::Entry::event(&intent.id, &state(moved())));
        } else {
            add(snap_resolve::Entry::event(&intent.id, &sending(9_999_999)));
        }
    }
    fs::write(&place.path, text).unwrap();

    let journal = place.open();

    assert_eq!(place.lines().len(), 1 + 3_400);
    assert_eq!(references(&journal).await.len(), 1_700);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_write_at_the_same_time_share_a_line() {
    let place = Place::new();
    let journal = place.open();
    let tasks: Vec<_> = (0..200_u64)
        .map(|number| {
            let journal = journal.clone();
            tokio::spawn(async move {
                let intent = intent(&number.to_string(), number + 1);
                journal.intent(&intent).await.unwrap();
                let done = if number % 2 == 0 { moved() } else { unknown() };
                journal.event(&intent.id, &state(done)).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }

    let lines = place.lines().len();
    assert!(lines < 1 + 400, "{lines} lines for 400 entries");
    drop(journal);
    assert_eq!(references(&place.open()).await.len(), 100);
}

#[test]
fn a_journal_outlives_the_runtime_that_wrote_to_it() {
    let place = Place::new();
    let journal = place.open();
    for number in 1..=3 {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let intent = intent(&number.to_string(), number);
        // One that nobody waits for, cut off by the end of its runtime.
        let lost = journal.clone();
        runtime.spawn(async move { lost.intent(&support::intent("LOST", 9)).await });
        runtime.block_on(journal.intent(&intent)).unwrap();
    }
}

/// The file cannot grow beyond a limit, as on a full disk. In a process of its own, since the limit
/// holds for the whole of it.
#[cfg(unix)]
#[test]
fn a_full_disk_refuses_intents_and_leaves_no_half_line() {
    let place = Place::new();
    let program = std::env::current_exe().unwrap();
    // Without the trap the signal would end the process.
    let script =
        r#"trap '' XFSZ; ulimit -f 8; exec "$0" --exact on_a_full_disk --ignored --nocapture"#;

    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(program)
        .env("SNAP_JOURNAL", &place.path)
        .output()
        .unwrap();

    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let taken: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("taken "))
        .collect();
    assert!(!taken.is_empty(), "{text}");
    let whole = place.bytes();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let journal = place.open();
    assert_eq!(place.bytes(), whole, "nothing had to be cut off");
    assert_eq!(runtime.block_on(references(&journal)), taken);
}

#[cfg(unix)]
#[tokio::test]
#[ignore = "the process of a_full_disk_refuses_intents_and_leaves_no_half_line"]
async fn on_a_full_disk() {
    let Ok(path) = std::env::var("SNAP_JOURNAL") else {
        return;
    };
    let journal = FileJournal::open(path).unwrap();
    let mut number = 0;
    // Short ones may still fit where a long one did not.
    for reference in ["a long reference ".repeat(20), "short".to_owned()] {
        loop {
            number += 1;
            let reference = format!("{reference}{number}");
            match journal.intent(&intent(&reference, number)).await {
                Ok(()) => println!("\ntaken {reference}"),
                Err(error) => {
                    assert!(error.earlier().is_none());
                    assert!(error.to_string().contains("writing to"), "{error}");
                    break;
                }
            }
        }
    }
    let open = Journal::open(&journal).await.unwrap();
    let first = open[0].clone();
    // What is there is still served.
    journal.intent(&first.intent).await.unwrap();
}
