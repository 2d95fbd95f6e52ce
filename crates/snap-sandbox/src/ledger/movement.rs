//! What moves between which accounts, and why.

use std::{collections::BTreeMap, sync::Arc};

use super::Amount;

/// One movement of money: it leaves an account and arrives at another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Movement {
    /// Product and operation, such as `wallet.purchase`.
    pub operation: &'static str,
    /// The merchant's identity of that operation, such as the partner reference number.
    pub reference: Arc<str>,
    /// The account that has less.
    pub from: Account,
    /// The account that has more.
    pub to: Account,
    /// Label of the customer whose account has less or more, where a customer's token said it.
    pub customer: Option<Arc<str>>,
    /// How much.
    pub amount: Amount,
    /// Why.
    pub cause: Cause,
}

impl Movement {
    /// What each account has gained by these movements, in cents of a currency; less than nothing if it
    /// has lost.
    pub(crate) fn balances(movements: &[Self]) -> BTreeMap<(Account, &str), i128> {
        let mut balances = BTreeMap::new();
        for movement in movements {
            let cents = i128::from(movement.amount.cents());
            for (account, change) in [(movement.from, -cents), (movement.to, cents)] {
                let key = (account, movement.amount.currency());
                *balances.entry(key).or_default() += change;
            }
        }
        balances
    }
}

/// Whose money it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Account {
    /// The customers, all together.
    Customer,
    /// What the merchant has earned.
    Merchant,
    /// What the merchant has paid in for payouts.
    Deposit,
    /// Those who are paid out to.
    Beneficiary,
    /// Reserved for payouts that are accepted and not yet settled, and by authorizations until they are
    /// captured or voided.
    Transit,
    /// The fees of payouts.
    Fees,
}

/// Why money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The operation was accepted and took effect at once.
    Accepted,
    /// A payout was accepted and is reserved until it settles, or a payment was authorized.
    Reserved,
    /// The time of settlement came.
    Settled,
    /// The customer confirmed by OTP.
    Confirmed,
    /// [`Sandbox::decide`](crate::Sandbox::decide) was called.
    Decided,
    /// A payout failed or was refunded, and its money went back.
    Returned,
    /// A payment was refunded.
    Refunded,
    /// A payment was cancelled or voided.
    Cancelled,
}

/// What kind of money operation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MoneyKind {
    /// Takes money from a customer.
    Debit,
    /// Sends money out.
    Credit,
    /// Undoes a debit: refund, void, cancel.
    Reversal,
}

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OperationState {
    /// Accepted; the customer's step or the settlement is outstanding.
    Pending,
    /// It took effect.
    Succeeded,
    /// It took none, and will take none.
    Failed,
    /// It was cancelled, before or after it took effect.
    Cancelled,
    /// It took effect, and all of it came back.
    Refunded,
}

impl OperationState {
    /// Two-digit transaction status: that of a payment, or that of anything else.
    pub(crate) fn status(self, kind: MoneyKind) -> &'static str {
        match (self, kind) {
            (Self::Pending, MoneyKind::Debit) => "02",
            (Self::Pending, _) => "03",
            (Self::Succeeded, _) => "00",
            (Self::Refunded, _) => "04",
            (Self::Cancelled, _) => "05",
            (Self::Failed, _) => "06",
        }
    }
}

/// How [`Sandbox::decide`](crate::Sandbox::decide) ends what is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// The customer approves, or the bank settles: money moves. A payment for which the customer's
    /// money does not suffice any more fails.
    Succeed,
    /// It fails: no money moves; what was reserved goes back.
    Fail,
    /// It is cancelled: as [`Fail`](Self::Fail), with the status of a cancellation.
    Cancel,
}
