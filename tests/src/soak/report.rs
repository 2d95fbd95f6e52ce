use std::{collections::BTreeMap, fmt};

use snap_core::MoneyState;
use snap_resolve::{ResubmitError, Review};
use snap_sandbox::{Claim, Sandbox};

use super::{Ended, claim, resolution::Claims};

/// What a fault run came to.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Operations sent.
    pub operations: u64,
    /// By the trouble that was made for them.
    pub troubles: BTreeMap<&'static str, u64>,
    /// What the calls said: moved, not moved, in progress, unknown.
    pub said: [u64; 4],
    /// Operations that took effect twice.
    pub double_effects: u64,
    /// `Moved` although the ledger has no effect, when the call returned or in the end.
    pub false_moved: u64,
    /// `NotMoved` although the ledger has an effect.
    pub false_not_moved: u64,
    /// `Unknown` although the trouble came before the first byte.
    pub needless_unknown: u64,
    /// Calls with more deliveries than a definite refusal allows.
    pub deliveries_too_many: u64,
    /// Operations that were open after the call.
    pub open: u64,
    /// Operations that DOKU was proven not to know.
    pub not_found: u64,
    /// Of these, sent again and accepted.
    pub resubmitted: u64,
    /// Operations that are still open in the end, or that a person has to look at.
    pub unresolved: u64,
    /// How many bytes of logs and errors were searched for secrets.
    pub logged: u64,
    /// What the first false or unresolved ones were.
    pub examples: Vec<String>,
}

impl Report {
    pub(super) fn sent(&mut self, ended: &[Ended], sandbox: &Sandbox) {
        self.operations += ended.len() as u64;
        for one in ended {
            *self.troubles.entry(one.trouble.name()).or_default() += 1;
            self.said[place(&one.state)] += 1;
            let unknown = matches!(one.state, MoneyState::Unknown(_));
            self.needless_unknown += u64::from(unknown && one.trouble.is_before_the_first_byte());
            self.deliveries_too_many += u64::from(one.deliveries > one.trouble.deliveries());
        }
        let claims: Claims = ended
            .iter()
            .map(|one| (one.reference.clone(), claim(&one.state)))
            .collect();
        self.judge(&claims, sandbox, |reference| {
            let one = ended.iter().find(|one| one.reference == reference);
            one.map_or_else(String::new, |one| {
                format!("{:?} {:?}: {}", one.flow, one.trouble, one.state)
            })
        });
    }

    pub(super) fn resolved(&mut self, claims: &Claims, sandbox: &Sandbox) {
        self.judge(claims, sandbox, |_| "in the end".to_owned());
        let double = sandbox.ledger().double_effects();
        self.double_effects += double.len() as u64;
        for reference in double {
            self.example(format!("{reference}: took effect twice"));
        }
    }

    pub(super) fn failed_again(&mut self, one: &Ended, error: &ResubmitError) {
        self.unresolved += 1;
        self.example(format!(
            "{}: {:?} {:?}: {error}",
            one.reference, one.flow, one.trouble
        ));
    }

    pub(super) fn review(&mut self, one: &Ended, review: Review) {
        self.unresolved += 1;
        self.example(format!(
            "{}: {:?} {:?}: {review:?}",
            one.reference, one.flow, one.trouble
        ));
    }

    fn judge(&mut self, claims: &Claims, sandbox: &Sandbox, about: impl Fn(&str) -> String) {
        for (reference, claim) in sandbox.ledger().false_claims(claims) {
            match claim {
                Claim::Moved => self.false_moved += 1,
                _ => self.false_not_moved += 1,
            }
            self.example(format!(
                "{reference}: false {claim:?}: {}",
                about(&reference)
            ));
        }
    }

    fn example(&mut self, text: String) {
        if self.examples.len() < 20 {
            self.examples.push(text);
        }
    }

    /// Whether every promise was kept: nothing doubled, nothing claimed falsely, nothing unknown that
    /// cannot have left, and at most one in ten thousand unresolved.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let broken = [
            self.double_effects,
            self.false_moved,
            self.false_not_moved,
            self.needless_unknown,
            self.deliveries_too_many,
        ];
        broken.iter().all(|count| *count == 0) && self.unresolved * 10_000 <= self.operations
    }
}

fn place(state: &MoneyState) -> usize {
    match state {
        MoneyState::Moved(_) => 0,
        MoneyState::NotMoved(_) => 1,
        MoneyState::InProgress(_) => 2,
        _ => 3,
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [moved, not_moved, in_progress, unknown] = self.said;
        writeln!(f, "operations            {}", self.operations)?;
        for (trouble, count) in &self.troubles {
            writeln!(f, "  {trouble:<20}{count}")?;
        }
        writeln!(f, "said moved            {moved}")?;
        writeln!(f, "said not moved        {not_moved}")?;
        writeln!(f, "said in progress      {in_progress}")?;
        writeln!(f, "said unknown          {unknown}")?;
        writeln!(f, "double effects        {}", self.double_effects)?;
        writeln!(f, "false moved           {}", self.false_moved)?;
        writeln!(f, "false not moved       {}", self.false_not_moved)?;
        writeln!(f, "needless unknown      {}", self.needless_unknown)?;
        writeln!(f, "too many deliveries   {}", self.deliveries_too_many)?;
        writeln!(f, "open after the call   {}", self.open)?;
        writeln!(f, "proven not found      {}", self.not_found)?;
        writeln!(f, "  of these sent again {}", self.resubmitted)?;
        writeln!(f, "unresolved            {}", self.unresolved)?;
        writeln!(f, "searched for secrets  {} bytes", self.logged)?;
        for example in &self.examples {
            writeln!(f, "  {example}")?;
        }
        Ok(())
    }
}
