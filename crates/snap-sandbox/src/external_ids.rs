//! External ids already used today.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, NaiveDate, Utc};
use ring::digest::{Context, SHA256};

use crate::{check::Check, clock::in_jakarta};

/// Which external ids each client used on which day in Jakarta.
///
/// DOKU: "unique in the same day". That the day is Jakarta's is assumed.
#[derive(Debug, Default)]
pub(crate) struct ExternalIds {
    seen: BTreeMap<NaiveDate, HashMap<String, HashMap<Id, Seen>>>,
    /// Those that came with two contents on one day.
    misused: Vec<Box<str>>,
}

/// What is known of an id on one day.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Of the first request that had it: the first bytes of a digest.
    content: u64,
    is_used: bool,
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
        let seen = self.seen.get(&in_jakarta(now).date());
        let seen = seen.and_then(|seen| seen.get(client_id)?.get(&id));
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
        let id = Id::read(external_id).ok_or(Check::ExternalIdFormat)?;
        let seen = self.seen.get_mut(&in_jakarta(now).date());
        let seen = seen.and_then(|seen| seen.get_mut(client_id)?.get_mut(&id));
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
        let Some(id) = Id::read(external_id) else {
            return;
        };
        let content = digest_of(parts);
        let today = in_jakarta(now).date();
        if !self.seen.contains_key(&today) {
            self.forget_before(today);
        }
        let seen = self.seen.entry(today).or_default();
        if !seen.contains_key(client_id) {
            seen.insert(client_id.to_owned(), HashMap::new());
        }
        let Some(seen) = seen.get_mut(client_id) else {
            return;
        };
        let first = seen.entry(id).or_insert(Seen {
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

/// The first bytes of a digest: enough to tell the contents of one id apart.
fn digest_of(parts: [&[u8]; 2]) -> u64 {
    let mut context = Context::new(&SHA256);
    context.update(parts[0]);
    context.update(b"\n");
    context.update(parts[1]);
    let digest = context.finish();
    let first = digest.as_ref().first_chunk();
    first.map_or(0, |bytes| u64::from_be_bytes(*bytes))
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
    fn zeros_in_front_make_another_id_and_36_digits_fit() {
        let now = at("2026-11-20T10:00:00Z");
        let mut ids = ExternalIds::default();
        let mut take = |id: &str| {
            ids.see(now, "client", id, [b"/path", b"{}"]);
            ids.take(now, "client", id)
        };
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
