use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct};

use crate::de;

/// An amount of money: decimal text and a currency, `{"value": "10000.00", "currency": "IDR"}`.
///
/// No float is involved anywhere. Written with two decimals, at most 16 digits before the point
/// (DOKU pages, ASPI). Read from text or number and kept digit for digit, because answers have been
/// seen with numbers, without decimals, and as a bare value without a currency.
///
/// ```
/// use snap_core::Amount;
///
/// let amount = Amount::new("10000", "IDR")?;
/// assert_eq!(amount, Amount::idr(10_000));
/// assert_eq!(serde_json::to_string(&amount)?, r#"{"value":"10000.00","currency":"IDR"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Amount {
    value: String,
    currency: Option<String>,
}

impl Amount {
    /// A number of rupiah.
    #[must_use]
    pub fn idr(rupiah: u32) -> Self {
        Self {
            value: format!("{rupiah}.00"),
            currency: Some("IDR".to_owned()),
        }
    }

    /// Takes a decimal text such as `10000` or `10000.5`, and a currency of three capitals.
    ///
    /// # Errors
    ///
    /// When the text is not a plain decimal number of at most 16 digits before the point and two
    /// behind it, or the currency has another form. Nothing is rounded.
    pub fn new(value: &str, currency: &str) -> Result<Self, AmountError> {
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(AmountError(
                "the currency is not three capital letters such as IDR",
            ));
        }
        Ok(Self {
            value: two_decimals(value)?,
            currency: Some(currency.to_owned()),
        })
    }

    /// The value, digit for digit as received or given.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The currency, unless the answer did not name one.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// The value as a number to calculate with.
    ///
    /// # Errors
    ///
    /// When the text is not a decimal number; answers can hold anything.
    pub fn to_decimal(&self) -> Result<Decimal, AmountError> {
        Decimal::from_str_exact(&self.value)
            .or_else(|_| Decimal::from_scientific(&self.value))
            .map_err(|_| AmountError("the value is not a decimal number"))
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Amount({} {})",
            self.value,
            self.currency().unwrap_or("without currency")
        )
    }
}

/// Amounts are equal when they are the same money: `10000` and `10000.00` are.
impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        let same_value = match (self.to_decimal(), other.to_decimal()) {
            (Ok(one), Ok(other)) => one == other,
            _ => self.value == other.value,
        };
        same_value && self.currency == other.currency
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut amount = serializer.serialize_struct("Amount", 2)?;
        let value = two_decimals(&self.value).map_err(serde::ser::Error::custom)?;
        amount.serialize_field("value", &value)?;
        if let Some(currency) = &self.currency {
            amount.serialize_field("currency", currency)?;
        }
        amount.end()
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Members {
            #[serde(default, deserialize_with = "de::opt_text")]
            value: Option<String>,
            #[serde(default, deserialize_with = "de::opt_text")]
            currency: Option<String>,
        }
        match de::one_of::<D, Members>(deserializer)? {
            de::OneOf::Object(Members { value, currency }) => Ok(Self {
                value: value.unwrap_or_default(),
                currency,
            }),
            de::OneOf::Text(value) => Ok(Self {
                value,
                currency: None,
            }),
        }
    }
}

/// The text with exactly two decimals, if that changes nothing about the number.
fn two_decimals(value: &str) -> Result<String, AmountError> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(AmountError(
            "the value is not a plain decimal number such as 10000.00",
        ));
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    if whole.len() > MAX_WHOLE_DIGITS {
        return Err(AmountError(
            "the value has more than 16 digits before the point",
        ));
    }
    match fraction.trim_end_matches('0') {
        cents if cents.len() <= 2 => Ok(format!("{whole}.{cents:0<2}")),
        _ => Err(AmountError(
            "the value has more than two decimals; round it first",
        )),
    }
}

/// The text cannot be an amount; `Display` says why and does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmountError(&'static str);

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for AmountError {}

const MAX_WHOLE_DIGITS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn writes(value: &str, written: &str) {
        assert_eq!(
            Amount::new(value, "IDR").unwrap().value(),
            written,
            "{value}"
        );
    }

    #[track_caller]
    fn reads(json: &str, value: &str, currency: Option<&str>) {
        let amount: Amount = serde_json::from_str(json).unwrap();
        assert_eq!(
            (amount.value(), amount.currency()),
            (value, currency),
            "{json}"
        );
    }

    #[test]
    fn two_decimals_are_written_and_nothing_is_rounded() {
        writes("10000", "10000.00");
        writes("10000.5", "10000.50");
        writes("0010.000", "10.00");
        writes("0", "0.00");
        writes("9999999999999999.99", "9999999999999999.99");
    }

    #[test]
    fn what_is_not_a_plain_amount_is_refused() {
        for value in [
            "",
            "-1",
            "+1",
            "1e3",
            "1,000",
            "1.",
            ".5",
            "1.005",
            " 1",
            "10000000000000000",
            "NaN",
            "１",
        ] {
            assert!(Amount::new(value, "IDR").is_err(), "{value}");
        }
        for currency in ["", "idr", "RUPIAH", "ID"] {
            assert!(Amount::new("1", currency).is_err(), "{currency}");
        }
    }

    #[test]
    fn text_and_numbers_are_read_digit_for_digit() {
        reads(
            r#"{"value":"10000.00","currency":"IDR"}"#,
            "10000.00",
            Some("IDR"),
        );
        reads(
            r#"{"value":9007199254740993.25,"currency":"IDR"}"#,
            "9007199254740993.25",
            Some("IDR"),
        );
        reads(
            r#"{"currency":"IDR","value":10000,"note":[1]}"#,
            "10000",
            Some("IDR"),
        );
        reads(r#""50000.00""#, "50000.00", None);
        reads("12500", "12500", None);
        reads("{}", "", None);
    }

    #[test]
    fn an_answer_in_another_form_is_kept_but_never_sent() {
        let amount: Amount =
            serde_json::from_str(r#"{"value":1.23456789E7,"currency":"IDR"}"#).unwrap();

        assert_eq!(amount.to_decimal().unwrap().to_string(), "12345678.9");
        assert!(serde_json::to_string(&amount).is_err());
    }

    #[test]
    fn the_same_money_is_equal_in_every_spelling() {
        let read: Amount = serde_json::from_str(r#"{"value":10000,"currency":"IDR"}"#).unwrap();

        assert_eq!(read, Amount::idr(10_000));
        assert_ne!(read, Amount::new("10000", "USD").unwrap());
    }
}
