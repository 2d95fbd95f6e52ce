//! The B2B tokens a sandbox issued.

use std::{cmp::Reverse, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};

use crate::{check::Check, clock::later, issued::IssuedBook, json::Json, seed::Stream};

/// Every token issued, and what became of it.
#[derive(Clone, Default)]
pub(crate) struct TokenBook {
    /// By client id.
    issued: IssuedBook<String>,
}

impl TokenBook {
    /// Issues a token; the client's older ones end at once.
    ///
    /// DOKU Wallet page: of several tokens requested before expiry, the latest is honoured.
    pub(crate) fn issue(
        &mut self,
        client_id: &str,
        now: DateTime<Utc>,
        lifetime: Duration,
        stream: &mut Stream,
    ) -> String {
        self.end_all(Some(client_id), Check::TokenSuperseded);
        let expires = later(now, lifetime);
        let token = token_text(&claims(client_id, now, expires, stream), stream);
        self.issued
            .add(token.clone(), client_id.to_owned(), expires);
        token
    }

    /// Is this token of this client honoured now?
    pub(crate) fn check(
        &self,
        token: &str,
        client_id: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Check> {
        self.issued
            .get(token)
            .filter(|issued| issued.owner == client_id)
            .ok_or(Check::TokenUnknown)?
            .honoured(now, Check::TokenExpired)
    }

    /// When a token that was issued expires or expired.
    pub(crate) fn expires(&self, token: &str) -> Option<DateTime<Utc>> {
        self.issued.get(token).map(|issued| issued.expires)
    }

    /// The tokens that expire last, honoured or not, at most so many.
    pub(crate) fn last_issued(&self, most: usize) -> Vec<String> {
        let mut all: Vec<_> = self.issued.all().collect();
        all.sort_by_key(|(text, issued)| (Reverse(issued.expires), *text));
        let last = all.into_iter().take(most);
        last.map(|(text, _)| text.to_owned()).collect()
    }

    /// Ends every token that is still honoured, of one client or of all.
    pub(crate) fn end_all(&mut self, client_id: Option<&str>, reason: Check) {
        let is_owner = |owner: &String| client_id.is_none_or(|client_id| owner == client_id);
        self.issued.end(is_owner, reason);
    }

    /// Forgets every token, as if it had never been issued.
    pub(crate) fn forget_all(&mut self) {
        self.issued.clear();
    }
}

/// The claims of published samples of B2B tokens.
fn claims(
    client_id: &str,
    now: DateTime<Utc>,
    expires: DateTime<Utc>,
    stream: &mut Stream,
) -> Json {
    Json::object([
        ("exp", Json::number(expires.timestamp())),
        ("nbf", Json::number(now.timestamp())),
        ("iss", Json::text("DOKU-LOCAL")),
        ("iat", Json::number(now.timestamp())),
        ("jti", Json::text(stream.alphanumeric(128))),
        ("clientId", Json::text(client_id)),
    ])
}

/// A text that looks like DOKU's tokens, an RS256 JWT, and is none: its signature is noise. DOKU's key
/// is not published, so clients cannot check it and must not read it.
pub(crate) fn token_text(claims: &Json, stream: &mut Stream) -> String {
    let header = Json::object([("alg", Json::text("RS256")), ("typ", Json::text("JWT"))]);
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (header, claims) = (header.to_string(), claims.to_string());
    let signature = stream.bytes(256);
    format!(
        "{}.{}.{}",
        part(header.as_bytes()),
        part(claims.as_bytes()),
        part(&signature)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_about_700_bytes_and_no_two_are_equal() {
        let mut book = TokenBook::default();
        let mut stream = Stream::new(1);
        let now = DateTime::UNIX_EPOCH;
        let mut issue = || book.issue("BRN-LOCAL-1", now, Duration::from_secs(900), &mut stream);

        let (first, second) = (issue(), issue());

        assert!((600..800).contains(&first.len()), "{}", first.len());
        assert_ne!(first, second);
    }

    #[test]
    fn a_token_of_another_client_is_unknown() {
        let mut book = TokenBook::default();
        let now = DateTime::UNIX_EPOCH;
        let token = book.issue("one", now, Duration::from_secs(900), &mut Stream::new(1));

        assert_eq!(book.check(&token, "one", now), Ok(()));
        assert_eq!(book.check(&token, "other", now), Err(Check::TokenUnknown));
    }
}
