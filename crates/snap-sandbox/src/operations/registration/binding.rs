//! Bindings: begun by the merchant, and bound once the customer consents.

use super::{LINK, Members, Registration, text_of};
use crate::{
    bindings::{Binding, BindingId},
    channels::{self, MANDIRI},
    check::{Check, Refusal},
    compose::{Composed, Overlay},
    json::Json,
    otp::{Confirms, OtpId},
    pages::{Page, Purpose},
};

/// The answer sends the customer to a page; until the customer consents there, the auth code cannot be
/// exchanged.
pub(super) fn begin(call: &mut Registration<'_>) -> Result<Members, Refusal> {
    let customer = call.customer();
    let code = call.issue_code(customer.clone());
    if let Some(code) = &code {
        call.state.customers.hold_code(code);
    }
    let Composed { members, page } = call.compose(code.clone());
    if !call.effect {
        return Ok(members);
    }
    let binding = Binding {
        code,
        link: text_of(&members, LINK).map(ToOwned::to_owned),
        reference: call.reference(&members),
        ..Binding::new(customer)
    };
    let id = call.state.bindings.open(binding, call.now);
    if call.judge.rules.customers_approve {
        call.state.consent(id, call.now);
        return Ok(members);
    }
    let otp = card_otp(call, id, &members);
    if let Some(page) = page {
        open_page(call, page, id, otp, &members);
    }
    Ok(members)
}

/// A card is bound by an OTP. Mandiri sends it when the merchant asks, the others at once.
fn card_otp(call: &mut Registration<'_>, id: BindingId, members: &Members) -> Option<OtpId> {
    if call.operation.id != CARD_BINDING {
        return None;
    }
    let names = call.names(members);
    let otp = call.state.otps.open(Confirms::Binding(id), names);
    if channels::of(call.request) != Some(MANDIRI) {
        call.state.send_otp(otp, call.now);
    }
    Some(otp)
}

fn open_page(
    call: &mut Registration<'_>,
    page: String,
    id: BindingId,
    otp: Option<OtpId>,
    members: &Members,
) {
    let binding = call.state.bindings.get(id);
    let customer = binding.and_then(|binding| binding.customer.name().map(ToOwned::to_owned));
    let purpose = Purpose::Binding(id);
    let opened = Page {
        reference: call.reference(members),
        customer,
        otp,
        ..Page::new(purpose, &call.operation.id, call.request, call.now)
    };
    call.state.pages.add(page, opened);
}

/// The wallet tells of an account that is bound, with a new auth code for it.
pub(super) fn inquire(call: &mut Registration<'_>) -> Result<Members, Refusal> {
    let asked = call.customer();
    let by_test = call.judge.customer(&asked.label);
    let bindings = &call.state.bindings;
    let id = bindings.of(&asked).or_else(|| bindings.of(&by_test));
    let found = id.and_then(|id| Some((id, bindings.get(id)?.clone())));
    let (id, binding) = found.ok_or(Check::BindingNone)?;
    let code = call.issue_code(binding.customer);
    let mut members = call.compose(code).members;
    match binding.link {
        Some(link) => Overlay(&mut members).within("additionalInfo", |info| {
            info.text(&[LINK], &link);
        }),
        None if call.effect => {
            let info = members.iter().find(|(name, _)| name == "additionalInfo");
            let link = info.and_then(|(_, info)| info.member(LINK));
            if let Some(link) = link.and_then(Json::as_text) {
                call.state.bindings.link(id, link.to_owned());
            }
        }
        None => {}
    }
    Ok(members)
}

const CARD_BINDING: &str = "direct-debit.cardBinding";
