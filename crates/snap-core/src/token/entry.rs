use std::time::Duration;

use snap_sign::AccessToken;

use crate::RefreshToken;

/// A token as stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The access token, of the kind the slot holds.
    pub access_token: AccessToken,
    /// Which token of the slot it is.
    pub generation: Generation,
    /// How long it was valid when it was issued; [`LIFE_UNKNOWN`] if DOKU did not say.
    pub life: Duration,
    /// How long it is valid from now on; zero if it ran out.
    pub remaining: Duration,
    /// What a customer's access token is renewed with; nothing once that ran out, or if there is
    /// none.
    pub refresh: Option<Refresh>,
}

impl Entry {
    /// A token that was issued for `life` and has `remaining` of it left, and cannot be renewed.
    #[must_use]
    pub fn new(
        access_token: AccessToken,
        generation: Generation,
        life: Duration,
        remaining: Duration,
    ) -> Self {
        Self {
            access_token,
            generation,
            life,
            remaining,
            refresh: None,
        }
    }

    /// The token is renewed with this.
    #[must_use]
    pub fn with_refresh(mut self, refresh: Option<Refresh>) -> Self {
        self.refresh = refresh;
        self
    }

    /// The entry as it is written again, with what is left of its lives.
    pub(super) fn rewritten(&self) -> NewEntry {
        // A life that is unknown stays so.
        let life = if self.life < LIFE_UNKNOWN {
            self.remaining
        } else {
            self.life
        };
        NewEntry::new(self.access_token.clone(), life).with_refresh(self.refresh.clone())
    }

    /// The entry as it is some time later; nothing once all of it ran out.
    #[must_use]
    pub fn after(&self, elapsed: Duration) -> Option<Self> {
        let remaining = self.remaining.saturating_sub(elapsed);
        let refresh = self.refresh.as_ref();
        let refresh = refresh.and_then(|refresh| refresh.after(elapsed));
        let alive = !remaining.is_zero() || refresh.is_some();
        alive.then(|| {
            let token = self.access_token.clone();
            Self::new(token, self.generation, self.life, remaining).with_refresh(refresh)
        })
    }
}

/// A token to store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewEntry {
    /// The access token, of the kind the slot holds.
    pub access_token: AccessToken,
    /// How long it is valid from now on; [`LIFE_UNKNOWN`] if DOKU did not say.
    pub life: Duration,
    /// What a customer's access token is renewed with.
    pub refresh: Option<Refresh>,
}

impl NewEntry {
    /// A token that is valid for `life` from now on and cannot be renewed.
    #[must_use]
    pub fn new(access_token: AccessToken, life: Duration) -> Self {
        Self {
            access_token,
            life,
            refresh: None,
        }
    }

    /// The token is renewed with this.
    #[must_use]
    pub fn with_refresh(mut self, refresh: Option<Refresh>) -> Self {
        self.refresh = refresh;
        self
    }

    /// How long the entry is worth keeping from now on.
    #[must_use]
    pub fn keep_for(&self) -> Duration {
        let refresh = self.refresh.as_ref().map(|refresh| refresh.remaining);
        self.life.max(refresh.unwrap_or_default())
    }

    /// The entry that is written.
    #[must_use]
    pub fn stored_as(self, generation: Generation) -> Entry {
        Entry::new(self.access_token, generation, self.life, self.life).with_refresh(self.refresh)
    }
}

/// A refresh token as stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refresh {
    /// The token.
    pub token: RefreshToken,
    /// How long it was valid when it was issued; [`LIFE_UNKNOWN`] if DOKU did not say.
    pub life: Duration,
    /// How long it is valid from now on.
    pub remaining: Duration,
}

impl Refresh {
    /// A refresh token that was issued for `life` and has `remaining` of it left.
    #[must_use]
    pub fn new(token: RefreshToken, life: Duration, remaining: Duration) -> Self {
        Self {
            token,
            life,
            remaining,
        }
    }

    fn after(&self, elapsed: Duration) -> Option<Self> {
        let remaining = self.remaining.saturating_sub(elapsed);
        (!remaining.is_zero()).then(|| Self {
            remaining,
            ..self.clone()
        })
    }
}

/// Counts the tokens of a slot, upwards, from 1: zero stands for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "stores make and compare them")]
pub struct Generation(pub u64);

/// Stands for the life of a token whose end DOKU did not tell: ten years, so that a store may treat
/// it like any other.
pub const LIFE_UNKNOWN: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
