//! The ledger as it is kept: operations, and the movements that their transitions made.
//!
//! Nothing else writes it. Answers are built elsewhere and may be wrong on purpose; this may not.

mod reversal;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::{
    Account, Amount, Cause, Decision, MoneyKind, Movement, OperationState,
    entry::Entry,
    order::{Action, Order},
};
use crate::{clock::later, timeline::Change};

/// Every operation that was accepted, and every movement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    entries: Vec<Entry>,
    debits: HashMap<Arc<str>, usize>,
    credits: HashMap<Arc<str>, usize>,
    reversals: HashMap<Arc<str>, usize>,
    /// By the references that were given out, and by the sessions of payouts.
    given: HashMap<Arc<str>, usize>,
    /// When which payout settles.
    due: BinaryHeap<Reverse<(DateTime<Utc>, usize)>>,
    movements: Vec<Movement>,
    /// What changed since somebody last asked.
    changes: Vec<Change>,
}

/// How an accepted operation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    AtOnce,
    /// Until it is decided.
    Pending,
    /// Until that time has passed.
    Settles(Duration),
}

impl Book {
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
        let debit = self.get(MoneyKind::Debit, reference);
        debit.is_some_and(|entry| entry.state == OperationState::Pending)
    }

    /// By a reference that the sandbox gave out, or by the session of a payout.
    pub(crate) fn by_given(&self, given: &str) -> Option<&Entry> {
        self.entries.get(*self.given.get(given)?)
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

    /// Settles every payout whose time has come.
    pub(crate) fn settle(&mut self, now: DateTime<Utc>) {
        while let Some(Reverse((due, at))) = self.due.peek().copied() {
            if due > now {
                return;
            }
            self.due.pop();
            if self.is_pending(at) && self.entries[at].due == Some(due) {
                self.succeed(at, Cause::Settled, due);
            }
        }
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
            Action::Pay | Action::PayOut(..) => {
                let amount = order.amount.unwrap_or_else(Amount::zero);
                let at = self.enter(order, amount, given, now);
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

    /// A new entry, or the old one of that reference taken up again.
    fn enter(
        &mut self,
        order: Order,
        amount: Amount,
        given: Option<&str>,
        now: DateTime<Utc>,
    ) -> usize {
        let (kind, reference) = (order.kind, Arc::clone(&order.reference));
        let session = order.session.clone();
        let mut entry = Entry::new(order, amount, now);
        entry.given = given.map(Arc::from);
        let names = [entry.given.clone(), session];
        let at = match self.position(kind, &reference) {
            Some(at) => {
                self.again(at, entry);
                at
            }
            None => {
                self.entries.push(entry);
                self.entries.len() - 1
            }
        };
        self.index(kind).insert(reference, at);
        let names = names.into_iter().flatten();
        self.given.extend(names.map(|name| (name, at)));
        at
    }

    fn again(&mut self, at: usize, mut entry: Entry) {
        if self.is_pending(at) {
            self.give_back(at);
        }
        if let Some(old) = self.entries.get_mut(at) {
            entry.effects = old.effects;
            entry.moved = old.moved;
            entry.reversals = std::mem::take(&mut old.reversals);
            *old = entry;
        }
    }

    fn begin(&mut self, at: usize, course: Course, now: DateTime<Utc>) {
        match course {
            Course::AtOnce => return self.succeed(at, Cause::Accepted, now),
            Course::Pending => self.changed(at, now),
            Course::Settles(after) => {
                self.changed(at, now);
                let due = later(now, after);
                self.entries[at].due = Some(due);
                self.due.push(Reverse((due, at)));
            }
        }
        if let Some(Action::PayOut(from, _)) = self.action(at) {
            self.entries[at].reserved = true;
            self.post(at, from, Account::Transit, Cause::Reserved);
        }
    }

    fn succeed(&mut self, at: usize, cause: Cause, now: DateTime<Utc>) {
        let (from, to) = match self.action(at) {
            Some(Action::PayOut(_, to)) if self.entries[at].reserved => (Account::Transit, to),
            Some(Action::PayOut(from, to)) => (from, to),
            _ => (Account::Customer, Account::Merchant),
        };
        self.post(at, from, to, cause);
        self.entries[at].reserved = false;
        self.entries[at].effects += 1;
        self.leave(at, OperationState::Succeeded, now);
    }

    fn end(&mut self, at: usize, state: OperationState, now: DateTime<Utc>) {
        self.give_back(at);
        self.leave(at, state, now);
    }

    fn give_back(&mut self, at: usize) {
        if let (true, Some(Action::PayOut(from, _))) = (self.entries[at].reserved, self.action(at))
        {
            self.entries[at].reserved = false;
            self.post(at, Account::Transit, from, Cause::Returned);
        }
    }

    fn leave(&mut self, at: usize, state: OperationState, now: DateTime<Utc>) {
        self.entries[at].state = state;
        self.entries[at].done = Some(now);
        self.changed(at, now);
    }

    /// A movement of the whole amount of an entry.
    fn post(&mut self, at: usize, from: Account, to: Account, cause: Cause) {
        let entry = &self.entries[at];
        if entry.amount.cents() == 0 {
            return;
        }
        let is_effect = !matches!(cause, Cause::Reserved | Cause::Returned);
        self.movements.push(Movement {
            operation: entry.order.operation,
            reference: Arc::clone(&entry.order.reference),
            from,
            to,
            amount: entry.amount,
            cause,
        });
        self.entries[at].moved += usize::from(is_effect);
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
