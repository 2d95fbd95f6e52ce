use std::{error::Error as StdError, fmt, io, sync::Arc};

use redis::{ErrorKind, ServerErrorKind};

/// What went wrong with the server, and which setting mends it. Repeats nothing that the server said
/// beyond its error code, and no password.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisError {
    kind: Kind,
    /// Where the server is, without user and password.
    address: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The settings cannot be used.
    Setting(&'static str),
    /// No connection, or it broke.
    Connection(String),
    /// The connection was made and then closed before the server had said anything.
    Handshake {
        tls: bool,
    },
    #[cfg(feature = "rustls")]
    Certificate(String),
    Late,
    Refused,
    ReadOnly,
    Permission,
    WrongType(String),
    Full,
    /// It loads its data, or a script of somebody else keeps it busy.
    Busy(String),
    Cluster,
    Old,
    /// What it holds was not written by this crate, or with another key.
    Content {
        key: String,
        because: &'static str,
    },
    Other(String),
}

impl RedisError {
    pub(crate) fn new(kind: Kind, address: impl Into<String>) -> Self {
        let address = address.into();
        Self { kind, address }
    }

    pub(crate) fn setting(because: &'static str) -> Self {
        Self::new(Kind::Setting(because), "")
    }

    pub(crate) fn content(address: &str, key: &str, because: &'static str) -> Self {
        let key = key.to_owned();
        Self::new(Kind::Content { key, because }, address)
    }

    /// Whether it may pass by itself: no connection, no answer, a server that is starting or failing
    /// over. Anything else stays until somebody changes a setting, here or at the server.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(
            self.kind,
            Kind::Connection(_)
                | Kind::Handshake { .. }
                | Kind::Late
                | Kind::Busy(_)
                | Kind::ReadOnly
        )
    }

    /// Whether a limit ran out, so that there is no time left to try again.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self.kind, Kind::Late | Kind::Handshake { tls: true })
    }

    /// Of what the server or the connection said while `key` was asked for.
    pub(crate) fn of(error: &redis::RedisError, address: &str, key: &str) -> Self {
        let code = || error.code().unwrap_or("no code").to_owned();
        let kind = match error.kind() {
            _ if error.is_timeout() => Kind::Late,
            ErrorKind::Io => Kind::Connection(io_kind(error)),
            ErrorKind::AuthenticationFailed => Kind::Refused,
            ErrorKind::RESP3NotSupported => Kind::Old,
            ErrorKind::Server(ServerErrorKind::ReadOnly) => Kind::ReadOnly,
            ErrorKind::Server(ServerErrorKind::NoPerm) => Kind::Permission,
            ErrorKind::Server(ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown) => {
                Kind::Busy(code())
            }
            ErrorKind::Server(
                ServerErrorKind::Moved
                | ServerErrorKind::Ask
                | ServerErrorKind::CrossSlot
                | ServerErrorKind::ClusterDown,
            ) => Kind::Cluster,
            ErrorKind::UnexpectedReturnType | ErrorKind::Parse => {
                Kind::Other("an answer that cannot be read".to_owned())
            }
            _ => by_code(&code(), key),
        };
        Self::new(kind, address)
    }
}

fn by_code(code: &str, key: &str) -> Kind {
    match code {
        "WRONGTYPE" => Kind::WrongType(key.to_owned()),
        "NOAUTH" | "WRONGPASS" => Kind::Refused,
        "OOM" => Kind::Full,
        "BUSY" | "TRYAGAIN" | "NOREPLICAS" => Kind::Busy(code.to_owned()),
        code => Kind::Other(code.to_owned()),
    }
}

fn io_kind(error: &redis::RedisError) -> String {
    let io = io_error(error).map(io::Error::kind);
    io.map_or_else(|| "it broke".to_owned(), |kind| kind.to_string())
}

/// The cause, if that is one of the operating system or of TLS. The library keeps it in an `Arc`.
pub(crate) fn io_error(error: &redis::RedisError) -> Option<&io::Error> {
    let source = error.source()?;
    let shared = source.downcast_ref::<Arc<dyn StdError + Send + Sync>>();
    shared.map_or_else(|| source.downcast_ref(), |shared| shared.downcast_ref())
}

impl fmt::Display for RedisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = &self.address;
        match &self.kind {
            Kind::Setting(because) => write!(f, "the URL cannot be used: {because}"),
            Kind::Connection(why) => write!(
                f,
                "there is no connection to {address}: {why}; check host and port in the URL, and \
                 whether the server runs"
            ),
            Kind::Handshake { tls: false } => write!(
                f,
                "{address} closed the connection before it said anything; if it asks for TLS, begin \
                 the URL with `rediss://`"
            ),
            Kind::Handshake { tls: true } => write!(
                f,
                "there is no TLS handshake with {address}; check host and port, and if it needs no \
                 TLS, begin the URL with `redis://`"
            ),
            #[cfg(feature = "rustls")]
            Kind::Certificate(why) => write!(
                f,
                "the certificate of {address} is not trusted: {why}; give its root to \
                 `Redis::open_with_root`, and the name it is made for in the URL"
            ),
            Kind::Late => write!(f, "{address} did not answer in time"),
            Kind::Refused => write!(
                f,
                "{address} refuses user or password: check them in the URL, \
                 `rediss://user:password@host:port`"
            ),
            Kind::ReadOnly => write!(
                f,
                "{address} is a read-only replica: give the address of the primary in the URL"
            ),
            Kind::Permission => write!(
                f,
                "the user of the URL lacks a permission at {address}: see the access rules in the \
                 README of snap-redis"
            ),
            Kind::WrongType(key) => write!(
                f,
                "the key {key:?} at {address} is of a type that snap-redis does not write: give \
                 `Redis::with_prefix` another prefix, or delete the key"
            ),
            Kind::Full => write!(
                f,
                "{address} has no memory left: raise `maxmemory` of the server"
            ),
            Kind::Busy(code) => write!(f, "{address} is busy ({code}); it is asked again"),
            Kind::Cluster => write!(
                f,
                "{address} is a node of a cluster, which snap-redis does not support: give the \
                 address of a single primary in the URL"
            ),
            Kind::Old => write!(f, "{address} does not know RESP3: use Redis 6 or Valkey"),
            Kind::Content { key, because } => {
                write!(f, "the key {key:?} at {address} {because}")
            }
            Kind::Other(code) => write!(f, "{address} said {code}"),
        }
    }
}

impl fmt::Debug for RedisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisError({self})")
    }
}

impl StdError for RedisError {}
