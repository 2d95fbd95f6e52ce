//! The journal in memory keeps the rules of every journal.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

#[macro_use]
mod conformance;
mod support;

conformance!(snap_resolve::MemoryJournal::new());

#[tokio::test]
async fn clones_share_what_they_hold() {
    use snap_core::Recorder;
    use snap_resolve::Journal;

    let journal = snap_resolve::MemoryJournal::new();

    journal
        .clone()
        .intent(&support::intent("A", 1))
        .await
        .unwrap();

    assert_eq!(journal.open().await.unwrap().len(), 1);
}
