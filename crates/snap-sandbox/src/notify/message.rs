//! What a notification of service 56 says.

use std::sync::Arc;

use super::kirimdoku::Form;
use crate::{
    json::Json,
    ledger::{Amount, MoneyKind, OperationState, book::Book, entry::Entry},
    operations::inquiry::describe,
    timeline::Change,
};

/// A body, and what the headers need.
pub(super) struct Message {
    pub(super) form: Form,
    pub(super) reference: Arc<str>,
    /// Two-digit transaction status.
    pub(super) status: &'static str,
    /// The device that the payment came from.
    pub(super) device: Option<Arc<str>>,
    /// The bytes of every attempt.
    pub(super) body: String,
}

/// The debit that a change is about, if the merchant is told of it: when it succeeds, fails, is
/// cancelled, or all of it is refunded.
pub(super) fn debit<'a>(change: &Change, book: &'a Book) -> Option<&'a Entry> {
    let entry = book.get(MoneyKind::Debit, &change.reference)?;
    let is_told =
        entry.order.operation == change.operation && change.state != OperationState::Pending;
    is_told.then_some(entry)
}

/// What contradicts a state most: the customer has paid, or has not.
pub(super) fn opposite(state: OperationState) -> OperationState {
    match state {
        OperationState::Succeeded => OperationState::Failed,
        _ => OperationState::Succeeded,
    }
}

impl Message {
    /// The members of DOKU's notification page, those that are known:
    /// <https://developers.doku.com/get-started-with-doku-api/notification/http-notification-sample-for-snap>.
    pub(super) fn about(entry: &Entry, state: OperationState, amount: Amount) -> Self {
        let order = &entry.order;
        let status = state.status(MoneyKind::Debit);
        let mut members = vec![("originalPartnerReferenceNo", Json::text(&*order.reference))];
        let given = entry.given.as_deref();
        members.extend(given.map(|given| ("originalReferenceNo", Json::text(given))));
        members.extend([
            ("originalExternalId", Json::text(&*order.external_id)),
            ("latestTransactionStatus", Json::text(status)),
            ("transactionStatusDesc", Json::text(describe(state).0)),
            (
                "amount",
                Json::object([
                    ("value", Json::text(amount.value())),
                    ("currency", Json::text(amount.currency())),
                ]),
            ),
            ("additionalInfo", additional_info(entry)),
        ]);
        Self {
            form: Form::Snap,
            reference: Arc::clone(&order.reference),
            status,
            device: order.origin.device.clone(),
            body: Json::object(members).to_string(),
        }
    }
}

/// The page's sample says `DIRECT_DEBIT_ALLO`, `ALLO` and `DIRECT_DEBIT` where a payment says
/// `DIRECT_DEBIT_ALLO_SNAP`. That other channels follow the same pattern is assumed.
fn additional_info(entry: &Entry) -> Json {
    let origin = &entry.order.origin;
    let channel = origin.channel.as_deref();
    let channel = channel.map(|channel| channel.strip_suffix("_SNAP").unwrap_or(channel));
    let mut members = Vec::new();
    members.extend(channel.map(|channel| ("channelId", Json::text(channel))));
    let known = channel.and_then(|channel| {
        let mut kinds = ["DIRECT_DEBIT", "EMONEY"].into_iter();
        kinds.find_map(|kind| {
            let acquirer = channel.strip_prefix(kind)?.strip_prefix('_')?;
            Some((acquirer, kind))
        })
    });
    members.extend(known.map(|(acquirer, _)| ("acquirerId", Json::text(acquirer))));
    let customer = entry.order.customer.as_deref();
    members.extend(customer.map(|customer| ("custIdMerchant", Json::text(customer))));
    members.extend(known.map(|(_, kind)| ("accountType", Json::text(kind))));
    Json::object(members)
}
