//! The list of a customer's transactions with DOKU Wallet, service 12, answered from the ledger.
//!
//! The page says that pages count from zero, that a range is at most a month, and that it may not be
//! older than a year (DOKU Wallet SNAP page on developers.doku.com). Which code refuses another range,
//! and that the newest transaction comes first, is assumed.

use chrono::{DateTime, Months, Utc};

use super::inquiry::{describe, is_visible, kind_word, remark, told_state};
use crate::{
    check::{Check, Refusal},
    clock::jakarta,
    compose::Overlay,
    json::Json,
    judge::{Rules, State},
    ledger::entry::Entry,
    timestamp,
};

/// What part of the history a request asks for.
pub(super) struct Page {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    size: usize,
    /// From zero.
    number: usize,
}

impl Page {
    /// None if the request is for something else, or the sandbox has no state.
    pub(super) fn read(
        rules: &Rules,
        operation: &str,
        request: &Json,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, Refusal> {
        if operation != ID || !rules.stateful {
            return Ok(None);
        }
        let page = Self {
            from: time(request, FROM)?,
            to: time(request, TO)?,
            size: number(request, "pageSize", 1)?.unwrap_or(10),
            number: number(request, "pageNumber", 0)?.unwrap_or(0),
        };
        page.check_range(now)?;
        Ok(Some(page))
    }

    fn check_range(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let a_month_on = self.from.checked_add_months(Months::new(1));
        let a_year_ago = now.checked_sub_months(Months::new(12));
        if a_year_ago.is_some_and(|oldest| self.from < oldest) {
            return Err(Check::HistoryRange.of(FROM));
        }
        if self.to < self.from || a_month_on.is_some_and(|last| self.to > last) {
            return Err(Check::HistoryRange.of(TO));
        }
        Ok(())
    }

    /// Puts the transactions of this page into the answer, the newest first.
    pub(super) fn tell(
        &self,
        rules: &Rules,
        state: &State,
        customer: &str,
        now: DateTime<Utc>,
        members: &mut [(String, Json)],
    ) {
        let entries = state.book.of_customer(customer);
        let mut found: Vec<&Entry> = entries
            .filter(|entry| entry.product() == "wallet" && self.holds(entry))
            .filter(|entry| is_visible(rules, entry, now))
            .collect();
        found.sort_by_key(|entry| std::cmp::Reverse(entry.accepted));
        let skipped = self.number.saturating_mul(self.size);
        let shown = found.into_iter().skip(skipped).take(self.size);
        for (_, place) in members.iter_mut().filter(|(name, _)| name == "detailData") {
            list(place, shown.clone(), now);
        }
    }

    fn holds(&self, entry: &Entry) -> bool {
        (self.from..=self.to).contains(&entry.accepted)
    }
}

/// Fills a list, of which the composed answer has one item. A list that may come as one object does so
/// if it holds just one.
fn list<'a>(place: &mut Json, entries: impl Iterator<Item = &'a Entry>, now: DateTime<Utc>) {
    let is_one = matches!(place, Json::Object(_));
    let sample = match &*place {
        Json::Array(items) => items.first().cloned().unwrap_or(Json::Null),
        one => one.clone(),
    };
    let mut items: Vec<Json> = entries
        .map(|entry| told(sample.clone(), entry, now))
        .collect();
    *place = match items.pop() {
        Some(item) if is_one && items.is_empty() => item,
        last => {
            items.extend(last);
            Json::Array(items)
        }
    };
}

fn told(mut item: Json, entry: &Entry, now: DateTime<Utc>) -> Json {
    if let Json::Object(members) = &mut item {
        let mut item = Overlay(members);
        item.text(&["dateTime"], &jakarta(entry.accepted));
        item.amount(&["amount"], entry.amount);
        item.text(&["status"], describe(told_state(entry, now)).1);
        item.text(&["type"], kind_word(&entry.order));
        item.text(&["remark"], remark(&entry.order));
        for (name, value) in members {
            if let ("additionalInfo", Json::Object(info)) = (name.as_str(), value) {
                let mut info = Overlay(info);
                info.text(&["refId"], entry.given.as_deref().unwrap_or_default());
                info.text(&["transactionId"], &entry.order.reference);
            }
        }
    }
    item
}

fn time(request: &Json, name: &'static str) -> Result<DateTime<Utc>, Refusal> {
    let text = request.text_at(name);
    let time = timestamp::read(text.unwrap_or_default());
    time.map_err(|_| Check::FieldFormat.of(name))
}

/// At most two digits, as the standard has it, and at least `least`.
fn number(request: &Json, name: &'static str, least: usize) -> Result<Option<usize>, Refusal> {
    let text = request.text_at(name);
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let digits = text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text
        .parse()
        .ok()
        .filter(|number| digits && *number >= least);
    number.map(Some).ok_or(Check::FieldFormat.of(name))
}

const ID: &str = "wallet.transactionHistoryList";
const FROM: &str = "fromDateTime";
const TO: &str = "toDateTime";
