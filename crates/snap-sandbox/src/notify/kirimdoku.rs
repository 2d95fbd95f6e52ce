//! Kirim DOKU's own notices, which are not SNAP: what they say, and how they are signed.
//!
//! <https://developers.doku.com/payout/kirim-doku/unpaid-notification> and `refund-notification` beside
//! it. What these pages do not show is assumed, and is a row of the registry.

use std::sync::Arc;

use aes::{
    Aes128, Block,
    cipher::{BlockCipherEncrypt as _, KeyInit as _},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};

use super::{NotifyError, message::Message, read_address};
use crate::{
    client::Address,
    clock::in_jakarta,
    json::Json,
    ledger::{MoneyKind, OperationState, book::Book, entry::Entry},
    timeline::Change,
};

/// Where the merchant takes the two kinds of notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KirimTargets {
    pub(super) unpaid: Address,
    pub(super) refund: Address,
}

impl KirimTargets {
    pub(crate) fn read(unpaid_url: &str, refund_url: &str) -> Result<Self, NotifyError> {
        Ok(Self {
            unpaid: read_address(unpaid_url)?,
            refund: read_address(refund_url)?,
        })
    }
}

/// How a notification is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// SNAP, service 56.
    Snap,
    /// A transfer of Kirim DOKU that was unpaid at first has come to its end.
    Unpaid,
    /// A transfer of Kirim DOKU came back.
    Refund,
}

/// The transfer that a change is about.
pub(super) fn transfer<'a>(change: &Change, book: &'a Book) -> Option<&'a Entry> {
    let entry = book.get(MoneyKind::Credit, &change.reference)?;
    let is_meant = entry.order.operation == change.operation && entry.product() == "kirimdoku";
    is_meant.then_some(entry)
}

/// The members that the pages show, and no more: three names of the unpaid notice, the status among them,
/// cannot be read there. That `transactionId` is the reference number of the transfer is assumed.
pub(super) fn about(entry: &Entry, state: OperationState, door: DateTime<Utc>) -> Message {
    let (form, says) = match state {
        OperationState::Refunded => (Form::Refund, "Transaction is Refunded"),
        OperationState::Succeeded => (Form::Unpaid, "Transaction is Success"),
        _ => (Form::Unpaid, "Transaction is Failed"),
    };
    let order = &entry.order;
    let mut members = Vec::new();
    if form == Form::Unpaid {
        members.push(("sendTrxId", Json::text(&*order.reference)));
    }
    let transaction = entry.given.as_deref().unwrap_or(&order.reference);
    let date = in_jakarta(door).format("%Y-%m-%dT%H:%M:%S").to_string();
    members.extend([
        ("transactionId", Json::text(transaction)),
        ("activityCode", Json::text("200")),
        ("message", Json::text(says)),
        ("processDate", Json::text(date)),
    ]);
    Message {
        form,
        reference: Arc::clone(&order.reference),
        status: state.status(MoneyKind::Credit),
        device: None,
        body: Json::object(members).to_string(),
    }
}

/// A request id as the page's example has it: a UUID, of 32 hex digits.
pub(super) fn request_id(hex: &str) -> String {
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let parts = [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ];
    parts.join("-")
}

/// Base64 of AES-128-ECB with PKCS#5 padding over agent key and request id, as Kirim DOKU's older API
/// documents it. None unless the key has 16 bytes.
pub(super) fn signature(key: &str, agent_key: &str, request_id: &str) -> Option<String> {
    let cipher = Aes128::new_from_slice(key.as_bytes()).ok()?;
    let mut text = format!("{agent_key}{request_id}").into_bytes();
    let padding = BLOCK - text.len() % BLOCK;
    text.extend(std::iter::repeat_n(u8::try_from(padding).ok()?, padding));
    for bytes in text.chunks_exact_mut(BLOCK) {
        let mut block = Block::default();
        block.copy_from_slice(bytes);
        cipher.encrypt_block(&mut block);
        bytes.copy_from_slice(&block);
    }
    Some(STANDARD.encode(text))
}

/// The answer of the refund page: `status` true, and processed now or before.
pub(super) fn is_acknowledged(body: &[u8]) -> bool {
    let json = Json::read(body);
    let member = |name: &str| json.as_ref().and_then(|json| json.member(name));
    let code = member("responseCode").and_then(Json::as_text);
    member("status") == Some(&Json::Bool(true)) && matches!(code, Some("00" | "01"))
}

/// Bytes of a block of AES.
const BLOCK: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with other code, for a key and an agent key that public documents of the older API print.
    #[test]
    fn a_signature_is_that_of_the_older_api() {
        let request_id = "4201243b-c0a3-495f-8464-bad5f4a2e9d4";

        let signature = signature("pl6jn16fvkb64fit", "A47438", request_id);

        let expected = "50GHcJL3auKN0AzMvr4Xi57t0xJja4TVTeuJ/ygf+zXnlxMMxoQwWUs6y7fekvLl";
        assert_eq!(signature.as_deref(), Some(expected));
    }

    #[test]
    fn another_length_of_key_signs_nothing() {
        assert_eq!(signature("short", "A47438", "1"), None);
    }

    #[test]
    fn only_the_documented_answer_acknowledges() {
        let right = [
            r#"{"status":true,"transactionId":"D","responseCode":"00"}"#,
            r#"{"status":true,"responseCode":"01"}"#,
        ];
        let wrong = [
            "",
            "{}",
            r#"{"status":"true","responseCode":"00"}"#,
            r#"{"status":true,"responseCode":"02"}"#,
            r#"{"status":false,"responseCode":"00"}"#,
        ];

        assert!(right.iter().all(|body| is_acknowledged(body.as_bytes())));
        assert!(!wrong.iter().any(|body| is_acknowledged(body.as_bytes())));
    }
}
