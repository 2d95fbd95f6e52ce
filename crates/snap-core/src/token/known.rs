use std::time::Duration;

use super::{Entry, Generation, NewEntry, error::TokenError};

/// What the cell knows of its slot when a fetch begins.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The newest generation that is held or was refused.
    pub(super) generation: Option<Generation>,
    /// The tokens this process holds, usable or not.
    pub(super) held: Option<Entry>,
    /// Whether the store does not have them.
    pub(super) unstored: bool,
    /// DOKU refused to renew this generation, or any older one.
    pub(super) blocked: Option<(Generation, TokenError)>,
}

/// A token, and whether the store has it.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) entry: Entry,
    pub(super) unstored: bool,
}

/// There is no newer token.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: TokenError,
    /// DOKU refused to renew this generation.
    pub(super) blocks: Option<Generation>,
}

impl From<TokenError> for Failed {
    fn from(error: TokenError) -> Self {
        Self {
            error,
            blocks: None,
        }
    }
}

/// The stored entry, if it is newer than what is known and still good.
pub(super) fn fresh(stored: Option<&Entry>, known: &Known) -> Option<Entry> {
    stored
        .filter(|entry| Some(entry.generation) > known.generation && entry.remaining > MARGIN)
        .cloned()
}

/// What the store has, or what it lacks and this process has. Tokens that the store had and no
/// longer has are forgotten.
pub(super) fn newer_of<'a>(stored: Option<&'a Entry>, known: &'a Known) -> Option<&'a Entry> {
    let own = known.held.as_ref().filter(|_| known.unstored);
    match (stored, own) {
        (Some(stored), Some(own)) if own.generation >= stored.generation => Some(own),
        (stored, own) => stored.or(own),
    }
}

pub(super) fn stored(entry: Entry) -> Fetched {
    Fetched {
        entry,
        unstored: false,
    }
}

/// A token that only this process knows.
pub(super) fn own(known: &Known, new: NewEntry) -> Fetched {
    Fetched {
        entry: new.stored_as(next(known.generation)),
        unstored: true,
    }
}

fn next(known: Option<Generation>) -> Generation {
    Generation(known.map_or(1, |Generation(last)| last.saturating_add(1)))
}

/// A token is not used in the last seconds of its life: it could expire under way.
pub(super) const MARGIN: Duration = Duration::from_secs(10);
