//! What customers do: at the pages that answers send them to, and with their phones.

use std::{error::Error, fmt};

use super::Sandbox;
use crate::{
    action::{Action, ActionError},
    json::Json,
    pages::Choice,
};

/// Why a customer's choice had no effect. The message says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageError(ActionError);

impl Sandbox {
    /// The customer approves at a page: pays, consents to a binding, confirms its end, chooses a PIN.
    /// Where an OTP was sent, the customer types it as the phone shows it. Gives the merchant's address
    /// that the customer goes back to, if the request named one.
    ///
    /// `page` is the address from the answer, such as `redirectUrl`, or its last segment.
    ///
    /// # Errors
    ///
    /// No answer sent a customer there, the customer has chosen before, what the page is for ended in
    /// another way, or its OTP is blocked or too old.
    pub fn approve(&self, page: &str) -> Result<Option<String>, PageError> {
        self.choose(page, Choice::Approve, None)
    }

    /// As [`Sandbox::approve`], but types this OTP.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::approve`], or the OTP is wrong; after three wrong ones it is blocked.
    pub fn approve_with_otp(&self, page: &str, otp: &str) -> Result<Option<String>, PageError> {
        self.choose(page, Choice::Approve, Some(otp.to_owned()))
    }

    /// The customer rejects at a page: the payment fails, the auth code of a binding is void, a binding
    /// that was to end stays. Gives the address that the customer goes back to.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::approve`].
    pub fn reject(&self, page: &str) -> Result<Option<String>, PageError> {
        self.choose(page, Choice::Reject, None)
    }

    /// The last OTP that was sent to a customer's phone for a request: by the partner reference number
    /// that you gave it, the reference number in its answer, or the address of its page. None if none
    /// was sent.
    #[must_use]
    pub fn otp(&self, reference: &str) -> Option<String> {
        self.judge.look(|state, _| {
            let page = state.pages.get(last_segment(reference));
            let at_page = page.and_then(|page| state.otp_at(page));
            let shown = at_page.or_else(|| state.otps.shown_for(reference));
            shown.map(ToOwned::to_owned)
        })
    }

    fn choose(
        &self,
        page: &str,
        choice: Choice,
        otp: Option<String>,
    ) -> Result<Option<String>, PageError> {
        let page = last_segment(page).to_owned();
        let made = self.judge.act(Action::Choose { page, choice, otp });
        let made = made.map_err(PageError)?;
        let go_to = made.member("goTo").and_then(Json::as_text);
        Ok(go_to.map(ToOwned::to_owned))
    }
}

/// The page's id: what stands after the last `/`, without a query.
fn last_segment(address: &str) -> &str {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    address.rsplit('/').next().unwrap_or_default()
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for PageError {}
