//! An entry as it is sealed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use snap_core::{
    AccessToken, RefreshToken,
    token::{Entry, Generation, NewEntry, Refresh},
};
use zeroize::{Zeroize, Zeroizing};

use super::millis;

/// Lives in milliseconds, as they were when it was written.
#[derive(Serialize, Deserialize)]
struct Stored {
    token: String,
    life: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<StoredRefresh>,
}

#[derive(Serialize, Deserialize)]
struct StoredRefresh {
    token: String,
    life: u64,
    remaining: u64,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.token.zeroize();
        if let Some(refresh) = &mut self.refresh {
            refresh.token.zeroize();
        }
    }
}

/// How long it is kept, in milliseconds.
pub(super) fn keep(new: &NewEntry) -> u64 {
    millis(new.keep_for())
}

pub(super) fn write(new: &NewEntry) -> Option<Zeroizing<Vec<u8>>> {
    let refresh = new.refresh.as_ref().map(|refresh| StoredRefresh {
        token: refresh.token.expose().to_owned(),
        life: millis(refresh.life),
        remaining: millis(refresh.remaining),
    });
    let stored = Stored {
        token: new.access_token.expose().to_owned(),
        life: millis(new.life),
        refresh,
    };
    let mut plain = Zeroizing::new(Vec::new());
    serde_json::to_writer(&mut *plain, &stored).ok()?;
    Some(plain)
}

/// The entry as it is now, with so much left of how long it is kept; nothing inside the option if all
/// of it ran out. Nothing at all where it is no entry.
pub(super) fn read(plain: &[u8], generation: Generation, left: Duration) -> Option<Option<Entry>> {
    let stored: Stored = serde_json::from_slice(plain).ok()?;
    let life = Duration::from_millis(stored.life);
    let refresh = stored.refresh.as_ref().map(|refresh| {
        Refresh::new(
            RefreshToken::new(refresh.token.as_str()),
            Duration::from_millis(refresh.life),
            Duration::from_millis(refresh.remaining),
        )
    });
    let new = NewEntry::new(AccessToken::new(stored.token.as_str()), life).with_refresh(refresh);
    let elapsed = Duration::from_millis(keep(&new)).saturating_sub(left);
    Some(new.stored_as(generation).after(elapsed))
}
