//! External ids already used today.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::{check::Check, clock::in_jakarta};

/// Which external ids each client used on which day in Jakarta.
///
/// DOKU: "unique in the same day". That the day is Jakarta's is assumed.
#[derive(Debug, Default)]
pub(crate) struct ExternalIds {
    used: BTreeMap<NaiveDate, HashMap<String, HashSet<Id>>>,
}

/// An external id as a number, after a leading 1 that keeps its zeros: 36 digits need 121 bits, so no
/// two ids are the same number. An id takes 20 to 40 bytes in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Id(u128);

impl Id {
    /// None unless it consists of at most 36 digits.
    fn read(text: &str) -> Option<Self> {
        let digit = |number: u128, byte: u8| {
            let digit = byte.is_ascii_digit().then(|| u128::from(byte - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        };
        let is_short = text.len() <= 36;
        let number = text.bytes().try_fold(1, digit)?;
        is_short.then_some(Self(number))
    }
}

impl ExternalIds {
    /// Is this an id that is free on the day of `now`?
    ///
    /// Digits only is the documented form; DOKU's sandbox is reported to take a UUID as well.
    pub(crate) fn check(
        &self,
        now: DateTime<Utc>,
        client_id: &str,
        external_id: &str,
    ) -> Result<(), Check> {
        let id = Id::read(external_id).ok_or(Check::ExternalIdFormat)?;
        let used = self.used.get(&in_jakarta(now).date());
        let used = used.and_then(|used| used.get(client_id));
        if used.is_some_and(|used| used.contains(&id)) {
            Err(Check::ExternalIdRepeated)
        } else {
            Ok(())
        }
    }

    /// Uses up an id for the day of `now`.
    pub(crate) fn take(
        &mut self,
        now: DateTime<Utc>,
        client_id: &str,
        external_id: &str,
    ) -> Result<(), Check> {
        let id = Id::read(external_id).ok_or(Check::ExternalIdFormat)?;
        let today = in_jakarta(now).date();
        if !self.used.contains_key(&today) {
            self.forget_before(today);
        }
        let used = self.used.entry(today).or_default();
        let is_new = match used.get_mut(client_id) {
            Some(used) => used.insert(id),
            None => used.entry(client_id.to_owned()).or_default().insert(id),
        };
        is_new.then_some(()).ok_or(Check::ExternalIdRepeated)
    }

    /// Keeps yesterday, for a clock that is set back a little.
    fn forget_before(&mut self, today: NaiveDate) {
        let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
        self.used = self.used.split_off(&yesterday);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("time")
    }

    #[test]
    fn the_day_turns_at_midnight_in_jakarta() {
        let mut ids = ExternalIds::default();
        let (before, after) = (at("2026-11-20T16:59:59Z"), at("2026-11-20T17:00:00Z"));

        assert_eq!(ids.take(before, "client", "1"), Ok(()));
        assert_eq!(
            ids.take(before, "client", "1"),
            Err(Check::ExternalIdRepeated)
        );
        assert_eq!(ids.take(after, "client", "1"), Ok(()));
        assert_eq!(
            ids.take(before, "client", "1"),
            Err(Check::ExternalIdRepeated)
        );
    }

    #[test]
    fn zeros_in_front_make_another_id_and_36_digits_fit() {
        let now = at("2026-11-20T10:00:00Z");
        let mut ids = ExternalIds::default();
        let mut take = |id: &str| ids.take(now, "client", id);
        let longest = "9".repeat(36);

        for id in ["1", "01", "001", "10", "0", "00", &longest, &longest[1..]] {
            assert_eq!(take(id), Ok(()), "{id}");
            assert_eq!(take(id), Err(Check::ExternalIdRepeated), "{id}");
        }
        for id in [
            "1a",
            "-1",
            "+1",
            "١",
            " 1",
            &"9".repeat(37),
            &"0".repeat(99),
        ] {
            assert_eq!(take(id), Err(Check::ExternalIdFormat), "{id}");
        }
    }

    #[test]
    fn clients_do_not_share_ids() {
        let mut ids = ExternalIds::default();
        let now = at("2026-11-20T10:00:00Z");

        assert_eq!(ids.take(now, "one", "1"), Ok(()));
        assert_eq!(ids.take(now, "other", "1"), Ok(()));
    }
}
