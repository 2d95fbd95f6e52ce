//! OTPs: sent for an account that is opened, asked for again, and verified.

use std::sync::Arc;

use super::{Members, REFERENCE, Registration, text, text_of, without_page};
use crate::{
    check::{Check, Refusal},
    compose::{Composed, Overlay},
    otp::{Confirms, NameKind, NewAccount, OtpId},
    pages::{Page, Purpose, Returns},
    web::percent_encoded,
};

/// An account of the wallet is being opened: its owner gets an OTP.
pub(super) fn create_account(call: &mut Registration<'_>) -> Result<Members, Refusal> {
    let members = call.compose(None).members;
    if call.effect {
        let said = |name| text(call.request, name).unwrap_or_default();
        let account = NewAccount {
            reference: Arc::from(said(REFERENCE)),
            phone: said("phoneNo").to_owned(),
            email: said("email").to_owned(),
            redirect: said("redirectUrl").to_owned(),
        };
        let names = call.names(&members);
        let otp = call.state.otps.open(Confirms::Account(account), names);
        call.state.send_otp(otp, call.now);
    }
    Ok(members)
}

/// Another OTP for what was begun before.
pub(super) fn request(call: &mut Registration<'_>) -> Result<Members, Refusal> {
    let otp = named(
        call,
        &[
            (NameKind::Reference, text(call.request, REFERENCE)),
            (NameKind::Token, text(call.request, "bankCardToken")),
            (NameKind::Journey, text(call.request, "journeyId")),
        ],
    )?;
    is_open(call, otp)?;
    let members = call.compose(None).members;
    if call.effect {
        call.state.send_otp(otp, call.now);
        if let Some(token) = text_of(&members, CHARGE_TOKEN) {
            let name = call.name(NameKind::Token, token);
            call.state.otps.name(otp, name);
        }
    }
    Ok(members)
}

/// Direct debit: the OTP of a card that is bound, or of an account that CIMB unbinds.
pub(super) fn verify(call: &mut Registration<'_>) -> Result<Members, Refusal> {
    let info = call.request.member("additionalInfo");
    let card = info.and_then(|info| text(info, "bankCardToken"));
    let otp = named(
        call,
        &[
            (NameKind::Given, text(call.request, ORIGINAL_GIVEN)),
            (NameKind::Token, text(call.request, CHARGE_TOKEN)),
            (NameKind::Token, card),
        ],
    )?;
    let confirms = call.state.otps.confirms(otp).cloned();
    // DOKU's older pages require it for a payment; what has it is another operation.
    if let Some(Confirms::Payment(_)) = confirms {
        return Err(Check::FieldMissing.of(ORIGINAL_REFERENCE));
    }
    attempt(call, otp)?;
    let mut members = call.compose(None).members;
    without_page(&mut members);
    match confirms.filter(|_| call.effect) {
        Some(Confirms::Binding(id)) => call.state.consent(id, call.now),
        Some(Confirms::Unbinding(id)) => call.state.unbind(id, call.now),
        _ => {}
    }
    Ok(members)
}

/// The wallet: the OTP of a new account, whose owner chooses a PIN next, or of an unbinding.
pub(super) fn verify_of_wallet(call: &mut Registration<'_>) -> Result<Members, Refusal> {
    let find = |kind, member| {
        let name = call.name(kind, text(call.request, member).unwrap_or_default());
        call.state.otps.find(&name)
    };
    let by_own = find(NameKind::Reference, ORIGINAL_REFERENCE);
    let by_given = find(NameKind::Given, ORIGINAL_GIVEN);
    let otp = by_own.filter(|_| by_own == by_given);
    let otp = otp.ok_or(Check::TransactionUnknown)?;
    attempt(call, otp)?;
    let Composed { mut members, page } = call.compose(None);
    match call.state.otps.confirms(otp).cloned() {
        Some(Confirms::Account(account)) => {
            Overlay(&mut members).text(&["email"], &account.email);
            Overlay(&mut members).text(&["phoneNo"], &account.phone);
            if let Some(page) = page.filter(|_| call.effect) {
                choose_pin(call, page, &account);
            }
        }
        Some(Confirms::Unbinding(id)) => {
            without_page(&mut members);
            if call.effect {
                call.state.unbind(id, call.now);
            }
        }
        _ => {}
    }
    Ok(members)
}

/// The page where the owner of a new account chooses a PIN, and its address afterwards, which the DOKU
/// Wallet page documents for success only.
fn choose_pin(call: &mut Registration<'_>, page: String, account: &NewAccount) {
    let id = call.state.stream.digits(10);
    let members = [
        ("accountId", id.as_str()),
        ("partnerReferenceNo", &account.reference),
        ("status", "SUCCESS"),
    ];
    let opened = Page {
        reference: Some(Arc::clone(&account.reference)),
        returns: Returns {
            success: Some(with_query(&account.redirect, &members)),
            failure: None,
        },
        ..Page::new(Purpose::Pin, &call.operation.id, call.request, call.now)
    };
    call.state.pages.add(page, opened);
}

/// The step that a request names; by the first of these names that is known.
fn named(call: &Registration<'_>, names: &[(NameKind, Option<&str>)]) -> Result<OtpId, Check> {
    let mut known = names
        .iter()
        .filter_map(|(kind, text)| call.state.otps.find(&call.name(*kind, (*text)?)));
    known.next().ok_or(Check::TransactionUnknown)
}

fn attempt(call: &mut Registration<'_>, otp: OtpId) -> Result<(), Refusal> {
    is_open(call, otp)?;
    let typed = text(call.request, "otp").unwrap_or_default();
    Ok(call.state.otps.attempt(otp, typed, call.now, call.effect)?)
}

/// Is what the OTP confirms still undecided?
fn is_open(call: &Registration<'_>, otp: OtpId) -> Result<(), Check> {
    let state = &call.state;
    let is_open = match state.otps.confirms(otp) {
        Some(Confirms::Payment(reference)) => state.book.is_waiting(reference),
        Some(Confirms::Binding(id)) => state.bindings.is_pending(*id),
        Some(Confirms::Unbinding(id)) => state.bindings.is_bound(*id),
        Some(Confirms::Account(_)) => true,
        None => false,
    };
    if is_open && !state.otps.is_used(otp) {
        Ok(())
    } else {
        Err(Check::TransactionStatus)
    }
}

/// An address with more in its query.
fn with_query(address: &str, members: &[(&str, &str)]) -> String {
    let (address, fragment) = match address.split_once('#') {
        Some((address, fragment)) => (address, format!("#{fragment}")),
        None => (address, String::new()),
    };
    let mut full = address.to_owned();
    for (name, value) in members {
        full.push(if full.contains('?') { '&' } else { '?' });
        full.extend([name, "="]);
        full.extend(percent_encoded(value));
    }
    full + &fragment
}

const ORIGINAL_REFERENCE: &str = "originalPartnerReferenceNo";
const ORIGINAL_GIVEN: &str = "originalReferenceNo";
const CHARGE_TOKEN: &str = "chargeToken";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_goes_before_the_fragment_and_beside_what_is_there() {
        let with = |address| with_query(address, &[("a", "x&y=1"), ("b", "é")]);

        assert_eq!(
            with("https://m.test/r"),
            "https://m.test/r?a=x%26y%3D1&b=%C3%A9"
        );
        assert_eq!(
            with("https://m.test/r?q=1#top"),
            "https://m.test/r?q=1&a=x%26y%3D1&b=%C3%A9#top"
        );
    }
}
