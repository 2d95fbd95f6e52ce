//! Operations about money: what the ledger says to them, and what it takes from their answers.

use chrono::{DateTime, Utc};

use crate::{
    check::Refusal,
    compose::Overlay,
    json::Json,
    judge::{Rules, State},
    ledger::{
        MoneyKind,
        book::Course,
        order::{Action, Order},
        rules,
    },
};

/// Does the ledger take this order up? A sandbox without state takes up all.
pub(super) fn check(rules: &Rules, state: &State, order: &Order) -> Result<(), Refusal> {
    if rules.stateful {
        rules::check(&state.book, order, rules.accept_duplicates)?;
    }
    Ok(())
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

/// Whether an accepted order waits for somebody, and for whom.
pub(super) fn course(rules: &Rules, order: &Order, members: &[(String, Json)]) -> Course {
    match (order.kind, rules.settle_after) {
        (MoneyKind::Credit, Some(after)) => Course::Settles(after),
        (MoneyKind::Debit, _) if !rules.customers_approve && redirects(members) => Course::Pending,
        _ => Course::AtOnce,
    }
}

/// Writes the order into the ledger.
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
    let amount = order.amount.unwrap_or_else(|| state.book.rest(payment));
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
