//! `snap-sandbox serve`: the local sandbox for programs in any language.

use std::{io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use snap_sandbox::{Language, ServeOptions, serve};

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
    /// Address and port; a random loopback port if not given.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Loopback address and port of the admin API and its pages; a random port if not given.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    admin: SocketAddr,
    /// Fixes credentials and tokens, so that every run has the same ones.
    #[arg(long)]
    seed: Option<u64>,
    /// Prints one JSON object instead of text.
    #[arg(long)]
    json: bool,
    /// Keeps the state in this folder, and goes on where the last sandbox with it stopped.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Serves operations that DOKU has not confirmed as well.
    #[arg(long)]
    unverified: bool,
    /// Takes what DOKU's own libraries send although DOKU documents otherwise.
    #[arg(long)]
    danger_official_libraries: bool,
    /// Prints the settings of a client: node, python, php, go, java or rust.
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    language: Option<Language>,
    /// Speaks TLS, under a bundled certificate whose authority is printed.
    #[cfg(feature = "tls")]
    #[arg(long)]
    tls: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Serve(serve_args) = Cli::parse().command;
    let mut options = ServeOptions::default()
        .with_json(serve_args.json)
        .with_unverified(serve_args.unverified)
        .with_danger_official_libraries(serve_args.danger_official_libraries);
    #[cfg(feature = "tls")]
    {
        options = options.with_tls(serve_args.tls);
    }
    options.listen = serve_args.listen;
    options.admin = Some(serve_args.admin);
    options.seed = serve_args.seed;
    options.state = serve_args.state;
    options.language = serve_args.language;
    match serve(options, &mut std::io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell if standard error is closed as well.
            let _ = writeln!(std::io::stderr(), "snap-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}
