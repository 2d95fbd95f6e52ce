#![doc = include_str!("../README.md")]

mod admin;
mod answer;
mod clock;
mod completions;
mod explain;
mod fault;
mod input;
mod listen;
mod request;
mod sandbox;
mod sign;
mod trigger;
mod usage;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use answer::{Answer, Failure};

/// Signs, verifies and explains SNAP requests; runs the local sandbox, and acts on a running one.
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
    /// Says how a signature is made, step by step, and why one is not right.
    Explain(Box<explain::Explain>),
    /// Runs the local sandbox until stopped.
    Sandbox(sandbox::Sandbox),
    /// Shows and moves the clocks of a running sandbox.
    Clock(clock::Clock),
    /// Lets things go wrong in a running sandbox.
    Fault {
        #[command(subcommand)]
        what: fault::Fault,
    },
    /// Lets something happen in a running sandbox that a bank or a customer would do.
    Trigger(trigger::Trigger),
    /// Lets a running sandbox send its notifications to an address, and prints each attempt.
    Listen(listen::Listen),
    /// Sends a notification of a running sandbox again.
    Resend(trigger::Resend),
    /// Prints a script that lets a shell complete these commands.
    Completions(completions::Completions),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error),
    };
    let result = match cli.command {
        Command::Sign { what } => what.run(),
        Command::Verify { what } => what.run(),
        Command::Explain(explain) => explain.run(),
        Command::Sandbox(sandbox) => return sandbox.run(cli.json),
        Command::Clock(clock) => clock.run(),
        Command::Fault { what } => what.run(),
        Command::Trigger(trigger) => trigger.run(),
        Command::Listen(listen) => return listen.run(cli.json),
        Command::Resend(resend) => resend.run(),
        Command::Completions(completions) => completions.run(),
    };
    match result {
        Ok(answer) => answer.print(cli.json),
        Err(failure) => failure.print(cli.json),
    }
}
