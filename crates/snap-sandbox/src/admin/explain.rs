//! Why a request was refused.

use super::{Refused, events::query};
use crate::{arrived::Arrived, diagnosis::Which, json::Json, judge::Judge};

/// The diagnosis of the refused request that the query names by `request` or `reference`; of the last
/// one without a query.
pub(super) fn explain(judge: &Judge, request: &Arrived) -> Result<Json, Refused> {
    let (number, reference) = (query(request, "request"), query(request, "reference"));
    let which = match (&number, &reference) {
        (Some(number), _) => Which::Number(
            number
                .parse()
                .map_err(|_| Refused::bad("\"request\" is a number, as in X-Sandbox-Request"))?,
        ),
        (None, Some(reference)) => Which::Reference(reference),
        (None, None) => Which::Last,
    };
    let found = judge.explain(which).ok_or_else(|| {
        Refused::new(
            404,
            "no such request was refused, or it is not kept any longer; \
             /_sandbox/timeline lists what is",
        )
    })?;
    Ok(found.json())
}
