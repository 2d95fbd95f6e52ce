//! The ledger as JSON.

use std::sync::Arc;

use super::shown::{amount, count, optional, shortened, word};
use crate::{
    clock::jakarta,
    json::Json,
    judge::{Judge, State},
    ledger::{Balance, Movement, Purse, entry::Entry},
};

/// What every account has gained, what those hold that can run out, every operation and every movement.
pub(super) fn ledger(judge: &Judge) -> Json {
    judge.look(|state, _| {
        let book = &state.book;
        let balances = Movement::balances(book.movements()).into_iter();
        let balances = balances.map(|((account, currency), cents)| {
            Json::object([
                ("account", Json::text(word(account))),
                ("currency", Json::text(currency)),
                ("value", Json::text(decimal(cents))),
            ])
        });
        Json::object([
            ("balances", Json::Array(balances.collect())),
            ("purses", list(&purses(state), purse)),
            ("operations", list(book.entries(), operation)),
            ("movements", list(book.movements(), movement)),
        ])
    })
}

/// The accounts that can run out: the deposit, and those of customers who have paid or been paid.
pub(super) fn purses(state: &State) -> Vec<(String, Balance)> {
    let funds = state.book.funds();
    let deposit = ("deposit".to_owned(), funds.balance(&Purse::Deposit));
    let customers = funds.customers().into_iter().map(|label| {
        let balance = funds.balance(&Purse::Customer(Arc::clone(label)));
        (customer(label), balance)
    });
    [deposit].into_iter().chain(customers).collect()
}

/// A customer by the merchant's name; of what may be a phone number, the end alone.
fn customer(label: &str) -> String {
    let digits = label.bytes().filter(u8::is_ascii_digit).count();
    let letters = label.bytes().any(|byte| byte.is_ascii_alphabetic());
    if digits >= 9 && !letters {
        shortened(label)
    } else {
        label.to_owned()
    }
}

fn purse((name, balance): &(String, Balance)) -> Json {
    Json::object([
        ("account", Json::text(name)),
        ("available", amount(balance.available)),
        ("held", amount(balance.held)),
    ])
}

/// Cents as decimal text with two decimals.
pub(crate) fn decimal(cents: i128) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

fn list<T>(items: &[T], shown: impl Fn(&T) -> Json) -> Json {
    Json::Array(items.iter().map(shown).collect())
}

fn operation(entry: &Entry) -> Json {
    Json::object([
        ("operation", Json::text(entry.order.operation)),
        ("kind", Json::text(word(entry.order.kind))),
        ("reference", Json::text(&*entry.order.reference)),
        ("original", optional(entry.order.original.as_deref())),
        ("amount", amount(entry.amount)),
        ("state", Json::text(word(entry.state))),
        ("status", Json::text(entry.state.status(entry.order.kind))),
        ("effects", count(entry.effects)),
        ("accepted", Json::text(jakarta(entry.accepted))),
        ("done", optional(entry.done.map(jakarta))),
        ("due", optional(entry.due.map(|(due, _)| jakarta(due)))),
    ])
}

fn movement(movement: &Movement) -> Json {
    Json::object([
        ("operation", Json::text(movement.operation)),
        ("reference", Json::text(&*movement.reference)),
        ("from", Json::text(word(movement.from))),
        ("to", Json::text(word(movement.to))),
        ("amount", amount(movement.amount)),
        ("cause", Json::text(word(movement.cause))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_cut_short_and_a_name_is_not() {
        assert_eq!(customer("cust-1"), "cust-1");
        assert_eq!(customer("UATALLO1"), "UATALLO1");
        assert_eq!(customer("6281212340010"), "…0010");
        assert_eq!(customer("+62 812-1234-0010"), "…0010");
    }

    #[test]
    fn cents_are_written_with_two_decimals_and_their_sign() {
        let written = [0, 5, -5, 1_500_000, -123].map(decimal);

        assert_eq!(written, ["0.00", "0.05", "-0.05", "15000.00", "-1.23"]);
    }
}
