//! What a sandbox remembers.

use chrono::{DateTime, Utc};

use super::{Judge, Rules};
use crate::{
    answer::Answer,
    arrived::Arrived,
    bindings::Bindings,
    customers::{Customer, CustomerBook},
    external_ids::ExternalIds,
    fault::Shelf,
    ledger::book::Book,
    magic,
    merchant::Merchant,
    notify::Notifications,
    operations::session::Sessions,
    otp::Otps,
    pages::Pages,
    record::{Meaning, Record},
    secrets::Secrets,
    seed::Stream,
    shared::Shared,
    timeline::{SeenRequest, Timeline, What},
    times::Times,
    token_book::TokenBook,
};

/// Changed by inputs only, in [`Judge::apply`].
pub(crate) struct State {
    pub(crate) tokens: TokenBook,
    pub(crate) customers: CustomerBook,
    pub(crate) bindings: Bindings,
    pub(crate) otps: Otps,
    pub(crate) external_ids: ExternalIds,
    pub(crate) record: Record,
    pub(crate) book: Shared<Book>,
    pub(crate) sessions: Sessions,
    /// The magic amounts that struck.
    pub(crate) magic: magic::Struck,
    pub(crate) faults: Shelf,
    pub(crate) secrets: Secrets,
    pub(crate) stream: Stream,
    pub(crate) times: Times,
    pub(crate) timeline: Timeline,
    pub(crate) pages: Pages,
    pub(crate) notifications: Notifications,
}

impl State {
    /// Issues an auth code, which is a secret from then on.
    pub(crate) fn issue_code(&mut self, customer: Customer, now: DateTime<Utc>) -> String {
        let code = self.customers.issue_code(customer, now, &mut self.stream);
        self.secrets.remember("auth code", &code);
        code
    }

    /// Records a request and tells the timeline of it; gives its number.
    pub(super) fn saw(
        &mut self,
        now: DateTime<Utc>,
        arrived: &Arrived,
        answer: &Answer,
        meaning: Meaning,
    ) -> u64 {
        let recorded = self.record.add(arrived, answer, meaning);
        let number = recorded.number;
        let is_refused = answer.verdict != "ok";
        let seen = SeenRequest {
            refused: is_refused.then(|| arrived.clone()),
            message: is_refused.then(|| answer.message()).flatten(),
            door: self.times.door(now),
            recorded,
        };
        let reference = seen.recorded.reference.as_deref().map(Into::into);
        let what = What::Request(Box::new(seen));
        self.timeline.add(now, reference, what);
        number
    }

    /// Nothing but a merchant and its keys.
    pub(super) fn fresh(stream: Stream, faults: Shelf, merchant: &Merchant, rules: &Rules) -> Self {
        State {
            tokens: TokenBook::default(),
            customers: CustomerBook::default(),
            bindings: Bindings::default(),
            otps: Otps::default(),
            external_ids: ExternalIds::default(),
            record: Record::new(rules.keep_requests),
            book: Shared::new(Book::new(rules.terms())),
            sessions: Sessions::default(),
            magic: magic::Struck::default(),
            faults,
            secrets: Secrets::of(merchant),
            stream,
            times: Times::default(),
            timeline: Timeline::new(rules.keep_requests),
            pages: Pages::default(),
            notifications: Notifications::new(rules.keep_requests),
        }
    }

    /// Forgets everything but what must not be told. What is drawn goes on: no token comes twice.
    pub(crate) fn reset(&mut self, judge: &Judge) {
        let stream = std::mem::replace(&mut self.stream, Stream::new(0));
        let mut faults = std::mem::replace(&mut self.faults, Shelf::new(0));
        faults.clear();
        let fresh = Self::fresh(stream, faults, &judge.merchant, &judge.rules);
        let old = std::mem::replace(self, fresh);
        self.secrets = old.secrets;
        self.notifications = old.notifications.emptied();
        self.timeline = old.timeline;
        self.timeline.clear();
    }
}
