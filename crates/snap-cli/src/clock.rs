//! `snap clock`: the two clocks of a running sandbox.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    Answer, Failure,
    admin::{Admin, read},
};

#[derive(Args)]
pub(crate) struct Clock {
    #[command(subcommand)]
    which: Option<Which>,
    /// How far the schedule moves on, such as `+13h` or `1h30m`; without it the clocks are shown.
    #[arg(value_name = "SPAN", allow_hyphen_values = true)]
    by: Option<String>,
    #[command(flatten)]
    admin: Admin,
}

#[derive(Subcommand)]
enum Which {
    /// Sets by how much the clock is wrong that X-TIMESTAMP is compared with.
    Door(Door),
}

#[derive(Args)]
struct Door {
    /// Such as `-5m`, `+20m` or `0s`.
    #[arg(value_name = "SPAN", allow_hyphen_values = true)]
    by: String,
}

impl Clock {
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        match (&self.which, &self.by) {
            (Some(Which::Door(door)), None) => {
                let action = json!({"action": "door-offset", "seconds": seconds(&door.by)?});
                moved(&self.admin, &action)
            }
            (None, Some(by)) => {
                let seconds = seconds(by)?;
                if seconds < 0 {
                    return Err(Failure::new("the schedule moves on only, such as +13h"));
                }
                moved(&self.admin, &json!({"action": "skip", "seconds": seconds}))
            }
            (None, None) => shown(&self.admin),
            (Some(_), Some(_)) => Err(Failure::new("one clock is moved at a time")),
        }
    }
}

fn moved(admin: &Admin, action: &Value) -> Result<Answer, Failure> {
    admin.act(action)?;
    shown(admin)
}

fn shown(admin: &Admin) -> Result<Answer, Failure> {
    let state = read(&admin.call(async |admin| admin.state().await)?)?;
    let names = ["schedule", "door", "skippedSeconds", "doorOffsetSeconds"];
    let clocks: serde_json::Map<String, Value> = names
        .into_iter()
        .map(|name| (name.to_owned(), state[name].clone()))
        .collect();
    let time = |name: &str| state[name].as_str().unwrap_or("?").to_owned();
    let text = format!(
        "schedule  {}  skipped {}\ndoor      {}  {}",
        time("schedule"),
        span(&state["skippedSeconds"]),
        time("door"),
        match state["doorOffsetSeconds"].as_i64() {
            Some(0) => "right".to_owned(),
            Some(offset) if offset < 0 => {
                format!("{} behind", span(&json!(offset.unsigned_abs())))
            }
            _ => format!("{} ahead", span(&state["doorOffsetSeconds"])),
        },
    );
    Answer::new(&clocks, text, true)
}

/// A span in words.
fn span(seconds: &Value) -> String {
    let seconds = Duration::from_secs(seconds.as_u64().unwrap_or_default());
    humantime::format_duration(seconds).to_string()
}

/// Seconds of a span with or without a sign: `+13h`, `-5m`, `1h30m`, `0`.
fn seconds(text: &str) -> Result<i64, Failure> {
    let (sign, span) = match text.strip_prefix('-') {
        Some(span) => (-1, span),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let seconds = humantime::parse_duration(span).ok();
    let seconds = seconds.and_then(|span| i64::try_from(span.as_secs()).ok());
    match seconds {
        Some(seconds) => Ok(sign * seconds),
        None => Err(Failure::new(
            "a span of time is such as +13h, 30m, 1h30m or 90s",
        )),
    }
}
