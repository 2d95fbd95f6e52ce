//! Refunds, voids and cancellations, and the payments they undo.

use chrono::{DateTime, Utc};

use super::{Action, Amount, Book, Cause, Entry, OperationState, Order};
use crate::ledger::Account;

impl Book {
    /// The refunds of a payment, in their order.
    pub(crate) fn refunds<'a>(&'a self, payment: &'a Entry) -> impl Iterator<Item = &'a Entry> {
        let reversals = payment.reversals.iter();
        reversals
            .filter_map(|position| self.entries.get(*position))
            .filter(|reversal| reversal.order.action == Action::Refund)
    }

    /// Refund, void or cancellation. Without its payment, which only a sandbox that remembers nothing
    /// lets through, no money moves.
    pub(super) fn reverse(
        &mut self,
        order: Order,
        payment: Option<usize>,
        given: Option<&str>,
        now: DateTime<Utc>,
    ) {
        let action = order.action;
        let asked = order.amount;
        let payment_entry = payment.and_then(|at| self.entries.get(at));
        let paid = payment_entry.filter(|entry| entry.state == OperationState::Succeeded);
        let rest = paid.map_or_else(Amount::zero, Entry::rest);
        // An authorization holds no more than its rest, whatever is asked for.
        let held = paid.is_some_and(|entry| entry.order.action == Action::Authorize);
        let asked = asked.filter(|asked| !held || rest.minus(*asked).is_some());
        let amount = asked.filter(|_| paid.is_some()).unwrap_or(rest);
        let owner = payment_entry.and_then(|entry| entry.customer.clone());
        let at = self.enter(order, amount, owner, given, now);
        self.entries[at].effects += 1;
        self.leave(at, OperationState::Succeeded, now);
        if let Some(payment) = payment {
            self.undo(payment, at, action, now);
        }
    }

    fn undo(&mut self, payment: usize, reversal: usize, action: Action, now: DateTime<Utc>) {
        let cause = match action {
            Action::Refund => Cause::Refunded,
            _ => Cause::Cancelled,
        };
        let was_pending = self.is_pending(payment);
        if self.entries[payment].state == OperationState::Succeeded {
            let from = match self.action(payment) {
                Some(Action::Authorize) => Account::Transit,
                _ => Account::Merchant,
            };
            self.post(reversal, from, Account::Customer, cause);
            self.lessen(payment, self.entries[reversal].amount);
            // One that is repeated stands there already.
            if !self.entries[payment].reversals.contains(&reversal) {
                self.entries[payment].reversals.push(reversal);
            }
        }
        let nothing_left = self.entries[payment].rest().cents() == 0;
        match action {
            Action::Cancel if was_pending => self.end(payment, OperationState::Cancelled, now),
            Action::Cancel | Action::Void if nothing_left => {
                self.entries[payment].state = OperationState::Cancelled;
                self.changed(payment, now);
            }
            Action::Refund if nothing_left => {
                self.entries[payment].state = OperationState::Refunded;
                self.changed(payment, now);
            }
            _ => {}
        }
    }
}
