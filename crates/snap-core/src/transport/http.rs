use std::{
    convert::Infallible,
    error::Error as StdError,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use reqwest::{redirect, retry, tls};

use super::{Departure, Sending, Transport, TransportError, TransportFuture, TransportStage};
use crate::Config;

/// HTTP/1.1 over rustls. One of these holds one pool of connections.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    /// Sets up the client; opens no connection.
    ///
    /// Redirects are not followed: a redirect would carry the body and signed headers elsewhere.
    /// The HTTP library's own retries are off: one call is one request. Answers are asked for
    /// without compression.
    ///
    /// # Errors
    ///
    /// When the TLS library cannot be set up, such as without any root certificate.
    pub fn new(config: &Config) -> Result<Self, TransportError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_rustls()
            .tls_version_min(if config.tls_1_2 {
                tls::Version::TLS_1_2
            } else {
                tls::Version::TLS_1_3
            })
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .http1_only()
            .connect_timeout(config.connect_timeout)
            .pool_idle_timeout(POOL_IDLE)
            .referer(false)
            // Another crate in the tree may switch these on; features are united.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .no_hickory_dns();
        if !config.system_proxy {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            TransportError::new(
                TransportStage::NotConnected,
                "the HTTP client cannot be set up",
            )
            .with_source(error)
        })?;
        Ok(Self { client })
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        sending: &Sending,
    ) -> Result<Response<Bytes>, TransportError> {
        let signed_path = request
            .uri()
            .path_and_query()
            .map(|path| path.as_str().to_owned());
        let departure = sending.departure().clone();
        departure.watched();
        let request = request.map(|bytes| {
            reqwest::Body::wrap(Watched {
                bytes: Some(bytes),
                departure,
            })
        });
        let request = reqwest::Request::try_from(request).map_err(|error| {
            TransportError::new(
                TransportStage::NotConnected,
                "the request has no usable URL",
            )
            .with_source(error)
        })?;
        if path_and_query(request.url()) != signed_path {
            let detail = "the HTTP library would rewrite the signed path";
            return Err(TransportError::new(TransportStage::NotConnected, detail));
        }
        let response = self.client.execute(request).await;
        let response = response.map_err(|error| before_answer(error, sending.departure()))?;
        sending.answer_began(response.status().as_u16());
        whole(response, sending.response_limit()).await
    }
}

impl Transport for HttpTransport {
    fn send<'a>(&'a self, request: Request<Bytes>, sending: &'a Sending) -> TransportFuture<'a> {
        Box::pin(self.exchange(request, sending))
    }
}

/// A body that tells when it is asked for: the HTTP library does that on a connection it has, before it
/// writes the first byte of the head.
struct Watched {
    bytes: Option<Bytes>,
    departure: Departure,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.departure.begins();
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

async fn whole(
    mut response: reqwest::Response,
    limit: usize,
) -> Result<Response<Bytes>, TransportError> {
    let stage = TransportStage::Body {
        http_status: response.status().as_u16(),
    };
    let mut body = BytesMut::new();
    loop {
        let chunk = tokio::time::timeout(IDLE, response.chunk()).await;
        let chunk = chunk.map_err(|_| TransportError::new(stage, "the answer stopped coming"))?;
        let chunk = chunk.map_err(|error| {
            TransportError::new(stage, "the answer broke off").with_source(error.without_url())
        })?;
        let Some(chunk) = chunk else { break };
        if body.len() + chunk.len() > limit {
            let detail = format!("the answer is longer than the limit of {limit} bytes");
            return Err(TransportError::new(stage, detail));
        }
        body.extend_from_slice(&chunk);
    }
    let mut whole = Response::new(body.freeze());
    *whole.status_mut() = response.status();
    *whole.headers_mut() = std::mem::take(response.headers_mut());
    Ok(whole)
}

/// What proves that nothing left is a failure to connect, and that the request was never asked for
/// its body; any other failure proves nothing.
fn before_answer(error: reqwest::Error, departure: &Departure) -> TransportError {
    let error = error.without_url();
    let cause = innermost(&error);
    let (stage, detail) = match (error.is_connect(), error.is_timeout()) {
        (true, true) => (
            TransportStage::NotConnected,
            "connecting took too long".to_owned(),
        ),
        (true, false) if is_about_tls(&error) => (
            TransportStage::NotTrusted,
            format!("no connection: {cause}"),
        ),
        (true, false) => (
            TransportStage::NotConnected,
            format!("no connection: {cause}"),
        ),
        (false, _) if departure.is_certainly_ahead() => (
            TransportStage::NotConnected,
            format!("the connection was gone before the request was written: {cause}"),
        ),
        (false, _) => (
            TransportStage::NoAnswer,
            format!("the connection failed: {cause}"),
        ),
    };
    TransportError::new(stage, detail).with_source(error)
}

/// The TLS library reports what it does not accept as invalid data.
fn is_about_tls(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(this) = cause {
        let io = this.downcast_ref::<io::Error>();
        if io.is_some_and(|io| io.kind() == io::ErrorKind::InvalidData) {
            return true;
        }
        // `source()` of an I/O error leaves out the one that it wraps.
        cause = match io.and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => this.source(),
        };
    }
    false
}

/// The last cause, which names the trouble: refused, unknown host, bad certificate.
fn innermost(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn path_and_query(url: &reqwest::Url) -> Option<String> {
    Some(match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    })
}

const POOL_IDLE: Duration = Duration::from_secs(60);
/// How long an answer that has begun may pause.
const IDLE: Duration = Duration::from_secs(5);
