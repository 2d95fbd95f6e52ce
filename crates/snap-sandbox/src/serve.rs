//! A sandbox in the foreground, for a command line.

mod languages;

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

pub use self::languages::{Language, UnknownLanguage};
use crate::{builder::SandboxBuilder, json::Json, registry, sandbox::Sandbox};

/// Options of [`serve`]. They are arguments of a command line as well: it implements [`clap::Args`],
/// with each option under its own name but for `json`.
#[derive(clap::Args, Clone, Debug, Default)]
#[non_exhaustive]
pub struct ServeOptions {
    /// Address and port to listen on; a random loopback port if not given.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Loopback address and port of the admin API and its pages; if not given, port 7627, or a random
    /// one where that is taken.
    #[arg(long, value_name = "ADDR")]
    pub admin: Option<SocketAddr>,
    /// Seed of credentials and tokens, so that every run has the same ones; random if not given.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Prints one JSON object instead of text.
    #[arg(skip)]
    pub json: bool,
    /// Keeps the state in this folder, and goes on where the last sandbox with it stopped.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Serves operations that DOKU has not confirmed as well.
    #[arg(long)]
    pub unverified: bool,
    /// Lets customers approve payments and bindings at once, without a page.
    #[arg(long)]
    pub customers_approve: bool,
    /// Takes what DOKU's own libraries send although DOKU documents otherwise.
    #[arg(long)]
    pub danger_official_libraries: bool,
    /// Prints the settings of a client, ready to be copied, instead of the two keys: node, python, php,
    /// go, java or rust. JSON does not have them.
    #[arg(long, value_name = "NAME")]
    pub language: Option<Language>,
    /// Speaks TLS, under a bundled certificate whose authority is printed.
    #[cfg(feature = "tls")]
    #[arg(long)]
    pub tls: bool,
}

impl ServeOptions {
    /// Sets where to listen. An address beyond loopback lets others reach the sandbox.
    #[must_use]
    pub fn with_listen(self, listen: SocketAddr) -> Self {
        Self {
            listen: Some(listen),
            ..self
        }
    }

    /// Sets where to serve the admin API and its pages. The address must be loopback.
    #[must_use]
    pub fn with_admin(self, admin: SocketAddr) -> Self {
        Self {
            admin: Some(admin),
            ..self
        }
    }

    /// Sets the seed of credentials and tokens.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }

    /// Sets the folder that keeps the state.
    #[must_use]
    pub fn with_state(self, state: impl Into<PathBuf>) -> Self {
        Self {
            state: Some(state.into()),
            ..self
        }
    }

    /// Sets whether to print one JSON object instead of text.
    #[must_use]
    pub fn with_json(self, json: bool) -> Self {
        Self { json, ..self }
    }

    /// Sets whether to speak TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, tls: bool) -> Self {
        Self { tls, ..self }
    }

    /// Sets whether operations that DOKU has not confirmed are served as well.
    #[must_use]
    pub fn with_unverified(self, unverified: bool) -> Self {
        Self { unverified, ..self }
    }

    /// Sets whether customers approve at once.
    #[must_use]
    pub fn with_customers_approve(self, customers_approve: bool) -> Self {
        Self {
            customers_approve,
            ..self
        }
    }

    /// Sets the language of the settings to print.
    #[must_use]
    pub fn with_language(self, language: Language) -> Self {
        Self {
            language: Some(language),
            ..self
        }
    }

    /// Sets whether to take what DOKU's own libraries send.
    #[must_use]
    pub fn with_danger_official_libraries(self, danger_official_libraries: bool) -> Self {
        Self {
            danger_official_libraries,
            ..self
        }
    }
}

/// Starts a sandbox, prints base URL and credentials to `out`, and serves until Ctrl-C or SIGTERM.
///
/// The JSON object has the members `baseUrl`, `clientId`, `clientSecret`, `privateKeyPem`,
/// `publicKeyPem`, `agentKey`, `encryptionKey`, `seed`, `dokuPublicKeyPem` and
/// `adminUrl`, and with TLS `tlsRootPem`. The last 10,000 requests are kept.
///
/// # Errors
///
/// An address cannot be listened on, that of the admin API is not loopback, `out` cannot be written to, or signals cannot be received.
pub async fn serve(options: ServeOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut builder = Sandbox::builder()
        .unverified(options.unverified)
        .customers_approve(options.customers_approve)
        .keep_last_requests(KEPT);
    #[cfg(feature = "tls")]
    {
        builder = builder.tls(options.tls);
    }
    if let Some(listen) = options.listen {
        builder = builder.listen(listen);
    }
    if let Some(state) = &options.state {
        builder = builder.state_folder(state);
    }
    if let Some(seed) = options.seed {
        builder = builder.seed(seed);
    }
    if options.danger_official_libraries {
        builder = builder.danger_official_libraries();
    }
    let sandbox = start(builder, options.admin).await?;
    // Before anything is printed: a script may stop the server as soon as it has read a line.
    let mut stop = StopSignal::new()?;
    if options.json {
        writeln!(out, "{}", as_json(&sandbox))?;
    } else {
        write_text(&sandbox, &options, out)?;
    }
    out.flush()?;
    stop.received().await?;
    sandbox.stop().await
}

/// With the admin API where it is asked for, else at its usual port, else at any.
async fn start(builder: SandboxBuilder, admin: Option<SocketAddr>) -> io::Result<Sandbox> {
    if let Some(admin) = admin {
        return builder.admin(admin).start().await;
    }
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match builder.clone().admin(at(ADMIN_PORT)).start().await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            builder.admin(at(0)).start().await
        }
        started => started,
    }
}

fn as_json(sandbox: &Sandbox) -> Json {
    let merchant = sandbox.merchant();
    let mut members = vec![
        ("baseUrl", Json::text(sandbox.base_url())),
        ("clientId", Json::text(&merchant.client_id)),
        ("clientSecret", Json::text(&merchant.client_secret)),
        ("privateKeyPem", Json::text(&merchant.private_key_pem)),
        ("publicKeyPem", Json::text(&merchant.public_key_pem)),
        ("agentKey", Json::text(&merchant.agent_key)),
        ("encryptionKey", Json::text(&merchant.encryption_key)),
        // As text: not every reader of JSON keeps 64 bits of a number.
        ("seed", Json::text(sandbox.seed().to_string())),
        (
            "dokuPublicKeyPem",
            Json::text(sandbox.doku_public_key_pem()),
        ),
    ];
    let admin = sandbox.admin_url();
    members.extend(admin.map(|url| ("adminUrl", Json::text(url))));
    members.extend(
        sandbox
            .root_pem()
            .map(|pem| ("tlsRootPem", Json::text(pem))),
    );
    Json::object(members)
}

fn write_text(sandbox: &Sandbox, options: &ServeOptions, out: &mut dyn Write) -> io::Result<()> {
    let merchant = sandbox.merchant();
    writeln!(out, "Local SNAP sandbox: {}", registry::summary())?;
    if !sandbox.address().ip().is_loopback() {
        writeln!(out, "Reachable from other computers; its keys are public.")?;
    }
    if options.danger_official_libraries {
        writeln!(
            out,
            "Takes what DOKU's own libraries send although DOKU documents otherwise."
        )?;
    }
    writeln!(out)?;
    writeln!(out, "base URL       {}", sandbox.base_url())?;
    if let Some(admin) = sandbox.admin_url() {
        writeln!(out, "admin          {admin}/_sandbox/")?;
        // Or a command would act on the sandbox that has the usual address.
        if admin != USUAL_ADMIN {
            writeln!(out, "for snap       export SNAP_SANDBOX_ADMIN={admin}")?;
        }
    }
    writeln!(out, "client id      {}", merchant.client_id)?;
    writeln!(out, "client secret  {}", merchant.client_secret)?;
    writeln!(out, "agent key      {}", merchant.agent_key)?;
    writeln!(out, "seed           {}", sandbox.seed())?;
    writeln!(out)?;
    match options.language {
        Some(language) => {
            let settings = language.settings(sandbox.base_url(), merchant);
            writeln!(out, "{}", settings.trim_end())?;
        }
        None => {
            writeln!(out, "{}", merchant.private_key_pem.trim_end())?;
            writeln!(out, "{}", merchant.public_key_pem.trim_end())?;
            writeln!(out)?;
            let names = languages::names();
            writeln!(out, "Settings to copy: --language with one of {names}.")?;
        }
    }
    if let Some(pem) = sandbox.root_pem() {
        writeln!(out)?;
        writeln!(out, "{}", pem.trim_end())?;
    }
    writeln!(out)?;
    writeln!(out, "Serving until stopped (Ctrl-C).")
}

/// Where [`serve`] has its admin API if nothing else is asked for and the port is free.
pub const USUAL_ADMIN: &str = "http://127.0.0.1:7627";

const ADMIN_PORT: u16 = 7627;

/// How many requests are kept: a server runs for days.
const KEPT: usize = 10_000;

/// Ctrl-C, or what a service manager sends.
struct StopSignal {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignal {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn received(&mut self) -> io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => Ok(()),
            _ = self.terminate.recv() => Ok(()),
        }
    }
}

#[cfg(not(unix))]
impl StopSignal {
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn received(&mut self) -> io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_address_has_the_usual_port() {
        assert!(USUAL_ADMIN.ends_with(&format!(":{ADMIN_PORT}")));
    }

    #[tokio::test]
    async fn a_taken_port_is_left_to_whoever_has_it() {
        // One of the two has the usual port, or another program has it.
        let one = start(Sandbox::builder(), None).await.expect("starts");
        let other = start(Sandbox::builder(), None).await.expect("starts");

        assert_ne!(one.admin_url(), other.admin_url());
        assert_ne!(other.admin_url(), Some(USUAL_ADMIN));
    }
}
