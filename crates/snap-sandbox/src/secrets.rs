//! What must not occur in logs, errors or other output.

use std::collections::HashSet;

use crate::merchant::Merchant;

/// Every secret that a sandbox issued or received.
pub(crate) struct Secrets {
    client_secret: String,
    /// Lines of the private key's PEM: a key printed on one line or with `\n` is found as well.
    key_lines: Vec<String>,
    tokens: HashSet<String>,
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
            tokens: HashSet::new(),
        }
    }

    /// Remembers a token. Shorter ones occur in innocent text by chance; longer ones than the
    /// standard allows are nobody's.
    pub(crate) fn remember(&mut self, token: &str) {
        if (16..=2048).contains(&token.len()) && !self.tokens.contains(token) {
            self.tokens.insert(token.to_owned());
        }
    }

    /// The kind of the first secret that occurs in a text.
    pub(crate) fn find_in(&self, text: &str) -> Option<&'static str> {
        let key = || {
            self.key_lines
                .iter()
                .any(|line| text.contains(line.as_str()))
        };
        let token = || {
            self.tokens
                .iter()
                .any(|token| text.contains(secret_part(token)))
        };
        if text.contains(&self.client_secret) {
            Some("client secret")
        } else if key() {
            Some("private key")
        } else if token() {
            Some("access token")
        } else {
            None
        }
    }
}

/// The last part of a JWT is what makes it valid, and is found even when the rest is cut off; a short
/// one would be found by chance.
fn secret_part(token: &str) -> &str {
    token
        .rsplit('.')
        .next()
        .filter(|part| part.len() >= 16)
        .unwrap_or(token)
}

fn is_base64(line: &str) -> bool {
    line.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys, seed::Stream};

    #[test]
    fn each_kind_of_secret_is_found_in_any_dress() {
        let merchant = Merchant::draw(&mut Stream::new(1), keys::pick(1));
        let mut secrets = Secrets::of(&merchant);
        secrets.remember("eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJlLXRleHQ");
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
        assert_eq!(
            found(format!("{merchant:?} {}", merchant.public_key_pem)),
            None
        );
    }
}
