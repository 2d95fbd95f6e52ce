//! `X-TIMESTAMP`, read strictly.

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, TimeZone, Utc};

use crate::check::Check;

/// Reads `YYYY-MM-DDTHH:mm:ss` followed by `Z` or `±HH:MM`.
///
/// Both endings occur on DOKU's pages and in its libraries. Fractions occur in examples too, but
/// DOKU's sandbox is reported to refuse them as "Invalid Field Format X-TIMESTAMP". Everything else
/// that ISO 8601 permits (week dates, `+0700`, lower case letters) is refused; assumed.
pub(crate) fn read(text: &str) -> Result<DateTime<Utc>, Check> {
    let (date, zone) = text.split_at_checked(19).ok_or(Check::TimestampFormat)?;
    if zone.starts_with(['.', ',']) {
        return Err(Check::TimestampFraction);
    }
    moment(date.as_bytes(), zone.as_bytes()).ok_or(Check::TimestampFormat)
}

/// Is `then` close enough to `now`? DOKU documents no tolerance; 15 minutes are assumed.
pub(crate) fn is_near(now: DateTime<Utc>, then: DateTime<Utc>) -> bool {
    (now - then).abs() <= TOLERANCE
}

fn moment(date: &[u8], zone: &[u8]) -> Option<DateTime<Utc>> {
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
    ] = *date
    else {
        return None;
    };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)?;
    let local = date.and_hms_opt(number(&[h1, h2])?, number(&[i1, i2])?, number(&[s1, s2])?)?;
    offset(zone)?
        .from_local_datetime(&local)
        .single()
        .map(|time| time.to_utc())
}

fn offset(zone: &[u8]) -> Option<FixedOffset> {
    if zone == b"Z" {
        return FixedOffset::east_opt(0);
    }
    let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = *zone else {
        return None;
    };
    let (hours, minutes) = (number(&[h1, h2])?, number(&[m1, m2])?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    FixedOffset::east_opt(if sign == b'+' { seconds } else { -seconds })
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + u32::from(digit - b'0'))
    })
}

const TOLERANCE: TimeDelta = TimeDelta::minutes(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_forms_name_the_same_moment() {
        for text in [
            "2020-12-21T14:56:11+07:00",
            "2020-12-21T07:56:11Z",
            "2020-12-21T07:56:11-00:00",
        ] {
            assert_eq!(
                read(text).map(|time| time.timestamp()),
                Ok(1_608_537_371),
                "{text}"
            );
        }
    }

    #[test]
    fn a_fraction_is_named_as_such() {
        for text in ["2020-12-21T07:56:11.000Z", "2020-12-21T07:56:11.1+07:00"] {
            assert_eq!(read(text), Err(Check::TimestampFraction), "{text}");
        }
    }

    #[test]
    fn everything_else_is_no_timestamp() {
        let wrong = [
            "",
            "Z",
            "2020-12-21",
            "2020-12-21T07:56:11",
            "2020-12-21 07:56:11Z",
            "2020-12-21T07:56:11z",
            "2020-12-21T07:56:11+0700",
            "2020-12-21T07:56:11+15:00",
            "2020-02-30T07:56:11Z",
            "2020-12-21T24:00:00Z",
            "2020-12-21T07:56:60Z",
            "2020-12-21T07:56:11+07:00 ",
            "1608537371",
            "２020-12-21T07:56:11Z",
            "2020-12-21T07:5é:1Z",
            "+020-12-21T07:56:11Z",
        ];
        for text in wrong {
            assert_eq!(read(text), Err(Check::TimestampFormat), "{text}");
        }
    }

    #[test]
    fn fifteen_minutes_are_near_and_a_second_more_is_not() {
        let now = DateTime::UNIX_EPOCH;

        assert!(is_near(now, now + TimeDelta::seconds(900)));
        assert!(is_near(now, now - TimeDelta::seconds(900)));
        assert!(!is_near(now, now + TimeDelta::seconds(901)));
        assert!(!is_near(now, now - TimeDelta::seconds(901)));
    }
}
