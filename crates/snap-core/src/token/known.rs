use std::time::Duration;

use super::{Entry, Generation, NewEntry, error::TokenError};

/// What the cell knows of its slot when a fetch begins.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The newest generation of the store that counts no more or is held: only a newer one is
    /// adopted.
    pub(super) seen: Generation,
    /// The tokens this process holds, usable or not.
    pub(super) held: Option<Entry>,
    pub(super) standing: Standing,
    /// Whether the access token held is not to be used, although it may live.
    pub(super) spent: bool,
    /// DOKU refused to renew this generation, or any older one.
    pub(super) blocked: Option<(Generation, TokenError)>,
}

/// What a fetch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// A caller has no token.
    Need,
    /// The token held nears its end.
    Renew,
    /// What the store has or lacks; DOKU is left alone.
    Store,
}

/// What a fetch brought.
#[derive(Debug)]
pub(super) enum Found {
    Token(Fetched),
    /// The store took the token held, under this generation.
    Taken(Generation),
    /// The store has no newer token, and DOKU was not asked.
    Nothing,
}

/// A token, and where it stands.
#[derive(Debug)]
pub(super) struct Fetched {
    /// Its generation is the store's. A token that the store does not have carries the newest one
    /// seen there, which it replaces: numbers of this process's own would outrun those of the
    /// others, whose tokens it would then never adopt.
    pub(super) entry: Entry,
    pub(super) standing: Standing,
}

/// What the store has to do with a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has it.
    #[default]
    Stored,
    /// It could not take it. A newer generation in the store replaces it.
    Unstored,
    /// It could not take it, and the customer has just consented to it: whatever the store has is
    /// older.
    Consented,
}

/// There is no newer token.
#[derive(Debug)]
pub(super) enum Failed {
    Token {
        error: TokenError,
        /// DOKU refused to renew this generation.
        blocks: Option<Generation>,
    },
    /// The store failed, and nothing hangs on it now.
    Store,
}

impl From<TokenError> for Failed {
    fn from(error: TokenError) -> Self {
        Self::Token {
            error,
            blocks: None,
        }
    }
}

impl Known {
    /// The stored entry, if it is newer than what is known and still good.
    pub(super) fn newer(&self, stored: Option<&Entry>) -> Option<Entry> {
        let stored = stored.filter(|entry| entry.remaining > MARGIN)?;
        (self.is_older_than(stored) && !self.knows_as_spent(stored)).then(|| stored.clone())
    }

    /// What the store has, or what it lacks and this process has. Tokens that the store had and no
    /// longer has are forgotten.
    pub(super) fn newest<'a>(&'a self, stored: Option<&'a Entry>) -> Option<&'a Entry> {
        let own = self.held.as_ref();
        let own = own.filter(|_| self.standing != Standing::Stored);
        match (stored, own) {
            (Some(stored), Some(own)) if !self.is_older_than(stored) => Some(own),
            (stored, own) => stored.or(own),
        }
    }

    /// What the store should take, because only this process has it and nobody wrote since.
    pub(super) fn lacking(&self, stored: Option<&Entry>) -> Option<NewEntry> {
        if stored.is_some_and(|stored| self.is_older_than(stored)) {
            return None;
        }
        let own = self.held.as_ref().filter(|held| held.remaining > MARGIN);
        let own = own.filter(|_| self.standing != Standing::Stored && !self.spent);
        own.map(Entry::rewritten)
    }

    fn is_older_than(&self, stored: &Entry) -> bool {
        stored.generation > self.seen && !self.has_consent()
    }

    /// Whether what is held is newer than anything in the store, and of any use still.
    fn has_consent(&self) -> bool {
        let held = self.held.as_ref();
        let held = held.filter(|held| !self.spent || held.refresh.is_some());
        self.standing == Standing::Consented && held.is_some() && self.blocked.is_none()
    }

    /// A store that took a token may not have got to say so: then it holds the token held here.
    fn knows_as_spent(&self, stored: &Entry) -> bool {
        let held = self.held.as_ref().filter(|_| self.spent);
        held.is_some_and(|held| held.access_token.expose() == stored.access_token.expose())
    }

    /// A token without the store, which has `seen`.
    pub(super) fn own(&self, seen: Option<Generation>, new: NewEntry) -> Fetched {
        let standing = match seen {
            None if self.has_consent() => Standing::Consented,
            _ => Standing::Unstored,
        };
        Fetched {
            entry: new.stored_as(self.seen.max(seen.unwrap_or_default())),
            standing,
        }
    }
}

impl Fetched {
    pub(super) fn stored(entry: Entry) -> Self {
        Self {
            entry,
            standing: Standing::Stored,
        }
    }
}

/// A token is not used in the last seconds of its life: it could expire under way.
pub(super) const MARGIN: Duration = Duration::from_secs(10);
