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
    let found = judge
        .explain(which)
        .ok_or_else(|| Refused::new(404, nothing_refused(which)))?;
    Ok(found.json())
}

fn nothing_refused(which: Which<'_>) -> String {
    let what = match which {
        Which::Last => return "no request was refused, or none of them is still kept".to_owned(),
        Which::Number(number) => format!("no request of number {number}"),
        Which::Event(number) => format!("no request of event {number}"),
        Which::Reference(reference) => format!("no request of reference {reference:?}"),
    };
    format!("{what} was refused, or it is no longer kept; /_sandbox/timeline lists all that are")
}
