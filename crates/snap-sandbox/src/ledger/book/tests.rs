use std::time::Duration;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    clock::later,
    ledger::{Ledger, rules},
    shared::Shared,
};

/// What somebody does to a book.
#[derive(Clone, Debug)]
enum Deed {
    Order(usize, u8, u64, u8),
    Decide(u8, Decision),
    Wait(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let decision = prop::sample::select(vec![Decision::Succeed, Decision::Fail, Decision::Cancel]);
    prop_oneof![
        6 => (0..ACTIONS.len(), 0..6_u8, 0..400_u64, 0..5_u8)
            .prop_map(|(action, number, rupiah, course)| Deed::Order(action, number, rupiah, course)),
        2 => (0..6_u8, decision).prop_map(|(number, decision)| Deed::Decide(number, decision)),
        1 => (0..120_u64).prop_map(Deed::Wait),
    ]
}

fn order(action: Action, number: u8, rupiah: u64) -> Order {
    let kind = match action {
        Action::Pay | Action::Authorize | Action::Capture | Action::Confirm => MoneyKind::Debit,
        Action::PayOut(..) => MoneyKind::Credit,
        Action::Refund | Action::Void | Action::Cancel => MoneyKind::Reversal,
    };
    let original: Arc<str> = Arc::from(format!("ref-{}", number % 3));
    let reference: Arc<str> = Arc::from(format!("ref-{number}"));
    let dollars: Amount = "1.00 USD".parse().expect("an amount");
    let amount = match rupiah % 8 {
        7 => dollars,
        _ => Amount::rupiah(rupiah),
    };
    Order {
        operation: "wallet.test",
        kind,
        action,
        original: Some(original),
        reference,
        amount: (action != Action::Cancel).then_some(amount),
        external_id: Arc::from("1"),
        session: None,
        customer: (number > 0).then(|| Arc::from(format!("cust-{}", number % 2))),
        valid_until: None,
        scenario: None,
        origin: crate::ledger::order::Origin::default(),
        content: [0; 32],
    }
}

fn course(course: u8, now: DateTime<Utc>) -> Course {
    let soon = later(now, Duration::from_secs(60));
    match course {
        0 => Course::AtOnce,
        1 => Course::Pending,
        2 => Course::Until(Step::Succeed, soon),
        3 => Course::Until(Step::Fail, soon),
        _ => Course::Back(soon),
    }
}

fn book(limited: bool) -> Book {
    Book::new(Terms {
        deposit: Amount::rupiah(1_000),
        customer: Amount::rupiah(500),
        payout_fee: Amount::rupiah(7),
        limited,
    })
}

fn ledger(book: Book) -> Ledger {
    Ledger {
        book: Shared::new(book),
        requests: Shared::default(),
        misused_ids: Vec::new(),
        now: DateTime::UNIX_EPOCH,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_the_book_balances_and_no_account_is_overdrawn(
        deeds in vec(deed(), 0..40),
        accept_duplicates: bool,
        limited: bool,
    ) {
        let mut book = book(limited);
        let mut now = DateTime::UNIX_EPOCH;

        for deed in deeds {
            match deed {
                Deed::Order(action, number, rupiah, how) => {
                    let order = order(ACTIONS[action], number, rupiah);
                    let is_possible = rules::check(&book, &order, accept_duplicates)
                        .and_then(|()| rules::funded(&book, &order));
                    // A sandbox without state takes up all.
                    if is_possible.is_ok() || !limited {
                        book.accept(order, Some("given"), course(how, now), now);
                    }
                }
                Deed::Decide(number, decision) => {
                    book.decide(&format!("ref-{number}"), decision, now);
                }
                Deed::Wait(seconds) => now = later(now, Duration::from_secs(seconds)),
            }
            book.settle(now);

            for ((purse, currency), change) in book.funds.changes() {
                let start = if *purse == Purse::Deposit { 100_000 } else { 50_000 };
                let start = if *currency == *b"IDR" { start } else { 0 };
                let is_overdrawn = limited && start + change.gained < 0;
                prop_assert!(!is_overdrawn, "{purse:?} is overdrawn");
                prop_assert!(!limited || change.held >= 0, "{purse:?} holds less than nothing");
            }
            ledger(book.clone()).assert_balanced();
        }
    }
}

#[test]
#[should_panic(expected = "balance and movements of Deposit")]
fn a_balance_that_no_movement_explains_fails_a_test() {
    let mut book = book(true);
    book.funds.gain(Purse::Deposit, Amount::rupiah(1), 1);

    ledger(book).assert_balanced();
}

const ACTIONS: [Action; 10] = [
    Action::Authorize,
    Action::Capture,
    Action::Pay,
    Action::Confirm,
    Action::PayOut(Account::Deposit, Account::Beneficiary),
    Action::PayOut(Account::Customer, Account::Beneficiary),
    Action::PayOut(Account::Deposit, Account::Customer),
    Action::Refund,
    Action::Void,
    Action::Cancel,
];
