//! Sessions of Kirim DOKU: one inquiry, one transfer.

use std::time::Duration;

use serde_json::{Value, json};
use snap_sandbox::{Act, At, Fault, Sandbox, SandboxBuilder};

use crate::{
    orders::{TRANSFER, merge, rupiah, send},
    specs::Caller,
    support::{Reply, frozen},
};

const INQUIRY: &str = "kirimdoku.bankAccountInquiry";

async fn start(builder: SandboxBuilder) -> Sandbox {
    builder.start().await.expect("starts")
}

fn inquiry() -> Value {
    json!({
        "amount": rupiah("15000.00"),
        "beneficiaryAccountNumber": "8377388292",
        "additionalInfo": {
            "beneficiaryBankCode": "014",
            "beneficiaryAccountName": "FHILEA HERMANUS",
            "senderCountryCode": "ID",
        },
    })
}

/// The session of a new inquiry.
async fn session(caller: &Caller<'_>) -> String {
    let reply = send(caller, INQUIRY, inquiry()).await;
    reply.assert("ok", "2004200");
    reply.text("sessionId")
}

/// Sends a transfer in a session, with some members changed.
async fn transfer(caller: &Caller<'_>, reference: &str, session: &str, changes: Value) -> Reply {
    let mut body = json!({
        "partnerReferenceNo": reference,
        "sessionId": session,
        "amount": rupiah("15000.00"),
        "beneficiaryAccountNumber": "8377388292",
        "beneficiaryBankCode": "014",
    });
    merge(&mut body, changes);
    send(caller, TRANSFER, body).await
}

/// Behaviour "session.used".
#[tokio::test]
async fn a_session_serves_one_transfer() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let session = session(&caller).await;

    let first = transfer(&caller, "out-1", &session, json!({})).await;
    let other = transfer(&caller, "out-2", &session, json!({})).await;
    let again = transfer(&caller, "out-1", &session, json!({})).await;

    first.assert("ok", "2004300");
    other.assert("session.used", "4094302");
    again.assert("partner-reference.repeated", "4094301");
    let ledger = sandbox.ledger();
    assert_eq!((ledger.effects("out-1"), ledger.effects("out-2")), (1, 0));
}

/// Behaviour "session.unknown".
#[tokio::test]
async fn a_session_that_no_inquiry_opened_is_refused() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    session(&caller).await;

    let reply = transfer(&caller, "out-1", "I0438729855304540", json!({})).await;

    reply.assert("session.unknown", "4004301");
    assert!(reply.text("responseMessage").ends_with("sessionId"));
    assert_eq!(sandbox.ledger().operations(), 0);
}

/// Behaviour "session.expired".
#[tokio::test]
async fn a_session_lives_for_half_an_hour() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let (one, other) = (session(&caller).await, session(&caller).await);

    sandbox.advance(Duration::from_secs(30 * 60 - 1));
    let caller = Caller::of(&sandbox, "cust-1").await;
    let in_time = transfer(&caller, "out-1", &one, json!({})).await;
    sandbox.advance(Duration::from_secs(1));
    let late = transfer(&caller, "out-2", &other, json!({})).await;

    in_time.assert("ok", "2004300");
    late.assert("session.expired", "4004301");
}

#[tokio::test]
async fn a_session_can_live_longer() {
    let day = Duration::from_secs(24 * 60 * 60);
    let sandbox = start(frozen().session_lifetime(day)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let session = session(&caller).await;

    sandbox.advance(day - Duration::from_secs(1));
    let caller = Caller::of(&sandbox, "cust-1").await;

    transfer(&caller, "out-1", &session, json!({}))
        .await
        .assert("ok", "2004300");
}

/// Behaviour "session.mismatch".
#[tokio::test]
async fn a_transfer_is_about_what_its_inquiry_was_about() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let session = session(&caller).await;
    let cases = [
        ("amount", json!({"amount": rupiah("15000.50")})),
        (
            "beneficiaryAccountNumber",
            json!({"beneficiaryAccountNumber": "8377388293"}),
        ),
        ("beneficiaryBankCode", json!({"beneficiaryBankCode": "002"})),
    ];

    for (member, changes) in cases {
        let reply = transfer(&caller, "out-1", &session, changes).await;

        reply.assert("session.mismatch", "4004301");
        assert!(reply.text("responseMessage").ends_with(member), "{member}");
    }
    let right = transfer(&caller, "out-1", &session, json!({})).await;

    right.assert("ok", "2004300");
}

/// Behaviour "session.inquiry".
#[tokio::test]
async fn an_inquiry_needs_the_name_of_the_account_and_the_country_of_the_sender() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    for member in ["beneficiaryAccountName", "senderCountryCode"] {
        let mut body = inquiry();
        body["additionalInfo"][member] = json!("");

        let reply = send(&caller, INQUIRY, body).await;

        reply.assert("field.missing", "4004202");
    }
}

#[tokio::test]
async fn a_transfer_that_failed_needs_another_session() {
    let sandbox = start(frozen().settle_after(Duration::from_secs(60))).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let (first, second) = (session(&caller).await, session(&caller).await);
    transfer(&caller, "out-1", &first, json!({})).await;
    assert!(sandbox.decide("out-1", snap_sandbox::Decision::Fail));

    transfer(&caller, "out-1", &first, json!({}))
        .await
        .assert("session.used", "4094302");
    transfer(&caller, "out-1", &second, json!({}))
        .await
        .assert("ok", "2004300");
}

#[tokio::test]
async fn what_took_no_effect_opens_no_session_and_uses_none_up() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let in_vain =
        |operation| Fault::new(At::AfterRequest, Act::WrongContentType).for_operation(operation);
    sandbox.inject(in_vain(INQUIRY)).expect("possible");
    let lost = send_through_fault(&caller, INQUIRY, inquiry()).await;
    let session = session(&caller).await;
    sandbox.inject(in_vain(TRANSFER)).expect("possible");
    let mut body = inquiry();
    body["sessionId"] = json!(session);
    body["partnerReferenceNo"] = json!("out-1");
    body["beneficiaryBankCode"] = json!("014");
    send_through_fault(&caller, TRANSFER, body).await;

    let of_lost = transfer(&caller, "out-1", &lost, json!({})).await;
    let of_kept = transfer(&caller, "out-1", &session, json!({})).await;

    of_lost.assert("session.unknown", "4004301");
    of_kept.assert("ok", "2004300");
}

/// The `sessionId` of an answer that a fault let through.
async fn send_through_fault(caller: &Caller<'_>, id: &str, changes: Value) -> String {
    let spec = crate::specs::named(id);
    let mut body = spec.body(caller.sandbox, false);
    merge(&mut body, changes);
    let call = caller.call(&spec, &body);
    let request = caller
        .client
        .post(format!("{}{}", caller.sandbox.base_url(), call.path));
    let answer = request.headers(call.headers).body(call.body).send().await;
    let bytes = answer.expect("an answer").bytes().await.expect("a body");
    let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
    answer["sessionId"].as_str().unwrap_or_default().to_owned()
}

/// Behaviour "session.off".
#[tokio::test]
async fn sessions_can_be_left_out() {
    let without_sessions = start(frozen().sessions(false)).await;
    let without_state = start(frozen().stateful(false)).await;

    for sandbox in [&without_sessions, &without_state] {
        let caller = Caller::of(sandbox, "cust-1").await;

        transfer(&caller, "out-1", "any", json!({}))
            .await
            .assert("ok", "2004300");
    }
}

#[tokio::test]
async fn where_duplicates_are_accepted_a_session_pays_twice() {
    let sandbox = start(frozen().accept_duplicates(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let session = session(&caller).await;

    for _ in 0..2 {
        transfer(&caller, "out-1", &session, json!({}))
            .await
            .assert("ok", "2004300");
    }

    assert_eq!(sandbox.ledger().double_effects(), ["out-1"]);
}
