//! B2B2C token: `POST /authorization/v1/access-token/b2b2c`, service 74.

use chrono::{DateTime, Utc};

use super::token_request::{GRANT_TYPE, admit, granted};
use crate::{
    answer::Accepted,
    arrived::Arrived,
    body::Body,
    check::{Check, Refusal},
    clock::jakarta,
    customers::Customer,
    fields::{Field, check_body, text},
    json::Json,
    judge::{Judge, State},
};

/// Headers, client, timestamp, signature, body, code or refresh token; then a new pair of tokens that
/// ends the customer's older ones.
pub(crate) fn serve(
    judge: &Judge,
    state: &mut State,
    now: DateTime<Utc>,
    arrived: &Arrived,
    body: Body<'_>,
) -> Result<Accepted, Refusal> {
    let client_id = admit(judge, state.times.door(now), arrived)?;
    let body = check_body(body, FIELDS)?;
    for (kind, name) in [("auth code", AUTH_CODE), ("refresh token", REFRESH_TOKEN)] {
        state.secrets.remember(kind, text(body, name));
    }
    let reusable = judge.rules.reusable_auth_codes;
    let customer = match text(body, GRANT_TYPE) {
        "authorization_code" => {
            let code = needed(body, AUTH_CODE)?;
            state.customers.redeem_code(code, client_id, now, reusable)
        }
        "refresh_token" => {
            let token = needed(body, REFRESH_TOKEN)?;
            state.customers.redeem_refresh(token, client_id, now)
        }
        _ => return Err(Check::GrantType.of(GRANT_TYPE)),
    };
    Ok(issue(judge, state, now, customer?))
}

/// A member that the grant needs.
fn needed<'a>(body: &'a Json, name: &'static str) -> Result<&'a str, Refusal> {
    match text(body, name) {
        "" => Err(Check::FieldMissing.of(name)),
        given => Ok(given),
    }
}

/// The answer of the DOKU Wallet page: two expiry times and no `expiresIn`.
fn issue(judge: &Judge, state: &mut State, now: DateTime<Utc>, customer: Customer) -> Accepted {
    let client_id = customer.client_id.clone();
    let lifetime = judge.rules.customer_token_lifetime;
    let pair = state
        .customers
        .issue_pair(customer, now, lifetime, &mut state.stream);
    state.secrets.remember("customer token", &pair.access);
    state.secrets.remember("refresh token", &pair.refresh);
    let members = [
        ("accessToken", Json::text(pair.access)),
        ("tokenType", Json::text("Bearer")),
        (
            "accessTokenExpiryTime",
            Json::text(jakarta(pair.access_expires)),
        ),
        ("refreshToken", Json::text(pair.refresh)),
        (
            "refreshTokenExpiryTime",
            Json::text(jakarta(pair.refresh_expires)),
        ),
        ("additionalInfo", Json::text("")),
    ];
    granted(members, &client_id, state.times.door(now))
}

const AUTH_CODE: &str = "authCode";
const REFRESH_TOKEN: &str = "refreshToken";

/// <https://developers.doku.com/accept-payment/direct-api/snap/integration-guide/get-token-api/b2b2c>.
/// The length of the code is the standard's. Its 512 for the refresh token is shorter than DOKU's own
/// sample; the length of an access token is taken instead.
const FIELDS: &[Field] = &[
    Field {
        name: GRANT_TYPE,
        required: true,
        max: 64,
    },
    Field {
        name: AUTH_CODE,
        required: false,
        max: 256,
    },
    Field {
        name: REFRESH_TOKEN,
        required: false,
        max: 2048,
    },
];
