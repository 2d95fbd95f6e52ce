use std::fmt;

use serde_json::{Map, Value};

use crate::{Unreadable, message::Flaw, strict_json};

/// What a notice says. Nothing of it is authenticated.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct NoticeBody {
    /// `transactionId`, DOKU's, such as `DK0018353`.
    pub transaction_id: Option<String>,
    /// `sendTrxId`, the partner's (that it is the partner reference number is assumed).
    pub send_trx_id: Option<String>,
    /// What the transfer is said to be. The name of the member is not published: read from
    /// `transactionStatus` or `remitTransactionStatus`. A refund notice has none.
    pub status: Option<KirimStatus>,
    /// `activityCode`, such as `200`.
    pub activity_code: Option<String>,
    /// `message`, such as `Transaction is Refunded`. In several spellings: not to be compared.
    pub message: Option<String>,
    /// `processDate`, without the quotes around its `T`; a local time, or milliseconds since 1970.
    pub process_date: Option<String>,
    /// Members without a published name, and all others.
    pub extra: Map<String, Value>,
}

/// The status that a notice gives as a hint: two digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KirimStatus {
    /// `20`.
    Unpaid,
    /// `35`.
    Failed,
    /// `40`.
    Refunded,
    /// `50`.
    Success,
    /// Another one.
    Other(String),
}

impl NoticeBody {
    pub(super) fn read(json: &[u8]) -> Result<Self, Unreadable> {
        strict_json::check(json)?;
        let mut members: Map<String, Value> =
            serde_json::from_slice(json).map_err(|_| Unreadable(Flaw::Shape))?;
        let status = ["transactionStatus", "remitTransactionStatus"];
        Ok(Self {
            transaction_id: text(&mut members, "transactionId"),
            send_trx_id: text(&mut members, "sendTrxId"),
            status: status
                .into_iter()
                .find_map(|name| text(&mut members, name))
                .map(KirimStatus::of),
            activity_code: text(&mut members, "activityCode"),
            message: text(&mut members, "message"),
            process_date: text(&mut members, "processDate").map(|date| date.replace('\'', "")),
            extra: members,
        })
    }
}

impl KirimStatus {
    fn of(digits: String) -> Self {
        match digits.as_str() {
            "20" => Self::Unpaid,
            "35" => Self::Failed,
            "40" => Self::Refunded,
            "50" => Self::Success,
            _ => Self::Other(digits),
        }
    }
}

/// Takes a member out, if it is a text or a number.
fn text(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    let text = match members.get(name)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    members.remove(name);
    Some(text)
}

/// Of members that are not known, the names only.
impl fmt::Debug for NoticeBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoticeBody")
            .field("transaction_id", &self.transaction_id)
            .field("send_trx_id", &self.send_trx_id)
            .field("status", &self.status)
            .field("activity_code", &self.activity_code)
            .field("process_date", &self.process_date)
            .field("extra", &self.extra.keys())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> NoticeBody {
        NoticeBody::read(json.as_bytes()).unwrap()
    }

    /// Three forms of `processDate` are known, and three members have no published name.
    #[test]
    fn the_date_is_read_in_every_form_and_unknown_members_are_kept() {
        let page = read(
            r#"{"transactionId":"DK0018353","activityCode":"200","message":"Transaction is Refunded","processDate":"2024-01-12'T'07:30:12"}"#,
        );
        assert_eq!(page.process_date.as_deref(), Some("2024-01-12T07:30:12"));
        assert_eq!(page.transaction_id.as_deref(), Some("DK0018353"));
        assert_eq!(page.status, None);

        let legacy =
            read(r#"{"processDate":1699520040340,"inquiryIdToken":"I1","cashInTime":"1"}"#);
        assert_eq!(legacy.process_date.as_deref(), Some("1699520040340"));
        assert_eq!(legacy.extra.len(), 2);
    }

    #[test]
    fn a_status_is_a_hint_from_text_or_number() {
        for (json, status) in [
            (r#"{"transactionStatus":"50"}"#, KirimStatus::Success),
            (r#"{"transactionStatus":35}"#, KirimStatus::Failed),
            (r#"{"remitTransactionStatus":"40"}"#, KirimStatus::Refunded),
            (r#"{"remitTransactionStatus":"20"}"#, KirimStatus::Unpaid),
            (
                r#"{"transactionStatus":"99"}"#,
                KirimStatus::Other("99".to_owned()),
            ),
        ] {
            assert_eq!(read(json).status, Some(status), "{json}");
        }
    }

    #[test]
    fn what_is_not_an_object_cannot_be_read() {
        for json in ["[]", "", "{", r#"{"transactionId":1,"transactionId":2}"#] {
            assert!(NoticeBody::read(json.as_bytes()).is_err(), "{json}");
        }
    }
}
