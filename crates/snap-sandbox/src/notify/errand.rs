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
    /// Counted from 1.
    pub(super) attempt: usize,
    /// When it begins, by the schedule.
    pub(super) sent: DateTime<Utc>,
    pub(super) address: Address,
    pub(super) body: Arc<str>,
    pub(super) call: Call,
}

/// What kind of request it is, and what its headers say.
pub(super) enum Call {
    /// Asks for a token.
    Token { timestamp: String },
    /// A notification of SNAP.
    Snap(Snap),
    /// A notice of Kirim DOKU.
    Kirimdoku {
        request_id: String,
        is_signed_wrongly: bool,
    },
}

/// The headers of a notification.
pub(super) struct Snap {
    pub(super) token: String,
    pub(super) timestamp: String,
    pub(super) external_id: String,
    pub(super) device: Option<Arc<str>>,
    pub(super) is_signed_wrongly: bool,
}

type Headers = Vec<(&'static str, String)>;

impl Errand {
    /// Makes the call, and tells what came of it.
    pub(super) async fn carry_out(self, judge: &Judge) -> Hearing {
        let limits = Limits {
            time: judge.rules.notification_timeout,
            bytes: BODY_LIMIT,
        };
        let sent = match self.outgoing(judge) {
            Some(outgoing) => client::send(&self.address, outgoing, limits).await,
            None => Err(SendError::Header),
        };
        let heard = match sent {
            Ok(incoming) => self.call.answered(incoming.status, &incoming.body),
            Err(error) => self.call.failed(error, limits.time),
        };
        Hearing {
            notification: self.notification,
            attempt: self.attempt,
            sent: self.sent,
            heard,
        }
    }

    /// None if a bundled key cannot be read, which a test excludes.
    fn outgoing(&self, judge: &Judge) -> Option<Outgoing> {
        let mut headers = match &self.call {
            Call::Token { timestamp } => token_headers(judge, timestamp)?,
            Call::Snap(snap) => snap.headers(judge, &self.address, &self.body),
            Call::Kirimdoku {
                request_id,
                is_signed_wrongly,
            } => notice_headers(judge, request_id, *is_signed_wrongly)?,
        };
        headers.push(("content-type", "application/json".to_owned()));
        Some(Outgoing {
            method: Method::POST,
            headers,
            body: self.body.as_bytes().to_vec(),
        })
    }
}

impl Call {
    fn answered(&self, status: u16, body: &[u8]) -> Heard {
        match self {
            Self::Token { .. } => Heard::token(status, body),
            Self::Snap(_) => Heard::answer(status, body),
            Self::Kirimdoku { .. } => Heard::kirimdoku(status, body),
        }
    }

    fn failed(&self, error: SendError, patience: Duration) -> Heard {
        let reason = match error {
            SendError::TooSlow => format!("no whole answer within {patience:?}"),
            other => other.to_string(),
        };
        Heard::Nothing {
            reason: match self {
                Self::Token { .. } => format!("no token: {reason}"),
                _ => reason,
            },
            too_slow: error == SendError::TooSlow,
        }
    }
}

/// As DOKU asks a merchant, which mirrors how a merchant asks DOKU.
fn token_headers(judge: &Judge, timestamp: &str) -> Option<Headers> {
    let client_id = &judge.merchant.client_id;
    let signature = keys::sign_as_doku(&format!("{client_id}|{timestamp}"))?;
    Some(vec![
        ("x-client-key", client_id.clone()),
        ("x-timestamp", timestamp.to_owned()),
        ("x-signature", signature),
    ])
}

impl Snap {
    fn headers(&self, judge: &Judge, address: &Address, body: &str) -> Headers {
        let parts = SignedParts {
            method: "POST",
            target: address.target().split('?').next().unwrap_or_default(),
            access_token: &self.token,
            timestamp: &self.timestamp,
        };
        let body = body.as_bytes();
        let signature = sign_symmetric(&judge.secret, parts, body, self.is_signed_wrongly);
        let device = self.device.as_deref().unwrap_or(NO_DEVICE);
        vec![
            ("authorization", format!("Bearer {}", self.token)),
            ("x-timestamp", self.timestamp.clone()),
            ("x-signature", signature),
            ("x-partner-id", judge.merchant.client_id.clone()),
            ("x-external-id", self.external_id.clone()),
            ("x-device-id", device.to_owned()),
        ]
    }
}

fn notice_headers(judge: &Judge, request_id: &str, wrongly: bool) -> Option<Headers> {
    let merchant = &judge.merchant;
    let signed = if wrongly { "" } else { request_id };
    let signature = kirimdoku::signature(&merchant.encryption_key, &merchant.agent_key, signed)?;
    Some(vec![
        ("requestid", request_id.to_owned()),
        ("agentkey", merchant.agent_key.clone()),
        ("signature", signature),
    ])
}

/// The header is documented as required; what it says of a payment without one is not.
const NO_DEVICE: &str = "local-sandbox";

/// The body of a token request.
pub(super) const ASK: &str = r#"{"grantType":"client_credentials"}"#;
