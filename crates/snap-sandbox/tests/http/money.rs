//! What becomes of money: debits, credits, and references used twice.

use std::time::Duration;

use serde_json::json;
use snap_sandbox::{Account, Cause, Decision, Ledger, MoneyKind, OperationState};

use crate::{
    orders::{
        PAYMENT, PURCHASE, TRANSFER, latest, merge, other_than, reference, rupiah, send, start,
        status,
    },
    specs::{Caller, named},
    support::frozen,
};

/// The movements, in short.
fn moved(ledger: &Ledger) -> Vec<(Account, Account, String, Cause)> {
    let movements = ledger.movements().iter();
    movements
        .map(|movement| {
            (
                movement.from,
                movement.to,
                movement.amount.to_string(),
                movement.cause,
            )
        })
        .collect()
}

fn amount(text: &str) -> String {
    format!("{text} IDR")
}

/// Behaviours "money.debit", "status.values" and "status.amount".
#[tokio::test]
async fn a_payment_that_sends_the_customer_away_is_pending_until_it_is_decided() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    let reply = send(&caller, PAYMENT, reference("ord-1")).await;
    let before = status(&caller, "ord-1").await;
    let decided = sandbox.decide("ord-1", Decision::Succeed);
    let after = status(&caller, "ord-1").await;

    reply.assert("ok", "2005400");
    assert!(reply.text("webRedirectUrl").contains("/bank/"));
    assert_eq!(before.text("latestTransactionStatus"), "02");
    assert_eq!(before.body.get("paidTime"), None);
    assert!(decided && !sandbox.decide("ord-1", Decision::Succeed));
    assert_eq!(after.text("latestTransactionStatus"), "00");
    assert_eq!(after.body["transAmount"], rupiah("15000.00"));
    assert_eq!(after.text("paidTime"), "2026-11-20T17:30:00+07:00");
    assert_eq!(after.text("originalReferenceNo"), reply.text("referenceNo"));
    let ledger = sandbox.ledger();
    assert_eq!(ledger.effects("ord-1"), 1);
    let movement = &ledger.movements()[0];
    assert_eq!(movement.operation, PAYMENT);
    assert_eq!(&*movement.reference, "ord-1");
    assert_eq!(
        moved(&ledger),
        [(
            Account::Customer,
            Account::Merchant,
            amount("15000.00"),
            Cause::Decided
        )]
    );
}

#[tokio::test]
async fn a_payment_can_fail_and_can_be_cancelled_by_its_customer() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let cases = [
        (Decision::Fail, "06", OperationState::Failed),
        (Decision::Cancel, "05", OperationState::Cancelled),
    ];
    for (decision, code, state) in cases {
        send(&caller, PAYMENT, reference(code)).await;

        assert!(sandbox.decide(code, decision));

        assert_eq!(latest(&caller, code).await, code);
        assert_eq!(sandbox.ledger().state(code), Some(state));
        assert_eq!(sandbox.ledger().effects(code), 0);
    }
    assert!(sandbox.ledger().movements().is_empty());
}

#[tokio::test]
async fn customers_can_approve_at_once() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    let reply = send(&caller, PURCHASE, reference("ord-1")).await;

    assert!(reply.text("webRedirectUrl").contains("/bank/"));
    let state = sandbox.ledger().state("ord-1");
    assert_eq!(state, Some(OperationState::Succeeded));
}

/// Behaviour "money.recurring".
#[tokio::test]
async fn a_recurring_payment_sends_nobody_away_and_succeeds_at_once() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let mut body = reference("ord-1");
    body["additionalInfo"] = json!({"channel": "EMONEY_OVO_SNAP", "paymentType": "RECURRING"});

    let reply = send(&caller, PAYMENT, body).await;

    reply.assert("ok", "2005400");
    assert!(!reply.body.to_string().contains("webRedirectUrl"));
    assert_eq!(sandbox.ledger().effects("ord-1"), 1);
}

/// Behaviour "money.otp".
#[tokio::test]
async fn the_right_otp_lets_a_pending_payment_succeed() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let verify = async |otp: &str| {
        let named = json!({"originalPartnerReferenceNo": "ord-1", "otp": otp});
        send(&caller, "direct-debit.paymentOtpVerification", named).await
    };
    let mut payment = reference("ord-1");
    payment["additionalInfo"]["channel"] = json!("DIRECT_DEBIT_CIMB_SNAP");

    let early = verify("123456").await;
    send(&caller, PAYMENT, payment).await;
    let otp = sandbox.otp("ord-1").expect("an OTP");
    let wrong = verify(&other_than(&otp)).await;
    let before = sandbox.ledger().effects("ord-1");
    let right = verify(&otp).await;
    let again = verify(&otp).await;

    early.assert("transaction.unknown", "4040401");
    wrong.assert("otp.wrong", "4040415");
    assert_eq!(before, 0);
    right.assert("ok", "2000400");
    again.assert("transaction.status", "4040400");
    assert_eq!(sandbox.ledger().effects("ord-1"), 1);
    assert_eq!(moved(&sandbox.ledger())[0].3, Cause::Confirmed);
}

/// Behaviours "money.credit" and "money.accounts".
#[tokio::test]
async fn a_payout_settles_at_once_or_when_its_time_has_come() {
    let at_once = start(frozen()).await;
    let later = start(frozen().settle_after(Duration::from_secs(60))).await;
    let (first, second) = (
        Caller::of(&at_once, "c").await,
        Caller::of(&later, "c").await,
    );
    let inquire = async |caller: &Caller<'_>| {
        let named = json!({"originalPartnerReferenceNo": "out-1"});
        let reply = send(caller, "kirimdoku.checkStatus", named).await;
        reply.text("latestTransactionStatus")
    };

    send(&first, TRANSFER, reference("out-1"))
        .await
        .assert("ok", "2004300");
    send(&second, TRANSFER, reference("out-1"))
        .await
        .assert("ok", "2004300");

    assert_eq!(inquire(&first).await, "00");
    assert_eq!(inquire(&second).await, "03");
    let pending = later.ledger();
    assert_eq!(pending.state("out-1"), Some(OperationState::Pending));
    assert_eq!(pending.effects("out-1"), 0);
    assert_eq!(pending.balance(Account::Transit, "IDR"), 1_500_000);
    pending.assert_balanced();
    later.advance(Duration::from_secs(60));
    assert_eq!(inquire(&second).await, "00");
    let settled = later.ledger();
    let (deposit, transit) = (Account::Deposit, Account::Transit);
    assert_eq!(
        moved(&settled),
        [
            (deposit, transit, amount("15000.00"), Cause::Reserved),
            (
                transit,
                Account::Beneficiary,
                amount("15000.00"),
                Cause::Settled
            ),
        ]
    );
    settled.assert_balanced();
    assert_eq!(at_once.ledger().movements().len(), 1);
}

#[tokio::test]
async fn what_is_reserved_for_a_payout_that_fails_goes_back() {
    let sandbox = start(frozen().settle_after(Duration::from_secs(60))).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, TRANSFER, reference("out-1")).await;

    assert!(sandbox.decide("out-1", Decision::Fail));
    sandbox.advance(Duration::from_secs(60));

    let ledger = sandbox.ledger();
    assert_eq!(ledger.state("out-1"), Some(OperationState::Failed));
    assert_eq!(ledger.effects("out-1"), 0);
    assert_eq!(ledger.balance(Account::Deposit, "IDR"), 0);
    ledger.assert_balanced();
}

#[tokio::test]
async fn transfers_and_top_ups_of_the_wallet_have_accounts_of_their_own() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    send(&caller, "wallet.transferBank", reference("out-1")).await;
    send(&caller, "wallet.topUp", reference("top-1")).await;

    let ledger = sandbox.ledger();
    let paths: Vec<_> = ledger
        .movements()
        .iter()
        .map(|movement| (movement.from, movement.to))
        .collect();
    assert_eq!(
        paths,
        [
            (Account::Customer, Account::Beneficiary),
            (Account::Deposit, Account::Customer)
        ]
    );
}

/// Behaviours "partner-reference.repeated", "partner-reference.inconsistent" and
/// "partner-reference.scope".
#[tokio::test]
async fn a_reference_is_used_once_unless_it_failed() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let mut other = reference("ord-1");
    other["amount"] = rupiah("15000.01");

    send(&caller, PAYMENT, reference("ord-1")).await;
    let pending = send(&caller, PAYMENT, reference("ord-1")).await;
    let changed = send(&caller, PAYMENT, other).await;
    let payout = send(&caller, TRANSFER, reference("ord-1")).await;
    assert!(sandbox.decide("ord-1", Decision::Fail));
    let again = send(&caller, PAYMENT, reference("ord-1")).await;
    assert!(sandbox.decide("ord-1", Decision::Succeed));
    let paid = send(&caller, PAYMENT, reference("ord-1")).await;

    pending.assert("partner-reference.repeated", "4095401");
    changed.assert("partner-reference.inconsistent", "4045418");
    payout.assert("ok", "2004300");
    again.assert("ok", "2005400");
    paid.assert("partner-reference.repeated", "4095401");
    let ledger = sandbox.ledger();
    assert_eq!(ledger.effects_of(MoneyKind::Debit, "ord-1"), 1);
    assert_eq!(ledger.effects_of(MoneyKind::Credit, "ord-1"), 1);
    ledger.assert_no_double_effect();
}

#[tokio::test]
async fn an_external_id_is_looked_at_before_the_reference() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let spec = named(TRANSFER);
    let mut body = spec.body(&sandbox, false);
    merge(&mut body, reference("out-1"));
    let same = async || {
        let mut call = caller.call(&spec, &body);
        call.set("x-external-id", "99");
        crate::support::send(&sandbox, call).await
    };

    same().await.assert("ok", "2004300");
    same().await.assert("external-id.repeated", "4094300");
}

const JUMP_APP: &str = "direct-debit.jumpAppPayment";

fn jump_app(number: &str, valid_up_to: &str) -> serde_json::Value {
    let mut body = reference(number);
    body["validUpTo"] = json!(valid_up_to);
    body
}

/// Behaviour "money.expiry".
#[tokio::test]
async fn a_payment_that_nobody_makes_in_time_fails() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for order in ["late", "paid"] {
        send(
            &caller,
            JUMP_APP,
            jump_app(order, "2026-11-20T17:40:00+07:00"),
        )
        .await
        .assert("ok", "2005400");
    }

    sandbox.advance(Duration::from_secs(599));
    let in_time = latest(&caller, "late").await;
    assert!(sandbox.decide("paid", Decision::Succeed));
    sandbox.advance(Duration::from_secs(1));

    assert_eq!(in_time, "02");
    assert_eq!(latest(&caller, "late").await, "06");
    assert_eq!(latest(&caller, "paid").await, "00");
    assert!(!sandbox.decide("late", Decision::Succeed));
    assert!(sandbox.ledger().movements().len() == 1);
}

#[tokio::test]
async fn a_payment_whose_time_is_over_already_fails_at_once_and_one_without_a_time_waits() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let cases = [
        ("over", "2026-11-20T17:00:00+07:00", "06"),
        ("no-time", "tomorrow", "02"),
        ("never", "9999-12-31T23:59:59-14:00", "02"),
    ];

    for (order, valid_up_to, expected) in cases {
        send(&caller, JUMP_APP, jump_app(order, valid_up_to)).await;

        assert_eq!(latest(&caller, order).await, expected, "{order}");
    }
}

#[tokio::test]
async fn a_failed_payment_can_be_made_again_and_its_old_time_does_not_end_it() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(
        &caller,
        JUMP_APP,
        jump_app("ord-1", "2026-11-20T17:35:00+07:00"),
    )
    .await;
    assert!(sandbox.decide("ord-1", Decision::Fail));
    send(
        &caller,
        JUMP_APP,
        jump_app("ord-1", "2026-11-20T17:40:00+07:00"),
    )
    .await
    .assert("ok", "2005400");

    sandbox.advance(Duration::from_secs(300));
    let still_open = latest(&caller, "ord-1").await;
    sandbox.advance(Duration::from_secs(300));

    assert_eq!(still_open, "02");
    assert_eq!(latest(&caller, "ord-1").await, "06");
}
