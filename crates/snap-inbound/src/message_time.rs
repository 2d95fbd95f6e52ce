//! The age of a message.

use std::{
    ops::RangeInclusive,
    time::{Duration, SystemTime},
};

use snap_sign::{Timestamp, TimestampError};

use crate::Reason;

/// The value of `X-TIMESTAMP` as a moment. RFC 3339 lets `t` and `z` be small; the text stays as it is
/// where it is signed.
pub(crate) fn read(text: &str) -> Result<i64, TimestampError> {
    let moment = Timestamp::parse(&text.to_ascii_uppercase())?;
    Ok(moment.unix_seconds())
}

/// How old a message may be and how far ahead, both inclusive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) behind: Duration,
    pub(crate) ahead: Duration,
}

impl Window {
    pub(crate) const fn minutes(behind: u64, ahead: u64) -> Self {
        Self {
            behind: Duration::from_secs(behind * 60),
            ahead: Duration::from_secs(ahead * 60),
        }
    }

    pub(crate) fn check(&self, unix_seconds: i64, now: SystemTime) -> Result<(), Reason> {
        let seconds_behind = unix(now).saturating_sub(unix_seconds);
        if self.range().contains(&seconds_behind) {
            Ok(())
        } else {
            Err(Reason::Stale { seconds_behind })
        }
    }

    fn range(&self) -> RangeInclusive<i64> {
        let whole = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        -whole(self.ahead)..=whole(self.behind)
    }
}

/// 13 hours: the last retry comes 12 hours after the first attempt, and may keep its timestamp.
pub(crate) const RETRIES: Window = Window::minutes(13 * 60, 5);

/// Whole seconds since 1970, before it as a negative number.
pub(crate) fn unix(time: SystemTime) -> i64 {
    let whole = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => whole(after),
        Err(before) => -whole(before.duration()),
    }
}
