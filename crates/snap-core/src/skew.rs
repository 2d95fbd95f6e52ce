use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use http::{HeaderMap, header};

use crate::Clock;

/// By how much the client corrects its clock, and since when; see [`crate::Client::clock_offset`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClockOffset {
    /// Added to the clock of the configuration, in milliseconds; negative where that is fast.
    pub millis: i64,
    /// When it was measured, by the clock of the configuration.
    pub since: SystemTime,
}

/// The clock of the configuration, and how far it is from DOKU's.
///
/// An offset is measured with every answer and used only after DOKU has refused a signature
/// (HTTP part 401, case 00): a clock that works is left alone.
#[derive(Clone)]
pub(crate) struct Skew {
    clock: Arc<dyn Clock>,
    corrects: bool,
    offset: Arc<Mutex<Option<ClockOffset>>>,
}

/// What one answer shows, in milliseconds; nothing if it does not say what time it is.
pub(crate) type Measured = Option<Reading>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// How far DOKU's clock is ahead.
    ahead: i64,
    /// The correction that the request was signed with. Another call may have changed it since.
    used: i64,
}

/// What a refused signature has to do with the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Correction {
    /// The clock is corrected: sign again.
    Applied,
    /// The clock is right, but for these milliseconds.
    NotTheClock(i64),
    /// The clock is wrong by more than is corrected.
    TooFar(i64),
    /// The answer does not say what time it is.
    Unmeasured,
    /// Corrections are switched off.
    Off,
}

impl Skew {
    pub(crate) fn new(clock: Arc<dyn Clock>, corrects: bool) -> Self {
        Self {
            clock,
            corrects,
            offset: Arc::default(),
        }
    }

    /// The corrected time.
    pub(crate) fn now(&self) -> SystemTime {
        let now = self.clock.now();
        let millis = self.used();
        let span = Duration::from_millis(millis.unsigned_abs());
        let corrected = if millis < 0 {
            now.checked_sub(span)
        } else {
            now.checked_add(span)
        };
        corrected.unwrap_or(now)
    }

    /// The time without a correction, for measuring.
    pub(crate) fn raw(&self) -> SystemTime {
        self.clock.now()
    }

    /// The correction, in milliseconds.
    pub(crate) fn used(&self) -> i64 {
        self.offset().map_or(0, |offset| offset.millis)
    }

    pub(crate) fn offset(&self) -> Option<ClockOffset> {
        *self.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time that the answer to a request names, which was signed with the correction `used`,
    /// against the middle of sending and receiving. Nothing from a cache, which `Age` shows.
    pub(crate) fn measure(&self, sent: SystemTime, used: i64, headers: &HeaderMap) -> Measured {
        if headers.contains_key(header::AGE) {
            return None;
        }
        let date = headers.get(header::DATE)?.to_str().ok()?;
        let theirs = httpdate::parse_http_date(date).ok()?;
        // `Date` names whole seconds: on average it is half a second behind.
        let (received, half_a_second) = (self.raw(), 500);
        let ours = millis(sent)?.checked_add(millis(received)?)? / 2;
        let theirs = millis(theirs)?.checked_add(half_a_second)?;
        let ahead = theirs.checked_sub(ours)?;
        Some(Reading { ahead, used })
    }

    /// Corrects the clock after a refused signature, if the clock is what was wrong.
    pub(crate) fn correct(&self, measured: Measured) -> Correction {
        let Some(Reading { ahead, used }) = measured else {
            return Correction::Unmeasured;
        };
        if (ahead - used).abs() <= TOLERATED {
            return Correction::NotTheClock(ahead - used);
        }
        if ahead.abs() > LARGEST {
            return Correction::TooFar(ahead);
        }
        if !self.corrects {
            return Correction::Off;
        }
        if (ahead - self.used()).abs() <= TOLERATED {
            // A call that was refused at the same time has corrected it.
            return Correction::Applied;
        }
        let offset = ClockOffset {
            millis: ahead,
            since: self.raw(),
        };
        *self.offset.lock().unwrap_or_else(PoisonError::into_inner) = Some(offset);
        tracing::warn!(clock_offset_ms = ahead, "the clock is corrected");
        Correction::Applied
    }
}

impl fmt::Debug for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Skew({:?})", self.offset())
    }
}

/// What the text of an error says about the clock.
impl fmt::Display for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied => f.write_str("the clock was corrected, and that did not help"),
            Self::NotTheClock(millis) => {
                write!(
                    f,
                    "it is not the clock, which is {} s off",
                    seconds(*millis)
                )
            }
            Self::TooFar(millis) => write!(
                f,
                "the clock of this host is {} s from DOKU's, more than is corrected: set it",
                seconds(*millis)
            ),
            Self::Unmeasured => f.write_str("check that the clock is right"),
            Self::Off => f.write_str("the clock is wrong, and corrections are switched off"),
        }
    }
}

/// With one decimal, and the sign only where it is behind DOKU's.
fn seconds(millis: i64) -> String {
    let tenths = millis.unsigned_abs() / 100;
    let sign = if millis < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths / 10, tenths % 10)
}

fn millis(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

const TOLERATED: i64 = 30_000;
const LARGEST: i64 = 15 * 60 * 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct At(SystemTime);

    impl Clock for At {
        fn now(&self) -> SystemTime {
            self.0
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }
    }

    fn noon() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn skew() -> Skew {
        Skew::new(Arc::new(At(noon())), true)
    }

    #[track_caller]
    fn measured(date: &str, age: bool) -> Option<i64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::DATE, date.parse().unwrap());
        if age {
            headers.insert(header::AGE, "3".parse().unwrap());
        }
        let reading = skew().measure(noon(), 0, &headers);
        reading.map(|reading| reading.ahead)
    }

    /// An answer to a request that was signed with the correction `used`.
    fn shows(ahead: i64, used: i64) -> Measured {
        Some(Reading { ahead, used })
    }

    #[test]
    fn the_offset_is_the_servers_time_less_ours_and_a_cached_answer_tells_none() {
        assert_eq!(measured("Fri, 15 Jan 2027 08:00:00 GMT", false), Some(500));
        assert_eq!(
            measured("Fri, 15 Jan 2027 08:05:00 GMT", false),
            Some(300_500)
        );
        assert_eq!(measured("Fri, 15 Jan 2027 08:05:00 GMT", true), None);
        assert_eq!(measured("noon", false), None);
    }

    #[test]
    fn only_more_than_half_a_minute_and_at_most_a_quarter_hour_is_corrected() {
        assert_eq!(skew().correct(None), Correction::Unmeasured);
        let correct = |ahead| skew().correct(shows(ahead, 0));
        assert_eq!(correct(-400), Correction::NotTheClock(-400));
        assert_eq!(correct(30_000), Correction::NotTheClock(30_000));
        assert_eq!(correct(900_001), Correction::TooFar(900_001));
        assert_eq!(correct(-900_000), Correction::Applied);
    }

    #[test]
    fn a_later_offset_takes_the_place_of_the_earlier_one() {
        let skew = skew();

        skew.correct(shows(300_000, 0));
        let corrected = skew.now();
        let again = skew.correct(shows(300_400, 300_000));
        skew.correct(shows(0, 300_000));

        assert_eq!(corrected, noon() + Duration::from_secs(300));
        assert_eq!(again, Correction::NotTheClock(400));
        assert_eq!(skew.now(), noon());
    }

    #[test]
    fn a_request_that_was_signed_before_the_correction_was_refused_because_of_the_clock() {
        let skew = skew();
        skew.correct(shows(300_000, 0));
        let before = skew.offset();

        let correction = skew.correct(shows(300_400, 0));

        assert_eq!((correction, skew.offset()), (Correction::Applied, before));
    }

    #[test]
    fn the_text_names_the_seconds() {
        assert_eq!(
            Correction::NotTheClock(-400).to_string(),
            "it is not the clock, which is -0.4 s off"
        );
    }
}
