//! HTTP around the admin API, on a port of its own.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc};

use http_body_util::Full;
use hyper::{
    Request,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use super::{A_MOMENT, PATIENCE, ended, head, http, whole};
use crate::{admin, judge::Judge};

/// A port that serves the admin API until the sandbox stops.
pub(crate) struct AdminPort {
    pub(crate) url: String,
    pub(crate) server: JoinHandle<()>,
}

impl AdminPort {
    /// Listens on a loopback address; any other is refused.
    pub(crate) async fn open(
        listen: SocketAddr,
        judge: Arc<Judge>,
        stopped: watch::Receiver<()>,
    ) -> io::Result<Self> {
        if !listen.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "the admin API is for this computer only: {listen} is no loopback address, \
                     use 127.0.0.1:0"
                ),
            ));
        }
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            let says = format!("the admin API cannot listen at {listen}: {error}");
            io::Error::new(error.kind(), says)
        })?;
        let url = format!("http://{}", listener.local_addr()?);
        // The server outlives the call that starts it and ends with the sender of `stopped`.
        let server = tokio::spawn(run(listener, judge, stopped));
        Ok(Self { url, server })
    }
}

async fn run(listener: TcpListener, judge: Arc<Judge>, stopped: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    let mut ended = std::pin::pin!(ended(stopped.clone()));
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    drop(connections.spawn(connection(stream, Arc::clone(&judge), stopped.clone())));
                }
                // Too many open files, most likely: connections have to end first.
                Err(_) => tokio::time::sleep(A_MOMENT).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            () = &mut ended => break,
        }
    }
    let finished = async { while connections.join_next().await.is_some() {} };
    // What is not finished by then is aborted with its set.
    let _ = tokio::time::timeout(PATIENCE, finished).await;
}

async fn connection(stream: TcpStream, judge: Arc<Judge>, stopped: watch::Receiver<()>) {
    let handler = service_fn(|request| handle(Arc::clone(&judge), request));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), handler);
    let mut served = std::pin::pin!(served);
    tokio::select! {
        _ = served.as_mut() => {}
        () = ended(stopped) => {
            served.as_mut().graceful_shutdown();
            let _ = served.await;
        }
    }
}

async fn handle(
    judge: Arc<Judge>,
    request: Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let arrived = whole(head(parts), body).await;
    Ok(http(admin::answer(&judge, &arrived)))
}
