//! What a command answers, and how it reaches the streams and the exit code.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use serde::Serialize;

/// The answer of a command that could do its work.
pub(crate) struct Answer {
    json: String,
    text: String,
    yes: bool,
}

impl Answer {
    /// `yes` is exit code 0, its opposite 1.
    pub(crate) fn new(json: &impl Serialize, text: String, yes: bool) -> Result<Self, Failure> {
        let json = serde_json::to_string(json).map_err(Failure::new)?;
        Ok(Self { json, text, yes })
    }

    pub(crate) fn print(&self, as_json: bool) -> ExitCode {
        let text = if as_json { &self.json } else { &self.text };
        match write_line(&mut io::stdout().lock(), text) {
            Ok(()) if self.yes => ExitCode::SUCCESS,
            Ok(()) => ExitCode::from(NO),
            Err(error) => {
                tell(&format!("the answer cannot be written: {error}"));
                ExitCode::from(USAGE)
            }
        }
    }
}

/// Why a command could not do its work. The text never repeats a value that might be a secret
/// given in the wrong place; it names the option instead.
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Display) -> Self {
        Self(message.to_string())
    }

    /// Tells standard error, and with `--json` also standard output.
    pub(crate) fn print(&self, as_json: bool) -> ExitCode {
        if as_json {
            let object = serde_json::json!({ "error": self.0 }).to_string();
            // What failed is told on standard error in any case.
            let _ = write_line(&mut io::stdout().lock(), &object);
        }
        self.print_without_answer()
    }

    /// Tells standard error alone, where standard output has its answer already.
    pub(crate) fn print_without_answer(&self) -> ExitCode {
        tell(&self.0);
        ExitCode::from(USAGE)
    }
}

/// A reader who has left, such as `head`, is no reason to complain.
fn write_line(out: &mut impl Write, line: &str) -> io::Result<()> {
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn tell(message: &str) {
    // Nothing is left to tell if standard error is closed as well.
    let _ = writeln!(io::stderr(), "snap: {message}");
}

const NO: u8 = 1;
const USAGE: u8 = 2;
