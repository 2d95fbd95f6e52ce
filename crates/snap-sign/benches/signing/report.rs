//! A table for people: figure, goal, verdict.

use std::{
    fmt,
    io::{self, StdoutLock, Write},
    process::ExitCode,
};

pub(crate) struct Report {
    out: StdoutLock<'static>,
    failed: bool,
}

pub(crate) struct Figure<'a> {
    /// The figure's name among those the workspace holds.
    pub(crate) id: &'a str,
    pub(crate) what: &'a str,
    /// A count, or a ratio in thousandths.
    pub(crate) value: u64,
    pub(crate) goal: Goal,
    pub(crate) detail: &'a str,
}

/// What a figure must not exceed. `decides`: a miss sets the exit code. Times never do.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    Count {
        at_most: u64,
        decides: bool,
    },
    Ratio {
        at_most: u64,
        decides: bool,
    },
    /// A ratio that is told for comparison.
    None,
}

impl Report {
    pub(crate) fn new(mut out: StdoutLock<'static>) -> io::Result<Self> {
        writeln!(
            out,
            "{:<4} {:<66} {:>7} {:>9}  verdict",
            "id", "figure", "value", "goal"
        )?;
        Ok(Self { out, failed: false })
    }

    pub(crate) fn figure(&mut self, figure: &Figure<'_>) -> io::Result<()> {
        let Figure {
            id,
            what,
            value,
            goal,
            detail,
        } = figure;
        let (value_text, goal) = match *goal {
            Goal::Count { at_most, decides } => (
                value.to_string(),
                Some((at_most, at_most.to_string(), decides)),
            ),
            Goal::Ratio { at_most, decides } => (
                Thousandths(*value).to_string(),
                Some((at_most, Thousandths(at_most).to_string(), decides)),
            ),
            Goal::None => (Thousandths(*value).to_string(), None),
        };
        let (goal_text, verdict) = match goal {
            None => ("-".to_owned(), ""),
            Some((at_most, text, decides)) => {
                let holds = *value <= at_most;
                self.failed |= decides && !holds;
                (format!("<= {text}"), verdict(holds, decides))
            }
        };
        let line = format!("{id:<4} {what:<66} {value_text:>7} {goal_text:>9}  {verdict} {detail}");
        writeln!(self.out, "{}", line.trim_end())
    }

    pub(crate) fn note(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.failed {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}

fn verdict(holds: bool, decides: bool) -> &'static str {
    match (holds, decides) {
        (true, _) => "holds",
        (false, true) => "MISSED",
        (false, false) => "missed (a time: reported only)",
    }
}

/// `1043` is written `1.043`.
pub(crate) struct Thousandths(pub(crate) u64);

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}
