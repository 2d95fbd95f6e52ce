//! The outcome table, checked word by word.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

use super::FILE;
use super::codes::Codes;
use super::file::{Alias, File, Gateway, Presumption, RawRule, Redirect};
use super::words::{Cell, Column};

/// What the file says.
#[derive(Debug)]
pub(super) struct Table {
    /// In the order in which they are looked up.
    pub(super) rules: Vec<Rule>,
    pub(super) aliases: Vec<Alias>,
    pub(super) gateways: Vec<Gateway>,
    pub(super) presumptions: Vec<Presumption>,
    pub(super) redirect: Redirect,
}

/// What one stage or one group of response codes means.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) met: Met,
    pub(super) says: String,
    /// One of each column, in their order.
    pub(super) cells: Vec<(Column, Cell)>,
    pub(super) source: String,
    pub(super) confidence: String,
}

/// What a rule is about.
#[derive(Debug)]
pub(super) enum Met {
    /// One of [`STAGES`].
    Stage(&'static str),
    Codes(Codes),
}

impl Table {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let file: File = toml::from_str(text).with_context(|| FILE.to_owned())?;
        let rules: Result<Vec<Rule>> = file.rules.into_iter().map(Rule::read).collect();
        let mut table = Self {
            rules: rules?,
            aliases: file.aliases,
            gateways: file.gateways,
            presumptions: file.presumptions,
            redirect: file.redirect,
        };
        table.check_ids()?;
        table.check_services().with_context(|| FILE.to_owned())?;
        // Stable: stages and rules of one rank stay in the order of the file.
        table.rules.sort_by_key(|rule| match &rule.met {
            Met::Stage(_) => (false, 0),
            Met::Codes(codes) => (true, 3 - codes.rank()),
        });
        table.require_total().with_context(|| FILE.to_owned())?;
        Ok(table)
    }

    fn check_ids(&self) -> Result<()> {
        let mut seen = BTreeSet::new();
        let twice = self.rules.iter().find(|rule| !seen.insert(&rule.id));
        match twice {
            Some(rule) => bail!("{FILE}: rule `{}` is there twice: rename one", rule.id),
            None => Ok(()),
        }
    }
}

impl Rule {
    fn read(raw: RawRule) -> Result<Self> {
        let at = format!("{FILE}: rule `{}`", raw.id);
        Self::try_read(raw).context(at)
    }

    fn try_read(raw: RawRule) -> Result<Self> {
        check_evidence(&raw.source, &raw.confidence)?;
        if raw.says.trim().is_empty() {
            bail!("`says` is empty: say what is met");
        }
        let cells = Column::ALL.into_iter();
        let cells: Result<_> = cells
            .map(|column| Ok((column, cell(&raw, column)?)))
            .collect();
        Ok(Self {
            met: Met::read(&raw)?,
            cells: cells?,
            id: raw.id,
            says: raw.says,
            source: raw.source,
            confidence: raw.confidence,
        })
    }
}

/// `money` stands for each column of its own that is not given.
fn cell(raw: &RawRule, column: Column) -> Result<Cell> {
    let key = column.key();
    let own = raw.cell(column);
    let shared = raw.money.as_deref().filter(|_| column.is_money());
    let text = match (own, shared) {
        (Some(_), Some(_)) => {
            bail!("`money` and `{key}` are both given: write debit, credit and reversal one by one")
        }
        (own, shared) => own.or(shared),
    };
    let text = text.with_context(|| format!("`{key}` is missing: say what it comes to"))?;
    Cell::parse(column, text).with_context(|| format!("{key} = \"{text}\""))
}

impl Met {
    fn read(raw: &RawRule) -> Result<Self> {
        let Some(stage) = &raw.stage else {
            return Codes::read(raw).map(Self::Codes);
        };
        if raw.http.is_some() || raw.case.is_some() || raw.cases.is_some() || raw.status.is_some() {
            bail!("a stage has no code: remove `stage`, or `http`, `case`, `cases` and `status`");
        }
        let known = STAGES.iter().find(|known| *known == stage);
        let cure = || format!("`{stage}` is no stage: write one of {}", STAGES.join(", "));
        known.copied().map(Self::Stage).with_context(cure)
    }
}

/// Whether somebody said so, and who.
pub(super) fn check_evidence(source: &str, confidence: &str) -> Result<()> {
    if source.trim().is_empty() {
        bail!("`source` is empty: name where the fact is from");
    }
    if !CONFIDENCES.contains(&confidence) {
        let known = CONFIDENCES.join(", ");
        bail!("confidence = \"{confidence}\": write one of {known}");
    }
    Ok(())
}

/// How far a call can get without a response code.
pub(super) const STAGES: &[&str] = &[
    "local",
    "journal",
    "no-token",
    "not-connected",
    "not-trusted",
    "no-answer",
    "unreadable",
    "redirect",
    "proxy-auth",
];
const CONFIDENCES: &[&str] = &["documented", "observed", "assumed"];
