use std::fmt;

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeZone, Utc};

/// A moment in the form of `X-TIMESTAMP`, with the text that is signed.
///
/// Written as `YYYY-MM-DDTHH:mm:ss+07:00`, 25 characters, or in UTC with `Z`, never with a fraction:
/// a `Z` time with milliseconds has been refused by DOKU as "Invalid Field Format X-TIMESTAMP"
/// (reported from a live environment). Read with `Z` or an offset and with up to nine fraction
/// digits. The text is kept as it was received, because the text is what is signed.
///
/// ```
/// use snap_sign::{Timestamp, TimestampForm};
///
/// let sent = Timestamp::from_unix(1_711_443_701, TimestampForm::Jakarta)?;
/// assert_eq!(sent.as_str(), "2024-03-26T16:01:41+07:00");
///
/// let received = Timestamp::parse("2024-03-26T09:01:41.5Z")?;
/// assert_eq!(received.unix_seconds(), sent.unix_seconds());
/// # Ok::<(), snap_sign::TimestampError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    text: String,
    unix_seconds: i64,
}

/// How a [`Timestamp`] is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimestampForm {
    /// Western Indonesian time with its offset, `2024-03-26T16:01:41+07:00`.
    #[default]
    Jakarta,
    /// UTC with `Z`, `2024-03-26T09:01:41Z`.
    Utc,
}

impl Timestamp {
    /// Writes a moment, given in seconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    ///
    /// When the moment is not in the years 0001 to 9999, which the form cannot hold.
    pub fn from_unix(unix_seconds: i64, form: TimestampForm) -> Result<Self, TimestampError> {
        let utc = DateTime::<Utc>::from_timestamp(unix_seconds, 0)
            .filter(|_| YEARS_1_TO_9999.contains(&unix_seconds))
            .ok_or(TimestampError(
                "the moment is outside the years 0001 to 9999",
            ))?;
        let text = match form {
            TimestampForm::Utc => utc.to_rfc3339_opts(SecondsFormat::Secs, true),
            TimestampForm::Jakarta => jakarta()
                .from_utc_datetime(&utc.naive_utc())
                .to_rfc3339_opts(SecondsFormat::Secs, false),
        };
        Ok(Self { text, unix_seconds })
    }

    /// Reads the value of a header.
    ///
    /// # Errors
    ///
    /// When the text is not `YYYY-MM-DDTHH:mm:ss`, an optional fraction of up to nine digits, and
    /// `Z` or `+HH:mm` or `-HH:mm`, or names a moment the calendar does not have.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        if !has_shape(text) {
            return Err(TimestampError(
                "the timestamp is not of the form YYYY-MM-DDTHH:mm:ss+07:00 or YYYY-MM-DDTHH:mm:ssZ",
            ));
        }
        let moment = DateTime::parse_from_rfc3339(text).map_err(|_| {
            TimestampError("the timestamp names a date or time that does not exist")
        })?;
        Ok(Self {
            text: text.to_owned(),
            unix_seconds: moment.timestamp(),
        })
    }

    /// The text, character for character.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        self.unix_seconds
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The moment or the text cannot be a timestamp; `Display` says why and does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampError(&'static str);

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for TimestampError {}

/// Indonesia's west has no daylight saving time, so no time-zone database is needed.
fn jakarta() -> FixedOffset {
    #[expect(clippy::expect_used, reason = "seven hours are less than a day")]
    FixedOffset::east_opt(7 * 60 * 60).expect("an offset of seven hours exists")
}

/// The shape alone; chrono decides about the calendar. It would also take a lower-case `t`, a
/// space for the `T`, and longer fractions.
fn has_shape(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((date_time, rest)) = bytes.split_at_checked(SHAPE.len()) else {
        return false;
    };
    let fits = SHAPE.iter().zip(date_time).all(|(form, byte)| match form {
        b'0' => byte.is_ascii_digit(),
        fixed => byte == fixed,
    });
    fits && has_offset(after_fraction(rest))
}

/// What follows a fraction of one to nine digits; the text itself where there is no such fraction.
fn after_fraction(text: &[u8]) -> &[u8] {
    let Some(fraction) = text.strip_prefix(b".") else {
        return text;
    };
    let digits = fraction
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if (1..=9).contains(&digits) {
        &fraction[digits..]
    } else {
        text
    }
}

fn has_offset(text: &[u8]) -> bool {
    match text {
        b"Z" => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

const SHAPE: &[u8] = b"0000-00-00T00:00:00";
const YEARS_1_TO_9999: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_214_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, unix_seconds: i64) {
        let timestamp = Timestamp::parse(text).unwrap();
        assert_eq!(timestamp.unix_seconds(), unix_seconds, "{text}");
        assert_eq!(timestamp.as_str(), text);
    }

    #[track_caller]
    fn refuses(text: &str) {
        assert!(Timestamp::parse(text).is_err(), "{text}");
    }

    #[test]
    fn offsets_utc_and_fractions_are_read_and_the_text_is_kept() {
        reads("2020-12-21T14:56:11+07:00", 1_608_537_371);
        reads("2020-12-21T07:56:11Z", 1_608_537_371);
        reads("2020-12-21T07:56:11.000Z", 1_608_537_371);
        reads("2020-12-21T07:56:11.123456789+00:00", 1_608_537_371);
        reads("2020-12-21T02:26:11-05:30", 1_608_537_371);
    }

    #[test]
    fn every_other_form_is_refused() {
        for text in [
            "",
            "2020-12-21",
            "2020-12-21T07:56:11",
            "2020-12-21t07:56:11Z",
            "2020-12-21 07:56:11Z",
            "2020-12-21T07:56:11z",
            "2020-12-21T07:56:11.Z",
            "2020-12-21T07:56:11.1234567890Z",
            "2020-12-21T07:56:11+0700",
            "2020-12-21T07:56:11+07:00 ",
            "2020-12-21T07:56:11. 022+07:00",
            "2020-13-01T07:56:11Z",
            "2021-02-29T07:56:11Z",
            "2020-12-21T25:56:11Z",
            "2020-12-21T07:56:11+99:00",
            "20201221T07:56:11Z",
            "２020-12-21T07:56:11Z",
        ] {
            refuses(text);
        }
    }

    #[test]
    fn written_times_have_no_fraction_and_at_most_25_characters() {
        let jakarta = Timestamp::from_unix(1_608_537_371, TimestampForm::Jakarta).unwrap();
        let utc = Timestamp::from_unix(1_608_537_371, TimestampForm::Utc).unwrap();

        assert_eq!(jakarta.as_str(), "2020-12-21T14:56:11+07:00");
        assert_eq!(utc.as_str(), "2020-12-21T07:56:11Z");
        assert_eq!(Timestamp::parse(jakarta.as_str()), Ok(jakarta));
    }

    #[test]
    fn a_moment_that_the_form_cannot_hold_is_refused() {
        assert!(Timestamp::from_unix(i64::MAX, TimestampForm::Utc).is_err());
        assert!(Timestamp::from_unix(i64::MIN, TimestampForm::Jakarta).is_err());
        assert!(Timestamp::from_unix(253_402_300_800, TimestampForm::Utc).is_err());
    }
}
