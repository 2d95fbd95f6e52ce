//! The ledger as JSON.

use super::shown::{amount, count, optional, word};
use crate::{
    clock::jakarta,
    json::Json,
    judge::Judge,
    ledger::{Movement, entry::Entry},
};

/// What every account has gained, every operation and every movement.
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
            ("operations", list(book.entries(), operation)),
            ("movements", list(book.movements(), movement)),
        ])
    })
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
    fn cents_are_written_with_two_decimals_and_their_sign() {
        let written = [0, 5, -5, 1_500_000, -123].map(decimal);

        assert_eq!(written, ["0.00", "0.05", "-0.05", "15000.00", "-1.23"]);
    }
}
