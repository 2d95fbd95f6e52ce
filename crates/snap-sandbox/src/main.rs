//! `snap-sandbox serve`: the local sandbox for programs in any language.

use std::{io::Write as _, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use snap_sandbox::{ServeOptions, serve};

#[derive(Parser)]
#[command(
    version,
    about = "A local SNAP server that judges clients independently"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints base URL and credentials, and serves until stopped.
    Serve(Serve),
}

#[derive(Args)]
struct Serve {
    /// Prints one JSON object instead of text.
    #[arg(long, conflicts_with = "language")]
    json: bool,
    #[command(flatten)]
    options: ServeOptions,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Serve(Serve { json, options }) = Cli::parse().command;
    let options = options.with_json(json);
    match serve(options, &mut std::io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell if standard error is closed as well.
            let _ = writeln!(std::io::stderr(), "snap-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}
