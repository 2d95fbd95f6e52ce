//! Ends of bindings.

use super::{LINK, Members, Registration, text};
use crate::{
    channels::{self, CIMB},
    check::{Check, Refusal},
    compose::{Composed, Overlay},
    customers::Customer,
    otp::Confirms,
    pages::{Page, Purpose},
};

/// Direct debit: the customer's token says whose binding ends. CIMB has the customer confirm it by OTP;
/// the others send the customer nowhere.
pub(super) fn by_token(call: &mut Registration<'_>) -> Result<Members, Refusal> {
    let customer = owner(call, text(call.request, "tokenId").unwrap_or_default())?;
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
        Some(page) => ask(call, customer, page, &members),
        None => call.state.unbind(&customer, call.now),
    }
    Ok(members)
}

/// The customer of a token that is honoured.
fn owner(call: &Registration<'_>, token: &str) -> Result<Customer, Check> {
    let client_id = &call.judge.merchant.client_id;
    let customers = &call.state.customers;
    customers.check(token, client_id, call.now)?;
    let owner = customers.owner_of(token);
    owner.cloned().ok_or(Check::CustomerTokenUnknown)
}

/// Sends an OTP, which the customer types at the page, or the merchant passes on.
fn ask(call: &mut Registration<'_>, customer: Customer, page: String, members: &Members) {
    let names = call.names(members);
    let confirms = Confirms::Unbinding(customer.clone());
    let otp = call.state.otps.open(confirms, names);
    call.state.send_otp(otp, call.now);
    if let Some(id) = call.state.bindings.of(&customer) {
        call.state.bindings.begin_end(id);
    }
    let opened = Page {
        reference: call.reference(members),
        customer: customer.name().map(ToOwned::to_owned),
        otp: Some(otp),
        ..Page::new(
            Purpose::Unbinding(customer),
            &call.operation.id,
            call.request,
            call.now,
        )
    };
    call.state.pages.add(page, opened);
}

/// The wallet: the link id says which binding ends, once the customer's OTP confirms it.
pub(super) fn by_link(call: &mut Registration<'_>) -> Result<Members, Refusal> {
    let bindings = &call.state.bindings;
    let id = text(call.request, LINK).and_then(|link| bindings.linked(link));
    let bound = id.and_then(|id| Some((id, bindings.get(id).filter(|found| found.is_bound())?)));
    let (id, binding) = bound.ok_or(Check::BindingNone)?;
    let confirms = Confirms::Unbinding(binding.customer.clone());
    let members = call.compose(None).members;
    if call.effect {
        let names = call.names(&members);
        let otp = call.state.otps.open(confirms, names);
        call.state.send_otp(otp, call.now);
        call.state.bindings.begin_end(id);
    }
    Ok(members)
}

const REDIRECT: &str = "redirectUrl";
