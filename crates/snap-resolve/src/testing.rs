//! What unit tests are about.

use serde_json::json;
use snap_core::{Intent, MoneyState, Pending, UnknownReason};

/// The operation `R-1` of this kind, whose answer was lost. A reversal is of an original of the same
/// name.
pub(crate) fn pending(kind: &str) -> Pending {
    let intent: Intent = serde_json::from_value(json!({
        "id": "BRN-1 /direct-debit/core/v1/debit/payment-host-to-host R-1",
        "operation": "payment",
        "path": "/direct-debit/core/v1/debit/payment-host-to-host",
        "serviceCode": "54",
        "kind": kind,
        "reference": "R-1",
        "members": {"reference": "R-1", "originalPartnerReferenceNo": "R-1"},
        "amount": "10000.00",
        "currency": "IDR",
        "customer": null,
        "externalId": "1",
        "bodyDigest": "aa".repeat(32),
        "at": {"secs_since_epoch": 1_800_000_000, "nanos_since_epoch": 0},
        "limitMs": 30_000,
    }))
    .unwrap();
    Pending::new(intent, MoneyState::Unknown(UnknownReason::Timeout))
}
