use std::{fmt, time::SystemTime};

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use snap_sign::{Timestamp, TimestampForm};

use crate::clock::unix_seconds;

/// The value of `X-EXTERNAL-ID`: names one delivery, unique per client id and Jakarta day.
///
/// Digits only, at most 32, so that it also fits `originalExternalId` of status inquiries (ASPI and
/// the Kirim DOKU check-status page limit that to 32; `X-EXTERNAL-ID` itself to 36).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId(String);

impl ExternalId {
    /// Takes an id the caller made.
    ///
    /// # Errors
    ///
    /// When it is empty, longer than 32, or holds anything but digits.
    pub fn new(digits: impl Into<String>) -> Result<Self, ExternalIdError> {
        let digits = digits.into();
        let fits = (1..=LENGTH).contains(&digits.len());
        if fits && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(ExternalIdError)
        }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ExternalId {
    type Error = ExternalIdError;

    fn try_from(digits: String) -> Result<Self, ExternalIdError> {
        Self::new(digits)
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> Self {
        id.0
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text cannot be an external id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExternalIdError;

impl fmt::Display for ExternalIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an external id has 1 to 32 digits and nothing else")
    }
}

impl std::error::Error for ExternalIdError {}

/// Makes external ids.
pub trait ExternalIdGenerator: fmt::Debug + Send + Sync {
    /// An id that was not used before on the Jakarta day of `now`.
    fn next(&self, now: SystemTime) -> ExternalId;
}

/// 32 digits: `yyMMddHHmmss` in Jakarta time, then 20 random digits.
///
/// A collision needs the same second and one chance in 10^20, so processes need not agree on
/// anything. The time in front makes the id readable and sortable.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RandomExternalIds;

impl RandomExternalIds {
    /// Draws from the thread's generator, which the operating system seeds.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl ExternalIdGenerator for RandomExternalIds {
    fn next(&self, now: SystemTime) -> ExternalId {
        compose(now, &mut rand::rng())
    }
}

fn compose(now: SystemTime, random: &mut impl Rng) -> ExternalId {
    let mut digits = second_of(now);
    while digits.len() < LENGTH {
        digits.push(char::from(b'0' + random.random_range(0..10)));
    }
    ExternalId(digits)
}

/// `yyMMddHHmmss`; empty for a moment that no calendar holds, then all digits are random.
fn second_of(now: SystemTime) -> String {
    Timestamp::from_unix(unix_seconds(now), TimestampForm::Jakarta)
        .map(|time| {
            time.as_str()[2..19]
                .chars()
                .filter(char::is_ascii_digit)
                .collect()
        })
        .unwrap_or_default()
}

const LENGTH: usize = 32;

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, time::Duration};

    use super::*;

    #[test]
    fn an_id_starts_with_the_jakarta_second_and_has_32_digits() {
        let new_year_in_jakarta = SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_736_400);

        let id = RandomExternalIds.next(new_year_in_jakarta);

        assert!(id.as_str().starts_with("270101000000"), "{id}");
        assert_eq!(ExternalId::new(id.as_str()), Ok(id.clone()));
        assert_eq!(id.as_str().len(), 32);
    }

    #[test]
    fn ten_thousand_ids_of_one_second_differ() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);

        let ids: HashSet<_> = (0..10_000).map(|_| RandomExternalIds.next(now)).collect();

        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn anything_but_1_to_32_digits_is_refused() {
        for text in ["", "12a", "1 2", &"1".repeat(33), "١٢"] {
            assert_eq!(ExternalId::new(text), Err(ExternalIdError), "{text}");
        }
    }
}
