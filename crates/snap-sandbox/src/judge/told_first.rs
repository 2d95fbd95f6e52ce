//! Payments that the merchant is told of before it has their answer.

use super::{Judge, meaning::reference_of};
use crate::{arrived::Arrived, json::Json, ledger::MoneyKind, magic::Scenario, operations::Served};

impl Judge {
    /// Whether the merchant is told of a payment before its request is answered: its amount asks for
    /// that, and a notification is due. Inquiries about it do not wait: the merchant may make one before
    /// it acknowledges.
    pub(crate) fn tells_first(&self, arrived: &Arrived) -> bool {
        if !self.look(|state, now| state.notifications.is_due(now)) {
            return false;
        }
        let body = arrived.body.as_deref().and_then(Json::read);
        let served = self.served_at(arrived, body.as_ref());
        let money = served.and_then(Served::money);
        let Some(reference) = reference_of(served, body.as_ref()) else {
            return false;
        };
        let asks = self.look(|state, _| {
            let payment = state.book.get(MoneyKind::Debit, reference);
            payment.is_some_and(|payment| payment.order.scenario == Some(Scenario::NotifiedFirst))
        });
        asks && money.is_some_and(|money| money.kind == MoneyKind::Debit)
    }
}
