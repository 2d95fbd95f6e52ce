use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Delivery, Reason};

/// How often things happened since the receiver was built: for a metric, read now and then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Tokens issued.
    pub tokens_issued: u64,
    /// Token requests refused.
    pub tokens_refused: u64,
    /// Messages with a token that had expired. When these are retries, DOKU does not fetch another token
    /// for them: see [`ReceiverBuilder::danger_accept_expired_tokens`](crate::ReceiverBuilder::danger_accept_expired_tokens).
    pub tokens_expired: u64,
    /// Deliveries that were new.
    pub new: u64,
    /// Deliveries that had been acknowledged before.
    pub duplicates: u64,
    /// Deliveries under a known external id with another body.
    pub conflicts: u64,
    /// Messages refused because of what they are, tokens aside.
    pub refused: u64,
    /// Messages sent away because of this side: a store that failed, a delivery being handled.
    pub sent_away: u64,
    /// Messages whose signature matched a secret other than the current one. When it no longer grows,
    /// the rotation is over.
    pub matched_older_secret: u64,
    /// Messages that matched with the second token
    /// ([`ReceiverBuilder::second_token`](crate::ReceiverBuilder::second_token)).
    pub matched_second_token: u64,
    /// Messages that matched as received and not minified: their sender does not minify.
    pub matched_raw_body: u64,
}

/// The same, being counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) tokens_issued: AtomicU64,
    pub(crate) tokens_refused: AtomicU64,
    pub(crate) tokens_expired: AtomicU64,
    new: AtomicU64,
    duplicates: AtomicU64,
    conflicts: AtomicU64,
    refused: AtomicU64,
    sent_away: AtomicU64,
    pub(crate) matched_older_secret: AtomicU64,
    pub(crate) matched_second_token: AtomicU64,
    pub(crate) matched_raw_body: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            tokens_issued: of(&self.tokens_issued),
            tokens_refused: of(&self.tokens_refused),
            tokens_expired: of(&self.tokens_expired),
            new: of(&self.new),
            duplicates: of(&self.duplicates),
            conflicts: of(&self.conflicts),
            refused: of(&self.refused),
            sent_away: of(&self.sent_away),
            matched_older_secret: of(&self.matched_older_secret),
            matched_second_token: of(&self.matched_second_token),
            matched_raw_body: of(&self.matched_raw_body),
        }
    }

    pub(crate) fn delivery(&self, delivery: Delivery) {
        add(match delivery {
            Delivery::New => &self.new,
            Delivery::DuplicateSame { .. } => &self.duplicates,
            Delivery::ConflictDifferentBody => &self.conflicts,
        });
    }

    pub(crate) fn refusal(&self, reason: &Reason) {
        add(match reason {
            Reason::TokenExpired => &self.tokens_expired,
            Reason::Store(_) | Reason::InProgress | Reason::ClaimLost => &self.sent_away,
            _ => &self.refused,
        });
    }
}

pub(crate) fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
