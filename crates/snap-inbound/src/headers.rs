//! Headers as strictly as they are signed: each once, printable ASCII, nothing around it.

use http::HeaderMap;
use snap_core::AccessToken;

use crate::Reason;

/// The headers of a message.
pub(crate) struct Headers<'a> {
    map: &'a HeaderMap,
}

impl<'a> Headers<'a> {
    /// Checks their number and size.
    pub(crate) fn new(map: &'a HeaderMap) -> Result<Self, Reason> {
        let small = map.len() <= MAX_HEADERS
            && map
                .iter()
                .all(|(name, value)| name.as_str().len() + value.len() <= MAX_HEADER_BYTES);
        if small {
            Ok(Self { map })
        } else {
            Err(Reason::HeadersTooLarge)
        }
    }

    /// The value of a header that has to be there.
    pub(crate) fn one(&self, name: &'static str, max: usize) -> Result<&'a str, Reason> {
        self.at_most_one(name, max)?
            .ok_or(Reason::HeaderMissing(name))
    }

    /// The value of a header that may be there.
    pub(crate) fn at_most_one(
        &self,
        name: &'static str,
        max: usize,
    ) -> Result<Option<&'a str>, Reason> {
        let mut values = self.map.get_all(name).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(Reason::HeaderRepeated(name));
        }
        match std::str::from_utf8(value.as_bytes()) {
            Ok(text) if is_plain(text) && text.len() <= max => Ok(Some(text)),
            _ => Err(Reason::HeaderMalformed(name)),
        }
    }

    /// The token of `Authorization: Bearer …`; the scheme in any case (RFC 9110), one space.
    pub(crate) fn bearer(&self) -> Result<AccessToken, Reason> {
        let value = self.one(AUTHORIZATION_NAME, MAX_HEADER_BYTES)?;
        let token = value
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token)
            .filter(|token| !token.is_empty() && !token.contains(' '));
        token
            .map(AccessToken::new)
            .ok_or(Reason::HeaderMalformed(AUTHORIZATION_NAME))
    }

    /// Checks that the body is said to be plain JSON.
    pub(crate) fn plain_json(&self) -> Result<(), Reason> {
        if self.map.contains_key(http::header::CONTENT_ENCODING) {
            return Err(Reason::ContentEncoding);
        }
        let mut types = self.map.get_all(http::header::CONTENT_TYPE).iter();
        let json = match (types.next().map(http::HeaderValue::to_str), types.next()) {
            (Some(Ok(text)), None) => text
                .split(';')
                .next()
                .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json")),
            _ => false,
        };
        if json {
            Ok(())
        } else {
            Err(Reason::ContentType)
        }
    }
}

/// Printable ASCII, not empty, without a space at its edges.
fn is_plain(text: &str) -> bool {
    let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    printable && !text.is_empty() && !text.starts_with(' ') && !text.ends_with(' ')
}

pub(crate) const TIMESTAMP: &str = "X-TIMESTAMP";
pub(crate) const SIGNATURE: &str = "X-SIGNATURE";
pub(crate) const PARTNER_ID: &str = "X-PARTNER-ID";
pub(crate) const EXTERNAL_ID: &str = "X-EXTERNAL-ID";
pub(crate) const CLIENT_KEY: &str = "X-CLIENT-KEY";
/// As `get_all` takes it and as it reads best.
const AUTHORIZATION_NAME: &str = "Authorization";

/// Longest timestamp: nine fraction digits and an offset are 35 characters.
pub(crate) const MAX_TIMESTAMP: usize = 35;
/// Longest signature: an RSA key of 8192 bits.
pub(crate) const MAX_SIGNATURE: usize = 1368;
/// `Request-Id` of non-SNAP notifications (documented); `requestId` of notices is shorter in all samples.
pub(crate) const MAX_REQUEST_ID: usize = 128;
/// `X-PARTNER-ID` and `X-EXTERNAL-ID` (ASPI).
pub(crate) const MAX_ID: usize = 36;
pub(crate) const MAX_HEADERS: usize = 64;
pub(crate) const MAX_HEADER_BYTES: usize = 8 * 1024;
