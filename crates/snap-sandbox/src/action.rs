//! What somebody other than a client does to a sandbox: a test, a person at a page, a command.

mod json;

use std::{fmt, time::Duration};

use crate::{
    check::Check,
    fault::{Fault, FaultError},
    json::Json,
    judge::{Judge, State},
    ledger::Decision,
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
    /// Forgets the faults that were not played.
    ClearFaults,
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
    /// Nothing is pending under that reference, or at that page.
    NothingPending,
    /// No answer sent a customer to that page.
    UnknownPage,
    /// The customer has chosen before.
    PageUsed,
    /// The OTP of a page was not accepted.
    Otp(Check),
    Fault(FaultError),
}

impl Action {
    /// Carries it out; gives what it made, or an empty object.
    pub(crate) fn carry_out(
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
                return choose(judge, state, now, &page, choice, otp.as_deref());
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
            Self::Inject(fault) => {
                fault
                    .check(|operation| judge.serves(operation))
                    .map_err(ActionError::Fault)?;
                state.faults.add(fault);
            }
            Self::ClearFaults => state.faults.clear(),
        }
        Ok(Json::Object(Vec::new()))
    }
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
            Self::NothingPending => f.write_str("nothing is pending there any more"),
            Self::UnknownPage => f.write_str("no answer sent a customer to that page"),
            Self::PageUsed => f.write_str("the customer has chosen there before"),
            Self::Otp(check) => f.write_str(match check {
                Check::OtpBlocked => "the OTP is blocked after three wrong ones; request a new one",
                Check::OtpExpired => "the OTP is older than 300 seconds; request a new one",
                _ => "the OTP is wrong",
            }),
            Self::Fault(error) => write!(f, "{error}"),
        }
    }
}
