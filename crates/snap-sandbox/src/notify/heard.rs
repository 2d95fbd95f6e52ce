//! What came of an errand, as it enters the state.

use std::fmt;

use chrono::{DateTime, Utc};

use super::kirimdoku;
use crate::{
    action::{
        ActionError,
        json::{text, whole},
    },
    json::Json,
};

/// What the merchant did with an attempt, or why nobody knows.
#[derive(Clone, Debug)]
pub(crate) struct Hearing {
    pub(crate) notification: u64,
    /// Counted from 1.
    pub(crate) attempt: usize,
    /// When it began, by the schedule.
    pub(crate) sent: DateTime<Utc>,
    pub(crate) heard: Heard,
}

/// `Debug` does not show the token.
#[derive(Clone)]
pub(crate) enum Heard {
    /// A token, honoured for so many seconds.
    Token { token: String, seconds: u64 },
    /// An answer to the notification.
    Answer {
        status: u16,
        /// Its body is the documented acknowledgement.
        acknowledged: bool,
    },
    /// No token, or no answer.
    Nothing { reason: String, too_slow: bool },
}

impl Hearing {
    /// Reads what [`members`](Self::members) writes.
    pub(crate) fn read(json: &Json) -> Result<Self, ActionError> {
        let flag = |name: &str| json.member(name) == Some(&Json::Bool(true));
        let has = |name: &str| json.member(name).is_some();
        let heard = if has("token") {
            Heard::Token {
                token: text(json, "token")?,
                seconds: whole(json, "seconds")?,
            }
        } else if has("status") {
            Heard::Answer {
                status: whole(json, "status")?,
                acknowledged: flag("acknowledged"),
            }
        } else {
            Heard::Nothing {
                reason: text(json, "reason")?,
                too_slow: flag("tooSlow"),
            }
        };
        let sent = DateTime::from_timestamp_micros(whole(json, "sentMicros")?);
        Ok(Self {
            sent: sent.ok_or(ActionError::Member("sentMicros"))?,
            notification: whole(json, "notification")?,
            attempt: whole(json, "attempt")?,
            heard,
        })
    }

    pub(crate) fn members(&self) -> Vec<(&'static str, Json)> {
        let mut members = vec![
            ("notification", Json::number(self.notification)),
            ("attempt", Json::number(self.attempt)),
            ("sentMicros", Json::number(self.sent.timestamp_micros())),
        ];
        members.extend(match &self.heard {
            Heard::Token { token, seconds } => [
                ("token", Json::text(token)),
                ("seconds", Json::number(seconds)),
            ],
            Heard::Answer {
                status,
                acknowledged,
            } => [
                ("status", Json::number(status)),
                ("acknowledged", Json::Bool(*acknowledged)),
            ],
            Heard::Nothing { reason, too_slow } => [
                ("reason", Json::text(reason)),
                ("tooSlow", Json::Bool(*too_slow)),
            ],
        });
        members
    }
}

impl Heard {
    /// The merchant's answer to a token request.
    ///
    /// It mirrors DOKU's own, as observed by a third party and sent by the official libraries.
    pub(super) fn token(status: u16, body: &[u8]) -> Self {
        let json = Json::read(body);
        let member = |name: &str| json.as_ref().and_then(|json| json.member(name));
        let token = member("accessToken").and_then(Json::as_text);
        let token = token.filter(|token| !token.is_empty() && is_visible(token));
        match token {
            Some(token) if status == 200 => Self::Token {
                token: token.to_owned(),
                seconds: json
                    .as_ref()
                    .and_then(|json| whole(json, "expiresIn").ok())
                    .unwrap_or(USUAL_LIFE),
            },
            _ => Self::Nothing {
                reason: match status {
                    200 => "no token: the token endpoint's answer has no usable accessToken".into(),
                    other => format!("no token: the token endpoint answered HTTP {other}"),
                },
                too_slow: false,
            },
        }
    }

    /// The merchant's answer to a notice of Kirim DOKU.
    pub(super) fn kirimdoku(status: u16, body: &[u8]) -> Self {
        Self::Answer {
            status,
            acknowledged: kirimdoku::is_acknowledged(body),
        }
    }

    /// The merchant's answer to a notification.
    pub(super) fn answer(status: u16, body: &[u8]) -> Self {
        let code = Json::read(body);
        let code = code.as_ref().and_then(|json| json.member("responseCode"));
        Self::Answer {
            status,
            acknowledged: code.and_then(Json::as_text) == Some(ACKNOWLEDGED),
        }
    }
}

/// It has to fit into a header.
fn is_visible(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token { seconds, .. } => write!(f, "Token([redacted], {seconds})"),
            Self::Answer {
                status,
                acknowledged,
            } => write!(f, "Answer({status}, {acknowledged})"),
            Self::Nothing { reason, too_slow } => write!(f, "Nothing({reason:?}, {too_slow})"),
        }
    }
}

/// <https://developers.doku.com/get-started-with-doku-api/notification/http-notification-sample-for-snap>.
const ACKNOWLEDGED: &str = "2005600";

/// Seconds that a token is used for when its `expiresIn` says nothing: what DOKU's own tokens live.
const USUAL_LIFE: u64 = 900;
