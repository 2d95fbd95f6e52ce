//! External ids already used today.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::{check::Check, clock::in_jakarta};

/// Which external ids each client used on which day in Jakarta.
///
/// DOKU: "unique in the same day". That the day is Jakarta's is assumed.
#[derive(Debug, Default)]
pub(crate) struct ExternalIds {
    used: BTreeMap<NaiveDate, HashMap<String, HashSet<Box<str>>>>,
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
        if !external_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Check::ExternalIdFormat);
        }
        let used = self.used.get(&in_jakarta(now).date());
        let used = used.and_then(|used| used.get(client_id));
        if used.is_some_and(|used| used.contains(external_id)) {
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
        self.check(now, client_id, external_id)?;
        let today = in_jakarta(now).date();
        self.forget_before(today);
        let used = self.used.entry(today).or_default();
        let used = used.entry(client_id.to_owned()).or_default();
        used.insert(external_id.into());
        Ok(())
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
    fn clients_do_not_share_ids() {
        let mut ids = ExternalIds::default();
        let now = at("2026-11-20T10:00:00Z");

        assert_eq!(ids.take(now, "one", "1"), Ok(()));
        assert_eq!(ids.take(now, "other", "1"), Ok(()));
    }
}
