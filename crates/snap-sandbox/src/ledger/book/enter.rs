//! Entries: new ones, and those of a reference that is taken up again.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Account, Action, Amount, Book, Entry, Order};

impl Book {
    /// A new entry on an owner's account, or the old one of that reference taken up again.
    pub(super) fn enter(
        &mut self,
        order: Order,
        amount: Amount,
        owner: Option<Arc<str>>,
        given: Option<&str>,
        now: DateTime<Utc>,
    ) -> usize {
        let (kind, reference) = (order.kind, Arc::clone(&order.reference));
        let session = order.session.clone();
        let external_id = Arc::clone(&order.external_id);
        let mut entry = Entry::new(order, amount, now);
        entry.customer = owner.clone();
        entry.fee = self.fee_of(entry.order.action);
        entry.given = given.map(Arc::from);
        let names = [entry.given.clone(), session];
        let at = match self.position(kind, &reference) {
            Some(at) => {
                self.disown(at);
                self.again(at, entry);
                at
            }
            None => {
                self.entries.push(entry);
                self.entries.len() - 1
            }
        };
        if let Some(owner) = owner {
            self.by_customer.entry(owner).or_default().push(at);
        }
        self.index(kind).insert(reference, at);
        self.external_ids.insert(external_id, at);
        let names = names.into_iter().flatten();
        self.given.extend(names.map(|name| (name, at)));
        at
    }

    /// An operation that is taken up again may have been another customer's.
    fn disown(&mut self, at: usize) {
        let owner = self.entries[at].customer.as_ref();
        if let Some(positions) = owner.and_then(|owner| self.by_customer.get_mut(owner)) {
            positions.retain(|other| *other != at);
        }
    }

    /// Payouts of Kirim DOKU may cost something.
    pub(crate) fn fee_of(&self, action: Action) -> Amount {
        match action {
            Action::PayOut(Account::Deposit, Account::Beneficiary) => self.terms.payout_fee,
            _ => Amount::zero(),
        }
    }

    fn again(&mut self, at: usize, mut entry: Entry) {
        if self.is_pending(at) {
            self.give_back(at);
        }
        self.release(at);
        if let Some(old) = self.entries.get_mut(at) {
            entry.effects = old.effects;
            entry.moved = old.moved;
            entry.reversals = std::mem::take(&mut old.reversals);
            // An authorization starts anew, and what was captured of it is over.
            let actions = [old.order.action, entry.order.action];
            if !actions.contains(&Action::Authorize) {
                entry.reversed = old.reversed;
            }
            entry.attempt = old.attempt + 1;
            *old = entry;
        }
    }
}
