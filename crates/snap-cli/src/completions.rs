//! `snap completions`: scripts that let a shell complete the commands.

use std::io;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde_json::json;

use crate::{Answer, Cli, Failure};

#[derive(Args)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "snap", &mut script);
        let script = String::from_utf8(script).map_err(io::Error::other);
        let script = script.map_err(Failure::new)?;
        let object = json!({"shell": self.shell.to_string(), "script": script});
        Answer::new(&object, script, true)
    }
}
