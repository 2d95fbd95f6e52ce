//! Runs this program again under callgrind, once per measured function.

use std::{
    env, io,
    process::{Command, ExitCode},
};

use crate::work::{Measured, Work};

/// `<program> --under-callgrind measured_floor` does only that.
pub(crate) const CHILD_FLAG: &str = "--under-callgrind";

/// Instructions of one call, without what it takes to prepare it; `None` without valgrind.
///
/// Valgrind hides the CPU's SHA extensions, from the floor as from the signature, so only ratios
/// mean something.
pub(crate) fn of(measured: Measured) -> io::Result<Option<u64>> {
    let function = measured.function();
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--collect-atstart=no",
        ])
        .arg(format!("--toggle-collect=*{function}*"))
        .arg(env::current_exe()?)
        .args([CHILD_FLAG, function])
        .output();
    match output {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(output) => match collected(&String::from_utf8_lossy(&output.stderr)) {
            Some(total) if output.status.success() && total > 0 => Ok(Some(total / CALLS)),
            _ => Err(io::Error::other(format!(
                "callgrind counted nothing in {function}"
            ))),
        },
    }
}

pub(crate) fn run_child(name: &str) -> ExitCode {
    let Some(measured) = Measured::ALL
        .into_iter()
        .find(|each| each.function() == name)
    else {
        return ExitCode::FAILURE;
    };
    let work = Work::new();
    for _ in 0..CALLS {
        work.run(measured);
    }
    ExitCode::SUCCESS
}

/// The figure in `==123== Collected : 3590000`.
fn collected(stderr: &str) -> Option<u64> {
    let line = stderr.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// The first call also asks what the CPU can do; over many calls that is lost.
const CALLS: u64 = 100;
