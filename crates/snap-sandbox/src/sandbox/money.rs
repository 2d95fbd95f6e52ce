//! What became of the money.

use super::Sandbox;
use crate::{Decision, Ledger, MoneyKind, action::Action};

impl Sandbox {
    /// Ends a debit or credit that is pending, as if the customer or the bank had decided; money moves
    /// with [`Decision::Succeed`]. False if nothing is pending under that reference.
    #[must_use = "false says that nothing was pending under that reference"]
    pub fn decide(&self, reference: &str, decision: Decision) -> bool {
        let reference = reference.to_owned();
        let action = Action::Decide {
            reference,
            decision,
        };
        self.judge.act(action).is_ok()
    }

    /// The ledger as it is now. It does not change later. To ask for it costs nothing; if many operations
    /// were accepted, keeping it while more are costs a copy.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.judge.look(Ledger::new)
    }

    /// How many requests for the debit, credit or reversal of that reference arrived whole, whatever
    /// their verdict: debits if there are any, else credits, else reversals. A payment's OTP counts
    /// too. What arrived in part is counted by [`Sandbox::arrivals`] only.
    #[must_use]
    pub fn arrivals_of(&self, reference: &str) -> u64 {
        let kinds = [MoneyKind::Debit, MoneyKind::Credit, MoneyKind::Reversal];
        let mut counts = kinds
            .map(|kind| self.arrivals_of_kind(kind, reference))
            .into_iter();
        counts.find(|count| *count > 0).unwrap_or_default()
    }

    /// As [`Sandbox::arrivals_of`], for one kind of operation.
    #[must_use]
    pub fn arrivals_of_kind(&self, kind: MoneyKind, reference: &str) -> u64 {
        self.judge
            .look(|state, _| state.record.arrivals_of(kind, reference))
    }
}
