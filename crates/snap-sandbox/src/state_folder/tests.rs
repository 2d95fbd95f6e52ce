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
