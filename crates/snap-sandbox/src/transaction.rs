//! The checks that every transaction request passes before its body is looked at.

use chrono::{DateTime, Utc};

use crate::{
    arrived::Arrived,
    bindings::place,
    check::{Check, Refusal},
    json::Json,
    judge::{Judge, State},
    merchant::CLIENT_ID_MARK,
    signature::{SignedParts, verify_symmetric},
    spec::{Operation, Token},
    timestamp,
};

/// Headers, client, timestamp, token, signature, external id, customer token: in this order, first
/// failure wins.
///
/// The order is assumed; DOKU documents the checks, not their sequence. Without `effect` the external
/// id is not used up.
pub(crate) fn admit(
    judge: &Judge,
    operation: &Operation,
    state: &mut State,
    now: DateTime<Utc>,
    arrived: &Arrived,
    body: &[u8],
    effect: bool,
) -> Result<(), Refusal> {
    let head = Head::read(arrived, operation, judge.rules.bare_customer_tokens)?;
    known_client(judge, head.partner_id)?;
    timely(state.times.door(now), head.timestamp)?;
    state
        .tokens
        .check(head.access_token, head.partner_id, now)?;
    let parts = SignedParts {
        method: &arrived.method,
        target: &arrived.target,
        access_token: head.access_token,
        timestamp: head.timestamp,
    };
    verify_symmetric(
        &judge.secret,
        judge.rules.digest_model,
        parts,
        body,
        head.signature,
    )?;
    let ids = &mut state.external_ids;
    let content = [arrived.path().as_bytes(), body];
    ids.see(now, head.partner_id, head.external_id, content);
    let free = if effect {
        ids.take(now, head.partner_id, head.external_id)
    } else {
        ids.check(now, head.partner_id, head.external_id)
    };
    free.map_err(|check| check.of(EXTERNAL_ID))?;
    match head.customer_token {
        Some(token) => Ok(state.customers.check(token, head.partner_id, now)?),
        None => Ok(()),
    }
}

/// Was the customer's token issued for what the request is about? One for a customer whom a test bound
/// itself is good for all.
pub(crate) fn of_this_binding(
    judge: &Judge,
    operation: &Operation,
    state: &State,
    arrived: &Arrived,
    request: &Json,
) -> Result<(), Check> {
    let bare = judge.rules.bare_customer_tokens;
    let token = customer_token(arrived, operation.token, bare)
        .ok()
        .flatten();
    let owner = token.and_then(|token| state.customers.owner_of(token));
    let bound = owner.and_then(|owner| owner.at.as_deref());
    match (bound, place(&operation.id, request)) {
        (Some(bound), Some(asked)) if bound != asked => Err(Check::CustomerTokenElsewhere),
        _ => Ok(()),
    }
}

/// Is this the client the sandbox knows? Unmarked credentials are refused by name: they may be real.
pub(crate) fn known_client(judge: &Judge, client_id: &str) -> Result<(), Check> {
    if !client_id.starts_with(CLIENT_ID_MARK) {
        return Err(Check::ClientNotLocal);
    }
    if client_id == judge.merchant.client_id {
        Ok(())
    } else {
        Err(Check::ClientUnknown)
    }
}

/// Is the timestamp readable and near the door's time?
pub(crate) fn timely(door: DateTime<Utc>, text: &str) -> Result<(), Refusal> {
    let then = timestamp::read(text).map_err(|check| check.of(TIMESTAMP))?;
    if timestamp::is_near(door, then) {
        Ok(())
    } else {
        Err(Check::TimestampDrift.into())
    }
}

/// `application/json`, with or without parameters such as `charset=utf-8`.
pub(crate) fn json_content(arrived: &Arrived) -> Result<(), Refusal> {
    let value = arrived.required(CONTENT_TYPE, 100)?;
    let kind = value.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Check::ContentTypeNotJson.of(CONTENT_TYPE))
    }
}

/// The headers of a transaction request.
struct Head<'a> {
    partner_id: &'a str,
    external_id: &'a str,
    timestamp: &'a str,
    signature: &'a str,
    access_token: &'a str,
    /// None where the operation asks for none.
    customer_token: Option<&'a str>,
}

impl<'a> Head<'a> {
    /// Reads the headers of every transaction, and those that the operation lists.
    ///
    /// `Authorization` is one of the former although the Kirim DOKU pages leave it out of their
    /// parameter lists: the token is part of the signature. Lengths: the standard (external id and
    /// partner id 36, token 2048).
    fn read(arrived: &'a Arrived, operation: &Operation, bare: bool) -> Result<Self, Refusal> {
        json_content(arrived)?;
        let authorization = arrived.required(AUTHORIZATION, LONGEST_BEARER)?;
        let head = Self {
            partner_id: arrived.required("X-PARTNER-ID", 36)?,
            external_id: arrived.required(EXTERNAL_ID, 36)?,
            timestamp: arrived.required(TIMESTAMP, 64)?,
            signature: arrived.required(SIGNATURE, 1024)?,
            access_token: bearer(authorization, AUTHORIZATION)?,
            customer_token: customer_token(arrived, operation.token, bare)?,
        };
        for listed in &operation.headers {
            if listed.required {
                arrived.required(listed.name, listed.max)?;
            } else {
                arrived.optional(listed.name, listed.max)?;
            }
        }
        Ok(head)
    }
}

/// The token of the customer an operation acts for. Where none is asked for, the header is not looked
/// at. With `bare` it may hold the token alone, as several official DOKU libraries send it.
fn customer_token(arrived: &Arrived, token: Token, bare: bool) -> Result<Option<&str>, Refusal> {
    let value = match token {
        Token::B2b => None,
        Token::B2b2c => Some(arrived.required(CUSTOMER, LONGEST_BEARER)?),
        Token::Either => arrived.optional(CUSTOMER, LONGEST_BEARER)?,
    };
    match value {
        Some(value) if bare && !value.contains(' ') => Ok(Some(value)),
        Some(value) => bearer(value, CUSTOMER).map(Some),
        None => Ok(None),
    }
}

fn bearer<'a>(value: &'a str, header: &'static str) -> Result<&'a str, Refusal> {
    value
        .strip_prefix(BEARER)
        .filter(|token| !token.is_empty() && !token.contains(' '))
        .ok_or_else(|| Check::AuthorizationScheme.of(header))
}

pub(crate) const AUTHORIZATION: &str = "Authorization";
pub(crate) const CUSTOMER: &str = "Authorization-Customer";
pub(crate) const EXTERNAL_ID: &str = "X-EXTERNAL-ID";
pub(crate) const SIGNATURE: &str = "X-SIGNATURE";
pub(crate) const TIMESTAMP: &str = "X-TIMESTAMP";
const BEARER: &str = "Bearer ";
const CONTENT_TYPE: &str = "Content-Type";
const LONGEST_BEARER: usize = 2048 + BEARER.len();
