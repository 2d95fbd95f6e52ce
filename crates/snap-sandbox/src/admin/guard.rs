//! Keeps the web out: a page that a developer happens to look at must neither read nor drive the
//! sandbox.
//!
//! A name of another site can be made to lead to 127.0.0.1 (DNS rebinding): then the browser takes the
//! admin port for that site, but `Host` still has the name. And any page can send a form here: then
//! `Sec-Fetch-Site` or `Origin` say that it was another site. Programs send neither.

use std::net::IpAddr;

use super::Refused;
use crate::arrived::Arrived;

/// Is this request from this computer, and no other site's idea?
pub(super) fn check(request: &Arrived) -> Result<(), Refused> {
    let host = one(request, "host").filter(|host| is_loopback(host));
    let Some(host) = host else {
        return Err(Refused::new(
            403,
            "the header Host must name this computer: use 127.0.0.1 or localhost",
        ));
    };
    let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
    if is_read || is_own(request, host) {
        return Ok(());
    }
    Err(Refused::new(
        403,
        "a page of another site sent this; use the sandbox's own pages, or a program without Origin",
    ))
}

/// Did a page of this very host and port send it, or no page at all?
pub(crate) fn is_own(request: &Arrived, host: &str) -> bool {
    let site = if request.has("sec-fetch-site") {
        let site = one(request, "sec-fetch-site");
        matches!(site, Some("same-origin" | "none"))
    } else {
        true
    };
    site && (!request.has("origin")
        || one(request, "origin").is_some_and(|origin| is_of(origin, host)))
}

fn is_of(origin: &str, host: &str) -> bool {
    let name = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    name.is_some_and(|name| name.eq_ignore_ascii_case(host))
}

/// The value of a header that came once.
pub(crate) fn one<'a>(request: &'a Arrived, name: &'static str) -> Option<&'a str> {
    request.required(name, LONGEST).ok()
}

/// With or without a port.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = name.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// A host name has at most 253 characters; scheme and port come on top.
const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn is_let_in(method: &str, headers: &[(&str, &str)]) -> bool {
        let headers = headers.iter();
        let request = Arrived {
            method: method.to_owned(),
            target: "/_sandbox/state".to_owned(),
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect(),
            body: Some(Vec::new()),
        };
        check(&request).is_ok()
    }

    #[test]
    fn only_names_of_this_computer_are_hosts() {
        for host in [
            "127.0.0.1:1",
            "localhost",
            "LocalHost:80",
            "[::1]:8080",
            "127.9.9.9",
        ] {
            assert!(is_let_in("GET", &[("host", host)]), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:80",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "192.0.2.1",
            "[::1",
            "[::2]",
            "0.0.0.0:80",
            "user@127.0.0.1",
        ] {
            assert_eq!(
                is_let_in("GET", &[("host", host)]),
                host == "[::1",
                "{host}"
            );
        }
        assert!(!is_let_in("GET", &[]));
        assert!(!is_let_in(
            "GET",
            &[("host", "localhost"), ("host", "localhost")]
        ));
    }

    #[test]
    fn no_other_site_can_post() {
        let post = |more: &[(&str, &str)]| {
            is_let_in("POST", &[&[("host", "127.0.0.1:8080")], more].concat())
        };

        assert!(post(&[]));
        assert!(post(&[("origin", "http://127.0.0.1:8080")]));
        assert!(post(&[("sec-fetch-site", "same-origin")]));
        assert!(post(&[("sec-fetch-site", "none")]));
        for other in [
            "http://evil.example",
            "null",
            "http://127.0.0.1:3000",
            "http://localhost:8080",
        ] {
            assert!(!post(&[("origin", other)]), "{other}");
            assert!(
                !post(&[("origin", other), ("sec-fetch-site", "same-origin")]),
                "{other}"
            );
        }
        for other in ["cross-site", "same-site", ""] {
            assert!(!post(&[("sec-fetch-site", other)]), "{other}");
        }
    }
}
