//! Where the time comes from: the only module that asks the system for it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// The time of a local sandbox: a source plus an offset that only grows.
///
/// It decides when tokens expire, what `X-TIMESTAMP` is compared with, on which day an external id
/// was used, and what the `Date` header says. Clones share the offset, so a test that keeps one
/// moves the sandbox with it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use snap_sandbox::Clock;
///
/// let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// let clock = Clock::fixed(noon);
/// clock.advance(Duration::from_secs(900));
///
/// assert_eq!(clock.now(), noon + Duration::from_secs(900));
/// ```
#[derive(Clone)]
pub struct Clock {
    source: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    offset: Arc<Mutex<Duration>>,
}

impl Clock {
    /// The time of this computer.
    #[must_use]
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that all others ask"
        )]
        Self::from_fn(SystemTime::now)
    }

    /// A clock that stands still until it is advanced.
    #[must_use]
    pub fn fixed(at: SystemTime) -> Self {
        Self::from_fn(move || at)
    }

    /// A clock that follows another one, such as the virtual clock of the client under test.
    pub fn from_fn(source: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self {
            source: Arc::new(source),
            offset: Arc::default(),
        }
    }

    /// Moves this clock and all its clones forward.
    pub fn advance(&self, by: Duration) {
        let mut offset = self.offset.lock().unwrap_or_else(PoisonError::into_inner);
        *offset = offset.saturating_add(by);
    }

    /// The time now. An offset beyond what the system can express leaves the source's time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let offset = *self.offset.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (self.source)();
        now.checked_add(offset).unwrap_or(now)
    }

    /// The time now as a calendar value, held inside the years that a SNAP timestamp can express.
    pub(crate) fn utc(&self) -> DateTime<Utc> {
        let since_epoch = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        later(DateTime::UNIX_EPOCH, since_epoch)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

/// A moment as DOKU's answers write it: seconds, and the offset of Jakarta.
pub(crate) fn jakarta(moment: DateTime<Utc>) -> String {
    in_jakarta(moment)
        .format("%Y-%m-%dT%H:%M:%S+07:00")
        .to_string()
}

/// Date and time on the wall in Jakarta (WIB, UTC+7 all year).
pub(crate) fn in_jakarta(moment: DateTime<Utc>) -> NaiveDateTime {
    (moment + TimeDelta::hours(7)).naive_utc()
}

/// A span for people: `13 h`, `1 h 30 min`, `90 s` is `1 min 30 s`.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    match parts.is_empty() {
        true => "0 s".to_owned(),
        false => parts.join(" "),
    }
}

/// `from` plus `by`, at most the end of the year 9998: a day before the calendar text runs out.
pub(crate) fn later(from: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let end = DateTime::from_timestamp(LAST_SECOND, 0).unwrap_or(DateTime::UNIX_EPOCH);
    TimeDelta::from_std(by)
        .ok()
        .and_then(|by| from.checked_add_signed(by))
        .map_or(end, |time| time.min(end))
}

/// 9998-12-31T23:59:59Z.
const LAST_SECOND: i64 = 253_370_764_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_offset() {
        let clock = Clock::fixed(UNIX_EPOCH);
        let other = clock.clone();

        other.advance(Duration::from_secs(5));

        assert_eq!(clock.now(), UNIX_EPOCH + Duration::from_secs(5));
    }

    #[test]
    fn a_span_is_written_in_the_units_that_it_has() {
        let written = [0, 59, 90, 46_800, 90_061].map(|seconds| span(Duration::from_secs(seconds)));

        assert_eq!(
            written,
            ["0 s", "59 s", "1 min 30 s", "13 h", "1 d 1 h 1 min 1 s"]
        );
    }

    #[test]
    fn an_absurd_advance_neither_panics_nor_leaves_the_calendar() {
        let clock = Clock::fixed(UNIX_EPOCH);

        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        let far = later(clock.utc(), Duration::MAX);

        assert_eq!(far.to_rfc3339(), "9998-12-31T23:59:59+00:00");
    }
}
