use std::time::{Duration, SystemTime};

use crate::inquiry::Profile;

/// The moment of the inquiry that comes after `done` others, counted from the end of the call.
///
/// DOKU asks to wait 60 s. Then 2, 4, 8, 15, 30 and 60 min; where more time is given, hourly to 24 h
/// and once more at 08:30 in Jakarta on the next day, because end-of-day runs make a status unusable
/// at night.
pub(crate) fn moment(profile: Profile, over: SystemTime, done: u32) -> Option<SystemTime> {
    let done = usize::try_from(done).ok()?;
    if let Some(minutes) = MINUTES.get(done) {
        return Some(after(over, Duration::from_secs(minutes * 60)));
    }
    if profile == Profile::Payment {
        return None;
    }
    let hours = u64::try_from(done - MINUTES.len()).ok()? + 2;
    match hours {
        ..=24 => Some(after(over, HOUR * u32::try_from(hours).ok()?)),
        25 => Some(next_morning(after(over, HOUR * 24))),
        _ => None,
    }
}

/// The first 08:30 in Jakarta after a moment.
fn next_morning(moment: SystemTime) -> SystemTime {
    let since = moment
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let local = since + JAKARTA;
    let into_day = Duration::from_secs(local.as_secs() % DAY.as_secs());
    let wait = if into_day < MORNING {
        MORNING - into_day
    } else {
        DAY - into_day + MORNING
    };
    after(moment, wait)
}

/// Whether it is day in Jakarta: at 08:00 or later.
pub(super) fn is_after_eight(moment: SystemTime) -> bool {
    let since = moment
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    (since + JAKARTA).as_secs() % DAY.as_secs() >= 8 * HOUR.as_secs()
}

/// The day in Jakarta, counted from 1970.
pub(crate) fn day(moment: SystemTime) -> u64 {
    let since = moment
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    (since + JAKARTA).as_secs() / DAY.as_secs()
}

/// Later by a span, as far as the system's clock goes.
pub(super) fn after(moment: SystemTime, span: Duration) -> SystemTime {
    moment.checked_add(span).unwrap_or(moment)
}

const MINUTES: [u64; 7] = [1, 2, 4, 8, 15, 30, 60];
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// 08:30.
const MORNING: Duration = Duration::from_secs(8 * 60 * 60 + 30 * 60);
/// Jakarta is seven hours ahead, all year.
const JAKARTA: Duration = Duration::from_secs(7 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-26, 10:00 in Jakarta.
    fn ten() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_662_000)
    }

    fn minutes(profile: Profile) -> Vec<u64> {
        let moments = (0..).map_while(|done| moment(profile, ten(), done));
        let since = moments.map(|moment| moment.duration_since(ten()).unwrap());
        since.map(|since| since.as_secs() / 60).collect()
    }

    #[test]
    fn a_payment_is_asked_about_for_an_hour() {
        assert_eq!(minutes(Profile::Payment), [1, 2, 4, 8, 15, 30, 60]);
    }

    #[test]
    fn a_payout_is_asked_about_for_a_day_and_the_next_morning() {
        let minutes = minutes(Profile::Payout);

        assert_eq!(minutes[7..9], [120, 180]);
        assert_eq!(minutes[29..], [24 * 60, 46 * 60 + 30]);
    }

    #[test]
    fn the_day_begins_at_midnight_in_jakarta_and_its_work_at_eight() {
        let midnight = ten() - Duration::from_secs(10 * 60 * 60);

        assert_eq!(day(midnight), day(midnight - Duration::from_secs(1)) + 1);
        assert!(is_after_eight(ten()));
        assert!(!is_after_eight(midnight));
    }
}
