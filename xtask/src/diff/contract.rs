//! What `contract.txt` says, as values that can be compared.

use std::collections::BTreeMap;

use super::further::Further;

/// The operations of a product, by id, and the constants of its open enums.
#[derive(Debug, Default)]
pub(super) struct Contract {
    pub(super) operations: BTreeMap<String, Operation>,
    /// Values of the constants of open enums, by `Enum = CONSTANT`.
    pub(super) constants: BTreeMap<String, String>,
}

/// One operation with its headers and members.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) service: String,
    pub(super) token: String,
    pub(super) kind: String,
    pub(super) reference: Option<String>,
    pub(super) unverified: bool,
    /// By name; whether it is required.
    pub(super) headers: BTreeMap<String, bool>,
    pub(super) request: Members,
    pub(super) response: Members,
}

/// The members of a body, by path in the contract, without the `[]` of a list's own line.
#[derive(Debug, Default)]
pub(super) struct Members(BTreeMap<String, Member>);

/// What one line says about a member.
#[derive(Debug)]
pub(super) struct Member {
    /// Number of the line, from 1.
    pub(super) line: usize,
    pub(super) kind: String,
    pub(super) required: bool,
    pub(super) open: bool,
    pub(super) one_or_many: bool,
    pub(super) class: Class,
    pub(super) limits: [(&'static str, Option<String>); 4],
    /// The names on the wire, joined by commas; absent when it is the member's own.
    pub(super) wire: Option<String>,
    pub(super) default: Option<String>,
    pub(super) unconfirmed: bool,
    pub(super) further: Further,
}

/// How a member is shown in `Debug`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Class {
    Plain,
    Masked,
    Secret,
}

impl Class {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Masked => "masked",
            Self::Secret => "secret",
        }
    }
}

impl Members {
    pub(super) fn get(&self, key: &str) -> Option<&Member> {
        self.0.get(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Member)> {
        self.0.iter().map(|(key, member)| (key.as_str(), member))
    }

    /// Adds a member, and returns the one it replaces.
    pub(super) fn insert(&mut self, key: &str, member: Member) -> Option<Member> {
        self.0.insert(key.to_owned(), member)
    }

    /// The name of a member, which is its name in Rust in the casing of the wire.
    pub(super) fn name(key: &str) -> &str {
        key.rsplit_once('.').map_or(key, |(_, name)| name)
    }

    /// The key of the object or list that holds a member; none for a member of the body itself.
    pub(super) fn holder(key: &str) -> Option<&str> {
        let (holder, _) = key.rsplit_once('.')?;
        Some(holder.trim_end_matches("[]")).filter(|holder| !holder.is_empty())
    }

    /// The names under which a member is read; the first is the one that is sent.
    pub(super) fn spellings<'a>(&'a self, key: &'a str) -> Vec<&'a str> {
        let wire = self.get(key).and_then(|member| member.wire.as_deref());
        wire.unwrap_or_else(|| Self::name(key)).split(',').collect()
    }

    /// The path of a member on the wire, which stays when its name in Rust changes.
    pub(super) fn wire_path(&self, key: &str) -> String {
        let own = self.spellings(key)[0];
        match Self::holder(key) {
            Some(holder) => format!("{}.{own}", self.wire_path(holder)),
            None => own.to_owned(),
        }
    }

    /// The path as the contract prints it.
    pub(super) fn printed(&self, key: &str) -> String {
        let is_list = self.get(key).is_some_and(|member| member.kind == "list");
        format!("{key}{}", if is_list { "[]" } else { "" })
    }
}
