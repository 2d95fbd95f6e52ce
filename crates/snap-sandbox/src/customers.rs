//! Auth codes and customer tokens: who they belong to, and what became of them.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{
    check::Check,
    clock::later,
    issued::{Issued, IssuedBook},
    json::Json,
    seed::Stream,
    token_book::token_text,
};

/// Every auth code, customer token and refresh token a sandbox issued.
///
/// Customers are told apart by a label, the merchant's own identifier of the binding, and by what they
/// bound.
#[derive(Clone, Default)]
pub(crate) struct CustomerBook {
    codes: IssuedBook<Customer>,
    access: IssuedBook<Customer>,
    refresh: IssuedBook<Customer>,
}

/// A customer of a client, in one binding.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Customer {
    pub(crate) client_id: String,
    pub(crate) label: String,
    /// The channel or product that is bound; none where a test bound the customer itself.
    pub(crate) at: Option<String>,
}

/// What a grant is answered with.
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) access_expires: DateTime<Utc>,
    pub(crate) refresh: String,
    pub(crate) refresh_expires: DateTime<Utc>,
}

impl CustomerBook {
    /// Issues an auth code, as after a customer's consent.
    pub(crate) fn issue_code(
        &mut self,
        customer: Customer,
        now: DateTime<Utc>,
        stream: &mut Stream,
    ) -> String {
        let code = stream.digits(40);
        self.codes
            .add(code.clone(), customer, later(now, CODE_LIFE));
        code
    }

    /// The customer of this code has not consented yet.
    pub(crate) fn hold_code(&mut self, code: &str) {
        self.end_code(code, Check::AuthCodePending);
    }

    /// The customer has consented: the code can be exchanged, and its life begins.
    pub(crate) fn release_code(&mut self, code: &str, now: DateTime<Utc>) {
        if let Some(issued) = self.codes.get_mut(code) {
            issued.ended = None;
            issued.expires = later(now, CODE_LIFE);
        }
    }

    /// A code will not be exchanged any more, or not yet.
    pub(crate) fn end_code(&mut self, code: &str, reason: Check) {
        if let Some(issued) = self.codes.get_mut(code) {
            issued.ended = Some(reason);
        }
    }

    /// Whose code is this? It is used up by asking, unless codes are `reusable`, which have no age
    /// either.
    pub(crate) fn redeem_code(
        &mut self,
        code: &str,
        client_id: &str,
        now: DateTime<Utc>,
        reusable: bool,
    ) -> Result<Customer, Check> {
        let issued = self
            .codes
            .get_mut(code)
            .filter(|issued| issued.owner.client_id == client_id)
            .ok_or(Check::AuthCodeUnknown)?;
        if let Some(reason) = issued.ended {
            return Err(reason);
        }
        if !reusable && now >= issued.expires {
            return Err(Check::AuthCodeExpired);
        }
        if !reusable {
            issued.ended = Some(Check::AuthCodeUsed);
        }
        Ok(issued.owner.clone())
    }

    /// Whose refresh token is this? The pair issued next ends it.
    pub(crate) fn redeem_refresh(
        &self,
        token: &str,
        client_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Customer, Check> {
        let issued = owned(&self.refresh, token, client_id).ok_or(Check::RefreshUnknown)?;
        issued.honoured(now, Check::RefreshExpired)?;
        Ok(issued.owner.clone())
    }

    /// Issues a pair of tokens; the customer's older ones end at once.
    pub(crate) fn issue_pair(
        &mut self,
        customer: Customer,
        now: DateTime<Utc>,
        lifetime: Duration,
        stream: &mut Stream,
    ) -> Pair {
        let is_same = |owner: &Customer| *owner == customer;
        self.access.end(is_same, Check::CustomerTokenSuperseded);
        self.refresh.end(is_same, Check::RefreshReplaced);
        let (access_expires, refresh_expires) = (later(now, lifetime), later(now, REFRESH_LIFE));
        let pair = Pair {
            access: token_of(&customer, access_expires, stream),
            access_expires,
            refresh: token_of(&customer, refresh_expires, stream),
            refresh_expires,
        };
        self.access
            .add(pair.access.clone(), customer.clone(), access_expires);
        self.refresh
            .add(pair.refresh.clone(), customer, refresh_expires);
        pair
    }

    /// Is this customer token of this client honoured now?
    pub(crate) fn check(
        &self,
        token: &str,
        client_id: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Check> {
        owned(&self.access, token, client_id)
            .ok_or(Check::CustomerTokenUnknown)?
            .honoured(now, Check::CustomerTokenExpired)
    }

    /// The customer a token was issued for, honoured or not.
    pub(crate) fn owner_of(&self, token: &str) -> Option<&Customer> {
        self.access.get(token).map(|issued| &issued.owner)
    }

    /// The label of the customer a token was issued for, honoured or not.
    pub(crate) fn label_of(&self, token: &str) -> Option<&str> {
        self.owner_of(token).map(|owner| owner.label.as_str())
    }

    /// Ends every customer token that is still honoured; refresh tokens stay.
    pub(crate) fn end_access(&mut self, reason: Check) {
        self.access.end(|_| true, reason);
    }

    /// Ends all codes and tokens of such customers. A code issued later binds a customer again.
    pub(crate) fn unlink(&mut self, is_meant: impl Fn(&Customer) -> bool) {
        self.codes.end(&is_meant, Check::CustomerUnlinked);
        self.refresh.end(&is_meant, Check::CustomerUnlinked);
        self.access.end(&is_meant, Check::CustomerTokenInvalidated);
    }
}

fn owned<'a>(
    book: &'a IssuedBook<Customer>,
    text: &str,
    client_id: &str,
) -> Option<&'a Issued<Customer>> {
    book.get(text)
        .filter(|issued| issued.owner.client_id == client_id)
}

/// The claims of a published sample, without those that would name the customer.
fn token_of(customer: &Customer, expires: DateTime<Utc>, stream: &mut Stream) -> String {
    let claims = Json::object([
        ("exp", Json::number(expires.timestamp())),
        ("iss", Json::text("DOKU-LOCAL")),
        ("clientId", Json::text(&customer.client_id)),
        ("jti", Json::text(stream.alphanumeric(32))),
    ]);
    token_text(&claims, stream)
}

/// No document states the life of an auth code; assumed.
const CODE_LIFE: Duration = Duration::from_secs(120);

/// As in the example of the DOKU Wallet page.
const REFRESH_LIFE: Duration = Duration::from_secs(15 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(client_id: &str) -> Customer {
        Customer {
            client_id: client_id.to_owned(),
            label: "cust-1".to_owned(),
            at: None,
        }
    }

    #[test]
    fn codes_and_tokens_of_another_client_are_unknown() {
        let (mut book, mut stream) = (CustomerBook::default(), Stream::new(1));
        let now = DateTime::UNIX_EPOCH;
        let code = book.issue_code(customer("one"), now, &mut stream);
        let pair = book.issue_pair(customer("one"), now, Duration::from_secs(900), &mut stream);

        assert_eq!(book.check(&pair.access, "one", now), Ok(()));
        assert_eq!(
            book.check(&pair.access, "other", now),
            Err(Check::CustomerTokenUnknown)
        );
        assert_eq!(
            book.redeem_refresh(&pair.refresh, "other", now),
            Err(Check::RefreshUnknown)
        );
        assert_eq!(
            book.redeem_code(&code, "other", now, false),
            Err(Check::AuthCodeUnknown)
        );
    }

    #[test]
    fn a_code_that_is_held_lives_from_its_release() {
        let (mut book, mut stream) = (CustomerBook::default(), Stream::new(1));
        let issued = DateTime::UNIX_EPOCH;
        let code = book.issue_code(customer("one"), issued, &mut stream);
        book.hold_code(&code);
        let consent = later(issued, Duration::from_secs(3600));

        let early = book.redeem_code(&code, "one", issued, false);
        book.release_code(&code, consent);
        let after = book.redeem_code(&code, "one", consent, false);

        assert_eq!(early, Err(Check::AuthCodePending));
        assert_eq!(after, Ok(customer("one")));
    }

    #[test]
    fn the_same_label_of_two_clients_is_two_customers() {
        let (mut book, mut stream) = (CustomerBook::default(), Stream::new(1));
        let now = DateTime::UNIX_EPOCH;
        let life = Duration::from_secs(900);
        let first = book.issue_pair(customer("one"), now, life, &mut stream);
        let _second = book.issue_pair(customer("other"), now, life, &mut stream);

        assert_eq!(book.check(&first.access, "one", now), Ok(()));
    }
}
