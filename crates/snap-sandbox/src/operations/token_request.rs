//! B2B token: `POST /authorization/v1/access-token/b2b`, service 73.

use chrono::{DateTime, Utc};

use crate::{
    answer::{Accepted, text_or_number, timestamp},
    arrived::Arrived,
    body::Body,
    check::{Check, Refusal},
    fields::{Field, check_body, text},
    json::Json,
    judge::{Judge, State},
    signature::verify_asymmetric,
    transaction::{SIGNATURE, TIMESTAMP, json_content, known_client, timely},
};

/// Headers, client, timestamp, signature, body; then a new token that ends the older ones.
pub(crate) fn serve(
    judge: &Judge,
    state: &mut State,
    now: DateTime<Utc>,
    arrived: &Arrived,
    body: Body<'_>,
) -> Result<Accepted, Refusal> {
    let client_id = admit(judge, state.times.door(now), arrived)?;
    let body = check_body(body, FIELDS)?;
    if text(body, GRANT_TYPE) != "client_credentials" {
        return Err(Check::GrantType.of(GRANT_TYPE));
    }
    Ok(issue(judge, state, now, client_id))
}

/// The checks of both token calls before the body; gives the client id.
pub(super) fn admit<'a>(
    judge: &Judge,
    door: DateTime<Utc>,
    arrived: &'a Arrived,
) -> Result<&'a str, Refusal> {
    json_content(arrived)?;
    let client_id = arrived.required("X-CLIENT-KEY", 36)?;
    let stamp = arrived.required(TIMESTAMP, 64)?;
    let signature = arrived.required(SIGNATURE, 1024)?;
    known_client(judge, client_id)?;
    timely(door, stamp)?;
    verify_asymmetric(&judge.public_key, client_id, stamp, signature)?;
    Ok(client_id)
}

/// The answer of a token call; the standard adds the two headers.
pub(super) fn granted(
    members: impl IntoIterator<Item = (&'static str, Json)>,
    client_id: &str,
    door: DateTime<Utc>,
) -> Accepted {
    let members = members.into_iter();
    Accepted {
        members: members
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        headers: vec![("x-client-key", client_id.to_owned()), timestamp(door)],
    }
}

/// The answer of both pages; `expiresIn` is text on the DOKU Wallet page and a number on the B2B page.
fn issue(judge: &Judge, state: &mut State, now: DateTime<Utc>, client_id: &str) -> Accepted {
    let lifetime = judge.rules.token_lifetime;
    let token = state
        .tokens
        .issue(client_id, now, lifetime, &mut state.stream);
    state.secrets.remember("access token", &token);
    let seconds = lifetime.as_secs().to_string();
    let members = [
        ("accessToken", Json::text(token)),
        ("tokenType", Json::text("Bearer")),
        (
            "expiresIn",
            text_or_number(&seconds, judge.rules.quirks.expires_in),
        ),
        ("additionalInfo", Json::text("")),
    ];
    granted(members, client_id, state.times.door(now))
}

pub(super) const GRANT_TYPE: &str = "grantType";

/// <https://developers.doku.com/accept-payments/direct-api/snap/integration-guide/get-token-api/b2b>;
/// the length is assumed.
const FIELDS: &[Field] = &[Field {
    name: GRANT_TYPE,
    required: true,
    max: 64,
}];
