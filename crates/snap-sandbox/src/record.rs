//! What arrived, for assertions and people.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use crate::{
    answer::Answer, arrived::Arrived, ledger::MoneyKind, operations::Served, shared::Shared,
    transaction::EXTERNAL_ID,
};

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
    /// The merchant's identity of the operation, such as the partner reference number; that of the
    /// original where the request is about another operation. At most 64 characters.
    pub reference: Option<String>,
    /// The fault that was played on it, as `after_request rst`; with `, no effect` where the request
    /// took none because of it.
    pub fault: Option<String>,
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
    /// How many requests are kept; the counts know all.
    keep: usize,
    count: u64,
    requests: Shared<VecDeque<Arc<RecordedRequest>>>,
    arrivals: HashMap<String, u64>,
    by_operation: HashMap<String, u64>,
    /// Debits, credits and reversals.
    by_reference: HashMap<String, [u64; 3]>,
}

/// What a request was taken for.
pub(crate) struct Meaning {
    pub(crate) operation: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) reference: Option<String>,
    /// What it does to money.
    pub(crate) money: Option<MoneyKind>,
    pub(crate) fault: Option<String>,
}

impl Record {
    /// A record that keeps the last so many requests.
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            ..Self::default()
        }
    }

    /// Adds a request and gives it as it is recorded.
    pub(crate) fn add(
        &mut self,
        arrived: &Arrived,
        answer: &Answer,
        meaning: Meaning,
    ) -> Arc<RecordedRequest> {
        self.count += 1;
        let number = self.count;
        let path = self.arrive(arrived);
        self.count_meaning(&meaning);
        let recorded = Arc::new(RecordedRequest {
            number,
            method: arrived.method.clone(),
            path,
            operation: meaning.operation,
            reference: meaning.reference,
            fault: meaning.fault,
            customer: meaning.customer,
            external_id: arrived
                .first(EXTERNAL_ID)
                .filter(|id| id.len() <= 64)
                .map(ToOwned::to_owned),
            verdict: answer.verdict.to_owned(),
            response_code: answer.response_code.clone(),
            http_status: answer.status,
        });
        if self.requests.len() >= self.keep {
            self.requests.pop_front();
        }
        if self.keep > 0 {
            self.requests.push_back(Arc::clone(&recorded));
        }
        recorded
    }

    /// Counts what arrived at a path, even if its body did not; gives the path as it is recorded.
    pub(crate) fn arrive(&mut self, arrived: &Arrived) -> String {
        let path: String = arrived.path().chars().take(LONGEST_PATH).collect();
        match self.arrivals.get_mut(&path) {
            Some(count) => *count += 1,
            None => drop(self.arrivals.insert(path.clone(), 1)),
        }
        path
    }

    fn count_meaning(&mut self, meaning: &Meaning) {
        if let Some(operation) = &meaning.operation {
            match self.by_operation.get_mut(operation) {
                Some(count) => *count += 1,
                None => drop(self.by_operation.insert(operation.clone(), 1)),
            }
        }
        if let (Some(kind), Some(reference)) = (meaning.money, &meaning.reference) {
            self.by_reference.entry(reference.clone()).or_default()[column(kind)] += 1;
        }
    }

    /// How many requests of that kind named that reference.
    pub(crate) fn arrivals_of(&self, kind: MoneyKind, reference: &str) -> u64 {
        let counts = self.by_reference.get(reference);
        counts.map_or(0, |counts| counts[column(kind)])
    }

    /// How many requests were added.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        let requests = self.requests.iter();
        requests
            .map(|request| RecordedRequest::clone(request))
            .collect()
    }

    /// The requests as they are now, without copying them.
    pub(crate) fn shared(&self) -> Shared<VecDeque<Arc<RecordedRequest>>> {
        self.requests.clone()
    }

    pub(crate) fn arrivals(&self, path: &str) -> u64 {
        self.arrivals.get(path).copied().unwrap_or_default()
    }

    /// How many requests were taken for an operation.
    pub(crate) fn taken_for(&self, served: Served<'_>) -> u64 {
        let count = self.by_operation.get(served.id());
        count.copied().unwrap_or_default()
    }
}

fn column(kind: MoneyKind) -> usize {
    match kind {
        MoneyKind::Debit => 0,
        MoneyKind::Credit => 1,
        MoneyKind::Reversal => 2,
    }
}

/// No documented path is half as long.
const LONGEST_PATH: usize = 200;
