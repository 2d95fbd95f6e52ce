//! Whose a message is.

use std::slice;

use snap_core::ClientId;
use snap_sign::{
    AccessToken, BodyDigest, SignatureError, StringToSign, TransactionStringToSign, is_compact,
};

use super::{Letter, Receiver};
use crate::{Reason, counts, strict_json::has_split_value};

impl Receiver {
    /// Checks client id and signature. The digest of the minified body, or of the body as it is where it
    /// cannot be minified, comes back: it names the message however its whitespace is.
    pub(super) fn check(
        &self,
        letter: &Letter<'_>,
        owner: Option<&ClientId>,
    ) -> Result<BodyDigest, Reason> {
        let digests = Digests::of(letter.body);
        match &letter.token {
            Some(token) => self.check_hmac(letter, token, owner, &digests)?,
            None => self.check_rsa(letter, &digests)?,
        }
        Ok(digests.minified)
    }

    fn check_hmac(
        &self,
        letter: &Letter<'_>,
        token: &AccessToken,
        owner: Option<&ClientId>,
        digests: &Digests,
    ) -> Result<(), Reason> {
        let known = ClientId::new(letter.partner_id)
            .ok()
            .and_then(|client_id| self.clients.get(&client_id));
        let is_owner = owner.is_some_and(|owner| owner.as_str() == letter.partner_id);
        // Somebody else's message costs the same time as one with a wrong signature.
        let keys = known.filter(|_| is_owner).unwrap_or(&self.decoy);
        let second = self.second_token.as_ref().and_then(|source| source());
        let tokens = [Some(token), second.as_ref()];
        let now = self.clock.now();
        let mut found = Found::default();
        for (age, secret) in keys
            .iter()
            .filter(|secret| secret.is_active(now))
            .enumerate()
        {
            for (place, access_token) in tokens.iter().flatten().enumerate() {
                for (form, body_digest) in digests.all().iter().enumerate() {
                    let message = StringToSign {
                        method: "POST",
                        path: &letter.route.path,
                        access_token,
                        body_digest,
                        timestamp: letter.timestamp,
                    };
                    let verdict = secret.key.verify(&message, letter.signature);
                    found.take(verdict, age > 0, place > 0, form > 0);
                }
            }
        }
        if known.is_none() {
            return Err(Reason::ClientUnknown);
        }
        if !is_owner {
            return Err(Reason::ClientMismatch);
        }
        self.conclude(found)
    }

    fn check_rsa(&self, letter: &Letter<'_>, digests: &Digests) -> Result<(), Reason> {
        let known = ClientId::new(letter.partner_id)
            .is_ok_and(|client_id| self.clients.contains_key(&client_id));
        let mut found = Found::default();
        for key in &self.doku_keys {
            for (form, body_digest) in digests.all().iter().enumerate() {
                let message = TransactionStringToSign {
                    method: "POST",
                    path: &letter.route.path,
                    body_digest,
                    timestamp: letter.timestamp,
                };
                let verdict = key.verify(message.join().as_bytes(), letter.signature);
                found.take(verdict, false, false, form > 0);
            }
        }
        if !known {
            return Err(Reason::ClientUnknown);
        }
        self.conclude(found)
    }

    fn conclude(&self, found: Found) -> Result<(), Reason> {
        if !found.matched {
            return Err(Reason::Signature(
                found.flaw.unwrap_or(SignatureError::Mismatch),
            ));
        }
        for (happened, counter) in [
            (found.older_secret, &self.counters.matched_older_secret),
            (found.second_token, &self.counters.matched_second_token),
            (found.raw_body, &self.counters.matched_raw_body),
        ] {
            if happened {
                counts::add(counter);
            }
        }
        Ok(())
    }
}

/// What came of all candidates; none ends the search early.
#[derive(Default)]
struct Found {
    matched: bool,
    older_secret: bool,
    second_token: bool,
    raw_body: bool,
    flaw: Option<SignatureError>,
}

impl Found {
    fn take(
        &mut self,
        verdict: Result<(), SignatureError>,
        older_secret: bool,
        second_token: bool,
        raw_body: bool,
    ) {
        match verdict {
            Ok(()) => {
                self.matched = true;
                self.older_secret |= older_secret;
                self.second_token |= second_token;
                self.raw_body |= raw_body;
            }
            Err(flaw) => self.flaw = Some(flaw),
        }
    }
}

/// What may have been hashed: the body with the whitespace between its tokens removed, and the body as it
/// is where that is something else. Nothing is ever parsed and written again.
struct Digests {
    minified: BodyDigest,
    raw: Option<[BodyDigest; 2]>,
}

impl Digests {
    fn of(body: &[u8]) -> Self {
        let raw = BodyDigest::of_bytes(body);
        match is_compact(body) {
            Ok(false) if !has_split_value(body) => {
                let minified = BodyDigest::of_json(body).unwrap_or(raw);
                Self {
                    minified,
                    raw: Some([minified, raw]),
                }
            }
            // What cannot be minified, or would say something else then, can only have been signed as it is.
            _ => Self {
                minified: raw,
                raw: None,
            },
        }
    }

    fn all(&self) -> &[BodyDigest] {
        match &self.raw {
            Some(both) => both,
            None => slice::from_ref(&self.minified),
        }
    }
}
