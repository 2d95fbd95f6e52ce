//! One operation in the ledger.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    Amount, OperationState,
    book::Step,
    order::{Action, Order},
};

/// An operation that was accepted, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The request that was accepted last.
    pub(crate) order: Order,
    pub(crate) amount: Amount,
    /// Goes the way of the amount, and back with it.
    pub(crate) fee: Amount,
    /// Label of the customer whose account it concerns; that of the payment for a reversal.
    pub(crate) customer: Option<Arc<str>>,
    pub(crate) state: OperationState,
    /// How often it took effect.
    pub(crate) effects: usize,
    /// How many movements that made: none for a pending payment's cancellation, two with a fee.
    pub(crate) moved: usize,
    /// The reference that the sandbox gave out.
    pub(crate) given: Option<Arc<str>>,
    pub(crate) accepted: DateTime<Utc>,
    /// When it left [`OperationState::Pending`].
    pub(crate) done: Option<DateTime<Utc>>,
    /// What happens to it by itself, and when.
    pub(crate) due: Option<(DateTime<Utc>, Step)>,
    /// Whether money is reserved for it.
    pub(crate) reserved: bool,
    /// Its reversals, by position, in their order.
    pub(crate) reversals: Vec<usize>,
    /// How much of it came back by them, in cents; of an authorization also what was captured.
    pub(crate) reversed: u64,
    /// How often its reference was taken up, this time included.
    pub(crate) attempt: usize,
}

impl Entry {
    pub(super) fn new(order: Order, amount: Amount, now: DateTime<Utc>) -> Self {
        Self {
            order,
            amount,
            fee: Amount::zero(),
            customer: None,
            state: OperationState::Pending,
            effects: 0,
            moved: 0,
            given: None,
            accepted: now,
            done: None,
            due: None,
            reserved: false,
            reversals: Vec::new(),
            reversed: 0,
            attempt: 1,
        }
    }

    /// What is left of a payment after its refunds, or of an authorization after its captures.
    pub(crate) fn rest(&self) -> Amount {
        let cents = self.amount.cents().saturating_sub(self.reversed);
        self.amount.with_cents(cents)
    }

    /// What is in transit for it.
    pub(crate) fn in_transit(&self) -> [Amount; 2] {
        match self.order.action {
            _ if !self.reserved => [Amount::zero(); 2],
            Action::Authorize => [self.rest(), Amount::zero()],
            _ => [self.amount, self.fee],
        }
    }

    /// `direct-debit`, `wallet` or `kirimdoku`.
    pub(crate) fn product(&self) -> &str {
        product(self.order.operation)
    }
}

/// The product of an operation's id.
pub(crate) fn product(operation: &str) -> &str {
    operation.split('.').next().unwrap_or_default()
}
