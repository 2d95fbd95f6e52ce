//! The behaviour registry: everything the sandbox does that a reader could doubt.

use crate::json::Json;

/// The behaviour registry, as TOML.
///
/// One `[[behaviour]]` per row, with `id`, `says`, `status` (`documented`, `observed` or `assumed`)
/// and `source`. The verdict of a refusal is the id of its row.
#[must_use]
pub fn behaviours() -> &'static str {
    include_str!("../behaviours.toml")
}

/// How much of the registry is documented, observed and assumed.
pub(crate) fn summary() -> String {
    let count = |status: &str| {
        let line = format!("status = \"{status}\"");
        behaviours().lines().filter(|other| *other == line).count()
    };
    let (documented, observed) = (count("documented"), count("observed"));
    format!(
        "{documented} behaviours documented, {observed} observed, {} assumed",
        count("assumed")
    )
}

/// What a row says.
pub(crate) fn says(id: &str) -> Option<String> {
    let value = |row: &[(&str, String)], wanted: &str| {
        let mut members = row.iter();
        members
            .find(|(name, _)| *name == wanted)
            .map(|(_, text)| text.clone())
    };
    let row = rows().find(|row| value(row, "id").as_deref() == Some(id))?;
    value(&row, "says")
}

/// The rows: names and texts.
///
/// The file has one form only, `name = "text"`, and its texts are JSON texts as well; a test compares
/// this with a reader of TOML.
pub(crate) fn rows() -> impl Iterator<Item = Vec<(&'static str, String)>> {
    let rows = behaviours().split("[[behaviour]]").skip(1);
    rows.map(|row| {
        let members = row.lines().filter_map(|line| line.split_once(" = "));
        members
            .filter_map(|(name, text)| match Json::read(text.as_bytes()) {
                Some(Json::Text(text)) => Some((name, text)),
                _ => None,
            })
            .collect()
    })
}

/// Ids of the rows that are no refusal.
#[cfg(test)]
const OTHER: &[&str] = &[
    "answer.address",
    "answer.amount",
    "answer.auth-code",
    "answer.http-status",
    "answer.members",
    "answer.status",
    "answer.time",
    "authorization.bare",
    "balance.account-infos",
    "balance.customer",
    "balance.figures",
    "balance.spelling",
    "bank.choice",
    "bank.return",
    "binding.card",
    "binding.consent",
    "binding.link-life",
    "body.one-or-many",
    "customer.label",
    "customer-token.latest-wins",
    "customer-token.lifetime",
    "digest.three-models",
    "external-id.jakarta-day",
    "fault.any",
    "fault.chance",
    "fault.connection",
    "fault.effect",
    "fault.half-arrival",
    "fault.nth",
    "fault.scope",
    "fault.tls",
    "field.not-enforced",
    "funds.spent-meanwhile",
    "header.customer-ignored",
    "header.matrix",
    "history.list",
    "magic.cents",
    "magic.kirimdoku",
    "magic.off",
    "magic.once",
    "money.accounts",
    "money.credit",
    "money.debit",
    "money.expiry",
    "money.fee",
    "money.otp",
    "money.recurring",
    "money.reversal",
    "notice.answer",
    "notice.attempts",
    "notice.members",
    "notice.signature",
    "notice.when",
    "notify.acknowledgement",
    "notify.additional-info",
    "notify.body",
    "notify.headers",
    "notify.order",
    "notify.plain-http",
    "notify.resend",
    "notify.retries",
    "notify.retry-external-id",
    "notify.retry-timestamp",
    "notify.signature",
    "notify.states",
    "notify.success",
    "notify.timeout",
    "notify.token",
    "notify.token-renewed",
    "notify.wallet",
    "otp.account",
    "otp.steps",
    "authorization.holds",
    "partner-reference.scope",
    "quirk.library-members",
    "quirk.lists",
    "quirk.numbers",
    "quirk.response-code",
    "quirk.spelling",
    "quirk.unknown-members",
    "route.mobile-bank-inquiry",
    "route.shared-path",
    "route.unverified",
    "seed.repeats",
    "session.inquiry",
    "session.off",
    "signature.literal-timestamp",
    "state.folder",
    "state.off",
    "status.amount",
    "status.delay",
    "status.external-id",
    "status.history-detail",
    "status.identity",
    "status.refund-history",
    "status.values",
    "timestamp.forms",
    "token.expires-in",
    "token.latest-wins",
    "token.lifetime",
    "transaction.order",
    "unbinding.otp",
    "unbinding.token",
];

#[cfg(test)]
mod tests;
