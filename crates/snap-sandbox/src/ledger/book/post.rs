//! Movements, and what they do to the accounts that can run out.

use std::sync::Arc;

use super::{Account, Action, Amount, Book, Cause, Movement, Purse};

impl Book {
    /// A movement of the whole amount of an entry.
    pub(super) fn post(&mut self, at: usize, from: Account, to: Account, cause: Cause) {
        self.post_between(at, self.entries[at].amount, (from, to), cause);
    }

    /// The whole amount goes from the first account to the second, and the fee to the third.
    pub(super) fn post_with_fee(
        &mut self,
        at: usize,
        [from, to, fees]: [Account; 3],
        cause: Cause,
    ) {
        self.post(at, from, to, cause);
        self.post_between(at, self.entries[at].fee, (from, fees), cause);
    }

    pub(super) fn post_between(
        &mut self,
        at: usize,
        amount: Amount,
        (from, to): (Account, Account),
        cause: Cause,
    ) {
        let entry = &mut self.entries[at];
        if amount.cents() == 0 {
            return;
        }
        let is_effect = !matches!(cause, Cause::Reserved | Cause::Returned);
        entry.moved += usize::from(is_effect);
        let accounts = [from, to].contains(&Account::Customer);
        let movement = Movement {
            operation: entry.order.operation,
            reference: Arc::clone(&entry.order.reference),
            from,
            to,
            customer: entry.customer.clone().filter(|_| accounts),
            amount,
            cause,
        };
        self.fund(at, &movement);
        self.movements.push(movement);
    }

    /// What a movement does to the accounts that can run out. What is in transit is held for the
    /// account that it left.
    fn fund(&mut self, at: usize, movement: &Movement) {
        let cents = i128::from(movement.amount.cents());
        let entry = &self.entries[at];
        let customer = entry.customer.as_ref();
        let source = match entry.order.action {
            Action::PayOut(from, _) => Purse::of(from, customer),
            _ => Purse::of(Account::Customer, customer),
        };
        for (account, change) in [(movement.from, -cents), (movement.to, cents)] {
            if let (Account::Transit, Some(source)) = (account, &source) {
                self.funds.hold(source.clone(), movement.amount, change);
            } else if let Some(purse) = Purse::of(account, customer) {
                self.funds.gain(purse, movement.amount, change);
            }
        }
    }
}
