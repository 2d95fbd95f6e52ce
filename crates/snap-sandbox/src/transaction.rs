//! The checks that every transaction request passes before its body is looked at.

use chrono::{DateTime, Utc};

use crate::{
    arrived::Arrived,
    check::{Check, Refusal},
    judge::{Judge, State},
    merchant::CLIENT_ID_MARK,
    signature::{SignedParts, verify_symmetric},
    timestamp,
};

/// Headers, client, timestamp, token, signature, external id: in this order, first failure wins.
///
/// The order is assumed; DOKU documents the checks, not their sequence.
pub(crate) fn admit(
    judge: &Judge,
    state: &mut State,
    now: DateTime<Utc>,
    arrived: &Arrived,
    body: &[u8],
) -> Result<(), Refusal> {
    let head = Head::read(arrived)?;
    known_client(judge, head.partner_id)?;
    timely(now, head.timestamp)?;
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
    state
        .external_ids
        .take(now, head.partner_id, head.external_id)
        .map_err(|check| check.of(EXTERNAL_ID))
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

/// Is the timestamp readable and near the sandbox's time?
pub(crate) fn timely(now: DateTime<Utc>, text: &str) -> Result<(), Refusal> {
    let then = timestamp::read(text).map_err(|check| check.of(TIMESTAMP))?;
    if timestamp::is_near(now, then) {
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
}

impl<'a> Head<'a> {
    /// Reads the headers that the Kirim DOKU pages require, and `Authorization`, which they leave
    /// out of their parameter lists although the token is part of the signature.
    ///
    /// Lengths: the standard (external id and partner id 36, channel id 5, token 2048).
    fn read(arrived: &'a Arrived) -> Result<Self, Refusal> {
        json_content(arrived)?;
        let authorization = arrived.required(AUTHORIZATION, 2048 + BEARER.len())?;
        let head = Self {
            partner_id: arrived.required("X-PARTNER-ID", 36)?,
            external_id: arrived.required(EXTERNAL_ID, 36)?,
            timestamp: arrived.required(TIMESTAMP, 64)?,
            signature: arrived.required(SIGNATURE, 1024)?,
            access_token: authorization
                .strip_prefix(BEARER)
                .filter(|token| !token.is_empty() && !token.contains(' '))
                .ok_or(Check::AuthorizationScheme.of(AUTHORIZATION))?,
        };
        arrived.required("CHANNEL-ID", 5)?;
        Ok(head)
    }
}

pub(crate) const AUTHORIZATION: &str = "Authorization";
pub(crate) const EXTERNAL_ID: &str = "X-EXTERNAL-ID";
pub(crate) const SIGNATURE: &str = "X-SIGNATURE";
pub(crate) const TIMESTAMP: &str = "X-TIMESTAMP";
const BEARER: &str = "Bearer ";
const CONTENT_TYPE: &str = "Content-Type";
