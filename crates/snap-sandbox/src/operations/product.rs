//! The operations of the products: admitted, judged and answered by their specification.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    balance_inquiry, customer_of, history, inquiry, money, payment_otp,
    registration::{self, Registration},
    session,
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
    quirks::library_members,
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
    well_formed(judge, operation, state, arrived, request)?;
    let mut members = if operation.id == balance_inquiry::ID {
        balance_inquiry::answer(judge, state, request)?
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
    } else if let Some(order) = money::read(&judge.rules, state, operation, request, arrived, now) {
        ordered(judge, operation, state, now, request, order, effect)?
    } else {
        let customer = customer_of(state, operation, arrived);
        let asking = Asking {
            operation,
            request,
            customer: customer.as_deref(),
        };
        inquired(judge, state, now, asking, effect)?
    };
    if judge.rules.quirks.library_members {
        library_members::leave_out(&operation.id, &mut members);
    }
    Ok(Accepted {
        members,
        headers: vec![timestamp(state.times.door(now))],
    })
}

/// The body by its specification, then by its channel, then the card in it.
fn well_formed(
    judge: &Judge,
    operation: &Operation,
    state: &mut State,
    arrived: &Arrived,
    request: &Json,
) -> Result<(), Refusal> {
    body::check(request, &operation.request)?;
    if judge.rules.channel_rules {
        channels::check(&operation.id, arrived, request)?;
        of_this_binding(judge, operation, state, arrived, request)?;
    }
    let secret = &judge.merchant.client_secret;
    cards::check(operation, request, secret, &mut state.secrets)
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
    money::check(rules, state, &order, request, now)?;
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
        let course = money::course(rules, &order, request, &members, now);
        let page = page.filter(|_| course == Course::Pending);
        let opened = page.map(|id| {
            let page = Page {
                reference: Some(Arc::clone(&order.reference)),
                amount: order.amount,
                otp: payment_otp::begin(state, &order, request, &members, now),
                ..Page::new(Purpose::Payment, order.operation, request, now)
            };
            (id, page)
        });
        money::accept(state, order, &members, course, now);
        if let Some((id, page)) = opened {
            state.add_payment_page(id, page);
        }
    }
    Ok(members)
}

/// A request that moves no money, and the label of the customer whose token it carries.
#[derive(Clone, Copy)]
struct Asking<'a> {
    operation: &'static Operation,
    request: &'a Json,
    customer: Option<&'a str>,
}

/// Any other operation: nothing but sessions is remembered of it.
fn inquired(
    judge: &Judge,
    state: &mut State,
    now: DateTime<Utc>,
    asking: Asking<'_>,
    effect: bool,
) -> Result<Vec<(String, Json)>, Refusal> {
    let Asking {
        operation,
        request,
        customer,
    } = asking;
    let rules = &judge.rules;
    let asked = inquiry::find(rules, state, &operation.id, request, customer, now)?.cloned();
    let page = history::Page::read(rules, &operation.id, request, now)?;
    let mut members = composed(judge, operation, state, now, request, None).members;
    if let Some(entry) = asked {
        inquiry::tell(&state.book, &entry, &mut members, now);
    }
    if let (Some(page), Some(customer)) = (page, customer) {
        page.tell(rules, state, customer, now, &mut members);
    }
    if rules.stateful {
        balance_inquiry::tell(state, &operation.id, customer, &mut members);
    }
    if effect && operation.id == session::INQUIRY {
        state.sessions.open(request, &members, now);
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
