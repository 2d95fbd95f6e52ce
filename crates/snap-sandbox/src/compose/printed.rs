//! What the examples of the pages print, and text printed like it.

use crate::json::Json;

/// Digits as a JSON number. Two-digit codes lose their zero, as on the pages; other texts with a
/// leading zero, and those longer than 18 digits, are no numbers.
pub(super) fn number(text: &str) -> Option<Json> {
    let (whole, cents) = match text.split_once('.') {
        Some((whole, cents)) => (whole, Some(cents)),
        None => (text, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || whole.len() > 18 || !cents.is_none_or(digits) {
        return None;
    }
    match whole.strip_prefix('0') {
        None | Some("") => Some(Json::number(text)),
        Some(last) if whole.len() == 2 && cents.is_none() => Some(Json::number(last)),
        Some(_) => None,
    }
}

/// A number or text of an example as an amount's value.
pub(super) fn two_decimals(printed: &Json) -> Option<String> {
    let text = match printed {
        Json::Number(text) | Json::Text(text) => text,
        _ => return None,
    };
    let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = !whole.is_empty() && digits(whole) && digits(cents) && cents.len() <= 2;
    fits.then(|| format!("{whole}.{cents:0<2}"))
}

/// The example's text, unless it is a placeholder or damaged.
pub(super) fn sane(example: Option<&Json>) -> Option<String> {
    let text = match example? {
        Json::Number(text) | Json::Text(text) => text,
        _ => return None,
    };
    let placeholder = ["", "text", "string"].contains(&text.as_str());
    let damaged = text.contains('"') || text.chars().count() > 100;
    (!placeholder && !damaged).then(|| text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_numbers_where_a_number_can_hold_them() {
        let written = |text| number(text).map(|json| json.to_string());

        assert_eq!(written("17").as_deref(), Some("17"));
        assert_eq!(written("00").as_deref(), Some("0"));
        assert_eq!(written("08").as_deref(), Some("8"));
        assert_eq!(written("0").as_deref(), Some("0"));
        assert_eq!(written("10000.00").as_deref(), Some("10000.00"));
        assert_eq!(written("0.50").as_deref(), Some("0.50"));
        for text in [
            "",
            "012",
            "01.00",
            "1.",
            ".5",
            "ref-1",
            "1234567890123456789",
        ] {
            assert_eq!(written(text), None, "{text}");
        }
    }

    #[test]
    fn examples_give_amounts_with_two_decimals() {
        let read = |text: &str| two_decimals(&Json::number(text));

        assert_eq!(read("0").as_deref(), Some("0.00"));
        assert_eq!(read("1700.7").as_deref(), Some("1700.70"));
        assert_eq!(read("1095086.98").as_deref(), Some("1095086.98"));
        assert_eq!(read("1e3"), None);
        assert_eq!(two_decimals(&Json::text("text")), None);
    }

    #[test]
    fn placeholders_and_damaged_examples_are_not_repeated() {
        for text in ["", "text", "0987dc7e\"", &"long ".repeat(30)] {
            assert_eq!(sane(Some(&Json::text(text))), None, "{text}");
        }
        assert_eq!(sane(Some(&Json::number(3189))).as_deref(), Some("3189"));
    }
}
