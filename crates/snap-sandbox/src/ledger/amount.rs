//! Amounts as whole cents.

use std::{fmt, str::FromStr};

use crate::json::Json;

/// An amount of money, exact: whole cents and a currency. `Display` writes `15000.00 IDR`.
///
/// ```
/// use snap_sandbox::Amount;
///
/// assert_eq!(Amount::rupiah(15_000).to_string(), "15000.00 IDR");
/// assert_eq!("15000.00".parse(), Ok(Amount::rupiah(15_000)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount {
    currency: [u8; 3],
    /// The standard's 16 digits and two decimals fit.
    cents: u64,
}

impl Amount {
    /// Whole rupiah; at most the 16 digits of the standard.
    #[must_use]
    pub const fn rupiah(rupiah: u64) -> Self {
        let most = if rupiah > MOST { MOST } else { rupiah };
        Self {
            currency: *b"IDR",
            cents: most * 100,
        }
    }

    /// The value as the standard writes it: decimal text with two decimals, such as `15000.00`.
    #[must_use]
    pub fn value(&self) -> String {
        format!("{}.{:02}", self.cents / 100, self.cents % 100)
    }

    /// The currency, three capitals.
    #[must_use]
    pub fn currency(&self) -> &str {
        std::str::from_utf8(&self.currency).unwrap_or_default()
    }

    /// Reads `value` and `currency` of an amount in a body.
    pub(crate) fn read(json: &Json) -> Option<Self> {
        let text = |name: &str| json.text_at(name);
        Self::of(text("value")?, text("currency")?)
    }

    fn of(value: &str, currency: &str) -> Option<Self> {
        let (whole, cents) = value.split_once('.')?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if cents.len() != 2 || !digits(whole) || !digits(cents) {
            return None;
        }
        Some(Self {
            cents: format!("{whole}{cents}").parse().ok()?,
            currency: currency.as_bytes().try_into().ok()?,
        })
    }

    /// So many cents of this one's currency.
    pub(crate) fn with_cents(self, cents: u64) -> Self {
        Self { cents, ..self }
    }

    pub(crate) fn code(self) -> [u8; 3] {
        self.currency
    }

    /// Nothing, in rupiah.
    pub(crate) fn zero() -> Self {
        Self::rupiah(0)
    }

    pub(crate) fn cents(self) -> u64 {
        self.cents
    }

    /// This without another amount; None if that is more, or in another currency.
    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        let same = self.currency == other.currency;
        let cents = self.cents.checked_sub(other.cents).filter(|_| same)?;
        Some(Self { cents, ..self })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value(), self.currency())
    }
}

/// Reads what `Display` writes; without a currency it is rupiah.
impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (value, currency) = text.split_once(' ').unwrap_or((text, "IDR"));
        Self::of(value, currency).ok_or(AmountError(()))
    }
}

/// A text is no amount: digits, a point, two digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmountError(());

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount has two decimals, such as 15000.00 IDR")
    }
}

impl std::error::Error for AmountError {}

/// The most rupiah that the standard can express.
const MOST: u64 = 9_999_999_999_999_999;

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(value: &str, currency: &str) -> Option<Amount> {
        let members = [("value", value), ("currency", currency)];
        Amount::read(&Json::object(
            members.map(|(name, text)| (name, Json::text(text))),
        ))
    }

    #[test]
    fn sixteen_digits_and_two_decimals_keep_every_digit() {
        let most = amount("9999999999999999.99", "IDR").expect("an amount");

        assert_eq!(most.to_string(), "9999999999999999.99 IDR");
        assert_eq!(amount("0.05", "USD").expect("an amount").value(), "0.05");
    }

    #[test]
    fn what_is_no_amount_is_not_read() {
        for value in ["", "1", "1.0", "1.000", "-1.00", "1,00", "1e2.00"] {
            assert_eq!(amount(value, "IDR"), None, "{value}");
        }
        assert_eq!(amount("1.00", "RUPIAH"), None);
        for text in [
            "",
            "1",
            "1.0",
            "1.00 ",
            "1.00 RUPIAH",
            "1.00  IDR",
            "Rp 1.00",
        ] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    #[test]
    fn text_is_read_as_it_is_written() {
        for text in ["0.00 IDR", "15000.05 USD", "9999999999999999.00 IDR"] {
            assert_eq!(text.parse::<Amount>().expect(text).to_string(), text);
        }
        assert_eq!(
            Amount::rupiah(u64::MAX).to_string(),
            "9999999999999999.00 IDR"
        );
    }

    #[test]
    fn less_than_nothing_and_other_currencies_cannot_be_taken_away() {
        let ten = amount("10.00", "IDR").expect("an amount");

        assert_eq!(ten.minus(amount("10.01", "IDR").expect("an amount")), None);
        assert_eq!(ten.minus(amount("1.00", "USD").expect("an amount")), None);
        assert_eq!(ten.minus(ten), Some(Amount::zero()));
    }
}
