//! Orders of the tests about money: bodies and shorthands.

use serde_json::{Value, json};
use snap_sandbox::{Sandbox, SandboxBuilder};

use crate::{
    specs::{Caller, named},
    support::Reply,
};

pub(crate) const PAYMENT: &str = "direct-debit.payment";
pub(crate) const PURCHASE: &str = "wallet.purchase";
pub(crate) const TRANSFER: &str = "kirimdoku.transferBank";
pub(crate) const REFUND: &str = "direct-debit.refund";

/// Transfers need no session here; those of `sessions.rs` do.
pub(crate) async fn start(builder: SandboxBuilder) -> Sandbox {
    let builder = builder.unverified(true).sessions(false);
    builder.start().await.expect("starts")
}

/// Sends an operation with some members changed.
pub(crate) async fn send(caller: &Caller<'_>, id: &str, changes: Value) -> Reply {
    let spec = named(id);
    let mut body = spec.body(caller.sandbox, false);
    merge(&mut body, changes);
    caller.send(&spec, &body).await
}

pub(crate) fn merge(body: &mut Value, changes: Value) {
    match changes {
        Value::Object(changes) => {
            for (name, change) in changes {
                merge(&mut body[name.as_str()], change);
            }
        }
        change => *body = change,
    }
}

pub(crate) fn rupiah(value: &str) -> Value {
    json!({"value": value, "currency": "IDR"})
}

pub(crate) fn reference(reference: &str) -> Value {
    json!({"partnerReferenceNo": reference, "amount": rupiah("15000.00")})
}

pub(crate) fn refund(of: &str, number: &str, amount: &str) -> Value {
    json!({
        "originalPartnerReferenceNo": of,
        "partnerRefundNo": number,
        "refundAmount": rupiah(amount),
    })
}

/// Six digits that are wrong.
pub(crate) fn other_than(otp: &str) -> String {
    let other = if otp.starts_with('1') { '2' } else { '1' };
    format!("{other}{}", &otp[1..])
}

/// The inquiry about a direct debit.
pub(crate) async fn status(caller: &Caller<'_>, reference: &str) -> Reply {
    let named = json!({"originalPartnerReferenceNo": reference});
    send(caller, "direct-debit.checkStatus", named).await
}

pub(crate) async fn latest(caller: &Caller<'_>, reference: &str) -> String {
    status(caller, reference)
        .await
        .text("latestTransactionStatus")
}
