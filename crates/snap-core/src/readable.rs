/// A message of the other side made fit for one line of a log: no control characters, at most 150
/// characters (the standard's limit), and nothing that looks like a token, a mail address, or a
/// number of an account, a card or a phone.
pub(crate) fn readable(message: &str) -> String {
    let words = message.split(|c: char| c.is_whitespace() || c.is_control());
    let mut text = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !text.is_empty() {
            text.push(' ');
        }
        let masked = word.len() > 40 || word.contains('@') || shows_a_number(word);
        text.push_str(if masked { "[masked]" } else { word });
    }
    text.chars().take(150).collect()
}

/// Four digits together are the end of a card number, and six a number with separators.
fn shows_a_number(word: &str) -> bool {
    let runs = || word.split(|c: char| !c.is_ascii_digit()).map(str::len);
    runs().any(|run| run >= 4) || runs().sum::<usize>() >= 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_short_line_without_tokens_and_numbers() {
        let token = format!("eyJ{}", "a".repeat(60));
        let message = format!("Invalid\r\nField {token} 628115678890 08-11-22-33 {{amount}}");

        assert_eq!(
            readable(&message),
            "Invalid Field [masked] [masked] [masked] {amount}"
        );
        assert_eq!(readable(&"ab ".repeat(100)).len(), 150);
    }

    #[test]
    fn mail_addresses_and_numbers_of_four_digits_or_more_are_masked() {
        assert_eq!(
            readable("user budi@example.com, card 5221, at 12:30, id=A4187 max 999"),
            "user [masked] card [masked] at 12:30, [masked] max 999"
        );
    }
}
