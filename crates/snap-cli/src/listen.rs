//! `snap listen`: where a running sandbox sends its notifications, and what becomes of them.

use std::{io, process::ExitCode, time::Duration};

use clap::Args;
use serde_json::{Value, json};
use snap_sandbox::AdminClient;

use crate::{
    Failure,
    admin::{Admin, read, told},
    answer::write_line,
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
        let mut printed = false;
        let ended = self.admin.run(async |admin| {
            let mut last = count(
                &read(&admin.state().await.map_err(|error| told(&error))?)?["counts"]["events"],
            );
            self.direct(admin).await?;
            loop {
                let timeline = admin
                    .timeline(last, None)
                    .await
                    .map_err(|error| told(&error))?;
                let timeline = read(&timeline)?;
                for event in events(&timeline) {
                    printed = true;
                    if write_line(&mut io::stdout().lock(), &line(event, as_json)).is_err() {
                        return Ok(());
                    }
                }
                last = count(&timeline["last"]);
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => return Ok(()),
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        });
        match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) if printed => failure.print_without_answer(),
            Err(failure) => failure.print(as_json),
        }
    }

    async fn direct(&self, admin: &AdminClient) -> Result<(), Failure> {
        let action = json!({
            "action": "notify-to",
            "notificationUrl": self.forward,
            "tokenUrl": self.token_url,
        });
        let done = admin.act(&action.to_string()).await;
        done.map(drop).map_err(|error| told(&error))
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
    format!("{}  {}  {}", text("at"), text("reference"), text("says"))
}

fn count(number: &Value) -> u64 {
    number.as_u64().unwrap_or_default()
}

/// Between two looks at the timeline.
const PAUSE: Duration = Duration::from_millis(200);
