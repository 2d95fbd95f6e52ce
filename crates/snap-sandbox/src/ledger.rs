//! The ledger as a test reads it.

mod amount;
pub(crate) mod book;
mod claims;
mod conduct;
pub(crate) mod entry;
mod expected;
mod funds;
mod movement;
pub(crate) mod order;
pub(crate) mod rules;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
    sync::Arc,
};

use chrono::{DateTime, Utc};

pub(crate) use self::funds::Purse;
pub use self::{
    amount::{Amount, AmountError},
    claims::Claim,
    funds::Balance,
    movement::{Account, Cause, Decision, MoneyKind, Movement, OperationState},
};
use self::{book::Book, entry::Entry};
use crate::{judge::State, record::RecordedRequest, shared::Shared};

/// What became of all money, at one moment; see [`Sandbox::ledger`](crate::Sandbox::ledger).
///
/// An operation is found by the merchant's identity of it: partner reference number, refund, capture or
/// void number. A cancellation has none but its payment's, so [`Ledger::effects_of`] tells them apart.
#[derive(Clone)]
pub struct Ledger {
    book: Shared<Book>,
    requests: Shared<VecDeque<Arc<RecordedRequest>>>,
    /// External ids that came with two bodies.
    misused_ids: Vec<Box<str>>,
    /// The time of the schedule.
    now: DateTime<Utc>,
}

impl Ledger {
    pub(crate) fn new(state: &State, now: DateTime<Utc>) -> Self {
        Self {
            book: state.book.clone(),
            requests: state.record.shared(),
            misused_ids: state.external_ids.misused().to_vec(),
            now,
        }
    }

    /// Every movement, in order.
    #[must_use]
    pub fn movements(&self) -> &[Movement] {
        self.book.movements()
    }

    /// How many operations were accepted, whatever became of them.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.book.entries().len()
    }

    /// How often the operation of that reference took effect: a debit if there is one, else a credit,
    /// else a reversal. A payment that was refunded or cancelled after it took effect keeps its count.
    #[must_use]
    pub fn effects(&self, reference: &str) -> usize {
        self.entry(reference).map_or(0, |entry| entry.effects)
    }

    /// As [`Ledger::effects`], for one kind of operation.
    #[must_use]
    pub fn effects_of(&self, kind: MoneyKind, reference: &str) -> usize {
        let entry = self.book.get(kind, reference);
        entry.map_or(0, |entry| entry.effects)
    }

    /// Where the operation of that reference stands; None if none was accepted. Found as by
    /// [`Ledger::effects`].
    #[must_use]
    pub fn state(&self, reference: &str) -> Option<OperationState> {
        self.entry(reference).map(|entry| entry.state)
    }

    /// As [`Ledger::state`], for one kind of operation.
    #[must_use]
    pub fn state_of(&self, kind: MoneyKind, reference: &str) -> Option<OperationState> {
        self.book.get(kind, reference).map(|entry| entry.state)
    }

    /// What the deposit for payouts and top ups holds, as the balance inquiry tells it.
    #[must_use]
    pub fn deposit(&self) -> Balance {
        self.book.funds().balance(&Purse::Deposit)
    }

    /// What the account of a customer holds, by the label of the customer's token.
    #[must_use]
    pub fn customer(&self, customer: &str) -> Balance {
        let purse = Purse::Customer(Arc::from(customer));
        self.book.funds().balance(&purse)
    }

    /// What an account has gained since the start, in cents of a currency; less than nothing if it has
    /// lost.
    #[must_use]
    pub fn balance(&self, account: Account, currency: &str) -> i128 {
        let balances = Movement::balances(self.movements());
        let found = balances.get(&(account, currency)).copied();
        found.unwrap_or_default()
    }

    /// Fails a test unless all entries sum to zero, what is in transit is what pending payouts and
    /// authorizations have reserved, nothing moved for operations that took no effect, and the balances that inquiries tell
    /// are what the movements made of them.
    ///
    /// # Panics
    ///
    /// They do not.
    #[track_caller]
    pub fn assert_balanced(&self) {
        let balances = Movement::balances(self.movements());
        let mut expected: BTreeMap<String, i128> = BTreeMap::new();
        for entry in self.book.entries() {
            for amount in entry.in_transit() {
                let currency = amount.currency().to_owned();
                *expected.entry(currency).or_default() += i128::from(amount.cents());
            }
        }
        for ((account, currency), in_transit) in &balances {
            if *account == Account::Transit {
                let reserved = expected.remove(*currency).unwrap_or_default();
                assert_eq!(*in_transit, reserved, "{currency} in transit and reserved");
            }
        }
        assert!(
            expected.values().all(|cents| *cents == 0),
            "reserved without a movement: {expected:?}"
        );
        assert_eq!(
            balances.values().sum::<i128>(),
            0,
            "the sum of all accounts"
        );
        self.assert_moved_for_effects();
        self.assert_funds();
    }

    /// The balances are kept with each movement, and here made again from all of them.
    #[track_caller]
    fn assert_funds(&self) {
        let mut gained: HashMap<_, i128> = HashMap::new();
        for movement in self.movements() {
            let cents = i128::from(movement.amount.cents());
            for (account, change) in [(movement.from, -cents), (movement.to, cents)] {
                if let Some(purse) = Purse::of(account, movement.customer.as_ref()) {
                    *gained.entry((purse, movement.amount.code())).or_default() += change;
                }
            }
        }
        for (key, change) in self.book.funds().changes() {
            let moved = gained.remove(key).unwrap_or_default();
            assert_eq!(change.gained, moved, "balance and movements of {:?}", key.0);
            let held = !self.book.is_limited() || change.held >= 0;
            assert!(held, "less than nothing is held for {:?}", key.0);
        }
        assert!(gained.is_empty(), "movements without a balance: {gained:?}");
    }

    /// What took effect moved money as often, and nothing else did.
    #[track_caller]
    fn assert_moved_for_effects(&self) {
        let is_effect =
            |movement: &&Movement| !matches!(movement.cause, Cause::Reserved | Cause::Returned);
        let movements = self.movements().iter().filter(is_effect).count();
        let entries = self.book.entries().iter();
        let moved: usize = entries.map(|entry| entry.moved).sum();
        assert_eq!(movements, moved, "movements, and effects that move money");
    }

    fn entry(&self, reference: &str) -> Option<&Entry> {
        [MoneyKind::Debit, MoneyKind::Credit, MoneyKind::Reversal]
            .into_iter()
            .find_map(|kind| self.book.get(kind, reference))
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("operations", &self.operations())
            .field("movements", &self.movements().len())
            .finish_non_exhaustive()
    }
}
