//! A request as a log or `curl -v` shows it.

use std::{error::Error, fmt};

use super::{SignedTokenRequest, SignedTransaction};

/// A request that was read from text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SignedRequest {
    /// It has no `X-CLIENT-KEY`.
    Transaction(SignedTransaction),
    /// It has `X-CLIENT-KEY`.
    TokenRequest(SignedTokenRequest),
}

/// What is missing in a text to be a signed request. It repeats nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError(&'static str);

impl SignedRequest {
    /// Reads a request line, header lines, an empty line and the body, as HTTP/1.1 has them.
    ///
    /// If there are lines that begin with `> `, as `curl -v` prints what it sends, only they are read;
    /// the body is empty then. A request line may hold a whole URL and may lack the version. The body
    /// ends with `Content-Length`, so that a line end that an editor has added does not count.
    ///
    /// # Errors
    ///
    /// There is no request line, or `X-TIMESTAMP` is missing, which every signature covers.
    pub fn read(text: &[u8]) -> Result<Self, ReadError> {
        let sent = sent_by_curl(text);
        let (head, body) = split(sent.as_deref().unwrap_or(text));
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let line = lines.find(|line| !line.trim().is_empty());
        let (method, target) = request_line(line.unwrap_or_default())?;
        let (host, target) = without_host(target);
        let headers = Headers(lines.filter_map(|line| line.split_once(':')).collect());
        let body = headers.body(body);
        let stamp = headers.get("x-timestamp");
        let stamp = stamp.ok_or(ReadError("the header X-TIMESTAMP is missing"))?;
        let signature = headers.get("x-signature").map(ToOwned::to_owned);
        if let Some(client_id) = headers.get("x-client-key") {
            let mut request = SignedTokenRequest::new(client_id, stamp);
            request.signature = signature;
            request.request = (method.to_owned(), target.to_owned(), body.to_vec());
            return Ok(Self::TokenRequest(request));
        }
        let token = headers.bearer("authorization").unwrap_or_default();
        let mut request = SignedTransaction::new(method, target, token, body, stamp);
        request.signature = signature;
        request.customer_token = headers.bearer("authorization-customer").map(Into::into);
        request.client_id = headers.get("x-partner-id").map(Into::into);
        request.host = headers.get("host").or(host).map(Into::into);
        Ok(Self::Transaction(request))
    }
}

/// The lines that `curl -v` has sent, without their mark; None if there are none.
fn sent_by_curl(text: &[u8]) -> Option<Vec<u8>> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let sent: Vec<&[u8]> = lines
        .filter_map(|line| line.strip_prefix(b"> ").or(line.strip_prefix(b">")))
        .collect();
    (!sent.is_empty()).then(|| sent.concat())
}

/// Head and body, which begins after the first empty line.
fn split(text: &[u8]) -> (&[u8], &[u8]) {
    let start = text.len() - text.trim_ascii_start().len();
    let mut at = start;
    for line in text[start..].split_inclusive(|byte| *byte == b'\n') {
        if line.trim_ascii().is_empty() {
            return (&text[..at], &text[at + line.len()..]);
        }
        at += line.len();
    }
    (text, b"")
}

fn request_line(line: &str) -> Result<(&str, &str), ReadError> {
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some(method), Some(target)) if method.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Ok((method, target))
        }
        _ => Err(ReadError(
            "it does not begin with a request line, such as POST /snap/v1.1/balance-inquiry HTTP/1.1",
        )),
    }
}

/// The host of a whole URL, and the path.
fn without_host(target: &str) -> (Option<&str>, &str) {
    let url = target
        .strip_prefix("https://")
        .or_else(|| target.strip_prefix("http://"));
    let Some(url) = url else {
        return (None, target);
    };
    let (host, path) = url.split_at(url.find('/').unwrap_or(url.len()));
    (Some(host), if path.is_empty() { "/" } else { path })
}

struct Headers<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Headers<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let mut headers = self.0.iter();
        let found = headers.find(|(other, _)| other.trim().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }

    fn bearer(&self, name: &str) -> Option<&'a str> {
        let value = self.get(name)?;
        Some(value.strip_prefix("Bearer ").unwrap_or(value))
    }

    fn body<'b>(&self, rest: &'b [u8]) -> &'b [u8] {
        let length = self
            .get("content-length")
            .and_then(|text| text.parse().ok());
        rest.get(..length.unwrap_or(rest.len())).unwrap_or(rest)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is no signed request: {}", self.0)
    }
}

impl Error for ReadError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn transaction(text: &str) -> SignedTransaction {
        match SignedRequest::read(text.as_bytes()) {
            Ok(SignedRequest::Transaction(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn raw_http_is_read_as_it_stands() {
        let request = transaction(
            "POST /a?b=1 HTTP/1.1\r\nHost: api.example\r\nauthorization: Bearer token\r\n\
             Authorization-Customer: Bearer customer\r\nX-PARTNER-ID: BRN-1\r\n\
             X-TIMESTAMP: 2026-11-20T10:30:00Z\r\nX-SIGNATURE: abc=\r\ncontent-length: 8\r\n\r\n{\"a\":1}\n\n",
        );

        assert_eq!((&*request.method, &*request.target), ("POST", "/a?b=1"));
        assert_eq!(
            (&*request.access_token, &*request.timestamp),
            ("token", "2026-11-20T10:30:00Z")
        );
        assert_eq!(request.customer_token.as_deref(), Some("customer"));
        assert_eq!(request.client_id.as_deref(), Some("BRN-1"));
        assert_eq!(request.host.as_deref(), Some("api.example"));
        assert_eq!(request.signature.as_deref(), Some("abc="));
        assert_eq!(request.body, b"{\"a\":1}\n");
    }

    #[test]
    fn what_curl_prints_is_read_as_well() {
        let request = transaction(
            "* Connected to api.example\n> POST /a HTTP/1.1\n> Host: api.example\n\
             > X-TIMESTAMP: now\n> \n* upload completely sent\n< HTTP/1.1 401 Unauthorized\n< x-timestamp: no\n<\n{}",
        );

        assert_eq!((&*request.target, &*request.timestamp), ("/a", "now"));
        assert!(request.body.is_empty());
    }

    #[test]
    fn a_whole_url_gives_host_and_path() {
        let request = transaction("\n\nPOST https://api.example/a\nX-TIMESTAMP: now\n\n{}");

        assert_eq!(request.host.as_deref(), Some("api.example"));
        assert_eq!((&*request.target, &*request.body), ("/a", &b"{}"[..]));
        assert_eq!(transaction("POST http://h\nx-timestamp: now").target, "/");
    }

    #[test]
    fn a_client_key_makes_it_a_token_request() {
        let text = b"POST /t HTTP/1.1\nX-CLIENT-KEY: BRN-1\nX-TIMESTAMP: now\n\n{}";

        let Ok(SignedRequest::TokenRequest(request)) = SignedRequest::read(text) else {
            panic!("a token request");
        };

        assert_eq!((&*request.client_id, &*request.timestamp), ("BRN-1", "now"));
    }

    #[test]
    fn what_is_missing_is_named_and_nothing_is_repeated() {
        let error = |text: &str| {
            SignedRequest::read(text.as_bytes())
                .expect_err(text)
                .to_string()
        };

        assert!(error("").contains("request line"));
        assert!(error("{\"canary\":1}").contains("request line"));
        assert!(error("POST /canary HTTP/1.1\n\n").contains("X-TIMESTAMP"));
        assert!(!error("POST /canary HTTP/1.1\n\n").contains("canary"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = SignedRequest::read(&bytes);
        }
    }
}
