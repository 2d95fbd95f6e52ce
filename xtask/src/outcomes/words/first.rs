//! What is tried first: every word, with where it may stand and its forms in Rust and on the page.

use anyhow::{Result, bail};

use super::Column::{self, Credit, Debit, Read, Reversal, Session, Token};
use super::{ALL, TOKENS, unfit};

/// A word for what is tried first.
#[derive(Debug)]
pub(in super::super) struct First {
    pub(in super::super) word: &'static str,
    /// Variant of `snap-core`'s `Again`; what only token requests do has none.
    pub(in super::super) rust: Option<&'static str>,
    columns: &'static [Column],
    /// In the page's table.
    pub(in super::super) reads: &'static str,
    /// In the page's legend.
    pub(in super::super) means: &'static str,
}

impl First {
    pub(super) fn find(column: Column, word: &str) -> Result<&'static Self> {
        let fits = |first: &&Self| first.columns.contains(&column);
        match FIRSTS.iter().find(|first| first.word == word) {
            Some(first) if fits(&first) => Ok(first),
            found => {
                let known = FIRSTS.iter().filter(fits).map(|first| first.word);
                bail!(unfit(word, found.is_some(), "before the last word", known))
            }
        }
    }
}

const fn first(
    word: &'static str,
    rust: Option<&'static str>,
    columns: &'static [Column],
    reads: &'static str,
    means: &'static str,
) -> First {
    First {
        word,
        rust,
        columns,
        reads,
        means,
    }
}

/// All of them.
pub(in super::super) const FIRSTS: &[First] = &[
    first(
        "reconnect",
        Some("Reconnect"),
        ALL,
        "new connection",
        "A new connection, within the deadline. Nothing had left.",
    ),
    first(
        "retry",
        Some("Retry"),
        RETRIED,
        "again",
        "Sent again under a new external id, within budget and deadline.",
    ),
    first(
        "retry-once",
        Some("RetryOnce"),
        RETRIED,
        "again once",
        "Sent again under a new external id, at most once.",
    ),
    first(
        "clock",
        Some("Clock"),
        ALL,
        "clock",
        "One correction of the clock, and one replay.",
    ),
    first(
        "token",
        Some("Token"),
        CALLS,
        "new token",
        "Another B2B token, and one replay.",
    ),
    first(
        "customer-token",
        Some("CustomerToken"),
        CALLS,
        "new customer token",
        "Another token of the same customer, and one replay.",
    ),
    first(
        "back-off",
        None,
        TOKENS,
        "back-off",
        "The token endpoint is left alone for a while.",
    ),
];

const CALLS: &[Column] = &[Read, Session, Debit, Credit, Reversal];
/// An auth code is used once, and money is never sent twice.
const RETRIED: &[Column] = &[Read, Session, Token];
