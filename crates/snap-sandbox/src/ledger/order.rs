//! What a request asks of the ledger.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ring::digest::{SHA256, digest};

use super::{Account, Amount, MoneyKind};
use crate::{
    arrived::Arrived,
    json::Json,
    magic::Scenario,
    spec::{Money, Operation},
    transaction::EXTERNAL_ID,
};

/// A request about money, read.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Product and operation.
    pub(crate) operation: &'static str,
    pub(crate) kind: MoneyKind,
    pub(crate) action: Action,
    pub(crate) reference: Arc<str>,
    /// The payment that a reversal or an OTP is about.
    pub(crate) original: Option<Arc<str>>,
    /// None where the request names none: then it is all there is.
    pub(crate) amount: Option<Amount>,
    pub(crate) external_id: Arc<str>,
    pub(crate) session: Option<Arc<str>>,
    pub(crate) origin: Origin,
    /// Label of the customer whose token the request carried.
    pub(crate) customer: Option<Arc<str>>,
    /// When a payment that nobody made is over, by the schedule.
    pub(crate) valid_until: Option<DateTime<Utc>>,
    /// What its amount asks for.
    pub(crate) scenario: Option<Scenario>,
    /// Tells two bodies apart, whatever the order of their members.
    pub(crate) content: [u8; 32],
}

/// Where an order came from, as a notification about it says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// `additionalInfo.channel` of the request.
    pub(crate) channel: Option<Arc<str>>,
    pub(crate) device: Option<Arc<str>>,
}

/// What is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Pay,
    /// Sets money of the customer aside, for captures to take.
    Authorize,
    /// Takes from an authorization.
    Capture,
    /// The OTP of a payment that is under way.
    Confirm,
    /// Pay out, from an account to another.
    PayOut(Account, Account),
    Refund,
    /// Refund by another name: what is voided whole is cancelled.
    Void,
    Cancel,
}

impl Order {
    /// None if the operation is not about money, or its reference is no text.
    pub(crate) fn read(
        operation: &'static Operation,
        request: &Json,
        arrived: &Arrived,
    ) -> Option<Self> {
        let money = operation.money.as_ref()?;
        let text = |name: &str| request.text_at(name).map(Arc::from);
        let action = Action::of(&operation.id, money);
        Some(Self {
            operation: &operation.id,
            kind: money.kind,
            action,
            reference: text(&money.reference)?,
            original: text("originalPartnerReferenceNo"),
            // A cancellation is whole, whatever amount it mentions.
            amount: amount(operation, request).filter(|_| action != Action::Cancel),
            external_id: Arc::from(arrived.first(EXTERNAL_ID).unwrap_or_default()),
            session: text("sessionId"),
            origin: Origin::read(request, arrived),
            customer: None,
            valid_until: None,
            scenario: None,
            content: content(request),
        })
    }
}

impl Origin {
    fn read(request: &Json, arrived: &Arrived) -> Self {
        let info = request.member("additionalInfo");
        let channel = info.and_then(|info| info.member("channel"));
        Self {
            channel: channel.and_then(Json::as_text).map(Arc::from),
            device: arrived.first("X-DEVICE-ID").map(Arc::from),
        }
    }
}

impl Action {
    fn of(id: &str, money: &Money) -> Self {
        match (money.kind, money.reference.as_str()) {
            (MoneyKind::Debit, "originalPartnerReferenceNo") => Self::Confirm,
            (MoneyKind::Debit, "partnerCaptureNo") => Self::Capture,
            (MoneyKind::Debit, _) if id == "wallet.authPayment" => Self::Authorize,
            (MoneyKind::Debit, _) => Self::Pay,
            (MoneyKind::Credit, _) if id == "wallet.topUp" => {
                Self::PayOut(Account::Deposit, Account::Customer)
            }
            (MoneyKind::Credit, _) if id.starts_with("wallet.") => {
                Self::PayOut(Account::Customer, Account::Beneficiary)
            }
            (MoneyKind::Credit, _) => Self::PayOut(Account::Deposit, Account::Beneficiary),
            (MoneyKind::Reversal, "partnerRefundNo") => Self::Refund,
            (MoneyKind::Reversal, "partnerVoidNo") => Self::Void,
            (MoneyKind::Reversal, _) => Self::Cancel,
        }
    }
}

/// The amount that a request about money names. A member that its operation does not have is not looked
/// at: nobody has checked it.
pub(crate) fn amount(operation: &Operation, request: &Json) -> Option<Amount> {
    let mut members = operation.request.members().iter();
    let named = members.find(|member| AMOUNTS.contains(&member.name.as_str()))?;
    Amount::read(request.member(&named.name)?)
}

fn content(request: &Json) -> [u8; 32] {
    let text = sorted(request).to_string();
    let digest = digest(&SHA256, text.as_bytes());
    digest.as_ref().try_into().unwrap_or_default()
}

fn sorted(json: &Json) -> Json {
    match json {
        Json::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Json::Object(members)
        }
        Json::Array(items) => Json::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// What the operations call the amount; none has two of these.
const AMOUNTS: [&str; 4] = ["amount", "captureAmount", "refundAmount", "voidAmount"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_does_not_depend_on_the_order_of_members() {
        let of = |text: &str| content(&Json::read(text.as_bytes()).expect("JSON"));

        assert_eq!(
            of(r#"{"a":1,"b":{"c":[1,2],"d":2}}"#),
            of(r#"{"b":{"d":2,"c":[1,2]},"a":1}"#)
        );
        assert_ne!(of(r#"{"a":[1,2]}"#), of(r#"{"a":[2,1]}"#));
        assert_ne!(of(r#"{"a":"1.00"}"#), of(r#"{"a":"1.01"}"#));
    }
}
