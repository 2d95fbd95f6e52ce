//! How a client behaved: what no ledger shows by its sums.

use std::{collections::BTreeSet, time::Duration};

use super::{Claim, Ledger, MoneyKind, OperationState, claims::SHOWN, entry::Entry};
use crate::clock::later;

impl Ledger {
    /// The external ids that came twice on one day in Jakarta, with different bodies or at different
    /// paths. The second one was refused, and an answer that is looked up by its id is somebody else's.
    #[must_use]
    pub fn misused_external_ids(&self) -> Vec<String> {
        let ids: BTreeSet<_> = self.misused_ids.iter().collect();
        ids.into_iter().map(ToString::to_string).collect()
    }

    /// Fails a test if an external id came with two bodies; see [`Ledger::misused_external_ids`].
    ///
    /// # Panics
    ///
    /// One did.
    #[track_caller]
    pub fn assert_external_ids(&self) {
        let misused = self.misused_external_ids();
        let shown = &misused[..misused.len().min(SHOWN)];
        assert!(
            misused.is_empty(),
            "{} external ids came with two bodies on one day: {}",
            misused.len(),
            shown.join(", ")
        );
    }

    /// The references under which a request carried the token of another customer than the one whose
    /// operation it is: a refund of somebody else's payment, a status, or the reference again. Of
    /// requests that took no effect those are judged that are kept.
    #[must_use]
    pub fn foreign_customers(&self) -> Vec<String> {
        let reversals = self.book.entries().iter();
        let reversals =
            reversals.filter(|entry| is_foreign(entry, entry.order.customer.as_deref()));
        let reversals = reversals.map(|entry| entry.order.reference.to_string());
        let requests = self.requests.iter().filter_map(|request| {
            let reference = request.reference.as_deref()?;
            let customer = request.customer.as_deref()?;
            let known: Vec<&Entry> = self.entries_of(reference).collect();
            let foreign = known.iter().any(|entry| is_foreign(entry, Some(customer)));
            let own = known
                .iter()
                .any(|entry| entry.customer.as_deref() == Some(customer));
            (foreign && !own).then(|| reference.to_owned())
        });
        let all: BTreeSet<String> = reversals.chain(requests).collect();
        all.into_iter().collect()
    }

    /// Fails a test if a customer's token was used for another customer's operation; see
    /// [`Ledger::foreign_customers`].
    ///
    /// # Panics
    ///
    /// One was. The message has the requests of each such reference.
    #[track_caller]
    pub fn assert_no_foreign_customer(&self) {
        let foreign = self.foreign_customers();
        assert!(
            foreign.is_empty(),
            "{} operations saw the token of another customer{}",
            foreign.len(),
            self.stories(&foreign)
        );
    }

    /// The references that a client still calls `InProgress` or `Unknown` although the operation ended
    /// at least `horizon` ago, by the schedule: an inquiry would have told. Operations of which nothing was
    /// accepted are not among them.
    #[must_use]
    pub fn unresolved(&self, claims: &[(String, Claim)], horizon: Duration) -> Vec<String> {
        let open = claims
            .iter()
            .filter(|(_, claim)| matches!(claim, Claim::InProgress | Claim::Unknown));
        let is_over = |entry: &Entry| {
            let done = entry
                .done
                .filter(|_| entry.state != OperationState::Pending);
            done.is_some_and(|done| later(done, horizon) <= self.now)
        };
        open.filter(|(reference, _)| self.entry(reference).is_some_and(is_over))
            .map(|(reference, _)| reference.clone())
            .collect()
    }

    /// Fails a test if a client has not found out in time how an operation ended; see
    /// [`Ledger::unresolved`].
    ///
    /// # Panics
    ///
    /// It has not. The message has the ledger's view and the requests of each such reference.
    #[track_caller]
    pub fn assert_resolved(&self, claims: &[(String, Claim)], horizon: Duration) {
        let open = self.unresolved(claims, horizon);
        assert!(
            open.is_empty(),
            "{} operations ended, and the client does not know{}",
            open.len(),
            self.stories(&open)
        );
    }

    fn entries_of(&self, reference: &str) -> impl Iterator<Item = &Entry> {
        let kinds = [MoneyKind::Debit, MoneyKind::Credit, MoneyKind::Reversal];
        kinds
            .into_iter()
            .filter_map(|kind| self.book.get(kind, reference))
    }
}

/// Is this customer another one than the operation's?
fn is_foreign(entry: &Entry, customer: Option<&str>) -> bool {
    match (entry.customer.as_deref(), customer) {
        (Some(own), Some(other)) => own != other,
        _ => false,
    }
}
