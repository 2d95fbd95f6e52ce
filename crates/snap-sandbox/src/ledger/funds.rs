//! The accounts that can run out: the deposit for payouts, and the account of each customer.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{Account, Amount};

/// What an account holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Balance {
    /// What can be spent; nothing if more was spent, which only a sandbox without state permits.
    pub available: Amount,
    /// What is reserved for payouts that are not settled, and by authorizations.
    pub held: Amount,
}

/// An account that can run out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purse {
    Deposit,
    /// By the label of the customer's token. Wallet and bank account of a label are one.
    Customer(Arc<str>),
}

/// What each account started with, and what has changed since.
#[derive(Clone, Debug)]
pub(crate) struct Funds {
    deposit: Amount,
    customer: Amount,
    changes: HashMap<(Purse, [u8; 3]), Change>,
}

/// In cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// Less than nothing if more was spent than came in.
    pub(crate) gained: i128,
    pub(crate) held: i128,
}

impl Purse {
    /// The purse behind an account; a customer without a label has none.
    pub(crate) fn of(account: Account, customer: Option<&Arc<str>>) -> Option<Self> {
        match account {
            Account::Deposit => Some(Self::Deposit),
            Account::Customer => customer.cloned().map(Self::Customer),
            _ => None,
        }
    }
}

impl Funds {
    pub(crate) fn new(deposit: Amount, customer: Amount) -> Self {
        Self {
            deposit,
            customer,
            changes: HashMap::new(),
        }
    }

    /// What a purse holds, in the currency it started with.
    pub(crate) fn balance(&self, purse: &Purse) -> Balance {
        let start = self.start(purse);
        let change = self.change(purse, start);
        let amount =
            |cents: i128| start.with_cents(u64::try_from(cents.max(0)).unwrap_or(u64::MAX));
        Balance {
            available: amount(i128::from(start.cents()) + change.gained),
            held: amount(change.held),
        }
    }

    /// The customers whose accounts have changed, by label.
    pub(crate) fn customers(&self) -> BTreeSet<&Arc<str>> {
        let purses = self.changes.keys();
        let labels = purses.filter_map(|(purse, _)| match purse {
            Purse::Customer(label) => Some(label),
            Purse::Deposit => None,
        });
        labels.collect()
    }

    /// Is there as much as these amounts together? In another currency than it started with, a purse
    /// has what came in.
    pub(crate) fn suffice(&self, purse: &Purse, amounts: &[Amount]) -> bool {
        amounts.iter().all(|amount| {
            let same = amounts.iter().filter(|other| other.code() == amount.code());
            let asked: i128 = same.map(|other| i128::from(other.cents())).sum();
            let start = self.start(purse);
            let start = if start.code() == amount.code() {
                i128::from(start.cents())
            } else {
                0
            };
            asked == 0 || asked <= start + self.change(purse, *amount).gained
        })
    }

    /// Money goes in, or out if it is less than nothing.
    pub(super) fn gain(&mut self, purse: Purse, amount: Amount, cents: i128) {
        self.changes
            .entry((purse, amount.code()))
            .or_default()
            .gained += cents;
    }

    /// Money is reserved, or no longer if it is less than nothing.
    pub(super) fn hold(&mut self, purse: Purse, amount: Amount, cents: i128) {
        self.changes.entry((purse, amount.code())).or_default().held += cents;
    }

    pub(super) fn changes(&self) -> &HashMap<(Purse, [u8; 3]), Change> {
        &self.changes
    }

    fn start(&self, purse: &Purse) -> Amount {
        match purse {
            Purse::Deposit => self.deposit,
            Purse::Customer(_) => self.customer,
        }
    }

    fn change(&self, purse: &Purse, of: Amount) -> Change {
        let key = (purse.clone(), of.code());
        self.changes.get(&key).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_cent_suffices_and_one_more_does_not() {
        let funds = Funds::new(Amount::rupiah(10), Amount::zero());
        let [fee, rest, more] =
            ["1.00", "9.00", "9.01"].map(|text| text.parse::<Amount>().expect("an amount"));

        assert!(funds.suffice(&Purse::Deposit, &[rest, fee]));
        assert!(!funds.suffice(&Purse::Deposit, &[more, fee]));
    }

    #[test]
    fn other_currencies_are_other_money() {
        let mut funds = Funds::new(Amount::rupiah(10), Amount::zero());
        let dollar: Amount = "1.00 USD".parse().expect("an amount");

        assert!(!funds.suffice(&Purse::Deposit, &[dollar]));
        funds.gain(Purse::Deposit, dollar, 100);
        assert!(funds.suffice(&Purse::Deposit, &[dollar, Amount::rupiah(10)]));
        assert_eq!(funds.balance(&Purse::Deposit).available, Amount::rupiah(10));
    }
}
