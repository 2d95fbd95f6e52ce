use std::{fmt, sync::Arc, time::Duration};

use snap_sign::{AsymmetricSigner, ClientId, ClientSecret, KeyError, PrivateKey, TimestampForm};

use crate::{
    Clock, Environment, ExternalIdGenerator, ExternalIdGuard, LimitPolicy, RandomExternalIds,
    SystemClock,
    token::{MemoryTokenStore, StoreOutage, TokenStore},
};

/// Who calls, where to, and within which limits. Building one does no I/O.
///
/// ```no_run
/// use snap_core::{Client, ClientId, ClientSecret, Config, Environment, PrivateKey};
///
/// let key = PrivateKey::from_pem(&std::fs::read("merchant.pem")?)?;
/// let secret = ClientSecret::new(std::fs::read_to_string("secret.txt")?.trim());
/// let config =
///     Config::new(Environment::sandbox(), ClientId::new("BRN-0240-1657686175289")?, secret, key)
///         .with_channel_id("H2H");
/// let client = Client::new(config)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Config {
    pub(crate) environment: Environment,
    pub(crate) client_id: ClientId,
    pub(crate) client_secret: ClientSecret,
    pub(crate) signer: Arc<dyn AsymmetricSigner>,
    pub(crate) channel_id: Option<String>,
    pub(crate) timestamp_form: TimestampForm,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) token_timeout: Duration,
    pub(crate) response_limit: usize,
    pub(crate) tls_1_2: bool,
    pub(crate) system_proxy: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) external_ids: Arc<dyn ExternalIdGenerator>,
    pub(crate) external_id_guard: Option<Arc<dyn ExternalIdGuard>>,
    pub(crate) token_store: Arc<dyn TokenStore>,
    /// Whether other processes may see the tokens.
    pub(crate) tokens_shared: bool,
    pub(crate) store_outage: StoreOutage,
    pub(crate) limit_policy: LimitPolicy,
    pub(crate) clock_correction: bool,
}

impl Config {
    /// A configuration with the default limits: connect 3 s, whole call 30 s, token request 10 s,
    /// answers of at most 1 MiB.
    ///
    /// The key signs token requests; it is a [`PrivateKey`] or any other [`AsymmetricSigner`].
    #[must_use]
    pub fn new(
        environment: Environment,
        client_id: ClientId,
        client_secret: ClientSecret,
        key: impl AsymmetricSigner + 'static,
    ) -> Self {
        Self {
            environment,
            client_id,
            client_secret,
            signer: Arc::new(key),
            channel_id: None,
            timestamp_form: TimestampForm::Jakarta,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(30),
            token_timeout: Duration::from_secs(10),
            response_limit: 1024 * 1024,
            tls_1_2: false,
            system_proxy: false,
            clock: Arc::new(SystemClock::new()),
            external_ids: Arc::new(RandomExternalIds::new()),
            external_id_guard: None,
            token_store: Arc::new(MemoryTokenStore::new()),
            tokens_shared: false,
            store_outage: StoreOutage::default(),
            limit_policy: LimitPolicy::default(),
            clock_correction: true,
        }
    }

    /// Reads the configuration from environment variables. Nothing else in this crate does.
    ///
    /// | Variable | Content |
    /// | --- | --- |
    /// | `SNAP_ENVIRONMENT` | `sandbox`, `production`, or a base URL |
    /// | `SNAP_CLIENT_ID` | the client id |
    /// | `SNAP_CLIENT_SECRET` | the secret key |
    /// | `SNAP_PRIVATE_KEY` | the private key as PEM text, line ends may be spelled `\n`; or: |
    /// | `SNAP_PRIVATE_KEY_FILE` | path of a PEM file |
    /// | `SNAP_PRIVATE_KEY_PASSPHRASE` | optional, with the feature `encrypted-keys` |
    /// | `SNAP_CHANNEL_ID` | optional, the default `CHANNEL-ID` |
    ///
    /// # Errors
    ///
    /// When a variable is missing or its content cannot be used; the error names the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// As [`Self::from_env`], from any other source of the same names.
    ///
    /// # Errors
    ///
    /// As [`Self::from_env`].
    pub fn from_variables(
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        // Compose files and CI systems set what is not given to nothing.
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let required = |name| variable(name).ok_or(ConfigError::Missing { name });
        let environment = match required("SNAP_ENVIRONMENT")?.as_str() {
            "sandbox" => Environment::sandbox(),
            "production" => Environment::production(),
            url => Environment::custom(url)?,
        };
        let client_id =
            ClientId::new(required("SNAP_CLIENT_ID")?).map_err(|error| ConfigError::Variable {
                name: "SNAP_CLIENT_ID",
                because: error.to_string(),
            })?;
        let secret = ClientSecret::new(required("SNAP_CLIENT_SECRET")?);
        let key = key_from(variable)?;
        let config = Self::new(environment, client_id, secret, key);
        Ok(match variable("SNAP_CHANNEL_ID") {
            Some(channel_id) => config.with_channel_id(channel_id),
            None => config,
        })
    }

    /// Calls another environment.
    #[must_use]
    pub fn with_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// The default `CHANNEL-ID`, sent to operations that require one: `H2H` for Kirim DOKU
    /// (example on DOKU's pages). At most 5 characters in the standard.
    #[must_use]
    pub fn with_channel_id(mut self, channel_id: impl Into<String>) -> Self {
        self.channel_id = Some(channel_id.into());
        self
    }

    /// Writes `X-TIMESTAMP` in another form than `+07:00`.
    #[must_use]
    pub fn with_timestamp_form(mut self, form: TimestampForm) -> Self {
        self.timestamp_form = form;
        self
    }

    /// Limit for opening a connection, default 3 s.
    #[must_use]
    pub fn with_connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Limit for a whole call, token request and body included, default 30 s.
    #[must_use]
    pub fn with_timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Limit for one token request, default 10 s.
    #[must_use]
    pub fn with_token_timeout(mut self, limit: Duration) -> Self {
        self.token_timeout = limit;
        self
    }

    /// Longest answer that is read, in bytes, default 1 MiB.
    #[must_use]
    pub fn with_response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// Accepts servers that speak TLS 1.2 only. The standard tolerated it until 2026-06-30.
    #[must_use]
    pub fn with_danger_tls_1_2(mut self) -> Self {
        self.tls_1_2 = true;
        self
    }

    /// Uses the proxy that `HTTPS_PROXY` and its relatives name; by default they are ignored.
    #[must_use]
    pub fn with_system_proxy(mut self) -> Self {
        self.system_proxy = true;
        self
    }

    /// Another source of time.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Another source of external ids.
    #[must_use]
    pub fn with_external_ids(mut self, generator: impl ExternalIdGenerator + 'static) -> Self {
        self.external_ids = Arc::new(generator);
        self
    }

    /// Asks a guard about external ids that callers bring, before anything is sent under them. Ids
    /// that the client makes itself do not need one, and cost no question.
    #[must_use]
    pub fn with_external_id_guard(mut self, guard: impl ExternalIdGuard + 'static) -> Self {
        self.external_id_guard = Some(Arc::new(guard));
        self
    }

    /// Keeps tokens where several processes see them. By default each client keeps its own, which
    /// is wrong as soon as two processes use one client id: DOKU honours only the latest token. Crate
    /// `snap-redis` has a store.
    #[must_use]
    pub fn with_token_store(mut self, store: impl TokenStore + 'static) -> Self {
        self.token_store = Arc::new(store);
        self.tokens_shared = true;
        self
    }

    /// What a call does that needs a token while the token store fails, default
    /// [`StoreOutage::FailClosed`].
    #[must_use]
    pub fn with_store_outage(mut self, outage: StoreOutage) -> Self {
        self.store_outage = outage;
        self
    }

    /// Whether the client corrects its clock, default yes: once after DOKU has refused a signature
    /// (HTTP part 401, case 00), by the `Date` header of that answer, if that is more than 30 s and at
    /// most 15 min away.
    #[must_use]
    pub fn with_clock_correction(mut self, corrects: bool) -> Self {
        self.clock_correction = corrects;
        self
    }

    /// What a call does about a request that exceeds a documented limit, default
    /// [`LimitPolicy::Warn`].
    #[must_use]
    pub fn with_limit_policy(mut self, policy: LimitPolicy) -> Self {
        self.limit_policy = policy;
        self
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let local = self.client_id.as_str().starts_with(LOCAL_CLIENT_ID)
            || self.client_secret.expose().starts_with(LOCAL_SECRET);
        if local && self.environment.is_dokus() {
            return Err(ConfigError::LocalCredentials);
        }
        Ok(())
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("environment", &self.environment)
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret)
            .field("key", &self.signer.fingerprint())
            .field("channel_id", &self.channel_id)
            .finish_non_exhaustive()
    }
}

fn key_from(variable: impl Fn(&'static str) -> Option<String>) -> Result<PrivateKey, ConfigError> {
    let (name, pem) = match (
        variable("SNAP_PRIVATE_KEY"),
        variable("SNAP_PRIVATE_KEY_FILE"),
    ) {
        (Some(_), Some(_)) => {
            return Err(ConfigError::Variable {
                name: "SNAP_PRIVATE_KEY",
                because: "SNAP_PRIVATE_KEY_FILE is set too; set one of them".to_owned(),
            });
        }
        (Some(pem), None) => ("SNAP_PRIVATE_KEY", pem.into_bytes()),
        (None, Some(path)) => {
            let name = "SNAP_PRIVATE_KEY_FILE";
            let pem = std::fs::read(path).map_err(|error| ConfigError::Variable {
                name,
                because: format!("the file cannot be read: {error}"),
            })?;
            (name, pem)
        }
        (None, None) => {
            return Err(ConfigError::Missing {
                name: "SNAP_PRIVATE_KEY or SNAP_PRIVATE_KEY_FILE",
            });
        }
    };
    let pem = zeroize::Zeroizing::new(pem);
    let key = match variable("SNAP_PRIVATE_KEY_PASSPHRASE") {
        Some(passphrase) => PrivateKey::from_encrypted_pem(&pem, &passphrase.into()),
        None => PrivateKey::from_pem(&pem),
    };
    key.map_err(|source| ConfigError::Key { name, source })
}

/// The configuration cannot be used; `Display` says what to change and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// An environment variable is not set, or empty.
    Missing {
        /// Name of the variable.
        name: &'static str,
    },
    /// The content of an environment variable cannot be used.
    Variable {
        /// Name of the variable.
        name: &'static str,
        /// What is wrong with it.
        because: String,
    },
    /// The private key of an environment variable cannot be used.
    Key {
        /// Name of the variable.
        name: &'static str,
        /// What is wrong with the key.
        source: KeyError,
    },
    /// The base URL cannot be used.
    BaseUrl {
        /// What is wrong with it.
        because: &'static str,
    },
    /// Credentials of the local sandbox were given for one of DOKU's hosts.
    LocalCredentials,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "the environment variable {name} is not set"),
            Self::Variable { name, because } => {
                write!(
                    f,
                    "the environment variable {name} cannot be used: {because}"
                )
            }
            Self::Key { name, .. } => write!(f, "the private key of {name} cannot be used"),
            Self::BaseUrl { because } => write!(
                f,
                "the base URL cannot be used: {because}; give `sandbox`, `production` or \
                 `https://host[:port]`"
            ),
            Self::LocalCredentials => f.write_str(
                "these are credentials of the local sandbox, and the host is DOKU's; take the \
                 client id and secret from DOKU's dashboard",
            ),
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Key { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Marks of the local sandbox's credentials, a form DOKU does not issue.
const LOCAL_CLIENT_ID: &str = "BRN-LOCAL-";
const LOCAL_SECRET: &str = "SK-LOCAL-";
