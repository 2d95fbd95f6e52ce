//! The pages that customers are sent to: whom they are for, and what was chosen there.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};

use crate::{
    action::ActionError,
    json::Json,
    judge::{Judge, State},
    ledger::{Amount, Decision},
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
    /// Where the customer goes from here.
    pub(crate) returns: Returns,
    pub(crate) opened: DateTime<Utc>,
    /// What the customer has chosen.
    pub(crate) chosen: Option<Choice>,
}

/// What a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The customer consents to a payment.
    Payment,
}

/// The merchant's addresses for a customer who comes back.
#[derive(Clone, Debug, Default)]
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
        let latest = pages.max_by_key(|(id, page)| (page.opened, *id));
        latest.map(|(id, _)| id.as_str())
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Page> {
        self.0.get(id)
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

    fn after(&self, choice: Choice) -> Option<&str> {
        match choice {
            Choice::Approve => self.success.as_deref(),
            Choice::Reject => self.failure.as_deref(),
            Choice::Abandon => None,
        }
    }
}

/// A customer chooses at a page. Gives `goTo`, the merchant's address, if there is one.
pub(crate) fn choose(
    _judge: &Judge,
    state: &mut State,
    now: DateTime<Utc>,
    id: &str,
    choice: Choice,
    _otp: Option<&str>,
) -> Result<Json, ActionError> {
    let page = state.pages.0.get_mut(id).ok_or(ActionError::UnknownPage)?;
    if page.chosen.is_some() {
        return Err(ActionError::PageUsed);
    }
    if choice != Choice::Abandon {
        page.chosen = Some(choice);
    }
    let page = page.clone();
    let decision = match choice {
        Choice::Approve => Some(Decision::Succeed),
        Choice::Reject => Some(Decision::Fail),
        Choice::Abandon => None,
    };
    if let (Purpose::Payment, Some(decision), Some(reference)) =
        (page.purpose, decision, &page.reference)
        && !state.book.decide(reference, decision, now)
    {
        return Err(ActionError::NothingPending);
    }
    let go_to = page.returns.after(choice);
    Ok(Json::object(
        go_to.map(|address| ("goTo", Json::text(address))),
    ))
}
