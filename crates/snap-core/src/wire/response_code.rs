use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::de;

/// `responseCode`: HTTP status (3 digits), service code (2), case code (2).
///
/// `4015501` is HTTP 401, service 55 (debit status), case 01 (invalid B2B token). Read from text or
/// number, since DOKU's pages show both. A code of another form is kept as received: it has no
/// parts, and an answer that carries it is unreadable.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ResponseCode(String);

impl ResponseCode {
    /// The code as received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the code has the seven digits it should have.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.0.len() == LENGTH && self.0.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// The first three digits, an HTTP status. It normally equals that of the answer, but the code
    /// decides.
    #[must_use]
    pub fn http_part(&self) -> Option<u16> {
        self.part(0..3)
    }

    /// The two digits that name the service.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.is_well_formed().then(|| &self.0[3..5])
    }

    /// The two digits that name the case, as a number.
    #[must_use]
    pub fn case(&self) -> Option<u16> {
        self.part(5..LENGTH)
    }

    /// Whether the code reports success or acceptance.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.http_part()
            .is_some_and(|http| (200..300).contains(&http))
    }

    /// Whether DOKU refused the merchant's access token: HTTP part 401 with case 01 (invalid) or 03
    /// (not found).
    #[must_use]
    pub fn is_refused_b2b_token(&self) -> bool {
        self.http_part() == Some(401) && matches!(self.case(), Some(1 | 3))
    }

    /// Whether DOKU refused the customer's access token: HTTP part 401 with case 02 (invalid) or 04
    /// (not found).
    #[must_use]
    pub fn is_refused_customer_token(&self) -> bool {
        self.http_part() == Some(401) && matches!(self.case(), Some(2 | 4))
    }

    fn part(&self, digits: std::ops::Range<usize>) -> Option<u16> {
        self.is_well_formed()
            .then(|| self.0[digits].parse().ok())
            .flatten()
    }
}

impl From<&str> for ResponseCode {
    fn from(code: &str) -> Self {
        Self(code.to_owned())
    }
}

/// A code of another form may be anything, so no more than its length is shown.
impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_well_formed() {
            f.write_str(&self.0)
        } else {
            write!(f, "malformed ({} bytes)", self.0.len())
        }
    }
}

impl<'de> Deserialize<'de> for ResponseCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        de::text(deserializer).map(Self)
    }
}

const LENGTH: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(json: &str) -> ResponseCode {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn text_and_number_are_one_code() {
        assert_eq!(read("2001100"), read(r#""2001100""#));
        assert!(read("2001100").is_success());
    }

    #[test]
    fn the_parts_are_http_status_service_and_case() {
        let code = read(r#""4015501""#);

        assert_eq!(
            (code.http_part(), code.service(), code.case()),
            (Some(401), Some("55"), Some(1))
        );
        assert!(code.is_refused_b2b_token());
        assert!(!read("4015502").is_refused_b2b_token());
    }

    #[test]
    fn a_refused_customer_token_is_case_02_or_04_of_401() {
        for code in ["4011102", "4011104"] {
            assert!(read(code).is_refused_customer_token(), "{code}");
        }
        for code in ["4011100", "4011101", "4011103", "4031102", "401110"] {
            assert!(
                !ResponseCode::from(code).is_refused_customer_token(),
                "{code}"
            );
        }
    }

    #[test]
    fn a_malformed_code_is_kept_and_has_no_parts() {
        for raw in ["0", "", "20011000", "200110x", "２001100"] {
            let code = ResponseCode::from(raw);
            assert_eq!(
                (code.as_str(), code.http_part(), code.is_success()),
                (raw, None, false)
            );
        }
    }
}
