//! Operations that bind customers to the merchant, and end that: the bindings, their OTPs, accounts.

mod binding;
mod otp;
mod unbinding;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::product;
use crate::{
    bindings::{label, place},
    check::Refusal,
    compose::{AUTH_CODE, Composed, Overlay},
    customers::Customer,
    json::Json,
    judge::{Judge, State},
    otp::{Name, NameKind},
    spec::Operation,
};

/// One request, admitted, with a body that is right.
pub(super) struct Registration<'a> {
    pub(super) judge: &'a Judge,
    pub(super) operation: &'static Operation,
    pub(super) state: &'a mut State,
    pub(super) now: DateTime<Utc>,
    pub(super) request: &'a Json,
    pub(super) external_id: &'a str,
    /// Without it the answer is the same, and nothing is remembered.
    pub(super) effect: bool,
}

/// The members of an answer.
type Members = Vec<(String, Json)>;

/// Is an operation served here?
pub(super) fn is_one(operation: &str) -> bool {
    STEPS.iter().any(|(name, _)| *name == operation)
}

impl Registration<'_> {
    pub(super) fn serve(mut self) -> Result<Members, Refusal> {
        let step = STEPS.iter().find(|(name, _)| *name == self.operation.id);
        match step.filter(|_| self.judge.rules.stateful) {
            Some((_, step)) => step(&mut self),
            None => Ok(self.by_itself()),
        }
    }

    /// The answer of a sandbox without state: its auth code can be exchanged at once.
    fn by_itself(&mut self) -> Members {
        let customer = self.customer();
        let code = self.issue_code(customer);
        self.compose(code).members
    }

    /// An auth code, if the answer has one.
    fn issue_code(&mut self, customer: Customer) -> Option<String> {
        let has_one = self.operation.response.mentions(AUTH_CODE);
        has_one.then(|| self.state.issue_code(customer, self.now))
    }

    fn compose(&mut self, code: Option<String>) -> Composed {
        let (judge, now) = (self.judge, self.now);
        let mut composed =
            product::composed(judge, self.operation, self.state, now, self.request, code);
        Overlay(&mut composed.members).within("additionalInfo", |info| {
            info.text(&["accountStatus", "status"], PENDING);
        });
        composed
    }

    /// The customer whom the request names, at its channel, or in the wallet.
    fn customer(&self) -> Customer {
        let place = place(&self.operation.id, self.request);
        self.judge.customer_at(label(self.request), place)
    }

    fn name(&self, kind: NameKind, text: &str) -> Name {
        Name::new(&self.operation.id, kind, text)
    }

    /// The names under which the OTP of this request will be asked for.
    fn names(&self, members: &Members) -> Vec<Name> {
        let named = [
            (NameKind::Reference, text(self.request, REFERENCE)),
            (NameKind::Given, text_of(members, GIVEN)),
            (NameKind::Token, text_of(members, "bankCardToken")),
            (NameKind::Journey, Some(self.external_id)),
        ];
        let named = named.into_iter();
        named
            .filter_map(|(kind, text)| Some(self.name(kind, text?)))
            .collect()
    }

    /// The reference under which the timeline tells of this request.
    fn reference(&self, members: &Members) -> Option<Arc<str>> {
        let reference = text(self.request, REFERENCE).or_else(|| text_of(members, GIVEN));
        reference.map(Arc::from)
    }
}

/// A text of the request that is there and not empty.
pub(super) fn text<'a>(request: &'a Json, name: &str) -> Option<&'a str> {
    let text = request.text_at(name);
    text.filter(|text| !text.is_empty())
}

/// A text of the answer, or a number that stands for one.
pub(super) fn text_of<'a>(members: &'a [(String, Json)], name: &str) -> Option<&'a str> {
    let (_, found) = members.iter().find(|(other, _)| other == name)?;
    match found {
        Json::Text(text) | Json::Number(text) => Some(text),
        _ => None,
    }
}

/// After an OTP that ends a step there is no page to go to.
pub(super) fn without_page(members: &mut Members) {
    for name in ["qparamsURL", "qparams", "qParamsURL", "qParams"] {
        Overlay(members).remove(name);
    }
}

type Step = fn(&mut Registration<'_>) -> Result<Members, Refusal>;

const STEPS: &[(&str, Step)] = &[
    ("direct-debit.accountBinding", binding::begin),
    ("direct-debit.cardBinding", binding::begin),
    ("direct-debit.accountUnbinding", unbinding::by_token),
    ("direct-debit.cardUnbinding", unbinding::by_token),
    ("direct-debit.otpVerification", otp::verify),
    ("direct-debit.requestOtp", otp::request),
    ("wallet.accountCreation", otp::create_account),
    ("wallet.accountBinding", binding::begin),
    ("wallet.accountInquiry", binding::inquire),
    ("wallet.accountUnbinding", unbinding::by_link),
    ("wallet.otpVerification", otp::verify_of_wallet),
    ("wallet.requestOtp", otp::request),
];

/// The state of a binding that was begun; the only one that DOKU's libraries show.
const PENDING: &str = "PENDING";
const REFERENCE: &str = "partnerReferenceNo";
const GIVEN: &str = "referenceNo";
const LINK: &str = "linkId";
