//! A process that journals operations and is killed at a random moment, and what its journal must
//! hold afterwards.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Write},
    process::{Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use snap_core::{Event, ExternalId, MoneyState};
use snap_resolve::Journal;

use crate::support::*;

/// What processes said about the operations of one journal.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The first byte could have left, under these external ids.
    sent: BTreeMap<String, Vec<ExternalId>>,
    /// The final state was about to be taken down.
    closing: BTreeSet<String>,
    /// It was.
    closed: BTreeSet<String>,
    /// How many lines were read.
    lines: usize,
}

/// A seed from the environment, or a new one; printed either way.
pub(crate) fn seed() -> u64 {
    let given = std::env::var("SNAP_SEED")
        .ok()
        .map(|seed| seed.parse().unwrap());
    let seed = given.unwrap_or_else(|| rand::rng().random());
    println!("SNAP_SEED={seed}");
    seed
}

/// Runs the test `child` of this program as a process, and kills it at a random moment.
pub(crate) fn run_and_kill(set: &[(&str, &str)], rng: &mut StdRng, told: &mut Told) -> ExitStatus {
    let first = told.lines as u64 * 1_000 + 1;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env("SNAP_CHILD_SEED", rng.random::<u64>().to_string())
        .env("SNAP_CHILD_FIRST", first.to_string())
        .envs(set.iter().copied())
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(if set.contains(&QUIET) {
            Stdio::null()
        } else {
            Stdio::inherit()
        })
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let enough = if rng.random_bool(0.1) {
        0
    } else {
        rng.random_range(1..150)
    };
    for _ in 0..enough {
        told.read(&mut lines);
    }
    let most = if enough == 0 { 40_000 } else { 3_000 };
    spin(Duration::from_micros(rng.random_range(0..most)));
    child.kill().unwrap();
    let status = child.wait().unwrap();
    // What it said before it was killed counts.
    while told.read(&mut lines) {}
    status
}

#[expect(
    clippy::disallowed_methods,
    reason = "a moment that no clock of ours knows"
)]
fn spin(span: Duration) {
    let start = std::time::Instant::now();
    while start.elapsed() < span {
        std::hint::spin_loop();
    }
}

impl Told {
    /// Reads a line; says whether there was one. Half a line was not said.
    fn read(&mut self, from: &mut impl BufRead) -> bool {
        let mut line = String::new();
        if from.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
            return false;
        }
        let words: Vec<_> = line.split_whitespace().collect();
        self.lines += 1;
        match words[..] {
            ["sent", reference, id] => {
                let ids = self.sent.entry(reference.to_owned()).or_default();
                ids.push(ExternalId::new(id).unwrap());
            }
            ["closing", reference] => drop(self.closing.insert(reference.to_owned())),
            ["closed", reference] => drop(self.closed.insert(reference.to_owned())),
            _ => {}
        }
        true
    }

    /// Nothing that could have left is missing; nothing that was closed is open.
    pub(crate) async fn check(&self, journal: &impl Journal) -> usize {
        let open = journal.open().await.unwrap();
        let open: BTreeMap<_, _> = open
            .iter()
            .map(|record| (record.intent.reference.clone().unwrap(), record))
            .collect();
        for (reference, ids) in &self.sent {
            let expected = intent(reference, 0).id;
            if !self.closing.contains(reference) {
                let record = open.get(reference);
                let record = record.unwrap_or_else(|| panic!("{reference} is lost"));
                assert!(record.pending().is_some());
                assert_eq!(record.id(), &expected);
                for id in ids {
                    assert!(
                        record.external_ids.contains(id),
                        "{reference}: {id} is lost"
                    );
                }
            } else if self.closed.contains(reference) {
                assert!(!open.contains_key(reference), "{reference} is open again");
                let record = journal.find(&expected).await.unwrap().unwrap();
                assert_eq!(record.state, Some(moved()), "{reference}");
            }
        }
        self.sent.len()
    }
}

/// What the process does until it is killed: four tasks that open, resend and close operations.
pub(crate) async fn work<J: Journal + Clone + 'static>(journal: J) {
    let number = |name: &str| std::env::var(name).unwrap().parse().unwrap();
    let mut rng = StdRng::seed_from_u64(number("SNAP_CHILD_SEED"));
    let next = std::sync::Arc::new(AtomicU64::new(number("SNAP_CHILD_FIRST")));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (journal, next) = (journal.clone(), next.clone());
            let mut rng = StdRng::seed_from_u64(rng.random());
            tokio::spawn(async move {
                for _ in 0..100_000 {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    operation(&journal, number, &mut rng).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn operation<J: Journal>(journal: &J, number: u64, rng: &mut StdRng) {
    let reference = number.to_string();
    let intent = intent(&reference, number * 10);
    journal.intent(&intent).await.unwrap();
    say(&format!("sent {reference} {}", intent.external_id));
    if rng.random_bool(0.2) {
        let id = external_id(number * 10 + 1);
        journal
            .event(&intent.id, &Event::sending(id.clone(), at(2)))
            .await
            .unwrap();
        say(&format!("sent {reference} {id}"));
    }
    if rng.random_bool(0.3) {
        let named = Event::state(unknown(), at(3), Some(format!("DOKU-{number}")));
        journal.event(&intent.id, &named).await.unwrap();
    }
    if rng.random_bool(0.6) {
        say(&format!("closing {reference}"));
        let done: MoneyState = moved();
        journal
            .event(&intent.id, &Event::state(done, at(4), None))
            .await
            .unwrap();
        say(&format!("closed {reference}"));
    }
}

/// In one write, on a line of its own. Without a reader there is nothing left to do.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let said = out
        .write_all(format!("\n{line}\n").as_bytes())
        .and_then(|()| out.flush());
    if said.is_err() {
        std::process::exit(1);
    }
}

/// For a process that is expected to fail before it is killed.
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) const QUIET: (&str, &str) = ("SNAP_CHILD_IS_QUIET", "1");
