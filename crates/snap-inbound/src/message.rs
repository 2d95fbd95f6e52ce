use std::{error::Error, fmt};

use serde::{Serialize, de::DeserializeOwned};
use snap_core::Amount;

use crate::{Service, strict_json};

/// A body that DOKU sends.
///
/// Open, so that a merchant can read more of a body than the types of this crate do.
pub trait Message: DeserializeOwned {
    /// What kind of message it is.
    const SERVICE: Service;

    /// Checks what the types alone do not, such as amounts ([`Unreadable::unless_amount`]).
    ///
    /// # Errors
    ///
    /// When the message must not be acted on.
    fn check(&self) -> Result<(), Unreadable> {
        Ok(())
    }
}

/// A message that is acknowledged.
pub trait Notification: Message {
    /// The members of the acknowledgement behind `responseCode` and `responseMessage`.
    type Acknowledgement: Serialize;

    /// What to acknowledge it with: of the message alone, so that a second delivery gets the same bytes.
    fn acknowledgement(&self) -> Self::Acknowledgement;
}

/// Reads a body whose signature holds.
pub(crate) fn read<T: Message>(json: &[u8]) -> Result<T, Unreadable> {
    strict_json::check(json)?;
    let message: T = serde_json::from_slice(json).map_err(|_| Unreadable(Flaw::Shape))?;
    message.check()?;
    Ok(message)
}

/// The body of a verified message cannot be relied on. Acknowledge it, keep the raw bytes, and let a
/// person look: a retry would bring the same bytes.
///
/// `Display` says why and repeats nothing of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable(pub(crate) Flaw);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    NotUtf8,
    NotJson { line: usize, column: usize },
    NotAnObject,
    TooDeep,
    MemberTwice,
    Shape,
    Amount(&'static str),
    Missing(&'static str),
}

impl Unreadable {
    /// Passes an amount that is a plain decimal number of at most 16 digits before the point and two
    /// behind it, with a currency of three capitals if it has one.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn unless_amount(member: &'static str, amount: Option<&Amount>) -> Result<(), Self> {
        let sound = amount.is_none_or(|amount| {
            Amount::new(amount.value(), amount.currency().unwrap_or("IDR")).is_ok()
        });
        if sound {
            Ok(())
        } else {
            Err(Self(Flaw::Amount(member)))
        }
    }

    /// Passes a member that is there and not empty.
    ///
    /// # Errors
    ///
    /// When it is not.
    pub fn unless_there(member: &'static str, text: Option<&str>) -> Result<(), Self> {
        if text.is_some_and(|text| !text.is_empty()) {
            Ok(())
        } else {
            Err(Self(Flaw::Missing(member)))
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Flaw::NotUtf8 => f.write_str("the body is not UTF-8"),
            Flaw::NotJson { line, column } => {
                write!(
                    f,
                    "the body is not JSON from line {line}, column {column} on"
                )
            }
            Flaw::NotAnObject => f.write_str("the body is not a JSON object"),
            Flaw::TooDeep => f.write_str("the body is nested too deeply"),
            Flaw::MemberTwice => f.write_str("an object of the body has a member twice"),
            Flaw::Shape => f.write_str("a member has another shape than modelled"),
            Flaw::Amount(member) => write!(
                f,
                "{member} is not an amount: a decimal number such as 10000.00 and a currency such as IDR"
            ),
            Flaw::Missing(member) => write!(f, "there is no {member}"),
        }
    }
}

impl Error for Unreadable {}
