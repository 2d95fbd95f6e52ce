//! What a signature costs above the work that cannot be avoided: `cargo bench -p snap-sign`.
//!
//! Instruction counts (callgrind) and allocation counts are the same on every run and set the exit
//! code. Times are taken in pairs and only reported: RSA against aws-lc-rs called directly, and the
//! symmetric signature against its bare compressions as this CPU runs them.

mod instructions;
mod report;
mod timing;
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
        report.note("skipped: run `cargo bench -p snap-sign`")?;
        return Ok(ExitCode::SUCCESS);
    }
    allocations(&mut report)?;
    instruction_counts(&mut report)?;
    times(&mut report)?;
    Ok(report.exit_code())
}

fn allocations(report: &mut Report) -> io::Result<()> {
    let work = Work::new();
    for (measured, id) in [
        (Measured::Compact, "P1"),
        (Measured::AnyJson, "P1"),
        (Measured::Prefix, "P2"),
        (Measured::Verify, "P11"),
        (Measured::VerifyPretty, "P11"),
    ] {
        let counted = allocation_counter::measure(|| work.run(measured));
        report.figure(&Figure {
            id,
            what: &format!("allocations, {}", measured.title()),
            value: counted.count_total,
            goal: Goal::Count {
                at_most: 0,
                decides: true,
            },
            detail: "",
        })?;
    }
    Ok(())
}

/// Valgrind hides the SHA instructions of the CPU, so SHA-256 weighs more here than in a program:
/// a signature is compared with the bare compressions it needs itself, under the same tool. P2's
/// own goal, a share of the floor of P1, is therefore a time.
fn instruction_counts(report: &mut Report) -> io::Result<()> {
    let Some(floor) = instructions::of(Measured::Floor)? else {
        return report.note("skipped: valgrind not found, no instruction counts (P1, P2, P11)");
    };
    let prefix_floor = count(Measured::PrefixFloor)?;
    let signed = count(Measured::Compact)?;
    let verified = count(Measured::Verify)?;
    for (id, measured, base_name, base, at_most, decides) in [
        (
            "P1",
            Measured::Compact,
            "5 SHA-256 + 8 SHA-512 blocks",
            floor,
            1100,
            true,
        ),
        (
            "P1",
            Measured::AnyJson,
            "5 SHA-256 + 8 SHA-512 blocks",
            floor,
            1100,
            true,
        ),
        (
            "P2",
            Measured::Prefix,
            "5 SHA-256 + 3 SHA-512 blocks",
            prefix_floor,
            1100,
            true,
        ),
        (
            "P11",
            Measured::Verify,
            "sign compact body",
            signed,
            1150,
            true,
        ),
        (
            "P11",
            Measured::VerifyPretty,
            "verify compact body",
            verified,
            1120,
            true,
        ),
    ] {
        let count = count(measured)?;
        report.figure(&Figure {
            id,
            what: &format!("instructions, {} / {base_name}", measured.title()),
            value: count * 1000 / base,
            goal: Goal::Ratio { at_most, decides },
            detail: &format!("({count} / {base})"),
        })?;
    }
    Ok(())
}

fn count(measured: Measured) -> io::Result<u64> {
    instructions::of(measured)?.ok_or_else(|| io::Error::other("valgrind went away"))
}

fn times(report: &mut Report) -> io::Result<()> {
    let work = Work::new();
    let above_floor =
        |measured| timing::paired(200, || work.run(measured), || work.run(Measured::Floor));
    let below = |at_most| Goal::Ratio {
        at_most,
        decides: false,
    };
    let (signed, by_prefix) = (
        above_floor(Measured::Compact),
        above_floor(Measured::Prefix),
    );
    for (id, what, goal, band) in [
        (
            "P1",
            "sign compact body / bare compressions",
            Goal::None,
            signed,
        ),
        (
            "P2",
            "sign with prefix / bare compressions of P1",
            below(550),
            by_prefix,
        ),
        (
            "P4",
            "RSA-2048 sign / aws-lc-rs directly",
            below(1030),
            timing::sign(),
        ),
        (
            "P4",
            "RSA-2048 verify / aws-lc-rs directly",
            below(1050),
            timing::verify(),
        ),
    ] {
        report.figure(&Figure {
            id,
            what: &format!("time, {what}"),
            value: band.median,
            goal,
            detail: &band.to_string(),
        })?;
    }
    Ok(())
}
