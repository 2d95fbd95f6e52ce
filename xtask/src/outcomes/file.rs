//! `outcomes.toml` as it is written.

use serde::Deserialize;

use super::words::Column;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(rename = "rule")]
    pub(super) rules: Vec<RawRule>,
    #[serde(default, rename = "alias")]
    pub(super) aliases: Vec<Alias>,
    #[serde(default, rename = "gateway")]
    pub(super) gateways: Vec<Gateway>,
    #[serde(default, rename = "presumption")]
    pub(super) presumptions: Vec<Presumption>,
    pub(super) redirect: Redirect,
}

/// A rule whose words nobody has read yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) id: String,
    pub(super) stage: Option<String>,
    pub(super) http: Option<Vec<u16>>,
    pub(super) case: Option<String>,
    pub(super) cases: Option<String>,
    pub(super) status: Option<String>,
    pub(super) says: String,
    pub(super) money: Option<String>,
    read: Option<String>,
    session: Option<String>,
    debit: Option<String>,
    credit: Option<String>,
    reversal: Option<String>,
    token: Option<String>,
    customer_token: Option<String>,
    pub(super) source: String,
    pub(super) confidence: String,
}

impl RawRule {
    /// What the rule says in this column, by itself.
    pub(super) fn cell(&self, column: Column) -> Option<&str> {
        let cell = match column {
            Column::Read => &self.read,
            Column::Session => &self.session,
            Column::Debit => &self.debit,
            Column::Credit => &self.credit,
            Column::Reversal => &self.reversal,
            Column::Token => &self.token,
            Column::CustomerToken => &self.customer_token,
        };
        cell.as_deref()
    }
}

/// A service that answers for the operations of another one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alias {
    pub(super) service: String,
    pub(super) answered: String,
    pub(super) source: String,
    pub(super) confidence: String,
}

/// Services under which a gateway refuses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gateway {
    pub(super) http: Vec<u16>,
    pub(super) services: Vec<String>,
    pub(super) source: String,
    pub(super) confidence: String,
}

/// What an ambiguous code usually means for a service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Presumption {
    pub(super) http: u16,
    pub(super) case: String,
    pub(super) moved: Vec<String>,
    pub(super) not_moved: Vec<String>,
    pub(super) source: String,
    pub(super) confidence: String,
}

/// Members of a success that leave a step to the customer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Redirect {
    pub(super) members: Vec<String>,
    pub(super) source: String,
    pub(super) confidence: String,
}
