//! Two times: that of the schedule, and that of the door.
//!
//! The schedule decides when tokens expire, payouts settle and notifications are sent again, and on
//! which day an external id was used. The door is what `X-TIMESTAMP` is compared with, and what the
//! `Date` header and the timestamps of answers say. They are the same until somebody skips time, or
//! sets the door's clock wrong.

use std::time::Duration;

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};

use crate::clock::later;

/// How far schedule and door are from the sandbox's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    skipped: Duration,
    /// Seconds that the door is ahead of the clock; less than nothing if it is behind.
    door_offset: i64,
}

impl Times {
    pub(crate) fn skip(&mut self, by: Duration) {
        self.skipped = self.skipped.saturating_add(by);
    }

    pub(crate) fn skipped(&self) -> Duration {
        self.skipped
    }

    pub(crate) fn set_door_offset(&mut self, seconds: i64) {
        self.door_offset = seconds;
    }

    pub(crate) fn door_offset(&self) -> i64 {
        self.door_offset
    }

    /// The time of the schedule when the clock says `clock`.
    pub(crate) fn schedule(&self, clock: DateTime<Utc>) -> DateTime<Utc> {
        later(clock, self.skipped)
    }

    /// The time of the door when the schedule is at `now`. Where no four-digit year has it, `now`.
    pub(crate) fn door(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let back = TimeDelta::from_std(self.skipped).unwrap_or_default();
        let door = TimeDelta::try_seconds(self.door_offset)
            .and_then(|ahead| ahead.checked_sub(&back))
            .and_then(|moved| now.checked_add_signed(moved));
        door.filter(|door| (1..=9998).contains(&door.year()))
            .unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipping_moves_the_schedule_and_an_offset_the_door() {
        let clock = DateTime::UNIX_EPOCH;
        let mut times = Times::default();
        times.skip(Duration::from_secs(13 * 3600));
        times.set_door_offset(-60);

        let now = times.schedule(clock);

        assert_eq!(now.timestamp(), 13 * 3600);
        assert_eq!(times.door(now).timestamp(), -60);
    }

    #[test]
    fn absurd_times_do_not_panic() {
        let mut times = Times::default();
        times.skip(Duration::MAX);
        times.skip(Duration::MAX);
        times.set_door_offset(i64::MIN);

        let now = times.schedule(DateTime::UNIX_EPOCH);

        assert!(times.door(now) <= now);
    }

    #[test]
    fn a_door_beyond_the_calendar_is_where_the_schedule_is() {
        let longest = i64::MAX / 1000;
        let skips = [0, longest.unsigned_abs()];
        let offsets = [longest, -longest, 10_000 * 366 * 86_400, i64::MIN, i64::MAX];
        for (skip, offset) in skips
            .into_iter()
            .flat_map(|skip| offsets.map(|offset| (skip, offset)))
        {
            let mut times = Times::default();
            times.skip(Duration::from_secs(skip));
            times.set_door_offset(offset);
            let now = times.schedule(DateTime::UNIX_EPOCH);

            let door = times.door(now);

            assert_eq!(door, now, "{skip} {offset}");
        }
    }
}
