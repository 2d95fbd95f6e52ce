use std::{
    fmt,
    time::{Duration, SystemTime},
};

use snap_core::Pending;

use super::schedule::is_after_eight;

/// DOKU does not know the operation, asked often enough and long enough after the call. The only
/// thing that a call which moves money is sent again on.
///
/// Made by a [`Resolver`](super::Resolver) and nothing else; used up when it is used.
#[must_use = "resubmit the operation, or close it"]
pub struct NotFoundProof {
    pending: Box<Pending>,
}

impl NotFoundProof {
    pub(super) fn new(pending: Pending) -> Self {
        Self {
            pending: Box::new(pending),
        }
    }

    /// The operation it is about.
    #[must_use]
    pub fn pending(&self) -> &Pending {
        &self.pending
    }

    pub(crate) fn into_pending(self) -> Pending {
        *self.pending
    }
}

impl fmt::Debug for NotFoundProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NotFoundProof({})", self.pending.intent.id)
    }
}

/// Three times not found, the last at least half an hour after the call was over.
pub(super) fn of_payment(not_found: &[SystemTime], over: SystemTime) -> bool {
    not_found.len() >= 3 && span(over, not_found.last()) >= HALF_AN_HOUR
}

/// Three times not found over a day, one of them in the hours in which a status can be relied on.
pub(super) fn of_payout(not_found: &[SystemTime]) -> bool {
    let first = not_found.first().copied();
    let over_a_day = first.is_some_and(|first| span(first, not_found.last()) >= DAY);
    let by_day = not_found.iter().any(|moment| is_after_eight(*moment));
    not_found.len() >= 3 && over_a_day && by_day
}

/// A readable history without it, twice, an hour apart.
pub(super) fn of_refund(absent: &[SystemTime]) -> bool {
    let first = absent.first().copied();
    first.is_some_and(|first| span(first, absent.last()) >= HOUR)
}

fn span(from: SystemTime, to: Option<&SystemTime>) -> Duration {
    to.and_then(|to| to.duration_since(from).ok())
        .unwrap_or_default()
}

const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    /// Midnight in Jakarta, 2026-11-26, and this many minutes.
    fn at(minutes: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_626_000 + minutes * 60)
    }

    #[test]
    fn a_payment_needs_three_answers_and_half_an_hour() {
        assert!(of_payment(&[at(1), at(2), at(30)], at(0)));
        assert!(!of_payment(&[at(1), at(2), at(29)], at(0)));
        assert!(!of_payment(&[at(1), at(60)], at(0)));
    }

    #[test]
    fn a_payout_needs_three_answers_over_a_day_and_one_by_day() {
        const DAY: u64 = 24 * 60;

        assert!(of_payout(&[at(1), at(9 * 60), at(1 + DAY)]));
        assert!(!of_payout(&[at(1), at(9 * 60), at(DAY)]));
        assert!(!of_payout(&[at(1), at(2), at(1 + DAY)]));
        assert!(!of_payout(&[at(1), at(9 * 60)]));
    }

    #[test]
    fn a_refund_needs_two_readable_histories_an_hour_apart() {
        assert!(of_refund(&[at(0), at(60)]));
        assert!(!of_refund(&[at(0), at(59)]));
        assert!(!of_refund(&[at(0)]));
    }
}
