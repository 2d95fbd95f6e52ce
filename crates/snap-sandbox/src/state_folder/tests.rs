use super::*;
use crate::{arrived::Arrived, clock::Clock, exchange::RawReply};

fn judge() -> Judge {
    let clock = Clock::fixed(std::time::UNIX_EPOCH);
    Judge::new(1, clock, Rules::default()).expect("bundled files")
}

fn arrived() -> Arrived {
    Arrived {
        method: "POST".to_owned(),
        target: "/authorization/v1/access-token/b2b".to_owned(),
        headers: Vec::new(),
        body: Some(b"{}".to_vec()),
    }
}

/// Behaviour "state.not-kept".
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_kept_is_refused_and_changes_nothing() {
    let full = OpenOptions::new().write(true).open("/dev/full");
    let judge = judge();
    judge.keep_in(StateFile {
        file: full.expect("a full device"),
        start: 0,
        end: 0,
        torn: false,
    });

    let reply = RawReply::from(judge.transact(&arrived()));
    let acted = judge.act(crate::action::Action::ClearFaults);

    match reply {
        RawReply::Answer { status, body, .. } => {
            assert_eq!(status, 503);
            assert!(!String::from_utf8_lossy(&body).contains("responseCode"));
        }
        RawReply::Broken { .. } => panic!("an answer"),
    }
    assert!(
        acted
            .expect_err("refused")
            .to_string()
            .contains("state folder")
    );
    assert_eq!(judge.look(|state, _| state.record.requests().len()), 0);
}

#[test]
fn a_last_line_that_was_cut_off_is_dropped() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || {
        let opened = StateFile::open(folder.path(), Some(1), || Ok(1), &Rules::default());
        opened.expect("opens").0
    };
    let mut file = open();
    let arrived = arrived();
    for _ in 0..2 {
        let written = file.write(DateTime::UNIX_EPOCH, &Input::Whole(&arrived));
        written.expect("writes");
    }
    let length = file.file.metadata().expect("a file").len();
    file.file.set_len(length - 1).expect("cuts");
    drop(file);

    let judge = judge();
    open().replay(&judge).expect("replays");

    assert_eq!(judge.look(|state, _| state.record.requests().len()), 1);
    let again = self::judge();
    open().replay(&again).expect("replays");
    assert_eq!(again.look(|state, _| state.record.requests().len()), 1);
}

/// As when the disk was full for a moment.
#[test]
fn a_line_that_was_written_in_part_does_not_spoil_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || {
        let opened = StateFile::open(folder.path(), Some(1), || Ok(1), &Rules::default());
        opened.expect("opens").0
    };
    let mut file = open();
    let arrived = arrived();
    let write = |file: &mut StateFile| {
        let written = file.write(DateTime::UNIX_EPOCH, &Input::Whole(&arrived));
        written.expect("writes");
    };
    write(&mut file);
    file.file.write_all(b"{\"clock\":\"19").expect("writes");
    file.torn = true;
    write(&mut file);
    drop(file);

    let judge = judge();
    open().replay(&judge).expect("replays");

    assert_eq!(judge.look(|state, _| state.record.requests().len()), 2);
}

#[test]
fn a_line_in_the_middle_that_nobody_wrote_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let opened = StateFile::open(folder.path(), Some(1), || Ok(1), &Rules::default());
    let (mut file, _) = opened.expect("opens");
    file.file.write_all(b"{\"clock\":1}\n").expect("writes");

    let replayed = file.replay(&judge());

    let error = replayed.expect_err("refused").to_string();
    assert!(error.contains("move it away"), "{error}");
}

/// A clock may be set back after somebody has looked on, and what was seen has happened.
#[test]
fn what_fell_due_before_a_reader_falls_due_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || StateFile::open(folder.path(), Some(1), || Ok(1), &Rules::default());
    let minutes = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let at = |minute| minutes.store(minute, std::sync::atomic::Ordering::Relaxed);
    let read = std::sync::Arc::clone(&minutes);
    let clock = Clock::from_fn(move || {
        let minutes = read.load(std::sync::atomic::Ordering::Relaxed);
        std::time::UNIX_EPOCH + std::time::Duration::from_secs(60 * minutes)
    });
    let judge = Judge::new(1, clock, Rules::default()).expect("bundled files");
    judge.prepare(|state| {
        let binding = crate::bindings::Binding::new(judge.customer("cust-1"));
        state.bindings.open(binding, DateTime::UNIX_EPOCH);
    });
    judge.keep_in(open().expect("opens").0);
    let events = |judge: &Judge| judge.look(|state, _| state.timeline.last());

    at(24 * 60);
    let seen = events(&judge);
    at(0);
    judge.transact(&arrived());
    let before = events(&judge);
    drop(judge);

    let again = self::judge();
    again.prepare(|state| {
        let binding = crate::bindings::Binding::new(again.customer("cust-1"));
        state.bindings.open(binding, DateTime::UNIX_EPOCH);
    });
    open().expect("opens").0.replay(&again).expect("replays");

    assert_eq!((seen, before), (1, 2));
    assert_eq!(events(&again), 2);
}
