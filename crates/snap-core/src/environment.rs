use std::{fmt, net::IpAddr};

use http::Uri;

use crate::ConfigError;

/// Where requests go.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Environment {
    base_url: String,
    own: bool,
}

impl Environment {
    /// DOKU's sandbox, `https://api-sandbox.doku.com`. (DOKU pages, all official libraries.)
    #[must_use]
    pub fn sandbox() -> Self {
        Self {
            base_url: "https://api-sandbox.doku.com".to_owned(),
            own: false,
        }
    }

    /// DOKU's production, `https://api.doku.com`: real money.
    #[must_use]
    pub fn production() -> Self {
        Self {
            base_url: "https://api.doku.com".to_owned(),
            own: false,
        }
    }

    /// Another server, such as the local sandbox or a proxy of your own.
    ///
    /// # Errors
    ///
    /// When the text is not `scheme://host[:port]`, or when it is `http` to a host other than
    /// loopback: tokens and signatures would travel in the clear.
    pub fn custom(base_url: &str) -> Result<Self, ConfigError> {
        let refused = |because| ConfigError::BaseUrl { because };
        let uri: Uri = base_url.parse().map_err(|_| refused("it is not a URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(refused("it does not start with https://"));
        };
        if authority.as_str().contains('@') {
            return Err(refused("it holds a user name or password"));
        }
        // The parser drops a fragment without a word.
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || base_url.contains('#') {
            return Err(refused(
                "it has a path; operations bring their own, from the first `/`",
            ));
        }
        match scheme {
            "https" => {}
            "http" if is_loopback(authority.host()) => {}
            "http" => {
                return Err(refused(
                    "it is http and the host is not loopback; use https",
                ));
            }
            _ => return Err(refused("its scheme is not https")),
        }
        Ok(Self {
            base_url: format!("{scheme}://{authority}").to_ascii_lowercase(),
            own: true,
        })
    }

    /// Scheme, host and port, without a trailing `/`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Whether this is one of DOKU's own hosts, by name or by [`Self::custom`].
    pub(crate) fn is_dokus(&self) -> bool {
        let host = self.base_url.split("://").nth(1).unwrap_or_default();
        let host = host
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        !self.own || host == "doku.com" || host.ends_with(".doku.com")
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({})", self.base_url)
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(base_url: &str, because: &str) {
        let error = Environment::custom(base_url).unwrap_err().to_string();
        assert!(error.contains(because), "{base_url}: {error}");
    }

    #[test]
    fn https_and_loopback_http_are_accepted() {
        for (given, kept) in [
            ("https://SNAP.example/", "https://snap.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("http://localhost:1", "http://localhost:1"),
        ] {
            assert_eq!(Environment::custom(given).unwrap().base_url(), kept);
        }
    }

    #[test]
    fn a_base_url_that_would_leak_or_break_the_signed_path_is_refused() {
        refused("http://snap.example", "not loopback");
        refused("http://localhost.evil.example", "not loopback");
        refused("http://127.0.0.1.evil.example", "not loopback");
        refused("https://snap.example/api", "path");
        refused("https://snap.example/?a=b", "path");
        refused("https://user:secret@snap.example", "password");
        refused("ftp://snap.example", "scheme");
        refused("https://snap.example/#x", "path");
        refused("https://snap.example#x", "path");
        refused("snap.example", "https://");
        refused("", "not a URL");
    }
}
