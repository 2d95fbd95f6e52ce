//! What the token endpoint answers. Its answers are never logged or quoted.

use std::{
    sync::Once,
    time::{Duration, SystemTime},
};

use serde::Deserialize;
use snap_sign::AccessToken;

use super::{
    entry::{LIFE_UNKNOWN, NewEntry, Refresh},
    grant::{CUSTOMER_TOKEN, MERCHANT_TOKEN},
};
use crate::{RefreshToken, WireTime, de};

/// What was said once about answers that tell no usable expiry.
#[derive(Debug)]
pub(super) struct Warnings {
    missing: Once,
    without_offset: Once,
    nearly_over: Once,
}

impl Default for Warnings {
    fn default() -> Self {
        Self {
            missing: Once::new(),
            without_offset: Once::new(),
            nearly_over: Once::new(),
        }
    }
}

/// Reads the answer to a request for a B2B token.
pub(super) fn merchant(raw: &[u8]) -> Result<NewEntry, &'static str> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "accessToken", default, deserialize_with = "de::opt_text")]
        access_token: Option<String>,
        #[serde(rename = "expiresIn", default, deserialize_with = "de::opt_text")]
        expires_in: Option<String>,
    }

    let answer: Answer = serde_json::from_slice(raw).map_err(|_| OTHER_SHAPE)?;
    let token = usable(answer.access_token)?;
    Ok(NewEntry::new(token, life_of(answer.expires_in.as_deref())))
}

/// Reads the answer to a request for a customer's tokens. It has no `expiresIn`; if one is there
/// all the same it is not read. (DOKU B2B2C token page.)
pub(super) fn customer(
    raw: &[u8],
    now: SystemTime,
    warnings: &Warnings,
) -> Result<NewEntry, &'static str> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "accessToken", default, deserialize_with = "de::opt_text")]
        access_token: Option<String>,
        #[serde(
            rename = "accessTokenExpiryTime",
            default,
            deserialize_with = "de::opt_text"
        )]
        expiry: Option<String>,
        #[serde(rename = "refreshToken", default, deserialize_with = "de::opt_text")]
        refresh_token: Option<String>,
        #[serde(
            rename = "refreshTokenExpiryTime",
            default,
            deserialize_with = "de::opt_text"
        )]
        refresh_expiry: Option<String>,
    }

    let answer: Answer = serde_json::from_slice(raw).map_err(|_| OTHER_SHAPE)?;
    let token = usable(answer.access_token)?;
    let life = life_until(answer.expiry, now, warnings);
    let refresh = answer.refresh_token.filter(|token| !token.is_empty());
    let refresh = refresh.map(|token| {
        let life = life_until(answer.refresh_expiry, now, warnings);
        Refresh::new(RefreshToken::new(token), life, life)
    });
    Ok(NewEntry::new(token, life).with_refresh(refresh))
}

fn usable(token: Option<String>) -> Result<AccessToken, &'static str> {
    let token = AccessToken::new(token.unwrap_or_default());
    if is_usable(token.expose()) {
        Ok(token)
    } else {
        Err("it holds no token that could stand in a header")
    }
}

/// Whether a token can stand in a header.
pub(crate) fn is_usable(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The life to believe in: at least 30 s, at most an hour; 60 s where the answer tells nothing.
fn life_of(expires_in: Option<&str>) -> Duration {
    let seconds = expires_in
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0_i64);
    if seconds <= 0 {
        tracing::warn!(
            operation = MERCHANT_TOKEN,
            "expiresIn is missing or unusable; taken as 60 s"
        );
    }
    match u64::try_from(seconds) {
        Ok(0) | Err(_) => Duration::from_secs(60),
        Ok(seconds) => Duration::from_secs(seconds).clamp(SHORTEST_LIFE, Duration::from_secs(3600)),
    }
}

/// The life of a customer's token, which is told as the moment of its end.
fn life_until(expiry: Option<String>, now: SystemTime, warnings: &Warnings) -> Duration {
    let warn = |once: &Once, text: &str| {
        once.call_once(|| tracing::warn!(operation = CUSTOMER_TOKEN, "{text}"));
    };
    let parsed = expiry.and_then(|text| WireTime::from(text).parse().ok());
    let Some(parsed) = parsed else {
        warn(
            &warnings.missing,
            "an expiry time is missing or unreadable; the token is used until it is refused",
        );
        return LIFE_UNKNOWN;
    };
    if !parsed.has_offset() {
        warn(
            &warnings.without_offset,
            "an expiry time names no offset; taken as Jakarta time",
        );
    }
    let end = parsed.to_system_time(JAKARTA);
    let life = end.duration_since(now).unwrap_or_default();
    if life < SHORTEST_LIFE {
        warn(
            &warnings.nearly_over,
            "a token was issued that is over at once by the clock of this host; check the clock",
        );
    }
    life.clamp(SHORTEST_LIFE, LIFE_UNKNOWN)
}

const OTHER_SHAPE: &str = "a member has another shape than documented";
/// A token is believed in for so long, whatever its answer says: asking for the next one at once
/// would be a storm of requests where the clock is wrong.
const SHORTEST_LIFE: Duration = Duration::from_secs(30);
const JAKARTA: i32 = 7 * 60;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn life(expires_in: Option<&str>, seconds: u64) {
        assert_eq!(
            life_of(expires_in),
            Duration::from_secs(seconds),
            "{expires_in:?}"
        );
    }

    #[test]
    fn the_life_is_what_the_answer_says_within_bounds() {
        life(Some("900"), 900);
        life(Some("1"), 30);
        life(Some("29"), 30);
        life(Some("1000000000"), 3600);
        life(Some("0"), 60);
        life(Some("-1"), 60);
        life(Some("soon"), 60);
        life(None, 60);
    }

    /// 2022-11-15T16:01:23+07:00 less 900 s.
    const NOW: u64 = 1_668_502_883 - 900;

    #[track_caller]
    fn granted(answer: &Value) -> Result<NewEntry, &'static str> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        customer(answer.to_string().as_bytes(), now, &Warnings::default())
    }

    #[track_caller]
    fn lives(answer: Value, access: Duration, refresh: Option<Duration>) {
        let new = granted(&answer).unwrap();
        let refresh_life = new.refresh.map(|refresh| refresh.life);
        assert_eq!((new.life, refresh_life), (access, refresh), "{answer}");
    }

    #[test]
    fn every_form_of_a_customers_grant_is_read() {
        const LIFE: Duration = Duration::from_secs(900);
        const LONG: Duration = Duration::from_secs(900 + 15 * 24 * 60 * 60);
        let end = "2022-11-15T16:01:23+07:00";
        let long = "2022-11-30T16:01:23+07:00";
        let both = |end: Value, long: Value| {
            json!({"accessToken": "a", "tokenType": "Bearer", "accessTokenExpiryTime": end,
                   "refreshToken": "r", "refreshTokenExpiryTime": long, "additionalInfo": ""})
        };
        let unknown = Some(LIFE_UNKNOWN);

        lives(both(end.into(), long.into()), LIFE, Some(LONG));
        lives(
            both("2022-11-15T09:01:23Z".into(), long.into()),
            LIFE,
            Some(LONG),
        );
        lives(
            both("2022-11-15T16:01:23+0700".into(), long.into()),
            LIFE,
            Some(LONG),
        );
        // Without an offset: Jakarta.
        lives(
            both("2022-11-15T16:01:23".into(), long.into()),
            LIFE,
            Some(LONG),
        );
        lives(
            both("2022-11-15T16:01:23. 500+07:00".into(), long.into()),
            LIFE + Duration::from_millis(500),
            Some(LONG),
        );
        // Over already, by this clock.
        lives(
            both("2022-11-15T15:01:23+07:00".into(), end.into()),
            SHORTEST_LIFE,
            Some(LIFE),
        );
        // Missing or unreadable.
        lives(both(Value::Null, Value::Null), LIFE_UNKNOWN, unknown);
        lives(both("".into(), "soon".into()), LIFE_UNKNOWN, unknown);
        lives(both(900.into(), long.into()), LIFE_UNKNOWN, Some(LONG));
        lives(json!({"accessToken": "a"}), LIFE_UNKNOWN, None);
        lives(
            json!({"accessToken": "a", "refreshToken": ""}),
            LIFE_UNKNOWN,
            None,
        );
        lives(
            json!({"accessToken": "a", "refreshToken": null}),
            LIFE_UNKNOWN,
            None,
        );
        // `expiresIn` does not belong here.
        lives(
            json!({"accessToken": "a", "accessTokenExpiryTime": end, "expiresIn": "60"}),
            LIFE,
            None,
        );
        lives(
            json!({"accessToken": "a", "expiresIn": 60}),
            LIFE_UNKNOWN,
            None,
        );
    }

    #[test]
    fn a_grant_without_a_token_for_a_header_is_none() {
        for answer in [
            json!({}),
            json!({"accessToken": ""}),
            json!({"accessToken": null}),
            json!({"accessToken": "two words"}),
            json!({"accessToken": {"canary": 1}}),
            json!({"accessToken": "a", "refreshToken": ["canary"]}),
        ] {
            let because = granted(&answer).unwrap_err();
            assert!(!because.contains("canary"), "{because}");
        }
    }
}
