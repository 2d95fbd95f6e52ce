//! Arguments that cannot be understood.

use std::{env, process::ExitCode};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::Failure;

/// Prints help and version as clap does, and everything else as one line.
pub(crate) fn report(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // A reader who has left is no reason to complain.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let as_json = env::args_os().any(|argument| argument == "--json");
    Failure::new(one_line(error)).print(as_json)
}

/// clap repeats a stray value in its message. A stray value may be a secret, so only what looks
/// like the name of an option is repeated.
fn one_line(error: &clap::Error) -> String {
    let stray = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => !text.starts_with("--"),
        _ => false,
    };
    match error.kind() {
        ErrorKind::UnknownArgument if stray => {
            "unexpected argument (not repeated here); secrets are read from a file, an environment \
             variable or standard input, see `snap help`"
                .to_owned()
        }
        ErrorKind::InvalidSubcommand => "unknown command; see `snap help`".to_owned(),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            "no command given; see `snap help`".to_owned()
        }
        // An option is named, the value given for it is not repeated.
        _ if error.get(ContextKind::InvalidValue).is_some() => {
            match error.get(ContextKind::InvalidArg) {
                Some(option) => format!("the value of {option} cannot be used; see `snap help`"),
                None => "a value cannot be used; see `snap help`".to_owned(),
            }
        }
        _ => summary(&error.to_string()),
    }
}

/// What stands before the tips and the usage, on one line.
fn summary(rendered: &str) -> String {
    let text = rendered.split("\n\n").next().unwrap_or_default();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
