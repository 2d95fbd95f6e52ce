//! What must not occur in logs, errors or other output.

use std::collections::HashMap;

use crate::merchant::Merchant;

/// Every secret that a sandbox issued or received.
pub(crate) struct Secrets {
    client_secret: String,
    /// Lines of the private key's PEM: a key printed on one line or with `\n` is found as well.
    key_lines: Vec<String>,
    /// Tokens, codes and secret members of bodies, with their kind.
    texts: HashMap<String, &'static str>,
}

impl Secrets {
    pub(crate) fn of(merchant: &Merchant) -> Self {
        let lines = merchant.private_key_pem.lines();
        Self {
            client_secret: merchant.client_secret.clone(),
            key_lines: lines
                .filter(|line| line.len() >= 32 && is_base64(line))
                .map(Into::into)
                .collect(),
            texts: HashMap::from([(merchant.encryption_key.clone(), "encryption key")]),
        }
    }

    /// Remembers a secret under the kind it was first seen as. Shorter ones occur in innocent text by
    /// chance; longer ones than the standard allows for a token are nobody's.
    pub(crate) fn remember(&mut self, kind: &'static str, text: &str) {
        if (SHORTEST..=2048).contains(&text.len()) && !self.texts.contains_key(text) {
            self.texts.insert(text.to_owned(), kind);
        }
    }

    /// A text in which every remembered token, code or member of a body is replaced by a short form.
    ///
    /// A secret is found where nothing that could be part of one stands beside it.
    pub(crate) fn shorten(&self, text: &str, short: impl Fn(&str) -> String) -> String {
        self.replace(text, SHORTEST, &short)
    }

    /// As [`shorten`](Self::shorten), but leaves what may be an innocent word, such as an OTP.
    fn shorten_long(&self, text: &str, short: impl Fn(&str) -> String) -> String {
        self.replace(text, LONG, &short)
    }

    fn replace(&self, text: &str, least: usize, short: &dyn Fn(&str) -> String) -> String {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-._+/=".contains(letter);
        let mut shown = String::with_capacity(text.len());
        for piece in text.split_inclusive(|letter| !is_part(letter)) {
            let word = piece.trim_end_matches(|letter| !is_part(letter));
            self.replace_word(word, least, short, &mut shown);
            shown.push_str(&piece[word.len()..]);
        }
        shown
    }

    /// The secret may be the word, the end of `name=value`, before the end of a sentence, or between
    /// the slashes of a path.
    fn replace_word(
        &self,
        word: &str,
        least: usize,
        short: &dyn Fn(&str) -> String,
        shown: &mut String,
    ) {
        let is_secret = |text: &str| text.len() >= least && self.texts.contains_key(text);
        // The `=` at the end of base64 belongs to it.
        let start = word.trim_end_matches('=').rfind('=').map_or(0, |at| at + 1);
        let (name, value) = word.split_at(start);
        shown.push_str(name);
        if is_secret(value) {
            return shown.push_str(&short(value));
        }
        for part in value.split_inclusive('/') {
            let segment = part.trim_end_matches(['/', '.']);
            if is_secret(segment) {
                shown.push_str(&short(segment));
                shown.push_str(&part[segment.len()..]);
            } else {
                shown.push_str(part);
            }
        }
    }

    /// A text without the client secret, the private key and any remembered secret that cannot stand there
    /// by chance.
    pub(crate) fn hide(&self, text: &str, short: impl Fn(&str) -> String) -> String {
        self.shorten_long(&self.without_keys(text), short)
    }

    /// A text without the client secret and the private key.
    pub(crate) fn without_keys(&self, text: &str) -> String {
        let mut text = text.replace(&self.client_secret, "[client secret]");
        for line in &self.key_lines {
            if text.contains(line) {
                text = text.replace(line, "[private key]");
            }
        }
        text
    }

    /// The kind of the first secret that occurs in a text.
    pub(crate) fn find_in(&self, text: &str) -> Option<&'static str> {
        let key = || {
            self.key_lines
                .iter()
                .any(|line| text.contains(line.as_str()))
        };
        let other = || {
            let mut texts = self.texts.iter();
            texts
                .find(|(secret, _)| occurs(secret_part(secret), text))
                .map(|(_, kind)| *kind)
        };
        if text.contains(&self.client_secret) {
            Some("client secret")
        } else if key() {
            Some("private key")
        } else {
            other()
        }
    }
}

/// Short secrets, such as an OTP, count as whole words only: their digits may be part of a number.
fn occurs(secret: &str, text: &str) -> bool {
    if secret.len() >= LONG {
        return text.contains(secret);
    }
    let is_apart = |letter: Option<char>| !letter.is_some_and(char::is_alphanumeric);
    text.match_indices(secret).any(|(start, found)| {
        let after = &text[start + found.len()..];
        is_apart(text[..start].chars().next_back()) && is_apart(after.chars().next())
    })
}

/// The last part of a JWT is what makes it valid, and is found even when the rest is cut off; a short
/// one would be found by chance.
fn secret_part(token: &str) -> &str {
    token
        .rsplit('.')
        .next()
        .filter(|part| part.len() >= LONG)
        .unwrap_or(token)
}

fn is_base64(line: &str) -> bool {
    line.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// The shortest secret that is looked for, in bytes.
const SHORTEST: usize = 6;

/// From this length on, a text does not occur by chance.
const LONG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys, seed::Stream};

    #[test]
    fn a_secret_is_cut_short_wherever_it_stands_as_a_word() {
        let merchant = Merchant::draw(&mut Stream::new(1), keys::pick(1));
        let mut secrets = Secrets::of(&merchant);
        secrets.remember("access token", "abcdefgh/ijklmnop==");
        secrets.remember("card number", "5221840000000001");
        secrets.remember("OTP", "123456");
        let short = |_: &str| "…".to_owned();

        for (text, shown) in [
            ("abcdefgh/ijklmnop==", "…"),
            ("a=1&b=abcdefgh/ijklmnop==&c=2", "a=1&b=…&c=2"),
            ("/v1/5221840000000001/x", "/v1/…/x"),
            ("It was 5221840000000001.", "It was …."),
            ("a 95221840000000001", "a 95221840000000001"),
        ] {
            assert_eq!(secrets.shorten(text, short), shown);
            assert_eq!(secrets.shorten_long(text, short), shown);
        }
        assert_eq!(secrets.shorten("123456", short), "…");
        assert_eq!(secrets.shorten_long("123456", short), "123456");
    }

    #[test]
    fn each_kind_of_secret_is_found_in_any_dress() {
        let merchant = Merchant::draw(&mut Stream::new(1), keys::pick(1));
        let mut secrets = Secrets::of(&merchant);
        secrets.remember("secret of a request", "123456");
        secrets.remember("secret of a request", "1234");
        secrets.remember(
            "access token",
            "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJlLXRleHQ",
        );
        let pem = &merchant.private_key_pem;

        let found = |text: String| secrets.find_in(&text);

        assert_eq!(
            found(format!("key={}", merchant.client_secret)),
            Some("client secret")
        );
        assert_eq!(found(format!("{pem:?}")), Some("private key"));
        assert_eq!(found(pem.replace('\n', "")), Some("private key"));
        assert_eq!(
            found("…e30.c2lnbmF0dXJlLXRleHQ…".to_owned()),
            Some("access token")
        );
        for shown in ["otp=123456", "123456", "{\"otp\":\"123456\"}"] {
            assert_eq!(
                found(shown.to_owned()),
                Some("secret of a request"),
                "{shown}"
            );
        }
        for other in ["9123456", "1234567", "x123456", "1234"] {
            assert_eq!(found(other.to_owned()), None, "{other}");
        }
        assert_eq!(
            found(format!("{merchant:?} {}", merchant.public_key_pem)),
            None
        );
    }
}
