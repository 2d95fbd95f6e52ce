//! The operations of the products: admitted, judged and answered by their specification.

use chrono::{DateTime, Utc};

use super::balance_inquiry;
use crate::{
    answer::{Accepted, timestamp},
    arrived::Arrived,
    body::{self, Body},
    check::Refusal,
    compose::Composer,
    judge::{Judge, State},
    spec::Operation,
    transaction::admit,
};

/// The checks of every transaction, then the body; then the answer. Nothing but auth codes is
/// remembered of it.
pub(crate) fn serve(
    judge: &Judge,
    operation: &Operation,
    state: &mut State,
    now: DateTime<Utc>,
    arrived: &Arrived,
    body: Body<'_>,
) -> Result<Accepted, Refusal> {
    admit(judge, operation, state, now, arrived, body.bytes)?;
    let request = body.object()?;
    body::check(request, &operation.request)?;
    let members = if operation.id == balance_inquiry::ID {
        balance_inquiry::answer(judge, request)?
    } else {
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
    };
    Ok(Accepted {
        members,
        headers: vec![timestamp(now)],
    })
}
