//! Which response codes a rule is about.

use anyhow::{Context, Result, bail};

use super::file::RawRule;
use super::services::check_http;

/// Response codes; an empty list and `None` stand for any.
#[derive(Debug)]
pub(super) struct Codes {
    pub(super) http: Vec<u16>,
    pub(super) cases: Vec<u16>,
    pub(super) status: Option<Status>,
}

/// The HTTP status an answer came with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Status {
    Success,
    Conflict,
    Other,
}

impl Codes {
    pub(super) fn read(raw: &RawRule) -> Result<Self> {
        let http = raw.http.clone();
        if http.as_ref().is_some_and(Vec::is_empty) {
            bail!("`http` is empty: remove it, or name a status");
        }
        let codes = Self {
            http: http.unwrap_or_default(),
            cases: match (&raw.case, &raw.cases) {
                (Some(_), Some(_)) => bail!("`case` and `cases` are both given: leave one"),
                (Some(case), None) => vec![case_code(case)?],
                (None, Some(cases)) => ranges(cases)?,
                (None, None) => Vec::new(),
            },
            status: raw.status.as_deref().map(Status::read).transpose()?,
        };
        codes.http.iter().try_for_each(|http| check_http(*http))?;
        // A code that cannot be taken apart is covered by the rules without `http`.
        if codes.http.is_empty() && codes.rank() > 0 {
            bail!("`case` and `status` narrow an `http`: name it");
        }
        Ok(codes)
    }

    /// How many narrowings there are.
    pub(super) fn rank(&self) -> usize {
        [
            !self.http.is_empty(),
            !self.cases.is_empty(),
            self.status.is_some(),
        ]
        .into_iter()
        .filter(|narrows| *narrows)
        .count()
    }

    pub(super) fn covers(&self, http: u16, case: u16, status: Status) -> bool {
        (self.http.is_empty() || self.http.contains(&http))
            && (self.cases.is_empty() || self.cases.contains(&case))
            && self.status.is_none_or(|about| about == status)
    }
}

impl Status {
    pub(super) const ALL: [Self; 3] = [Self::Success, Self::Conflict, Self::Other];

    fn read(word: &str) -> Result<Self> {
        match word {
            "2xx" => Ok(Self::Success),
            "409" => Ok(Self::Conflict),
            "other" => Ok(Self::Other),
            _ => bail!("status = \"{word}\": write one of 2xx, 409, other"),
        }
    }

    /// The one that an HTTP status is.
    pub(super) fn of(http: u16) -> Self {
        match http {
            200..300 => Self::Success,
            409 => Self::Conflict,
            _ => Self::Other,
        }
    }
}

/// Cases such as `00-02, 04`.
fn ranges(text: &str) -> Result<Vec<u16>> {
    let mut cases = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (case_code(from)?, case_code(to)?);
        let known = cases.last().copied();
        if from > to || known.is_some_and(|last| last >= from) {
            bail!("cases = \"{text}\": write each case once, in ascending order");
        }
        cases.extend(from..=to);
    }
    Ok(cases)
}

/// Two digits.
pub(super) fn case_code(text: &str) -> Result<u16> {
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_code);
    number.with_context(|| format!("`{text}` is no case: write two digits, such as 00 or 00-02"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_listed_and_in_ranges() {
        assert_eq!(ranges("00-02, 04").unwrap(), [0, 1, 2, 4]);
        assert_eq!(ranges("13").unwrap(), [13]);
    }

    #[test]
    fn a_case_that_is_none_or_there_twice_is_refused() {
        for text in [
            "",
            "4",
            "004",
            "+4",
            "00-",
            "00,",
            "02-00",
            "04, 00-02",
            "00-04, 04",
            "a0",
        ] {
            assert!(ranges(text).is_err(), "{text}");
        }
    }
}
