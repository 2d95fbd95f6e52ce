//! The long run of faulted operations against the local sandbox.

use std::env;
use std::path::Path;
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result};

/// Runs the suite's `soak` program in release mode, and returns how it ended.
///
/// # Errors
///
/// When cargo cannot be started.
pub fn soak(root: &Path, operations: u64, seed: Option<u64>) -> Result<ExitStatus> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(arguments(operations, seed));
    command.status().context("cargo cannot be started")
}

fn arguments(operations: u64, seed: Option<u64>) -> Vec<String> {
    let run = "run --release -p snap-suite --bin soak -- --operations";
    let mut arguments: Vec<String> = run.split(' ').map(str::to_owned).collect();
    arguments.push(operations.to_string());
    if let Some(seed) = seed {
        arguments.extend(["--seed".to_owned(), seed.to_string()]);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_passed_on_and_a_seed_only_when_there_is_one() {
        let run = "run --release -p snap-suite --bin soak -- --operations 9";

        assert_eq!(arguments(9, None).join(" "), run);
        assert_eq!(arguments(9, Some(4)).join(" "), format!("{run} --seed 4"));
    }
}
