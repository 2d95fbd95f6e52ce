//! The ledger as it is kept: operations, and the movements that their transitions made.
//!
//! Nothing else writes it. Answers are built elsewhere and may be wrong on purpose; this may not.

mod authorization;
mod due;
mod enter;
mod post;
mod reversal;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};

pub(crate) use self::due::Step;
use super::{
    Account, Amount, Cause, Decision, MoneyKind, Movement, OperationState,
    entry::Entry,
    funds::{Funds, Purse},
    order::{Action, Order},
};
use crate::timeline::Change;

/// Every operation that was accepted, and every movement.
#[derive(Clone, Debug)]
pub(crate) struct Book {
    terms: Terms,
    funds: Funds,
    entries: Vec<Entry>,
    debits: HashMap<Arc<str>, usize>,
    credits: HashMap<Arc<str>, usize>,
    reversals: HashMap<Arc<str>, usize>,
    /// By the references that were given out, and by the sessions of payouts.
    given: HashMap<Arc<str>, usize>,
    /// By the external ids of their requests, the last one of an id.
    external_ids: HashMap<Arc<str>, usize>,
    /// The operations of each customer, in their order.
    by_customer: HashMap<Arc<str>, Vec<usize>>,
    /// What happens to which operation by itself, and when.
    due: BinaryHeap<Reverse<(DateTime<Utc>, usize, Step)>>,
    movements: Vec<Movement>,
    /// What changed since somebody last asked.
    changes: Vec<Change>,
}

/// What accounts start with, and what payouts cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) deposit: Amount,
    /// Of each customer.
    pub(crate) customer: Amount,
    pub(crate) payout_fee: Amount,
    /// Whether an account can run out.
    pub(crate) limited: bool,
}

/// How an accepted operation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    AtOnce,
    /// Until it is decided, or its time is over.
    Pending,
    /// Until it is decided, or that happens at that time.
    Until(Step, DateTime<Utc>),
    /// It takes effect at once, and its money comes back at that time.
    Back(DateTime<Utc>),
}

impl Book {
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            terms,
            funds: Funds::new(terms.deposit, terms.customer),
            entries: Vec::new(),
            debits: HashMap::new(),
            credits: HashMap::new(),
            reversals: HashMap::new(),
            given: HashMap::new(),
            external_ids: HashMap::new(),
            by_customer: HashMap::new(),
            due: BinaryHeap::new(),
            movements: Vec::new(),
            changes: Vec::new(),
        }
    }

    pub(crate) fn funds(&self) -> &Funds {
        &self.funds
    }

    /// Whether an account can run out.
    pub(crate) fn is_limited(&self) -> bool {
        self.terms.limited
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn movements(&self) -> &[Movement] {
        &self.movements
    }

    pub(crate) fn get(&self, kind: MoneyKind, reference: &str) -> Option<&Entry> {
        self.entries.get(self.position(kind, reference)?)
    }

    /// Is the debit of that reference pending?
    pub(crate) fn is_waiting(&self, reference: &str) -> bool {
        self.waiting(reference).is_some()
    }

    /// The debit of that reference, if it is pending.
    pub(crate) fn waiting(&self, reference: &str) -> Option<&Entry> {
        let debit = self.get(MoneyKind::Debit, reference);
        debit.filter(|entry| entry.state == OperationState::Pending)
    }

    /// By a reference that the sandbox gave out, or by the session of a payout.
    pub(crate) fn by_given(&self, given: &str) -> Option<&Entry> {
        self.entries.get(*self.given.get(given)?)
    }

    /// By the external id of its request; the last one that had it.
    pub(crate) fn by_external_id(&self, external_id: &str) -> Option<&Entry> {
        self.entries.get(*self.external_ids.get(external_id)?)
    }

    /// The operations on a customer's account, the last accepted first.
    pub(crate) fn of_customer(&self, customer: &str) -> impl Iterator<Item = &Entry> {
        let positions = self.by_customer.get(customer).into_iter().flatten();
        positions.rev().filter_map(|at| self.entries.get(*at))
    }

    /// Whether nothing is due.
    pub(crate) fn is_idle(&self, now: DateTime<Utc>) -> bool {
        self.next_due().is_none_or(|due| due > now)
    }

    /// Did something change since [`take_changes`](Self::take_changes)?
    pub(crate) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// What changed since this was last asked, in order.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    fn changed(&mut self, at: usize, now: DateTime<Utc>) {
        let entry = &self.entries[at];
        self.changes.push(Change {
            at: now,
            operation: entry.order.operation,
            reference: Arc::clone(&entry.order.reference),
            state: entry.state,
            amount: entry.amount,
        });
    }

    /// Ends what is pending under that reference; false if nothing is.
    pub(crate) fn decide(
        &mut self,
        reference: &str,
        decision: Decision,
        now: DateTime<Utc>,
    ) -> bool {
        let found =
            [MoneyKind::Debit, MoneyKind::Credit].map(|kind| self.position(kind, reference));
        let mut pending = found
            .into_iter()
            .flatten()
            .filter(|at| self.is_pending(*at));
        let Some(at) = pending.next() else {
            return false;
        };
        match decision {
            Decision::Succeed => self.succeed(at, Cause::Decided, now),
            Decision::Fail => self.end(at, OperationState::Failed, now),
            Decision::Cancel => self.end(at, OperationState::Cancelled, now),
        }
        true
    }

    /// Takes up an order that [`check`](super::rules::check) has let through.
    pub(crate) fn accept(
        &mut self,
        order: Order,
        given: Option<&str>,
        course: Course,
        now: DateTime<Utc>,
    ) {
        let original = order.original.as_deref();
        let original = original.and_then(|original| self.position(MoneyKind::Debit, original));
        match order.action {
            Action::Confirm => self.confirm(original, now),
            Action::Capture => self.capture(order, original, given, course, now),
            Action::Pay | Action::Authorize | Action::PayOut(..) => {
                let amount = order.amount.unwrap_or_else(Amount::zero);
                let owner = order.customer.clone();
                let at = self.enter(order, amount, owner, given, now);
                self.begin(at, course, now);
            }
            Action::Refund | Action::Void | Action::Cancel => {
                self.reverse(order, original, given, now);
            }
        }
    }

    fn confirm(&mut self, payment: Option<usize>, now: DateTime<Utc>) {
        if let Some(at) = payment.filter(|at| self.is_pending(*at)) {
            self.succeed(at, Cause::Confirmed, now);
        }
    }

    fn begin(&mut self, at: usize, course: Course, now: DateTime<Utc>) {
        match course {
            Course::AtOnce => return self.succeed(at, Cause::Accepted, now),
            Course::Back(when) => {
                self.succeed(at, Cause::Accepted, now);
                return self.schedule(at, Step::Return, when);
            }
            Course::Pending => {
                if let Some(over) = self.entries[at].order.valid_until {
                    self.schedule(at, Step::Fail, over);
                }
            }
            Course::Until(step, when) => self.schedule(at, step, when),
        }
        self.changed(at, now);
        if let Some(Action::PayOut(from, _)) = self.action(at) {
            self.entries[at].reserved = true;
            self.post_with_fee(
                at,
                [from, Account::Transit, Account::Transit],
                Cause::Reserved,
            );
        }
    }

    /// Money moves, unless it is a customer's and has gone elsewhere since.
    fn succeed(&mut self, at: usize, cause: Cause, now: DateTime<Utc>) {
        let (from, to) = match self.action(at) {
            Some(Action::Authorize) => return self.authorize(at, now),
            Some(Action::Capture) => return self.take_captured(at, cause, now),
            Some(Action::PayOut(_, to)) if self.entries[at].reserved => (Account::Transit, to),
            Some(Action::PayOut(from, to)) => (from, to),
            _ => (Account::Customer, Account::Merchant),
        };
        if self.terms.limited && !self.is_funded(at, from) {
            return self.end(at, OperationState::Failed, now);
        }
        self.post_with_fee(at, [from, to, Account::Fees], cause);
        self.entries[at].reserved = false;
        self.take_effect(at, now);
    }

    fn take_effect(&mut self, at: usize, now: DateTime<Utc>) {
        self.entries[at].effects += 1;
        self.leave(at, OperationState::Succeeded, now);
    }

    fn is_funded(&self, at: usize, from: Account) -> bool {
        let entry = &self.entries[at];
        let purse = Purse::of(from, entry.customer.as_ref());
        let needed = [entry.amount, entry.fee];
        purse.is_none_or(|purse| self.funds.suffice(&purse, &needed))
    }

    fn end(&mut self, at: usize, state: OperationState, now: DateTime<Utc>) {
        self.give_back(at);
        self.leave(at, state, now);
    }

    fn give_back(&mut self, at: usize) {
        if let (true, Some(Action::PayOut(from, _))) = (self.entries[at].reserved, self.action(at))
        {
            self.entries[at].reserved = false;
            let transit = Account::Transit;
            self.post_between(
                at,
                self.entries[at].amount,
                (transit, from),
                Cause::Returned,
            );
            self.post_between(at, self.entries[at].fee, (transit, from), Cause::Returned);
        }
    }

    fn leave(&mut self, at: usize, state: OperationState, now: DateTime<Utc>) {
        self.entries[at].state = state;
        self.entries[at].done = Some(now);
        self.changed(at, now);
    }

    fn is_pending(&self, at: usize) -> bool {
        self.entries[at].state == OperationState::Pending
    }

    fn action(&self, at: usize) -> Option<Action> {
        self.entries.get(at).map(|entry| entry.order.action)
    }

    fn position(&self, kind: MoneyKind, reference: &str) -> Option<usize> {
        let index = match kind {
            MoneyKind::Debit => &self.debits,
            MoneyKind::Credit => &self.credits,
            MoneyKind::Reversal => &self.reversals,
        };
        index.get(reference).copied()
    }

    fn index(&mut self, kind: MoneyKind) -> &mut HashMap<Arc<str>, usize> {
        match kind {
            MoneyKind::Debit => &mut self.debits,
            MoneyKind::Credit => &mut self.credits,
            MoneyKind::Reversal => &mut self.reversals,
        }
    }
}

#[cfg(test)]
mod tests;
