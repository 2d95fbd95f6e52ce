use std::{error::Error as StdError, fmt, io, path::Path};

use snap_core::RecordError;

/// A journal cannot be opened, read or rewritten. What it prints says what to do.
#[derive(Debug)]
pub struct JournalError {
    kind: Kind,
    says: String,
    cause: Option<io::Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Io,
    Locked,
    Corrupt,
    Version,
    Stopped,
}

impl JournalError {
    /// Whether another process, or another part of this one, has the journal open.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.kind == Kind::Locked
    }

    /// Whether the journal holds something that no crash leaves behind. Nothing of it was changed.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        self.kind == Kind::Corrupt
    }

    pub(super) fn io(doing: &str, path: &Path, cause: io::Error) -> Self {
        let hint = match cause.kind() {
            io::ErrorKind::NotFound => ": make its folder first",
            io::ErrorKind::PermissionDenied => ": this user may not write there",
            _ => "",
        };
        let says = format!("{doing} {} failed: {cause}{hint}", path.display());
        Self {
            cause: Some(cause),
            ..Self::new(Kind::Io, says)
        }
    }

    pub(super) fn locked(path: &Path) -> Self {
        let path = path.display();
        Self::new(
            Kind::Locked,
            format!(
                "the journal {path} is open elsewhere: open it once and share it, or give every \
                 process a journal of its own"
            ),
        )
    }

    pub(super) fn corrupt(path: &Path, line: u64, why: &str) -> Self {
        let path = path.display();
        Self::new(
            Kind::Corrupt,
            format!(
                "the journal {path} is damaged in line {line} ({why}): nothing was changed; restore \
                 it from a copy, or take that line out and resolve its operation by hand"
            ),
        )
    }

    pub(super) fn not_a_journal(path: &Path) -> Self {
        let path = path.display();
        Self::new(
            Kind::Version,
            format!("{path} is not a journal: name another file, one that is not there is made"),
        )
    }

    pub(super) fn newer(path: &Path, line: u64) -> Self {
        let path = path.display();
        Self::new(
            Kind::Version,
            format!(
                "line {line} of the journal {path} is of a version that this one cannot read: \
                 upgrade snap-resolve, nothing was changed"
            ),
        )
    }

    pub(super) fn stopped(says: &str) -> Self {
        Self::new(Kind::Stopped, says.to_owned())
    }

    fn new(kind: Kind, says: String) -> Self {
        Self {
            kind,
            says,
            cause: None,
        }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.says)
    }
}

/// The text holds the cause; `source()` starts below it.
impl StdError for JournalError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().and_then(StdError::source)
    }
}

impl From<JournalError> for RecordError {
    fn from(error: JournalError) -> Self {
        Self::new(error)
    }
}
