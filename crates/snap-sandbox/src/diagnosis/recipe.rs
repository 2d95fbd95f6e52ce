//! How a signature may have been made, and the search for the way that gives the one received.

use std::{borrow::Cow, mem::discriminant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest::{SHA256, SHA512, digest};

use super::Mistake;

/// Everything that goes into a signature, apart from the algorithm.
#[derive(Clone, Copy)]
pub(super) struct Recipe<'a> {
    pub(super) secret: &'a [u8],
    pub(super) client_id: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) token: &'a str,
    pub(super) body: &'a Content,
    pub(super) digest: DigestForm,
    pub(super) timestamp: &'a str,
    pub(super) layout: Layout,
}

/// A body that may have been hashed, with its digests.
#[derive(Clone)]
pub(super) struct Content {
    bytes: Vec<u8>,
    sha256: String,
    sha512: String,
}

/// How the body stands in the string-to-sign.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DigestForm {
    LowerHex,
    UpperHex,
    Base64,
    Base64OfHex,
    Sha512,
    Undigested,
}

/// Which parts are joined, in which order, and by what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) order: &'static [Field],
    pub(super) separator: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Method,
    Path,
    Token,
    Digest,
    Timestamp,
    ClientId,
}

/// One thing that a client may have done otherwise.
pub(super) struct Guess {
    pub(super) says: String,
    pub(super) change: Change,
    /// Too rare to be tried together with others.
    pub(super) alone: bool,
}

#[derive(Clone)]
pub(super) enum Change {
    Method(String),
    Path(String),
    Token(String),
    Body(Content),
    Digest(DigestForm),
    Timestamp(String),
    Layout(Layout),
    ClientId(String),
    Secret(Vec<u8>),
}

impl<'a> Recipe<'a> {
    /// What is signed.
    pub(super) fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (index, field) in self.layout.order.iter().enumerate() {
            if index > 0 {
                text.extend_from_slice(self.layout.separator.as_bytes());
            }
            text.extend_from_slice(&self.field(*field));
        }
        text
    }

    fn field(&self, field: Field) -> Cow<'a, [u8]> {
        match field {
            Field::Method => Cow::Borrowed(self.method.as_bytes()),
            Field::Path => Cow::Borrowed(self.path.as_bytes()),
            Field::Token => Cow::Borrowed(self.token.as_bytes()),
            Field::Digest => self.body.digested(self.digest),
            Field::Timestamp => Cow::Borrowed(self.timestamp.as_bytes()),
            Field::ClientId => Cow::Borrowed(self.client_id.as_bytes()),
        }
    }

    pub(super) fn with(self, change: &'a Change) -> Self {
        let mut changed = self;
        match change {
            Change::Method(method) => changed.method = method,
            Change::Path(path) => changed.path = path,
            Change::Token(token) => changed.token = token,
            Change::Body(body) => changed.body = body,
            Change::Digest(digest) => changed.digest = *digest,
            Change::Timestamp(timestamp) => changed.timestamp = timestamp,
            Change::Layout(layout) => changed.layout = *layout,
            Change::ClientId(client_id) => changed.client_id = client_id,
            Change::Secret(secret) => changed.secret = secret,
        }
        changed
    }

    /// The guesses that together give what `is_it` looks for: none if nothing has to be changed, one,
    /// or two of different parts.
    pub(super) fn search<'g>(
        self,
        guesses: &'g [Guess],
        is_it: &dyn Fn(&Recipe<'_>) -> bool,
    ) -> Option<Vec<&'g Guess>> {
        if is_it(&self) {
            return Some(Vec::new());
        }
        if let Some(one) = guesses.iter().find(|one| is_it(&self.with(&one.change))) {
            return Some(vec![one]);
        }
        let common = || guesses.iter().filter(|guess| !guess.alone);
        for (index, first) in common().enumerate() {
            let changed = self.with(&first.change);
            let is_second = |second: &&Guess| {
                discriminant(&second.change) != discriminant(&first.change)
                    && is_it(&changed.with(&second.change))
            };
            if let Some(second) = common().skip(index + 1).find(is_second) {
                return Some(vec![first, second]);
            }
        }
        None
    }
}

impl Content {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        let hex = |algorithm| lower_hex(digest(algorithm, &bytes).as_ref());
        Self {
            sha256: hex(&SHA256),
            sha512: hex(&SHA512),
            bytes,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Lower-case hex SHA-256.
    pub(super) fn sha256(&self) -> &str {
        &self.sha256
    }

    fn digested(&self, form: DigestForm) -> Cow<'_, [u8]> {
        let text = match form {
            DigestForm::LowerHex => return Cow::Borrowed(self.sha256.as_bytes()),
            DigestForm::Sha512 => return Cow::Borrowed(self.sha512.as_bytes()),
            DigestForm::Undigested => return Cow::Borrowed(&self.bytes),
            DigestForm::UpperHex => self.sha256.to_ascii_uppercase(),
            DigestForm::Base64 => STANDARD.encode(digest(&SHA256, &self.bytes)),
            DigestForm::Base64OfHex => STANDARD.encode(&self.sha256),
        };
        Cow::Owned(text.into_bytes())
    }
}

impl Guess {
    pub(super) fn new(says: impl Into<String>, change: Change) -> Self {
        Self {
            says: says.into(),
            change,
            alone: false,
        }
    }

    pub(super) fn alone(self) -> Self {
        Self {
            alone: true,
            ..self
        }
    }

    pub(super) fn mistake(&self) -> Mistake {
        Mistake::new(self.change.part(), &*self.says)
    }
}

impl Change {
    fn part(&self) -> &'static str {
        match self {
            Self::Method(_) => "method",
            Self::Path(_) => "path",
            Self::Token(_) => "access token",
            Self::Body(_) => "body",
            Self::Digest(_) => "body digest",
            Self::Timestamp(_) => "timestamp",
            Self::Layout(_) => "order",
            Self::ClientId(_) => "client id",
            Self::Secret(_) => "client secret",
        }
    }
}

pub(super) fn lower_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
