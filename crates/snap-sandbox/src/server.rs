//! HTTP around the judge.

use std::{io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    answer::Answer,
    arrived::{Arrived, BODY_LIMIT},
    judge::Judge,
    operations::TokenCall,
};

/// What a request handler needs.
#[derive(Clone)]
pub(crate) struct App {
    judge: Arc<Judge>,
    token_delay: Duration,
    stopped: watch::Receiver<()>,
}

impl App {
    pub(crate) fn new(
        judge: Arc<Judge>,
        token_delay: Duration,
        stopped: watch::Receiver<()>,
    ) -> Self {
        Self {
            judge,
            token_delay,
            stopped,
        }
    }

    /// Serves until the sender of `stopped` is gone, then lets answers under way finish for a moment:
    /// a request that never arrives whole must not keep the sandbox alive.
    ///
    /// Routing is the judge's, so that a refused path is recorded like any other request.
    pub(crate) async fn run(self, listener: TcpListener) -> io::Result<()> {
        let (ended, out_of_patience) = (self.ended(), self.ended());
        let router = Router::new().fallback(handle).with_state(self);
        let server = axum::serve(listener, router).with_graceful_shutdown(ended);
        tokio::select! {
            result = server.into_future() => result,
            () = async { out_of_patience.await; tokio::time::sleep(PATIENCE).await } => Ok(()),
        }
    }

    /// Resolves when the sender of `stopped` is gone.
    fn ended(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stopped = self.stopped.clone();
        async move { while stopped.changed().await.is_ok() {} }
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

async fn handle(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT)
        .await
        .ok()
        .map(|bytes| bytes.to_vec());
    let arrived = arrived(parts, body);
    let (number, answer) = app.judge.answer(&arrived);
    app.hold_back(&arrived).await;
    response(&app.judge, number, answer)
}

fn arrived(parts: Parts, body: Option<Vec<u8>>) -> Arrived {
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
        body,
    }
}

fn response(judge: &Judge, number: u64, answer: Answer) -> Response {
    let date = judge
        .clock
        .utc()
        .format("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers.into_iter().chain([
        ("x-sandbox-verdict", answer.verdict.to_owned()),
        ("x-sandbox-request", number.to_string()),
    ]);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    let content_type = HeaderValue::from_static(answer.content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

const PATIENCE: Duration = Duration::from_millis(200);
