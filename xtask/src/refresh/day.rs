//! The day a page was saved.

use std::fs;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use toml_edit::Datetime;

use super::NewPage;

/// The day that is said, or that of the file's last change.
pub(super) fn received(page: &NewPage, name: &str) -> Result<Datetime> {
    if let Some(said) = &page.received {
        let day: Option<Datetime> = said.parse().ok();
        let day = day.filter(|day| day.date.is_some() && day.time.is_none());
        return day
            .with_context(|| format!("`--received {said}` is not a day, such as 2026-11-20"));
    }
    let unknown = || format!("{name}: the day of its last change is unknown: give `--received`");
    let changed = fs::metadata(&page.file).and_then(|file| file.modified());
    let since = changed.map(|changed| changed.duration_since(SystemTime::UNIX_EPOCH));
    let since = since.with_context(unknown)?.with_context(unknown)?;
    day(since).with_context(unknown)
}

/// The day in UTC, `since` the beginning of 1970.
///
/// Years are counted from March, so that the day a leap year adds is a year's last. In 400 years
/// there are 146,097 days; 719,468 of them lie before 1970, counted from the year 0.
fn day(since: Duration) -> Option<Datetime> {
    let days = since.as_secs() / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: u64, wanted: &str) {
        let found = day(Duration::from_secs(seconds)).unwrap();

        assert_eq!(found.to_string(), wanted);
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        check(0, "1970-01-01");
        check(951_782_399, "2000-02-28");
        check(951_782_400, "2000-02-29");
        check(951_868_800, "2000-03-01");
        check(1_709_251_199, "2024-02-29");
        check(1_767_225_599, "2025-12-31");
        check(1_767_225_600, "2026-01-01");
        check(4_107_542_400, "2100-03-01");
    }
}
