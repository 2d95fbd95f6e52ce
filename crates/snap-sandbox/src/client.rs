//! A small HTTP client: one request on one connection, plain HTTP only.
//!
//! The sandbox calls the merchant with it, and the `snap` command calls the admin API. Neither needs
//! a pool, redirects or TLS.

use std::{fmt, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, Uri,
    body::Bytes,
    client::conn::http1,
    header::{HOST, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Where a request goes: `http://host[:port]/path[?query]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Host as TCP wants it: an IPv6 address without brackets.
    host: String,
    port: u16,
    /// Host and port as the header `Host` has them.
    authority: String,
    target: String,
}

/// A request to send. Its `Debug` shows neither headers nor body: they hold tokens.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// What came back.
pub(crate) struct Incoming {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// How long an answer may take, in real time, and how long it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) time: Duration,
    pub(crate) bytes: usize,
}

/// Why nothing came back. It names no header and no byte of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendError {
    /// Nobody listens there, or the name is not known.
    NotConnected,
    /// A header cannot be written.
    Header,
    /// The connection broke, or what came is no HTTP.
    Broken,
    /// The answer is longer than its limit.
    TooLong,
    /// The time was over.
    TooSlow,
}

impl Address {
    /// None unless it is plain HTTP with a host.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        if uri.scheme_str() != Some("http") {
            return None;
        }
        let authority = uri.authority()?;
        if authority.as_str().contains('@') {
            return None;
        }
        let host = authority.host();
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        Some(Self {
            host: bare.unwrap_or(host).to_owned(),
            port: authority.port_u16().unwrap_or(80),
            authority: authority.as_str().to_owned(),
            target: uri
                .path_and_query()
                .map_or("/", |target| target.as_str())
                .to_owned(),
        })
    }

    /// Path and query.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// The same host, another path.
    pub(crate) fn with_target(&self, target: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            ..self.clone()
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.target)
    }
}

/// Sends, and waits for the whole answer.
pub(crate) async fn send(
    address: &Address,
    outgoing: Outgoing,
    limits: Limits,
) -> Result<Incoming, SendError> {
    let request = request(address, outgoing)?;
    let exchange = exchange(address, request, limits.bytes);
    match tokio::time::timeout(limits.time, exchange).await {
        Ok(done) => done,
        Err(_) => Err(SendError::TooSlow),
    }
}

fn request(address: &Address, outgoing: Outgoing) -> Result<Request<Full<Bytes>>, SendError> {
    let mut request = Request::new(Full::new(Bytes::from(outgoing.body)));
    *request.method_mut() = outgoing.method;
    *request.uri_mut() = address.target.parse().map_err(|_| SendError::Header)?;
    let own = [("host", address.authority.clone())];
    for (name, value) in own.into_iter().chain(outgoing.headers) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| SendError::Header)?;
        let mut value = HeaderValue::try_from(value).map_err(|_| SendError::Header)?;
        value.set_sensitive(name != HOST);
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

async fn exchange(
    address: &Address,
    request: Request<Full<Bytes>>,
    longest: usize,
) -> Result<Incoming, SendError> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await;
    let stream = stream.map_err(|_| SendError::NotConnected)?;
    // Head and body must not wait for each other.
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| SendError::Broken)?;
    let answer = async {
        let answer = sender.send_request(request).await;
        let (head, body) = answer.map_err(|_| SendError::Broken)?.into_parts();
        let body = Limited::new(body, longest).collect().await;
        let body = body.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                SendError::TooLong
            } else {
                SendError::Broken
            }
        })?;
        Ok(Incoming {
            status: head.status.as_u16(),
            body: body.to_bytes().to_vec(),
        })
    };
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        // The connection may be done before the last of the answer is read.
        _ = connection => answer.await,
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConnected => "nobody listens there",
            Self::Header => "a header or the path cannot be sent",
            Self::Broken => "the connection broke before a whole HTTP answer",
            Self::TooLong => "the answer is too long",
            Self::TooSlow => "no whole answer in time",
        })
    }
}

impl std::error::Error for SendError {}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    const LIMITS: Limits = Limits {
        time: Duration::from_secs(20),
        bytes: 30,
    };

    /// Answers one connection with these bytes, whatever it is asked; gives what it was asked.
    async fn answered(bytes: &'static [u8]) -> (Result<Incoming, SendError>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let port = listener.local_addr().expect("address").port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("accepts");
            let mut seen = vec![0; 4096];
            let count = stream.read(&mut seen).await.expect("reads");
            stream.write_all(bytes).await.expect("writes");
            String::from_utf8_lossy(&seen[..count]).into_owned()
        });
        let address = Address::read(&format!("http://127.0.0.1:{port}/path?query=1"));
        let outgoing = Outgoing {
            method: Method::POST,
            headers: vec![("content-type", "application/json".to_owned())],
            body: b"{}".to_vec(),
        };
        let reply = send(&address.expect("an address"), outgoing, LIMITS).await;
        (reply, server.await.expect("ends"))
    }

    #[tokio::test]
    async fn a_request_goes_out_and_its_answer_comes_back() {
        let (reply, seen) = answered(b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok").await;

        let reply = reply.expect("an answer");
        assert_eq!((reply.status, &*reply.body), (202, &b"ok"[..]));
        assert!(seen.starts_with("POST /path?query=1 HTTP/1.1\r\nhost: 127.0.0.1:"));
        assert!(seen.ends_with("\r\n\r\n{}"), "{seen}");
    }

    #[tokio::test]
    async fn what_is_no_whole_answer_is_an_error() {
        for bytes in [
            &b""[..],
            b"garbage\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhalf",
        ] {
            let (reply, _) = answered(bytes).await;

            assert_eq!(reply.expect_err("broken"), SendError::Broken);
        }
    }

    #[tokio::test]
    async fn an_answer_beyond_its_limit_is_an_error() {
        let (reply, _) = answered(
            b"HTTP/1.1 200 OK\r\ncontent-length: 31\r\n\r\n1234567890123456789012345678901",
        )
        .await;

        assert_eq!(reply.expect_err("too long"), SendError::TooLong);
    }

    #[tokio::test]
    async fn nobody_at_the_address_is_said_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let port = listener.local_addr().expect("address").port();
        drop(listener);
        let address = Address::read(&format!("http://127.0.0.1:{port}")).expect("an address");
        let outgoing = Outgoing {
            method: Method::GET,
            headers: Vec::new(),
            body: Vec::new(),
        };

        let reply = send(&address, outgoing, LIMITS).await;

        assert_eq!(reply.expect_err("refused"), SendError::NotConnected);
    }

    #[test]
    fn addresses_are_plain_http_with_a_host() {
        let read = |text: &str| Address::read(text);

        let address = read("http://[::1]:8080").expect("an address");
        assert_eq!((&*address.host, address.port), ("::1", 8080));
        assert_eq!(address.target(), "/");
        let other = address.with_target("/other");
        assert_eq!(other.to_string(), "http://[::1]:8080/other");
        assert_eq!(read("http://localhost/a").expect("an address").port, 80);
        for wrong in [
            "https://localhost/",
            "localhost:80",
            "/path",
            "",
            "http://user:word@localhost/",
            "http://",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
