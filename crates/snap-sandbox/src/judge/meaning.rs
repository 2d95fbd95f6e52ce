//! What a request is taken for, and what of it must not be told.

use super::State;
use crate::{
    arrived::Arrived,
    body,
    fault::Fault,
    json::Json,
    operations::Served,
    record::Meaning,
    secrets::Secrets,
    transaction::{AUTHORIZATION, CUSTOMER},
};

/// What a request was taken for, for the record.
pub(super) fn meaning(
    state: &State,
    arrived: &Arrived,
    served: Option<Served<'_>>,
    reference: Option<&str>,
    fault: Option<&Fault>,
) -> Meaning {
    let customer = bearer_of(arrived, CUSTOMER).and_then(|token| state.customers.label_of(token));
    Meaning {
        operation: served.map(|served| served.id().to_owned()),
        customer: customer.map(ToOwned::to_owned),
        reference: reference.map(ToOwned::to_owned),
        money: served.and_then(Served::money).map(|money| money.kind),
        fault: fault.map(Fault::label),
    }
}

/// The merchant's identity of what a request is about.
pub(super) fn reference_of<'a>(
    served: Option<Served<'_>>,
    body: Option<&'a Json>,
) -> Option<&'a str> {
    let served = served?;
    let named = served.money().map(|money| money.reference.as_str());
    let names = [
        named,
        Some("originalPartnerReferenceNo"),
        Some("partnerReferenceNo"),
    ];
    let body = body?;
    let mut texts = names
        .into_iter()
        .flatten()
        .filter_map(|name| body.member(name)?.as_text());
    texts.find(|text| (1..=64).contains(&text.chars().count()))
}

/// Remembers the tokens of the headers and the secrets of the body, whatever is thought of them later.
pub(super) fn remember_secrets(
    secrets: &mut Secrets,
    arrived: &Arrived,
    served: Option<Served<'_>>,
    body: Option<&Json>,
) {
    for (kind, header) in [
        ("access token", AUTHORIZATION),
        ("customer token", CUSTOMER),
    ] {
        let token = bearer_of(arrived, header);
        // A shorter text is nobody's token, and may be an innocent word.
        if let Some(token) = token.filter(|token| token.len() >= 16) {
            secrets.remember(kind, token);
        }
    }
    if let (Some(Served::Product(operation)), Some(body)) = (served, body) {
        for secret in body::secrets(body, &operation.request) {
            secrets.remember("secret of a request", secret);
        }
    }
}

/// The last word of a header, which is the token with or without its scheme.
fn bearer_of<'a>(arrived: &'a Arrived, header: &str) -> Option<&'a str> {
    arrived.first(header)?.rsplit(' ').next()
}
