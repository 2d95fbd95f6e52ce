//! What a comparison finds.

use std::fmt;

/// What a change asks of those who call the operation, from the least to the most.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Level {
    /// Neither of the others.
    Compatible,
    /// The wire is fine; callers may have to change code.
    RustBreaking,
    /// A call that worked is refused or means something else.
    Breaking,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Compatible => "Compatible",
            Self::RustBreaking => "RustBreaking",
            Self::Breaking => "Breaking",
        })
    }
}

/// One change of a contract.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// What the change is graded.
    pub level: Level,
    /// Whether the operation was `unverified` before, so that nothing was promised of it.
    pub unverified: bool,
    /// The subject of the contract's line, such as `payOut > amount`.
    pub subject: String,
    /// What changed, in Markdown.
    pub what: String,
}

/// The changes of one product.
#[derive(Debug)]
pub(super) struct Comparison {
    /// Name of the product's crate.
    pub(super) package: String,
    /// Whether there was no contract before.
    pub(super) is_new: bool,
    /// Whether there is no contract any more.
    pub(super) is_gone: bool,
    pub(super) changes: Vec<Change>,
}

/// Gathers the changes of one operation.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) id: &'a str,
    pub(super) unverified: bool,
    pub(super) changes: Vec<Change>,
}

impl Report<'_> {
    /// A change of what `subject` names: `""` for the operation, `> path`, `< path` or `# header`.
    pub(super) fn push(&mut self, level: Level, subject: &str, what: impl Into<String>) {
        self.changes.push(Change {
            level,
            unverified: self.unverified,
            subject: format!("{} {subject}", self.id).trim_end().to_owned(),
            what: what.into(),
        });
    }

    /// A change of a value that may be absent; nothing when there is none.
    pub(super) fn value(
        &mut self,
        level: Level,
        subject: &str,
        name: &str,
        (before, after): (Option<&str>, Option<&str>),
    ) {
        let what = match (before, after) {
            _ if before == after => return,
            (Some(before), Some(after)) => {
                format!("{name} was {}, is {}", code(before), code(after))
            }
            (Some(before), None) => format!("{name} was {}, is no more", code(before)),
            (None, after) => format!("{name} is now {}", code(after.unwrap_or_default())),
        };
        self.push(level, subject, what);
    }

    /// A change of something that is or is not, with a level and words for each direction.
    pub(super) fn flag(
        &mut self,
        subject: &str,
        (before, after): (bool, bool),
        gained: (Level, &str),
        lost: (Level, &str),
    ) {
        match (before, after) {
            (false, true) => self.push(gained.0, subject, gained.1),
            (true, false) => self.push(lost.0, subject, lost.1),
            _ => {}
        }
    }
}

/// A code span that holds any text, also in a table.
pub(super) fn code(text: &str) -> String {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.is_empty() || text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}
