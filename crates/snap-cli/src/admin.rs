//! Calls to a running sandbox.

use std::env;

use clap::Args;
use serde_json::Value;
use snap_sandbox::{AdminClient, AdminError, USUAL_ADMIN};

use crate::Failure;

/// Which sandbox a command is about.
#[derive(Args)]
pub(crate) struct Admin {
    /// Address that the sandbox prints as admin; if not given, that of the environment variable
    /// SNAP_SANDBOX_ADMIN, else the usual one, http://127.0.0.1:7627.
    #[arg(long, value_name = "URL", global = true)]
    admin: Option<String>,
}

impl Admin {
    /// Is it given as an option?
    pub(crate) fn is_given(&self) -> bool {
        self.admin.is_some()
    }

    /// Calls the sandbox, and waits.
    pub(crate) fn call<T>(
        &self,
        call: impl AsyncFnOnce(&AdminClient) -> Result<T, AdminError>,
    ) -> Result<T, Failure> {
        self.run(async |admin| call(admin).await.map_err(|error| told(&error)))
    }

    /// Does something that calls the sandbox.
    pub(crate) fn run<T>(
        &self,
        run: impl AsyncFnOnce(&AdminClient) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let client = self.client()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::new)?;
        runtime.block_on(run(&client))
    }

    /// Carries out an action; gives what it made.
    pub(crate) fn act(&self, action: &Value) -> Result<Value, Failure> {
        let made = self.call(async |admin| admin.act(&action.to_string()).await)?;
        read(&made)
    }

    fn client(&self) -> Result<AdminClient, Failure> {
        let url = match &self.admin {
            Some(url) => url.clone(),
            None => env::var(VARIABLE).unwrap_or_else(|_| USUAL_ADMIN.to_owned()),
        };
        AdminClient::new(&url).map_err(|error| told(&error))
    }
}

/// The words of an error, and what to do.
pub(crate) fn told(error: &AdminError) -> Failure {
    if error.is_not_running() {
        return Failure::new(format_args!(
            "{error} (`snap sandbox`, --admin, {VARIABLE})"
        ));
    }
    Failure::new(error)
}

/// JSON that the sandbox has sent.
pub(crate) fn read(json: &str) -> Result<Value, Failure> {
    serde_json::from_str(json).map_err(Failure::new)
}

const VARIABLE: &str = "SNAP_SANDBOX_ADMIN";
