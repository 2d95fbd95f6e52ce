//! Which requests a fault strikes.

use super::Asked;

/// What a request must be for a fault to strike it.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(super) operation: Option<String>,
    pub(super) path: Option<String>,
    pub(super) client: Option<String>,
    /// With `*` for any text.
    pub(super) reference: Option<String>,
    pub(super) external_id: Option<String>,
    /// From which request on, of those that fit.
    pub(super) nth: u32,
    pub(super) probability: Probability,
}

/// Millionths: whole numbers are drawn, stored and compared the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Probability(pub(super) u32);

impl Default for Filter {
    fn default() -> Self {
        Self {
            operation: None,
            path: None,
            client: None,
            reference: None,
            external_id: None,
            nth: 1,
            probability: Probability::ALWAYS,
        }
    }
}

impl Filter {
    /// Does it ask for anything that only a request has?
    pub(super) fn names_a_request(&self) -> bool {
        self.texts().into_iter().any(Option::is_some)
    }

    pub(super) fn texts(&self) -> [&Option<String>; 5] {
        [
            &self.operation,
            &self.path,
            &self.client,
            &self.reference,
            &self.external_id,
        ]
    }

    /// Token calls are left alone unless they are named.
    pub(super) fn fits(&self, asked: Asked<'_>) -> bool {
        let operation = match self.operation.as_deref() {
            Some(operation) => asked.operations.contains(&operation),
            None if self.path.is_some() => true,
            None => asked.operations.iter().any(|id| !id.starts_with("token.")),
        };
        let is_same = |wanted: &Option<String>, found: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == found
        };
        let reference = self.reference.as_deref().is_none_or(|pattern| {
            asked
                .reference
                .is_some_and(|text| glob_matches(pattern, text))
        });
        operation
            && reference
            && is_same(&self.path, Some(asked.path))
            && is_same(&self.client, asked.client)
            && is_same(&self.external_id, asked.external_id)
    }
}

impl Probability {
    pub(super) const ALWAYS: Self = Self(ONE);

    /// What is no number between 0 and 1 becomes the nearer of them, and what is none at all, 0.
    #[expect(
        clippy::float_arithmetic,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a chance and not money; the value is between 0 and a million"
    )]
    pub(super) fn new(chance: f64) -> Self {
        Self((chance.clamp(0.0, 1.0) * f64::from(ONE)).round() as u32)
    }
}

impl std::fmt::Display for Probability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{}.{:06}", self.0 / ONE, self.0 % ONE);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A pattern in which `*` stands for any text, nothing included. Everything else stands for itself:
/// references may have any other sign in them.
fn glob_matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// In millionths.
pub(super) const ONE: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_nothing_else_does() {
        let matching = [
            ("ord-1", "ord-1"),
            ("ord-*", "ord-"),
            ("ord-*", "ord-17"),
            ("*-1", "ord-1"),
            ("*", ""),
            ("a*b*c", "a-b-b-c"),
            ("a**c", "abc"),
            ("*é*", "né1"),
        ];
        let other = [
            ("ord-1", "ord-17"),
            ("ord-*", "xord-1"),
            ("*-1", "ord-17"),
            ("a*b*c", "a-c"),
            ("ab*bc", "abc"),
            ("o.d", "ord"),
            ("", "a"),
        ];
        for (pattern, text) in matching {
            assert!(glob_matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in other {
            assert!(!glob_matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_chance_is_kept_in_millionths_between_none_and_all() {
        for (chance, text) in [
            (0.05, "0.05"),
            (1.0, "1"),
            (0.0, "0"),
            (0.000_001, "0.000001"),
            (7.0, "1"),
            (-1.0, "0"),
            (f64::NAN, "0"),
        ] {
            assert_eq!(Probability::new(chance).to_string(), text);
        }
    }
}
