//! HTTP around the judge.

pub(crate) mod admin;
mod raw;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "server/no_tls.rs"]
mod tls;
mod wire;

use std::{convert::Infallible, io, pin::Pin, sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Request, StatusCode,
    body::{Bytes, Incoming},
    header::{HeaderName, HeaderValue},
    http::request::Parts,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinSet,
};

pub(crate) use self::tls::{ROOT_PEM, Tls};
use self::wire::Wire;
use crate::{
    arrived::{Arrived, BODY_LIMIT},
    bank,
    fault::{Act, At, Broken, Fault, Played},
    judge::Judge,
    operations::TokenCall,
    response::Response,
};

/// What a request handler needs.
#[derive(Clone)]
pub(crate) struct App {
    judge: Arc<Judge>,
    tls: Option<Tls>,
    token_delay: Duration,
    stopped: watch::Receiver<()>,
}

impl App {
    pub(crate) fn new(
        judge: Arc<Judge>,
        tls: Option<Tls>,
        token_delay: Duration,
        stopped: watch::Receiver<()>,
    ) -> Self {
        Self {
            judge,
            tls,
            token_delay,
            stopped,
        }
    }

    /// Serves until the sender of `stopped` is gone, then lets answers under way finish for a moment:
    /// a request that never arrives whole must not keep the sandbox alive.
    pub(crate) async fn run(self, listener: TcpListener) -> io::Result<()> {
        let mut connections = JoinSet::new();
        let mut ended = std::pin::pin!(self.ended());
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => drop(connections.spawn(self.clone().connection(stream))),
                    // Too many open files, most likely: connections have to end first.
                    Err(_) => tokio::time::sleep(A_MOMENT).await,
                },
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                () = &mut ended => break,
            }
        }
        drop(listener);
        let finished = async { while connections.join_next().await.is_some() {} };
        // What is not finished by then is aborted with its set.
        let _ = tokio::time::timeout(PATIENCE, finished).await;
        Ok(())
    }

    /// Resolves when the sender of `stopped` is gone.
    fn ended(&self) -> impl Future<Output = ()> + Send + 'static {
        ended(self.stopped.clone())
    }

    /// Serves one connection.
    async fn connection(self, stream: TcpStream) {
        // An answer must not wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        if let Some(fault) = self.judge.fault_of_connection() {
            return self.break_off(stream, fault).await;
        }
        match self.tls.clone() {
            None => self.serve(Box::new(stream)).await,
            Some(tls) => self.shake_hands(tls, stream).await,
        }
    }

    /// Makes a handshake, or breaks it, and serves what is left.
    async fn shake_hands(self, tls: Tls, stream: TcpStream) {
        let mut flaw = None;
        if let Some(fault) = self.judge.fault_of_handshake() {
            let Act::Certificate(wrong) = fault.act else {
                // The client has to speak first.
                tokio::select! {
                    _ = stream.readable() => {}
                    () = self.ended() => return,
                }
                return self.break_off(stream, fault).await;
            };
            flaw = Some(wrong);
        }
        let shaken = tokio::select! {
            shaken = tls.accept(stream, flaw) => shaken,
            () = self.ended() => return,
        };
        // A client that refuses the certificate, or speaks no TLS, knows why it left.
        if let Ok(stream) = shaken {
            self.serve(Box::new(stream)).await;
        }
    }

    /// Plays a fault before anything was read.
    async fn break_off(&self, stream: TcpStream, fault: Fault) {
        if let Played::Broken(broken) = fault.play(self.judge.no_response()) {
            raw::play(Box::new(stream), broken, self.ended()).await;
        }
    }

    /// Serves HTTP. A handler that breaks its answer hands it over and never returns; then the
    /// connection is taken from the HTTP library.
    async fn serve(self, wire: Box<dyn Wire>) {
        let (breaks, mut broken) = mpsc::channel(1);
        let handler = service_fn(|request| self.clone().handle(request, breaks.clone()));
        let mut served = http1::Builder::new().serve_connection(TokioIo::new(wire), handler);
        let mut pinned = Pin::new(&mut served);
        let broken = tokio::select! {
            _ = pinned.as_mut() => None,
            broken = broken.recv() => broken,
            () = self.ended() => {
                pinned.as_mut().graceful_shutdown();
                tokio::select! {
                    _ = pinned => None,
                    broken = broken.recv() => broken,
                }
            }
        };
        if let Some(broken) = broken {
            let wire = served.into_parts().io.into_inner();
            raw::play(wire, broken, self.ended()).await;
        }
    }

    async fn handle(
        self,
        request: Request<Incoming>,
        breaks: mpsc::Sender<Broken>,
    ) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
        match self.play(request).await {
            Played::Whole(response) => Ok(http(response)),
            Played::Broken(broken) => {
                let _ = breaks.send(broken).await;
                std::future::pending().await
            }
        }
    }

    /// Routing is the judge's, so that a refused path is recorded like any other request.
    async fn play(&self, request: Request<Incoming>) -> Played {
        let (parts, mut body) = request.into_parts();
        let head = head(parts);
        if bank::is_here(&head) {
            return Played::Whole(bank::answer(&self.judge, &whole(head, body).await));
        }
        if let Some(fault) = self.judge.fault_of(&head) {
            if fault.at == At::MidBody {
                let _ = body.frame().await;
            }
            return fault.play(self.judge.no_response());
        }
        let arrived = whole(head, body).await;
        let played = self.judge.transact(&arrived);
        self.tell_first(&arrived).await;
        self.hold_back(&arrived).await;
        played
    }

    /// Waits until the merchant has been told, if that is to come before the answer, but not beyond the
    /// end of the sandbox.
    async fn tell_first(&self, arrived: &Arrived) {
        if self.judge.tells_first(arrived) {
            tokio::select! {
                () = self.judge.notifications_idle() => {}
                () = self.ended() => {}
            }
        }
    }

    /// Waits as long as token answers are held back, but not beyond the end of the sandbox.
    async fn hold_back(&self, arrived: &Arrived) {
        let is_token = TokenCall::find(&arrived.method, arrived.path()).is_some();
        if !is_token || self.token_delay.is_zero() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(self.token_delay) => {}
            () = self.ended() => {}
        }
    }
}

/// Resolves when the sender is gone.
pub(crate) async fn ended(mut stopped: watch::Receiver<()>) {
    while stopped.changed().await.is_ok() {}
}

/// A request without its body.
fn head(parts: Parts) -> Arrived {
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let headers = parts.headers.iter();
    Arrived {
        method: parts.method.as_str().to_owned(),
        target: target.to_owned(),
        headers: headers
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: None,
    }
}

/// The request with its body, unless that is too large.
async fn whole(head: Arrived, body: Incoming) -> Arrived {
    let body = Limited::new(body, BODY_LIMIT).collect().await;
    Arrived {
        body: body.ok().map(|body| body.to_bytes().to_vec()),
        ..head
    }
}

fn http(response: Response) -> hyper::Response<Full<Bytes>> {
    let mut http = hyper::Response::new(Full::new(Bytes::from(response.body)));
    *http.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            http.headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    http
}

const A_MOMENT: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_millis(200);
