use serde::{Deserialize, Serialize};

use super::{Intent, MoneyState};
use crate::ExternalId;

/// An operation whose outcome is open, as plain data: store it, and resolve it here or in another
/// process with crate `snap-resolve`. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Pending {
    /// What was sent.
    pub intent: Intent,
    /// Every external id under which it may have arrived, the first attempt's first.
    pub external_ids: Vec<ExternalId>,
    /// DOKU's reference number, where an answer named it.
    pub reference_no: Option<String>,
    /// What is known.
    pub state: MoneyState,
    /// Whether DOKU refused it as not found: then one inquiry that finds nothing settles it.
    #[serde(default)]
    pub refused_as_not_found: bool,
}

impl Pending {
    /// An operation of which no more is known than this.
    #[must_use]
    pub fn new(intent: Intent, state: MoneyState) -> Self {
        Self {
            external_ids: vec![intent.external_id.clone()],
            intent,
            reference_no: None,
            state,
            refused_as_not_found: false,
        }
    }
}
