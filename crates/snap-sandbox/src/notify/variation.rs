//! Notifications that are not as they should be, on request.

use std::{fmt, time::Duration};

use crate::{
    action::{
        ActionError,
        json::{named, text, whole, word},
    },
    json::Json,
};

/// One thing that a notification does differently; given to
/// [`Sandbox::vary_notifications`](crate::Sandbox::vary_notifications).
///
/// The next notification that fits takes it, and takes all others that fit as well, so that they
/// combine.
///
/// ```
/// use snap_sandbox::{Variation, Vary};
///
/// let twice = Variation::new(Vary::Duplicate).for_reference("ord-1");
/// let with_two_ids = Variation::new(Vary::OtherExternalId).for_reference("ord-1");
/// # let _ = (twice, with_two_ids);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a variation does nothing until it is given to a sandbox"]
pub struct Variation {
    vary: Vary,
    reference: Option<String>,
    times: u32,
}

/// What a notification does differently.
///
/// A merchant has to refuse what is wrong on purpose, so only the first attempt is wrong: the next one
/// of the schedule is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Vary {
    /// It comes once more right after its first 2xx, every byte the same.
    Duplicate,
    /// It is held back until another notification has gone out.
    Reorder,
    /// Its first attempt is that much later, by the schedule; whole milliseconds.
    Delay(Duration),
    /// It is never sent.
    Drop,
    /// The signature of its first attempt is wrong.
    WrongSignature,
    /// The timestamp of its first attempt is 24 hours old.
    StaleTimestamp,
    /// Its first attempt comes with a token that the merchant never issued, then with a right one.
    UnknownToken,
    /// Another notification goes out before it and says the opposite: failed before success, success
    /// before anything else.
    Contradiction,
    /// Each attempt has an external id of its own.
    OtherExternalId,
}

impl Variation {
    /// Varies the next notification.
    pub fn new(vary: Vary) -> Self {
        Self {
            vary: match vary {
                Vary::Delay(by) => Vary::Delay(Duration::from_millis(whole_millis(by))),
                other => other,
            },
            reference: None,
            times: 1,
        }
    }

    /// Only notifications about that partner reference number.
    pub fn for_reference(self, reference: impl Into<String>) -> Self {
        Self {
            reference: Some(reference.into()),
            ..self
        }
    }

    /// So many notifications instead of one.
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// What it does to a notification about that reference, which uses it up once.
    pub(super) fn take(&mut self, reference: &str) -> Option<Vary> {
        let fits = self.reference.as_deref().is_none_or(|own| own == reference);
        if !fits || self.is_used_up() {
            return None;
        }
        self.times -= 1;
        Some(self.vary)
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.times == 0
    }

    /// Reads the members `vary`, `seconds` or `millis` of a delay, and if they are there `reference` and
    /// `times`.
    pub(crate) fn read(json: &Json) -> Result<Self, ActionError> {
        let vary = match text(json, "vary")?.as_str() {
            "delay" if json.member("seconds").is_some() => {
                Vary::Delay(Duration::from_secs(whole(json, "seconds")?))
            }
            "delay" => Vary::Delay(Duration::from_millis(whole(json, "millis")?)),
            _ => word(json, "vary", WORDS)?,
        };
        let times = json.member("times").map(|_| whole(json, "times"));
        Ok(Self {
            vary,
            reference: text(json, "reference").ok(),
            times: times.transpose()?.unwrap_or(1),
        })
    }

    /// Writes what [`read`](Self::read) reads.
    pub(crate) fn members(&self) -> Vec<(&'static str, Json)> {
        let mut members = match self.vary {
            Vary::Delay(by) => vec![
                ("vary", Json::text("delay")),
                ("millis", Json::number(by.as_millis())),
            ],
            other => vec![("vary", named(other, WORDS))],
        };
        let reference = self.reference.as_ref();
        members.extend(reference.map(|reference| ("reference", Json::text(reference))));
        members.push(("times", Json::number(self.times)));
        members
    }
}

impl fmt::Display for Variation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.vary {
            Vary::Delay(by) => write!(f, "delay of {by:?}")?,
            other => {
                let word = WORDS.iter().find(|(_, vary)| *vary == other);
                f.write_str(word.map_or("", |(word, _)| word))?;
            }
        }
        if let Some(reference) = &self.reference {
            write!(f, ", for {reference}")?;
        }
        match self.times {
            1 => Ok(()),
            times => write!(f, ", {times} times"),
        }
    }
}

/// What a state folder keeps of a delay.
fn whole_millis(by: Duration) -> u64 {
    u64::try_from(by.as_millis()).unwrap_or(u64::MAX)
}

/// [`Vary::Delay`] is not here: it has a number.
const WORDS: &[(&str, Vary)] = &[
    ("duplicate", Vary::Duplicate),
    ("reorder", Vary::Reorder),
    ("drop", Vary::Drop),
    ("wrong-signature", Vary::WrongSignature),
    ("stale-timestamp", Vary::StaleTimestamp),
    ("unknown-token", Vary::UnknownToken),
    ("contradiction", Vary::Contradiction),
    ("other-external-id", Vary::OtherExternalId),
];
