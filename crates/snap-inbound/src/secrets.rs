use std::time::SystemTime;

use snap_sign::{ClientSecret, HmacKey};

/// The client secrets that sign the notifications of one client id: the current one, and during a
/// rotation the one before.
///
/// To rotate: give the new one as current and the old one [`and_until`](Self::and_until) the last
/// retry of a notification signed with it is due, 13 hours after the switch in DOKU's dashboard.
#[derive(Clone, Debug)]
pub struct Secrets(Vec<(ClientSecret, Option<SystemTime>)>);

impl Secrets {
    /// The secret that DOKU signs with.
    #[must_use]
    pub fn current(secret: ClientSecret) -> Self {
        Self(vec![(secret, None)])
    }

    /// Also takes another secret before this moment.
    #[must_use]
    pub fn and_until(mut self, secret: ClientSecret, end: SystemTime) -> Self {
        self.0.push((secret, Some(end)));
        self
    }

    /// Nobody guesses a secret of this length or more by trying.
    pub(crate) fn are_long(&self) -> bool {
        self.0
            .iter()
            .all(|(secret, _)| secret.expose().len() >= MIN_LENGTH)
    }

    pub(crate) fn active(&self, now: SystemTime) -> impl Iterator<Item = &ClientSecret> {
        let active = move |end: &Option<SystemTime>| end.is_none_or(|end| now < end);
        self.0
            .iter()
            .filter(move |(_, end)| active(end))
            .map(|(secret, _)| secret)
    }

    pub(crate) fn keys(&self) -> Vec<SecretKey> {
        self.0
            .iter()
            .map(|(secret, end)| SecretKey {
                key: HmacKey::new(secret),
                end: *end,
            })
            .collect()
    }
}

/// A secret made ready.
#[derive(Debug)]
pub(crate) struct SecretKey {
    pub(crate) key: HmacKey,
    end: Option<SystemTime>,
}

impl SecretKey {
    pub(crate) fn is_active(&self, now: SystemTime) -> bool {
        self.end.is_none_or(|end| now < end)
    }
}

const MIN_LENGTH: usize = 16;
