//! A sandbox in the foreground, for a command line.

mod languages;

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
};

pub use self::languages::{Language, UnknownLanguage};
use crate::{json::Json, registry, sandbox::Sandbox};

/// Options of [`serve`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ServeOptions {
    /// Where to listen; a random loopback port if not given.
    pub listen: Option<SocketAddr>,
    /// Where to serve the admin API and its pages, a loopback address; off if not given.
    pub admin: Option<SocketAddr>,
    /// Seed of credentials and tokens; random if not given.
    pub seed: Option<u64>,
    /// Print one JSON object instead of text.
    pub json: bool,
    /// Keep the state in this folder; see
    /// [`SandboxBuilder::state_folder`](crate::SandboxBuilder::state_folder).
    pub state: Option<PathBuf>,
    /// Serve operations that DOKU has not confirmed as well.
    pub unverified: bool,
    /// Take what DOKU's own libraries send; see
    /// [`SandboxBuilder::danger_official_libraries`](crate::SandboxBuilder::danger_official_libraries).
    pub danger_official_libraries: bool,
    /// Print the settings of a client in this language, ready to be copied, instead of the two keys. The
    /// JSON object does not have them.
    pub language: Option<Language>,
    /// Speak TLS.
    #[cfg(feature = "tls")]
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
/// `publicKeyPem`, `agentKey`, `encryptionKey`, `seed` and `dokuPublicKeyPem`, `adminUrl` with
/// [`ServeOptions::admin`], and `tlsRootPem` with TLS. The last 10,000 requests are kept.
///
/// # Errors
///
/// An address cannot be listened on, that of the admin API is not loopback, `out` cannot be written to, or signals cannot be received.
pub async fn serve(options: ServeOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut builder = Sandbox::builder()
        .unverified(options.unverified)
        .keep_last_requests(KEPT);
    #[cfg(feature = "tls")]
    {
        builder = builder.tls(options.tls);
    }
    if let Some(listen) = options.listen {
        builder = builder.listen(listen);
    }
    if let Some(admin) = options.admin {
        builder = builder.admin(admin);
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
    let sandbox = builder.start().await?;
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
