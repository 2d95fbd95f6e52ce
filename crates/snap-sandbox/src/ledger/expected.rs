//! What a test expects of every operation, against what the ledger holds.

use std::collections::BTreeSet;

use super::{Amount, Ledger, OperationState, claims::SHOWN};

impl Ledger {
    /// Fails a test unless the ledger holds exactly these operations, each in that state and of that
    /// amount. Operations are found as by [`Ledger::effects`].
    ///
    /// # Panics
    ///
    /// An operation differs, is missing, or is there and not expected. The message says which, with the
    /// requests of each.
    #[track_caller]
    pub fn assert_matches(&self, expected: &[(&str, OperationState, Amount)]) {
        let differences = self.differences(expected);
        let shown = &differences[..differences.len().min(SHOWN)];
        assert!(
            differences.is_empty(),
            "{} operations are not as expected{}",
            differences.len(),
            shown.concat()
        );
    }

    fn differences(&self, expected: &[(&str, OperationState, Amount)]) -> Vec<String> {
        let entries = self.book.entries().iter();
        let mut rest: BTreeSet<&str> = entries.map(|entry| &*entry.order.reference).collect();
        let mut differences = Vec::new();
        for (reference, state, amount) in expected {
            rest.remove(reference);
            let entry = self.entry(reference);
            if entry.map(|entry| (entry.state, entry.amount)) != Some((*state, *amount)) {
                let wanted = format!("{amount} {state:?}");
                differences.push(self.difference(reference, &wanted));
            }
        }
        let unexpected = rest.iter();
        differences.extend(unexpected.map(|reference| self.difference(reference, "nothing")));
        differences
    }

    fn difference(&self, reference: &str, wanted: &str) -> String {
        format!("\n{reference}: expected {wanted}{}", self.story(reference))
    }
}
