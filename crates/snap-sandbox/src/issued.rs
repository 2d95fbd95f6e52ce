//! What was issued: to whom, until when, and what became of it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::check::Check;

/// Tokens or codes by their text.
#[derive(Clone)]
pub(crate) struct IssuedBook<Owner>(HashMap<String, Issued<Owner>>);

/// A token or code.
#[derive(Clone)]
pub(crate) struct Issued<Owner> {
    pub(crate) owner: Owner,
    pub(crate) expires: DateTime<Utc>,
    /// Why it is no longer honoured, apart from its age.
    pub(crate) ended: Option<Check>,
}

impl<Owner> Default for IssuedBook<Owner> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<Owner> IssuedBook<Owner> {
    pub(crate) fn add(&mut self, text: String, owner: Owner, expires: DateTime<Utc>) {
        let issued = Issued {
            owner,
            expires,
            ended: None,
        };
        self.0.insert(text, issued);
    }

    pub(crate) fn get(&self, text: &str) -> Option<&Issued<Owner>> {
        self.0.get(text)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Issued<Owner>)> {
        self.0.iter().map(|(text, issued)| (text.as_str(), issued))
    }

    pub(crate) fn get_mut(&mut self, text: &str) -> Option<&mut Issued<Owner>> {
        self.0.get_mut(text)
    }

    /// Ends all that is still honoured and belongs to such an owner.
    pub(crate) fn end(&mut self, is_owner: impl Fn(&Owner) -> bool, reason: Check) {
        for issued in self.0.values_mut() {
            if is_owner(&issued.owner) {
                issued.ended.get_or_insert(reason);
            }
        }
    }

    /// Forgets everything, as if it had never been issued.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl<Owner> Issued<Owner> {
    pub(crate) fn honoured(&self, now: DateTime<Utc>, expired: Check) -> Result<(), Check> {
        match self.ended {
            Some(reason) => Err(reason),
            None if now >= self.expires => Err(expired),
            None => Ok(()),
        }
    }
}
