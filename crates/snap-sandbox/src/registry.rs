//! The behaviour registry: everything the sandbox does that a reader could doubt.

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
    "balance.account-infos",
    "balance.figures",
    "balance.spelling",
    "binding.card",
    "binding.consent",
    "binding.link-life",
    "body.one-or-many",
    "customer.label",
    "customer-token.latest-wins",
    "customer-token.lifetime",
    "digest.three-models",
    "external-id.jakarta-day",
    "fault.effect",
    "fault.half-arrival",
    "fault.scope",
    "field.not-enforced",
    "header.customer-ignored",
    "header.matrix",
    "money.accounts",
    "money.credit",
    "money.debit",
    "money.otp",
    "money.recurring",
    "money.reversal",
    "otp.account",
    "otp.steps",
    "partner-reference.scope",
    "quirk.lists",
    "quirk.numbers",
    "quirk.response-code",
    "quirk.spelling",
    "quirk.unknown-members",
    "route.mobile-bank-inquiry",
    "route.shared-path",
    "route.unverified",
    "signature.literal-timestamp",
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
