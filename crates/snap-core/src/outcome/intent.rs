use std::{collections::BTreeMap, fmt, time::SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use snap_sign::{Timestamp, TimestampForm};

use crate::{ClientId, CustomerKey, ExternalId, OperationInfo, OperationKind, clock::unix_seconds};

/// Names one operation that moves money: the client id, the path, and the merchant's reference.
///
/// The same for every attempt and every process. It can be printed; it holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(String);

impl OperationId {
    /// The text: client id, path and reference with a space between them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a call is about to do with money: enough to find out later what became of it, and nothing
/// secret. Plain data that another process can read back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Intent {
    /// The operation, the same for every attempt.
    pub id: OperationId,
    /// The name of the operation, such as `transferBank`.
    pub operation: String,
    /// Where it is sent, which tells the product.
    pub path: String,
    /// The two digits that name the service.
    pub service_code: String,
    /// Debit, credit or reversal.
    pub kind: OperationKind,
    /// The merchant's reference of the operation; nothing for an operation that declares none.
    pub reference: Option<String>,
    /// The members of the request that an inquiry may ask for, by their names on the wire.
    pub members: BTreeMap<String, String>,
    /// Decimal text, as sent; nothing for a request without an amount.
    pub amount: Option<String>,
    /// The currency of the amount, such as `IDR`.
    pub currency: Option<String>,
    /// Whose token the call carries, where the client manages it. It may be a phone number.
    pub customer: Option<String>,
    /// The `X-EXTERNAL-ID` of the first attempt.
    pub external_id: ExternalId,
    /// SHA-256 of the body in lower-case hex: a resubmission has the same.
    pub body_digest: String,
    /// When, by the client's clock.
    pub at: SystemTime,
    /// The limit of the call, in milliseconds: after it the first attempt is over.
    pub limit_ms: u64,
}

/// What of a call an intent is made of.
pub(crate) struct IntentParts<'a> {
    pub(crate) info: &'a OperationInfo,
    pub(crate) path: &'a str,
    pub(crate) client_id: &'a ClientId,
    pub(crate) customer: Option<&'a CustomerKey>,
    pub(crate) external_id: &'a ExternalId,
    pub(crate) body: &'a [u8],
    pub(crate) body_digest: &'a str,
    pub(crate) at: SystemTime,
    pub(crate) limit_ms: u64,
}

impl Intent {
    pub(crate) fn new(parts: &IntentParts<'_>) -> Self {
        let info = parts.info;
        let body: Map<String, Value> = serde_json::from_slice(parts.body).unwrap_or_default();
        let reference = info.reference().and_then(|name| text(body.get(name)?));
        let (amount, currency) = amount(&body);
        let named = reference.as_deref().unwrap_or(parts.external_id.as_str());
        Self {
            id: OperationId(format!("{} {} {named}", parts.client_id, parts.path)),
            operation: info.id().to_owned(),
            path: parts.path.to_owned(),
            service_code: info.service_code().to_owned(),
            kind: info.kind(),
            members: identifying(&body, reference.as_deref(), parts.at),
            reference,
            amount,
            currency,
            customer: parts.customer.map(|key| key.as_str().to_owned()),
            external_id: parts.external_id.clone(),
            body_digest: parts.body_digest.to_owned(),
            at: parts.at,
            limit_ms: parts.limit_ms,
        }
    }
}

/// The customer is left out: the key may be a phone number.
impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intent")
            .field("id", &self.id)
            .field("operation", &self.operation)
            .field("external_id", &self.external_id)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

/// Members by which DOKU's inquiries name an operation, at the top or in `additionalInfo`. Nothing
/// else of a body is kept: it may be secret.
fn identifying(
    body: &Map<String, Value>,
    reference: Option<&str>,
    at: SystemTime,
) -> BTreeMap<String, String> {
    let further = body.get("additionalInfo").and_then(Value::as_object);
    let top = |name: &str| text(body.get(name)?);
    let inside = |name: &str| text(further?.get(name)?);
    let mut members: BTreeMap<_, _> = IDENTIFYING
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), top(name).or_else(|| inside(name))?)))
        .collect();
    if let Some(reference) = reference {
        members.insert(REFERENCE.to_owned(), reference.to_owned());
    }
    // Some inquiries ask for the day of an operation that names none itself.
    if let Ok(date) = Timestamp::from_unix(unix_seconds(at), TimestampForm::Jakarta) {
        let date = || date.as_str().to_owned();
        members.entry(DATE.to_owned()).or_insert_with(date);
    }
    members
}

fn amount(body: &Map<String, Value>) -> (Option<String>, Option<String>) {
    let amount = AMOUNTS.iter().find_map(|name| body.get(*name)?.as_object());
    let member = |name: &str| text(amount?.get(name)?);
    (member("value"), member("currency"))
}

/// Text, or a number as it is written; nothing if it is empty.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The name under which [`Intent::members`] holds the reference of the operation, whatever its name
/// on the wire.
const REFERENCE: &str = "reference";
const DATE: &str = "transactionDate";
const IDENTIFYING: &[&str] = &[
    "channel",
    "originalExternalId",
    "originalPartnerReferenceNo",
    "originalReferenceNo",
    "partnerReferenceNo",
    "partnerRefundNo",
    "partnerTrxDate",
    "paymentType",
    "sessionId",
    DATE,
];
const AMOUNTS: &[&str] = &[
    "amount",
    "refundAmount",
    "transAmount",
    "captureAmount",
    "voidAmount",
];
