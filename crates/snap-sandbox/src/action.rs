//! What somebody other than a client does to a sandbox: a test, a person at a page, a command.

pub(crate) mod json;
mod note;

use std::{fmt, io, time::Duration};

use self::note::Note;
use crate::{
    check::Check,
    fault::{Fault, FaultError, Faults, Misread, Waits},
    json::Json,
    judge::{Judge, State},
    ledger::Decision,
    notify::{Hearing, KirimTargets, NotifyError, Targets, Variation},
    pages::{Choice, choose},
};
use chrono::{DateTime, Utc};

/// One change from outside. The admin API reads it, a test makes it, the state folder keeps it.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Moves the schedule forward, and not the door; see [`Times`](crate::times::Times).
    Skip(Duration),
    /// Sets by how many seconds the door's time is off.
    DoorOffset(i64),
    /// Ends what is pending under a reference.
    Decide {
        reference: String,
        decision: Decision,
    },
    /// A customer chooses at a page that an answer sent them to.
    Choose {
        page: String,
        choice: Choice,
        /// What the customer types; without it, what the phone shows.
        otp: Option<String>,
    },
    /// Binds a customer, and issues an auth code for them.
    IssueCode { customer: String },
    /// Ends all codes and tokens of a customer.
    Unlink { customer: String },
    /// Ends or forgets tokens.
    EndTokens { whose: Whose, how: How },
    /// Lets something go wrong.
    Inject(Fault),
    /// Lets anything go wrong, by chance.
    InjectAny(Faults),
    /// Forgets one fault, by its id.
    RemoveFault(u64),
    /// Forgets the faults that were not played.
    ClearFaults,
    /// Says where the merchant takes notifications, and where it issues tokens for them.
    NotifyTo {
        notification_url: String,
        token_url: String,
    },
    /// Says where the merchant takes Kirim DOKU's own notices.
    NotifyKirimdokuTo {
        unpaid_url: String,
        refund_url: String,
    },
    /// Lets a notification be different.
    Vary(Variation),
    /// Sends a notification again.
    Resend(u64),
    /// What the merchant answered to a notification, or to the request for a token.
    Hear(Hearing),
    /// Forgets everything but the keys.
    Reset,
}

/// The tokens of the merchant, or of all customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Merchant,
    Customers,
}

/// Why tokens are no longer honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Expired,
    Invalidated,
    /// As if they had never been issued; the merchant's only.
    Forgotten,
}

/// Why an action was not carried out. It says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ActionError {
    /// This member is missing, or has none of its values.
    Member(&'static str),
    /// The state folder cannot be written.
    NotKept(io::ErrorKind),
    /// Nothing is pending under that reference, or at that page.
    NothingPending,
    /// No answer sent a customer to that page.
    UnknownPage,
    /// The customer has chosen before.
    PageUsed,
    /// There is no notification of that id, or that attempt of it is over.
    UnknownNotification,
    Notify(NotifyError),
    /// The OTP of a page was not accepted.
    Otp(Check),
    Fault(FaultError),
    /// That is no fault.
    Misread(Misread),
    /// No fault of that id waits.
    UnknownFault,
}

impl Action {
    /// Is it possible, whatever the state? What is not may have no form in which it could be kept.
    pub(crate) fn check(&self, judge: &Judge) -> Result<(), ActionError> {
        let checked = match self {
            Self::Inject(fault) => fault.check(judge.rules.tls, |id| judge.serves(id)),
            Self::InjectAny(faults) => faults.check(|id| judge.serves(id)),
            _ => Ok(()),
        };
        checked.map_err(ActionError::Fault)
    }

    /// Carries it out and notes it; gives what it made, or an empty object.
    pub(crate) fn carry_out(
        self,
        judge: &Judge,
        state: &mut State,
        now: DateTime<Utc>,
    ) -> Result<Json, ActionError> {
        let note = Note::of(&self, state);
        let made = self.done(judge, state, now)?;
        if let Some(note) = note {
            state
                .timeline
                .add(now, note.reference.clone(), note.into_what());
        }
        Ok(made)
    }

    fn done(
        self,
        judge: &Judge,
        state: &mut State,
        now: DateTime<Utc>,
    ) -> Result<Json, ActionError> {
        match self {
            Self::Skip(by) => state.times.skip(by),
            Self::DoorOffset(seconds) => state.times.set_door_offset(seconds),
            Self::Decide {
                reference,
                decision,
            } => {
                if !state.book.decide(&reference, decision, now) {
                    return Err(ActionError::NothingPending);
                }
            }
            Self::Choose { page, choice, otp } => {
                return choose(state, now, &page, choice, otp.as_deref());
            }
            Self::IssueCode { customer } => {
                let customer = judge.customer(&customer);
                state.bind_at_once(&customer, now);
                let code = state.issue_code(customer, now);
                return Ok(Json::object([("authCode", Json::text(code))]));
            }
            Self::Unlink { customer } => {
                state.unlink(&judge.merchant.client_id, &customer, now);
            }
            Self::EndTokens { whose, how } => end_tokens(state, whose, how),
            Self::Inject(fault) => return Ok(injected(state, Waits::One(fault))),
            Self::InjectAny(faults) => return Ok(injected(state, Waits::Any(faults))),
            Self::RemoveFault(id) => {
                if !state.faults.remove(id) {
                    return Err(ActionError::UnknownFault);
                }
            }
            Self::ClearFaults => state.faults.clear(),
            Self::NotifyTo {
                notification_url,
                token_url,
            } => {
                let targets = Targets::read(&notification_url, &token_url);
                state
                    .notifications
                    .send_to(targets.map_err(ActionError::Notify)?);
            }
            Self::NotifyKirimdokuTo {
                unpaid_url,
                refund_url,
            } => {
                let targets = KirimTargets::read(&unpaid_url, &refund_url);
                state
                    .notifications
                    .send_kirimdoku_to(targets.map_err(ActionError::Notify)?);
            }
            Self::Vary(variation) => state.notifications.vary(variation),
            Self::Resend(id) => state.resend(id, now)?,
            Self::Hear(hearing) => state.hear(hearing, now)?,
            Self::Reset => state.reset(judge),
        }
        Ok(Json::Object(Vec::new()))
    }
}

/// Gives the id, by which it can be removed.
fn injected(state: &mut State, waits: Waits) -> Json {
    Json::object([("id", Json::number(state.faults.add(waits)))])
}

fn end_tokens(state: &mut State, whose: Whose, how: How) {
    match (whose, how) {
        (Whose::Merchant, How::Expired) => state.tokens.end_all(None, Check::TokenExpired),
        (Whose::Merchant, How::Invalidated) => state.tokens.end_all(None, Check::TokenInvalidated),
        (Whose::Merchant, How::Forgotten) => state.tokens.forget_all(),
        (Whose::Customers, How::Expired) => state.customers.end_access(Check::CustomerTokenExpired),
        (Whose::Customers, How::Invalidated | How::Forgotten) => {
            state.customers.end_access(Check::CustomerTokenInvalidated);
        }
    }
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(name) => write!(
                f,
                "the member \"{name}\" is missing, or is not one of its values"
            ),
            Self::NotKept(kind) => write!(f, "the state folder cannot be written: {kind}"),
            Self::UnknownNotification => f.write_str(
                "there is no notification of that id; /_sandbox/notifications lists them",
            ),
            Self::Notify(error) => write!(f, "{error}"),
            Self::NothingPending => {
                f.write_str("nothing is pending under that reference or at that page")
            }
            Self::UnknownPage => f.write_str("no answer sent a customer to that page"),
            Self::PageUsed => f.write_str("the customer has chosen there before"),
            Self::Otp(check) => f.write_str(match check {
                Check::OtpBlocked => {
                    "the OTP is blocked: after three wrong ones request a new one; that of a payment \
                     with the cents .14 stays blocked"
                }
                Check::OtpExpired => "the OTP is older than 300 seconds; request a new one",
                _ => "the OTP is wrong",
            }),
            Self::Fault(error) => write!(f, "{error}"),
            Self::Misread(misread) => write!(f, "{misread}"),
            Self::UnknownFault => {
                f.write_str("no fault of that id waits; /_sandbox/faults lists those that do")
            }
        }
    }
}
