//! Values that ask for a scenario: DOKU's bank accounts, and the cents of an amount.

use std::time::Duration;

use serde_json::{Value, json};
use snap_sandbox::{Account, Amount, Claim, OperationState};

use crate::{
    orders::{PAYMENT, PURCHASE, TRANSFER, latest, merge, reference, rupiah, send, start, status},
    specs::{Caller, named},
    support::{Reply, frozen},
};

const MINUTE: Duration = Duration::from_secs(60);

/// A payout to a bank account, over the usual channel.
pub(crate) fn payout(reference: &str, bank: &str, account: &str) -> Value {
    json!({
        "partnerReferenceNo": reference,
        "amount": rupiah("15000.00"),
        "beneficiaryBankCode": bank,
        "beneficiaryAccountNumber": account,
    })
}

pub(crate) async fn pay_out(caller: &Caller<'_>, body: Value) {
    send(caller, TRANSFER, body).await.assert("ok", "2004300");
}

/// Status of a payout.
async fn told(caller: &Caller<'_>, reference: &str) -> String {
    let named = json!({"originalPartnerReferenceNo": reference});
    let reply = send(caller, "kirimdoku.checkStatus", named).await;
    reply.text("latestTransactionStatus")
}

fn of_cents(number: &str, cents: &str) -> Value {
    let mut body = reference(number);
    body["amount"] = rupiah(&format!("15000.{cents}"));
    body
}

/// Sends, and gives HTTP status and code, or None if there is no whole answer.
async fn try_send(caller: &Caller<'_>, id: &str, changes: Value) -> Option<(u16, String)> {
    let spec = named(id);
    let mut body = spec.body(caller.sandbox, false);
    merge(&mut body, changes);
    let call = caller.call(&spec, &body);
    let url = format!("{}{}", caller.sandbox.base_url(), call.path);
    let request = caller.client.post(url).headers(call.headers);
    let answer = request.body(call.body).send().await.ok()?;
    let status = answer.status().as_u16();
    let body: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
    Some((status, body["responseCode"].as_str()?.to_owned()))
}

/// Behaviour "magic.kirimdoku". Half past five in Jakarta, so that the next odd hour is seven.
#[tokio::test]
async fn dokus_accounts_are_unpaid_then_failed_or_paid_or_refunded() {
    let sandbox = start(frozen().deposit(Amount::rupiah(100_000))).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    pay_out(&caller, payout("fails", "002", "9912345678")).await;
    pay_out(&caller, payout("paid", "014", "12345")).await;
    pay_out(&caller, payout("refunded", "002", "7746555134")).await;
    pay_out(&caller, payout("plain", "002", "8377388292")).await;
    let all = ["fails", "paid", "refunded", "plain"];
    let states = async |caller: &Caller<'_>| {
        let mut states = Vec::new();
        for reference in all {
            states.push(told(caller, reference).await);
        }
        states
    };

    let at_first = states(&caller).await;
    sandbox.advance(5 * MINUTE);
    let after_five_minutes = states(&caller).await;
    sandbox.advance(85 * MINUTE - Duration::from_secs(1));
    let caller = Caller::of(&sandbox, "cust-1").await;
    let before_the_hour = told(&caller, "fails").await;
    sandbox.advance(Duration::from_secs(1));
    let caller = Caller::of(&sandbox, "cust-1").await;

    assert_eq!(at_first, ["03", "03", "00", "00"]);
    assert_eq!(after_five_minutes, ["03", "00", "04", "00"]);
    assert_eq!(before_the_hour, "03");
    assert_eq!(states(&caller).await, ["06", "00", "04", "00"]);
    let ledger = sandbox.ledger();
    let claim = |reference: &str, claim| (reference.to_owned(), claim);
    // What came back has moved, and has not.
    ledger.assert_claims(&[
        claim("refunded", Claim::Moved),
        claim("refunded", Claim::NotMoved),
    ]);
    assert_eq!(
        ledger.false_claims(&[claim("paid", Claim::NotMoved)]).len(),
        1
    );
    // Two were paid: what failed and what was refunded is back.
    assert_eq!(ledger.deposit().available, Amount::rupiah(70_000));
    assert_eq!(ledger.balance(Account::Beneficiary, "IDR"), 3_000_000);
    assert_eq!(ledger.state("refunded"), Some(OperationState::Refunded));
    ledger.assert_balanced();
}

#[tokio::test]
async fn another_channel_is_no_magic_and_the_usual_one_may_be_named() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let mut fast = payout("fast", "002", "12345");
    fast["additionalInfo"] = json!({"channelCode": "11"});
    let mut usual = payout("usual", "002", "12345");
    usual["additionalInfo"] = json!({"channelCode": "07"});

    pay_out(&caller, fast).await;
    pay_out(&caller, usual).await;

    assert_eq!(told(&caller, "fast").await, "00");
    assert_eq!(told(&caller, "usual").await, "03");
}

#[tokio::test]
async fn a_refunded_payout_gives_its_fee_back_as_well() {
    let builder = frozen()
        .deposit(Amount::rupiah(20_000))
        .payout_fee(Amount::rupiah(2_500));
    let sandbox = start(builder).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    pay_out(&caller, payout("out-1", "014", "7746555134")).await;
    let paid = sandbox.ledger();

    sandbox.advance(5 * MINUTE);

    let ledger = sandbox.ledger();
    assert_eq!(paid.deposit().available, Amount::rupiah(2_500));
    assert_eq!(ledger.deposit().available, Amount::rupiah(20_000));
    assert_eq!(ledger.balance(Account::Fees, "IDR"), 0);
    ledger.assert_balanced();
}

/// Behaviour "magic.off".
#[tokio::test]
async fn without_magic_cents_are_cents_and_dokus_accounts_stay() {
    let sandbox = start(frozen().magic(false).customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    for cents in [
        "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "13",
    ] {
        let reply = send(&caller, PURCHASE, of_cents(cents, cents)).await;

        reply.assert("ok", "2005400");
    }
    pay_out(&caller, payout("out-1", "014", "12345")).await;

    assert_eq!(told(&caller, "out-1").await, "03");
}

/// Behaviour "magic.cents": `.01`.
#[tokio::test]
async fn one_cent_is_a_success_that_an_inquiry_sees_later() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    send(&caller, PAYMENT, of_cents("ord-1", "01"))
        .await
        .assert("ok", "2005400");
    let early = status(&caller, "ord-1").await;
    let effects = sandbox.ledger().effects("ord-1");
    sandbox.advance(MINUTE);

    early.assert("transaction.unknown", "4045501");
    assert_eq!(effects, 1);
    assert_eq!(latest(&caller, "ord-1").await, "00");
}

/// Sends twice. `answer` is HTTP status and case code of the first answer, if it is a whole one.
async fn check_wire(id: &str, cents: &str, answer: Option<(u16, &str)>, effects: usize) {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let service = named(id).service;
    let whole = |(http, case): (u16, &str)| (http, format!("{http}{service}{case}"));

    let first = try_send(&caller, id, of_cents("ord-1", cents)).await;
    let moved = sandbox.ledger().effects("ord-1");
    let again = try_send(&caller, id, of_cents("ord-1", cents)).await;

    assert_eq!(first, answer.map(whole), ".{cents}");
    assert_eq!(moved, effects, ".{cents}");
    let repeated = if effects == 1 {
        (409, "01")
    } else {
        (200, "00")
    };
    assert_eq!(again, Some(whole(repeated)), ".{cents}, sent again");
    sandbox.ledger().assert_no_double_effect();
}

/// `.02` to `.05` and `.08` to `.10`. Behaviour "magic.once": what is sent again is processed.
#[tokio::test]
async fn cents_ask_for_answers_that_get_lost_or_lie() {
    for id in [PAYMENT, TRANSFER] {
        check_wire(id, "02", None, 1).await;
        check_wire(id, "03", None, 0).await;
        check_wire(id, "04", Some((500, "00")), 1).await;
        check_wire(id, "05", Some((500, "00")), 0).await;
        check_wire(id, "08", Some((404, "18")), 0).await;
        check_wire(id, "09", Some((409, "01")), 0).await;
        check_wire(id, "10", None, 1).await;
    }
}

/// `.06` and `.07`.
#[tokio::test]
async fn cents_ask_for_progress_that_ends_well_or_badly() {
    for (cents, digits, effects) in [("06", "00", 1), ("07", "06", 0)] {
        let sandbox = start(frozen()).await;
        let caller = Caller::of(&sandbox, "cust-1").await;

        let answer = try_send(&caller, PAYMENT, of_cents("ord-1", cents)).await;
        let before = latest(&caller, "ord-1").await;
        sandbox.advance(MINUTE);

        assert_eq!(answer, Some((202, "2025400".to_owned())));
        assert_eq!(before, "02");
        assert_eq!(latest(&caller, "ord-1").await, digits);
        let ledger = sandbox.ledger();
        assert_eq!(ledger.effects("ord-1"), effects);
        ledger.assert_balanced();
    }
}

/// `.13`.
#[tokio::test]
async fn an_inquiry_can_say_failed_before_it_says_success() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let mut body = payout("out-1", "014", "8377388292");
    body["amount"] = rupiah("15000.13");
    pay_out(&caller, body).await;

    let before = told(&caller, "out-1").await;
    let ledger = sandbox.ledger();
    sandbox.advance(MINUTE);

    assert_eq!(before, "06");
    assert_eq!(ledger.state("out-1"), Some(OperationState::Succeeded));
    assert_eq!(told(&caller, "out-1").await, "00");
}

/// `.14`: behaviour "otp.blocked".
#[tokio::test]
async fn an_otp_can_be_blocked() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, of_cents("ord-1", "14")).await;

    let named = json!({"originalPartnerReferenceNo": "ord-1", "otp": "123456"});
    let reply = send(&caller, "direct-debit.paymentOtpVerification", named).await;

    reply.assert("otp.blocked", "4030411");
    assert_eq!(latest(&caller, "ord-1").await, "02");
}

#[tokio::test]
async fn a_request_that_is_refused_is_told_so_whatever_its_cents() {
    let sandbox = start(frozen().deposit(Amount::rupiah(1))).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    for cents in ["02", "03", "04", "08", "10"] {
        let reply: Reply = send(&caller, TRANSFER, of_cents(cents, cents)).await;

        reply.assert("funds.insufficient", "4034314");
    }
}

#[tokio::test]
async fn refunds_are_no_magic() {
    let sandbox = start(frozen().customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, PAYMENT, reference("ord-1")).await;

    let body = crate::orders::refund("ord-1", "ref-1", "5000.04");
    let reply = send(&caller, "direct-debit.refund", body).await;

    reply.assert("ok", "2005800");
}
