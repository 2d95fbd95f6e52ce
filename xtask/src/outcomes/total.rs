//! Whether every answer has one rule.

use anyhow::{Result, bail, ensure};

use super::codes::{Codes, Status};
use super::table::{Met, Rule, STAGES, Table};

impl Table {
    /// The rules about response codes, the narrowest first.
    pub(super) fn codes(&self) -> impl Iterator<Item = (&Rule, &Codes)> {
        self.rules.iter().filter_map(|rule| match &rule.met {
            Met::Codes(codes) => Some((rule, codes)),
            Met::Stage(_) => None,
        })
    }

    /// The rule that decides about an answer.
    pub(super) fn decides(&self, http: u16, case: u16, status: Status) -> Option<&Rule> {
        let mut rules = self.codes();
        let found = rules.find(|(_, codes)| codes.covers(http, case, status));
        found.map(|(rule, _)| rule)
    }

    /// Refuses a table in which an answer has no rule, or two of equal rank.
    pub(super) fn require_total(&self) -> Result<()> {
        for stage in STAGES {
            self.require_stage(stage)?;
        }
        let last = self.codes().last();
        if last.is_none_or(|(_, codes)| codes.rank() > 0) {
            bail!(
                "there is no rule for the codes that no other covers: add one without `http`, \
                 `case` and `status`"
            );
        }
        self.refuse_overlap()
    }

    fn require_stage(&self, stage: &str) -> Result<()> {
        let about = |rule: &&Rule| matches!(rule.met, Met::Stage(about) if about == stage);
        let rules: Vec<&Rule> = self.rules.iter().filter(about).collect();
        match rules.as_slice() {
            [_] => Ok(()),
            [] => bail!("there is no rule for the stage `{stage}`: add one"),
            [one, other, ..] => bail!(
                "rules `{}` and `{}` are both about the stage `{stage}`: remove one",
                one.id,
                other.id
            ),
        }
    }

    /// Tries every code under every status.
    fn refuse_overlap(&self) -> Result<()> {
        for (http, case, status) in every_answer() {
            let mut before: Option<(&Rule, &Codes)> = None;
            for (rule, codes) in self.codes() {
                if !codes.covers(http, case, status) {
                    continue;
                }
                // Sorted by rank, so that equal ones are neighbours.
                if let Some((one, of_one)) = before {
                    ensure!(
                        of_one.rank() > codes.rank(),
                        "rules `{}` and `{}` are equally narrow and both cover {http}xx{case:02}: \
                         narrow one of them",
                        one.id,
                        rule.id
                    );
                }
                before = Some((rule, codes));
            }
        }
        Ok(())
    }
}

fn every_answer() -> impl Iterator<Item = (u16, u16, Status)> {
    let cases = |http| (0..100).map(move |case| (http, case));
    let codes = (200..600).flat_map(cases);
    codes.flat_map(|(http, case)| Status::ALL.map(|status| (http, case, status)))
}
