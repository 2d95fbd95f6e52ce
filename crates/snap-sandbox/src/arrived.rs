//! A request as it arrived, before anything is believed about it.

use crate::check::{Check, Refusal};

/// A request as plain data, so that judging needs neither a socket nor a runtime.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    /// Method, in the case it was sent in.
    pub(crate) method: String,
    /// Path and query as sent: this is what the signature covers.
    pub(crate) target: String,
    /// Header names in lower case, with every value in the order of arrival.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The whole body; None when it was larger than [`BODY_LIMIT`].
    pub(crate) body: Option<Vec<u8>>,
}

impl Arrived {
    /// The target without its query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The one value of a required header: present, not repeated, visible ASCII, not too long.
    ///
    /// An empty value counts as missing (assumed).
    pub(crate) fn required(&self, name: &'static str, max: usize) -> Result<&str, Refusal> {
        let mut values = self.values(name);
        let value = values.next().ok_or(Check::HeaderMissing.of(name))?;
        if values.next().is_some() {
            return Err(Check::HeaderDuplicate.of(name));
        }
        let value = visible(value).ok_or(Check::HeaderUnreadable.of(name))?;
        match value.len() {
            0 => Err(Check::HeaderMissing.of(name)),
            length if length > max => Err(Check::HeaderTooLong.of(name)),
            _ => Ok(value),
        }
    }

    /// The value of a header that may be left out, under the rules of a required one.
    pub(crate) fn optional(&self, name: &'static str, max: usize) -> Result<Option<&str>, Refusal> {
        match self.required(name, max) {
            Ok(value) => Ok(Some(value)),
            Err(refusal) if refusal.check == Check::HeaderMissing => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Whether a header came at all, readable or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// The first value of a header if it is text; for the record, not for a judgement.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.values(name).next().and_then(visible)
    }

    fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }
}

fn visible(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    text.bytes()
        .all(|byte| (b' '..=b'~').contains(&byte))
        .then_some(text)
}

/// Larger bodies are refused: no SNAP request comes near it (assumed).
pub(crate) const BODY_LIMIT: usize = 64 * 1024;
