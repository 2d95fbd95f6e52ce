use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use regex_lite::Regex;

/// What a call does about a request that exceeds a documented limit; see
/// [`crate::Config::with_limit_policy`].
///
/// DOKU's own limits contradict each other from page to page and from library to library, so most of
/// them are advice. The few that money depends on are marked [`LimitFinding::is_refused`]: a
/// reference that is too long for a later refund, for example.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitPolicy {
    /// Logs a warning and sends the request, unless money depends on the limit: then the call is
    /// refused before anything is sent.
    #[default]
    Warn,
    /// Refuses every request that exceeds a limit, before anything is sent.
    Refuse,
    /// Looks at no limit.
    Ignore,
}

/// A documented limit of one member of a request. Made by generated code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    rule: Rule,
    source: &'static str,
    channel: Option<&'static str>,
    refused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Min(usize),
    Max(usize),
    Pattern(&'static str),
    Values(&'static [&'static str]),
    Required,
}

impl Limit {
    /// At least this many characters.
    #[must_use]
    pub const fn min(characters: usize, source: &'static str) -> Self {
        Self::new(Rule::Min(characters), source)
    }

    /// At most this many characters.
    #[must_use]
    pub const fn max(characters: usize, source: &'static str) -> Self {
        Self::new(Rule::Max(characters), source)
    }

    /// Text that this regular expression finds itself in. One that is not understood holds always.
    #[must_use]
    pub const fn pattern(pattern: &'static str, source: &'static str) -> Self {
        Self::new(Rule::Pattern(pattern), source)
    }

    /// One of these texts.
    #[must_use]
    pub const fn values(values: &'static [&'static str], source: &'static str) -> Self {
        Self::new(Rule::Values(values), source)
    }

    /// The member is there.
    #[must_use]
    pub const fn required(source: &'static str) -> Self {
        Self::new(Rule::Required, source)
    }

    /// Holds for requests to this channel only.
    #[must_use]
    pub const fn for_channel(mut self, channel: &'static str) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Money depends on it: with a longer reference no refund is possible later.
    #[must_use]
    pub const fn refused(mut self) -> Self {
        self.refused = true;
        self
    }

    const fn new(rule: Rule, source: &'static str) -> Self {
        Self {
            rule,
            source,
            channel: None,
            refused: false,
        }
    }

    fn is_met_by(&self, text: Option<&str>) -> bool {
        let Some(text) = text else {
            return self.rule != Rule::Required;
        };
        match self.rule {
            Rule::Min(least) => text.chars().count() >= least,
            Rule::Max(most) => text.chars().count() <= most,
            Rule::Pattern(pattern) => matches(pattern, text),
            Rule::Values(values) => values.contains(&text),
            Rule::Required => true,
        }
    }
}

/// Whether a text fits a pattern, which is compiled once: the specs have a handful.
fn matches(pattern: &'static str, text: &str) -> bool {
    static COMPILED: Mutex<BTreeMap<&str, Option<Regex>>> = Mutex::new(BTreeMap::new());
    // Nothing that holds the lock can leave the map half written.
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let regex = compiled
        .entry(pattern)
        .or_insert_with(|| Regex::new(pattern).ok());
    let regex = regex.clone();
    drop(compiled);
    regex.is_none_or(|regex| regex.is_match(text))
}

/// A member of a request that exceeds a documented limit.
///
/// `Display` names the member, the limit, the channel it holds for and where it comes from, and
/// never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitFinding {
    member: &'static str,
    characters: Option<usize>,
    limit: Limit,
}

impl LimitFinding {
    /// The member on the wire, such as `additionalInfo.lineItems[].name`.
    #[must_use]
    pub fn member(&self) -> &'static str {
        self.member
    }

    /// How many characters the value has; nothing if the member is missing.
    #[must_use]
    pub fn characters(&self) -> Option<usize> {
        self.characters
    }

    /// Where the limit comes from: a page's address, or a source the specs name.
    #[must_use]
    pub fn source(&self) -> &'static str {
        self.limit.source
    }

    /// The channel the limit holds for, if it does not hold for all.
    #[must_use]
    pub fn channel(&self) -> Option<&'static str> {
        self.limit.channel
    }

    /// Whether money depends on the limit, so that the call is refused unless
    /// [`LimitPolicy::Ignore`] is configured.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.limit.refused
    }
}

impl fmt::Display for LimitFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.member)?;
        if let (Some(characters), Rule::Min(_) | Rule::Max(_)) = (self.characters, self.limit.rule)
        {
            write!(f, " has {characters} characters")?;
        }
        match self.limit.rule {
            Rule::Min(least) => write!(f, "; at least {least}")?,
            Rule::Max(most) => write!(f, "; at most {most}")?,
            Rule::Pattern(pattern) => write!(f, " does not match {pattern}")?,
            Rule::Values(values) => write!(f, " is none of {}", values.join(", "))?,
            Rule::Required => f.write_str(" is missing; required")?,
        }
        match (self.limit.channel, self.limit.rule) {
            (Some(channel), Rule::Pattern(_) | Rule::Values(_)) => write!(f, " for {channel}")?,
            (Some(channel), _) => write!(f, " for the channel {channel}")?,
            (None, Rule::Min(_) | Rule::Max(_)) => f.write_str(" are documented")?,
            (None, _) => {}
        }
        if self.limit.refused {
            f.write_str(", or no refund is possible later")?;
        }
        write!(f, " ({})", self.limit.source)
    }
}

/// Compares the members of one request with their limits. Used by generated code.
#[derive(Debug)]
pub struct LimitCheck<'a> {
    channel: Option<&'a str>,
    findings: Vec<LimitFinding>,
}

impl<'a> LimitCheck<'a> {
    /// For a request to this channel, if it names one.
    #[must_use]
    pub fn new(channel: Option<&'a str>) -> Self {
        Self {
            channel,
            findings: Vec::new(),
        }
    }

    /// Compares a text member; an absent one breaks only [`Limit::required`].
    pub fn text(&mut self, member: &'static str, text: Option<&str>, limits: &[Limit]) {
        let channel = self.channel;
        let holds = |limit: &&Limit| limit.channel.is_none() || limit.channel == channel;
        let broken = limits
            .iter()
            .filter(holds)
            .filter(|limit| !limit.is_met_by(text));
        self.findings.extend(broken.map(|limit| LimitFinding {
            member,
            characters: text.map(|text| text.chars().count()),
            limit: *limit,
        }));
    }

    /// Compares a member of another type: it is there or not.
    pub fn present(&mut self, member: &'static str, is_present: bool, limits: &[Limit]) {
        if !is_present {
            self.text(member, None, limits);
        }
    }

    /// What exceeds a limit, in the order of the checks.
    #[must_use]
    pub fn into_findings(self) -> Vec<LimitFinding> {
        self.findings
    }
}

/// What a policy makes of the findings: those to warn about; as an error, those to refuse for.
pub(crate) fn judge(
    policy: LimitPolicy,
    find: impl FnOnce() -> Vec<LimitFinding>,
) -> Result<Vec<LimitFinding>, Vec<LimitFinding>> {
    if policy == LimitPolicy::Ignore {
        return Ok(Vec::new());
    }
    let is_refused = |finding: &LimitFinding| policy == LimitPolicy::Refuse || finding.is_refused();
    let (refused, others): (Vec<_>, Vec<_>) = find().into_iter().partition(is_refused);
    if refused.is_empty() {
        Ok(others)
    } else {
        Err(refused)
    }
}

/// One line that names every finding.
pub(crate) struct Findings<'a>(pub(crate) &'a [LimitFinding]);

impl fmt::Display for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request exceeds a documented limit: ")?;
        for (index, finding) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{finding}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn findings(channel: Option<&str>, text: Option<&str>, limit: Limit) -> Vec<String> {
        let mut check = LimitCheck::new(channel);
        check.text("a.b", text, &[limit]);
        check
            .into_findings()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn lengths_count_characters_and_hold_for_their_channel_only() {
        let most = Limit::max(3, "a page").for_channel("BRI");

        assert!(findings(None, Some("äöüß"), most).is_empty());
        assert!(findings(Some("BRI"), Some("äöü"), most).is_empty());
        assert_eq!(
            findings(Some("BRI"), Some("äöüß"), most.refused()),
            [
                "a.b has 4 characters; at most 3 for the channel BRI, or no refund is possible later (a page)"
            ]
        );
        assert_eq!(
            findings(None, Some("x"), Limit::min(2, "a page")),
            ["a.b has 1 characters; at least 2 are documented (a page)"]
        );
    }

    #[test]
    fn a_finding_never_repeats_the_value() {
        let texts = [
            findings(None, Some("canary"), Limit::pattern("^[0-9]+$", "s")),
            findings(
                None,
                Some("canary"),
                Limit::values(&["ios", "android"], "s"),
            ),
        ];

        assert_eq!(
            texts.concat(),
            [
                "a.b does not match ^[0-9]+$ (s)",
                "a.b is none of ios, android (s)"
            ]
        );
    }

    #[test]
    fn an_absent_member_breaks_only_what_requires_it() {
        assert!(findings(None, None, Limit::min(2, "s")).is_empty());
        assert_eq!(
            findings(Some("ALLO"), None, Limit::required("s").for_channel("ALLO")),
            ["a.b is missing; required for the channel ALLO (s)"]
        );
        let mut check = LimitCheck::new(None);
        check.present("list[]", true, &[Limit::required("s")]);
        assert!(check.into_findings().is_empty());
    }
}
