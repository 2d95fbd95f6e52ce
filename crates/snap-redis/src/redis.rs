use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
    parse_redis_url,
};

use crate::{Health, RedisError, link::Link};

/// One Redis or Valkey server, version 6 or later, that several processes share. Cheap to clone;
/// clones share one connection.
///
/// Making one contacts nobody. The connection is made when it is first needed, and again whenever it
/// breaks. All keys begin with `snap:`.
///
/// ```
/// use snap_redis::Redis;
///
/// let redis = Redis::open("rediss://snap:password@redis.internal:6379")?;
/// # Ok::<(), snap_redis::RedisError>(())
/// ```
#[derive(Clone)]
pub struct Redis {
    link: Arc<Link>,
    prefix: Arc<str>,
}

impl Redis {
    /// A server by its URL: `rediss://[user]:password@host[:port][/database]`, `redis://` for a server
    /// on the same machine, or `unix:///path`.
    ///
    /// # Errors
    ///
    /// When the URL cannot be used, or when it names another machine and has no TLS or no password:
    /// tokens and claims would be anybody's in that network.
    pub fn open(url: &str) -> Result<Self, RedisError> {
        let info = parsed(url)?;
        refuse_open_network(&info)?;
        Self::at(info, None)
    }

    /// As [`Self::open`], with the root of the server's certificate in PEM form, instead of the roots
    /// that the operating system trusts.
    ///
    /// # Errors
    ///
    /// As [`Self::open`], and when the PEM text holds no certificate.
    pub fn open_with_root(url: &str, root_pem: &[u8]) -> Result<Self, RedisError> {
        let info = parsed(url)?;
        refuse_open_network(&info)?;
        Self::at(info, Some(root_pem))
    }

    /// As [`Self::open`], also without TLS or password to another machine.
    ///
    /// Whoever reaches that server can make a replayed notification look new, and stop every call.
    /// Tokens are sealed there; that they are not replaced by older ones rests on the network alone.
    ///
    /// # Errors
    ///
    /// When the URL cannot be used.
    pub fn danger_open(url: &str) -> Result<Self, RedisError> {
        Self::at(parsed(url)?, None)
    }

    fn at(info: ConnectionInfo, root_pem: Option<&[u8]>) -> Result<Self, RedisError> {
        let address = info.addr().to_string();
        let tls = matches!(info.addr(), ConnectionAddr::TcpTls { .. });
        // Pushed messages come on the same connection only there.
        let settings = info
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3)
            // One permission less.
            .set_skip_set_lib_name();
        let info = info
            .set_redis_settings(settings)
            .set_tcp_settings(tcp_settings());
        let client = match root_pem {
            Some(_) if !tls => Err(RedisError::setting(
                "a root certificate is given, and the URL does not begin with `rediss://`",
            )),
            Some(pem) => with_root(info, pem),
            None => Client::open(info).map_err(|_| RedisError::setting(UNSUPPORTED)),
        }?;
        Ok(Self {
            link: Link::new(client, address, tls),
            prefix: PREFIX.into(),
        })
    }

    /// Begins keys with another word, for servers that several systems share: letters, digits and
    /// `-_.:` only.
    ///
    /// # Errors
    ///
    /// When it is empty or holds anything else.
    pub fn with_prefix(mut self, prefix: &str) -> Result<Self, RedisError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        if prefix.is_empty() || !prefix.bytes().all(fits) {
            let because =
                "the prefix is empty or holds something else than letters, digits, `-_.:`";
            return Err(RedisError::setting(because));
        }
        self.prefix = prefix.into();
        Ok(self)
    }

    /// Asks the server whether it is as it has to be: for a health page, or before a process begins
    /// to work. Calls need no such question.
    ///
    /// # Errors
    ///
    /// When there is no connection, or when the server cannot do what the stores need.
    pub async fn check(&self) -> Result<Health, RedisError> {
        self.link.check(&format!("{}:{{probe}}", self.prefix)).await
    }

    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.link
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("address", &self.link.address())
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// A connection that is used every quarter of an hour must not be forgotten by what lies between.
fn tcp_settings() -> TcpSettings {
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(10));
    TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(keepalive)
}

fn parsed(url: &str) -> Result<ConnectionInfo, RedisError> {
    let url = parse_redis_url(url.trim());
    let url = url.ok_or(RedisError::setting(
        "it does not begin with `rediss://`, `redis://` or `unix://`",
    ))?;
    if !cfg!(feature = "rustls") && matches!(url.scheme(), "rediss" | "valkeys") {
        return Err(RedisError::setting(UNSUPPORTED));
    }
    // The library's own text may repeat parts of the URL.
    url.into_connection_info()
        .map_err(|_| RedisError::setting("a part of it is malformed; percent-encode the password"))
}

fn refuse_open_network(info: &ConnectionInfo) -> Result<(), RedisError> {
    let is_tls = match info.addr() {
        ConnectionAddr::Tcp(host, _) if is_loopback(host) => return Ok(()),
        ConnectionAddr::TcpTls { host, .. } if is_loopback(host) => return Ok(()),
        ConnectionAddr::Unix(_) => return Ok(()),
        ConnectionAddr::TcpTls { .. } => true,
        _ => false,
    };
    if !is_tls {
        return Err(RedisError::setting(
            "the server is on another machine and the URL begins with `redis://`: use `rediss://`, \
             or `Redis::danger_open`",
        ));
    }
    if info.redis_settings().password().is_none() {
        return Err(RedisError::setting(
            "the server is on another machine and the URL has no password: add one, or use \
             `Redis::danger_open`",
        ));
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(feature = "rustls")]
fn with_root(info: ConnectionInfo, pem: &[u8]) -> Result<Client, RedisError> {
    let refused = || RedisError::setting("the root certificate is not PEM text of a certificate");
    // The library takes a text without any, and then trusts nobody.
    let begin = b"-----BEGIN CERTIFICATE-----";
    if !pem.windows(begin.len()).any(|part| part == begin) {
        return Err(refused());
    }
    let certificates = redis::TlsCertificates {
        client_tls: None,
        root_cert: Some(pem.to_vec()),
    };
    Client::build_with_tls(info, certificates).map_err(|_| refused())
}

#[cfg(not(feature = "rustls"))]
fn with_root(_: ConnectionInfo, _: &[u8]) -> Result<Client, RedisError> {
    Err(RedisError::setting(UNSUPPORTED))
}

const PREFIX: &str = "snap";
const UNSUPPORTED: &str = "this build has no support for that kind of URL; `rediss://` needs the \
                           feature `rustls`";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(result: Result<Redis, RedisError>, because: &str) {
        let error = result.unwrap_err();
        let said = error.to_string();
        assert!(said.contains(because), "{said}");
        assert!(!said.contains("canary"), "{said}");
        assert!(!error.is_outage());
    }

    #[test]
    fn another_machine_needs_tls_and_a_password() {
        refused(Redis::open("redis://:canary@10.0.0.1"), "rediss://");
        refused(Redis::open("redis://redis.internal"), "rediss://");
        refused(Redis::open("rediss://redis.internal"), "no password");
        assert!(Redis::open("rediss://:canary@redis.internal").is_ok());
        assert!(Redis::danger_open("redis://redis.internal").is_ok());
    }

    #[test]
    fn the_same_machine_needs_neither() {
        for url in [
            "redis://localhost",
            "redis://127.0.0.1:6380/2",
            "redis://[::1]",
            "rediss://localhost",
            "unix:///run/redis.sock",
            "valkey://127.0.0.1",
            " redis://127.0.0.1\n",
        ] {
            assert!(Redis::open(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_is_no_url_of_a_server_is_refused_with_what_to_do() {
        for url in ["", "canary:6379", "http://canary", "canary"] {
            refused(Redis::open(url), "does not begin with");
        }
        refused(Redis::open("redis://127.0.0.1/canary"), "malformed");
    }

    #[test]
    fn a_root_certificate_needs_tls_and_has_to_be_one() {
        let plain = Redis::open_with_root("redis://127.0.0.1", b"canary");
        refused(plain, "does not begin with `rediss://`");
        let half = b"-----BEGIN CERTIFICATE-----\ncanary";
        for broken in [&b"canary"[..], half] {
            let broken = Redis::open_with_root("rediss://127.0.0.1", broken);
            refused(broken, "not PEM text");
        }
    }

    #[test]
    fn a_prefix_is_a_word() {
        let redis = || Redis::open("redis://127.0.0.1").unwrap();
        assert!(redis().with_prefix("shop-1:prod").is_ok());
        for prefix in ["", "a b", "{a}", "ä"] {
            refused(redis().with_prefix(prefix), "the prefix");
        }
    }

    #[test]
    fn debug_shows_where_and_no_password() {
        let redis = Redis::open("rediss://user:canary@redis.internal").unwrap();

        let shown = format!("{redis:?}");

        assert!(shown.contains("redis.internal:6379"), "{shown}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}
