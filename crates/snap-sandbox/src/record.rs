//! What arrived, for assertions and people.

use std::collections::HashMap;

use crate::{answer::Answer, arrived::Arrived, operations::Served, transaction::EXTERNAL_ID};

/// A request as a sandbox remembers it: neither its body, nor its token, nor its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Counted from 1 in the order of arrival; the answer carries it as `X-Sandbox-Request`.
    pub number: u64,
    /// HTTP method as sent.
    pub method: String,
    /// Path as sent, without the query; cut after 200 characters.
    pub path: String,
    /// Product and operation, such as `wallet.balanceInquiry`; `token.b2b` and `token.b2b2c` for the
    /// token calls; None where nothing is served.
    pub operation: Option<String>,
    /// Label of the customer that the token in `Authorization-Customer` was issued for, if the sandbox
    /// issued it; honoured or not, and whether or not the operation asks for it. The label is what the
    /// test gave, or what the binding's request said.
    pub customer: Option<String>,
    /// `X-EXTERNAL-ID` as sent, if it is text of at most 64 characters.
    pub external_id: Option<String>,
    /// `ok`, or the id of the check that failed first, as in `X-Sandbox-Verdict`.
    pub verdict: String,
    /// SNAP response code; None when the answer was not SNAP.
    pub response_code: Option<String>,
    /// HTTP status of the answer.
    pub http_status: u16,
}

/// Everything that arrived at one sandbox.
#[derive(Debug, Default)]
pub(crate) struct Record {
    requests: Vec<RecordedRequest>,
    arrivals: HashMap<String, u64>,
}

/// What a request was taken for.
pub(crate) struct Meaning {
    pub(crate) operation: Option<String>,
    pub(crate) customer: Option<String>,
}

impl Record {
    /// Adds a request and gives it its number.
    pub(crate) fn add(&mut self, arrived: &Arrived, answer: &Answer, meaning: Meaning) -> u64 {
        let number = self.requests.len() as u64 + 1;
        let path: String = arrived.path().chars().take(LONGEST_PATH).collect();
        *self.arrivals.entry(path.clone()).or_default() += 1;
        self.requests.push(RecordedRequest {
            number,
            method: arrived.method.clone(),
            path,
            operation: meaning.operation,
            customer: meaning.customer,
            external_id: arrived
                .first(EXTERNAL_ID)
                .filter(|id| id.len() <= 64)
                .map(ToOwned::to_owned),
            verdict: answer.verdict.to_owned(),
            response_code: answer.response_code.clone(),
            http_status: answer.status,
        });
        number
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.clone()
    }

    pub(crate) fn arrivals(&self, path: &str) -> u64 {
        self.arrivals.get(path).copied().unwrap_or_default()
    }

    /// How many requests were taken for an operation.
    pub(crate) fn taken_for(&self, served: Served<'_>) -> u64 {
        let is_it = |request: &&RecordedRequest| request.operation.as_deref() == Some(served.id());
        self.requests.iter().filter(is_it).count() as u64
    }
}

/// No documented path is half as long.
const LONGEST_PATH: usize = 200;
