use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize};

use crate::de;

/// Where a transaction stands: the two digits of `latestTransactionStatus` or `refundStatus`.
///
/// Open: another text is kept as it is and belongs to [`StatusClass::Unknown`]. Read from text or
/// number; `0` is `00`. (Codes: ASPI; DOKU's notification page lists 00, 03, 04, 05 and 06.)
///
/// ```
/// use snap_core::{StatusClass, TransactionStatus};
///
/// let status: TransactionStatus = serde_json::from_str("0")?;
/// assert_eq!(status, TransactionStatus::SUCCESS);
/// assert_eq!(status.class(), StatusClass::Final);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct TransactionStatus(Cow<'static, str>);

/// Whether a status is the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusClass {
    /// Nothing follows, except that a success may be refunded or cancelled later.
    Final,
    /// Ask again later.
    Pending,
    /// The status says nothing about the transaction: it was not found, which is final only after
    /// a grace period, or the code is none that is documented.
    Unknown,
}

impl TransactionStatus {
    /// `00`: it took effect.
    pub const SUCCESS: Self = Self(Cow::Borrowed("00"));
    /// `01`: initiated.
    pub const INITIATED: Self = Self(Cow::Borrowed("01"));
    /// `02`: paying.
    pub const PAYING: Self = Self(Cow::Borrowed("02"));
    /// `03`: pending.
    pub const PENDING: Self = Self(Cow::Borrowed("03"));
    /// `04`: refunded.
    pub const REFUNDED: Self = Self(Cow::Borrowed("04"));
    /// `05`: cancelled.
    pub const CANCELLED: Self = Self(Cow::Borrowed("05"));
    /// `06`: failed.
    pub const FAILED: Self = Self(Cow::Borrowed("06"));
    /// `07`: not found. Final only after a grace period (inferred): the transaction may be on its
    /// way.
    pub const NOT_FOUND: Self = Self(Cow::Borrowed("07"));

    /// The two digits, or what else was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it took effect.
    #[must_use]
    pub fn is_success(&self) -> bool {
        *self == Self::SUCCESS
    }

    /// Whether it failed or was cancelled: the money is where it was.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        *self == Self::FAILED || *self == Self::CANCELLED
    }

    /// Whether another status may follow.
    #[must_use]
    pub fn class(&self) -> StatusClass {
        match self.as_str() {
            "00" | "04" | "05" | "06" => StatusClass::Final,
            "01" | "02" | "03" => StatusClass::Pending,
            _ => StatusClass::Unknown,
        }
    }
}

impl<T: Into<String>> From<T> for TransactionStatus {
    fn from(text: T) -> Self {
        Self(Cow::Owned(de::padded(text.into())))
    }
}

impl fmt::Display for TransactionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TransactionStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        de::text(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn class(json: &str, text: &str, class: StatusClass) {
        let status: TransactionStatus = serde_json::from_str(json).unwrap();
        assert_eq!((status.as_str(), status.class()), (text, class), "{json}");
    }

    #[test]
    fn every_documented_code_has_its_class_in_every_form() {
        class("0", "00", StatusClass::Final);
        class(r#""00""#, "00", StatusClass::Final);
        class(r#""1""#, "01", StatusClass::Pending);
        class("2", "02", StatusClass::Pending);
        class(r#""03""#, "03", StatusClass::Pending);
        class("4", "04", StatusClass::Final);
        class(r#""05""#, "05", StatusClass::Final);
        class("6", "06", StatusClass::Final);
        class("7", "07", StatusClass::Unknown);
    }

    #[test]
    fn success_and_failure_are_told_apart_from_everything_else() {
        let of = |text: &str| {
            let status = TransactionStatus::from(text);
            (status.is_success(), status.is_failed())
        };

        assert_eq!(of("0"), (true, false));
        assert_eq!(of("06"), (false, true));
        assert_eq!(of("05"), (false, true));
        for other in ["01", "03", "04", "07", "99"] {
            assert_eq!(of(other), (false, false), "{other}");
        }
    }

    #[test]
    fn another_code_is_kept_and_means_nothing() {
        class(r#""99""#, "99", StatusClass::Unknown);
        class("100", "100", StatusClass::Unknown);
        class(r#""SUCCESS""#, "SUCCESS", StatusClass::Unknown);
        class(r#""""#, "", StatusClass::Unknown);
    }
}
