//! The OTP of a payment by direct debit.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::registration::{text, text_of};
use crate::{
    channels::{self, BRI, CIMB},
    check::{Check, Refusal},
    json::Json,
    judge::State,
    ledger::order::Order,
    magic::Scenario,
    otp::{Confirms, Name, NameKind, OtpId},
};

/// A payment is pending: its OTP can be asked for, and is sent at once on channels whose steps do not
/// begin with asking.
///
/// Steps: the navigation of DOKU's API reference, July 2025.
pub(super) fn begin(
    state: &mut State,
    order: &Order,
    request: &Json,
    members: &[(String, Json)],
    now: DateTime<Utc>,
) -> Option<OtpId> {
    let name = |kind, text: &str| Name::new(PAYMENT, kind, text);
    // The OTP of an earlier attempt at this reference confirms nothing any more.
    let earlier = name(NameKind::Reference, &order.reference);
    if let Some(earlier) = state.otps.find(&earlier) {
        state.otps.close(earlier);
    }
    if order.operation != PAYMENT {
        return None;
    }
    let given = text_of(members, "referenceNo");
    let names = [
        Some(name(NameKind::Reference, &order.reference)),
        Some(name(NameKind::Journey, &order.external_id)),
        given.map(|given| name(NameKind::Given, given)),
    ];
    let confirms = Confirms::Payment(Arc::clone(&order.reference));
    let names = names.into_iter().flatten().collect();
    let otp = state.otps.open(confirms, names);
    if order.scenario == Some(Scenario::OtpBlocked) {
        state.otps.block(otp);
    }
    if channels::of(request).is_some_and(|channel| [BRI, CIMB].contains(&channel)) {
        state.send_otp(otp, now);
    }
    Some(otp)
}

/// The merchant passes on what the customer typed; the ledger knows the payment and that it is pending.
pub(super) fn attempt(
    state: &mut State,
    order: &Order,
    request: &Json,
    now: DateTime<Utc>,
    effect: bool,
) -> Result<(), Refusal> {
    let find = |kind, text| state.otps.find(&Name::new(PAYMENT, kind, text));
    let reference = order.original.as_deref().unwrap_or_default();
    let otp = find(NameKind::Reference, reference).ok_or(Check::OtpNotRequested)?;
    let given = text(request, "originalReferenceNo");
    if given.is_some_and(|given| find(NameKind::Given, given) != Some(otp)) {
        return Err(Check::TransactionUnknown.into());
    }
    let typed = text(request, "otp").unwrap_or_default();
    Ok(state.otps.attempt(otp, typed, now, effect)?)
}

const PAYMENT: &str = "direct-debit.payment";
