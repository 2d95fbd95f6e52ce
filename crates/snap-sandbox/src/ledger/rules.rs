//! Which orders the ledger takes up.

use super::{
    Account, Amount, MoneyKind, OperationState,
    book::Book,
    entry::{Entry, product},
    funds::Purse,
    order::{Action, Order},
};
use crate::check::Check;

/// Is this order new, and possible?
///
/// A reference that failed before is free again; assumed.
pub(crate) fn check(book: &Book, order: &Order, accept_duplicates: bool) -> Result<(), Check> {
    let known = book.get(order.kind, &order.reference);
    let known = known.filter(|entry| entry.state != OperationState::Failed);
    match known.filter(|_| order.action != Action::Confirm && !accept_duplicates) {
        Some(entry) if entry.order.content == order.content => {
            return Err(Check::ReferenceRepeated);
        }
        Some(_) => return Err(Check::ReferenceInconsistent),
        None => {}
    }
    match order.action {
        Action::Pay | Action::Authorize | Action::PayOut(..) => Ok(()),
        Action::Capture => capturable(payment(book, order)?, order.amount),
        Action::Confirm => possible(payment(book, order)?, true),
        Action::Cancel => cancellable(payment(book, order)?),
        Action::Refund | Action::Void => refundable(payment(book, order)?, order.amount),
    }
}

/// Is there enough on the account that it takes from?
pub(crate) fn funded(book: &Book, order: &Order) -> Result<(), Check> {
    let (from, customer, amount) = match order.action {
        Action::Pay | Action::Authorize => (Account::Customer, &order.customer, order.amount),
        Action::PayOut(from, _) => (from, &order.customer, order.amount),
        Action::Confirm => {
            let payment = payment(book, order)?;
            (Account::Customer, &payment.customer, Some(payment.amount))
        }
        // What an authorization holds is there; a reversal takes nothing from a customer.
        Action::Capture | Action::Refund | Action::Void | Action::Cancel => return Ok(()),
    };
    let amount = amount.unwrap_or_else(Amount::zero);
    let needed = [amount, book.fee_of(order.action)];
    match Purse::of(from, customer.as_ref()) {
        Some(purse) if !book.funds().suffice(&purse, &needed) => Err(Check::FundsInsufficient),
        _ => Ok(()),
    }
}

/// The payment that a reversal or an OTP names, of the same product.
fn payment<'a>(book: &'a Book, order: &Order) -> Result<&'a Entry, Check> {
    let named = order.original.as_deref();
    named
        .and_then(|original| book.get(MoneyKind::Debit, original))
        .filter(|entry| entry.product() == product(order.operation))
        .ok_or(Check::TransactionUnknown)
}

fn possible(payment: &Entry, is_pending: bool) -> Result<(), Check> {
    match payment.state {
        OperationState::Cancelled => Err(Check::TransactionCancelled),
        OperationState::Pending if is_pending => Ok(()),
        OperationState::Succeeded | OperationState::Refunded if !is_pending => Ok(()),
        _ => Err(Check::TransactionStatus),
    }
}

/// Pending, or paid and not refunded in part.
fn cancellable(payment: &Entry) -> Result<(), Check> {
    if payment.state == OperationState::Pending {
        return Ok(());
    }
    possible(payment, false)?;
    if payment.rest() == payment.amount {
        Ok(())
    } else {
        Err(Check::TransactionStatus)
    }
}

fn refundable(payment: &Entry, amount: Option<Amount>) -> Result<(), Check> {
    possible(payment, false)?;
    let rest = payment.rest();
    let asked = amount.unwrap_or(payment.amount);
    match rest.minus(asked) {
        Some(_) => Ok(()),
        // A whole refund without an amount takes what is left, if anything is.
        None if amount.is_none() && rest.cents() > 0 => Ok(()),
        None => Err(Check::RefundTooMuch),
    }
}

/// A capture takes from an authorization no more than it holds.
fn capturable(authorization: &Entry, amount: Option<Amount>) -> Result<(), Check> {
    match authorization.order.action {
        Action::Authorize => refundable(authorization, amount),
        _ => Err(Check::TransactionStatus),
    }
}
