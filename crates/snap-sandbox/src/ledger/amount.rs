//! Amounts as whole cents.

use std::fmt;

use crate::json::Json;

/// An amount of money, exact: whole cents and a currency. `Display` writes `15000.00 IDR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount {
    currency: [u8; 3],
    /// The standard's 16 digits and two decimals fit.
    cents: u64,
}

impl Amount {
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
        let text = |name: &str| json.member(name).and_then(Json::as_text);
        let (whole, cents) = text("value")?.split_once('.')?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if cents.len() != 2 || !digits(whole) || !digits(cents) {
            return None;
        }
        Some(Self {
            cents: format!("{whole}{cents}").parse().ok()?,
            currency: text("currency")?.as_bytes().try_into().ok()?,
        })
    }

    /// Nothing, in rupiah.
    pub(crate) fn zero() -> Self {
        Self {
            currency: *b"IDR",
            cents: 0,
        }
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
    }

    #[test]
    fn less_than_nothing_and_other_currencies_cannot_be_taken_away() {
        let ten = amount("10.00", "IDR").expect("an amount");

        assert_eq!(ten.minus(amount("10.01", "IDR").expect("an amount")), None);
        assert_eq!(ten.minus(amount("1.00", "USD").expect("an amount")), None);
        assert_eq!(ten.minus(ten), Some(Amount::zero()));
    }
}
