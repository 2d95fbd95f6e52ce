use std::fmt;

/// Removes the whitespace between JSON tokens and leaves every other byte as it is.
///
/// Space, tab, carriage return and line feed outside strings go; strings, numbers, escapes and the
/// order of members stay. Reading the JSON into values and writing it again would be shorter and
/// wrong: number forms (`10000.00`), escapes and key order would change, and each of them changes
/// the digest.
///
/// The text is not checked to be JSON beyond what is needed to tell strings from the rest.
///
/// # Errors
///
/// When the text is not UTF-8, or ends inside a string.
///
/// ```
/// let body = b"{ \"name\": \"two  spaces\",\r\n\t\"value\": 10.00 }";
///
/// assert_eq!(snap_sign::minify(body)?, br#"{"name":"two  spaces","value":10.00}"#);
/// # Ok::<(), snap_sign::MinifyError>(())
/// ```
pub fn minify(json: &[u8]) -> Result<Vec<u8>, MinifyError> {
    let mut minified = Vec::with_capacity(json.len());
    for_each_run(json, |run| minified.extend_from_slice(run))?;
    Ok(minified)
}

/// Whether [`minify`] would leave the text as it is.
///
/// # Errors
///
/// As [`minify`].
pub fn is_compact(json: &[u8]) -> Result<bool, MinifyError> {
    let mut kept = 0;
    for_each_run(json, |run| kept += run.len())?;
    Ok(kept == json.len())
}

/// Hands over the longest runs of bytes that minifying keeps, in order, without copying them.
pub(crate) fn for_each_run(json: &[u8], mut keep: impl FnMut(&[u8])) -> Result<(), MinifyError> {
    if let Err(error) = std::str::from_utf8(json) {
        return Err(MinifyError::NotUtf8 {
            offset: error.valid_up_to(),
        });
    }
    let mut run_start = 0;
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => at = after_string(json, at)?,
            b' ' | b'\t' | b'\r' | b'\n' => {
                keep(&json[run_start..at]);
                at += 1;
                run_start = at;
            }
            _ => at += 1,
        }
    }
    keep(&json[run_start..]);
    Ok(())
}

/// The position behind the quote that closes the string opened at `open`.
fn after_string(json: &[u8], open: usize) -> Result<usize, MinifyError> {
    let mut at = open + 1;
    while let Some(step) = json
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        let found = at + step;
        if json[found] == b'"' {
            return Ok(found + 1);
        }
        at = found + 2; // a backslash and whatever it escapes
    }
    Err(MinifyError::UnterminatedString { offset: open })
}

/// The body cannot be minified, so it cannot be signed or verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MinifyError {
    /// The bytes are not UTF-8 from this offset on.
    NotUtf8 {
        /// Offset of the first byte that is not UTF-8.
        offset: usize,
    },
    /// A string that starts at this offset has no end.
    UnterminatedString {
        /// Offset of the opening quote.
        offset: usize,
    },
}

impl fmt::Display for MinifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 { offset } => write!(f, "the body is not UTF-8 from byte {offset} on"),
            Self::UnterminatedString { offset } => {
                write!(
                    f,
                    "the string that starts at byte {offset} of the body has no end"
                )
            }
        }
    }
}

impl std::error::Error for MinifyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, minified: &str) {
        assert_eq!(
            String::from_utf8(minify(json.as_bytes()).unwrap()).unwrap(),
            minified
        );
        assert_eq!(is_compact(json.as_bytes()), Ok(json == minified), "{json}");
    }

    #[test]
    fn whitespace_goes_between_tokens_and_stays_in_strings() {
        check("", "");
        check(" \t\r\n", "");
        check(r#"{ "a" : [ 1 , 2.50 ] }"#, r#"{"a":[1,2.50]}"#);
        check(r#"{"a":"  x	y "}"#, r#"{"a":"  x	y "}"#);
        check(
            r#"{"q":"say \" and \\" , "b":1}"#,
            r#"{"q":"say \" and \\","b":1}"#,
        );
        check("{\"nbsp\":\u{a0}1}", "{\"nbsp\":\u{a0}1}");
    }

    #[test]
    fn a_string_without_an_end_is_an_error_that_names_its_start() {
        let error = MinifyError::UnterminatedString { offset: 5 };

        assert_eq!(minify(br#"{"a":"x"#), Err(error));
        assert_eq!(minify(br#"{"a":"x\"#), Err(error));
        assert_eq!(minify(br#"{"a":"x\""#), Err(error));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_an_error_that_names_their_place() {
        assert_eq!(
            minify(b"{\"a\":\"\xff\"}"),
            Err(MinifyError::NotUtf8 { offset: 6 })
        );
    }
}
