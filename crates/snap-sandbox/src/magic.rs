//! Values in a request that ask for a scenario: DOKU's own, and those of local sandboxes.
//!
//! DOKU's are documented for its sandbox (<https://developers.doku.com/payout/kirim-doku>). Ours are the
//! cents of an amount, which real rupiah do not have.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, NaiveTime, TimeDelta, Timelike as _, Utc};

use crate::{
    clock::{in_jakarta, later},
    fault::{Act, At, Fault},
    json::Json,
    ledger::{
        Amount, MoneyKind,
        book::{Course, Step},
        order::amount,
    },
    notify::Vary,
    operations::Served,
};

/// What the cents of a debit's or credit's amount ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Success, which inquiries do not see for [`AWHILE`].
    SeenLate,
    /// No answer; the money moves.
    SilentMoved,
    /// No answer; no money moves.
    SilentNotMoved,
    /// `500ss00`; the money moves.
    ErrorMoved,
    /// `500ss00`; no money moves.
    ErrorNotMoved,
    /// `202ss00`, and success after [`AWHILE`].
    ProgressSuccess,
    /// `202ss00`, and failure after [`AWHILE`].
    ProgressFailure,
    /// `404ss18`; no money moves.
    Inconsistent,
    /// `409ss01`; no money moves.
    Duplicate,
    /// Half an answer; the money moves.
    Truncated,
    /// The notification comes twice.
    NotifiedTwice,
    /// The notification comes before the answer.
    NotifiedFirst,
    /// Success, which inquiries call a failure for [`AWHILE`], and a notification before the right one.
    SeenFailed,
    /// The OTP of the payment is blocked.
    OtpBlocked,
}

impl Scenario {
    /// The scenario of an amount, if it has one.
    pub(crate) fn of(amount: Amount) -> Option<Self> {
        let cents = usize::try_from(amount.cents() % 100).ok()?;
        SCENARIOS.get(cents.checked_sub(1)?).copied()
    }

    /// What goes wrong on the wire.
    fn fault(self, service: &str) -> Option<Fault> {
        let (act, effect) = match self {
            Self::SilentMoved => (Act::Close, true),
            Self::SilentNotMoved => (Act::Close, false),
            Self::ErrorMoved => (answer(500, service, "00"), true),
            Self::ErrorNotMoved => (answer(500, service, "00"), false),
            Self::ProgressSuccess | Self::ProgressFailure => (answer(202, service, "00"), true),
            Self::Inconsistent => (answer(404, service, "18"), false),
            Self::Duplicate => (answer(409, service, "01"), false),
            Self::Truncated => (Act::TruncateWithLength, true),
            _ => return None,
        };
        Some(Fault::new(At::AfterRequest, act).with_apply_effect(effect))
    }

    /// What the notification of a payment does differently.
    pub(crate) fn vary(self) -> Option<Vary> {
        match self {
            Self::NotifiedTwice => Some(Vary::Duplicate),
            Self::SeenFailed => Some(Vary::Contradiction),
            _ => None,
        }
    }

    /// How the operation goes on, where that differs from any other.
    pub(crate) fn course(self, kind: MoneyKind, now: DateTime<Utc>) -> Option<Course> {
        match self {
            Self::ProgressSuccess => Some(Course::Until(Step::Succeed, later(now, AWHILE))),
            Self::ProgressFailure => Some(Course::Until(Step::Fail, later(now, AWHILE))),
            Self::SeenLate | Self::SilentMoved | Self::ErrorMoved => Some(Course::AtOnce),
            Self::Truncated | Self::SeenFailed => Some(Course::AtOnce),
            // Payouts are not notified.
            Self::NotifiedFirst if kind == MoneyKind::Debit => Some(Course::AtOnce),
            _ => None,
        }
    }
}

fn answer(http: u16, service: &str, case: &str) -> Act {
    Act::Answer {
        http,
        code: format!("{http}{service}{case}"),
    }
}

/// The references whose scenario has struck their answer. It does so once, so that a client can send again
/// and see what becomes of it.
///
/// Debits and credits are told apart, as in the ledger.
#[derive(Clone, Debug, Default)]
pub(crate) struct Struck(HashMap<MoneyKind, HashSet<String>>);

impl Struck {
    /// The fault that a request asks for.
    pub(crate) fn fault(&self, served: Served<'_>, body: &Json, reference: &str) -> Option<Fault> {
        let Served::Product(operation) = served else {
            return None;
        };
        let kind = operation.money.as_ref()?.kind;
        let struck = self.0.get(&kind);
        if kind == MoneyKind::Reversal || struck.is_some_and(|struck| struck.contains(reference)) {
            return None;
        }
        Scenario::of(amount(operation, body)?)?.fault(served.service())
    }

    pub(crate) fn add(&mut self, kind: MoneyKind, reference: &str) {
        let struck = self.0.entry(kind).or_default();
        struck.insert(reference.to_owned());
    }
}

/// How a transfer of Kirim DOKU goes on, if its bank and account are values that DOKU documents.
///
/// That a refunded one counts as paid before is assumed.
pub(crate) fn of_transfer(request: &Json, now: DateTime<Utc>) -> Option<Course> {
    let text = |name| request.text_at(name);
    let account = text("beneficiaryAccountNumber")?;
    let info = request.member("additionalInfo");
    let channel = info.and_then(|info| info.text_at("channelCode"));
    if account == REFUNDED {
        return Some(Course::Back(later(now, FIVE_MINUTES)));
    }
    let is_bank = channel.is_none_or(|channel| channel.is_empty() || channel == "07");
    if !is_bank || !account.contains(UNPAID) {
        return None;
    }
    Some(match text("beneficiaryBankCode") {
        Some("002") => Course::Until(Step::Fail, next_odd_hour(now)),
        _ => Course::Until(Step::Succeed, later(now, FIVE_MINUTES)),
    })
}

/// 13:00, 15:00, 17:00 … in Jakarta, after `now`.
fn next_odd_hour(now: DateTime<Utc>) -> DateTime<Utc> {
    let wall = in_jakarta(now);
    let hours = if wall.hour().is_multiple_of(2) { 1 } else { 2 };
    let hour = NaiveTime::from_hms_opt(wall.hour(), 0, 0).unwrap_or_default();
    let into = wall.time() - hour;
    now + TimeDelta::hours(hours) - into
}

/// By cents, from 1 on.
const SCENARIOS: &[Scenario] = &[
    Scenario::SeenLate,
    Scenario::SilentMoved,
    Scenario::SilentNotMoved,
    Scenario::ErrorMoved,
    Scenario::ErrorNotMoved,
    Scenario::ProgressSuccess,
    Scenario::ProgressFailure,
    Scenario::Inconsistent,
    Scenario::Duplicate,
    Scenario::Truncated,
    Scenario::NotifiedTwice,
    Scenario::NotifiedFirst,
    Scenario::SeenFailed,
    Scenario::OtpBlocked,
];

/// How long our scenarios last: the time that DOKU asks to wait before an inquiry.
pub(crate) const AWHILE: Duration = Duration::from_secs(60);

/// DOKU says "within 5 minutes" of what is paid, and 5 minutes of what is refunded.
const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// An account that contains this is not paid at first.
const UNPAID: &str = "12345";

/// Transfers to this account are refunded.
const REFUNDED: &str = "7746555134";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_odd_hour(now: &str, expected: &str) {
        let time = |text: &str| text.parse::<DateTime<Utc>>().expect("time");

        assert_eq!(next_odd_hour(time(now)), time(expected), "{now}");
    }

    #[test]
    fn the_next_odd_hour_is_jakartas_and_later_than_now() {
        check_odd_hour("2026-11-20T10:30:00Z", "2026-11-20T12:00:00Z");
        check_odd_hour("2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z");
        check_odd_hour("2026-11-20T11:59:59Z", "2026-11-20T12:00:00Z");
        check_odd_hour("2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z");
        check_odd_hour("2026-11-20T16:30:00Z", "2026-11-20T18:00:00Z");
    }

    #[test]
    fn cents_from_one_to_fourteen_ask_for_something() {
        let of = |text: &str| Scenario::of(text.parse().expect("an amount"));

        assert_eq!(of("15000.00"), None);
        assert_eq!(of("15000.01"), Some(Scenario::SeenLate));
        assert_eq!(of("0.14"), Some(Scenario::OtpBlocked));
        assert_eq!(of("15000.15"), None);
        assert_eq!(of("15000.99"), None);
    }
}
