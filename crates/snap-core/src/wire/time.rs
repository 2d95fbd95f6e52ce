use std::{
    fmt,
    time::{Duration, SystemTime},
};

use snap_sign::{Timestamp, TimestampForm};

use super::WireTime;
use crate::clock::unix_seconds;

impl WireTime {
    /// The time as requests write it: `2026-11-20T17:30:00+07:00`, Jakarta's clock, no fraction.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// use snap_core::WireTime;
    ///
    /// let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_170_600);
    /// assert_eq!(WireTime::jakarta(moment)?.as_str(), "2026-11-20T17:30:00+07:00");
    /// # Ok::<(), snap_core::WireTimeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the moment is outside of the years 0 to 9999.
    pub fn jakarta(moment: SystemTime) -> Result<Self, WireTimeError> {
        Timestamp::from_unix(unix_seconds(moment), TimestampForm::Jakarta)
            .map(|time| Self::from(time.as_str()))
            .map_err(|_| WireTimeError)
    }

    /// Reads the time: `YYYY-MM-DDTHH:mm:ss`, an optional fraction of one to nine digits, and `Z`,
    /// `+07:00`, `+0700` or no offset at all.
    ///
    /// A trailing quote and a space after the fraction point are passed over, since DOKU's pages
    /// show both (`2024-09-17T14:41:52. 022+07:00`).
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// use snap_core::WireTime;
    ///
    /// let jakarta = 7 * 60;
    /// let time = WireTime::from("2024-03-26T16:01:41.5").parse()?;
    /// assert!(!time.has_offset());
    /// assert_eq!(
    ///     time.to_system_time(jakarta),
    ///     SystemTime::UNIX_EPOCH + Duration::from_millis(1_711_443_701_500),
    /// );
    /// # Ok::<(), snap_core::WireTimeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the text has another form, or names a moment the calendar does not have.
    pub fn parse(&self) -> Result<ParsedTime, WireTimeError> {
        parse(self.as_str()).ok_or(WireTimeError)
    }
}

/// A time that was read from a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParsedTime {
    /// Since 1970-01-01T00:00:00 by the sender's clock face, which is UTC where there is no offset.
    face_seconds: i64,
    nanoseconds: u32,
    offset_minutes: Option<i32>,
}

impl ParsedTime {
    /// Whether the text said which time zone it means.
    #[must_use]
    pub fn has_offset(&self) -> bool {
        self.offset_minutes.is_some()
    }

    /// The offset from UTC that the text names, in minutes: `420` for `+07:00`, `0` for `Z`.
    #[must_use]
    pub fn offset_minutes(&self) -> Option<i32> {
        self.offset_minutes
    }

    /// The moment, with its fraction. `assumed_offset_minutes` is used where the text names no
    /// offset: `420` for Jakarta.
    ///
    /// A moment that the system's clock cannot hold (on Windows, before 1601) becomes the start of
    /// 1970.
    #[must_use]
    pub fn to_system_time(&self, assumed_offset_minutes: i32) -> SystemTime {
        let offset = self.offset_minutes.unwrap_or(assumed_offset_minutes);
        let seconds = self.face_seconds - i64::from(offset) * 60;
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let moment = if seconds < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(whole)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(whole)
        };
        moment
            .and_then(|moment| moment.checked_add(Duration::from_nanos(self.nanoseconds.into())))
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// The text is no time in a form that is known; it is not repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireTimeError;

impl fmt::Display for WireTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time is not of the form YYYY-MM-DDTHH:mm:ss, with or without an offset")
    }
}

impl std::error::Error for WireTimeError {}

fn parse(text: &str) -> Option<ParsedTime> {
    let text = text.trim().trim_end_matches(['"', '\'']).trim_end();
    let (face, rest) = text.split_at_checked("YYYY-MM-DDTHH:mm:ss".len())?;
    let (nanoseconds, offset) = split_fraction(rest)?;
    // The calendar and the shape of the first part are checked there.
    let face_seconds = Timestamp::parse(&format!("{face}Z")).ok()?.unix_seconds();
    Some(ParsedTime {
        face_seconds,
        nanoseconds,
        offset_minutes: minutes(offset)?,
    })
}

/// The fraction in nanoseconds, and what follows it.
fn split_fraction(rest: &str) -> Option<(u32, &str)> {
    let Some(rest) = rest.strip_prefix('.') else {
        return Some((0, rest));
    };
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, offset) = rest.split_at_checked(length)?;
    if !(1..=9).contains(&length) {
        return None;
    }
    let nanoseconds = format!("{digits:0<9}").parse().ok()?;
    Some((nanoseconds, offset))
}

/// The offset in minutes; none where there is no offset, and nothing where it is none.
#[expect(clippy::option_option, reason = "no offset is not a wrong offset")]
fn minutes(offset: &str) -> Option<Option<i32>> {
    let (sign, hours, minutes) = match offset.as_bytes() {
        b"" => return Some(None),
        b"Z" => return Some(Some(0)),
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => {
            (sign, number(*h1, *h2)?, number(*m1, *m2)?)
        }
        _ => return None,
    };
    let east = hours * 60 + minutes;
    match sign {
        _ if hours > 23 || minutes > 59 => None,
        b'+' => Some(Some(east)),
        b'-' => Some(Some(-east)),
        _ => None,
    }
}

fn number(tens: u8, ones: u8) -> Option<i32> {
    let digit = |byte: u8| char::from(byte).to_digit(10);
    i32::try_from(digit(tens)? * 10 + digit(ones)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const JAKARTA: i32 = 420;

    #[track_caller]
    fn reads(text: &str, offset_minutes: Option<i32>, unix_millis: u64) {
        let time = WireTime::from(text).parse().expect(text);
        assert_eq!(time.offset_minutes(), offset_minutes, "{text}");
        assert_eq!(time.has_offset(), offset_minutes.is_some(), "{text}");
        let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(unix_millis);
        assert_eq!(time.to_system_time(JAKARTA), moment, "{text}");
    }

    #[test]
    fn every_form_of_dokus_pages_is_read() {
        reads("2020-12-21T14:56:11+07:00", Some(420), 1_608_537_371_000);
        reads("2020-12-21T14:56:11+0700", Some(420), 1_608_537_371_000);
        reads("2020-12-21T07:56:11Z", Some(0), 1_608_537_371_000);
        reads("2020-12-21T02:26:11-05:30", Some(-330), 1_608_537_371_000);
        reads("2020-12-21T14:56:11", None, 1_608_537_371_000);
        reads("2020-12-21T14:56:11.5", None, 1_608_537_371_500);
        reads("2020-12-21T07:56:11.022Z", Some(0), 1_608_537_371_022);
        reads("2020-12-21T07:56:11.022000000Z", Some(0), 1_608_537_371_022);
        reads(
            "2024-09-17T14:41:52. 022+07:00",
            Some(420),
            1_726_558_912_022,
        );
        reads("2020-12-21T14:56:11+07:00\"", Some(420), 1_608_537_371_000);
        reads(" 2020-12-21T14:56:11+07:00 ", Some(420), 1_608_537_371_000);
    }

    #[test]
    fn every_other_form_is_refused() {
        for text in [
            "",
            "\"",
            "2020-12-21",
            "2020-12-21 14:56:11",
            "2020-12-21T14:56",
            "2020-13-21T14:56:11",
            "2021-02-29T14:56:11Z",
            "2020-12-21T14:56:11.",
            "2020-12-21T14:56:11. +07:00",
            "2020-12-21T14:56:11.1234567890Z",
            "2020-12-21T14:56:11+7",
            "2020-12-21T14:56:11+24:00",
            "2020-12-21T14:56:11+07:60",
            "2020-12-21T14:56:11 07:00",
            "2020-12-21T14:56:11WIB",
            "２020-12-21T14:56:11",
            "900",
        ] {
            assert_eq!(WireTime::from(text).parse(), Err(WireTimeError), "{text}");
        }
    }

    #[test]
    fn a_time_before_1970_keeps_its_fraction() {
        let time = WireTime::from("1969-12-31T23:59:59.25Z").parse().unwrap();

        let before = SystemTime::UNIX_EPOCH - Duration::from_millis(750);
        assert_eq!(time.to_system_time(JAKARTA), before);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in r#"[0-9]{0,4}[-T:.Z+ "'é0-9]{0,24}"#, offset: i32) {
            if let Ok(time) = WireTime::from(text).parse() {
                let _ = time.to_system_time(offset);
            }
        }

        #[test]
        fn no_well_formed_time_makes_the_reader_panic(
            text in r#"[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\. ?[0-9]{1,10})?(Z|[+-][0-9]{2}:?[0-9]{2})?"#,
            offset: i32,
        ) {
            if let Ok(time) = WireTime::from(text).parse() {
                let _ = time.to_system_time(offset);
            }
        }

        #[test]
        fn a_moment_survives_being_written_with_any_offset(seconds in 0_i64..4_000_000_000, offset in -1439_i32..=1439) {
            let face = Timestamp::from_unix(seconds + i64::from(offset) * 60, TimestampForm::Utc);
            let face = face.unwrap().as_str().trim_end_matches('Z').to_owned();
            let sign = if offset < 0 { '-' } else { '+' };
            let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);

            let time = WireTime::from(format!("{face}{sign}{hours:02}:{minutes:02}")).parse().unwrap();

            let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs());
            prop_assert_eq!(time.to_system_time(0), moment);
            prop_assert_eq!(time.offset_minutes(), Some(offset));
        }
    }
}
