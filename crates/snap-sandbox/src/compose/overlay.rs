//! Members of a composed answer that what is known replaces.

use super::printed::number;
use crate::{json::Json, ledger::Amount};

/// The members of an answer, by name. The case of the first letter does not count: some pages write
/// `OriginalReferenceNo`.
pub(crate) struct Overlay<'a>(pub(crate) &'a mut Vec<(String, Json)>);

impl Overlay<'_> {
    /// Replaces a text, in the JSON type it has; what the answer does not have stays away.
    pub(crate) fn text(&mut self, names: &[&str], text: &str) {
        for value in self.at(names) {
            *value = match value {
                Json::Number(_) => number(text).unwrap_or_else(|| Json::text(text)),
                _ => Json::text(text),
            };
        }
    }

    pub(crate) fn amount(&mut self, names: &[&str], amount: Amount) {
        for place in self.at(names) {
            if let Json::Object(members) = place {
                Overlay(members).text(&["value"], &amount.value());
                Overlay(members).text(&["currency"], amount.currency());
            }
        }
    }

    /// Changes the members of an object.
    pub(crate) fn within(&mut self, name: &str, change: impl Fn(&mut Overlay<'_>)) {
        for place in self.at(&[name]) {
            if let Json::Object(members) = place {
                change(&mut Overlay(members));
            }
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(other, _)| other != name);
    }

    /// Makes a list of as many items as there are overlays for its first one.
    pub(crate) fn list(&mut self, name: &str, each: Vec<impl FnOnce(&mut Overlay<'_>)>) {
        let mut each = Some(each);
        for place in self.at(&[name]) {
            let first = match &*place {
                Json::Array(items) => items.first().cloned(),
                other => Some(other.clone()),
            };
            let items = each.take().into_iter().flatten().map(|change| {
                let mut item = first.clone().unwrap_or(Json::Null);
                if let Json::Object(members) = &mut item {
                    change(&mut Overlay(members));
                }
                item
            });
            *place = Json::Array(items.collect());
        }
    }

    fn at(&mut self, names: &[&str]) -> impl Iterator<Item = &mut Json> {
        let is_named = |other: &str| names.iter().any(|name| is_same(name, other));
        let members = self.0.iter_mut();
        members
            .filter(move |(other, _)| is_named(other))
            .map(|(_, value)| value)
    }
}

fn is_same(one: &str, other: &str) -> bool {
    let first = |text: &str| {
        text.chars()
            .next()
            .map(|letter| letter.to_ascii_lowercase())
    };
    first(one) == first(other) && one.get(1..) == other.get(1..)
}
