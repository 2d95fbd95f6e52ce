//! Ends of bindings.

use super::{LINK, Members, Registration, text};
use crate::{
    bindings::BindingId,
    channels::{self, CIMB},
    check::{Check, Refusal},
    compose::{Composed, Overlay},
    otp::{Confirms, OtpId},
    pages::{Page, Purpose},
};

/// Direct debit: the customer's token says whose binding ends. CIMB has the customer confirm it by OTP;
/// the others send the customer nowhere.
pub(super) fn by_token(call: &mut Registration<'_>) -> Result<Members, Refusal> {
    let id = of_token(call, text(call.request, "tokenId").unwrap_or_default())?;
    let is_confirmed =
        channels::of(call.request) == Some(CIMB) && !call.judge.rules.customers_approve;
    let Composed { mut members, page } = call.compose(None);
    if !is_confirmed {
        let mut answer = Overlay(&mut members);
        answer.remove(REDIRECT);
        answer.within("additionalInfo", |info| info.remove(REDIRECT));
    }
    match page.filter(|_| is_confirmed) {
        _ if !call.effect => {}
        Some(page) => ask(call, id, page, &members),
        None => call.state.unbind(id, call.now),
    }
    Ok(members)
}

/// What the customer of a token that is honoured has bound.
fn of_token(call: &Registration<'_>, token: &str) -> Result<BindingId, Check> {
    let client_id = &call.judge.merchant.client_id;
    let customers = &call.state.customers;
    customers.check(token, client_id, call.now)?;
    let owner = customers.owner_of(token);
    let bound = owner.and_then(|owner| call.state.bindings.of(owner));
    bound.ok_or(Check::BindingNone)
}

/// Sends an OTP, which the customer types at the page, or the merchant passes on.
fn ask(call: &mut Registration<'_>, id: BindingId, page: String, members: &Members) {
    let otp = send_otp(call, id, members);
    let binding = call.state.bindings.get(id);
    let customer = binding.and_then(|binding| binding.customer.name().map(ToOwned::to_owned));
    let purpose = Purpose::Unbinding(id);
    let opened = Page {
        reference: call.reference(members),
        customer,
        otp: Some(otp),
        ..Page::new(purpose, &call.operation.id, call.request, call.now)
    };
    call.state.pages.add(page, opened);
}

/// A binding is to end as soon as an OTP confirms it.
fn send_otp(call: &mut Registration<'_>, id: BindingId, members: &Members) -> OtpId {
    let names = call.names(members);
    let otp = call.state.otps.open(Confirms::Unbinding(id), names);
    call.state.send_otp(otp, call.now);
    call.state.bindings.begin_end(id);
    otp
}

/// The wallet: the link id says which binding ends, once the customer's OTP confirms it.
pub(super) fn by_link(call: &mut Registration<'_>) -> Result<Members, Refusal> {
    let bindings = &call.state.bindings;
    let id = text(call.request, LINK).and_then(|link| bindings.linked(link));
    let id = id.filter(|id| bindings.is_bound(*id));
    let id = id.ok_or(Check::BindingNone)?;
    let members = call.compose(None).members;
    if call.effect {
        send_otp(call, id, &members);
    }
    Ok(members)
}

const REDIRECT: &str = "redirectUrl";
