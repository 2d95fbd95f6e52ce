//! What happens on the wire, what `reqwest` makes of it, and what the transport concludes.
//!
//! This table is the ground truth of stage detection: when hyper or reqwest change, it turns red
//! first. Only [`TransportStage::NotConnected`] and [`TransportStage::NotTrusted`] prove that nothing was
//! sent: no connection was made, or the request was never asked for its body, which the HTTP library does
//! before it writes. Reset, incomplete message and time-out by themselves prove nothing, as the rows show
//! in which the server had it all.
//!
//! The runtime has one thread, so that the client looks at its sockets at a known moment. Where the
//! kernel decides even so, the row has more than one outcome.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "transport_truth/answered.rs"]
mod answered;
#[path = "transport_truth/check.rs"]
mod check;
#[path = "transport_truth/cut_request.rs"]
mod cut_request;
#[path = "transport_truth/http_2.rs"]
mod http_2;
#[path = "transport_truth/no_answer.rs"]
mod no_answer;
#[path = "transport_truth/not_connected.rs"]
mod not_connected;
#[path = "transport_truth/pooled.rs"]
mod pooled;
#[path = "transport_truth/server.rs"]
mod server;

use std::time::Duration;

use bytes::Bytes;
use snap_core::transport::TransportStage;

use self::{
    check::{Conclusion, Outcome, PATIENCE, Pool, Row, To},
    server::{Seen, Step},
};

/// A request on a new connection, with all the time in the world.
fn row(
    script: impl Into<Vec<Step>>,
    reqwest: &'static str,
    seen: Seen,
    conclusion: Conclusion,
) -> Row {
    Row {
        to: To::Http,
        pool: Pool::Empty,
        script: script.into(),
        body: Bytes::from_static(br#"{"partnerReferenceNo":"T-1"}"#),
        deadline: PATIENCE,
        connect_timeout: PATIENCE,
        outcomes: vec![outcome(reqwest, seen, conclusion)],
    }
}

fn outcome(reqwest: &'static str, seen: Seen, conclusion: Conclusion) -> Outcome {
    Outcome {
        reqwest,
        seen,
        conclusion,
    }
}

fn write(bytes: &str) -> Step {
    Step::Write(bytes.to_owned())
}

const NOT_CONNECTED: Conclusion = Err(TransportStage::NotConnected);
const NO_ANSWER: Conclusion = Err(TransportStage::NoAnswer);

const SHORT: Duration = Duration::from_millis(200);
