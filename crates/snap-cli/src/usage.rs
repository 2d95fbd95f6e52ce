//! Arguments that cannot be understood.

use std::{env, process::ExitCode};

use clap::{
    Command, CommandFactory as _,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{Cli, Failure};

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
        ErrorKind::InvalidSubcommand => unknown_command(),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            "no command given; see `snap help`".to_owned()
        }
        // An option is named, the value given for it is not repeated.
        _ if error.get(ContextKind::InvalidValue).is_some() => {
            let option = error.get(ContextKind::InvalidArg);
            let option = option.map(ToString::to_string).unwrap_or_default();
            let Place { name, .. } = Place::given();
            format!(
                "the value of {option} cannot be used{}; see `{name} --help`",
                wanted(error, &option)
            )
        }
        _ => summary(&error.to_string()),
    }
}

/// What the option takes. The parsers of this program and of the standard library do not repeat what
/// they were given, which a test of each option sees to.
fn wanted(error: &clap::Error, option: &str) -> String {
    if option.ends_with("<ADDR>") {
        return ": an address with its port is such as 127.0.0.1:8080".to_owned();
    }
    let reason = std::error::Error::source(error);
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

fn unknown_command() -> String {
    let Place { name, command } = Place::given();
    let known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    format!(
        "unknown command; `{name}` takes {}; see `{name} --help`",
        known.join(", ")
    )
}

/// The command that the arguments name, as far as they name one.
struct Place {
    name: String,
    command: Command,
}

impl Place {
    fn given() -> Self {
        let mut place = Self {
            name: "snap".to_owned(),
            command: Cli::command(),
        };
        for argument in env::args_os().skip(1) {
            let found = argument
                .to_str()
                .and_then(|text| place.command.find_subcommand(text));
            if let Some(found) = found.cloned() {
                place.name = format!("{} {}", place.name, found.get_name());
                place.command = found;
            }
        }
        place
    }
}

/// What stands before the tips and the usage, on one line.
fn summary(rendered: &str) -> String {
    let text = rendered.split("\n\n").next().unwrap_or_default();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
