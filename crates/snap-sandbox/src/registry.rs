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
    "answer.http-status",
    "balance.account-infos",
    "balance.figures",
    "balance.spelling",
    "digest.three-models",
    "external-id.jakarta-day",
    "quirk.response-code",
    "quirk.unknown-members",
    "signature.literal-timestamp",
    "timestamp.forms",
    "token.expires-in",
    "token.latest-wins",
    "token.lifetime",
    "transaction.order",
];

#[cfg(test)]
mod tests;
