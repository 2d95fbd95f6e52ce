use std::fmt;

/// The identifier DOKU gives a merchant, such as `BRN-0240-1657686175289`.
///
/// One value serves as `X-CLIENT-KEY` on token requests and as `X-PARTNER-ID` on all others. It is
/// not secret. At most 36 characters (ASPI, `X-PARTNER-ID`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(String);

impl ClientId {
    /// Checks that the text can stand in a header and in a string-to-sign.
    ///
    /// # Errors
    ///
    /// When the text is empty, longer than 36 characters, or holds anything but visible ASCII
    /// without `|`, which separates the fields of the string-to-sign of a token request.
    pub fn new(text: impl Into<String>) -> Result<Self, ClientIdError> {
        let text = text.into();
        if text.is_empty() {
            return Err(ClientIdError("the client id is empty"));
        }
        if text.len() > MAX_LENGTH {
            return Err(ClientIdError("the client id is longer than 36 characters"));
        }
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'|')
        {
            return Err(ClientIdError(
                "the client id holds a space, a line end, `|` or another character that cannot \
                 stand in a header; copy it again from the dashboard",
            ));
        }
        Ok(Self(text))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text cannot be a client id; `Display` says why and does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIdError(&'static str);

impl fmt::Display for ClientIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ClientIdError {}

const MAX_LENGTH: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, because: &str) {
        let error = ClientId::new(text).unwrap_err();
        assert!(error.to_string().contains(because), "{error}");
    }

    #[test]
    fn a_client_id_that_would_break_a_header_or_the_formula_is_refused() {
        refused("", "empty");
        refused("BRN-1\n", "line end");
        refused("BRN|1", "`|`");
        refused(&"B".repeat(37), "36");
    }
}
