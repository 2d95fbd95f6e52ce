//! Inquiries about one operation, answered from the ledger.

use chrono::{DateTime, Utc};

use crate::{
    check::{Check, Refusal},
    clock::{jakarta, later},
    compose::Overlay,
    json::Json,
    judge::{Rules, State},
    ledger::{
        Account, MoneyKind, OperationState,
        book::Book,
        entry::{Entry, product},
        order::{Action, Order},
    },
    magic::{AWHILE, Scenario},
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
    customer: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<&'a Entry>, Refusal> {
    let inquiry = INQUIRIES.iter().find(|inquiry| inquiry.id == operation);
    let Some(inquiry) = inquiry.filter(|_| rules.stateful) else {
        return Ok(None);
    };
    let entry = inquiry.named(&state.book, request);
    let is_customers =
        |entry: &&Entry| inquiry.id != HISTORY_DETAIL || entry.customer.as_deref() == customer;
    let entry = entry.filter(is_customers);
    let entry = entry.filter(|entry| is_visible(rules, entry, now));
    Ok(Some(entry.ok_or(Check::TransactionUnknown)?))
}

/// Does an inquiry see it yet?
pub(super) fn is_visible(rules: &Rules, entry: &Entry, now: DateTime<Utc>) -> bool {
    let delay = match entry.order.scenario {
        Some(Scenario::SeenLate) => rules.status_delay.max(AWHILE),
        _ => rules.status_delay,
    };
    now >= later(entry.accepted, delay)
}

/// The state as inquiries tell it: for a scenario that is not always the truth.
pub(super) fn told_state(entry: &Entry, now: DateTime<Utc>) -> OperationState {
    let is_lie = entry.order.scenario == Some(Scenario::SeenFailed)
        && entry.state == OperationState::Succeeded
        && now < later(entry.accepted, AWHILE);
    if is_lie {
        OperationState::Failed
    } else {
        entry.state
    }
}

/// Puts what the ledger knows into the answer.
pub(super) fn tell(
    book: &Book,
    entry: &Entry,
    members: &mut Vec<(String, Json)>,
    now: DateTime<Utc>,
) {
    let state = told_state(entry, now);
    let mut answer = Overlay(members);
    answer.text(&["latestTransactionStatus"], state.status(entry.order.kind));
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
    let (words, word) = describe(state);
    if state != OperationState::Succeeded {
        answer.text(&["transactionStatusDesc"], words);
    }
    answer.text(&["status"], word);
    answer.text(&["dateTime"], &jakarta(entry.accepted));
    answer.text(&["type"], kind_word(&entry.order));
    answer.text(&["remark"], remark(&entry.order));
    let paid = entry.effects > 0 && state != OperationState::Failed;
    match entry.done.filter(|_| paid) {
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
    /// The merchant's reference first, else the one that was given out, else the external id. Another
    /// product's operation is not found.
    fn named<'a>(&self, book: &'a Book, request: &Json) -> Option<&'a Entry> {
        let text = |name: &str| {
            let text = request.text_at(name);
            text.filter(|text| !text.is_empty())
        };
        let entry = match text(self.reference) {
            Some(reference) => self
                .kinds
                .iter()
                .find_map(|kind| book.get(*kind, reference)),
            None => match text("originalReferenceNo") {
                Some(given) => book.by_given(given),
                None => text("originalExternalId").and_then(|id| book.by_external_id(id)),
            },
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

/// The kind of a transaction as the wallet's history has it. DOKU's pages show `SEND_MONEY` and
/// `REFUND`; the others are assumed.
pub(super) fn kind_word(order: &Order) -> &'static str {
    match (order.action, order.kind) {
        (Action::PayOut(_, Account::Customer), _) => "TOP_UP",
        (Action::PayOut(..), _) => "SEND_MONEY",
        (_, MoneyKind::Reversal) => "REFUND",
        _ => "PAYMENT",
    }
}

/// What it was, in words; that of a transfer is the page's.
pub(super) fn remark(order: &Order) -> &'static str {
    match kind_word(order) {
        "SEND_MONEY" => "Transfer Cash Wallet To Bank Account",
        "TOP_UP" => "Top Up Cash Wallet",
        "REFUND" => "Refund Of Payment",
        _ => "Payment With Cash Wallet",
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

/// The only one that a customer asks for.
const HISTORY_DETAIL: &str = "wallet.transactionHistoryDetail";

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
        id: HISTORY_DETAIL,
        kinds: &[MoneyKind::Credit, MoneyKind::Debit, MoneyKind::Reversal],
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
