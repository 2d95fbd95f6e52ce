//! A request to the merchant: written, signed, sent.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use hyper::Method;

use super::{
    heard::{Heard, Hearing},
    kirimdoku,
};
use crate::{
    arrived::BODY_LIMIT,
    client::{self, Address, Limits, Outgoing, SendError},
    judge::Judge,
    keys,
    signature::{SignedParts, sign_symmetric},
};

/// What is to be carried out next, for which attempt of which notification.
pub(super) struct Errand {
    pub(super) notification: u64,
    pub(super) attempt: usize,
    /// When it begins, by the schedule.
    pub(super) sent: DateTime<Utc>,
    pub(super) call: Call,
}

/// The call to make.
pub(super) enum Call {
    /// Asks for a token.
    Token { address: Address, timestamp: String },
    /// A notice of Kirim DOKU.
    Kirimdoku {
        address: Address,
        request_id: String,
        body: Arc<str>,
        is_signed_wrongly: bool,
    },
    /// Notifies.
    Notification {
        address: Address,
        token: String,
        timestamp: String,
        external_id: String,
        device: Option<Arc<str>>,
        body: Arc<str>,
        is_signed_wrongly: bool,
    },
}

impl Errand {
    /// Makes the call, and tells what came of it.
    pub(super) async fn carry_out(self, judge: &Judge) -> Hearing {
        let patience = judge.rules.notification_timeout;
        let limits = Limits {
            time: patience,
            bytes: BODY_LIMIT,
        };
        let (before, answer) = match self.call {
            Call::Token { .. } => ("no token: ", Heard::token as fn(u16, &[u8]) -> Heard),
            Call::Kirimdoku { .. } => ("", Heard::kirimdoku as fn(u16, &[u8]) -> Heard),
            Call::Notification { .. } => ("", Heard::answer as fn(u16, &[u8]) -> Heard),
        };
        let sent = match self.call.write(judge) {
            Some((address, outgoing)) => client::send(&address, outgoing, limits).await,
            None => Err(SendError::Header),
        };
        let heard = match sent {
            Ok(incoming) => answer(incoming.status, &incoming.body),
            Err(error) => Heard::Nothing {
                reason: format!("{before}{}", reason(error, patience)),
                too_slow: error == SendError::TooSlow,
            },
        };
        Hearing {
            notification: self.notification,
            attempt: self.attempt,
            sent: self.sent,
            heard,
        }
    }
}

impl Call {
    /// None if the bundled key cannot be read, which a test excludes.
    fn write(self, judge: &Judge) -> Option<(Address, Outgoing)> {
        let client_id = judge.merchant.client_id.clone();
        let (address, mut headers, body) = match self {
            Self::Token { address, timestamp } => {
                let signature = keys::sign_as_doku(&format!("{client_id}|{timestamp}"))?;
                let headers = vec![
                    ("x-client-key", client_id),
                    ("x-timestamp", timestamp),
                    ("x-signature", signature),
                ];
                let body = br#"{"grantType":"client_credentials"}"#.to_vec();
                (address, headers, body)
            }
            Self::Kirimdoku {
                address,
                request_id,
                body,
                is_signed_wrongly,
            } => {
                let agent_key = judge.merchant.agent_key.clone();
                let signed = if is_signed_wrongly { "" } else { &request_id };
                let key = &judge.merchant.encryption_key;
                let signature = kirimdoku::signature(key, &agent_key, signed)?;
                let headers = vec![
                    ("requestid", request_id),
                    ("agentkey", agent_key),
                    ("signature", signature),
                ];
                (address, headers, body.as_bytes().to_vec())
            }
            Self::Notification {
                address,
                token,
                timestamp,
                external_id,
                device,
                body,
                is_signed_wrongly,
            } => {
                let parts = SignedParts {
                    method: "POST",
                    target: address.target().split('?').next().unwrap_or_default(),
                    access_token: &token,
                    timestamp: &timestamp,
                };
                let body = body.as_bytes().to_vec();
                let signature = sign_symmetric(&judge.secret, parts, &body, is_signed_wrongly);
                let headers = vec![
                    ("authorization", format!("Bearer {token}")),
                    ("x-timestamp", timestamp),
                    ("x-signature", signature),
                    ("x-partner-id", client_id),
                    ("x-external-id", external_id),
                    (
                        "x-device-id",
                        device.as_deref().unwrap_or(NO_DEVICE).to_owned(),
                    ),
                ];
                (address, headers, body)
            }
        };
        headers.push(("content-type", "application/json".to_owned()));
        let outgoing = Outgoing {
            method: Method::POST,
            headers,
            body,
        };
        Some((address, outgoing))
    }
}

fn reason(error: SendError, patience: Duration) -> String {
    match error {
        SendError::TooSlow => format!("no whole answer within {patience:?}"),
        other => other.to_string(),
    }
}

/// The header is documented as required; what it says of a payment without one is not.
const NO_DEVICE: &str = "local-sandbox";
