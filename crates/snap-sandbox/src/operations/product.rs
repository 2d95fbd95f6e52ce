//! The operations of the products: admitted, judged and answered by their specification.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{balance_inquiry, inquiry, money};
use crate::{
    answer::{Accepted, timestamp},
    arrived::Arrived,
    body::{self, Body},
    check::Refusal,
    compose::{Composed, Composer},
    json::Json,
    judge::{Judge, State},
    ledger::{book::Course, order::Order},
    pages::{Page, Purpose, Returns},
    quirks::library_members,
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
    let mut members = if operation.id == balance_inquiry::ID {
        balance_inquiry::answer(judge, request)?
    } else if let Some(mut order) = Order::read(operation, request, arrived) {
        order.origin.customer = state.customer_of(arrived).map(Arc::from);
        ordered(judge, operation, state, now, request, order, effect)?
    } else {
        inquired(judge, operation, state, now, request)?
    };
    if judge.rules.quirks.library_members {
        library_members::leave_out(&operation.id, &mut members);
    }
    Ok(Accepted {
        members,
        headers: vec![timestamp(state.times.door(now))],
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
    let Composed {
        mut members, page, ..
    } = composed(judge, operation, state, now, request);
    money::without_redirect(&order, request, &mut members);
    money::tell_reversal(state, &order, &mut members);
    if effect {
        let course = money::course(rules, &order, &members);
        if let (Some(id), Course::Pending) = (page, course) {
            let page = Page {
                purpose: Purpose::Payment,
                operation: order.operation,
                reference: Some(Arc::clone(&order.reference)),
                amount: order.amount,
                returns: Returns::read(request),
                opened: now,
                chosen: None,
            };
            state.pages.add(id, page);
        }
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
    let mut members = composed(judge, operation, state, now, request).members;
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
) -> Composed {
    let composer = Composer {
        operation,
        request,
        quirks: &judge.rules.quirks,
        now,
        client_id: &judge.merchant.client_id,
        state,
        public_url: judge.public_url(),
        code: None,
        page: None,
    };
    composer.compose()
}
