//! Authorizations, which set money aside, and captures, which take it.
//!
//! DOKU's pages name these operations and do not show them; that they mean what they mean elsewhere is
//! assumed.

use chrono::{DateTime, Utc};

use super::{Account, Action, Amount, Book, Cause, Course, MoneyKind, OperationState, Order};

impl Book {
    /// The customer's money is set aside.
    pub(super) fn authorize(&mut self, at: usize, now: DateTime<Utc>) {
        if self.terms.limited && !self.is_funded(at, Account::Customer) {
            return self.end(at, OperationState::Failed, now);
        }
        self.post(at, Account::Customer, Account::Transit, Cause::Reserved);
        self.entries[at].reserved = true;
        self.take_effect(at, now);
    }

    /// A capture is of its authorization's customer; without an amount it takes all that is left.
    pub(super) fn capture(
        &mut self,
        order: Order,
        authorization: Option<usize>,
        given: Option<&str>,
        course: Course,
        now: DateTime<Utc>,
    ) {
        let held = authorization.and_then(|at| self.entries.get(at));
        let rest = held.map_or_else(Amount::zero, |held| held.rest());
        let owner = held.map_or_else(|| order.customer.clone(), |held| held.customer.clone());
        let amount = order.amount.unwrap_or(rest);
        let at = self.enter(order, amount, owner, given, now);
        self.begin(at, course, now);
    }

    /// What is captured goes to the merchant, unless the authorization holds less by now. A sandbox that
    /// remembers nothing takes it from the customer then.
    pub(super) fn take_captured(&mut self, at: usize, cause: Cause, now: DateTime<Utc>) {
        match self.authorization_of(at) {
            Some(authorization) => {
                self.post(at, Account::Transit, Account::Merchant, cause);
                self.lessen(authorization, self.entries[at].amount);
            }
            None if self.terms.limited => return self.end(at, OperationState::Failed, now),
            None => self.post(at, Account::Customer, Account::Merchant, cause),
        }
        self.take_effect(at, now);
    }

    /// The authorization that holds what a capture takes.
    fn authorization_of(&self, capture: usize) -> Option<usize> {
        let capture = &self.entries[capture];
        let named = capture.order.original.as_deref()?;
        let at = self.position(MoneyKind::Debit, named)?;
        let found = &self.entries[at];
        let holds = found.order.action == Action::Authorize
            && found.state == OperationState::Succeeded
            && found.customer == capture.customer
            && found.rest().minus(capture.amount).is_some();
        holds.then_some(at)
    }

    /// Part of a payment came back, or part of an authorization was captured.
    pub(super) fn lessen(&mut self, at: usize, by: Amount) {
        let entry = &mut self.entries[at];
        if entry.amount.code() == by.code() {
            entry.reversed = entry.reversed.saturating_add(by.cents());
        }
        if entry.order.action == Action::Authorize && entry.rest().cents() == 0 {
            entry.reserved = false;
        }
    }

    /// What an authorization still holds goes back to its customer.
    pub(super) fn release(&mut self, at: usize) {
        let entry = &self.entries[at];
        if entry.order.action == Action::Authorize && entry.reserved {
            let accounts = (Account::Transit, Account::Customer);
            self.post_between(at, entry.rest(), accounts, Cause::Returned);
            self.entries[at].reserved = false;
        }
    }
}
