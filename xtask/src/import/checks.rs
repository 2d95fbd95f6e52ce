//! What a page says twice must agree, unless `specs/specs.toml` explains the difference.

use anyhow::{Result, bail};
use serde_json::Value;

use crate::specs::{Check, Explained};

/// The comparisons of one page, and the differences that a person has explained.
#[derive(Debug)]
pub(super) struct Checks<'a> {
    page: &'a str,
    explained: &'a [Explained],
    used: Vec<bool>,
    notices: Vec<String>,
}

impl<'a> Checks<'a> {
    pub(super) fn new(page: &'a str, explained: &'a [Explained]) -> Self {
        Self {
            page,
            explained,
            used: vec![false; explained.len()],
            notices: Vec::new(),
        }
    }

    /// A comparison failed: an error, unless it is explained for the operation at `path`.
    pub(super) fn failed(&mut self, check: Check, path: &str, what: &str) -> Result<()> {
        let found = self
            .explained
            .iter()
            .position(|entry| entry.skip_check == check && entry.path == path);
        let Some(index) = found else {
            bail!(
                "{what}: save the page again, and if it is so, explain it in specs/specs.toml: \
                 skip_check = \"{check}\", path = \"{path}\" and a reason"
            );
        };
        if let Some(used) = self.used.get_mut(index) {
            *used = true;
        }
        let reason = &self.explained[index].reason;
        self.notices.push(format!("{what}: accepted: {reason}"));
        Ok(())
    }

    /// `responseCode` has seven digits, the first three of which are the status shown.
    ///
    /// Returns what stays unknown when the page prints none or a placeholder.
    pub(super) fn response_code(
        &mut self,
        response: &Value,
        status: &str,
        path: &str,
        place: &str,
    ) -> Result<Option<String>> {
        let Some(code) = response.get("responseCode") else {
            return Ok(Some(format!(
                "{place}: {path}: the page shows no response code, so the service code is unknown"
            )));
        };
        let code = code
            .as_str()
            .map_or_else(|| code.to_string(), str::to_owned);
        if code == PLACEHOLDER {
            return Ok(Some(format!(
                "{place}: {path}: `responseCode` is the placeholder `{code}`, so the service code \
                 is unknown"
            )));
        }
        let digits = code.len() == 7 && code.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !code.starts_with(status) {
            let what = format!(
                "{place}: `responseCode` is `{code}`, which is not {status} and four more digits"
            );
            self.failed(Check::ResponseCode, path, &what)?;
        }
        Ok(None)
    }

    /// What was accepted. An explanation that explains nothing is an error: the page has changed.
    pub(super) fn finish(self) -> Result<Vec<String>> {
        let unused = self.explained.iter().zip(self.used).find(|(_, used)| !used);
        if let Some((
            Explained {
                skip_check, path, ..
            },
            _,
        )) = unused
        {
            bail!(
                "{}: the check `{skip_check}` does not fail at {path}: remove its entry from \
                 specs/specs.toml",
                self.page
            );
        }
        Ok(self.notices)
    }
}

/// What GitBook prints where DOKU gave no example.
const PLACEHOLDER: &str = "text";
