//! `cargo xtask`: reads the published pages, writes the generated crates, and runs the soak.
#![expect(clippy::print_stdout, reason = "a command prints its results")]
#![expect(clippy::print_stderr, reason = "and what is wrong")]

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use xtask::NewPage;

/// Specs in, code out.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Reads the pages in specs/<product>/pages and writes specs/<product>/imported.json.
    ///
    /// With a file, takes a newly saved page in first: in place of the page whose operations it
    /// describes, with its entry of specs/specs.toml.
    Import {
        /// A product of specs/specs.toml; all of them when absent.
        product: Option<String>,
        /// A newly saved page, from anywhere.
        file: Option<PathBuf>,
        /// The day the page was saved, such as 2026-11-20 [default: that of the file's last change,
        /// in UTC].
        #[arg(long, value_name = "DAY", requires = "file")]
        received: Option<String>,
        /// Where the page is published; needed for a page of new operations.
        #[arg(long, value_name = "ADDRESS", requires = "file")]
        url: Option<String>,
        /// How many operations the page describes; needed when DOKU has removed one.
        #[arg(long, value_name = "NUMBER", requires = "file")]
        operations: Option<usize>,
    },
    /// Writes effective.json, contract.txt and the generated code of the product crates.
    ///
    /// Without a product, also what follows from crates/snap-core/data/outcomes.toml and from
    /// crates/snap-sandbox/behaviours.toml.
    Generate {
        /// A product of specs/specs.toml; all of them when absent.
        product: Option<String>,
        /// Writes nothing; names every stale, missing and surplus file and fails if there is one.
        #[arg(long)]
        check: bool,
    },
    /// Grades what changed in every contract.txt since a git ref; Markdown for a pull request.
    Diff {
        /// A branch, a tag or a commit, such as main.
        #[arg(value_name = "GIT_REF")]
        reference: String,
    },
    /// Runs faulted operations against the local sandbox in release mode, and compares every state
    /// with its ledger.
    Soak {
        /// How many operations.
        #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000)]
        operations: u64,
        /// Repeats the run that printed this seed; another one each time when absent.
        #[arg(long, value_name = "SEED")]
        seed: Option<u64>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let here = env::current_dir().context("the current folder cannot be read")?;
    let root = xtask::find_root(&here)?;
    match command {
        Command::Import {
            product: Some(product),
            file: Some(file),
            received,
            url,
            operations,
        } => {
            let mut page = NewPage::new(file);
            (page.received, page.url, page.operations) = (received, url, operations);
            print(&xtask::import_page(&root, &product, &page)?);
        }
        Command::Import { product, .. } => print(&xtask::import(&root, product.as_deref())?),
        Command::Generate {
            product,
            check: false,
        } => {
            print(&xtask::generate(&root, product.as_deref())?);
        }
        Command::Generate {
            product,
            check: true,
        } => {
            let findings = xtask::check(&root, product.as_deref())?;
            findings.iter().for_each(|finding| eprintln!("{finding}"));
            if !findings.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Diff { reference } => print(&xtask::diff(&root, &reference)?),
        Command::Soak { operations, seed } => {
            let status = xtask::soak(&root, operations, seed)?;
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(lines: &[String]) {
    lines.iter().for_each(|line| println!("{line}"));
}
