//! How much one sandbox bears: signed requests at a fixed rate, over connections that stay open.
//!
//! ```text
//! cargo run --release -p snap-sandbox --example load -- --seconds 600 --rate 1000
//! ```
//!
//! Client and sandbox share this process, so memory and computing time are those of both. A request
//! that finds no free connection waits, and its wait counts.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

mod client;
mod latency;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clap::Parser;
use snap_sandbox::{Amount, Sandbox};
use tokio::task::JoinSet;

use self::{
    client::{Client, Kind},
    latency::Latencies,
};

#[derive(Clone, Parser)]
struct Options {
    /// How long requests are sent.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Requests per second in all.
    #[arg(long, default_value_t = 1000)]
    rate: u64,
    /// How many requests of a hundred are about payouts, half of them inquiries and half transfers; the
    /// others ask for the balance.
    #[arg(long, default_value_t = 20)]
    payouts: u64,
    /// How many connections are open.
    #[arg(long, default_value_t = 32)]
    connections: u64,
}

/// What all workers share.
struct Run {
    options: Options,
    started: Instant,
    next: AtomicU64,
    done: AtomicU64,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let options = Options::parse();
    let sandbox = Sandbox::builder()
        .keep_last_requests(10_000)
        // Enough for a week of payouts.
        .deposit(Amount::rupiah(1_000_000_000_000_000))
        .token_lifetime(Duration::from_secs(options.seconds + 60))
        .start()
        .await?;
    let sandbox = Arc::new(sandbox);
    let token = Client::token(Arc::clone(&sandbox)).await?;
    let run = Arc::new(Run {
        options: options.clone(),
        started: now(),
        next: AtomicU64::new(0),
        done: AtomicU64::new(0),
    });
    println!("{:>8} {:>10} {:>10}", "seconds", "requests", "RSS MiB");
    let mut workers = JoinSet::new();
    for _ in 0..options.connections {
        let client = Client::connect(Arc::clone(&sandbox), Arc::clone(&token)).await?;
        workers.spawn(work(client, Arc::clone(&run)));
    }
    let watcher = tokio::spawn(watch(Arc::clone(&run)));
    let mut latencies = Latencies::default();
    while let Some(worker) = workers.join_next().await {
        latencies.add(&worker.map_err(io::Error::other)??);
    }
    watcher.abort();
    run.print();
    let seconds = run.started.elapsed().as_secs_f64();
    println!(
        "{:.0} requests/s over {seconds:.1} s",
        per(latencies.count(), seconds)
    );
    latencies.print();
    println!(
        "{} transfers took effect",
        sandbox.ledger().movements().len()
    );
    Ok(())
}

/// Takes the next request that is due, until the end.
async fn work(mut client: Client, run: Arc<Run>) -> io::Result<Latencies> {
    let mut latencies = Latencies::default();
    loop {
        let number = run.next.fetch_add(1, Ordering::Relaxed);
        let due = Duration::from_secs(1) * u32::try_from(number).map_err(io::Error::other)?
            / u32::try_from(run.options.rate).map_err(io::Error::other)?;
        if due.as_secs() >= run.options.seconds {
            return Ok(latencies);
        }
        let mut begin = run.started + due;
        if begin > now() {
            tokio::time::sleep_until(begin.into()).await;
            // The timer is a little late; that is not the sandbox's doing.
            begin = now();
        }
        let kind = match number % 100 {
            rest if rest < run.options.payouts => Kind::Payout,
            _ => Kind::Balance,
        };
        client.send(number, kind).await?;
        latencies.record(begin.elapsed());
        run.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Prints a line ten times.
async fn watch(run: Arc<Run>) {
    let pause = Duration::from_secs(run.options.seconds) / 10;
    loop {
        run.print();
        tokio::time::sleep(pause).await;
    }
}

impl Run {
    fn print(&self) {
        let seconds = self.started.elapsed().as_secs();
        let done = self.done.load(Ordering::Relaxed);
        println!("{seconds:>8} {done:>10} {:>10}", resident());
    }
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a figure to print"
)]
fn per(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}

/// Memory that this process holds, in MiB; a dash where the system does not say it as Linux does.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.map_or("-".to_owned(), |kib| (kib / 1024).to_string())
}

#[expect(clippy::disallowed_methods, reason = "load is measured in real time")]
fn now() -> Instant {
    Instant::now()
}
