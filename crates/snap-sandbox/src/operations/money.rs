//! Operations about money: what the ledger says to them, and what it takes from their answers.

use chrono::{DateTime, Utc};

use super::session;
use crate::{
    arrived::Arrived,
    check::Refusal,
    clock::later,
    compose::Overlay,
    json::Json,
    judge::{Rules, State},
    ledger::{
        MoneyKind,
        book::{Course, Step},
        order::{Action, Order},
        rules,
    },
    magic::{self, Scenario},
    spec::Operation,
    timestamp,
};

/// The order of a request; None if it is not about money.
pub(super) fn read(
    rules: &Rules,
    state: &State,
    operation: &'static Operation,
    request: &Json,
    arrived: &Arrived,
    now: DateTime<Utc>,
) -> Option<Order> {
    let mut order = Order::read(operation, request, arrived)?;
    order.customer = super::customer_of(state, operation, arrived);
    order.valid_until = valid_until(state, request, now);
    let asks = rules.magic && order.kind != MoneyKind::Reversal;
    order.scenario = order.amount.filter(|_| asks).and_then(Scenario::of);
    Some(order)
}

/// `validUpTo`, which the DANA page also spells `validUpto`, by the schedule. A text that is no time is
/// not looked at, since no refusal of one is documented.
fn valid_until(state: &State, request: &Json, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut named = ["validUpTo", "validUpto"].iter();
    let text = named.find_map(|name| request.text_at(name))?;
    let left = timestamp::read(text).ok()? - state.times.door(now);
    Some(later(now, left.to_std().unwrap_or_default()))
}

/// Does the ledger take this order up? A sandbox without state takes up all.
pub(super) fn check(
    rules: &Rules,
    state: &State,
    order: &Order,
    request: &Json,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    if !rules.stateful {
        return Ok(());
    }
    rules::check(&state.book, order, rules.accept_duplicates)?;
    if rules.sessions && order.operation == session::TRANSFER {
        state.sessions.check(rules, request, now)?;
    }
    Ok(rules::funded(&state.book, order)?)
}

/// A recurring payment is processed directly, so its answer sends the customer nowhere.
///
/// DOKU documents this for OVO: <https://developers.doku.com/accept-payments/direct-api/snap/integration-guide/e-wallet/ovo>.
pub(super) fn without_redirect(order: &Order, request: &Json, members: &mut Vec<(String, Json)>) {
    let kind = request.member("additionalInfo");
    let kind = kind.and_then(|info| info.member("paymentType"));
    if order.action != Action::Pay || kind.and_then(Json::as_text) != Some("RECURRING") {
        return;
    }
    for name in REDIRECTS {
        Overlay(members).remove(name);
    }
    for (name, value) in members.iter_mut() {
        if let ("additionalInfo", Json::Object(inner)) = (name.as_str(), value) {
            for name in REDIRECTS {
                Overlay(inner).remove(name);
            }
        }
    }
}

/// Whether an accepted order waits for somebody or something.
pub(super) fn course(
    rules: &Rules,
    order: &Order,
    request: &Json,
    members: &[(String, Json)],
    now: DateTime<Utc>,
) -> Course {
    if let Some(course) = magic_course(rules, order, request, now) {
        return course;
    }
    match (order.kind, rules.settle_after) {
        (MoneyKind::Credit, Some(after)) => Course::Until(Step::Succeed, later(now, after)),
        (MoneyKind::Debit, _) if !rules.customers_approve && redirects(members) => Course::Pending,
        _ => Course::AtOnce,
    }
}

/// What cents or a bank account ask for. DOKU's values need a sandbox with state.
fn magic_course(
    rules: &Rules,
    order: &Order,
    request: &Json,
    now: DateTime<Utc>,
) -> Option<Course> {
    let ours = order
        .scenario
        .and_then(|scenario| scenario.course(order.kind, now));
    let is_transfer = rules.stateful && order.operation == session::TRANSFER;
    ours.or_else(|| magic::of_transfer(request, now).filter(|_| is_transfer))
}

/// Writes the order into the ledger; a session is used up.
pub(super) fn accept(
    state: &mut State,
    order: Order,
    members: &[(String, Json)],
    course: Course,
    now: DateTime<Utc>,
) {
    let given = members.iter().find(|(name, _)| {
        let name = name.to_ascii_lowercase();
        ["referenceno", "refundno", "voidno", "captureno"].contains(&name.as_str())
    });
    let given = given.and_then(|(_, value)| match value {
        Json::Text(text) | Json::Number(text) => Some(text.as_str()),
        _ => None,
    });
    if let (session::TRANSFER, Some(session)) = (order.operation, &order.session) {
        state.sessions.use_up(session);
    }
    state.book.accept(order, given, course, now);
}

/// What the answer of a reversal knows of its payment.
pub(super) fn tell_reversal(state: &State, order: &Order, members: &mut Vec<(String, Json)>) {
    let named = order.original.as_deref();
    let payment = named.and_then(|original| state.book.get(MoneyKind::Debit, original));
    let Some(payment) = payment.filter(|_| order.kind == MoneyKind::Reversal) else {
        return;
    };
    let mut overlay = Overlay(members);
    if let Some(given) = &payment.given {
        overlay.text(&["originalReferenceNo"], given);
    }
    let amount = order.amount.unwrap_or_else(|| payment.rest());
    overlay.amount(&["refundAmount", "voidAmount"], amount);
}

fn redirects(members: &[(String, Json)]) -> bool {
    members.iter().any(|(name, value)| {
        let is_one = REDIRECTS.contains(&name.as_str()) && *value != Json::text("");
        is_one || (name == "additionalInfo" && redirects(value.members()))
    })
}

/// Members of an answer that send the customer somewhere.
const REDIRECTS: &[&str] = &["webRedirectUrl", "urlParam"];
