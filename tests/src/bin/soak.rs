//! `cargo xtask soak`: a long fault run.
#![expect(clippy::print_stdout, reason = "the report is for a person")]

use std::process::ExitCode;

use snap_suite::{
    SetUpError,
    soak::{Plan, run},
};

#[tokio::main]
async fn main() -> Result<ExitCode, SetUpError> {
    let operations = argument("--operations")?.unwrap_or(20_000);
    let seed = argument("--seed")?.unwrap_or_else(rand::random);
    println!("{operations} operations, seed {seed}");
    let report = run(Plan::new(operations, seed)).await?;
    println!("{report}");
    Ok(if report.is_good() {
        ExitCode::SUCCESS
    } else {
        println!("A promise was broken. Again with: --operations {operations} --seed {seed}");
        ExitCode::FAILURE
    })
}

/// The number after a flag.
fn argument(flag: &str) -> Result<Option<u64>, SetUpError> {
    let mut arguments = std::env::args().skip_while(|argument| argument != flag);
    if arguments.next().is_none() {
        return Ok(None);
    }
    let number = arguments
        .next()
        .ok_or_else(|| format!("{flag} needs a number"))?;
    Ok(Some(
        number
            .parse()
            .map_err(|_| format!("{flag} needs a number"))?,
    ))
}
