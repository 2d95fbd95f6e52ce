//! What verifying a notification of 4 KiB costs above the hash and the HMAC that cannot be avoided:
//! `cargo bench -p snap-inbound`.
//!
//! Instruction counts (callgrind) and allocation counts are the same on every run and set the exit code.
//! Times are not taken.

#[path = "../../../snap-sign/benches/signing/instructions.rs"]
mod instructions;
#[allow(dead_code, reason = "shared with the benchmark of signing")]
#[path = "../../../snap-sign/benches/signing/report.rs"]
mod report;
mod work;

use std::{env, io, process::ExitCode};

use report::{Figure, Goal, Report};
use work::{Measured, Work};

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, name] = arguments.as_slice()
        && flag == instructions::CHILD_FLAG
    {
        return Ok(instructions::run_child(name));
    }
    let mut report = Report::new(io::stdout().lock())?;
    // `cargo test --all-targets` builds without optimization and runs this as well.
    if !arguments.iter().any(|argument| argument == "--bench") {
        report.note("skipped: run `cargo bench -p snap-inbound`")?;
        return Ok(ExitCode::SUCCESS);
    }
    allocations(&mut report)?;
    instruction_counts(&mut report)?;
    Ok(report.exit_code())
}

fn allocations(report: &mut Report) -> io::Result<()> {
    let work = Work::new();
    for (measured, calls, bytes) in [
        (Measured::CheckSignature, 6, 1024),
        (Measured::Verify, 24, 4096),
        (Measured::Refuse, 6, 1024),
    ] {
        // The first call makes what is kept.
        work.run(measured);
        let counted = allocation_counter::measure(|| work.run(measured));
        for (what, value, at_most) in [
            ("allocations", counted.count_total, calls),
            ("bytes at once", counted.bytes_max, bytes),
        ] {
            report.figure(&Figure {
                id: "P5",
                what: &format!("{what}, {}", measured.title()),
                value,
                goal: Goal::Count {
                    at_most,
                    decides: true,
                },
                detail: "",
            })?;
        }
    }
    Ok(())
}

/// Valgrind hides the SHA instructions of the CPU, from the floor as from what is measured.
fn instruction_counts(report: &mut Report) -> io::Result<()> {
    let Some(floor) = instructions::of(Measured::Floor)? else {
        return report.note("skipped: valgrind not found, no instruction counts (P5)");
    };
    // With spaces the body is looked through once more, and hashed twice: without them, and as it is.
    for (measured, at_most, decides) in [
        (Measured::CheckSignature, 1250, true),
        (Measured::CheckSpaced, 3100, true),
        (Measured::Verify, 1500, true),
    ] {
        let count = instructions::of(measured)?;
        let count = count.ok_or_else(|| io::Error::other("valgrind went away"))?;
        report.figure(&Figure {
            id: "P5",
            what: &format!("instructions, {} / bare hash and HMAC", measured.title()),
            value: count * 1000 / floor,
            goal: Goal::Ratio { at_most, decides },
            detail: &format!("({count} / {floor})"),
        })?;
    }
    Ok(())
}
