//! Which inquiry tells what became of an operation, and how it is asked.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use snap_core::{ExternalId, Intent, Pending};

/// The inquiries that are known, by the path of the operation they are about.
///
/// The documented ones come with this crate (`data/inquiries.json`, each with its source and how sure
/// it is).
#[derive(Clone, Debug)]
pub struct Inquiries(BTreeMap<String, Inquiry>);

/// How one operation is asked about.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Inquiry {
    operation: String,
    pub(crate) profile: Profile,
    ask: Ask,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ask {
    path: String,
    token: Token,
    /// Whether it carries the `CHANNEL-ID` of the configuration.
    #[serde(default)]
    channel_id: bool,
    members: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Token {
    Merchant,
    Customer,
}

/// What kind of evidence settles an operation, and how long it is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Profile {
    /// A debit: an hour.
    Payment,
    /// Money sent out: a day, and the next morning.
    Payout,
    /// The refund history of the original: a day.
    Refund,
    /// The status of the original: a day, and nothing proves absence.
    Cancel,
    /// No inquiry is documented: what is found counts, absence does not.
    Evidence,
}

impl Inquiries {
    /// The inquiries that DOKU and the standard document.
    #[must_use]
    pub fn documented() -> Self {
        Self(DOCUMENTED.clone())
    }

    /// Asks about operations at `operation` at another path: for one that DOKU serves elsewhere.
    #[must_use]
    pub fn with_path(mut self, operation: &str, path: impl Into<String>) -> Self {
        if let Some(inquiry) = self.0.get_mut(operation) {
            inquiry.ask.path = path.into();
        }
        self
    }

    /// Sends another `serviceCode` in inquiries about operations at `operation`: the official
    /// libraries and the standard disagree about that of direct debit.
    #[must_use]
    pub fn with_service_code(mut self, operation: &str, code: &str) -> Self {
        if let Some(inquiry) = self.0.get_mut(operation) {
            let members = &mut inquiry.ask.members;
            members.insert("serviceCode".to_owned(), format!("={code}"));
        }
        self
    }

    pub(crate) fn about(&self, intent: &Intent) -> Option<&Inquiry> {
        self.0.get(&intent.path)
    }
}

/// The evidence that the documented inquiry about an operation gives.
pub(crate) fn documented_profile(intent: &Intent) -> Option<Profile> {
    let inquiry = DOCUMENTED.get(&intent.path);
    inquiry.map(|inquiry| inquiry.profile)
}

impl Default for Inquiries {
    fn default() -> Self {
        Self::documented()
    }
}

impl Inquiry {
    pub(crate) fn path(&self) -> &str {
        &self.ask.path
    }

    pub(crate) fn needs_channel_id(&self) -> bool {
        self.ask.channel_id
    }

    /// Whether it names a delivery beside the operation, so that each one has to be asked about.
    pub(crate) fn names_external_id(&self) -> bool {
        self.ask
            .members
            .values()
            .any(|source| source == EXTERNAL_ID)
    }

    pub(crate) fn asks_as_customer(&self) -> bool {
        self.ask.token == Token::Customer
    }

    /// The body of the inquiry, or the member that it needs and the operation did not have.
    pub(crate) fn body(&self, pending: &Pending, id: &ExternalId) -> Result<Value, &str> {
        let mut body = Map::new();
        for (name, source) in &self.ask.members {
            let optional = source.ends_with('?');
            match value(source, pending, id) {
                Some(value) => insert(&mut body, name, value),
                None if optional => {}
                None => return Err(name),
            }
        }
        Ok(Value::Object(body))
    }
}

/// A literal after `=`, or the first of the alternatives that the operation has.
fn value(source: &str, pending: &Pending, id: &ExternalId) -> Option<String> {
    if let Some(literal) = source.strip_prefix('=') {
        return Some(literal.to_owned());
    }
    let alternatives = source.split('|').map(|name| name.trim_end_matches('?'));
    alternatives.into_iter().find_map(|name| match name {
        EXTERNAL_ID => Some(id.to_string()),
        "referenceNo" => pending.reference_no.clone(),
        name => pending.intent.members.get(name).cloned(),
    })
}

/// At the top, or inside the object that is named before the dot.
fn insert(body: &mut Map<String, Value>, name: &str, value: String) {
    let Some((outer, inner)) = name.split_once('.') else {
        body.insert(name.to_owned(), Value::String(value));
        return;
    };
    let object = body
        .entry(outer)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(object) = object.as_object_mut() {
        object.insert(inner.to_owned(), Value::String(value));
    }
}

const EXTERNAL_ID: &str = "externalId";

static DOCUMENTED: LazyLock<BTreeMap<String, Inquiry>> = LazyLock::new(|| {
    let all: Vec<Inquiry> =
        serde_json::from_str(include_str!("../data/inquiries.json")).unwrap_or_default();
    let by_operation = all
        .into_iter()
        .map(|inquiry| (inquiry.operation.clone(), inquiry));
    by_operation.collect()
});

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::pending;

    #[test]
    fn the_file_is_read_and_every_entry_names_its_source() {
        let text = include_str!("../data/inquiries.json");
        let entries: Vec<Value> = serde_json::from_str(text).unwrap();

        assert_eq!(Inquiries::documented().0.len(), entries.len());
        for entry in entries {
            let confidence = entry["confidence"].as_str().unwrap();
            assert!(!entry["source"].as_str().unwrap().is_empty(), "{entry}");
            assert!(["documented", "observed", "assumed"].contains(&confidence));
        }
    }

    const PAYMENT: &str = "/direct-debit/core/v1/debit/payment-host-to-host";

    fn about(path: &str) -> Inquiry {
        Inquiries::documented().0.remove(path).unwrap()
    }

    fn body(inquiry: &Inquiry, change: impl FnOnce(&mut Pending)) -> Result<Value, String> {
        let mut pending = pending("debit");
        change(&mut pending);
        let id = ExternalId::new("7").unwrap();
        inquiry.body(&pending, &id).map_err(ToOwned::to_owned)
    }

    #[test]
    fn a_member_that_the_operation_does_not_have_is_named() {
        let missing = body(&about(PAYMENT), |pending| {
            pending.intent.members.remove("reference");
        });

        assert_eq!(missing, Err("originalPartnerReferenceNo".to_owned()));
    }

    #[test]
    fn an_optional_member_is_left_out() {
        let body = body(&about(PAYMENT), |_| {}).unwrap();

        let expected = json!({
            "originalPartnerReferenceNo": "R-1", "originalExternalId": "7", "serviceCode": "55",
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_member_with_a_dot_is_inside_an_object() {
        let body = body(&about(PAYMENT), |pending| {
            let members = &mut pending.intent.members;
            members.insert("channel".to_owned(), "OVO".to_owned());
        });

        assert_eq!(body.unwrap()["additionalInfo"], json!({"channel": "OVO"}));
    }

    #[test]
    fn the_reference_number_of_an_answer_goes_before_the_session() {
        let inquiry = about("/snap/v1.1/emoney/transfer-bank");
        let named = |number: Option<&str>| {
            let body = body(&inquiry, |pending| {
                let members = &mut pending.intent.members;
                members.insert("sessionId".to_owned(), "S-1".to_owned());
                pending.reference_no = number.map(ToOwned::to_owned);
            });
            body.unwrap()["originalReferenceNo"].clone()
        };

        assert_eq!(named(Some("DOKU-1")), "DOKU-1");
        assert_eq!(named(None), "S-1");
    }

    #[test]
    fn an_inquiry_that_names_a_delivery_is_made_for_each() {
        for (path, names_it) in [
            (PAYMENT, true),
            ("/snap-adapter/b2b2c/v1.0/emoney/topup", true),
            ("/snap/v1.1/emoney/transfer-bank", false),
            // That of the original, which the request names.
            ("/direct-debit/core/v1/debit/refund", false),
        ] {
            assert_eq!(about(path).names_external_id(), names_it, "{path}");
        }
    }

    #[test]
    fn every_inquiry_about_a_wallet_is_made_as_the_customer_and_no_other() {
        for (path, inquiry) in Inquiries::documented().0 {
            let is_wallet = path.starts_with("/snap-adapter/");
            assert_eq!(inquiry.asks_as_customer(), is_wallet, "{path}");
        }
    }

    #[test]
    fn an_override_concerns_its_operation_only() {
        let inquiries = Inquiries::documented()
            .with_path(PAYMENT, "/elsewhere")
            .with_service_code(PAYMENT, "54")
            .with_path("/unknown", "/elsewhere")
            .with_service_code("/unknown", "54");

        assert_eq!(inquiries.0[PAYMENT].path(), "/elsewhere");
        let elsewhere = |inquiry: &&Inquiry| inquiry.path() == "/elsewhere";
        assert_eq!(inquiries.0.values().filter(elsewhere).count(), 1);
        let documented = Inquiries::documented().0.len();
        assert_eq!(inquiries.0.len(), documented);
    }
}
