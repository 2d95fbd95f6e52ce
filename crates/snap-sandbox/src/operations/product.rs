//! The operations of the products: admitted, judged and answered by their specification.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    balance_inquiry, inquiry, money, payment_otp,
    registration::{self, Registration},
};
use crate::{
    answer::{Accepted, timestamp},
    arrived::Arrived,
    body::{self, Body},
    cards, channels,
    check::Refusal,
    compose::{Composed, Composer},
    json::Json,
    judge::{Judge, State},
    ledger::{
        book::Course,
        order::{Action, Order},
    },
    pages::{Page, Purpose},
    spec::Operation,
    transaction::{EXTERNAL_ID, admit, of_this_binding},
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
    if judge.rules.channel_rules {
        channels::check(&operation.id, arrived, request)?;
        of_this_binding(operation, state, arrived, request)?;
    }
    let secret = &judge.merchant.client_secret;
    cards::check(operation, request, secret, &mut state.secrets)?;
    let members = if operation.id == balance_inquiry::ID {
        balance_inquiry::answer(judge, request)?
    } else if registration::is_one(&operation.id) {
        let registration = Registration {
            judge,
            operation,
            state,
            now,
            request,
            external_id: arrived.first(EXTERNAL_ID).unwrap_or_default(),
            effect,
        };
        registration.serve()?
    } else if let Some(order) = Order::read(operation, request, arrived) {
        ordered(judge, operation, state, now, request, order, effect)?
    } else {
        inquired(judge, operation, state, now, request)?
    };
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
    if rules.stateful && order.action == Action::Confirm {
        payment_otp::attempt(state, &order, request, now, effect)?;
    }
    let Composed { mut members, page } = composed(judge, operation, state, now, request, None);
    money::without_redirect(&order, request, &mut members);
    money::tell_reversal(state, &order, &mut members);
    if order.action == Action::Confirm {
        registration::without_page(&mut members);
    }
    if effect {
        let course = money::course(rules, &order, &members);
        if let (Some(id), Course::Pending) = (page, course) {
            let page = Page {
                reference: Some(Arc::clone(&order.reference)),
                amount: order.amount,
                otp: payment_otp::begin(state, &order, request, &members, now),
                ..Page::new(Purpose::Payment, order.operation, request, now)
            };
            state.pages.add(id, page);
        }
        money::accept(state, order, &members, course, now);
    }
    Ok(members)
}

/// Any other operation: nothing is remembered of it.
fn inquired(
    judge: &Judge,
    operation: &'static Operation,
    state: &mut State,
    now: DateTime<Utc>,
    request: &Json,
) -> Result<Vec<(String, Json)>, Refusal> {
    let asked = inquiry::find(&judge.rules, state, &operation.id, request, now)?.cloned();
    let mut members = composed(judge, operation, state, now, request, None).members;
    if let Some(entry) = asked {
        inquiry::tell(&state.book, &entry, &mut members);
    }
    Ok(members)
}

/// The answer by its specification, with an auth code if it has one.
pub(super) fn composed(
    judge: &Judge,
    operation: &Operation,
    state: &mut State,
    now: DateTime<Utc>,
    request: &Json,
    code: Option<String>,
) -> Composed {
    let composer = Composer {
        operation,
        request,
        quirks: &judge.rules.quirks,
        now,
        state,
        public_url: judge.public_url(),
        code,
        page: None,
    };
    composer.compose()
}
