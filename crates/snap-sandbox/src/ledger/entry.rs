//! One operation in the ledger.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Amount, MoneyKind, OperationState, order::Order};

/// An operation that was accepted, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The request that was accepted last.
    pub(crate) order: Order,
    pub(crate) amount: Amount,
    pub(crate) state: OperationState,
    /// How often it took effect.
    pub(crate) effects: usize,
    /// How many of these moved money: not those of a pending payment's cancellation.
    pub(crate) moved: usize,
    /// The reference that the sandbox gave out.
    pub(crate) given: Option<Arc<str>>,
    pub(crate) accepted: DateTime<Utc>,
    /// When it left [`OperationState::Pending`].
    pub(crate) done: Option<DateTime<Utc>>,
    /// When it settles by itself.
    pub(crate) due: Option<DateTime<Utc>>,
    /// Whether money is reserved for it.
    pub(crate) reserved: bool,
    /// Its reversals, by position, in their order.
    pub(crate) reversals: Vec<usize>,
}

impl Entry {
    pub(super) fn new(order: Order, amount: Amount, now: DateTime<Utc>) -> Self {
        Self {
            order,
            amount,
            state: OperationState::Pending,
            effects: 0,
            moved: 0,
            given: None,
            accepted: now,
            done: None,
            due: None,
            reserved: false,
            reversals: Vec::new(),
        }
    }

    /// `direct-debit`, `wallet` or `kirimdoku`.
    pub(crate) fn product(&self) -> &str {
        product(self.order.operation)
    }

    /// Two-digit transaction status as inquiries tell it.
    pub(crate) fn status(&self) -> &'static str {
        status(self.state, self.order.kind)
    }
}

/// Two-digit transaction status (`latestTransactionStatus`) of a state.
pub(crate) fn status(state: OperationState, kind: MoneyKind) -> &'static str {
    match (state, kind) {
        (OperationState::Pending, MoneyKind::Debit) => "02",
        (OperationState::Pending, _) => "03",
        (OperationState::Succeeded, _) => "00",
        (OperationState::Refunded, _) => "04",
        (OperationState::Cancelled, _) => "05",
        (OperationState::Failed, _) => "06",
    }
}

/// The product of an operation's id.
pub(crate) fn product(operation: &str) -> &str {
    operation.split('.').next().unwrap_or_default()
}
