//! Plays a row of the table to `reqwest`, set up as [`HttpTransport`] sets it up, and then to
//! [`HttpTransport`] itself.

use std::{error::Error as StdError, io, iter::successors, panic::Location, time::Duration};

use bytes::Bytes;
use http::Request;
use reqwest::{redirect, retry, tls};
use snap_core::transport::{HttpTransport, Sending, Transport, TransportStage};
use snap_sandbox::Sandbox;
use snap_suite::config_for;

use crate::server::{ScriptedServer, Seen, Step, seen};

/// Something that happens on the wire, and what comes of it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) to: To,
    pub(crate) pool: Pool,
    pub(crate) script: Vec<Step>,
    pub(crate) body: Bytes,
    /// For the whole call.
    pub(crate) deadline: Duration,
    pub(crate) connect_timeout: Duration,
    /// One, or several where a race decides.
    pub(crate) outcomes: Vec<Outcome>,
}

#[derive(Debug)]
pub(crate) struct Outcome {
    /// What `reqwest` says of its error, or the status of the answer.
    pub(crate) reqwest: &'static str,
    /// What had reached the server, with the request that filled the pool.
    pub(crate) seen: Seen,
    pub(crate) conclusion: Conclusion,
}

/// The HTTP status of a whole answer, or the stage.
pub(crate) type Conclusion = Result<u16, TransportStage>;

/// Where the request goes.
#[derive(Debug)]
pub(crate) enum To {
    Http,
    Https,
    /// Not to the scripted server.
    Elsewhere(String),
}

/// What the request finds in the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pool {
    Empty,
    /// A connection that has carried a request.
    Idle,
    /// A connection that has carried a request and was then ended by the server, on its cue.
    Ended,
}

/// Plays the row to both clients.
#[track_caller]
pub(crate) fn check(row: Row) -> impl Future<Output = ()> {
    let line = Location::caller().line();
    async move {
        let (reported, seen) = by_reqwest(&row).await;
        assert!(
            row.allows(Some(&reported), seen, None),
            "line {line}: reqwest: {reported}; {seen:?}, not {:?}",
            row.outcomes
        );

        let (reported, conclusion, seen) = by_transport(&row).await;
        assert!(
            row.allows(reported.as_deref(), seen, Some(conclusion)),
            "line {line}: transport: {conclusion:?} from {reported:?}; {seen:?}, not {:?}",
            row.outcomes
        );
    }
}

impl Row {
    /// Whether one of the outcomes has all of these.
    fn allows(&self, reported: Option<&str>, seen: Seen, conclusion: Option<Conclusion>) -> bool {
        self.outcomes.iter().any(|outcome| {
            reported.is_none_or(|reported| reported == outcome.reqwest)
                && seen == outcome.seen
                && conclusion.is_none_or(|conclusion| conclusion == outcome.conclusion)
        })
    }
}

async fn by_reqwest(row: &Row) -> (String, Seen) {
    let client = like_http_transport(row.connect_timeout);

    play(row, async |request, deadline| {
        let mut request = reqwest::Request::try_from(request).unwrap();
        *request.timeout_mut() = Some(deadline);
        match whole_answer(&client, request).await {
            Ok(status) => status.to_string(),
            Err(error) => facts(&error),
        }
    })
    .await
}

/// Also what `reqwest` said to the transport; it says nothing when the deadline came first.
async fn by_transport(row: &Row) -> (Option<String>, Conclusion, Seen) {
    let sandbox = Sandbox::start().await.unwrap();
    let config = config_for(&sandbox)
        .unwrap()
        .with_connect_timeout(row.connect_timeout);
    let transport = HttpTransport::new(&config).unwrap();

    let ((reported, conclusion), seen) = play(row, async |request, deadline| {
        let sending = Sending::new(64 * 1024);
        match tokio::time::timeout(deadline, transport.send(request, &sending)).await {
            Ok(Ok(response)) => {
                let status = response.status().as_u16();
                (Some(status.to_string()), Ok(status))
            }
            Ok(Err(error)) => {
                let source = error.source().unwrap().downcast_ref().unwrap();
                (Some(facts(source)), Err(error.stage()))
            }
            // The client's timer drops the future too, and judges by this.
            Err(_) => match sending.http_status() {
                Some(http_status) => (None, Err(TransportStage::Body { http_status })),
                None if sending.departure().is_certainly_ahead() => {
                    (None, Err(TransportStage::NotConnected))
                }
                None => (None, Err(TransportStage::NoAnswer)),
            },
        }
    })
    .await;

    // Whatever the row says: a request of which something arrived may have taken effect.
    let arrived = seen.requests + seen.parts > usize::from(row.pool != Pool::Empty);
    let open = Err(TransportStage::NoAnswer);
    let began = matches!(conclusion, Ok(_) | Err(TransportStage::Body { .. }));
    assert!(
        !arrived || began || conclusion == open,
        "{conclusion:?}: {seen:?}"
    );
    (reported, conclusion, seen)
}

async fn play<T>(row: &Row, send: impl AsyncFn(Request<Bytes>, Duration) -> T) -> (T, Seen) {
    let server = ScriptedServer::start(row.script.clone()).await;
    let url = match &row.to {
        To::Http => format!("http://{}/snap/v1.1/transfer", server.address()),
        To::Https => format!("https://{}/snap/v1.1/transfer", server.address()),
        To::Elsewhere(url) => url.clone(),
    };
    if row.pool != Pool::Empty {
        send(request(&url, &row.body), PATIENCE).await;
        assert_eq!(server.seen(), seen(1, 1), "by the request before");
    }
    if row.pool == Pool::Ended {
        server.go_on().await;
    }

    let outcome = send(request(&url, &row.body), row.deadline).await;

    (outcome, server.seen())
}

pub(crate) fn request(url: &str, body: &Bytes) -> Request<Bytes> {
    Request::post(url)
        .header("Authorization", "Bearer CANARY")
        .header("Authorization-Customer", "Bearer CANARY")
        .header("X-SIGNATURE", "CANARY")
        .body(body.clone())
        .unwrap()
}

/// The settings of [`HttpTransport::new`]. Where the two differ, so may what they report, and then
/// the rows fail.
fn like_http_transport(connect_timeout: Duration) -> reqwest::Client {
    reqwest::Client::builder()
        .tls_backend_rustls()
        .tls_version_min(tls::Version::TLS_1_3)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .http1_only()
        .connect_timeout(connect_timeout)
        .referer(false)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .no_hickory_dns()
        .no_proxy()
        .build()
        .unwrap()
}

async fn whole_answer(client: &reqwest::Client, request: reqwest::Request) -> reqwest::Result<u16> {
    let mut response = client.execute(request).await?;
    while response.chunk().await?.is_some() {}
    Ok(response.status().as_u16())
}

/// What an error admits to: the questions of `reqwest` that it answers with yes, then those of
/// `hyper`, then the kind of the innermost I/O error.
fn facts(error: &reqwest::Error) -> String {
    let hyper = |question: fn(&hyper::Error) -> bool| {
        causes(error).any(|cause| cause.downcast_ref().is_some_and(question))
    };
    let questions = [
        ("connect", error.is_connect()),
        ("dns", error.is_dns()),
        ("request", error.is_request()),
        ("body", error.is_body()),
        ("decode", error.is_decode()),
        ("timeout", error.is_timeout()),
        ("incomplete", hyper(hyper::Error::is_incomplete_message)),
        ("parse", hyper(hyper::Error::is_parse)),
        ("canceled", hyper(hyper::Error::is_canceled)),
    ];
    let yes = questions.into_iter().filter(|(_, yes)| *yes);
    let mut facts: Vec<_> = yes.map(|(name, _)| name.to_owned()).collect();
    let io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    facts.extend(io.last().map(|io| format!("{:?}", io.kind())));
    facts.join(" ")
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    successors(error.source(), |&cause| {
        match cause.downcast_ref::<io::Error>().map(io::Error::get_ref) {
            // Its `source()` would leave out the error that it wraps.
            Some(Some(wrapped)) => Some(wrapped),
            _ => cause.source(),
        }
    })
}

/// Long enough for a busy machine, short enough to notice that something hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
