//! The pages that customers are sent to: whom they are for, and what was chosen there.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};

use crate::{
    action::ActionError,
    bindings::BindingId,
    channels,
    json::Json,
    judge::State,
    ledger::{Amount, Decision, MoneyKind, OperationState},
    otp::OtpId,
    timeline::What,
};

/// Every page that an answer sent a customer to, by the last segment of its address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pages(HashMap<String, Page>);

/// One page, for one customer and one purpose.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) purpose: Purpose,
    /// Product and operation whose answer sent the customer here.
    pub(crate) operation: &'static str,
    /// The merchant's reference of that request.
    pub(crate) reference: Option<Arc<str>>,
    pub(crate) amount: Option<Amount>,
    /// Which attempt at that reference a payment's page is for. It does not pay for another one, which
    /// may have another amount.
    pub(crate) attempt: usize,
    /// The channel of direct debit, where the request names one.
    pub(crate) channel: Option<String>,
    /// As the merchant calls the customer, where the page is for a binding of direct debit.
    pub(crate) customer: Option<String>,
    /// The OTP that approval needs, if one was sent; [`State::otp_at`] shows it.
    pub(crate) otp: Option<OtpId>,
    /// Where the customer goes from here.
    pub(crate) returns: Returns,
    pub(crate) opened: DateTime<Utc>,
    /// What the customer has chosen.
    pub(crate) chosen: Option<Choice>,
    /// The customer approved, and had too little money.
    pub(crate) failed: bool,
}

/// What a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The customer consents to a payment.
    Payment,
    /// The customer consents to a binding.
    Binding(BindingId),
    /// The customer confirms that a binding ends.
    Unbinding(BindingId),
    /// The customer chooses a PIN for a new account of the wallet.
    Pin,
}

/// The merchant's addresses for a customer who comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Returns {
    pub(crate) success: Option<String>,
    pub(crate) failure: Option<String>,
}

/// What a customer does at a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Approve,
    Reject,
    /// Goes away. Nothing changes, and the page stays open.
    Abandon,
}

impl Pages {
    pub(crate) fn add(&mut self, id: String, page: Page) {
        self.0.insert(id, page);
    }

    /// The latest page at which a customer can still decide on a payment.
    pub(crate) fn open_payment(&self, reference: &str) -> Option<&str> {
        let pages = self.0.iter().filter(|(_, page)| {
            page.purpose == Purpose::Payment
                && page.chosen.is_none()
                && page.reference.as_deref() == Some(reference)
        });
        let latest = pages.max_by_key(|(id, page)| (page.attempt, page.opened, *id));
        latest.map(|(id, _)| id.as_str())
    }

    /// By the last segment of its address.
    pub(crate) fn get(&self, id: &str) -> Option<&Page> {
        self.0.get(id)
    }
}

impl Page {
    /// A page that is open, for an answer to `request`.
    pub(crate) fn new(
        purpose: Purpose,
        operation: &'static str,
        request: &Json,
        opened: DateTime<Utc>,
    ) -> Self {
        Self {
            purpose,
            operation,
            reference: None,
            amount: None,
            attempt: 0,
            channel: channels::of(request).map(ToOwned::to_owned),
            customer: None,
            otp: None,
            returns: Returns::read(request),
            opened,
            chosen: None,
            failed: false,
        }
    }

    /// Where the customer goes after a choice, if the merchant named an address.
    pub(crate) fn leads_to(&self, choice: Choice) -> Option<&str> {
        match choice {
            Choice::Approve if !self.failed => self.returns.success.as_deref(),
            Choice::Approve | Choice::Reject => self.returns.failure.as_deref(),
            Choice::Abandon => None,
        }
    }
}

impl State {
    /// Adds the page of a payment that was just accepted.
    pub(crate) fn add_payment_page(&mut self, id: String, page: Page) {
        let reference = page.reference.as_deref().unwrap_or_default();
        let payment = self.book.waiting(reference);
        let attempt = payment.map_or(0, |payment| payment.attempt);
        self.pages.add(id, Page { attempt, ..page });
    }

    /// The OTP that a page asks for, as the customer's phone shows it; none if it asks for none.
    pub(crate) fn otp_at(&self, page: &Page) -> Option<&str> {
        self.otps.shown(page.otp?)
    }

    /// Is what a page is for still undecided? It may be decided elsewhere.
    pub(crate) fn is_open(&self, page: &Page) -> bool {
        let is_open = match page.purpose {
            Purpose::Payment => {
                let reference = page.reference.as_deref();
                let payment = reference.and_then(|reference| self.book.waiting(reference));
                payment.is_some_and(|payment| payment.attempt == page.attempt)
            }
            Purpose::Binding(id) => self.bindings.is_pending(id),
            Purpose::Unbinding(id) => self.bindings.is_bound(id),
            Purpose::Pin => true,
        };
        is_open && !page.otp.is_some_and(|otp| self.otps.is_used(otp))
    }
}

impl Returns {
    /// As the operations name them: a page for success and one for failure, or one for both.
    pub(crate) fn read(request: &Json) -> Self {
        let at = |path: &[&str]| {
            let found = path.iter().try_fold(request, |at, name| match at {
                Json::Array(items) => items.first()?.member(name),
                other => other.member(name),
            });
            let address = found.and_then(Json::as_text);
            address.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let first = |paths: &[&[&str]]| paths.iter().find_map(|path| at(path));
        let both: [&[&str]; 2] = [&["urlParam", "url"], &["redirectUrl"]];
        Self {
            success: first(&[
                &["additionalInfo", "successPaymentUrl"],
                &["additionalInfo", "successRegistrationUrl"],
            ])
            .or_else(|| first(&both)),
            failure: first(&[
                &["additionalInfo", "failedPaymentUrl"],
                &["additionalInfo", "failedRegistrationUrl"],
            ])
            .or_else(|| first(&both)),
        }
    }
}

/// A customer chooses at a page. Gives `goTo`, the merchant's address, if there is one.
///
/// Where an OTP was sent, approval needs it: `otp` is what the customer types, and without it the
/// customer types what the phone shows.
pub(crate) fn choose(
    state: &mut State,
    now: DateTime<Utc>,
    id: &str,
    choice: Choice,
    otp: Option<&str>,
) -> Result<Json, ActionError> {
    let mut page = state.pages.get(id).ok_or(ActionError::UnknownPage)?.clone();
    if page.chosen.is_some() {
        return Err(ActionError::PageUsed);
    }
    if choice != Choice::Abandon {
        if !state.is_open(&page) {
            return Err(ActionError::NothingPending);
        }
        if choice == Choice::Approve {
            confirm(state, &page, now, otp)?;
        }
        carry_out(state, &page, now, choice == Choice::Approve);
        page.chosen = Some(choice);
        page.failed = choice == Choice::Approve && has_failed(state, &page);
        state.pages.add(id.to_owned(), page.clone());
    }
    let go_to = page.leads_to(choice);
    Ok(Json::object(
        go_to.map(|address| ("goTo", Json::text(address))),
    ))
}

fn has_failed(state: &State, page: &Page) -> bool {
    let reference = page.reference.as_deref().unwrap_or_default();
    let payment = state.book.get(MoneyKind::Debit, reference);
    page.purpose == Purpose::Payment
        && payment.is_none_or(|payment| payment.state != OperationState::Succeeded)
}

/// The OTP, where one was sent.
fn confirm(
    state: &mut State,
    page: &Page,
    now: DateTime<Utc>,
    typed: Option<&str>,
) -> Result<(), ActionError> {
    let (Some(otp), Some(shown)) = (page.otp, state.otp_at(page)) else {
        return Ok(());
    };
    let typed = typed.unwrap_or(shown).to_owned();
    let attempt = state.otps.attempt(otp, &typed, now, true);
    if attempt.is_err() {
        let note = "The OTP that was typed at the page was not accepted.".to_owned();
        let reference = page.reference.clone();
        state.timeline.add(now, reference, What::Note(note));
    }
    attempt.map_err(ActionError::Otp)
}

fn carry_out(state: &mut State, page: &Page, now: DateTime<Utc>, approved: bool) {
    match (page.purpose, approved) {
        (Purpose::Payment, _) => {
            let decision = if approved {
                Decision::Succeed
            } else {
                Decision::Fail
            };
            let reference = page.reference.as_deref().unwrap_or_default();
            state.book.decide(reference, decision, now);
        }
        (Purpose::Binding(id), true) => state.consent(id, now),
        (Purpose::Binding(id), false) => state.refuse(id, now),
        (Purpose::Unbinding(id), true) => state.unbind(id, now),
        (Purpose::Unbinding(id), false) => state.bindings.keep(id),
        (Purpose::Pin, _) => {}
    }
    if let Some(otp) = page.otp {
        state.otps.close(otp);
    }
}
