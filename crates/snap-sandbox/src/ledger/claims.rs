//! What a client claims about its operations, against what the ledger holds.

use std::fmt::Write as _;

use super::{Ledger, MoneyKind, OperationState};

/// What a client says became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// It took effect.
    Moved,
    /// It took no effect and will take none; or it was a payout, and its money came back.
    NotMoved,
    /// It is under way.
    InProgress,
    /// It is not known.
    Unknown,
}

impl Ledger {
    /// The claims that the ledger contradicts: `Moved` without an effect; `NotMoved` with an effect, unless
    /// it was a payout that came back, or while the operation is pending, since it may still move. `InProgress` and `Unknown` are never
    /// false.
    #[must_use]
    pub fn false_claims(&self, claims: &[(String, Claim)]) -> Vec<(String, Claim)> {
        let claims = claims.iter();
        claims
            .filter(|(reference, claim)| self.contradicts(reference, *claim))
            .cloned()
            .collect()
    }

    /// Fails a test if the ledger contradicts a claim; see [`Ledger::false_claims`].
    ///
    /// # Panics
    ///
    /// One is false. The message has the ledger's view and the requests of each such reference.
    #[track_caller]
    pub fn assert_claims(&self, claims: &[(String, Claim)]) {
        let wrong = self.false_claims(claims);
        let shown = wrong.iter().take(SHOWN);
        let told = shown.map(|(reference, claim)| {
            format!("\n{reference}: claimed {claim:?}{}", self.story(reference))
        });
        let told: String = told.collect();
        assert!(wrong.is_empty(), "{} false claims{told}", wrong.len());
    }

    /// The references under which an operation took effect more than once.
    #[must_use]
    pub fn double_effects(&self) -> Vec<String> {
        let entries = self.book.entries().iter();
        entries
            .filter(|entry| entry.effects > 1)
            .map(|entry| entry.order.reference.to_string())
            .collect()
    }

    /// Fails a test if an operation took effect more than once under one reference.
    ///
    /// # Panics
    ///
    /// One did. The message has the ledger's view and the requests of each such reference.
    #[track_caller]
    pub fn assert_no_double_effect(&self) {
        let double = self.double_effects();
        assert!(
            double.is_empty(),
            "{} operations took effect more than once{}",
            double.len(),
            self.stories(&double)
        );
    }

    fn contradicts(&self, reference: &str, claim: Claim) -> bool {
        let effects = self.effects(reference);
        match claim {
            Claim::Moved => effects == 0,
            Claim::NotMoved => self.entry(reference).is_some_and(|entry| {
                let is_back = entry.state == OperationState::Refunded
                    && entry.order.kind == MoneyKind::Credit;
                (effects > 0 && !is_back) || entry.state == OperationState::Pending
            }),
            Claim::InProgress | Claim::Unknown => false,
        }
    }

    /// The stories of the first references of a list.
    pub(super) fn stories(&self, references: &[String]) -> String {
        let shown = references.iter().take(SHOWN);
        shown
            .map(|reference| format!("\n{reference}{}", self.story(reference)))
            .collect()
    }

    /// What the ledger holds of a reference, and the requests that named it.
    pub(super) fn story(&self, reference: &str) -> String {
        let mut story = match self.entry(reference) {
            Some(entry) => format!(
                "\n  ledger: {} {} {:?}, effects: {}",
                entry.order.operation, entry.amount, entry.state, entry.effects
            ),
            None => "\n  ledger: nothing".to_owned(),
        };
        let requests = self.requests.iter();
        for request in requests.filter(|request| request.reference.as_deref() == Some(reference)) {
            let operation = request.operation.as_deref().unwrap_or("unknown");
            let code = request.response_code.as_deref().unwrap_or("no code");
            let fault = request.fault.as_deref().unwrap_or("no fault");
            let (number, verdict) = (request.number, &request.verdict);
            // Writing to a String does not fail.
            let _ = write!(
                story,
                "\n  request {number}: {operation} {verdict} {code}, {fault}"
            );
        }
        story
    }
}

/// How many references a message tells of.
pub(super) const SHOWN: usize = 20;
