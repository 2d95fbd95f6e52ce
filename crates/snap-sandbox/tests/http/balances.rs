//! What accounts hold, and what happens when they run out.

use std::time::Duration;

use serde_json::{Value, json};
use snap_sandbox::{Account, Amount, Cause, Decision, OperationState};

use crate::{
    orders::{PAYMENT, PURCHASE, REFUND, TRANSFER, latest, reference, refund, rupiah, send, start},
    specs::Caller,
    support::{Reply, frozen},
};

const WALLET_TRANSFER: &str = "wallet.transferBank";
const TOP_UP: &str = "wallet.topUp";
const MINUTE: Duration = Duration::from_secs(60);

/// Deposit as the balance inquiry tells it: available and held.
async fn deposit(caller: &Caller<'_>) -> (Value, Value) {
    let reply = send(caller, "kirimdoku.balanceInquiry", json!({})).await;
    let infos = &reply.body["accountInfos"];
    (
        infos["avaliableBalance"].clone(),
        infos["holdAmount"].clone(),
    )
}

/// What a customer has in the wallet.
async fn wallet(caller: &Caller<'_>) -> Value {
    let reply = send(caller, "wallet.balanceInquiry", json!({})).await;
    reply.assert("ok", "2001100");
    reply.body["accountInfo"]["amount"].clone()
}

async fn pay(caller: &Caller<'_>, operation: &str, number: &str) -> Reply {
    send(caller, operation, reference(number)).await
}

/// Behaviours "funds.insufficient" and "balance.figures".
#[tokio::test]
async fn a_payout_takes_from_the_deposit_until_too_little_is_left() {
    let sandbox = start(frozen().deposit(Amount::rupiah(30_000))).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let before = deposit(&caller).await;

    let first = pay(&caller, TRANSFER, "out-1").await;
    let second = pay(&caller, TRANSFER, "out-2").await;
    let third = pay(&caller, TRANSFER, "out-3").await;

    assert_eq!(before, (rupiah("30000.00"), rupiah("0.00")));
    first.assert("ok", "2004300");
    second.assert("ok", "2004300");
    third.assert("funds.insufficient", "4034314");
    assert_eq!(deposit(&caller).await, (rupiah("0.00"), rupiah("0.00")));
    let ledger = sandbox.ledger();
    assert_eq!(ledger.effects("out-3"), 0);
    assert_eq!(ledger.deposit().available, Amount::rupiah(0));
    ledger.assert_balanced();
}

#[tokio::test]
async fn the_last_rupiah_suffices_and_one_cent_less_does_not() {
    let too_little: Amount = "14999.99".parse().expect("an amount");
    let enough = start(frozen().deposit(Amount::rupiah(15_000))).await;
    let short = start(frozen().deposit(too_little)).await;

    pay(&Caller::of(&enough, "c").await, TRANSFER, "out-1")
        .await
        .assert("ok", "2004300");
    pay(&Caller::of(&short, "c").await, TRANSFER, "out-1")
        .await
        .assert("funds.insufficient", "4034314");
}

#[tokio::test]
async fn what_is_reserved_is_held_and_cannot_be_spent() {
    let builder = frozen()
        .deposit(Amount::rupiah(20_000))
        .settle_after(MINUTE);
    let sandbox = start(builder).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    pay(&caller, TRANSFER, "out-1").await;
    let reserved = deposit(&caller).await;
    let too_much = pay(&caller, TRANSFER, "out-2").await;
    assert!(sandbox.decide("out-1", Decision::Fail));
    let returned = deposit(&caller).await;
    let again = pay(&caller, TRANSFER, "out-2").await;
    sandbox.advance(MINUTE);
    let settled = deposit(&caller).await;

    assert_eq!(reserved, (rupiah("5000.00"), rupiah("15000.00")));
    too_much.assert("funds.insufficient", "4034314");
    assert_eq!(returned, (rupiah("20000.00"), rupiah("0.00")));
    again.assert("ok", "2004300");
    assert_eq!(settled, (rupiah("5000.00"), rupiah("0.00")));
    sandbox.ledger().assert_balanced();
}

/// Behaviour "balance.customer".
#[tokio::test]
async fn each_customer_has_money_of_their_own() {
    let builder = frozen()
        .customer_balance(Amount::rupiah(20_000))
        .customers_approve(true);
    let sandbox = start(builder).await;
    let one = Caller::of(&sandbox, "cust-1").await;
    let other = one.for_customer("cust-2").await;

    let first = pay(&one, PURCHASE, "buy-1").await;
    let second = pay(&one, PURCHASE, "buy-2").await;
    let of_other = pay(&other, PURCHASE, "buy-3").await;
    let by_bank = pay(&one, PAYMENT, "ord-1").await;
    let by_transfer = pay(&one, WALLET_TRANSFER, "out-1").await;

    first.assert("ok", "2005400");
    second.assert("funds.insufficient", "4035414");
    of_other.assert("ok", "2005400");
    by_bank.assert("funds.insufficient", "4035414");
    by_transfer.assert("funds.insufficient", "4034314");
    assert_eq!(wallet(&one).await, rupiah("5000.00"));
    let ledger = sandbox.ledger();
    assert_eq!(ledger.customer("cust-1").available, Amount::rupiah(5_000));
    assert_eq!(ledger.customer("nobody").available, Amount::rupiah(20_000));
    let movement = &ledger.movements()[0];
    assert_eq!(movement.customer.as_deref(), Some("cust-1"));
    ledger.assert_balanced();
}

#[tokio::test]
async fn a_bound_account_tells_what_is_held() {
    let builder = frozen()
        .customer_balance(Amount::rupiah(20_000))
        .settle_after(MINUTE);
    let sandbox = start(builder).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    pay(&caller, WALLET_TRANSFER, "out-1").await;

    let reply = send(&caller, "direct-debit.balanceInquiry", json!({})).await;

    let info = &reply.body["accountInfos"][0];
    assert_eq!(info["amount"], rupiah("5000.00"));
    assert_eq!(info["holdAmount"], rupiah("15000.00"));
    assert_eq!(info["flatAmount"], rupiah("0.00"));
}

#[tokio::test]
async fn a_top_up_adds_to_the_wallet_and_a_refund_gives_back() {
    let builder = frozen()
        .customer_balance(Amount::rupiah(1_000))
        .deposit(Amount::rupiah(15_000))
        .customers_approve(true);
    let sandbox = start(builder).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    pay(&caller, PAYMENT, "ord-1")
        .await
        .assert("funds.insufficient", "4035414");
    pay(&caller, TOP_UP, "top-1").await.assert("ok", "2003800");
    let topped_up = wallet(&caller).await;
    pay(&caller, TOP_UP, "top-2")
        .await
        .assert("funds.insufficient", "4033814");
    pay(&caller, PAYMENT, "ord-1").await.assert("ok", "2005400");
    let paid = wallet(&caller).await;
    // A refund reaches the customer who paid, whosever token it is sent with.
    send(
        &caller.for_customer("cust-2").await,
        REFUND,
        refund("ord-1", "ref-1", "6000.00"),
    )
    .await
    .assert("ok", "2005800");

    assert_eq!(topped_up, rupiah("16000.00"));
    assert_eq!(paid, rupiah("1000.00"));
    assert_eq!(wallet(&caller).await, rupiah("7000.00"));
    sandbox.ledger().assert_balanced();
}

#[tokio::test]
async fn an_otp_is_refused_while_the_money_does_not_suffice() {
    let sandbox = start(frozen().customer_balance(Amount::rupiah(20_000))).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for order in ["ord-1", "ord-2"] {
        let mut payment = reference(order);
        payment["additionalInfo"]["channel"] = json!("DIRECT_DEBIT_CIMB_SNAP");
        payment["amount"] = rupiah("15000.00");
        send(&caller, PAYMENT, payment)
            .await
            .assert("ok", "2005400");
    }
    let otp = async |of: &str| {
        let otp = sandbox.otp(of).expect("an OTP");
        let named = json!({"originalPartnerReferenceNo": of, "otp": otp});
        send(&caller, "direct-debit.paymentOtpVerification", named).await
    };

    otp("ord-1").await.assert("ok", "2000400");
    otp("ord-2").await.assert("funds.insufficient", "4030414");
    pay(&caller, TOP_UP, "top-1").await.assert("ok", "2003800");
    otp("ord-2").await.assert("ok", "2000400");

    assert_eq!(sandbox.ledger().effects("ord-2"), 1);
}

#[tokio::test]
async fn a_payment_without_a_customer_has_no_balance() {
    let sandbox = start(frozen().customer_balance(Amount::rupiah(0))).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    pay(&caller, "direct-debit.jumpAppPayment", "ord-1")
        .await
        .assert("ok", "2005400");
    assert!(sandbox.decide("ord-1", Decision::Succeed));

    assert_eq!(latest(&caller, "ord-1").await, "00");
}

/// Behaviour "funds.spent-meanwhile".
#[tokio::test]
async fn a_payment_fails_if_the_money_is_gone_when_its_customer_approves() {
    let sandbox = start(frozen().customer_balance(Amount::rupiah(20_000))).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for order in ["ord-1", "ord-2"] {
        pay(&caller, PAYMENT, order).await.assert("ok", "2005400");
    }

    assert!(sandbox.decide("ord-1", Decision::Succeed));
    assert!(sandbox.decide("ord-2", Decision::Succeed));

    let ledger = sandbox.ledger();
    assert_eq!(ledger.state("ord-1"), Some(OperationState::Succeeded));
    assert_eq!(ledger.state("ord-2"), Some(OperationState::Failed));
    assert_eq!(ledger.movements().len(), 1);
    ledger.assert_balanced();
}

/// Behaviour "money.fee".
#[tokio::test]
async fn a_fee_is_reserved_and_goes_back_with_its_payout() {
    let builder = frozen()
        .deposit(Amount::rupiah(20_000))
        .payout_fee("5000.50".parse().expect("an amount"))
        .settle_after(MINUTE);
    let sandbox = start(builder.clone()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let richer = start(builder.deposit(Amount::rupiah(25_000))).await;
    let rich = Caller::of(&richer, "cust-1").await;

    pay(&caller, TRANSFER, "out-1")
        .await
        .assert("funds.insufficient", "4034314");
    pay(&rich, TRANSFER, "out-1").await.assert("ok", "2004300");
    let reserved = deposit(&rich).await;
    assert!(richer.decide("out-1", Decision::Fail));
    let returned = deposit(&rich).await;
    pay(&rich, TRANSFER, "out-2").await.assert("ok", "2004300");
    richer.advance(MINUTE);

    assert_eq!(reserved, (rupiah("4999.50"), rupiah("20000.50")));
    assert_eq!(returned, (rupiah("25000.00"), rupiah("0.00")));
    assert_eq!(deposit(&rich).await, (rupiah("4999.50"), rupiah("0.00")));
    let ledger = richer.ledger();
    assert_eq!(ledger.balance(Account::Fees, "IDR"), 500_050);
    let fees = ledger.movements().iter();
    let fees: Vec<Cause> = fees
        .filter(|movement| movement.to == Account::Fees)
        .map(|movement| movement.cause)
        .collect();
    assert_eq!(fees, [Cause::Settled]);
    assert_eq!(ledger.effects("out-2"), 1);
    ledger.assert_balanced();
    sandbox.ledger().assert_balanced();
}

#[tokio::test]
async fn without_state_no_account_runs_out() {
    let builder = frozen()
        .stateful(false)
        .deposit(Amount::rupiah(1))
        .customer_balance(Amount::rupiah(1))
        .customers_approve(true);
    let sandbox = start(builder).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    pay(&caller, TRANSFER, "out-1")
        .await
        .assert("ok", "2004300");
    pay(&caller, PURCHASE, "buy-1")
        .await
        .assert("ok", "2005400");

    let ledger = sandbox.ledger();
    assert_eq!(ledger.deposit().available, Amount::rupiah(0));
    assert_eq!(ledger.effects("buy-1"), 1);
    ledger.assert_balanced();
}

#[tokio::test]
async fn other_currencies_are_not_in_the_deposit() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let mut body = reference("out-1");
    body["amount"]["currency"] = json!("USD");

    send(&caller, TRANSFER, body)
        .await
        .assert("funds.insufficient", "4034314");
}
