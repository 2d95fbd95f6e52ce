//! The figures of `docs/scaling.md`, measured again:
//!
//! ```sh
//! cargo run --release -p snap-suite --example sizing -- simulate 1000 10000
//! cargo run --release -p snap-suite --example sizing -- measure redis://127.0.0.1
//! ```
//!
//! The first plays so many replicas with so many calls per second in all through the cold start and one
//! replacement of the token, on virtual time: the token code is the real one, DOKU and the store are
//! played. The second asks a real server what an operation costs it; use one without other work.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the example speaks to a person, and its test unwraps"
)]

mod server;
mod simulation;

use snap_suite::SetUpError;

fn main() -> Result<(), SetUpError> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match arguments.as_slice() {
        ["simulate", replicas, calls] => {
            let (replicas, calls) = (replicas.parse()?, calls.parse()?);
            let figures = runtime.block_on(simulation::run(replicas, calls))?;
            println!("{figures}");
            Ok(())
        }
        ["measure", url] => runtime.block_on(server::measure(url)),
        _ => Err("usage: sizing simulate REPLICAS CALLS_PER_SECOND | sizing measure URL".into()),
    }
}

#[tokio::test]
async fn twenty_replicas_ask_for_two_tokens_and_hardly_notice() {
    let figures = simulation::run(20, 20).await.unwrap();

    assert_eq!(figures.tokens, 2);
    assert!(figures.failed == 0 && figures.calls > 15_000, "{figures:?}");
    assert!(figures.refused < 40, "{figures:?}");
    assert!(figures.cold_questions < 20 * 20, "{figures:?}");
}
