//! External ids already used today.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, NaiveDate, Utc};
use ring::digest::{SHA256, digest};

use crate::{check::Check, clock::in_jakarta};

/// Which external ids each client used on which day in Jakarta.
///
/// DOKU: "unique in the same day". That the day is Jakarta's is assumed.
#[derive(Debug, Default)]
pub(crate) struct ExternalIds {
    seen: BTreeMap<NaiveDate, HashMap<String, HashMap<Box<str>, Seen>>>,
    /// Those that came with two contents on one day.
    misused: Vec<Box<str>>,
}

/// What is known of an id on one day.
#[derive(Debug)]
struct Seen {
    /// Of the first request that had it.
    content: [u8; 32],
    is_used: bool,
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
        let seen = self.seen.get(&in_jakarta(now).date());
        let seen = seen.and_then(|seen| seen.get(client_id)?.get(external_id));
        if seen.is_some_and(|seen| seen.is_used) {
            Err(Check::ExternalIdRepeated)
        } else {
            Ok(())
        }
    }

    /// Uses up an id, which was [seen](Self::see), for the day of `now`.
    pub(crate) fn take(
        &mut self,
        now: DateTime<Utc>,
        client_id: &str,
        external_id: &str,
    ) -> Result<(), Check> {
        self.check(now, client_id, external_id)?;
        let seen = self.seen.get_mut(&in_jakarta(now).date());
        let seen = seen.and_then(|seen| seen.get_mut(client_id)?.get_mut(external_id));
        if let Some(seen) = seen {
            seen.is_used = true;
        }
        Ok(())
    }

    /// Remembers that a request had this id, whatever comes of it.
    pub(crate) fn see(
        &mut self,
        now: DateTime<Utc>,
        client_id: &str,
        external_id: &str,
        parts: [&[u8]; 2],
    ) {
        let content = digest(&SHA256, &parts.join(&b'\n'));
        let content = content.as_ref().try_into().unwrap_or_default();
        let today = in_jakarta(now).date();
        self.forget_before(today);
        let seen = self.seen.entry(today).or_default();
        let seen = seen.entry(client_id.to_owned()).or_default();
        let first = seen.entry(external_id.into()).or_insert(Seen {
            content,
            is_used: false,
        });
        if first.content != content {
            self.misused.push(external_id.into());
        }
    }

    /// The ids that came with two contents on one day.
    pub(crate) fn misused(&self) -> &[Box<str>] {
        &self.misused
    }

    /// Keeps yesterday, for a clock that is set back a little.
    fn forget_before(&mut self, today: NaiveDate) {
        let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
        self.seen = self.seen.split_off(&yesterday);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("time")
    }

    fn take(ids: &mut ExternalIds, now: DateTime<Utc>, client_id: &str) -> Result<(), Check> {
        ids.see(now, client_id, "1", [b"/path", b"{}"]);
        ids.take(now, client_id, "1")
    }

    #[test]
    fn the_day_turns_at_midnight_in_jakarta() {
        let mut ids = ExternalIds::default();
        let (before, after) = (at("2026-11-20T16:59:59Z"), at("2026-11-20T17:00:00Z"));

        assert_eq!(take(&mut ids, before, "client"), Ok(()));
        assert_eq!(
            take(&mut ids, before, "client"),
            Err(Check::ExternalIdRepeated)
        );
        assert_eq!(take(&mut ids, after, "client"), Ok(()));
        assert_eq!(
            take(&mut ids, before, "client"),
            Err(Check::ExternalIdRepeated)
        );
    }

    #[test]
    fn clients_do_not_share_ids() {
        let mut ids = ExternalIds::default();
        let now = at("2026-11-20T10:00:00Z");

        assert_eq!(take(&mut ids, now, "one"), Ok(()));
        assert_eq!(take(&mut ids, now, "other"), Ok(()));
    }

    #[test]
    fn an_id_with_two_contents_is_misused_once_a_day() {
        let mut ids = ExternalIds::default();
        let (today, tomorrow) = (at("2026-11-20T10:00:00Z"), at("2026-11-21T10:00:00Z"));

        ids.see(today, "one", "1", [b"/path", b"{}"]);
        ids.see(today, "one", "1", [b"/path", b"{}"]);
        ids.see(today, "other", "1", [b"/path", b"[]"]);
        ids.see(tomorrow, "one", "1", [b"/path", b"[]"]);
        assert!(ids.misused().is_empty());
        ids.see(today, "one", "1", [b"/path", b"[]"]);

        assert_eq!(ids.misused(), [Box::from("1")]);
    }
}
