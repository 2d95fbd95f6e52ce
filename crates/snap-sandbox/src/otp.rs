//! One-time passwords: what was sent to a customer's phone, and what became of it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use crate::{
    bindings::BindingId, check::Check, clock::later, judge::State, ledger::entry::product,
    timeline::What,
};

/// Every step that an OTP confirms, by the names that a request may give it.
///
/// No `Debug`: it would show passwords, and what customers said of themselves.
#[derive(Default)]
pub(crate) struct Otps {
    all: Vec<Otp>,
    named: HashMap<Name, usize>,
}

/// A step, for as long as the sandbox lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OtpId(usize);

/// How a request names a step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) product: &'static str,
    pub(crate) kind: NameKind,
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NameKind {
    /// The merchant's reference of the request that began the step.
    Reference,
    /// The reference that its answer gave out.
    Given,
    /// A charge token or a bank card token that an answer gave out.
    Token,
    /// The external id of the request that began the step.
    Journey,
}

/// What happens when the OTP is right.
#[derive(Clone)]
pub(crate) enum Confirms {
    Payment(Arc<str>),
    Binding(BindingId),
    Unbinding(BindingId),
    Account(NewAccount),
}

/// An account of the wallet that is being opened, as its request says.
#[derive(Clone)]
pub(crate) struct NewAccount {
    pub(crate) reference: Arc<str>,
    pub(crate) phone: String,
    pub(crate) email: String,
    pub(crate) redirect: String,
}

struct Otp {
    /// None until one is sent.
    digits: Option<String>,
    sent: DateTime<Utc>,
    wrong: u8,
    /// Whether the step is taken, or never will be.
    used: bool,
    /// Whether no OTP of this step is accepted, a new one included.
    blocked: bool,
    confirms: Confirms,
    /// The reference under which the timeline tells of it.
    reference: Option<Arc<str>>,
}

impl Otps {
    /// A step that an OTP will confirm; none is sent yet.
    pub(crate) fn open(&mut self, confirms: Confirms, names: Vec<Name>) -> OtpId {
        let id = OtpId(self.all.len());
        let called = |kind| names.iter().find(|name| name.kind == kind);
        let reference = called(NameKind::Reference).or_else(|| called(NameKind::Given));
        let reference = reference.map(|name| Arc::from(name.text.as_str()));
        self.all.push(Otp {
            digits: None,
            sent: DateTime::UNIX_EPOCH,
            wrong: 0,
            used: false,
            blocked: false,
            confirms,
            reference,
        });
        names.into_iter().for_each(|name| self.name(id, name));
        id
    }

    /// Another name for a step. What had that name before loses it.
    pub(crate) fn name(&mut self, id: OtpId, name: Name) {
        self.named.insert(name, id.0);
    }

    pub(crate) fn find(&self, name: &Name) -> Option<OtpId> {
        self.named.get(name).copied().map(OtpId)
    }

    pub(crate) fn confirms(&self, id: OtpId) -> Option<&Confirms> {
        self.all.get(id.0).map(|otp| &otp.confirms)
    }

    /// The last OTP that was sent for a step, as the customer's phone shows it.
    pub(crate) fn shown(&self, id: OtpId) -> Option<&str> {
        self.all.get(id.0)?.digits.as_deref()
    }

    /// The same by one of the merchant's or DOKU's references; the latest if several products know it.
    pub(crate) fn shown_for(&self, reference: &str) -> Option<&str> {
        let kinds = [NameKind::Reference, NameKind::Given];
        let names = PRODUCTS.iter().flat_map(|product| {
            kinds.map(|kind| Name {
                product,
                kind,
                text: reference.to_owned(),
            })
        });
        let found = names.filter_map(|name| self.named.get(&name));
        let latest = found.max_by_key(|at| self.all.get(**at).map(|otp| otp.sent));
        self.shown(OtpId(*latest?))
    }

    /// Is the step taken already?
    pub(crate) fn is_used(&self, id: OtpId) -> bool {
        self.all.get(id.0).is_some_and(|otp| otp.used)
    }

    /// Somebody types an OTP. With `counts` a wrong one is counted, and a right one used up.
    pub(crate) fn attempt(
        &mut self,
        id: OtpId,
        typed: &str,
        now: DateTime<Utc>,
        counts: bool,
    ) -> Result<(), Check> {
        let otp = self.all.get_mut(id.0).ok_or(Check::TransactionUnknown)?;
        let right = otp.expected(now)? == typed;
        let wrong = otp.wrong + u8::from(!right);
        if counts {
            otp.wrong = wrong;
            otp.used = right;
        }
        match (right, wrong) {
            (true, _) => Ok(()),
            (false, ..MOST_WRONG) => Err(Check::OtpWrong),
            (false, _) => Err(Check::OtpBlocked),
        }
    }

    /// No OTP of this step is accepted.
    pub(crate) fn block(&mut self, id: OtpId) {
        if let Some(otp) = self.all.get_mut(id.0) {
            otp.blocked = true;
        }
    }

    /// The step is taken, or never will be.
    pub(crate) fn close(&mut self, id: OtpId) {
        if let Some(otp) = self.all.get_mut(id.0) {
            otp.used = true;
        }
    }

    fn send(&mut self, id: OtpId, digits: String, now: DateTime<Utc>) {
        if let Some(otp) = self.all.get_mut(id.0) {
            (otp.digits, otp.sent, otp.wrong) = (Some(digits), now, 0);
        }
    }
}

impl Name {
    /// A name in the product of an operation.
    pub(crate) fn new(operation: &'static str, kind: NameKind, text: &str) -> Self {
        Self {
            product: product(operation),
            kind,
            text: text.to_owned(),
        }
    }
}

impl Otp {
    /// What has to be typed now.
    fn expected(&self, now: DateTime<Utc>) -> Result<&str, Check> {
        if self.used {
            return Err(Check::TransactionStatus);
        }
        if self.blocked || self.wrong >= MOST_WRONG {
            return Err(Check::OtpBlocked);
        }
        let digits = self.digits.as_deref().ok_or(Check::OtpNotRequested)?;
        if now >= later(self.sent, LIFE) {
            return Err(Check::OtpExpired);
        }
        Ok(digits)
    }
}

impl State {
    /// Sends a new OTP for a step, which is a secret from then on; an older one ends.
    pub(crate) fn send_otp(&mut self, id: OtpId, now: DateTime<Utc>) {
        let digits = self.stream.digits(DIGITS);
        self.secrets.remember("OTP", &digits);
        self.otps.send(id, digits, now);
        let reference = self
            .otps
            .all
            .get(id.0)
            .and_then(|otp| otp.reference.clone());
        let note = "An OTP was sent to the customer's phone.".to_owned();
        self.timeline.add(now, reference, What::Note(note));
    }
}

/// Products that have steps with an OTP.
const PRODUCTS: [&str; 2] = ["direct-debit", "wallet"];

/// As in the samples of DOKU's older pages.
const DIGITS: usize = 6;

/// The one that is wrong for the third time, and every later one, is answered as blocked; assumed.
const MOST_WRONG: u8 = 3;

/// The timer of DOKU's mobile demo, doku-wallet-ios-sdk-demo; that the server has the same is assumed.
const LIFE: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn one() -> (Otps, OtpId) {
        let mut otps = Otps::default();
        let id = otps.open(Confirms::Payment("ord-1".into()), Vec::new());
        (otps, id)
    }

    #[test]
    fn the_third_wrong_otp_blocks_and_a_new_one_opens_again() {
        let (mut otps, id) = one();
        otps.send(id, "111111".to_owned(), NOW);
        let mut attempt = |otp: &str| otps.attempt(id, otp, NOW, true);

        assert_eq!(attempt("000000"), Err(Check::OtpWrong));
        assert_eq!(attempt("000000"), Err(Check::OtpWrong));
        assert_eq!(attempt("000000"), Err(Check::OtpBlocked));
        assert_eq!(attempt("111111"), Err(Check::OtpBlocked));
        otps.send(id, "222222".to_owned(), NOW);
        assert_eq!(otps.attempt(id, "111111", NOW, true), Err(Check::OtpWrong));
        assert_eq!(otps.attempt(id, "222222", NOW, true), Ok(()));
        assert_eq!(
            otps.attempt(id, "222222", NOW, true),
            Err(Check::TransactionStatus)
        );
    }

    #[test]
    fn an_attempt_that_does_not_count_changes_nothing() {
        let (mut otps, id) = one();
        otps.send(id, "111111".to_owned(), NOW);

        for _ in 0..4 {
            let wrong = otps.attempt(id, "000000", NOW, false);
            assert_eq!(wrong, Err(Check::OtpWrong));
        }
        assert_eq!(otps.attempt(id, "111111", NOW, false), Ok(()));
        assert_eq!(otps.attempt(id, "111111", NOW, true), Ok(()));
    }

    #[test]
    fn an_otp_lives_for_300_seconds_and_has_to_be_sent_first() {
        let (mut otps, id) = one();
        let unsent = otps.attempt(id, "", NOW, true);
        otps.send(id, "111111".to_owned(), NOW);
        let at = |seconds| later(NOW, Duration::from_secs(seconds));

        assert_eq!(unsent, Err(Check::OtpNotRequested));
        let late = otps.attempt(id, "111111", at(300), true);
        assert_eq!(late, Err(Check::OtpExpired));
        assert_eq!(otps.attempt(id, "111111", at(299), true), Ok(()));
    }
}
