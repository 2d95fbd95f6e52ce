//! Keeps the web out: a page that a developer happens to look at must neither read nor drive the
//! sandbox.
//!
//! A name of another site can be made to lead to 127.0.0.1 (DNS rebinding): then the browser takes the
//! admin port for that site, but `Host` still has the name. And any page can send a form here: then
//! `Sec-Fetch-Site` or `Origin` say that it was another site. Programs send neither.

use std::net::IpAddr;

use super::Refused;
use crate::{
    arrived::Arrived,
    web::origin::{is_own, one},
};

/// Is this request from this computer, and no other site's idea?
pub(super) fn check(request: &Arrived) -> Result<(), Refused> {
    let host = one(request, "host").filter(|host| is_loopback(host));
    if host.is_none() {
        return Err(Refused::new(
            403,
            "the header Host must name this computer: use 127.0.0.1 or localhost",
        ));
    }
    let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
    if is_read || is_own(request) {
        return Ok(());
    }
    Err(Refused::new(
        403,
        "a page of another site sent this; use the sandbox's own pages, or a program without Origin",
    ))
}

/// With or without a port, in the forms that browsers write.
fn is_loopback(host: &str) -> bool {
    let end = host.find(']').map_or(0, |at| at + 1);
    let (name, port) = match host[end..].find(':') {
        Some(colon) => host.split_at(end + colon),
        None => (host, ""),
    };
    let is_port = port.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let address = bare.unwrap_or(name).parse::<IpAddr>();
    let is_address =
        address.is_ok_and(|address| address.is_loopback() && address.is_ipv6() == bare.is_some());
    is_port && (name.eq_ignore_ascii_case("localhost") || is_address)
}

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
            "::1",
            "[127.0.0.1]",
            "[::1]x",
            "[::1]:x",
            "127.0.0.1:80@evil.example",
            "]:1",
            "[::2]",
            "0.0.0.0:80",
            "user@127.0.0.1",
        ] {
            assert!(!is_let_in("GET", &[("host", host)]), "{host}");
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
