#![doc = include_str!("../README.md")]

mod answer;
mod input;
mod request;
mod sandbox;
mod sign;
mod usage;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use answer::{Answer, Failure};

/// Signs and verifies SNAP requests, and runs the local sandbox.
#[derive(Parser)]
#[command(name = "snap", version)]
struct Cli {
    /// Answers with exactly one JSON object on standard output.
    #[arg(long, global = true, overrides_with = "json")]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Signs a request.
    Sign {
        #[command(subcommand)]
        what: sign::Sign,
    },
    /// Checks a signature: exit code 0 if it is valid, 1 if not.
    Verify {
        #[command(subcommand)]
        what: verify::Verify,
    },
    /// Runs the local sandbox until stopped.
    Sandbox(sandbox::Sandbox),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error),
    };
    let result = match cli.command {
        Command::Sign { what } => what.run(),
        Command::Verify { what } => what.run(),
        Command::Sandbox(sandbox) => return sandbox.run(cli.json),
    };
    match result {
        Ok(answer) => answer.print(cli.json),
        Err(failure) => failure.print(cli.json),
    }
}
