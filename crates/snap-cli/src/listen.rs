//! `snap listen`: where a running sandbox sends its notifications, and what becomes of them.

use std::{
    io::{self, ErrorKind, Write as _},
    pin::pin,
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use serde_json::{Value, json};
use snap_sandbox::AdminClient;

use crate::{
    Failure,
    admin::{Admin, read, told},
};

#[derive(Args)]
pub(crate) struct Listen {
    /// Address of the merchant that takes notifications.
    #[arg(long, value_name = "URL")]
    forward: String,
    /// Address of the merchant that issues tokens to DOKU.
    #[arg(long, value_name = "URL")]
    token_url: String,
    #[command(flatten)]
    admin: Admin,
}

impl Listen {
    /// Prints a line for each event, until stopped.
    pub(crate) fn run(&self, as_json: bool) -> ExitCode {
        let mut printer = Printer {
            as_json,
            used: false,
        };
        let ended = self
            .admin
            .run(async |admin| self.follow(admin, &mut printer).await);
        match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) if printer.used => failure.print_without_answer(),
            Err(failure) => failure.print(as_json),
        }
    }

    async fn follow(&self, admin: &AdminClient, printer: &mut Printer) -> Result<(), Failure> {
        let state = admin.state().await.map_err(|error| told(&error))?;
        let mut last = count(&read(&state)?["counts"]["events"]);
        admin
            .act(&self.action().to_string())
            .await
            .map_err(|error| told(&error))?;
        printer.begin(&self.forward);
        let mut stop = pin!(tokio::signal::ctrl_c());
        loop {
            let timeline = admin.timeline(last, None).await;
            let timeline = read(&timeline.map_err(|error| told(&error))?)?;
            if !printer.print(&timeline)? {
                return Ok(());
            }
            last = count(&timeline["last"]);
            tokio::select! {
                _ = &mut stop => return Ok(()),
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    fn action(&self) -> Value {
        json!({
            "action": "notify-to",
            "notificationUrl": self.forward,
            "tokenUrl": self.token_url,
        })
    }
}

struct Printer {
    as_json: bool,
    /// Whether anything was printed, so that an error does not become a second answer.
    used: bool,
}

impl Printer {
    /// Says on standard error that it works, since what is waited for may take its time.
    fn begin(&self, forward: &str) {
        if !self.as_json {
            let says =
                format_args!("notifications go to {forward}; one line per step (Ctrl-C ends)");
            // Nobody has to read it.
            let _ = writeln!(io::stderr(), "snap: {says}");
        }
    }

    /// Prints the events that are about notifications; false if the reader has left.
    fn print(&mut self, timeline: &Value) -> Result<bool, Failure> {
        let mut out = io::stdout().lock();
        for event in events(timeline) {
            self.used = true;
            let line = line(event, self.as_json);
            match writeln!(out, "{line}").and_then(|()| out.flush()) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(false),
                Err(error) => {
                    return Err(Failure::new(format_args!(
                        "an event cannot be written: {error}"
                    )));
                }
            }
        }
        Ok(true)
    }
}

/// The events that are about notifications.
fn events(timeline: &Value) -> impl Iterator<Item = &Value> {
    let events = timeline["events"].as_array().map_or(&[][..], Vec::as_slice);
    events
        .iter()
        .filter(|event| event["kind"] == "notification")
}

/// Time, reference and words; the whole event as JSON.
fn line(event: &Value, as_json: bool) -> String {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    if as_json || text("says").is_empty() {
        return event.to_string();
    }
    let line = format!("{}  {}  {}", text("at"), text("reference"), text("says"));
    line.chars().map(visible).collect()
}

/// A reference comes from a request: what moves the cursor of a terminal is not printed.
fn visible(letter: char) -> char {
    if letter.is_control() {
        '\u{fffd}'
    } else {
        letter
    }
}

fn count(number: &Value) -> u64 {
    number.as_u64().unwrap_or_default()
}

/// Between two looks at the timeline.
const PAUSE: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_cannot_write_over_the_terminal() {
        let event = json!({"at": "now", "reference": "a\u{1b}[2J\r\nb\u{9b}", "says": "queued"});

        let line = line(&event, false);

        assert_eq!(line, "now  a\u{fffd}[2J\u{fffd}\u{fffd}b\u{fffd}  queued");
    }
}
