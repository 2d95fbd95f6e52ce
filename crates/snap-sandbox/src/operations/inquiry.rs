//! Inquiries about one operation, answered from the ledger.

use chrono::{DateTime, Utc};

use crate::{
    check::{Check, Refusal},
    clock::{jakarta, later},
    compose::Overlay,
    json::Json,
    judge::{Rules, State},
    ledger::{
        MoneyKind, OperationState,
        book::Book,
        entry::{Entry, product},
    },
};

/// An inquiry: what it is about, and how it names it.
struct Inquiry {
    id: &'static str,
    kinds: &'static [MoneyKind],
    /// Member with the merchant's reference.
    reference: &'static str,
    /// Whether the external id of the operation has to be named as well.
    external_id: bool,
}

/// The operation that an inquiry asks for; None if the request is no inquiry, or the sandbox has no
/// state.
pub(super) fn find<'a>(
    rules: &Rules,
    state: &'a State,
    operation: &str,
    request: &Json,
    now: DateTime<Utc>,
) -> Result<Option<&'a Entry>, Refusal> {
    let inquiry = INQUIRIES.iter().find(|inquiry| inquiry.id == operation);
    let Some(inquiry) = inquiry.filter(|_| rules.stateful) else {
        return Ok(None);
    };
    let entry = inquiry.named(&state.book, request);
    let is_visible = |entry: &&Entry| now >= later(entry.accepted, rules.status_delay);
    let entry = entry.filter(is_visible).ok_or(Check::TransactionUnknown)?;
    Ok(Some(entry))
}

/// Puts what the ledger knows into the answer.
pub(super) fn tell(book: &Book, entry: &Entry, members: &mut Vec<(String, Json)>) {
    let mut answer = Overlay(members);
    answer.text(&["latestTransactionStatus"], entry.status());
    answer.text(
        &["originalPartnerReferenceNo", "partnerReferenceNo"],
        &entry.order.reference,
    );
    if let Some(given) = &entry.given {
        answer.text(&["originalReferenceNo", "referenceNo"], given);
    }
    answer.text(&["originalExternalId"], &entry.order.external_id);
    if let Some(session) = &entry.order.session {
        answer.text(&["sessionId"], session);
    }
    answer.amount(&["amount", "transAmount"], entry.amount);
    let (words, word) = describe(entry.state);
    if entry.state != OperationState::Succeeded {
        answer.text(&["transactionStatusDesc"], words);
    }
    answer.text(&["status"], word);
    match entry.done.filter(|_| entry.effects > 0) {
        Some(done) => answer.text(&["paidTime"], &jakarta(done)),
        None => answer.remove("paidTime"),
    }
    let refunds = book
        .refunds(entry)
        .map(|refund| move |item: &mut Overlay<'_>| tell_refund(refund, item));
    answer.list("refundHistory", refunds.collect());
}

fn tell_refund(refund: &Entry, item: &mut Overlay<'_>) {
    item.text(
        &["partnerRefundNo", "partnerReferenceNo"],
        &refund.order.reference,
    );
    if let Some(given) = &refund.given {
        item.text(&["refundNo"], given);
    }
    item.amount(&["refundAmount"], refund.amount);
    item.text(&["refundStatus"], "00");
    item.text(&["refundDate"], &jakarta(refund.accepted));
}

impl Inquiry {
    /// The merchant's reference first, else the one that was given out. Another product's operation is
    /// not found.
    fn named<'a>(&self, book: &'a Book, request: &Json) -> Option<&'a Entry> {
        let text = |name: &str| {
            let text = request.member(name).and_then(Json::as_text);
            text.filter(|text| !text.is_empty())
        };
        let entry = match text(self.reference) {
            Some(reference) => self
                .kinds
                .iter()
                .find_map(|kind| book.get(*kind, reference)),
            None => text("originalReferenceNo").and_then(|given| book.by_given(given)),
        };
        let is_meant = |entry: &&Entry| {
            self.kinds.contains(&entry.order.kind) && entry.product() == product(self.id)
        };
        let has_external_id = |entry: &&Entry| {
            !self.external_id || text("originalExternalId") == Some(&*entry.order.external_id)
        };
        entry.filter(is_meant).filter(has_external_id)
    }
}

/// The status in words: as the standard lists them, and as the wallet's history has them.
pub(crate) fn describe(state: OperationState) -> (&'static str, &'static str) {
    match state {
        OperationState::Pending => ("Pending", "PENDING"),
        OperationState::Succeeded => ("Success", "SUCCESS"),
        OperationState::Failed => ("Failed", "FAILED"),
        OperationState::Cancelled => ("Canceled", "CANCELED"),
        OperationState::Refunded => ("Refunded", "REFUNDED"),
    }
}

const INQUIRIES: &[Inquiry] = &[
    Inquiry {
        id: "direct-debit.checkStatus",
        kinds: &[MoneyKind::Debit],
        reference: "originalPartnerReferenceNo",
        external_id: false,
    },
    Inquiry {
        id: "wallet.purchaseStatus",
        kinds: &[MoneyKind::Debit],
        reference: "partnerReferenceNo",
        external_id: false,
    },
    Inquiry {
        id: "wallet.topUpStatus",
        kinds: &[MoneyKind::Credit],
        reference: "originalPartnerReferenceNo",
        external_id: true,
    },
    Inquiry {
        id: "wallet.transactionHistoryDetail",
        kinds: &[MoneyKind::Credit, MoneyKind::Debit],
        reference: "partnerReferenceNo",
        external_id: false,
    },
    Inquiry {
        id: "kirimdoku.checkStatus",
        kinds: &[MoneyKind::Credit],
        reference: "originalPartnerReferenceNo",
        external_id: false,
    },
];
