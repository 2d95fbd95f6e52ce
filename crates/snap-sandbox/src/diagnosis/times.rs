//! Other spellings of a timestamp, and its neighbours.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use super::{
    recipe::{Change, Guess},
    shown,
};

/// The same moment in other forms; moments near it; and the milliseconds that a client may have signed
/// and not sent.
pub(super) fn guesses(sent: &str) -> Vec<Guess> {
    let Some((moment, zone)) = read(sent) else {
        return Vec::new();
    };
    let mut guesses: Vec<Guess> = Vec::new();
    for form in forms(moment) {
        let is_known =
            |guess: &Guess| matches!(&guess.change, Change::Timestamp(text) if *text == form);
        if form != sent && !guesses.iter().any(is_known) {
            guesses.push(guess("signed in another form", form, sent));
        }
    }
    for seconds in (-5..=5).filter(|seconds| *seconds != 0) {
        let form = shifted(moment, seconds, zone);
        guesses.push(guess("taken twice", form, sent).alone());
    }
    for millis in 1..1000 {
        let in_utc = moment.with_timezone(&Utc).format(DATE);
        for (date, zone) in [(moment.format(DATE), zone), (in_utc, "Z")] {
            let form = format!("{date}.{millis:03}{zone}");
            guesses.push(guess("signed with milliseconds", form, sent).alone());
        }
    }
    guesses
}

fn guess(what: &str, form: String, sent: &str) -> Guess {
    let says = format!("{what}: signed as `{form}`, sent as `{}`", shown(sent));
    Guess::new(says, Change::Timestamp(form))
}

/// The moment, and how its offset is written; fractions are allowed here.
fn read(sent: &str) -> Option<(DateTime<FixedOffset>, &str)> {
    let moment = DateTime::parse_from_rfc3339(sent).ok()?;
    let rest = sent.get(19..)?;
    let zone = rest.trim_start_matches(|letter: char| letter == '.' || letter.is_ascii_digit());
    Some((moment, zone))
}

fn forms(moment: DateTime<FixedOffset>) -> Vec<String> {
    let zones = [Some(moment), in_zone(moment, 0), in_zone(moment, 7)];
    let mut forms = Vec::new();
    for moment in zones.into_iter().flatten() {
        let date = moment.format(DATE).to_string();
        let offset = moment.format("%:z").to_string();
        forms.push(format!("{date}{offset}"));
        forms.push(format!("{date}.000{offset}"));
        if offset == "+00:00" {
            forms.push(format!("{date}Z"));
            forms.push(format!("{date}.000Z"));
        }
        forms.push(format!("{date}{}", offset.replace(':', "")));
        forms.push(date.clone());
        forms.push(date.replace('T', " "));
        forms.push(moment.format("%Y%m%d%H%M%S").to_string());
    }
    forms.push(moment.timestamp().to_string());
    forms.push(moment.timestamp_millis().to_string());
    forms
}

fn shifted(moment: DateTime<FixedOffset>, seconds: i64, zone: &str) -> String {
    let moment = moment
        .checked_add_signed(TimeDelta::seconds(seconds))
        .unwrap_or(moment);
    format!("{}{zone}", moment.format(DATE))
}

fn in_zone(moment: DateTime<FixedOffset>, hours: i32) -> Option<DateTime<FixedOffset>> {
    let zone = FixedOffset::east_opt(hours * 3600)?;
    Some(moment.with_timezone(&zone))
}

const DATE: &str = "%Y-%m-%dT%H:%M:%S";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_moment_has_the_forms_that_programs_give_it() {
        let (moment, zone) = read("2026-11-20T17:30:00+07:00").expect("a timestamp");

        let forms = forms(moment);

        assert_eq!(zone, "+07:00");
        for form in [
            "2026-11-20T10:30:00Z",
            "2026-11-20T10:30:00.000Z",
            "2026-11-20T17:30:00.000+07:00",
            "2026-11-20T17:30:00",
            "1795170600",
        ] {
            assert!(forms.iter().any(|other| other == form), "{form} {forms:?}");
        }
    }

    #[test]
    fn what_is_no_timestamp_gives_no_guess() {
        for text in ["", "now", "2026-11-20", "é".repeat(30).as_str()] {
            assert!(guesses(text).is_empty(), "{text}");
        }
    }
}
