//! The operations of the products: admitted, judged and answered by their specification.

use chrono::{DateTime, Utc};

use super::{balance_inquiry, inquiry, money};
use crate::{
    answer::{Accepted, timestamp},
    arrived::Arrived,
    body::{self, Body},
    check::Refusal,
    compose::Composer,
    json::Json,
    judge::{Judge, State},
    ledger::order::Order,
    spec::Operation,
    transaction::admit,
};

/// The checks of every transaction, then the body, then the ledger; then the answer.
///
/// Without `effect` the answer is the same, and nothing is remembered.
pub(crate) fn serve(
    judge: &Judge,
    operation: &'static Operation,
    state: &mut State,
    now: DateTime<Utc>,
    arrived: &Arrived,
    body: Body<'_>,
    effect: bool,
) -> Result<Accepted, Refusal> {
    admit(judge, operation, state, now, arrived, body.bytes, effect)?;
    let request = body.object()?;
    body::check(request, &operation.request)?;
    state.book.settle(now);
    let members = if operation.id == balance_inquiry::ID {
        balance_inquiry::answer(judge, request)?
    } else if let Some(order) = Order::read(operation, request, arrived) {
        ordered(judge, operation, state, now, request, order, effect)?
    } else {
        inquired(judge, operation, state, now, request)?
    };
    Ok(Accepted {
        members,
        headers: vec![timestamp(now)],
    })
}

/// An operation about money: the answer is composed, the ledger is written.
fn ordered(
    judge: &Judge,
    operation: &'static Operation,
    state: &mut State,
    now: DateTime<Utc>,
    request: &Json,
    order: Order,
    effect: bool,
) -> Result<Vec<(String, Json)>, Refusal> {
    let rules = &judge.rules;
    money::check(rules, state, &order)?;
    let mut members = composed(judge, operation, state, now, request);
    money::without_redirect(&order, request, &mut members);
    money::tell_reversal(state, &order, &mut members);
    if effect {
        let course = money::course(rules, &order, &members);
        money::accept(state, order, &members, course, now);
    }
    Ok(members)
}

/// Any other operation: nothing but auth codes is remembered of it.
fn inquired(
    judge: &Judge,
    operation: &'static Operation,
    state: &mut State,
    now: DateTime<Utc>,
    request: &Json,
) -> Result<Vec<(String, Json)>, Refusal> {
    let asked = inquiry::find(&judge.rules, state, &operation.id, request, now)?.cloned();
    let mut members = composed(judge, operation, state, now, request);
    if let Some(entry) = asked {
        inquiry::tell(&state.book, &entry, &mut members);
    }
    Ok(members)
}

fn composed(
    judge: &Judge,
    operation: &Operation,
    state: &mut State,
    now: DateTime<Utc>,
    request: &Json,
) -> Vec<(String, Json)> {
    let composer = Composer {
        operation,
        request,
        quirks: &judge.rules.quirks,
        now,
        client_id: &judge.merchant.client_id,
        state,
        code: None,
    };
    composer.members()
}
